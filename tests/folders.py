"""The classes and pictures of the folders that src/data/folder/tests/layouts.rs builds, read by torchvision's
`ImageFolder`, and which contents the zoo holds out, computed without the zoo.

    python tests/folders.py        (needs torchvision and Pillow)

`ImageFolder` is given the folder that a person would give it: it knows neither splits nor folders around the classes.
The draws are SHA-256 of the purpose, the seed (eight bytes, little-endian) and the SHA-256 of a picture's bytes; the first
eight bytes, big-endian, are below a fifth of 2^64 for a picture that is held out to test on.
"""
import hashlib
import os
import tempfile
import unicodedata

from PIL import Image
from torchvision.datasets import ImageFolder


def write(root, folders):
    for number, (name, count) in enumerate(folders):
        os.makedirs(os.path.join(root, name), exist_ok=True)
        for picture in range(count):
            image = Image.new("RGB", (4, 4), (number % 256, picture, 200))
            image.save(os.path.join(root, name, f"{picture:03}.png"))


def counts(root):
    found = ImageFolder(root)
    labels = [label for _, label in found.samples]
    return found.classes, [labels.count(label) for label in range(len(found.classes))]


def layout(train, test):
    with tempfile.TemporaryDirectory() as root:
        write(root, [(f"{train}/cat", 5), (f"{train}/dog", 3), (f"{test}/cat", 2), (f"{test}/dog", 1)])
        return counts(os.path.join(root, train)), counts(os.path.join(root, test))


def drawn(content, purpose, seed):
    digest = hashlib.sha256(purpose.encode() + seed.to_bytes(8, "little") + content).digest()
    return int.from_bytes(digest[:8], "big")


def held_out(contents, seed):
    return [index for index, content in enumerate(contents) if drawn(content, "test", seed) < (2**64 - 1) // 5]


if __name__ == "__main__":
    for train, test in [
        ("train", "test"),
        ("Training", "Testing"),
        ("archive/data/Train", "archive/data/Test"),
        ("seg_train/seg_train", "seg_test/seg_test"),
        ("train/images", "test/images"),
    ]:
        print(train, *layout(train, test))
    with tempfile.TemporaryDirectory() as root:
        write(root, [("data/animals/cat", 5), ("data/animals/dog", 5)])
        print("data/animals", *counts(os.path.join(root, "data/animals")))
    with tempfile.TemporaryDirectory() as root:
        write(root, [("n01/images", 3), ("n02/images", 2)])
        print("a folder around each class's pictures", *counts(root))
    nfc, nfd = "caf\u00e9", "cafe\u0301"
    print("one name in two forms:", unicodedata.normalize("NFC", nfd) == nfc, "sorted:", sorted(["cafz", nfd, nfc]))
    content = hashlib.sha256(b"abc").digest()
    print("the digest of b'abc' is", content.hex())
    print("it draws", [drawn(content, *by) for by in [("test", 42), ("valid", 42), ("test", 43)]])
    contents = [bytes([number] * 32) for number in range(20)]
    for seed in (42, 43):
        print(f"of the contents 0 to 19, seed {seed} holds out {held_out(contents, seed)}")
