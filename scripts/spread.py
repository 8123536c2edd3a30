"""How far training curves lie apart: between backends for one seed, and between seeds on one backend.

    python scripts/spread.py RUN_FOLDER...

Run folders are the zoo's, of the same model, data and recipe, on several backends with the same several
seeds each. For each epoch, of the test set's loss and accuracy: the standard deviation over the backends,
averaged over the seeds (root of the mean square), beside that over the seeds, averaged over the backends.
The last row has the same over all epochs: how far apart the curves are as a whole. Fails if there the
backends are further apart than the seeds, and names the epochs in which they are.
"""
import argparse
import collections
import csv
import json
import pathlib
import statistics
import sys


def read(folders):
    """{figure: {epoch: {(backend, seed): value}}} and what the runs have in common."""
    figures = {name: collections.defaultdict(dict) for name in ("loss", "accuracy")}
    recipes = set()
    for folder in folders:
        config = json.loads((folder / "config.json").read_text())
        dataset = config["dataset"]
        recipes.add(
            f"{config['model']} on {dataset['id']}, {dataset['num_train']:,} images, batch"
            f" {config['batch_size']}, lr {config['adam']['learning_rate']:g}"
        )
        run = config["backend"], config["seed"]
        with open(folder / "metrics.csv") as file:
            for row in csv.DictReader(file):
                if row["split"] == "test":
                    for name, epochs in figures.items():
                        epochs[int(row["epoch"])][run] = float(row[name])
    if len(recipes) != 1:
        sys.exit("the runs are of several recipes: " + "; ".join(sorted(recipes)))
    return figures, recipes.pop()


def spread(values, by):
    """The standard deviation within groups of equal `by` (0: backend, 1: seed), over all groups."""
    groups = collections.defaultdict(list)
    for run, value in values.items():
        groups[run[by]].append(value)
    return statistics.mean(statistics.variance(group) for group in groups.values()) ** 0.5


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", nargs="+", type=pathlib.Path)
    figures, recipe = read(parser.parse_args().runs)
    runs = list(figures["loss"][1])
    backends, seeds = (sorted({run[part] for run in runs}) for part in (0, 1))
    if len(runs) != len(backends) * len(seeds) or min(len(backends), len(seeds)) < 2:
        sys.exit("there must be at least two backends, and each must have the same two seeds or more")

    print(f"{recipe}; {', '.join(backends)}; seeds {', '.join(map(str, seeds))}\n")
    print("| epoch | test loss | between backends | between seeds | test accuracy | between backends | between seeds |")
    print("|--:|--:|--:|--:|--:|--:|--:|")
    spreads = []
    wider = []
    for epoch in sorted(figures["loss"]):
        loss, accuracy = figures["loss"][epoch], figures["accuracy"][epoch]
        pairs = [(spread(values, 1), spread(values, 0)) for values in (loss, accuracy)]
        spreads.append(pairs)
        for name, (between_backends, between_seeds) in zip(figures, pairs):
            if between_backends >= between_seeds:
                wider.append(f"{name} of epoch {epoch}")
        print(
            f"| {epoch} | {statistics.mean(loss.values()):.4f} | {pairs[0][0]:.5f} | {pairs[0][1]:.5f}"
            f" | {100 * statistics.mean(accuracy.values()):.2f} %"
            f" | {100 * pairs[1][0]:.3f} % | {100 * pairs[1][1]:.3f} % |"
        )
    loss, accuracy = (
        [statistics.mean(pairs[figure][of] ** 2 for pairs in spreads) ** 0.5 for of in (0, 1)]
        for figure in (0, 1)
    )
    print(
        f"| all | | {loss[0]:.5f} | {loss[1]:.5f} | | {100 * accuracy[0]:.3f} % | {100 * accuracy[1]:.3f} % |\n"
    )
    if loss[0] >= loss[1] or accuracy[0] >= accuracy[1]:
        sys.exit("between backends the curves are as far apart as between seeds")
    print(f"closer between backends than between seeds, except: {', '.join(wider) or 'never'}")


if __name__ == "__main__":
    main()
