#!/usr/bin/env python3
"""Makes a folder of pictures to fine-tune on: circles, squares and triangles, a folder for each.

Shape and ground have any two colours that can be told apart, any size, place and turn, and noise, so that
no class is known by its colour. The seed draws everything. Needs Pillow and NumPy.

    python scripts/shapes.py shapes
    zoo train resnet-18 --init-from resnet18.pth --dataset folder:shapes
"""

import argparse
import math
from pathlib import Path

import numpy
from PIL import Image, ImageDraw

CLASSES = ("circle", "square", "triangle")
# Drawn so many times as large, then made smaller: smooth edges.
FINER = 4


def corners(name, centre, radius, turn):
    """The corners of a shape; a circle has many."""
    number = {"circle": 48, "square": 4, "triangle": 3}[name]
    angles = [turn + 2 * math.pi * corner / number for corner in range(number)]
    return [(centre[0] + radius * math.cos(a), centre[1] + radius * math.sin(a)) for a in angles]


def colours(draws):
    """A colour for the ground and one for the shape, far enough apart to be seen."""
    while True:
        ground, shape = draws.integers(0, 256, (2, 3))
        if numpy.abs(ground - shape).sum() > 180:
            return ground, shape


def picture(name, sides, draws):
    width, height = sides
    ground, shape = colours(draws)
    radius = draws.uniform(0.2, 0.38) * min(sides)
    # Within the square in the middle that a centre crop leaves.
    away = 0.4375 * min(sides) - radius
    centre = [side / 2 + draws.uniform(-away, away) for side in sides]
    turn = draws.uniform(0, 2 * math.pi)
    image = Image.new("RGB", (FINER * width, FINER * height), tuple(int(c) for c in ground))
    points = corners(name, [FINER * place for place in centre], FINER * radius, turn)
    ImageDraw.Draw(image).polygon(points, fill=tuple(int(c) for c in shape))
    pixels = numpy.asarray(image.resize(sides, Image.Resampling.BOX), dtype=float)
    pixels += draws.normal(0, 12, pixels.shape)
    return Image.fromarray(pixels.clip(0, 255).astype(numpy.uint8))


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="the folder to make")
    parser.add_argument("--count", type=int, default=100, help="pictures of each class (100)")
    parser.add_argument("--side", type=int, default=96, help="of the shorter side, in pixels (96)")
    parser.add_argument("--seed", type=int, default=0, help="what everything is drawn from (0)")
    options = parser.parse_args()
    draws = numpy.random.default_rng(options.seed)
    for name in CLASSES:
        folder = options.folder / name
        folder.mkdir(parents=True, exist_ok=True)
        for number in range(options.count):
            longer = int(options.side * draws.uniform(1, 1.5))
            sides = (longer, options.side) if draws.integers(2) else (options.side, longer)
            picture(name, sides, draws).save(folder / f"{number:04}.png")


if __name__ == "__main__":
    main()
