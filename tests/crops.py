"""Pictures and the images that torchvision makes of them, for src/pictures and src/data/random_crop.rs.

    python tests/crops.py > tests/crops.in     (needs pillow, torchvision and numpy)

A picture is drawn by a rule that the test repeats, so that only its size is written down. Of an image there
are the SHA-256 of its bytes, channels first, as `torchvision.transforms` gives them from Pillow's, and its
first bytes, which tell how far off another result is.
"""
import hashlib

import numpy as np
from PIL import Image
from torchvision.transforms import functional as F

# Width and height of the picture, channels, height and width of the image.
MIDDLES = [
    (500, 375, 3, 224, 224),
    (375, 500, 3, 224, 224),
    (640, 480, 1, 224, 224),
    (100, 60, 3, 224, 224),
    (224, 224, 3, 224, 224),
    (256, 256, 3, 224, 224),
    (255, 257, 3, 33, 33),
    (31, 47, 1, 32, 32),
    (500, 1, 3, 32, 32),
    (1, 1, 1, 8, 8),
    (3, 200, 3, 17, 17),
]
# Width and height of the picture, the part's left, top, width and height, channels, height and width.
PARTS = [
    (500, 375, 12, 34, 300, 290, 3, 224, 224),
    (500, 375, 490, 370, 10, 5, 3, 32, 40),
    (64, 48, 0, 0, 64, 48, 1, 32, 32),
    (64, 48, 7, 5, 33, 31, 1, 33, 31),
    (28, 28, 3, 4, 9, 11, 1, 28, 28),
]


def picture(width, height, channels):
    y, x, channel = np.mgrid[:height, :width, :channels]
    values = (x * (7 + channel) + y * (11 + 2 * channel) + x * y // 5 + 60 * channel) % 256
    values = np.where((x // 9 + y // 6) % 2 == 0, values, 255 - values // 2).astype(np.uint8)
    return Image.fromarray(values if channels == 3 else values[:, :, 0])


def told(image):
    values = np.asarray(image)
    values = values[None] if values.ndim == 2 else values.transpose(2, 0, 1)
    data = np.ascontiguousarray(values).tobytes()
    return f'"{hashlib.sha256(data).hexdigest()}", {list(data[:8])}'


if __name__ == "__main__":
    print("// Made by crops.py.")
    print("(\n    [")
    for width, height, channels, rows, columns in MIDDLES:
        assert rows == columns  # as torchvision's presets have it
        image = F.resize(picture(width, height, channels), [round(rows * 256 / 224)], antialias=True)
        image = F.center_crop(image, [rows, columns])
        print(f"        ([{width}, {height}], [{channels}, {rows}, {columns}], {told(image)}),")
    print("    ],\n    [")
    for width, height, left, top, part_width, part_height, channels, rows, columns in PARTS:
        image = F.resized_crop(
            picture(width, height, channels), top, left, part_height, part_width, [rows, columns], antialias=True
        )
        area = [left, top, part_width, part_height]
        print(f"        ([{width}, {height}], {area}, [{channels}, {rows}, {columns}], {told(image)}),")
    print("    ],\n)")
