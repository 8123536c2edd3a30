#!/usr/bin/env python3
"""Writes the measured figures into the Markdown pages, from the files in docs/ that hold them.

    python3 scripts/tables.py            write the pages anew
    python3 scripts/tables.py --check    write nothing; exit 1 and name each page that is stale

A page marks a place with a pair of comments, around a table or inside a sentence:

    <!-- cnn-train-flex -->2.9<!-- /cnn-train-flex -->

The text between the two belongs to this script. Every name in TEXTS must stand on some page, and every name on a page
must be in TEXTS, so that neither can be left behind. models/README.md is not touched: `zoo publish` writes it.
"""

import argparse
import csv
import re
import sys
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
PLACE = re.compile(r"<!-- ([a-z0-9-]+) -->(.*?)<!-- /\1 -->", re.S)

NAMES = {
    "fashion-mnist": "Fashion-MNIST", "cifar-10": "CIFAR-10's shape", "cifar-10-subset": "CIFAR-10 subset",
    "pytorch": "PyTorch", "pytorch-tf32": "PyTorch, TF32", "libtorch": "LibTorch", "cuda": "CUDA",
    "compile": "torch.compile", "onnxruntime": "ONNX Runtime", "tract": "tract, one thread", "wgpu": "wgpu (Vulkan)",
    "zoo": "this zoo", "torchvision": "torchvision, best number of workers",
    "lecture": "a script like the lecture's, torchvision's data set, best number of workers",
}
CPU_BACKENDS = ("libtorch", "flex", "ndarray")


def rows(name):
    with open(DOCS / name, newline="", encoding="utf-8") as opened:
        return list(csv.DictReader(opened))


def named(word):
    return NAMES.get(word, word)


def rounded(text, digits):
    """Halves go up, as readers of the CSV file expect and Python's binary fractions do not."""
    return f"{Decimal(str(text)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP):,}"


def count(text):
    """A speed or a size in whole numbers: 119,989."""
    return rounded(text, 0)


def table(header, aligned, lines):
    """A Markdown table; `aligned` has one of < and > for each column."""
    rule = ["--:" if side == ">" else "---" for side in aligned]
    cells = ["| " + " | ".join(line) + " |" for line in [header, *lines]]
    cells.insert(1, "|" + "|".join(rule) + "|")
    return "\n" + "\n".join(cells) + "\n"


class Speeds:
    """The figures of one file written by benches/against_pytorch.py."""

    def __init__(self, name):
        self.rows = rows(name)

    def groups(self, batches=None):
        """The sets of rows that were measured in turn, each begun by PyTorch's: (first row, rows by backend)."""
        groups = []
        for row in self.rows:
            if row["backend"] == "pytorch":
                groups.append((row, {}))
            groups[-1][1][row["backend"]] = row
        # The standard table: measurements of ndarray with OpenBLAS alone are a table of their own.
        whole = [group for group in groups if "libtorch" in group[1]]
        return [group for group in whole if batches is None or int(group[0]["batch_size"]) in batches]

    def ratio(self, model, batch_size, backend, figure="train_ratio"):
        for first, group in self.groups():
            if (first["model"], first["dataset"], first["batch_size"]) == (model, "fashion-mnist", str(batch_size)):
                return float(group[backend][figure])
        raise SystemExit(f"error: no measurement of {model} with batches of {batch_size}")

    def ratios(self, models, backends, figure="train_ratio"):
        """The least and the largest of several ratios: "0.61 to 0.67"."""
        found = [self.ratio(model, 1024, backend, figure) for model in models for backend in backends]
        low, high = (rounded(value, 2) for value in (min(found), max(found)))
        return low if low == high else f"{low} to {high}"

    def sorted_groups(self):
        order = {"cnn": 0, "mlp-relu": 1, "mlp-relu-3": 2, "vgg-small": 3, "resnet-20": 4}
        datasets = ("fashion-mnist", "cifar-10")
        return sorted(
            self.groups(),
            key=lambda g: (order[g[0]["model"]], datasets.index(g[0]["dataset"]), int(g[0]["batch_size"])),
        )

    def text(self, memory):
        lines = []
        groups = self.sorted_groups()
        for phase, figure in (("training", "train"), ("inference", "infer")):
            for first, group in groups:
                cells = [cell(group, backend, figure) for backend in CPU_BACKENDS]
                lines.append([*subject(phase, first), count(first[f"{figure}_images_per_second"]), *cells])
        for first, group in groups if memory else []:
            found = [group.get(b) or group.get(b + "-openblas") for b in CPU_BACKENDS]
            cells = [count(row["peak_memory_mb"]) if row else "–" for row in found]
            lines.append([*subject("peak memory, MB", first), count(first["peak_memory_mb"]), *cells])
        header = ["images per second, 2 CPU cores", "batch", "PyTorch", *map(named, CPU_BACKENDS)]
        return table(header, "<>>>>>", lines)


