#!/usr/bin/env python3
"""The weights that come with the zoo are as accurate as they claim to be.

    python tests/published.py target/release/zoo [--backend BACKEND]

Needs Fashion-MNIST. Two images of ten thousand may be on the edge of two classes, and fall on the other
side with another backend.
"""

import argparse
import json
import subprocess
import sys

EDGE = 2


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("zoo", help="the program")
    parser.add_argument("--backend", default="auto")
    options = parser.parse_args()

    def zoo(*arguments):
        command = [options.zoo, *arguments, "--json"]
        return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)

    off = 0
    published = [weights for model in zoo("list") for weights in model["weights"]]
    for weights in published:
        report = zoo("evaluate", weights["id"], "--backend", options.backend)
        right = round(report["accuracy"] * report["images"])
        claimed = round(weights["accuracy"] * report["images"])
        verdict = "ok" if abs(right - claimed) <= EDGE else "NOT AS CLAIMED"
        off += verdict != "ok"
        print(f"{weights['id']}: {right} of {report['images']}, claimed {claimed}: {verdict}")
    if off or not published:
        sys.exit(f"{off} of {len(published)} sets of weights are not as accurate as they claim")


if __name__ == "__main__":
    main()
