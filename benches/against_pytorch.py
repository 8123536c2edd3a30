"""The zoo beside PyTorch: training and inference in turn, on the same machine.

    python benches/against_pytorch.py --zoo target/release/zoo --backends libtorch,flex,ndarray \\
        --models cnn mlp-relu --batch-sizes 256 1024 --datasets fashion-mnist cifar-10 \\
        --rounds 3 --threads 2 --csv FILE [--markdown] [--device cpu|cuda] [--rivals compile,onnxruntime,tract]

For every model, data set and batch size, each round runs benches/pytorch.py and then `zoo bench` with each
backend, each in a process of its own. A run's speed is the batch size over the median of its steps' seconds;
a ratio is ours over PyTorch's in the same round, so that what the machine does besides falls on both. The
table has the medians over the rounds and, in brackets, the least and the largest ratio.

With --device cuda PyTorch computes on the GPU, in a second row with TF32 (10-bit products); ratios are to the
row without. Kernels that a backend tunes for a GPU are kept from run to run, so the first round's first step
is the cold one, with a column of its own.

With --rivals the same rounds also have `torch.compile`, ONNX Runtime and tract (on one thread), the last two for
inference only; their ratios are to PyTorch's eager mode, as ours are.

FILE is written anew after every model, data set and batch size. A backend that fails gets no figures, but
its reason; the others go on, and the exit code is 1 at the end. PyTorch is that of the Python that runs this.
"""

import argparse
import csv
import datetime
import json
import os
import platform
import statistics
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent

DATASETS = {"fashion-mnist": "Fashion-MNIST", "cifar-10": "CIFAR-10"}
NAMES = {
    "pytorch": "PyTorch", "pytorch-tf32": "PyTorch, TF32", "libtorch": "LibTorch",
    "compile": "torch.compile", "onnxruntime": "ONNX Runtime", "tract": "tract, one thread",
}
BASELINES = {"cpu": ["pytorch"], "cuda": ["pytorch", "pytorch-tf32"]}
OF_ONNX = ["onnxruntime", "tract"]  # Those that do not train.
RIVALS = ["compile", *OF_ONNX]

COLUMNS = [
    "model", "dataset", "batch_size", "backend", "convolutions", "threads", "rounds",
    "train_images_per_second", "train_ratio", "train_ratio_min", "train_ratio_max",
    "infer_images_per_second", "infer_ratio", "infer_ratio_min", "infer_ratio_max",
    "first_step_cold_s", "first_step_s", "peak_memory_mb", "machine", "torch", "commit", "date", "trouble",
]  # fmt: skip


class Trouble(Exception):
    """Why a run has no figures."""


def say(text):
    print(text, file=sys.stderr, flush=True)


# --- Where and of what --------------------------------------------------------------------------


def machine():
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        cores = len(os.sched_getaffinity(0))
    except (OSError, AttributeError):
        lines, cores = [], os.cpu_count()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{names[0] if names else platform.processor() or platform.machine()}, {cores} cores"


def commit():
    def git(*arguments):
        command = ["git", *arguments]
        return subprocess.run(command, cwd=HERE, capture_output=True, text=True).stdout.strip()

    # Files that git does not know are left out, for FILE may be one.
    changed = git("status", "--porcelain", "--untracked-files=no")
    return git("rev-parse", "--short", "HEAD") + ("+changes" if changed else "")


# --- Runs ---------------------------------------------------------------------------------------


def answer(command):
    """The JSON that a command printed, and its exit code: `zoo bench` may tell in JSON what went wrong."""
    done = subprocess.run(command, capture_output=True, text=True)
    try:
        return json.loads(done.stdout), done.returncode
    except ValueError:
        lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        # A panic ends with notes on backtraces.
        said = [line for line in lines if not line.startswith("note:")] or ["no JSON, no message"]
        raise Trouble(f"exit code {done.returncode}: {said[-1]}") from None


