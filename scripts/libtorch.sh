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
# To use a LibTorch 2.9.0 of your own instead, set LIBTORCH to its folder and build with
# `--features tch` yourself.
set -eu

version=2.9.0
root=$(cd "$(dirname "$0")/.." && pwd)
folder=$root/.libtorch

installed() {
    [ "$(cat "$folder/installed" 2>/dev/null)" = "$version" ] && [ -d "$folder/torch/lib" ]
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
    torch=$("$folder/venv/bin/python" -c \
        'import importlib.util as u; print(u.find_spec("torch").submodule_search_locations[0])')
    ln -sfn "$torch" "$folder/torch"
    # Written last: an interrupted installation is begun again.
    echo "$version" > "$folder/installed"
fi

[ $# -gt 0 ] || exit 0
cd "$root"
command=$1
shift
exec cargo "$command" --features tch "$@"
