#!/usr/bin/env python3
"""Makes a folder of pictures to fine-tune on: stripes, checks and dots, a folder for each.

Any two colours that can be told apart, any width, place and turn, and noise, so that no class is known by
its colours. The seed draws everything. Needs Pillow and NumPy.

    python scripts/patterns.py patterns
    zoo train resnet-18 --init-from resnet18.pth --dataset folder:patterns
"""

import argparse
import math
from pathlib import Path

import numpy
from PIL import Image


def stripes(across, along):
    return numpy.sin(across)


def checks(across, along):
    return numpy.sin(across) * numpy.sin(along)


def dots(across, along):
    return numpy.cos(across) + numpy.cos(along) - 1


CLASSES = (stripes, checks, dots)


def colours(draws):
    """Two, far enough apart to be seen."""
    while True:
        pair = draws.integers(0, 256, (2, 3))
        if numpy.abs(pair[0] - pair[1]).sum() > 180:
            return pair


def picture(pattern, sides, draws):
    width, height = sides
    y, x = numpy.mgrid[:height, :width]
    turn, period = draws.uniform(0, 2 * math.pi), draws.uniform(0.2, 0.4) * min(sides)
    wave = 2 * math.pi / period
    across = wave * (x * math.cos(turn) + y * math.sin(turn)) + draws.uniform(0, 7)
    along = wave * (y * math.cos(turn) - x * math.sin(turn)) + draws.uniform(0, 7)
    # Edges that are two pixels wide.
    share = numpy.clip(0.5 + pattern(across, along) / wave / 2, 0, 1)[..., None]
    ground, colour = colours(draws)
    pixels = ground * (1 - share) + colour * share + draws.normal(0, 12, (height, width, 3))
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
    for pattern in CLASSES:
        folder = options.folder / pattern.__name__
        folder.mkdir(parents=True, exist_ok=True)
        for number in range(options.count):
            longer = int(options.side * draws.uniform(1, 1.5))
            sides = (longer, options.side) if draws.integers(2) else (options.side, longer)
            picture(pattern, sides, draws).save(folder / f"{number:04}.png")


if __name__ == "__main__":
    main()