def subject(phase, row):
    return f"{phase}, `{row['model']}`, {named(row['dataset'])}", row["batch_size"]


def cell(group, backend, figure):
    note = ""
    row = group.get(backend)
    if row is None and (row := group.get(backend + "-openblas")):
        note = ", OpenBLAS"
    if row is None or not row[f"{figure}_images_per_second"]:
        return "–"
    return f"{count(row[f'{figure}_images_per_second'])} ({rounded(row[f'{figure}_ratio'], 2)} ×{note})"


def rivals(speeds):
    """Inference by each engine, of the rows in which others than PyTorch were measured in turn."""
    engines = ("pytorch", "onnxruntime", "tract", "libtorch", "flex")
    lines = []
    for first, group in speeds.sorted_groups():
        if "onnxruntime" in group:
            cells = [cell(group, engine, "infer") for engine in engines[1:]]
            lines.append([*subject("inference", first), count(first["infer_images_per_second"]), *cells])
    return table(["images per second, 2 CPU cores", "batch", *map(named, engines)], "<>>>>>>", lines)


def latency():
    """One picture through published weights in a stranger's program, by each algorithm of convolutions."""
    lines = [
        [f"`{row['weights']}`, {row['algorithm']}", rounded(row["median_ms"], 2), rounded(row["p95_ms"], 2)]
        for row in rows("speed-latency.csv")
    ]
    return table(["one picture on flex", "median, ms", "95th percentile, ms"], "<>>", lines)


def compiled(figure):
    """The least and the largest ratio of `torch.compile` to PyTorch's eager mode, in large batches."""
    found = [row for row in rows("speed-compile.csv") if (row["backend"], row["batch_size"]) == ("compile", "256")]
    ratios = [float(row[figure]) for row in found]
    return f"{rounded(min(ratios), 2)} to {rounded(max(ratios), 2)}"


def openblas(speeds):
    """What ndarray's feature `openblas` does to the speed of training, where both were measured."""
    lines = []
    for row in speeds.rows:
        key = [row[name] for name in ("model", "dataset", "batch_size")]
        plain = [
            group["ndarray"]["train_ratio"]
            for first, group in speeds.groups()
            if [first[name] for name in ("model", "dataset", "batch_size")] == key and "ndarray" in group
        ]
        if row["backend"] == "ndarray-openblas" and plain:
            ratios = [f"{rounded(ratio, 2)} ×" for ratio in (*plain, row["train_ratio"])]
            lines.append([*subject("training", row), *ratios])
    return table(["ratio to PyTorch", "batch", "ndarray", "ndarray with OpenBLAS"], "<>>>", lines)


def gpu():
    found = {(row["model"], row["backend"]): row for row in rows("speed-gpu.csv")}
    columns = ("pytorch", "pytorch-tf32", "cuda", "wgpu")
    lines = []
    for phase, figure in (("training", "train"), ("inference", "infer")):
        for model in ("mlp-relu", "cnn"):
            cells = []
            for backend in columns:
                row = found[model, backend]
                speed, ratio = row[f"{figure}_images_per_second"], row[f"{figure}_ratio"]
                text = count(speed) if speed else "–"
                if speed and not backend.startswith("pytorch"):
                    text += f" ({rounded(ratio, 2)} ×)"
                cells.append(text)
            lines.append([f"{phase}, `{model}`", *cells])
    for name, figure in (("cold", "first_step_cold_s"), ("with kernels cached", "first_step_s")):
        for model in ("mlp-relu", "cnn"):
            cells = []
            for backend in columns:
                row = found[model, backend]
                failed = row["trouble"] and figure == "first_step_cold_s"
                cells.append("over 170" if failed else row[figure] or "–")
            lines.append([f"first step of `{model}`, s, {name}", *cells])
    return table(["images per second, batch 1024", *map(named, columns)], "<>>>>", lines)


def accuracy():
    groups = {}
    for row in rows("accuracy.csv"):
        key = row["dataset"], row["model"], row["epochs"]
        groups.setdefault(key, {})[row["implementation"]] = row
    columns = ("flex", "libtorch", "ndarray", "pytorch")
    lines = []
    for (dataset, model, epochs), group in groups.items():
        cells = []
        for name in columns:
            row = group.get(name, {"accuracy_mean": "", "accuracy_sd": ""})
            deviation = f" ± {row['accuracy_sd']}" if row["accuracy_sd"] else ""
            cells.append(f"{row['accuracy_mean']}{deviation} %" if row["accuracy_mean"] else "–")
        seeds = {row["seeds"] for row in group.values()}
        lines.append([named(dataset), f"`{model}`", epochs, "/".join(sorted(seeds)), *cells])
    return table(["data", "model", "epochs", "seeds", *map(named, columns)], "<<>>>>>>", lines)


