#!/usr/bin/env python3
"""The speed of the models on Burn 0.22's flex beside Burn 0.21's: images a second, training and inference.

    python3 scripts/edition_speed.py                    cnn, vgg-small and resnet-20, three rounds
    python3 scripts/edition_speed.py --rounds 1 cnn     one model, one round

Compiles the programs `speed` of examples/downstream and examples/downstream-0.22, optimised, and runs them in turn, model
by model, so that other load on the machine meets both. Prints the medians over the rounds, and the ratios of each round's.
"""

import argparse
import csv
import statistics
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROJECTS = {"0.21": ROOT / "examples/downstream", "0.22": ROOT / "examples/downstream-0.22"}


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
    print("model,algorithm,what,burn 0.21,burn 0.22,ratio of each round")
    for (model, algorithm), of_burn in found.items():
        for place, what in enumerate(("training", "inference")):
            old, new = ([speeds[place] for speeds in of_burn[burn]] for burn in PROJECTS)
            ratios = " ".join(f"{b / a:.2f}" for a, b in zip(old, new))
            print(f"{model},{algorithm},{what},{statistics.median(old):.0f},{statistics.median(new):.0f},{ratios}")


if __name__ == "__main__":
    main()
