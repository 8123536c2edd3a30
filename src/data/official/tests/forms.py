"""Files in the forms in which programs keep data sets, and what torchvision and numpy read out of them.

    python src/data/official/tests/forms.py > src/data/official/tests/forms.in     (needs torchvision and numpy)

Of each there are its name, its bytes, compressed by gzip, in hexadecimal digits, the labels and the SHA-256 of the
channels-first pixels. The batches of CIFAR-10 hold one image each; those of the first line are written byte by byte as
the authors' are, by Python 2's cPickle.
"""
import gzip
import hashlib
import io
import pathlib
import pickle
import tempfile

import numpy as np
import torchvision

NAMES = [f"data_batch_{number}" for number in range(1, 6)] + ["test_batch"]


def images(count, channels, side):
    n, c, y, x = np.mgrid[:count, :channels, :side, :side]
    return ((n * 101 + c * 80 + y * 3 + x * 7) % 256).astype(np.uint8)


def python_2(label, pixels):
    """A batch as cPickle wrote it in protocol 2."""

    def text(words):
        return b"U" + bytes([len(words)]) + words

    data = pixels.tobytes()
    shape = b"K\x01M\x00\x0c\x86"
    kind = b"cnumpy\ndtype\nq\x0a" + text(b"u1") + b"K\x00K\x01\x87Rq\x0b(K\x03" + text(b"|")
    kind += b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
    array = b"cnumpy.core.multiarray\n_reconstruct\nq\x07cnumpy\nndarray\nq\x08K\x00\x85" + text(b"b") + b"\x87Rq\x09"
    array += b"(K\x01" + shape + kind + b"\x89T" + len(data).to_bytes(4, "little") + data + b"tb"
    return b"".join([
        b"\x80\x02}q\x01(",
        text(b"batch_label"), b"q\x02", text(b"training batch 1 of 5"), b"q\x03",
        text(b"labels"), b"q\x04]q\x05K", bytes([label]), b"a",
        text(b"data"), b"q\x06", array,
        text(b"filenames"), b"q\x0c]q\x0d", text(b"a_s_000001.png"), b"q\x0ea",
        b"u.",
    ])


def batch(form, label, pixels):
    if form == "python 2":
        return python_2(label, pixels)
    labels = [np.int64(label)] if form == "scalars" else np.array([label]) if form == "array" else [label]
    if form == "bytes":
        return pickle.dumps({b"labels": [label], b"data": pixels, b"filenames": [b"a.png"]}, protocol=2)
    protocol = int(form.split()[-1]) if form.startswith("protocol") else 4
    content = {"batch_label": "1 of 5", "labels": labels, "data": pixels, "filenames": ["a.png"]}
    return pickle.dumps(content, protocol=protocol)


def line(name, content, labels, pixels):
    packed = gzip.compress(content, mtime=0).hex()
    print(f'    ("{name}", "{packed}", &{[int(label) for label in labels]}, "{hashlib.sha256(pixels).hexdigest()}"),')


print("// Made by forms.py.\n[")
for form in ["python 2", "protocol 2", "protocol 3", "protocol 4", "protocol 5", "scalars", "array", "bytes"]:
    with tempfile.TemporaryDirectory() as root:
        folder = pathlib.Path(root) / "cifar-10-batches-py"
        folder.mkdir()
        for number, (name, image) in enumerate(zip(NAMES, images(6, 3, 32))):
            (folder / name).write_bytes(batch(form, number + 1, image.reshape(1, -1)))
        (folder / "batches.meta").write_bytes(pickle.dumps({"label_names": [str(n) for n in range(10)]}))

        class Small(torchvision.datasets.CIFAR10):
            def _check_integrity(self):
                # Keys that are bytes are not read by torchvision itself.
                for path in folder.iterdir():
                    content = pickle.loads(path.read_bytes(), encoding="latin1")
                    named = {k.decode() if isinstance(k, bytes) else k: v for k, v in content.items()}
                    read.setdefault(path.name, path.read_bytes())
                    path.write_bytes(pickle.dumps(named))
                return True

            def _load_meta(self):
                pass

        read = {}
        test = Small(root, train=False)
        pixels = np.ascontiguousarray(test.data.transpose(0, 3, 1, 2))
        line(form, read["test_batch"], test.targets, pixels.tobytes())

grey, colour = images(2, 1, 28)[:, 0], images(2, 3, 32)
for name, arrays in {
    "mnist.npz": (grey, np.array([5, 0], np.uint8)),
    "last.npz": (grey[..., None], np.array([[5], [0]], np.int64)),
    "flat.npz": (grey.reshape(2, -1), np.array([5, 0], ">i4")),
    "cifar-10.npz": (colour.transpose(0, 2, 3, 1), np.array([[6], [9]], np.int32)),
    "first.npz": (colour, np.array([6, 9], np.uint16)),
}.items():
    for save in [np.savez, np.savez_compressed]:
        file = io.BytesIO()
        pixels, labels = arrays
        save(file, x_train=np.ascontiguousarray(pixels), y_train=labels, x_test=pixels[:1], y_test=labels[:1])
        read = np.load(io.BytesIO(file.getvalue()))
        back = read["x_train"].reshape(2, -1) if pixels.shape[-1] != 3 else read["x_train"].transpose(0, 3, 1, 2)
        line(name, file.getvalue(), read["y_train"].ravel(), np.ascontiguousarray(back).tobytes())
print("]")
