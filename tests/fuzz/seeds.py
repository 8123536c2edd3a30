#!/usr/bin/env python3
"""Good files for the fuzzer to begin with, one folder a target, in tests/fuzz/corpus.

    python3 tests/fuzz/seeds.py target/release/zoo
"""

import ast
import gzip
import io
import pathlib
import pickle
import shutil
import struct
import subprocess
import sys
import tarfile
import tempfile
import zipfile

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parent.parent
CORPUS = HERE / "corpus"


def seed(target, name, contents):
    folder = CORPUS / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(contents)


def copies(target, paths):
    for path in paths:
        if path.is_file() and path.stat().st_size < 100_000:
            seed(target, path.name, path.read_bytes())


def two(first, second):
    """Two files as one input."""
    return struct.pack("<H", len(first)) + first + second


def npy(array_type, shape, values):
    heading = f"{{'descr': '{array_type}', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(heading)) + heading + values


def official():
    """A few images in all forms of the official data sets."""
    pixels = bytes(i % 256 for i in range(784))
    labels = struct.pack(">II", 0x801, 2) + bytes([3, 7])
    images = struct.pack(">IIII", 0x803, 2, 28, 28) + 2 * pixels
    seed("idx", "two", two(labels, images))
    seed("gzip", "two", two(gzip.compress(labels), gzip.compress(images)))

    arrays = {
        "x_train": npy("|u1", (1, 28, 28), pixels),
        "y_train": npy("|u1", (1,), b"\x05"),
        "x_test": npy("|u1", (2, 28, 28), 2 * pixels),
        "y_test": npy("<i8", (2,), struct.pack("<qq", 1, 9)),
    }
    for name, method in {"stored": zipfile.ZIP_STORED, "deflated": zipfile.ZIP_DEFLATED}.items():
        npz = io.BytesIO()
        with zipfile.ZipFile(npz, "w", method) as archive:
            for array, contents in arrays.items():
                archive.writestr(f"{array}.npy", contents)
        seed("npz", name, npz.getvalue())

    heading = ",".join(["label"] + [f"{row}x{column}" for row in range(1, 29) for column in range(1, 29)])
    row = ",".join(map(str, [4, *pixels]))
    seed("table", "headed", f"{heading}\n{row}\n{row}\n".encode())
    seed("table", "bare", f"{row}\r\n{row}\r\n".encode())

    record = bytes([6]) + bytes(i * 7 % 256 for i in range(3072))
    seed("cifar", "two", 2 * record)
    batch = {b"batch_label": b"testing batch 1 of 1", b"labels": [6], b"data": record[1:], b"filenames": [b"a.png"]}
    for protocol in range(5):
        seed("cifar_python", f"protocol-{protocol}", pickle.dumps(batch, protocol))
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        entry = tarfile.TarInfo("cifar-10-batches-bin/test_batch.bin")
        entry.size = len(record)
        tar.addfile(entry, io.BytesIO(record))
    seed("tar", "one", archive.getvalue())


def of_a_run(zoo):
    """The files of a run and of a comparison."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        recipe = ["--dataset", "synthetic", "--limit", "20", "--batch-size", "5", "--epochs", "2", "--quiet"]
        run = [zoo, "train", "mlp-relu", "--set", "hidden=1", *recipe, "--backend", "flex", "--out", folder / "run"]
        subprocess.run(run, check=True, stdout=subprocess.DEVNULL)
        seed("config", "run", (folder / "run/config.json").read_bytes())
        seed("metrics", "run", (folder / "run/metrics.csv").read_bytes())
        seed("checkpoint", "run", (folder / "run/checkpoint.safetensors").read_bytes())
        seed("weights", "run", (folder / "run/best.safetensors").read_bytes())
        compare = [zoo, "compare", "mlp-relu", *recipe, "--backends", "flex", "--out", folder / "comparison"]
        subprocess.run(compare, check=True, stdout=subprocess.DEVNULL)
        seed("results", "comparison", (folder / "comparison/compare.json").read_bytes())


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    shutil.rmtree(CORPUS, ignore_errors=True)
    official()
    of_a_run(sys.argv[1])
    copies("config", [ROOT / "tests/cli/earlier_run/config.json"])
    copies("metrics", [ROOT / "tests/cli/earlier_run/metrics.csv"])
    foreign = ROOT / "tests/pytorch/foreign"
    copies("state_dict", [*foreign.glob("reads/*"), *foreign.glob("refuses/*")])
    index = b'{"metadata": {"total_size": 172}, "weight_map": {"1.weight": "shard", "1.bias": "shard"}}'
    seed("shards", "one", two(index, (foreign / "reads/plain.safetensors").read_bytes()))
    pillow = (ROOT / "src/pictures/tests/pillow.in").read_text()
    for name, file, *_ in ast.literal_eval(pillow.lstrip("&")):
        seed("picture", name.replace(" ", "-").replace("/", "-"), file)
    copies("picture", [ROOT / "examples/downstream/ankle-boot.png"])
    text = "models = ['cnn', '-x']\nlr = -1e-3\nseed = 1_024\nbackends = ['flex', \"wgpu\"]\njson = true\n"
    seed("toml", "options", text.encode())
    seed("classes", "names", "cat\ndog\n\"a, b\"\n".encode())


main()