def spread():
    lines = []
    for row in rows("spread.csv"):
        model = f"`{row['model']}`"
        if row["training_images"] != "60000":
            model += f", {count(row['training_images'])} images"
        epoch = row["epoch"]
        label = f"{model}, {epoch} epochs" if epoch.startswith("all") else f"{model}, epoch {epoch}"
        loss = [row["loss_sd_backends"], row["loss_sd_seeds"]]
        shares = [f"{row[name]} %" for name in ("accuracy_sd_backends", "accuracy_sd_seeds")]
        lines.append([label, *loss, *shares])
    header = [
        "standard deviation on the test set", "loss: between backends", "between seeds",
        "accuracy: between backends", "between seeds",
    ]
    return table(header, "<>>>>", lines)


def epoch():
    lines = []
    for row in rows("speed-epoch.csv"):
        ratio = row["training_pass_over_bare_steps"]
        lines.append([named(row["implementation"]), row["epoch_seconds"], f"{ratio} ×" if ratio else "–"])
    header = ["`mlp-relu` on Fashion-MNIST", "seconds per epoch, with its test pass", "training pass over bare steps"]
    return table(header, "<>>", lines)


def editions():
    lines = []
    for row in rows("speed-editions.csv"):
        speeds = [count(row[f"burn_0_{minor}_images_per_second"]) for minor in (21, 22)]
        lines.append([f"`{row['model']}`, {row['algorithm']}, {row['purpose']}", *speeds, f"{row['ratio']} ×"])
    return table(["images per second, batches of 64", "Burn 0.21", "Burn 0.22", "ratio"], "<>>>", lines)


def loader():
    lines = []
    for row in rows("speed-loader.csv"):
        lines.append([named(row["implementation"]), count(row["images_per_second"]), row["peak_memory_mb"]])
    return table(["loader", "images per second", "peak memory, MB"], "<>>", lines)


def printed(name, wanted, keep):
    """Of a table that the program printed, the columns `wanted`, as a code block with the lines that `keep` chooses.

    It chooses among the table's lines and the sentences that follow the table.
    """
    lines = (DOCS / name).read_text(encoding="utf-8").splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith("model "))
    after = next((number for number in range(first, len(lines)) if not lines[number]), len(lines))
    body = lines[first:after]
    width = max(map(len, body))
    body = [line.ljust(width) for line in body]
    blank = [all(line[place] == " " for line in body) for place in range(width)] + [True, True]
    columns, start, place = [], 0, 0
    while place < width:
        if blank[place] and blank[place + 1]:
            columns.append((start, place))
            while place < width and blank[place]:
                place += 1
            start = place
        else:
            place += 1
    columns.append((start, width))
    # A column without a title belongs to the one before it.
    chosen, titles, title = [], set(), ""
    for left, right in columns:
        title = body[0][left:right].strip() or title
        if title in wanted:
            chosen.append((left, right))
            titles.add(title)
    if missing := set(wanted) - titles:
        raise SystemExit(f"error: docs/{name} has no column {', '.join(sorted(missing))}")
    body = [*body[:2], *filter(keep, body[2:])]
    # Of each column what is blank in all the lines that are kept is left out.
    cut = []
    for start, end in chosen:
        cells = [line[start:end] for line in body]
        left = min(len(cell) - len(cell.lstrip()) for cell in cells if cell.strip())
        cut.append((start + left, start + max(len(cell.rstrip()) for cell in cells)))
    excerpt = ["  ".join(line[start:end] for start, end in cut).rstrip() for line in body]
    if sentences := list(filter(keep, lines[after:])):
        excerpt += ["", *sentences]
    return "\n```text\n" + "\n".join(excerpt) + "\n```\n"