def run(name, case, options):
    """One process; what it measured."""
    settings = ["--dataset", case["dataset"], "--batch-size", str(case["batch_size"])]
    settings += ["--threads", str(case["threads"])]
    if name in [*BASELINES[options.device], *RIVALS]:
        command = [sys.executable, str(HERE / "pytorch.py"), case["model"], *settings]
        command += ["--device", options.device, *(["--tf32"] if name.endswith("tf32") else [])]
        command += ["--engine", name] if name in RIVALS else []
        command += ["--infer-only"] if name in OF_ONNX else []
        figures, code = answer(command)
    else:
        command = [str(options.zoo), "bench", case["model"], "--backends", name, *settings, "--json"]
        found, code = answer(command)
        rows = [row for row in found.get("rows", []) if row.get("backend") == name]
        if len(rows) != 1:
            raise Trouble(f"{len(rows)} rows for it in the answer, exit code {code}")
        figures = rows[0]
    if figures.get("trouble"):
        raise Trouble(figures["trouble"])
    if code != 0:
        raise Trouble(f"exit code {code} after its answer")
    for field, value in case.items():
        if figures.get(field) != value:
            raise Trouble(f"asked for {field} {value}, it took {figures.get(field)}")
    of_training = () if name in OF_ONNX else ("first_step_s", "train_step_s")
    for field in (*of_training, "infer_step_s", "peak_memory_bytes"):
        if not figures.get(field):
            raise Trouble(f"no {field} in the answer")
    return figures


def train_speed(figures):
    """`None` where only inference was measured."""
    seconds = figures["train_step_s"]
    return figures["batch_size"] / statistics.median(seconds) if seconds else None


def infer_speed(figures):
    return figures["batch_size"] / statistics.median(figures["infer_step_s"])


def memory(figures):
    return figures["peak_memory_bytes"] / 1e6


def measure(case, options):
    """A row for PyTorch and for each backend."""
    runs = {name: [] for name in [*BASELINES[options.device], *options.rivals, *options.backends]}
    trouble = {}
    for number in range(1, options.rounds + 1):
        for name in runs:
            if name in trouble:
                continue
            try:
                figures = run(name, case, options)
                runs[name].append(figures)
                result = f"training {train_speed(figures) or 0:,.0f}, inference {infer_speed(figures):,.0f} images/s"
            except Trouble as error:
                trouble[name] = result = " ".join(str(error).split())
            say(
                f"{case['model']}, {case['dataset']}, batch {case['batch_size']},"
                f" round {number}/{options.rounds}, {name}: {result}"
            )
    torch = {figures["torch"] for figures in runs["pytorch"]}
    gpu = {figures["hardware"] for figures in runs["pytorch"] if figures.get("hardware")}
    rows = []
    for name in runs:
        row = {**case, "backend": name, "rounds": len(runs[name]), "torch": "".join(torch)}
        row["machine"] = ", ".join([machine(), *gpu])
        if name in trouble:
            row["trouble"] = trouble[name]
        else:
            row.update(summary(runs[name], runs["pytorch"]))
        rows.append(row)
    return rows


def convolutions(figures):
    training, inference = (
        " ".join(figures.get(field) or []) for field in ("convolutions", "infer_convolutions")
    )
    return training if inference in ("", training) else f"{training}; inference {inference}"


def summary(runs, pytorch):
    """The figures of a row, of the runs of all rounds, those of PyTorch beside them."""
    row = {
        # Once, unless they differ from round to round.
        "convolutions": " | ".join(dict.fromkeys(map(convolutions, runs))),
    }
    if runs[0]["first_step_s"]:
        row["first_step_cold_s"] = round(runs[0]["first_step_s"], 3)
        row["first_step_s"] = round(statistics.median(figures["first_step_s"] for figures in runs[1:] or runs), 3)
    for value, column, ratio in (
        (train_speed, "train_images_per_second", "train_ratio"),
        (infer_speed, "infer_images_per_second", "infer_ratio"),
        (memory, "peak_memory_mb", "memory_ratio"),
    ):
        if value(runs[0]) is None:
            continue
        row[column] = round(statistics.median(map(value, runs)), 1)
        # Rounds after one in which PyTorch failed have none.
        ratios = [value(ours) / value(theirs) for ours, theirs in zip(runs, pytorch)]
        if ratios:
            row[ratio] = round(statistics.median(ratios), 4)
            row[f"{ratio}_min"], row[f"{ratio}_max"] = round(min(ratios), 4), round(max(ratios), 4)
    return row


# --- Results ------------------------------------------------------------------------------------


def write_csv(path, rows):
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


