#!/usr/bin/env python3
"""The PyTorch side of the zoo's comparison tables.

Trains one of the zoo's models with PyTorch, exactly as the lecture does: its models, initial
weights, normalisation, batches and Adam. Needs Python 3.9+, PyTorch 2.9 and NumPy, nothing else:
the data sets' files are read here.

    pip install torch==2.9.0 numpy
    python scripts/pytorch_reference.py mlp-relu --dataset fashion-mnist --data-dir DIR --epochs 10
    python scripts/pytorch_reference.py cnn --dataset cifar-10 --data-dir DIR --epochs 50 \\
        --seeds 0 1 2 --threads 2 --out reference.csv

DIR holds Fashion-MNIST's four IDX files (packed as .gz or not), or the six .bin files of CIFAR-10's
binary version, there or in a folder `cifar-10-batches-bin`.

Training figures are means over the images of the epoch's batches, taken while the weights change;
test figures come from a pass over the whole test set after the epoch. `seconds` is the time of
that pass alone. An accuracy is a share from 0 to 1 in the CSV and per cent on the screen.
"""

import argparse
import csv
import gzip
import statistics
import sys
import time
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "pytorch"))
import models
from models import CLASSES, MODELS

# What the lecture counts.
PARAMETERS = {
    ("mlp-sigmoid", "fashion-mnist"): 203_530,
    ("mlp-relu", "fashion-mnist"): 203_530,
    ("mlp-relu", "cifar-10"): 789_258,
    ("mlp-relu-2", "fashion-mnist"): 269_322,
    ("mlp-relu-2", "cifar-10"): 855_050,
    ("mlp-relu-3", "cifar-10"): 920_842,
    ("cnn-simple", "fashion-mnist"): 2_150_410,
    ("cnn", "fashion-mnist"): 2_635_146,
    ("cnn", "cifar-10"): 4_211_146,
}

COLUMNS = [
    "model", "dataset", "seed", "epoch", "split", "loss", "accuracy", "seconds", "images_per_second"
]  # fmt: skip


# --- Models -------------------------------------------------------------------------------------


def build(name, dataset, shape):
    """The model `name` for images of `shape`, as many parameters as the lecture counts."""
    model = models.build(name, shape)
    count = parameters(model)
    expected = PARAMETERS.get((name, dataset), count)
    assert count == expected, (
        f"{name} on {dataset} has {count:,} parameters, but the lecture counts {expected:,}"
    )
    return model


def parameters(model):
    return sum(parameter.numel() for parameter in model.parameters())


# --- Data ---------------------------------------------------------------------------------------


def read(path):
    """The bytes of a file, or of its packed version beside it."""
    packed = path.with_name(path.name + ".gz")
    if path.is_file():
        return path.read_bytes()
    if packed.is_file():
        return gzip.decompress(packed.read_bytes())
    raise SystemExit(f"neither {path} nor {packed.name} beside it is there; is --data-dir right?")


def read_idx(path, dimensions):
    data = read(path)
    if data[:4] != bytes([0, 0, 8, dimensions]):
        raise SystemExit(f"{path} is not an IDX file of bytes in {dimensions} dimensions")
    shape = np.frombuffer(data, ">u4", dimensions, 4)
    values = np.frombuffer(data, np.uint8, offset=4 + 4 * dimensions)
    if values.size != np.prod(shape, dtype=np.int64):
        raise SystemExit(f"{path} is cut short, or longer than its header says")
    return values.reshape(shape)


def fashion_mnist(folder, split):
    stem = {"train": "train", "test": "t10k"}[split]
    images = read_idx(folder / f"{stem}-images-idx3-ubyte", 3)
    labels = read_idx(folder / f"{stem}-labels-idx1-ubyte", 1)
    return images[:, None], labels


def cifar_10(folder, split):
    if (folder / "cifar-10-batches-bin").is_dir():
        folder = folder / "cifar-10-batches-bin"
    names = {"train": [f"data_batch_{n}.bin" for n in range(1, 6)], "test": ["test_batch.bin"]}
    files = []
    for name in names[split]:
        data = np.frombuffer(read(folder / name), np.uint8)
        if data.size % 3073 != 0:
            raise SystemExit(f"{folder / name} does not hold whole records of 3073 bytes")
        files.append(data.reshape(-1, 3073))
    records = np.concatenate(files)
    return records[:, 1:].reshape(-1, 3, 32, 32), records[:, 0]


DATASETS = {"fashion-mnist": fashion_mnist, "cifar-10": cifar_10}


def load(dataset, folder, split, limit, device):
    """The whole split in memory: images as bytes, labels as integers."""
    images, labels = DATASETS[dataset](folder, split)
    if len(images) != len(labels) or len(images) == 0 or labels.max() >= CLASSES:
        raise SystemExit(f"the {split} files of {dataset} in {folder} do not belong together")
    images = torch.from_numpy(images[:limit].copy())
    labels = torch.from_numpy(labels[:limit].astype(np.int64))
    return images.to(device), labels.to(device)


def normalised(images):
    """Bytes to [0, 1], then with mean 0.5 and standard deviation 0.5."""
    return (images.float() / 255 - 0.5) / 0.5


# --- Training -----------------------------------------------------------------------------------


