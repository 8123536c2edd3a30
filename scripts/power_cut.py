#!/usr/bin/env python3
"""Cuts the power under a training, and looks at whether its run goes on as if nothing had been.

    python3 scripts/power_cut.py target/release/zoo [--file-systems xfs,ext4] [--crashes 5] [--seed 1]

As root, on Linux, with `mkfs.xfs` (Debian's xfsprogs) and `mkfs.ext4`: a training writes to a file system of its own on
a loop device, and that is shut down under it in a random moment, as by `xfs_io -c shutdown`, so that all that was not
synchronised is lost. The training is killed, the file system mounted anew, and the run resumed, over and over until it
has done its epochs. In the end it has the bytes of a run that was left alone, and no epoch that was printed is done
twice. Last of all a finished run and a finished comparison lose power.

Exits with 77 where the machine has no loop device, lets none be shut down, or has a file system not installed."""

import argparse
import csv
import fcntl
import json
import os
import random
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SKIPPED = 77
# XFS_IOC_GOINGDOWN, which ext4 knows as EXT4_IOC_SHUTDOWN.
SHUT_DOWN = 0x8004587D
# With the journal as it is in memory written first (as by `xfs_io -c "shutdown -f"`), and without.
WITH_JOURNAL, WITHOUT_JOURNAL = 1, 2
TRAINING = "--dataset synthetic --limit 256 --batch-size 64 --valid-fraction 0.25 --backend flex --seed 7"
COMPARISON = ("--dataset synthetic --limit 256 --batch-size 64 --epochs 2 --seeds 2 --without parity,speed "
              "--backends flex")
ENVIRONMENT = os.environ | {"BURN_ZOO_OFFLINE": "1"}


def run(*words):
    return subprocess.run([str(word) for word in words], capture_output=True, text=True)


def must(*words):
    done = run(*words)
    if done.returncode != 0:
        sys.exit(f"{' '.join(str(word) for word in words)} failed: {done.stderr.strip()}")
    return done.stdout


class Disk:
    """A file system on a loop device."""

    def __init__(self, work, kind):
        self.kind, self.image, self.path = kind, work / f"{kind}.img", work / kind
        with open(self.image, "wb") as image:
            image.truncate(400 << 20)
        must(f"mkfs.{kind}", "-q", self.image)
        self.path.mkdir()
        self.mount()

    def mount(self):
        mounted = run("mount", "-o", "loop", self.image, self.path)
        if mounted.returncode != 0:
            print(f"skipped: no loop device can be mounted here: {mounted.stderr.strip()}")
            sys.exit(SKIPPED)

    def cut(self, flag):
        folder = os.open(self.path, os.O_RDONLY)
        try:
            fcntl.ioctl(folder, SHUT_DOWN, struct.pack("I", flag))
        except PermissionError as error:
            print(f"skipped: {self.kind} may not be shut down here: {error}")
            sys.exit(SKIPPED)
        finally:
            os.close(folder)

    def unmount(self):
        # A process that was killed may hold it for a moment.
        for _ in range(100):
            if run("umount", self.path).returncode == 0:
                return
            time.sleep(0.1)
        sys.exit(f"{self.path} cannot be unmounted")

    def cut_and_mount(self, flag):
        self.cut(flag)
        self.unmount()
        self.mount()


def figures(folder):
    with open(folder / "metrics.csv", newline="") as file:
        return [[row[name] for name in ("epoch", "split", "loss", "accuracy")] for row in csv.DictReader(file)]


def check(holds, sentence):
    if not holds:
        sys.exit(f"FAILED: {sentence}")


def same_runs(whole, other):
    for name in ("weights.safetensors", "best.safetensors"):
        check((whole / name).read_bytes() == (other / name).read_bytes(), f"{other / name} has other bytes")
    check(figures(whole) == figures(other), f"{other}/metrics.csv has other figures")


