"""Training on several ranks beside one process: the same losses, the speed, and the share of communication.

    python3 benches/ranks.py --zoo target/release/zoo --backend flex [--models mlp-relu cnn] [--ranks 1 2 4]
    sudo python3 benches/ranks.py --zoo target/release/zoo --backend flex --network
    python3 benches/ranks.py --estimate

Each rank computes with one thread. Prints, for every model and number of ranks, images per second of the last epoch's
training pass, the share of it that went into sums over the ranks (waiting for slower ones among it), and the largest
difference of a loss from that of one process, relative to it. The program is built with `--features mpi`, and Open MPI's
`mpirun` is on the PATH.

With `--network`, two ranks run on two hosts: network namespaces of this machine, joined by a pair of virtual Ethernet
devices, the second of which `mpirun` starts by a launcher agent in place of ssh. What has crossed the network is counted
at the device. It needs root, and ends with the namespaces removed.

With `--estimate`, nothing runs: seconds of a step are taken from docs/speed.csv and docs/speed-gpu.csv, and those of a
ring all-reduce are computed, for machines that each compute as many images a step as the measurement did.
"""

import argparse
import csv
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LAUNCH = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}
SPACES = {"10.77.0.1": "zoo-a", "10.77.0.2": "zoo-b"}
PARAMETERS = {"mlp-relu": 203_530, "cnn": 2_635_146}
# Batches, images and epochs: some seconds for each.
WORK = {"mlp-relu": (1024, 4096, 8), "cnn": (128, 512, 2)}


def train(zoo, model, backend, launcher, folder, name):
    batch, limit, epochs = WORK[model]
    run = Path(folder) / f"{model}-{name}"
    words = [zoo, "--threads", "1", "-v", "train", model, "--backend", backend, "--dataset", "synthetic"]
    words += ["--limit", limit, "--batch-size", batch, "--epochs", epochs, "--out", run]
    done = subprocess.run([*launcher, *map(str, words)], capture_output=True, text=True, env={**os.environ, **LAUNCH})
    if done.returncode != 0:
        sys.exit(f"error: {' '.join(map(str, [*launcher, *words]))}\n{done.stderr}{done.stdout}")
    rows = list(csv.DictReader((run / "metrics.csv").open()))
    speed = [float(row["images_per_second"]) for row in rows if row["split"] == "train"][-1]
    shares = re.findall(r"([\d.]+) % of the training pass", done.stderr)
    losses = [(row["split"], float(row["loss"])) for row in rows]
    steps = json.loads((run / "config.json").read_text())["dataset"]["num_train"] // batch * epochs
    return speed, float(shares[-1]) if shares else None, losses, steps


def report(model, name, alone, found):
    speed, share, losses, _ = found
    largest = max(abs(a - b) / b for (_, a), (_, b) in zip(losses, alone[2], strict=True))
    if largest > 1e-4:
        sys.exit(f"error: {model} on {name}: a loss is {largest:.1e} from that of one process, relative to it")
    communication = "" if share is None else f"  {share:5.1f} % in sums"
    print(f"{model:9} {name:12} {speed:10,.0f} images/s  {speed / alone[0]:5.2f} x{communication}  losses within {largest:.1e}", flush=True)


def mpirun(count):
    return ["mpirun", "--oversubscribe", "--mca", "mpi_yield_when_idle", "1", "-n", str(count)]


def received(space):
    statistics = subprocess.run(
        ["ip", "netns", "exec", space, "cat", "/sys/class/net/zoo0/statistics/rx_bytes"],
        check=True, capture_output=True, text=True,
    )
    return int(statistics.stdout)


