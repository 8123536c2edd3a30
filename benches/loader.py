"""Images a second of torchvision's ImageFolder and DataLoader beside those of the zoo's loader, and the
peak memory of both.

    python benches/loader.py [--rounds 3] [--features tch]        (needs torch, torchvision, numpy, pillow)

Both read the same 5,000 JPEG pictures of 500x375, drawn once by a seed in a temporary folder, whole epochs in
an order of their own, in batches of 32: RandomResizedCrop(224), mirrored half of the times, normalised. The
zoo keeps no picture in memory (a cache of 0), and torchvision has as many workers as are fastest here. They
take turns; a figure is the median of the rounds, each the median of its epochs after the first.
"""
import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CLASSES, PICTURES, WIDTH, HEIGHT = 5, 5_000, 500, 375
BATCH_SIZE, EPOCHS = 32, 3


def write_pictures(folder):
    """Blurred noise of all sizes with a little grain: files of the size that photographs have."""
    import numpy as np
    from PIL import Image

    draw = np.random.default_rng(42)
    for split, count in (("train", PICTURES), ("test", CLASSES)):
        for number in range(count):
            values = np.full((HEIGHT, WIDTH, 3), 128.0)
            for side in (3, 12, 48):
                noise = draw.integers(0, 256, (side, side, 3), dtype=np.uint8)
                noise = Image.fromarray(noise).resize((WIDTH, HEIGHT), Image.BICUBIC)
                values += (np.asarray(noise) - 127.5) * 0.5
            values += draw.normal(0, 6, values.shape)
            place = folder / split / f"class{number % CLASSES}"
            place.mkdir(parents=True, exist_ok=True)
            picture = Image.fromarray(values.clip(0, 255).astype(np.uint8))
            picture.save(place / f"{number:04}.jpg", quality=90)


def torchvision_epochs(folder, workers, epochs, limit=None):
    """Images a second of each epoch, in a process of its own."""
    import torch
    from torch.utils.data import DataLoader, Subset
    from torchvision import datasets, transforms

    transform = transforms.Compose([
        transforms.RandomResizedCrop(224),
        transforms.RandomHorizontalFlip(),
        transforms.ToTensor(),
        transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
    ])
    torch.set_num_threads(1)
    images = datasets.ImageFolder(folder / "train", transform)
    if limit:
        images = Subset(images, range(0, len(images), len(images) // limit))
    loader = DataLoader(
        images, BATCH_SIZE, shuffle=True, drop_last=True, num_workers=workers, persistent_workers=workers > 0
    )
    for _ in range(epochs):
        started, count = time.perf_counter(), 0
        for batch, _ in loader:
            count += len(batch)
        print(count / (time.perf_counter() - started), flush=True)


def memory_of(process):
    """The memory of a process and those that it started, in MB: shared pages count once (PSS)."""
    total, queue = 0, [process]
    while queue:
        number = queue.pop()
        try:
            rollup = Path(f"/proc/{number}/smaps_rollup").read_text()
            total += int(rollup.split("Pss:")[1].split()[0])
            children = Path(f"/proc/{number}/task/{number}/children").read_text()
            queue += [int(child) for child in children.split()]
        except (OSError, IndexError):
            pass
    return total / 1000


def run(command):
    """A command's figures, a line each, and its peak memory."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    peak = 0.0
    while process.poll() is None:
        peak = max(peak, memory_of(process.pid))
        time.sleep(0.1)
    if process.returncode != 0:
        sys.exit(f"{command} ended with {process.returncode}")
    return [float(line) for line in process.stdout.read().split()], peak


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--features", default="default", help="more than the default ones, as the zoo was built with")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--torchvision", nargs="+", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.torchvision:
        folder, workers, epochs, limit = args.torchvision
        return torchvision_epochs(Path(folder), int(workers), int(epochs), int(limit))

    folder = Path(tempfile.gettempdir()) / "burn-zoo-pictures"
    if not (folder / "done").exists():
        write_pictures(folder)
        (folder / "done").write_text("")
    files = list(folder.glob("train/*/*.jpg"))
    kilobytes = statistics.mean(file.stat().st_size for file in files) / 1000
    print(f"{len(files)} pictures of {WIDTH}x{HEIGHT}, {kilobytes:.0f} kB each, {os.cpu_count()} cores")

    cargo = ["cargo", "bench", "--bench", "loader", "--features", args.features]
    subprocess.run([*cargo, "--no-run"], check=True)
    found = subprocess.run(
        [*cargo, "--no-run", "--message-format", "json"], check=True, capture_output=True, text=True
    )
    program = [line for line in found.stdout.splitlines() if '"name":"loader"' in line][-1]
    program = program.split('"executable":"')[1].split('"')[0]
    zoo = [program, str(folder), str(EPOCHS), "0"]

    def torchvision(workers, epochs=EPOCHS, limit=0):
        return [sys.executable, __file__, "--torchvision", str(folder), str(workers), str(epochs), str(limit)]

    tried = {workers: max(run(torchvision(workers, 2, 1000))[0]) for workers in range(os.cpu_count() + 3)}
    workers = max(tried, key=tried.get)
    print("torchvision by workers:", ", ".join(f"{n}: {speed:.0f}" for n, speed in tried.items()), "images/s")

    speeds, memory = {"torchvision": [], "zoo": []}, {"torchvision": 0, "zoo": 0}
    for _ in range(args.rounds):
        for name, command in (("torchvision", torchvision(workers)), ("zoo", zoo)):
            figures, peak = run(command)
            speeds[name].append(statistics.median(figures[1:]))
            memory[name] = max(memory[name], peak)
            print(f"{name:12} {speeds[name][-1]:8.0f} images/s {peak:8.0f} MB", flush=True)
    medians = {name: statistics.median(figures) for name, figures in speeds.items()}
    ratio = medians["zoo"] / medians["torchvision"]
    print(
        f"torchvision, {workers} workers: {medians['torchvision']:.0f} images/s, {memory['torchvision']:.0f} MB; "
        f"zoo: {medians['zoo']:.0f} images/s, {memory['zoo']:.0f} MB; {ratio:.2f} times as fast"
    )


if __name__ == "__main__":
    main()
