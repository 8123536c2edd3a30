"""Files and the pixels that Pillow gives them, for src/pictures.

    python src/pictures/tests/pillow.py > src/pictures/tests/pillow.in     (needs pillow and numpy)

Of each file there are its name, its bytes, its width and height as it is shown, and its pixels: upright as
`ImageOps.exif_transpose` turns them, and put by `Image.alpha_composite` on the ground that is named here by hand.
"""
import io
import struct
import zlib

import numpy as np
from PIL import Image, ImageOps

Y, X = np.mgrid[:17, :26]
SMOOTH = np.stack([4 * X + 3 * Y + 20, 255 - 5 * X, 6 * Y + 60], -1).astype(np.uint8)
SIDES = np.zeros((4, 6, 3), np.uint8)
SIDES[:2, :3], SIDES[:2, 3:], SIDES[2:, :3] = (255, 0, 0), (0, 255, 0), (0, 0, 255)
WHITE, BLACK = (255, 255, 255), (0, 0, 0)


def written(image, kind, **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def show(name, file, ground=WHITE):
    image = ImageOps.exif_transpose(Image.open(io.BytesIO(file)))
    if "A" in image.getbands() or "transparency" in image.info:
        image = image.convert("RGBA")
        behind = Image.new("RGBA", image.size, (*ground, 255))
        image = Image.alpha_composite(behind, image)
    pixels = image.convert("RGB").tobytes()
    text = lambda data: "".join(f"\\x{byte:02x}" for byte in data)
    print(f'    ("{name}", b"{text(file)}", {image.size}, b"{text(pixels)}"),')


def jpegs():
    for name, mode, options in [
        ("baseline", "RGB", {}),
        ("without subsampling", "RGB", {"subsampling": 0, "quality": 95}),
        ("optimised", "RGB", {"optimize": True}),
        ("progressive", "RGB", {"progressive": True}),
        ("with restarts", "RGB", {"restart_marker_blocks": 2}),
        ("grey", "L", {}),
        ("grey, progressive", "L", {"progressive": True}),
    ]:
        show(f"jpeg {name}", written(Image.fromarray(SMOOTH).convert(mode), "JPEG", **options))


def exif(kind, value, little=True, count=1, before=b""):
    """EXIF with one entry, the orientation, of a TIFF type."""
    end = "<" if little else ">"
    field = {1: "B3x", 3: "H2x", 4: "I", 8: "h2x", 9: "i"}[kind]
    head = (b"II" if little else b"MM") + struct.pack(end + "HI", 42, 8)
    entry = struct.pack(end + "HHI" + field, 0x112, kind, count, value)
    return before + head + struct.pack(end + "H", 1) + entry + bytes(4)


def turned():
    image = Image.fromarray(SIDES)
    png = written(image, "PNG")
    end = png.index(b"IEND") - 4

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    def png_with(data, at):
        return png[:at] + data + png[at:]

    for value in range(1, 9):
        show(f"png turned {value}", png_with(chunk(b"eXIf", exif(3, value)), 33))
    show("png after its pixels", png_with(chunk(b"eXIf", exif(3, 6)), end))
    show("png long, after its pixels", png_with(chunk(b"eXIf", exif(4, 8, little=False)), end))
    show("png with a prefix", png_with(chunk(b"eXIf", exif(3, 6, before=b"Exif\0\0")), 33))
    for kind in [1, 3, 4, 8, 9]:
        for little in [True, False]:
            data = exif(kind, 6, little)
            show(f"png type {kind} {little}", png_with(chunk(b"eXIf", data), 33))
    profile = exif(3, 5, before=b"Exif\0\0")
    digits = "\nexif\n%8d\n%s\n" % (len(profile), profile.hex())
    key = b"Raw profile type exif\0"
    show("png text", png_with(chunk(b"tEXt", key + digits.encode()), 33))
    show("png packed text", png_with(chunk(b"zTXt", key + b"\0" + zlib.compress(digits.encode())), 33))
    webp = {"lossless": True, "exact": True}
    show("webp", written(image, "WEBP", exif=exif(3, 6), **webp))
    show("webp long", written(image, "WEBP", exif=exif(4, 7, before=b"Exif\0\0"), **webp))
    large = Image.fromarray(SIDES.repeat(8, 0).repeat(8, 1))
    for name, data in [("short", exif(3, 6)), ("long", exif(4, 6)), ("long big", exif(4, 3, little=False))]:
        show(f"jpeg {name}", written(large, "JPEG", subsampling=0, quality=95, exif=b"Exif\0\0" + data))


def transparent():
    """Pictures with transparent parts, each with the ground that it is to be shown on."""
    canvas = np.zeros((24, 24, 4), np.uint8)
    disc = (np.mgrid[:24, :24][0] - 11.5) ** 2 + (np.mgrid[:24, :24][1] - 11.5) ** 2

    def picture(name, ground, draw):
        pixels = canvas.copy()
        draw(pixels)
        image = Image.fromarray(pixels)
        show(f"{name}, png", written(image, "PNG"), ground)
        if "soft" in name:
            show(f"{name}, webp", written(image, "WEBP", lossless=True, exact=True), ground)

    def framed(backing, thing):
        def draw(pixels):
            pixels[4:20, 3:22] = (*backing, 255)
            pixels[8:14, 8:15] = (*thing, 255)

        return draw

    picture("a dark thing on a white ground with a margin", (254, 254, 254), framed((254, 254, 254), (40, 30, 20)))
    picture("a white thing on a dark ground with a margin", (20, 22, 30), framed((20, 22, 30), (240, 240, 240)))
    picture("a thing on a coloured ground with a margin", (180, 120, 60), framed((180, 120, 60), (20, 20, 160)))

    def round_photograph(pixels):
        pixels[disc < 120] = (255, 255, 255, 255)
        pixels[8:16, 8:16] = (60, 20, 20, 255)

    picture("a dark thing on a round white ground", WHITE, round_photograph)

    def cut_out(inner, edge):
        def draw(pixels):
            pixels[disc < 100] = (*edge, 255)
            pixels[disc < 36] = (*inner, 255)

        return draw

    picture("a dark thing cut out", WHITE, cut_out((200, 10, 10), (30, 30, 30)))
    picture("a light thing cut out", BLACK, cut_out((235, 235, 225), (225, 228, 220)))
    picture("a light grey thing with a dark print cut out", BLACK, cut_out((20, 20, 20), (225, 225, 225)))

    def soft(pixels):
        pixels[..., :3] = 90
        pixels[..., 3] = np.clip(300 - 3 * disc, 0, 255)

    picture("a thing with a soft edge", WHITE, soft)

    palette = Image.fromarray(np.repeat(np.repeat(np.array([[0, 0, 0], [0, 1, 0], [0, 0, 0]], np.uint8), 5, 0), 5, 1), "P")
    palette.putpalette([255, 255, 255, 30, 40, 90] + [0] * 762)
    frame = written(palette, "GIF")
    for name, left, top, width, height in [("inside", 3, 4, 24, 25), ("at the left", 0, 6, 15, 30), ("at the top", 4, 0, 19, 15)]:
        moved = bytearray(frame)
        moved[6:10] = struct.pack("<HH", width, height)
        at = moved.index(b"\x2c\0\0\0\0")
        moved[at + 1 : at + 5] = struct.pack("<HH", left, top)
        # Pillow fills the canvas with the palette's first colour, which is white here.
        show(f"gif with a frame {name}", bytes(moved))


print("&[")
jpegs()
turned()
transparent()
print("]")