def weights(name):
    """Accuracy and size of published weights, from the table that `zoo publish` has written."""
    for line in (ROOT / "models/README.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if line.startswith(f"| [`{name}`]"):
            return cells[5].strip("*"), cells[8]
    raise SystemExit(f"error: models/README.md has no weights {name}")


def texts():
    epyc, xeon = Speeds("speed.csv"), Speeds("speed-avx512.csv")
    mlps = ("mlp-relu", "mlp-relu-3")
    gpu_rows = {(row["model"], row["backend"]): row for row in rows("speed-gpu.csv")}
    loaders = {row["implementation"]: row for row in rows("speed-loader.csv")}
    epochs = [float(row["training_pass_over_bare_steps"] or 0) for row in rows("speed-epoch.csv")]
    epochs = [ratio for ratio in epochs if ratio]
    result = {
        "speed": epyc.text(memory=True),
        "speed-avx512": xeon.text(memory=True),
        "speed-rivals": rivals(xeon),
        "speed-latency": latency(),
        "compile-train": compiled("train_ratio"),
        "compile-infer": compiled("infer_ratio"),
        "speed-gpu": gpu(),
        "speed-openblas": openblas(epyc),
        "speed-epoch": epoch(),
        "speed-loader": loader(),
        "speed-editions": editions(),
        "accuracy": accuracy(),
        "spread": spread(),
        "printed-compare": printed(
            "backends/compare.txt",
            ("model", "backend", "first step", "training", "inference", "memory", "test accuracy", "parity", "to 60 %"),
            lambda line: re.match("cnn  |cnn on wgpu: (parity|speed)", line),
        ),
        "printed-parity": printed(
            "parity.txt",
            ("model", "backend", "logits", "loss", "gradient", "3 steps", "answers"),
            lambda line: line.startswith("cnn "),
        ),
        "xeon-mlps-ndarray": xeon.ratios(mlps, ["ndarray"]),
        "xeon-cnn-ndarray": rounded(xeon.ratio('cnn', 256, 'ndarray'), 2),
        "mlps-ndarray": epyc.ratios(mlps, ["ndarray"]),
        "mlps-others": epyc.ratios(mlps, ["flex", "libtorch"]),
        "xeon-mlps-others": xeon.ratios(mlps, ["flex", "libtorch"]),
        "vgg-libtorch": rounded(epyc.ratio('vgg-small', 128, 'libtorch'), 2),
        "vgg-flex": rounded(epyc.ratio('vgg-small', 128, 'flex'), 2),
        "resnet-libtorch": rounded(epyc.ratio('resnet-20', 128, 'libtorch'), 2),
        "resnet-flex": rounded(epyc.ratio('resnet-20', 128, 'flex'), 2),
        "gpu-cold-cuda": rounded(gpu_rows['mlp-relu', 'cuda']['first_step_cold_s'], 0),
        "gpu-kept-cuda": gpu_rows["mlp-relu", "cuda"]["first_step_s"],
        "gpu-cold-wgpu": rounded(gpu_rows['mlp-relu', 'wgpu']['first_step_cold_s'], 0),
        "resnet-20-accuracy": weights("resnet-20.fashion-mnist")[0],
        "resnet-20-size": weights("resnet-20.fashion-mnist")[1],
        "cnn-accuracy": weights("cnn.fashion-mnist")[0],
        "epoch-over-steps": f"{rounded(min(epochs), 1)} to {rounded(max(epochs), 1)}",
        "loader-ratio": rounded(int(loaders["zoo"]["images_per_second"]) / int(loaders["torchvision"]["images_per_second"]), 2),
    }
    for backend in ("libtorch", "flex"):
        result[f"cnn-{backend}"] = rounded(epyc.ratio("cnn", 1024, backend), 1)
        result[f"cnn-{backend}-avx512"] = rounded(xeon.ratio("cnn", 256, backend), 2)
        result[f"cnn-one-{backend}"] = rounded(xeon.ratio("cnn", 1, backend, "infer_ratio"), 2)
    return result


def pages():
    return [*sorted(ROOT.glob("*.md")), *sorted(DOCS.rglob("*.md"))]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 where a page is stale")
    check = parser.parse_args().check
    known = texts()
    used, wrong = set(), []

    def fill(match):
        name = match[1]
        if name not in known:
            wrong.append(f"{page.relative_to(ROOT)}: this script has no text named {name}")
            return match[0]
        used.add(name)
        if "\n" not in known[name] and match.string[: match.start()].rpartition("\n")[2].strip() == "":
            # Markdown would end the paragraph there.
            wrong.append(f"{page.relative_to(ROOT)}: the place for {name} may not begin a line")
        return f"<!-- {name} -->{known[name]}<!-- /{name} -->"

    for page in pages():
        old = page.read_text(encoding="utf-8")
        new = PLACE.sub(fill, old)
        if new == old:
            continue
        if check:
            wrong.append(f"{page.relative_to(ROOT)} is stale: run python3 scripts/tables.py")
        else:
            page.write_text(new, encoding="utf-8")
            print(f"wrote {page.relative_to(ROOT)}")
    wrong += [f"no page has a place for {name}" for name in known if name not in used]
    if wrong:
        sys.exit("\n".join(f"error: {line}" for line in wrong))


if __name__ == "__main__":
    main()