class Sums:
    """Exact means over the images of a pass, and how long it took."""

    def __init__(self, device):
        self.images = 0
        self.totals = torch.zeros(2, dtype=torch.float64, device=device)
        self.start = time.perf_counter()

    def add(self, mean_loss, logits, labels):
        self.images += len(labels)
        self.totals[0] += mean_loss.detach().double() * len(labels)
        self.totals[1] += (logits.detach().argmax(1) == labels).sum()

    def finish(self):
        """Loss, accuracy, seconds, images per second."""
        loss, correct = self.totals.tolist()  # Waits for the device.
        seconds = time.perf_counter() - self.start
        return loss / self.images, correct / self.images, seconds, self.images / seconds


def train(model, optimiser, images, labels, batch_size, generator):
    model.train()
    sums = Sums(images.device)
    order = torch.randperm(len(images), generator=generator).to(images.device)
    for batch in order.split(batch_size):
        if len(batch) < batch_size:
            break  # The lecture drops the last incomplete batch.
        x, y = normalised(images[batch]), labels[batch]
        logits = model(x)
        loss = F.cross_entropy(logits, y)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        sums.add(loss, logits, y)
    return sums.finish()


@torch.no_grad()
def test(model, images, labels, batch_size):
    model.eval()
    sums = Sums(images.device)
    for x, y in zip(images.split(batch_size), labels.split(batch_size)):
        logits = model(normalised(x))
        sums.add(F.cross_entropy(logits, y), logits, y)
    return sums.finish()


def run(options, seed, data, write):
    """Trains with one seed; returns the last test accuracy."""
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    shape = tuple(data["train"][0].shape[1:])
    model = build(options.model, options.dataset, shape).to(options.device)
    optimiser = torch.optim.Adam(model.parameters(), lr=options.lr, betas=(0.9, 0.999), eps=1e-8)
    accuracy = 0.0
    for epoch in range(1, options.epochs + 1):
        figures = {
            "train": train(model, optimiser, *data["train"], options.batch_size, generator),
            "test": test(model, *data["test"], options.batch_size),
        }
        text = f"seed {seed}  epoch {epoch:{len(str(options.epochs))}}/{options.epochs}"
        for split, (loss, accuracy, seconds, rate) in figures.items():
            text += f"  {split} loss {loss:.4f} accuracy {100 * accuracy:.2f} %"
            text += f" ({seconds:.1f} s, {rate:,.0f} images/s)"
            write(seed, epoch, split, loss, accuracy, seconds, rate)
        print(text, flush=True)
    return accuracy


# --- Program ------------------------------------------------------------------------------------


def positive(text):
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return value


def parse():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", choices=MODELS, metavar="MODEL", help=", ".join(MODELS))
    parser.add_argument("--dataset", choices=DATASETS, required=True)
    parser.add_argument("--data-dir", type=Path, required=True, metavar="DIR")
    parser.add_argument("--epochs", type=positive, required=True, metavar="N")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0], metavar="SEED")
    parser.add_argument("--batch-size", type=positive, default=1024, metavar="N")
    parser.add_argument("--lr", type=float, metavar="X", help="Adam's; default: the model's own")
    parser.add_argument("--threads", type=positive, metavar="N", help="default: PyTorch's choice")
    parser.add_argument("--device", default="cpu", help="cpu (the default) or cuda")
    parser.add_argument("--limit", type=positive, metavar="N", help="first N images of each split")
    parser.add_argument("--out", type=Path, metavar="CSV", help="append every figure to this file")
    options = parser.parse_args()
    if options.lr is None:
        options.lr = MODELS[options.model].learning_rate
    return options


def main():
    options = parse()
    if options.threads is not None:
        torch.set_num_threads(options.threads)
    data = {
        split: load(options.dataset, options.data_dir, split, options.limit, options.device)
        for split in ("train", "test")
    }
    images = len(data["train"][0])
    if images < options.batch_size:
        raise SystemExit(
            f"{images:,} training images do not fill one batch of {options.batch_size:,};"
            " choose a smaller --batch-size"
        )

    model = build(options.model, options.dataset, tuple(data["train"][0].shape[1:]))
    print(
        f"{options.model} on {options.dataset}: {parameters(model):,} parameters,"
        f" {images:,} training and {len(data['test'][0]):,} test images,"
        f" batch {options.batch_size}, lr {options.lr:g},"
        f" PyTorch {torch.__version__}, {options.device}, {torch.get_num_threads()} threads",
        flush=True,
    )

    def write(*figures):
        if options.out is None:
            return
        is_new = not options.out.exists() or options.out.stat().st_size == 0
        with options.out.open("a", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            if is_new:
                writer.writerow(COLUMNS)
            seed, epoch, split, loss, accuracy, seconds, rate = figures
            row = [options.model, options.dataset, seed, epoch, split]
            writer.writerow(row + [f"{loss:.6f}", f"{accuracy:.6f}", f"{seconds:.3f}", f"{rate:.1f}"])

    accuracies = [100 * run(options, seed, data, write) for seed in options.seeds]
    mean = statistics.mean(accuracies)
    seeds = f"{len(accuracies)} seed{'s' if len(accuracies) > 1 else ''}"
    if len(accuracies) > 1:
        # The sample's standard deviation, with n - 1.
        print(f"test accuracy {mean:.2f} ± {statistics.stdev(accuracies):.2f} % over {seeds}")
    else:
        print(f"test accuracy {mean:.2f} % with {seeds}")


if __name__ == "__main__":
    main()
