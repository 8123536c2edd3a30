#!/usr/bin/env python3
"""What the zoo exports for Burn is read by Burn 0.22 and computes what the zoo's models compute there.

ZOO is the built program. `zoo export` writes the Rust source and the weights of every model: the published ones, or else
of a training of one epoch on synthetic images. The source must be that which examples/downstream-0.22 is compiled with,
and that project's program `exported` compares the logits of each struct, with the weights beside its source, with those
of the edition's models, with the Burnpack file and with published weights of its own. Without the network; Burn is
compiled where CARGO_TARGET_DIR says.

    python tests/exported.py target/release/zoo
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent / "examples" / "downstream-0.22"


def zoo(program, *words):
    done = subprocess.run([program, *map(str, words)], stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f"zoo {' '.join(map(str, words))}: failed")
    return done.stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("zoo", type=lambda path: str(Path(path).resolve()))
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        for listed in json.loads(zoo(args.zoo, "list", "--json")):
            model = listed["id"]
            source = f"{model}.fashion-mnist"
            is_published = source in [weights["id"] for weights in listed["weights"]]
            if not is_published:
                source = folder / f"run-{model}"
                zoo(args.zoo, "train", model, "--dataset", "synthetic", "--limit", 64, "--batch-size", 32, "--epochs", 1,
                    "--backend", "flex", "--out", source)
            text = folder / f"{model.replace('-', '_')}.rs"
            zoo(args.zoo, "export", source, "--format", "rust", "--out", text)
            compiled = PROJECT / "src" / "exported" / text.name
            if is_published and text.read_text() != compiled.read_text():
                sys.exit(f"{compiled} is not what `zoo export {source} --format rust` writes")
            text.with_suffix(".bpk").rename(folder / f"{model}.rust.bpk")
            zoo(args.zoo, "export", source, "--format", "burnpack", "--out", folder / f"{model}.bpk")
        command = ["cargo", "run", "--locked", "--bin", "exported", "--", folder]
        sys.exit(subprocess.run(command, cwd=PROJECT).returncode)


if __name__ == "__main__":
    main()
