#!/usr/bin/env python3
"""Everything that is to be known of a GPU, in a given time: parity, speed cold and warm beside PyTorch, accuracy.

    python benches/gpu.py target/release/zoo --out FOLDER [--minutes 14] [--backends wgpu,cuda] [--without-pytorch]

The steps are in order of their worth, and each has a limit of its own; what there is no time for is left out and named.
Kernels and measurements are kept in FOLDER, so that the first step on each backend is a cold one. Every step's output is
in FOLDER at once, and `speed.csv` has the columns of docs/speed-gpu.csv. The zoo's program is all that it needs, and
PyTorch 2.9 or newer for the comparison: it can be carried to a machine without the network.
"""

import argparse
import csv
import datetime
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
COLUMNS = [
    "model", "dataset", "batch_size", "backend", "train_images_per_second", "train_ratio", "infer_images_per_second",
    "infer_ratio", "first_step_cold_s", "first_step_s", "trouble", "machine", "torch", "date",
]  # fmt: skip


class Session:
    def __init__(self, args):
        self.args = args
        self.out = Path(args.out).resolve()
        self.out.mkdir(parents=True, exist_ok=True)
        self.ends = time.monotonic() + 60 * args.minutes
        self.environment = os.environ | {
            "BURN_ZOO_KERNELS": str(self.out / "kernels"),
            "XDG_CACHE_HOME": str(self.out / "cache"),
        }
        self.left_out = []
        self.rows = []

    def run(self, name, command, limit):
        """What a command prints, or None where it failed or there was no time for it."""
        left = self.ends - time.monotonic()
        if left < min(limit, 20):
            self.left_out.append(name)
            return None
        began = time.monotonic()
        try:
            done = subprocess.run(
                [str(word) for word in command], env=self.environment, timeout=min(limit, left),
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            )  # fmt: skip
            output, errors, ended = done.stdout, done.stderr, f"exit code {done.returncode}"
        except subprocess.TimeoutExpired as stopped:
            texts = [part or b"" for part in (stopped.stdout, stopped.stderr)]
            output, errors = (text if isinstance(text, str) else text.decode(errors="replace") for text in texts)
            ended = f"stopped after {min(limit, left):.0f} s"
        words = " ".join(str(word) for word in command)
        text = f"$ {words}\n{output}{errors}\n{ended}\n"
        (self.out / f"{name.replace(' ', '-')}.txt").write_text(text)
        print(f"{time.monotonic() - began:6.1f} s  {name}: {ended}", flush=True)
        return output if ended in ("exit code 0", "exit code 1") else None

    def zoo(self, name, *words, limit):
        return self.run(name, [self.args.zoo, *words], limit)

    def row(self, model, batch_size, backend, **figures):
        self.rows.append({"model": model, "dataset": "fashion-mnist", "batch_size": batch_size, "backend": backend} | figures)
        self.write()

    def write(self):
        baselines = {(row["model"], row["batch_size"]): row for row in self.rows if row["backend"] == "pytorch"}
        for row in self.rows:
            baseline = baselines.get((row["model"], row["batch_size"]), {})
            for purpose in ("train", "infer"):
                speed, theirs = row.get(f"{purpose}_images_per_second"), baseline.get(f"{purpose}_images_per_second")
                row[f"{purpose}_ratio"] = round(speed / theirs, 3) if speed and theirs else None
        with open(self.out / "speed.csv", "w", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS, extrasaction="ignore")
            writer.writeheader()
            writer.writerows(self.rows)


def speeds(seconds, batch_size):
    return round(batch_size / statistics.median(seconds)) if seconds else None


def beside_pytorch(session, model, batch_size):
    if session.args.without_pytorch:
        return
    for backend, words in {"pytorch": [], "pytorch-tf32": ["--tf32"]}.items():
        command = [sys.executable, HERE / "pytorch.py", model, "--dataset", "fashion-mnist", "--batch-size", batch_size]
        command += ["--threads", os.cpu_count(), "--device", "cuda", *words]
        output = session.run(f"{backend} {model} {batch_size}", command, 60)
        if output and output.strip().startswith("{"):
            told = json.loads(output)
            session.row(
                model, batch_size, backend,
                train_images_per_second=speeds(told.get("train_step_s"), batch_size),
                infer_images_per_second=speeds(told.get("infer_step_s"), batch_size),
                first_step_s=round(told.get("first_step_s") or 0, 1) or None, **session.about,
            )  # fmt: skip