def cut_while_training(zoo, disk, whole, args, draw):
    """Cuts the power `args.crashes` times; the run then ends as `whole` did."""
    folder, epochs = disk.path / "run", args.epochs
    printed, anew = 0, 0
    for crash in range(args.crashes):
        checkpoint = (folder / "checkpoint.safetensors").exists()
        if folder.exists() and not checkpoint:
            check(printed == 0, f"epoch {printed} was printed, and there is no checkpoint")
            shutil.rmtree(folder)
            anew += 1
        words = ["train", "--resume", folder] if checkpoint else \
            ["train", *TRAINING.split(), "--epochs", epochs, "--out", folder]
        with tempfile.TemporaryFile("w+") as said:
            training = subprocess.Popen([zoo, *map(str, words), "--json"], stdout=said, stderr=subprocess.STDOUT,
                                        env=ENVIRONMENT)
            time.sleep(draw.uniform(0.05, args.longest))
            over = training.poll()
            disk.cut(draw.choice([WITH_JOURNAL, WITHOUT_JOURNAL]))
            training.send_signal(signal.SIGKILL)
            training.wait()
            said.seek(0)
            lines = said.read().splitlines()
        for line in lines:
            if not line.startswith("{"):
                # The last cut came after the last epoch.
                all_done = f"has done its {epochs} epochs" in line
                if over is not None and not all_done:
                    sys.exit(f"FAILED: {line}")
                continue
            event = json.loads(line)
            if event["event"] == "start":
                check(event["epochs_done"] >= printed,
                      f"epoch {printed} was printed, and the run goes on after {event['epochs_done']}")
            if event["event"] == "epoch":
                printed = max(printed, event["epoch"])
        disk.unmount()
        disk.mount()
        if over == 0 or printed == epochs:
            break
    if (folder / "checkpoint.safetensors").exists():
        resumed = run_zoo(zoo, "train", "--resume", folder)
        done = f"has done its {epochs} epochs" in resumed.stderr
        check(resumed.returncode == 0 or done, resumed.stderr.strip())
        same_runs(whole, folder)
    else:
        check(printed == 0, f"epoch {printed} was printed, and there is no checkpoint")
    print(f"{disk.kind}: power cut {crash + 1} times in {printed} epochs printed, {anew} times before the first "
          "checkpoint: nothing lost", flush=True)


def run_zoo(zoo, *words):
    return subprocess.run([zoo, *map(str, words)], capture_output=True, text=True, env=ENVIRONMENT)


def cut_after_the_end(zoo, disk, flag):
    """What has ended is there, whole, at once."""
    short = disk.path / "short"
    done = run_zoo(zoo, "train", *TRAINING.split(), "--epochs", 2, "--tensorboard", "--out", short)
    check(done.returncode == 0, done.stderr)
    comparison = disk.path / "comparison"
    done = run_zoo(zoo, "compare", "mlp-relu", *COMPARISON.split(), "--out", comparison)
    check(done.returncode == 0, done.stderr)
    files = lambda: {path: path.read_bytes() for path in sorted(disk.path.rglob("*"))
                     if path.is_file() and path.name != ".lock" and "kernels" not in path.parts}
    before = files()
    disk.cut_and_mount(flag)
    after = files()
    lost = [str(path.relative_to(disk.path)) for path in before if after.get(path) != before[path]]
    check(not lost, f"{disk.kind}: {len(lost)} of {len(before)} files lost their bytes: {', '.join(lost)}")
    for words in (["train", "--epochs", 3, "--resume", short], ["compare", "--resume", comparison]):
        done = run_zoo(zoo, *words)
        check(done.returncode == 0, done.stderr)
    print(f"{disk.kind}: all {len(before)} files of a finished run and a finished comparison are whole, and both resume",
          flush=True)
    shutil.rmtree(short)
    shutil.rmtree(comparison)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("zoo")
    parser.add_argument("--file-systems", default="xfs,ext4")
    parser.add_argument("--crashes", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--longest", type=float, default=1.5, help="seconds to the cut, at most")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    zoo = str(Path(args.zoo).resolve())
    if os.geteuid() != 0 or not all(shutil.which(f"mkfs.{kind}") for kind in args.file_systems.split(",")):
        print("skipped: this needs root, and the programs that make the file systems")
        sys.exit(SKIPPED)
    draw = random.Random(args.seed)
    with tempfile.TemporaryDirectory(prefix="power-cut-") as work:
        whole = Path(work) / "whole"
        done = run_zoo(zoo, "train", *TRAINING.split(), "--epochs", args.epochs, "--out", whole)
        check(done.returncode == 0, done.stderr)
        for kind in args.file_systems.split(","):
            disk = Disk(Path(work), kind)
            try:
                for flag in (WITH_JOURNAL, WITHOUT_JOURNAL):
                    cut_after_the_end(zoo, disk, flag)
                cut_while_training(zoo, disk, whole, args, draw)
            finally:
                run("umount", disk.path)


if __name__ == "__main__":
    main()
