#!/usr/bin/env python3
"""The speed of the models on Burn 0.22's flex beside Burn 0.21's: images a second, training and inference.

    python3 scripts/edition_speed.py                    cnn, vgg-small and resnet-20, three rounds
    python3 scripts/edition_speed.py --rounds 1 cnn     one model, one round

Compiles the programs `speed` of examples/downstream and examples/downstream-0.22, optimised, and runs them in turn, model
by model, so that other load on the machine meets both. Prints the medians over the rounds as docs/speed-editions.csv has
them, with the median, the least and the largest of the rounds' ratios.
"""

import argparse
import csv
import datetime
import os
import re
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROJECTS = {"0.21": ROOT / "examples/downstream", "0.22": ROOT / "examples/downstream-0.22"}


COLUMNS = [
    "model", "algorithm", "purpose", "burn_0_21_images_per_second", "burn_0_22_images_per_second", "ratio", "ratio_min",
    "ratio_max", "batch_size", "threads", "rounds", "machine", "date",
]  # fmt: skip


def processor():
    found = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    return f"{found[1] if found else 'an unknown processor'}, {os.cpu_count()} cores"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", default=["cnn", "vgg-small", "resnet-20"])
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    command = ["cargo", "run", "--release", "--locked", "--quiet", "--bin", "speed", "--"]
    for project in PROJECTS.values():
        subprocess.run(["cargo", "build", "--release", "--locked", "--bin", "speed"], cwd=project, check=True)
    found = {}
    for _ in range(args.rounds):
        for model in args.models:
            for burn, project in PROJECTS.items():
                done = subprocess.run([*command, model], cwd=project, check=True, stdout=subprocess.PIPE, text=True)
                for _, algorithm, _, *speeds in csv.reader(done.stdout.splitlines()):
                    found.setdefault((model, algorithm), {}).setdefault(burn, []).append([float(speed) for speed in speeds])
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(COLUMNS)
    for (model, algorithm), of_burn in found.items():
        for place, purpose in enumerate(("training", "inference")):
            old, new = ([speeds[place] for speeds in of_burn[burn]] for burn in PROJECTS)
            ratios = [round(b / a, 2) for a, b in zip(old, new)]
            ratio = [statistics.median(ratios), min(ratios), max(ratios)]
            about = [64, os.cpu_count(), args.rounds, processor(), datetime.date.today().isoformat()]
            writer.writerow([model, algorithm, purpose, statistics.median(old), statistics.median(new), *ratio, *about])


if __name__ == "__main__":
    main()
