"""The table of test accuracies: the zoo's backends beside PyTorch, mean ± standard deviation over seeds.

    python scripts/compare.py RUN_FOLDER... --pytorch CSV

Run folders are the zoo's, of any models, data sets, backends and seeds; the CSV is what
scripts/pytorch_reference.py --out writes. Only runs of the same number of epochs are put in one row.
"""
import argparse
import collections
import csv
import json
import pathlib
import statistics


def last_test_accuracy(rows):
    test = [row for row in rows if row["split"] == "test"]
    last = max(test, key=lambda row: int(row["epoch"]))
    return int(last["epoch"]), 100 * float(last["accuracy"])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", nargs="+", type=pathlib.Path)
    parser.add_argument("--pytorch", type=pathlib.Path)
    arguments = parser.parse_args()

    # accuracy[dataset, model, epochs][implementation][seed]
    accuracy = collections.defaultdict(lambda: collections.defaultdict(dict))
    implementations = []

    def add(dataset, model, implementation, seed, rows):
        epochs, value = last_test_accuracy(rows)
        accuracy[dataset, model, epochs][implementation][seed] = value
        if implementation not in implementations:
            implementations.append(implementation)

    for run in arguments.runs:
        config = json.loads((run / "config.json").read_text())
        with open(run / "metrics.csv") as file:
            rows = list(csv.DictReader(file))
        data = f"{config['dataset']['id']}, {config['dataset']['num_train']:,} images"
        add(data, config["model"], config["backend"], config["seed"], rows)
    images = {data.split(",")[0]: data for data, _, _ in accuracy}
    if arguments.pytorch:
        runs = collections.defaultdict(list)
        with open(arguments.pytorch) as file:
            for row in csv.DictReader(file):
                runs[row["dataset"], row["model"], row["seed"]].append(row)
        for (dataset, model, seed), rows in sorted(runs.items()):
            add(images.get(dataset, dataset), model, "PyTorch", int(seed), rows)

    print("| data | model | epochs | seeds |" + "".join(f" {name} |" for name in implementations))
    print("|---|---|--:|--:|" + "--:|" * len(implementations))
    for (data, model, epochs), found in accuracy.items():
        seeds = {len(values) for values in found.values()}
        cells = []
        for name in implementations:
            values = list(found[name].values())
            if not values:
                cells.append("")
            elif len(values) == 1:
                cells.append(f"{values[0]:.2f} %")
            else:
                cells.append(f"{statistics.mean(values):.2f} ± {statistics.stdev(values):.2f} %")
        number = "/".join(str(count) for count in sorted(seeds))
        print(f"| {data} | {model} | {epochs} | {number} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
