"""An epoch of training as users run it, beside its bare training steps.

    python benches/epoch.py --zoo target/release/zoo --backends flex,libtorch --models mlp-relu [--rounds 3]

In turn, `zoo train` on Fashion-MNIST (its training pass: loader, learner, figures) and `zoo bench` (steps on one
batch that is already on the device), each in a process of its own. Both are sums: seconds of an epoch's
training pass, the first epoch left out, over the mean seconds of a bare step times the epoch's batches. Prints
the ratio of each round and their median.
"""

import argparse
import csv
import json
import statistics
import subprocess
import tempfile
from pathlib import Path

BATCH, BATCHES = 1024, 58  # 60,000 images, the last incomplete batch dropped.


def epoch_seconds(zoo, model, backend, epochs):
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        command = [zoo, "train", model, "--backend", backend, "--epochs", str(epochs), "--out", run]
        subprocess.run(command, check=True, capture_output=True)
        rows = list(csv.DictReader((run / "metrics.csv").open()))
    seconds = [float(row["seconds"]) for row in rows if row["split"] == "train"]
    return statistics.mean(seconds[1:])


def step_seconds(zoo, model, backend):
    command = [zoo, "bench", model, "--backends", backend, "--batch-size", str(BATCH), "--json"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return statistics.mean(json.loads(done.stdout)["rows"][0]["train_step_s"])


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--zoo", type=Path, default=Path("target/release/zoo"), metavar="PROGRAM")
    parser.add_argument("--backends", type=lambda text: text.split(","), required=True, metavar="A,B")
    parser.add_argument("--models", nargs="+", default=["mlp-relu"], metavar="MODEL")
    parser.add_argument("--epochs", type=int, default=8, metavar="N")
    parser.add_argument("--rounds", type=int, default=3, metavar="N")
    options = parser.parse_args()
    zoo = options.zoo.resolve()
    for model in options.models:
        ratios = {backend: [] for backend in options.backends}
        for _ in range(options.rounds):
            for backend in options.backends:
                epoch = epoch_seconds(zoo, model, backend, options.epochs)
                steps = step_seconds(zoo, model, backend) * BATCHES
                ratios[backend].append(epoch / steps)
                print(f"{model} {backend}: epoch {epoch:.3f} s, its bare steps {steps:.3f} s, ratio {epoch / steps:.3f}", flush=True)
        for backend, found in ratios.items():
            print(f"{model} {backend}: median ratio {statistics.median(found):.3f} of {len(found)}")


if __name__ == "__main__":
    main()