def network(run):
    """Runs with two namespaces, and removes them."""
    ip = lambda *words: subprocess.run(["ip", *words], check=True)
    a, b = SPACES.values()
    try:
        for space in (a, b):
            ip("netns", "add", space)
        ip("link", "add", "zoo0", "netns", a, "type", "veth", "peer", "name", "zoo0", "netns", b)
        for address, space in SPACES.items():
            ip("-n", space, "addr", "add", f"{address}/24", "dev", "zoo0")
            ip("-n", space, "link", "set", "zoo0", "up")
            ip("-n", space, "link", "set", "lo", "up")
        with tempfile.TemporaryDirectory() as folder:
            # In place of ssh: `agent HOST WORD...`.
            agent = Path(folder) / "agent"
            agent.write_text('#!/bin/sh\nhost=$1; shift\ncase $host in\n' + "".join(
                f'{address}) exec ip netns exec {space} sh -c "$*" ;;\n' for address, space in SPACES.items()
            ) + "esac\n")
            agent.chmod(0o755)
            run([
                "ip", "netns", "exec", a, "mpirun", "-n", "2", "--host", ",".join(f"{it}:1" for it in SPACES),
                "--mca", "plm_rsh_agent", str(agent), "--mca", "btl", "self,tcp", "--mca", "mpi_yield_when_idle", "1",
                "--mca", "btl_tcp_if_include", "zoo0", "--mca", "oob_tcp_if_include", "zoo0",
            ])
    finally:
        for space in (a, b):
            subprocess.run(["ip", "netns", "del", space], check=False)


def estimate():
    steps = []
    for file, machine in (("docs/speed.csv", "2 CPU cores"), ("docs/speed-gpu.csv", "an H200")):
        for row in csv.DictReader((ROOT / file).open()):
            speed = row["train_images_per_second"]
            wanted = row["backend"] in {"libtorch", "cuda", "wgpu"} and row["batch_size"] == "1024"
            if wanted and row["model"] in PARAMETERS and row["dataset"] == "fashion-mnist" and speed:
                steps.append((row["model"], f"{row['backend']}, {machine}", 1024 / float(speed)))
    print("model     each machine            step ms  Gbit/s  nodes  sum ms  share of a step  speed-up")
    for model, machine, seconds in steps:
        size = 4 * PARAMETERS[model]
        for gigabits in (10, 100):
            for nodes in (8, 64):
                # A ring: each machine sends and receives this much of the buffer, in 2 (N - 1) rounds of 20 us.
                sent = 2 * (nodes - 1) / nodes * size / (gigabits * 1e9 / 8) + 2 * (nodes - 1) * 20e-6
                share = sent / (sent + seconds)
                print(f"{model:9} {machine:22} {1e3 * seconds:8.1f}  {gigabits:6}  {nodes:5}  {1e3 * sent:6.1f}  {100 * share:14.1f} %  {nodes * (1 - share):8.1f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--zoo", type=Path, default=Path("target/release/zoo"), metavar="PROGRAM")
    parser.add_argument("--backend", default="flex", metavar="BACKEND")
    parser.add_argument("--models", nargs="+", default=list(WORK), choices=list(WORK), metavar="MODEL")
    parser.add_argument("--ranks", nargs="+", type=int, default=[1, 2, 4], metavar="N")
    parser.add_argument("--network", action="store_true")
    parser.add_argument("--estimate", action="store_true")
    options = parser.parse_args()
    if options.estimate:
        return estimate()
    zoo = options.zoo.resolve()
    with tempfile.TemporaryDirectory() as folder:
        for model in options.models:
            alone = train(zoo, model, options.backend, [], folder, "alone")
            report(model, "one process", alone, alone)
            if options.network:
                def run(launcher):
                    before = received("zoo-b")
                    found = train(zoo, model, options.backend, launcher, folder, "network")
                    report(model, "2 hosts", alone, found)
                    steps = found[3]
                    crossed = received("zoo-b") - before
                    print(f"          {crossed / 1e6:,.1f} MB came to the second host, {crossed / steps / 4 / PARAMETERS[model]:.2f} times the gradients of each of {steps} steps")
                network(run)
                continue
            for count in options.ranks:
                found = train(zoo, model, options.backend, mpirun(count), folder, str(count))
                report(model, f"{count} ranks" if count > 1 else "1 rank", alone, found)


if __name__ == "__main__":
    main()