def bench(session, model, batch_size, backend, conv="auto", precision="f32", limit=150):
    """A cold start and a warm one: the second finds the kernels that the first compiled."""
    firsts, told = [], None
    for start in ("cold", "warm"):
        words = ["bench", model, "--backends", backend, "--batch-size", batch_size, "--conv", conv, "--seconds", 2]
        words += ["--precision", precision]
        name = f"{backend} {model} {batch_size} {conv} {precision} {start}"
        output = session.zoo(name, *words, "--timeout", limit, "--json", limit=limit + 10)
        row = json.loads(output)["rows"][0] if output and output.strip().startswith("{") else {}
        firsts.append((row.get("measured") or row).get("first_step_s"))
        told = row or told
    if told is None:
        return
    measured = told.get("measured") or told
    named = ", ".join([backend, *(word for word in (conv, precision) if word not in ("auto", "f32"))])
    rounded = [round(first, 1) if first else None for first in firsts]
    session.row(
        model, batch_size, named,
        train_images_per_second=speeds(measured.get("train_step_s"), batch_size),
        infer_images_per_second=speeds(measured.get("infer_step_s"), batch_size),
        first_step_cold_s=rounded[0], first_step_s=rounded[1], trouble=told.get("trouble"), **session.about,
    )  # fmt: skip


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("zoo", type=lambda path: str(Path(path).resolve()))
    parser.add_argument("--out", required=True)
    parser.add_argument("--minutes", type=float, default=14)
    parser.add_argument("--backends", default="wgpu,cuda", help="those of them that are built in")
    parser.add_argument("--models", nargs="+", default=["cnn", "mlp-relu", "vgg-small", "resnet-20"])
    parser.add_argument("--batch-sizes", nargs="+", type=int, default=[1024, 128])
    parser.add_argument("--without-pytorch", action="store_true")
    session = Session(parser.parse_args())
    args = session.args

    listed = session.zoo("backends", "backends", "--json", limit=120)
    if listed is None:
        sys.exit("zoo backends gives no answer")
    answering = {row["id"]: row["devices"] for row in json.loads(listed) if row["devices"]}
    backends = [backend for backend in args.backends.split(",") if backend in answering]
    if not backends:
        sys.exit(f"none of {args.backends} has a device here: {', '.join(answering)} have")
    devices = answering[backends[0]]
    machine = devices[0]["name"] + (f", driver {devices[0]['driver']}" if devices[0].get("driver") else "")
    session.about = {"machine": machine, "date": datetime.date.today().isoformat()}
    try:
        import torch

        session.about["torch"] = torch.__version__
    except ImportError:
        args.without_pytorch = True

    largest = max(args.batch_sizes)
    for backend in backends:
        # Before anything else is compiled: what a user waits for before the first training.
        words = ["--tune", "--backends", backend, "--batch-size", largest, "--timeout", 100]
        session.zoo(f"{backend} tune {args.models[0]}", "bench", args.models[0], *words, limit=110)
    for model in args.models[:2]:
        beside_pytorch(session, model, largest)
        for backend in backends:
            bench(session, model, largest, backend)
    for backend in backends:
        for conv in ("direct", "frequency", "im2col"):
            bench(session, args.models[0], 128, backend, conv, limit=60)
    for backend in backends:
        for precision in ("bf16", "f16"):
            for model in args.models[:2]:
                bench(session, model, largest, backend, precision=precision, limit=60)
    for backend in backends:
        # How many kernels the first step compiles and tunes.
        words = ["--dataset", "synthetic", "--limit", 64, "--batch-size", 64, "--epochs", 1, "--backend", backend, "-v"]
        for model in args.models[:2]:
            session.environment["BURN_ZOO_KERNELS"] = str(session.out / f"kernels-{backend}-{model}")
            run = session.out / f"counted-{backend}-{model}"
            session.zoo(f"{backend} kernels of {model}", "train", model, *words, "--out", run, limit=90)
        session.environment["BURN_ZOO_KERNELS"] = str(session.out / "kernels")
    for backend in backends:
        for model in args.models:
            session.zoo(f"{backend} parity {model}", "parity", model, "--backends", backend, "--json", limit=90)
    for model in args.models:
        for batch_size in args.batch_sizes:
            if (model, batch_size) not in {(m, largest) for m in args.models[:2]}:
                beside_pytorch(session, model, batch_size)
                for backend in backends:
                    bench(session, model, batch_size, backend, limit=60)
    words = ["cnn-maxpool", "--recipe", "tuned", "--backend", backends[-1], "--out", session.out / "cnn-maxpool"]
    session.zoo("accuracy of cnn-maxpool", "train", *words, limit=600)
    if session.left_out:
        print("no time was left for: " + ", ".join(session.left_out))


main()
