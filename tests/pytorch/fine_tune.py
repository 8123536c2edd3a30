#!/usr/bin/env python3
"""torchvision's `resnet18()` in a stranger's program, which reads its state dict through burn-store.

PROGRAM is examples/downstream/src/bin/fine_tune.rs, built. torchvision's model is saved with random weights and
running statistics of its own, the program's five largest logits of a picture are compared to torchvision's, and
the program fine-tunes the model. Ends at the first check that fails. Needs PyTorch 2.9, torchvision 0.24, Pillow,
NumPy and safetensors; works in a temporary folder, without the network.

    python tests/pytorch/fine_tune.py target/release/examples/fine_tune
"""

import subprocess

import torch
from PIL import Image
from torch import nn
from torchvision.models import resnet18

from exchange import pixels, require, check_program, save

SHAPE = (3, 96, 96)
# Of a logit, relative to the largest.
TOLERANCE = 1e-5
# ImageNet's, of red, green and blue.
MEAN = torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1)
STD = torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)


def normalised(images):
    return (images.double() / 255 - MEAN) / STD


def torchvisions():
    """Random weights as torchvision draws them, running statistics the mean of two batches'."""
    torch.manual_seed(7)
    model = resnet18(weights=None)
    norms = [module for module in model.modules() if isinstance(module, nn.BatchNorm2d)]
    for norm in norms:
        norm.momentum = None
    with torch.no_grad():
        for seed in (3, 4):
            model(normalised(pixels((3, 64, 64), seed)).float())
    return model.eval()


def run(program, *words):
    """The program's standard output; it must succeed."""
    words = [str(word) for word in words]
    result = subprocess.run([program, *words], capture_output=True, text=True, timeout=900)
    require(result.returncode == 0, f"the program ends with {result.returncode}: {result.stderr.strip()}")
    return result.stdout


def check(program, folder):
    model = torchvisions()
    files = [save(model.state_dict(), folder / f"resnet18{suffix}") for suffix in (".pth", ".safetensors")]

    images = pixels(SHAPE, 1)[:2]
    with torch.no_grad():
        expected = model.double()(normalised(images))
    apart = []
    for file in files:
        for number, (image, logits) in enumerate(zip(images, expected)):
            picture = folder / f"{number}.png"
            Image.fromarray(image.permute(1, 2, 0).numpy()).save(picture)
            rows = [line.split() for line in run(program, file, picture).splitlines()]
            largest = logits.topk(5)
            require([int(row[0]) for row in rows] == largest.indices.tolist(), f"{file.name}: other classes: {rows}")
            found = torch.tensor([float(row[1]) for row in rows], dtype=torch.float64)
            apart.append(((found - largest.values).abs().max() / logits.abs().max()).item())
    require(max(apart) <= TOLERANCE, f"a logit is {max(apart):.1e} of the largest apart from torchvision's")
    print(f"ok  .pth and .safetensors: the five largest logits within {max(apart):.1e} of torchvision's")

    print(run(program, files[0]), end="")
    print("ok  fine-tuned")


if __name__ == "__main__":
    torch.set_num_threads(1)
    check_program(__doc__, check)
