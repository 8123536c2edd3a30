#!/bin/sh
# Sets up LibTorch 2.9.0 for the backend `libtorch`, then runs cargo with it.
#
#   scripts/libtorch.sh                      set up only
#   scripts/libtorch.sh build --release      set up, then `cargo build --release --features tch`
#
# LibTorch comes from Python's package torch (about 6 GB with its CUDA libraries), installed into
# .libtorch/ beside this project; nothing outside is touched. pip's own settings apply: with
#   PIP_INDEX_URL=https://download.pytorch.org/whl/cpu
# it takes PyTorch's build without CUDA (under 1 GB) where that address can be reached.
# Without an NVIDIA driver the program is linked with LibTorch's CPU half alone, and starts in two thirds of the
# time; LIBTORCH_CUDA=1 links both halves, LIBTORCH_CUDA=0 the CPU's, whatever this machine has.
# To use a LibTorch 2.9.0 of your own instead, set LIBTORCH to its folder and build with
# `--features tch` yourself.
set -eu

version=2.9.0
root=$(cd "$(dirname "$0")/.." && pwd)
folder=$root/.libtorch

installed() {
    [ "$(cat "$folder/installed" 2>/dev/null)" = "$version" ] && [ -d "$folder"/venv/lib/python3*/site-packages/torch/lib ]
}

if ! installed; then
    echo "installing LibTorch $version into $folder" >&2
    python=${PYTHON:-python3}
    "$python" -m venv "$folder/venv" || {
        echo "error: $python cannot make a virtual environment: on Debian, install python3-venv" >&2
        exit 1
    }
    "$folder/venv/bin/python" -m pip install --quiet "torch==$version" || {
        echo "error: pip could not install torch==$version: it needs PyPI and a Python from 3.10 to 3.14" >&2
        exit 1
    }
    # Written last: an interrupted installation is begun again.
    echo "$version" > "$folder/installed"
fi

cd "$root"
torch=$("$folder/venv/bin/python" -c \
    'import importlib.util as u; print(u.find_spec("torch").submodule_search_locations[0])')
linked=$torch
if [ -e "$torch/lib/libtorch_cuda.so" ]; then
    cuda=${LIBTORCH_CUDA:-} why=
    if [ -z "$cuda" ]; then
        # The second is where Windows lends its GPU to Linux.
        if [ -e /proc/driver/nvidia/version ] || [ -e /dev/dxg ]; then cuda=1; else
            cuda=0 why=" (no NVIDIA driver is here; LIBTORCH_CUDA=1 links LibTorch's CUDA too)"
        fi
    fi
    case $cuda in
        1) ;;
        0)
            # Beside the package, because its libraries look for others at ../../nvidia.
            linked=$torch-cpu
            mkdir -p "$linked/lib"
            ln -sfn "$torch/include" "$torch/version.py" "$linked/"
            for library in "$torch"/lib/libc10.so "$torch"/lib/libtorch.so "$torch"/lib/libtorch_cpu.so \
                "$torch"/lib/libgomp*; do
                ln -sfn "$library" "$linked/lib/"
            done
            ;;
        *)
            echo "error: LIBTORCH_CUDA is $cuda: 1 links LibTorch's CUDA too, 0 its CPU half alone" >&2
            exit 1
            ;;
    esac
fi
if [ "$(readlink "$folder/torch" || true)" != "$linked" ]; then
    ln -sfn "$linked" "$folder/torch"
    case $linked in
        *-cpu) echo "linking LibTorch's CPU half$why" >&2 ;;
        *) echo "linking all of LibTorch" >&2 ;;
    esac
    # Cargo does not see that what was linked otherwise has to be compiled again.
    if [ -d "${CARGO_TARGET_DIR:-target}" ]; then
        for profile in dev release; do
            cargo clean --quiet --profile $profile -p torch-sys -p burn-zoo
        done
    fi
fi

[ $# -gt 0 ] || exit 0
command=$1
shift
exec cargo "$command" --features tch "$@"
