#!/usr/bin/env python3
"""Writes the public interface of the models' crate, as text that a review sees change.

    python3 scripts/api.py            write models/api.txt anew
    python3 scripts/api.py --check    write nothing; exit 1 and print the lines that came or went

Each line is a public item of models/src with its types: what a program may name or call. A line that goes or changes
breaks programs, and so takes a new version of the crate with it; one that comes does not. The text is taken from the
source as rustfmt leaves it, so it needs no compiler; what a derive or Burn adds is not in it.
"""

import argparse
import difflib
import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE, FILE = ROOT / "models/src", ROOT / "models/api.txt"
ITEM = re.compile(r"( *)pub (?:const |unsafe )*(?:fn|struct|enum|trait|type|const|static|mod|use) ")
FIELD = re.compile(r" +pub \w+: ")
HEAD = re.compile(r"(?:impl|pub (?:trait|enum|struct|mod))\b.*\{$")


def items(text):
    """The public items of a file, each after the block that it is in."""
    lines = text.split("\nmod tests {", 1)[0].split("\n")
    number, block = 0, ""
    while number < len(lines):
        line = lines[number]
        number += 1
        if line.lstrip().startswith("#"):
            while not line.endswith("]"):
                line = lines[number]
                number += 1
            continue
        if line.lstrip().startswith("//"):
            continue
        if line == "}":
            block = ""
        indent = len(line) - len(line.lstrip())
        in_trait, in_enum = block.startswith("pub trait"), block.startswith("pub enum")
        implements = block.startswith("impl") and " for " in block
        own = re.match(r" {4}(?:fn|type|const) ", line) if in_trait else re.match(r" {4,8}\w", line) if in_enum else None
        if not (ITEM.match(line) or FIELD.match(line) or own or re.match(r"impl\b", line)):
            continue
        # To the end of the declaration: a body, a value or the next field.
        whole = line.strip()
        while not re.search(r"[{;,]$|\{ .* \}$", whole) or whole.count("(") > whole.count(")"):
            whole += " " + lines[number].strip()
            number += 1
        end = re.sub(r" (?:where .*)?\{$| = .*;$|[{;,]$", lambda cut: cut[0] if cut[0].startswith(" where") else "", whole)
        end = end.removesuffix("{").rstrip()
        if line.startswith("impl") or (indent == 0 and HEAD.match(whole)):
            block = end
        if line.startswith("impl"):
            if " for " in whole:
                yield end
            continue
        if not implements:
            yield f"{block} :: {end}" if indent and block else end


def interface():
    manifest = tomllib.loads((ROOT / "models/Cargo.toml").read_text(encoding="utf-8"))
    lines = [f"feature {name}" for name in sorted(manifest["features"])]
    for path in sorted(SOURCE.rglob("*.rs")):
        # The published weights have a page of their own, models/README.md.
        if path.name == "list.rs":
            continue
        name = path.relative_to(SOURCE).with_suffix("").as_posix()
        lines += [f"{name}: {item}" for item in items(path.read_text(encoding="utf-8"))]
    return "".join(f"{line}\n" for line in lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    args = parser.parse_args()
    made = interface()
    if not args.check:
        FILE.write_text(made, encoding="utf-8")
        return
    kept = FILE.read_text(encoding="utf-8")
    changed = [line for line in difflib.ndiff(kept.splitlines(), made.splitlines()) if line[0] in "+-"]
    if changed:
        print(*changed, sep="\n")
        sys.exit("the interface of the models' crate is not that of models/api.txt: run scripts/api.py, and where a line went "
                 "or changed give the crate a new version")


if __name__ == "__main__":
    main()
