#!/usr/bin/env python3
"""The commands of docs/fine-tuning.md, one after the other, and what they come to.

PROGRAM is `zoo`, built. In the place of torchvision's weights, which are not on the machine, stands its
`resnet18()` after PyTorch has taught it other patterns for a moment. The page's commands are read from the page.
The head alone has to do better than chance, all of the network has to tell four of five pictures rightly that it has
not seen, and ONNX Runtime has to give the zoo's logits. Ends at the first check that fails. Needs PyTorch 2.9, torchvision
0.24, Pillow, NumPy and ONNX Runtime; works in a temporary folder, without the network.

    python tests/fine_tuning.py target/release/zoo
"""

import csv
import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import numpy
import onnxruntime
import torch
from PIL import Image
from torchvision.models import resnet18

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests/pytorch"), str(ROOT / "scripts")]
from exchange import Zoo, require, check_program  # noqa: E402
from patterns import picture  # noqa: E402

SIDE = 64
MEAN, STD = (torch.tensor(v).view(3, 1, 1) for v in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))


def rings(across, along):
    return numpy.sin(numpy.hypot(across - across.mean(), along - along.mean()))


def bricks(across, along):
    return numpy.cos(along) - 0.6 + numpy.cos(across / 2 + numpy.pi * (numpy.floor(along / 2 / numpy.pi) % 2) / 2)


def waves(across, along):
    return numpy.sin(across + 1.5 * numpy.sin(along / 2))


def grid(across, along):
    return numpy.maximum(numpy.cos(across), numpy.cos(along)) - 0.7


def torchvisions():
    """torchvision's network, which has learned patterns that are not those of the page."""
    torch.manual_seed(0)
    draws = numpy.random.default_rng(1)
    known = (rings, bricks, waves, grid)
    model = resnet18()
    steps = 120
    adam = torch.optim.Adam(model.parameters(), lr=1e-3)
    cosine = torch.optim.lr_scheduler.CosineAnnealingLR(adam, steps)
    for _ in range(steps):
        targets = torch.arange(32) % len(known)
        images = [picture(known[target], (SIDE, SIDE), draws) for target in targets]
        images = torch.stack([torch.from_numpy(numpy.array(i)).permute(2, 0, 1) for i in images])
        logits = model((images / 255 - MEAN) / STD)
        loss = torch.nn.functional.cross_entropy(logits, targets)
        adam.zero_grad()
        loss.backward()
        adam.step()
        cosine.step()
    print(f"ok  PyTorch's network tells four other patterns apart, loss {loss.item():.3f}")
    return model


def commands():
    """Those of the page, without the one that fetches torchvision's weights."""
    page = (ROOT / "docs/fine-tuning.md").read_text()
    blocks = re.findall(r"^```sh\n(.*?)^```", page, re.S | re.M)
    lines = "".join(blocks).splitlines()
    words = [shlex.split(line) for line in lines]
    return [line for line in words if "-c" not in line]


def accuracy(zoo, run):
    """On the pictures that it was not trained on."""
    with open(zoo.folder / run / "metrics.csv", newline="") as opened:
        return float([row for row in csv.DictReader(opened) if row["split"] == "test"][-1]["accuracy"])


def check(program, folder):
    zoo = Zoo(program, folder)
    torch.save(torchvisions().state_dict(), zoo.folder / "resnet18.pth")
    (zoo.folder / "scripts").mkdir()
    shutil.copy(ROOT / "scripts/patterns.py", zoo.folder / "scripts")
    said = {}
    for words in commands():
        program, *rest = words
        require(program in ("python", "zoo"), f"the page has another command: {program}")
        if program == "python":
            subprocess.run([sys.executable, *rest], cwd=zoo.folder, check=True)
        else:
            said[rest[0]] = zoo(*rest)
        print(f"ok  {shlex.join(words)}", flush=True)
    head, everything = accuracy(zoo, "runs/head"), accuracy(zoo, "runs/patterns")
    print(f"    accuracy: the head alone {head:.1%}, all {everything:.1%}")
    # A third is chance.
    require(head > 0.45, "the head alone has not learned")
    require(everything > 0.8, "the network has not learned")
    answers = [line.split()[-1] for line in said["predict"].splitlines() if "%" in line]
    require(answers == ["checks", "dots"], f"two pictures are {answers}")
    check_onnx(zoo)


def check_onnx(zoo):
    """Every logit of the pictures to test on, and the metadata with which others make their images."""
    session = onnxruntime.InferenceSession(str(zoo.folder / "patterns.onnx"))
    metadata = session.get_modelmeta().custom_metadata_map
    require(json.loads(metadata["classes"]) == ["checks", "dots", "stripes"], metadata["classes"])
    mean, std = ([float(v) for v in metadata[name].split(",")] for name in ("mean", "std"))
    folder = zoo.folder / "same"
    draws = numpy.random.default_rng(2)
    images = []
    for name in json.loads(metadata["classes"]):
        for split in ("train", "test"):
            (folder / split / name).mkdir(parents=True)
            pixels = draws.integers(0, 256, (SIDE, SIDE, 3), dtype=numpy.uint8)
            Image.fromarray(pixels).save(folder / split / name / "0.png")
        images.append(pixels)
    # A picture of the image's size is enlarged and cropped as any other, so the same weights are told to leave it.
    zoo("export", "runs/patterns", "--format", "safetensors", "--out", "patterns.safetensors")
    words = ["--dataset", f"folder:{folder}", "--image-shape", f"3x{SIDE}x{SIDE}", "--fit", "pad"]
    words += ["--mean", metadata["mean"], "--std", metadata["std"], "--out", "runs/same"]
    zoo("import", "patterns.safetensors", "--model", "resnet-18", *words)
    zoo("evaluate", "runs/same", "--backend", "flex", "--predictions", "predictions.csv")
    with open(zoo.folder / "predictions.csv", newline="") as opened:
        found = numpy.array([[float(logit) for logit in row[3:]] for row in list(csv.reader(opened))[1:]])
    images = (numpy.stack(images).astype(numpy.float32) / 255 - numpy.float32(mean)) / numpy.float32(std)
    (expected,) = session.run(None, {"images": images.transpose(0, 3, 1, 2)})
    apart = numpy.abs(found - expected).max() / numpy.abs(expected).max()
    require(apart <= 1e-5, f"a logit of ONNX Runtime's is {apart:.1e} of the largest apart")
    print(f"ok  ONNX Runtime's logits are the zoo's within {apart:.1e} of the largest")


if __name__ == "__main__":
    check_program(__doc__, check)
