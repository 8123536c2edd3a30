#!/usr/bin/env python3
"""How well a published model tells photographed things on grounds of all kinds.

    python tests/photographs.py ZOO [--check]     (needs pillow and numpy; ZOO is the program)

The first 300 test images of Fashion-MNIST are enlarged and composed, as things of five colours, on nine grounds each, with
noise, and written as JPEG files. `zoo predict` tells them; printed are the accuracies and how many are said not to look
like the training images. So are textures without a thing. `--check` takes one colour a ground and fails below 92 %.
"""
import gzip
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

MODEL = "vgg-small.fashion-mnist"
COUNT, SIDE = 300, 140
PLAIN = {
    "white": (255, 255, 255),
    "light grey": (200, 200, 200),
    "grey": (128, 128, 128),
    "dark grey": (60, 60, 60),
    "red": (180, 40, 40),
    "blue": (60, 90, 170),
    "green": (90, 160, 80),
}
THINGS = {
    "black": (10, 10, 12),
    "white": (250, 250, 248),
    "navy": (25, 35, 90),
    "red": (190, 30, 40),
    "yellow": (240, 210, 60),
}
RANDOM = np.random.default_rng(7)
Y, X = np.mgrid[:SIDE, :SIDE]


def ground(name):
    if name == "wood":
        phase = RANDOM.uniform(0, 2 * np.pi)
        grain = 14 * np.sin(Y / 3.1 + 2 * np.sin(X / 23 + phase) + phase) + 6 * np.sin(Y / 1.3 + phase)
        grain = grain + RANDOM.normal(0, 4, (SIDE, SIDE))
        return np.array([168, 122, 78]) + grain[:, :, None] * np.array([1, 0.9, 0.7])
    if name == "grey, lit from a side":
        return np.stack([150 + 40 * (X / SIDE - 0.5) + 30 * (Y / SIDE - 0.5)] * 3, -1)
    return np.ones((SIDE, SIDE, 3)) * PLAIN[name]


def photograph(image, name, thing):
    """The thing covers the ground as much as its image is light."""
    large = Image.fromarray(image).resize((SIDE, SIDE), Image.BICUBIC)
    cover = np.asarray(large, float)[:, :, None] / 255
    picture = ground(name) * (1 - cover) + np.array(thing) * cover
    return picture + RANDOM.normal(0, 2, picture.shape)


def texture():
    """Clouds of colour in all sizes, without a thing."""
    picture = np.full((SIDE, SIDE, 3), 128.0)
    for cells in [2, 4, 8, 16, 32]:
        noise = RANDOM.normal(0, 60 / cells**0.5, (cells, cells, 3)).astype(np.float32)
        for channel in range(3):
            layer = Image.fromarray(noise[..., channel]).resize((SIDE, SIDE), Image.BICUBIC)
            picture[..., channel] += np.asarray(layer)
    return picture


def predicted(zoo, pictures):
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder, f"{number:04}.jpg") for number in range(len(pictures))]
        for file, picture in zip(files, pictures):
            Image.fromarray(np.clip(picture, 0, 255).round().astype(np.uint8)).save(file, quality=90)
        said = subprocess.run(
            [zoo, "predict", MODEL, folder, "--json", "--top", "1"], capture_output=True, text=True
        )
        return json.loads(said.stdout)


def main():
    zoo, check = sys.argv[1], "--check" in sys.argv[2:]
    data = Path("/usr/share/datasets/fashion-mnist")
    read = lambda name, start: np.frombuffer(gzip.open(data / name).read(), np.uint8, offset=start)
    images = read("t10k-images-idx3-ubyte.gz", 16).reshape(-1, 28, 28)[:COUNT]
    labels = read("t10k-labels-idx1-ubyte.gz", 8)[:COUNT]
    classes = "T-shirt/top,Trouser,Pullover,Dress,Coat,Sandal,Shirt,Sneaker,Bag,Ankle boot".split(",")

    def row(name, pictures):
        answers = predicted(zoo, pictures)
        right = [
            answer["top"] and answer["top"][0]["class"].lower() == classes[label].lower()
            for answer, label in zip(answers, labels)
        ]
        doubts = sum("doubt" in answer or answer["error"] is not None for answer in answers)
        print(f"{name:36} {100 * np.mean(right):5.1f} %  {doubts:3} doubted", flush=True)
        if check and np.mean(right) < 0.92:
            sys.exit(f"{name}: fewer than 92 % are told")

    row("the images themselves", [image.astype(float) for image in images])
    for name in [*PLAIN, "wood", "grey, lit from a side"]:
        things = [thing for thing, colour in THINGS.items() if np.abs(ground(name).mean((0, 1)) - colour).max() > 20]
        for thing in things[:1] if check else things:
            row(f"{thing} on {name}", [photograph(image, name, THINGS[thing]) for image in images])
    answers = predicted(zoo, [texture() for _ in range(COUNT)])
    doubts = sum("doubt" in answer for answer in answers)
    print(f"textures without a thing: {doubts} of {COUNT} doubted")
    if check and doubts < 0.8 * COUNT:
        sys.exit("fewer than 80 % of the textures are doubted")


main()
