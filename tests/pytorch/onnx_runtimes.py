#!/usr/bin/env python3
"""The zoo's ONNX files in the oldest and the newest of the programs that people run them with.

ZOO is the built program. Each model is imported from PyTorch, exported, and computed by every runtime, image by image;
the logits are compared with PyTorch's. A runtime has a folder of its own in FOLDER, which --install fills by pip, as two
versions of one package do not go into one Python. Prints a line for each runtime and ends at the first that fails. Needs
PyTorch 2.9, NumPy and safetensors.

    python tests/pytorch/onnx_runtimes.py --install FOLDER
    python tests/pytorch/onnx_runtimes.py --runtimes FOLDER target/release/zoo
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

# Folder and packages. The oldest are the first with wheels for Python 3.11 that compute at all; Debian 12 has OpenCV 4.6.
OLD_NUMPY = "numpy<2"
RUNTIMES = {
    "onnxruntime-oldest": ["onnxruntime==1.15.0", OLD_NUMPY],
    "onnxruntime-newest": ["onnxruntime", "numpy"],
    "opencv-oldest": ["opencv-python-headless==4.5.5.64", OLD_NUMPY],
    "opencv-newest": ["opencv-python-headless", "numpy"],
    "tract-oldest": ["tract==0.19.2", OLD_NUMPY],
    "tract-newest": ["tract", "numpy"],
}
IMAGES = 3
TOLERANCE = 1e-4  # of the largest logit


def install(folder):
    """Installs all runtimes, side by side."""
    jobs = {}
    for name, packages in RUNTIMES.items():
        words = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--upgrade", "--only-binary", ":all:"]
        words += ["--target", folder / name, *packages]
        jobs[name] = subprocess.Popen(words)
    failed = [name for name, job in jobs.items() if job.wait() != 0]
    if failed:
        sys.exit(f"failed  cannot install {', '.join(failed)}")


# --- In the runtime's own process -----------------------------------------------------------------


def by_onnxruntime(file):
    import onnxruntime

    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    return lambda image: session.run(["logits"], {"images": image})[0]


def by_opencv(file):
    import cv2

    net = cv2.dnn.readNetFromONNX(file)

    def compute(image):
        net.setInput(image)
        return net.forward()

    return compute


def by_tract(file):
    import tract

    onnx = tract.onnx()
    model = onnx.load(file) if hasattr(onnx, "load") else onnx.model_for_path(file)
    model = model.into_optimized() if hasattr(model, "into_optimized") else model.into_model()
    model = model.into_runnable()
    value = tract.Value.from_numpy if hasattr(tract, "Value") else lambda image: image
    return lambda image: model.run([value(image)])[0].to_numpy()


def compute(runtime, folder):
    """Computes each file's images in `folder`, and writes the logits beside."""
    by = {"onnxruntime": by_onnxruntime, "opencv": by_opencv, "tract": by_tract}[runtime]
    for file in sorted(folder.glob("*.onnx")):
        images = np.load(file.with_suffix(".images.npy"))
        run = by(str(file))
        logits = [np.asarray(run(images[n : n + 1])).reshape(1, -1) for n in range(len(images))]
        np.save(file.with_suffix(".found.npy"), np.concatenate(logits))


# --- Comparing ------------------------------------------------------------------------------------


def export(zoo, folder):
    """Writes every model with images and PyTorch's logits; the names of the models."""
    import torch

    from exchange import DATASETS, Zoo, save
    from fixtures import set_weights
    from models import MODELS, SHAPES, build

    torch.set_num_threads(1)
    zoo = Zoo(zoo, folder)
    cases = [(name, "1x28x28") for name in MODELS] + [("cnn-maxpool", "3x32x32"), ("resnet-20", "3x32x32")]
    for name, shape in cases:
        model = build(name, SHAPES[shape])
        set_weights(model)
        stem = folder / f"{name}-{shape}"
        file = save(model.state_dict(), folder / f"{stem.name}.pt")
        words = ["import", file, "--model", name, "--dataset", DATASETS[shape], "--mean", "half"]
        zoo(*words, "--out", folder / f"{stem.name}-run")
        zoo("export", folder / f"{stem.name}-run", "--format", "onnx", "--out", f"{stem}.onnx")
        images = torch.rand(IMAGES, *SHAPES[shape], generator=torch.Generator().manual_seed(3)) * 2 - 1
        with torch.no_grad():
            logits = model.double().eval()(images.double())
        np.save(f"{stem}.images.npy", images.numpy())
        np.save(f"{stem}.expected.npy", logits.numpy())
    return [f"{name}-{shape}" for name, shape in cases]


def check(zoo, runtimes):
    with tempfile.TemporaryDirectory(prefix="zoo-runtimes-") as folder:
        folder = Path(folder)
        stems = export(zoo, folder)
        for name in RUNTIMES:
            environment = {**os.environ, "PYTHONPATH": str(runtimes / name)}
            runtime = name.split("-")[0]
            words = [sys.executable, __file__, "--compute", runtime, folder]
            result = subprocess.run(words, env=environment, capture_output=True, text=True)
            if result.returncode != 0:
                sys.exit(f"failed  {name}: {result.stderr.strip()[-2000:]}")
            worst = 0.0
            for stem in stems:
                expected = np.load(folder / f"{stem}.expected.npy")
                found = np.load(folder / f"{stem}.found.npy")
                (folder / f"{stem}.found.npy").unlink()
                apart = float(np.abs(found - expected).max() / np.abs(expected).max())
                if found.shape != expected.shape or not apart <= TOLERANCE:
                    sys.exit(f"failed  {name}: the logits of {stem} are {apart:.1e} of the largest apart")
                worst = max(worst, apart)
            print(f"ok  {name}: {len(stems)} models within {worst:.1e} of the largest logit", flush=True)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("zoo", nargs="?", type=Path, metavar="ZOO", help="the program")
    parser.add_argument("--install", type=Path, metavar="FOLDER", help="install the runtimes there")
    parser.add_argument("--runtimes", type=Path, metavar="FOLDER", help="where they are installed")
    parser.add_argument("--compute", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.compute:
        compute(options.compute[0], Path(options.compute[1]))
    elif options.install:
        install(options.install.resolve())
    elif options.zoo and options.runtimes:
        check(options.zoo.resolve(), options.runtimes.resolve())
    else:
        parser.error("give --install FOLDER, or --runtimes FOLDER and ZOO")


if __name__ == "__main__":
    main()
