"""How long an epoch takes with the lecture's own training script, as a user runs it.

    python benches/lecture.py --data-dir DIR [--model mlp-relu] [--workers 0 1 2] [--epochs 2] [--threads T]

torchvision's FashionMNIST with its transforms, one image at a time; DataLoaders of 1024 images with
`num_workers` processes; an epoch is a training pass, with the loss and the accuracy read from every batch,
and a pass over the test set. On the CPU. The lecture sets 10 workers; each number in --workers is tried, so
that the script can be judged by its best.

DIR holds Fashion-MNIST's four IDX files (packed as .gz or not). The seconds of each epoch go to the screen
as they come, and one JSON object to standard output. Needs PyTorch 2.9, torchvision and NumPy.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

import torch
from torch import nn, optim
from torch.utils.data import DataLoader
from torchvision.datasets import FashionMNIST
from torchvision.transforms import Compose, Normalize, ToTensor

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "scripts"))
from pytorch_reference import MODELS, build, positive, read

FILES = [
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
]


def unpack(folder, root):
    """Puts the data set's files where torchvision looks for them below `root`."""
    raw = root / "FashionMNIST" / "raw"
    raw.mkdir(parents=True)
    for name in FILES:
        (raw / name).write_bytes(read(folder / name))


def loaders(root, workers):
    transform = Compose([ToTensor(), Normalize((0.5,), (0.5,))])
    trainset = FashionMNIST(root=root, train=True, download=False, transform=transform)
    trainloader = DataLoader(
        trainset, batch_size=1024, num_workers=workers, shuffle=True, drop_last=True
    )
    testset = FashionMNIST(root=root, train=False, download=False, transform=transform)
    testloader = DataLoader(testset, batch_size=1024, num_workers=workers, shuffle=False)
    return trainloader, testloader


def train(model, trainloader, criterion, optimizer):
    model.train()
    running_loss, correct, total = 0.0, 0, 0
    for images, labels in trainloader:
        optimizer.zero_grad()
        outputs = model(images)
        loss = criterion(outputs, labels)
        loss.backward()
        optimizer.step()

        running_loss += loss.item()
        correct += (outputs.argmax(1) == labels).sum().item()
        total += labels.size(0)
    return running_loss / len(trainloader), correct / total


def evaluate(model, testloader, criterion):
    model.eval()
    test_loss, correct, total = 0.0, 0, 0
    with torch.no_grad():
        for images, labels in testloader:
            outputs = model(images)
            test_loss += criterion(outputs, labels).item()
            correct += (outputs.argmax(1) == labels).sum().item()
            total += labels.size(0)
    return test_loss / len(testloader), correct / total


def run(options, root, workers):
    """The seconds of each epoch."""
    trainloader, testloader = loaders(root, workers)
    model = build(options.model, "fashion-mnist", (1, 28, 28))
    criterion = nn.CrossEntropyLoss()
    optimizer = optim.Adam(model.parameters(), lr=MODELS[options.model].learning_rate)
    seconds = []
    for epoch in range(1, options.epochs + 1):
        start = time.perf_counter()
        loss, accuracy = train(model, trainloader, criterion, optimizer)
        test_loss, test_accuracy = evaluate(model, testloader, criterion)
        seconds.append(time.perf_counter() - start)
        print(
            f"{options.model}, {workers} workers, epoch {epoch}/{options.epochs}: {seconds[-1]:.2f} s,"
            f" train loss {loss:.4f} accuracy {100 * accuracy:.2f} %,"
            f" test loss {test_loss:.4f} accuracy {100 * test_accuracy:.2f} %",
            file=sys.stderr,
            flush=True,
        )
    return seconds


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data-dir", type=Path, required=True, metavar="DIR")
    parser.add_argument("--model", choices=MODELS, default="mlp-relu", metavar="MODEL")
    parser.add_argument("--workers", type=int, nargs="+", default=[0, 1, 2], metavar="W")
    parser.add_argument("--epochs", type=positive, default=2, metavar="N")
    parser.add_argument("--threads", type=positive, metavar="T", help="default: PyTorch's choice")
    options = parser.parse_args()
    if options.threads is not None:
        torch.set_num_threads(options.threads)

    with tempfile.TemporaryDirectory() as root:
        unpack(options.data_dir, Path(root))
        seconds = {workers: run(options, root, workers) for workers in options.workers}

    medians = {workers: statistics.median(epochs) for workers, epochs in seconds.items()}
    best = min(medians, key=medians.get)
    answer = {
        "model": options.model,
        "workers": seconds,
        "best_workers": best,
        "best_median_s": medians[best],
        "torch": torch.__version__,
        "threads": torch.get_num_threads(),
    }
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