HEADINGS = [
    "backend", "model", "data", "batch", "training images/s", "× PyTorch",
    "inference images/s", "× PyTorch", "peak memory MB", "× PyTorch",
]  # fmt: skip
WORDS = 3  # The first columns are words, the others numbers.


def cells(row):
    name = row["backend"]
    start = [NAMES.get(name, name), row["model"], DATASETS[row["dataset"]], f"{row['batch_size']:,}"]
    if "trouble" in row:
        return [*start, "FAILED: " + row["trouble"].replace("|", "/"), "", "", "", "", ""]

    def ratio(figure):
        if name == "pytorch" or figure not in row:
            return "1" if name == "pytorch" else ""
        low, high = row[f"{figure}_min"], row[f"{figure}_max"]
        return f"{row[figure]:.2f} ({low:.2f}–{high:.2f})"

    return [
        *start,
        f"{row['train_images_per_second']:,.0f}" if "train_images_per_second" in row else "", ratio("train_ratio"),
        f"{row['infer_images_per_second']:,.0f}", ratio("infer_ratio"),
        f"{row['peak_memory_mb']:,.0f}", ratio("memory_ratio").partition(" ")[0],
    ]  # fmt: skip


def markdown(rows):
    print("| " + " | ".join(HEADINGS) + " |")
    print("|" + "---|" * WORDS + "--:|" * (len(HEADINGS) - WORDS))
    for row in rows:
        backend, model, *others = cells(row)
        print(f"| {backend} | `{model}` | " + " | ".join(others) + " |")


def text(rows):
    table = [HEADINGS, *map(cells, rows)]
    widths = [
        max(len(cell) for cell in column if not cell.startswith("FAILED")) for column in zip(*table)
    ]
    for line in table:
        words = [cell.ljust(width) for cell, width in zip(line[:WORDS], widths)]
        numbers = [cell.rjust(width) for cell, width in zip(line[WORDS:], widths[WORDS:])]
        print("  ".join(words + numbers).rstrip())


# --- Program ------------------------------------------------------------------------------------


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--zoo", type=Path, default=Path("target/release/zoo"), metavar="PROGRAM")
    parser.add_argument("--backends", type=lambda text: text.split(","), required=True, metavar="A,B")
    parser.add_argument("--models", nargs="+", required=True, metavar="MODEL")
    parser.add_argument("--batch-sizes", type=int, nargs="+", default=[1024], metavar="N")
    parser.add_argument("--datasets", choices=DATASETS, nargs="+", default=["fashion-mnist"])
    parser.add_argument("--rounds", type=int, default=3, metavar="N")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), metavar="T")
    parser.add_argument("--device", choices=BASELINES, default="cpu", help="where PyTorch computes")
    parser.add_argument("--csv", type=Path, required=True, metavar="FILE")
    parser.add_argument(
        "--rivals", type=lambda text: text.split(","), default=[], metavar="A,B", help=", ".join(RIVALS)
    )
    parser.add_argument("--markdown", action="store_true", help="print the table as Markdown")
    options = parser.parse_args()
    if not options.zoo.is_file():
        parser.error(f"{options.zoo} is not there; build it, or name it with --zoo")
    options.zoo = options.zoo.resolve()
    if unknown := [name for name in options.rivals if name not in RIVALS]:
        parser.error(f"no such rival: {', '.join(unknown)}")
    if options.rivals and options.device != "cpu":
        parser.error("rivals are measured on the CPU")

    about = {"commit": commit(), "date": datetime.date.today().isoformat()}
    say(f"{machine()}, {options.threads} threads, commit {about['commit']}")
    if os.getloadavg()[0] > 0.5:
        # A core that is busy costs threads that wait for each other, as PyTorch's do, all the more.
        say(f"the machine is busy with something else (load {os.getloadavg()[0]:.1f}): no fair comparison")
    rows = []
    for model in options.models:
        for dataset in options.datasets:
            for batch_size in options.batch_sizes:
                case = {
                    "model": model,
                    "dataset": dataset,
                    "batch_size": batch_size,
                    "threads": options.threads,
                }
                rows += [{**row, **about} for row in measure(case, options)]
                write_csv(options.csv, rows)
    (markdown if options.markdown else text)(rows)
    failed = [row for row in rows if "trouble" in row]
    if failed:
        sys.exit(f"{len(failed)} of {len(rows)} rows have no figures")


if __name__ == "__main__":
    main()
