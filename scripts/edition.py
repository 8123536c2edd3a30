#!/usr/bin/env python3
"""Writes the editions of the models' crate for newer versions of Burn, from models/ by rules of text.

    python3 scripts/edition.py            write editions/burn-0.22 anew
    python3 scripts/edition.py --check    write nothing; exit 1 and name each file that is stale
    python3 scripts/edition.py --burn 0.23.0-pre.1 --out FOLDER    try another version of Burn

Burn 0.22 takes the parameter `B: Backend` out of its types, a device that is chosen at run time takes its place, and
training is a property of that device. The rules below say so; what they cannot say is cured in models/, and nothing in
editions/ is edited by hand (docs/design/editions.md). rustfmt then lays the files out.
"""

import argparse
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODELS = ROOT / "models"
# The version of Burn that editions/ is for, and the oldest Rust that it takes.
BURN, RUST = "0.22.1", "1.95"

# Files that are not of an edition: the crates that models/ brings along are Burn 0.21's, and the interface is held there.
LEFT_OUT = {"api.txt", "tests/dependencies.rs"}

# Regular expressions and their replacements, in order.
RULES = [
    # Imports; that of `Device` is added where it is used.
    (r"(?m)^ *(?://[!/] (?:# )?)?use (?:burn_flex|burn_autodiff)::[^;]+;\n", ""),
    (r"(?m)^use burn(?:_core)?::tensor::backend::(?:\w+|\{AutodiffBackend, Backend\});\n", ""),
    (r",\s*(?:tensor::)?backend::(?:Backend|\{AutodiffBackend, Backend\})", ""),
    (r"<Train as AutodiffBackend>::Gradients", "burn_core::tensor::Gradients"),
    (r"\bAutodiffModule, |, AutodiffModule\b", ""),
    (r"\bPaddedConvOptions\b", "ConvOptions"),
    (r", Optimizer\};", "};"),
    (r"(?m)^type Train = Autodiff<Flex>;\n", ""),
    (r"::<Autodiff<Flex>>\((\d+), &Default::default\(\)\)", r"(\1, &Device::default().autodiff())"),
    # Parameters: their declarations, then their uses.
    (r"\bB::ad_enabled\(&([\w.]+)\.device\(\)\)", r"\1.is_autodiff()"),
    (r"<B: (?:Autodiff)?Backend>", ""),
    (r"<B: (?:Autodiff)?Backend, ", "<"),
    (r"(?:::)?<(?:B|Train|Flex)>", ""),
    (r"<(?:B|Train|Flex), ", "<"),
    (r"(<'\w+), B(?:: Backend)?([,>])", r"\1\2"),
    # Devices, of which one with autodiff trains.
    (r"\bB::Device\b", "Device"),
    (r"`B::seed`", "`Device::seed`"),
    (r"fn training\(\) -> FlexDevice \{\s*FlexDevice\s*\}", "fn training() -> Device { Device::flex().autodiff() }"),
    (r"&FlexDevice\b", "&Device::flex()"),
    (r"\bTrain::seed\(&training\(\), seed\)", "training().seed(seed)"),
    # Numbers are read in a type that is named, a tensor's shape by a function, and paddings are pairs.
    (r"\.argmax\(1\)\.into_scalar\(\) as usize", ".argmax(1).into_scalar::<i64>() as usize"),
    (r"\.into_scalar\(\)", ".into_scalar::<f32>()"),
    (r"\b(found|data|new\[\"[\w.]+\"\])\.shape\b", r"\1.shape()"),
    (r"ConvOptions::asymmetric\(", "ConvOptions::new_with_padding("),
    (r"\[top, left\],\s*\[bottom, right\],", "[(top, bottom), (left, right)],"),
    # A type that is a module by hand: there are no records, and training is a state of the module.
    (r"\n    type Record = [^\n]*\n", ""),
    (r"\n    fn load_record\(self, record: Self::Record\)(?s:.*?)\n    \}\n", ""),
    (r"\n    fn into_record\(self\) -> Self::Record (?s:.*?)\n    \}\n", ""),
    (r"\}\n\nimpl AutodiffModule for Running \{\n    type InnerModule = [^\n]*\n", ""),
    (r"-> Self::InnerModule\b", "-> Self"),
    (
        r"fn from_inner\(module: Self::InnerModule\) -> Self \{\n *Self::with_id\(module\.id, Tensor::from_inner\(module\.value\(\)\)\)",
        "fn materialize(self) -> Self {\n        self\n    }\n\n"
        "    fn train(self) -> Self {\n        Self::with_id(self.id, Tensor::from_inner(self.value()))",
    ),
    # Burn 0.22's `train()` knows what is learned, of weights loaded without autodiff too.
    (r"are_frozen_by_burns_train_until_they_are_thawed", "are_learned_once_it_trains"),
    (r"    // Where this fails,[^\n]*\n    assert!\(learned\(&network\)\.is_empty\(\)\);\n", ""),
    (r" Load weights on the backend that trains: Burn 0\.21 takes(?s:.*?)thaws\n//! them\.", ""),
    # Words.
    (r"for Burn 0\.21\b(?!, and)", "for Burn 0.22"),
    (r"examples/downstream`", "examples/downstream-0.22`"),
    (r"generic over (?:the backend|Burn's `Backend`)", "for any device"),
]


def ported(text):
    """Rust source, or Markdown, for the newer Burn."""
    for pattern, replacement in RULES:
        text = re.sub(pattern, replacement, text)
    return with_device(text)


IMPORT = "use burn_core::tensor::Device;"


def uses_device(lines):
    return any(re.search(r"\bDevice\b", line) for line in lines)


def with_device(text):
    """The same with an import of `Device` in the file, its tests and its examples, each where it is used."""
    lines, example = [], None
    for line in text.split("\n"):
        fence = re.match(r"( *//[/!] )```", line)
        if example is None:
            lines.append(line)
            example = [] if fence else None
        elif fence:
            lines += [f"{fence[1]}# {IMPORT}"] * uses_device(example) + example + [line]
            example = None
        else:
            example.append(line)
    code = [line for line in lines if not line.lstrip().startswith("//")]
    tests = "mod tests {"
    of_tests = code[code.index(tests):] if tests in code else []
    if uses_device(code[:len(code) - len(of_tests)]):
        here = IMPORT.replace("burn_core", "burn") if any(line.startswith("use burn::") for line in code) else IMPORT
        lines.insert(next(n for n, line in enumerate(lines) if line.startswith("use ")), here)
    elif uses_device(of_tests):
        lines.insert(lines.index(tests) + 1, f"    {IMPORT}")
    return "\n".join(lines)


def formatted(source):
    """As rustfmt leaves it."""
    command = ["rustfmt", "--edition", "2024", "--emit", "stdout", "--quiet"]
    done = subprocess.run(command, input=source, stdout=subprocess.PIPE, text=True)
    return done.stdout if done.returncode == 0 else source


def dependency(burn, name, more):
    """The line of a dependency that models/ has from the workspace."""
    own = tomllib.loads((ROOT / "Cargo.toml").read_text(encoding="utf-8"))["workspace"]["dependencies"][name]
    own = {"version": own} if isinstance(own, str) else own
    if name.startswith("burn-zoo-weights-"):
        own["path"] = f"../../{own['path']}"
    elif name.startswith("burn-"):
        # Cargo takes later 0.22s too.
        own["version"] = burn
    if len(own) == 1 and not more:
        return f"{name} = {json.dumps(own['version'])}"
    values = [f"{key} = {json.dumps(value)}" for key, value in own.items()]
    return f"{name} = {{ {', '.join(values + more)} }}"


def manifest(text, burn):
    """The edition's Cargo.toml."""
    workspace = tomllib.loads((ROOT / "Cargo.toml").read_text(encoding="utf-8"))["workspace"]["package"]
    line = burn.rpartition(".")[0] if "-" not in burn else burn
    name = burn.split(".")[:2]
    text = text.replace('version = "0.21.', f'version = "{".".join(name)}.')
    text = text.replace("edition.workspace = true", f'edition = "{workspace["edition"]}"')
    text = text.replace("rust-version.workspace = true", f'rust-version = "{RUST}"')
    text = text.replace("license.workspace = true", f'license = "{workspace["license"]}"')
    lines = []
    for line in text.split("\n"):
        if found := re.fullmatch(r"([\w-]+)\.workspace = true", line):
            line = dependency(burn, found[1], [])
        elif found := re.fullmatch(r"([\w-]+) = \{ workspace = true, (.*) \}", line):
            line = dependency(burn, found[1], [found[2]])
        lines.append(line)
    text = "\n".join(lines)
    # Backends and autodiff are features of Burn's core.
    text = re.sub(r"\nburn-autodiff = [^\n]*\nburn-flex = [^\n]*", f'\nburn-core = {{ version = "{burn}", default-features = false, features = {CORE} }}', text)
    text = re.sub(r"(\nburn-optim = [^\n]*)", lambda found: found[1] + AS_STRANGERS, text)
    for pattern, replacement in RULES:
        text = re.sub(pattern, replacement, text)
    return text + OWN


# Not used by the tests, but their features have to be on where the stranger's project has them on, so that both find Burn
# compiled.
AS_STRANGERS = """
# Not used here: see scripts/edition.py.
miniz_oxide = { version = "0.9", features = ["simd"] }
simd-adler32 = "0.3"
num-traits = "0.2\""""
# What the tests need of Burn's core.
CORE = '["autodiff", "flex", "rayon", "simd"]'
# The tests compute with small models: it is Burn's products that are worth the time to be optimised.
OWN = """
# Outside of the zoo's workspace, whose Burn is another.
[workspace]

# Only what computes is optimised, and little: this is for tests.
[profile.dev]
debug = false
[profile.dev.package.burn-flex]
opt-level = 1
[profile.dev.package.gemm-common]
opt-level = 1
[profile.dev.package.gemm-f32]
opt-level = 1
[profile.dev.package.burn-zoo-models]
opt-level = 1
[profile.dev.package.rand_chacha]
opt-level = 1
[profile.dev.package.ppv-lite86]
opt-level = 1
[profile.dev.package.sha2]
opt-level = 3
"""


def edition(burn):
    """The files of the edition for a version of Burn, by their names in its folder."""
    made = {}
    for path in sorted(MODELS.rglob("*")):
        name = path.relative_to(MODELS).as_posix()
        if not path.is_file() or name.startswith("weights/") or name in LEFT_OUT:
            continue
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".rs":
            text = formatted(HEADER + ported(text))
        elif name == "Cargo.toml":
            text = f"# {MADE}\n{manifest(text, burn)}"
        elif path.suffix == ".md":
            text = ported(text)
        made[name] = text
    return made


MADE = "Made by scripts/edition.py from models/: not to be edited."
HEADER = f"// {MADE}\n\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--burn", default=BURN)
    parser.add_argument("--out", type=Path, default=ROOT / "editions" / f"burn-{BURN.rpartition('.')[0]}")
    args = parser.parse_args()
    made = edition(args.burn)
    found = {path.relative_to(args.out).as_posix(): path for path in args.out.rglob("*")
             if path.is_file() and path.relative_to(args.out).parts[0] != "target"}
    found.pop("Cargo.lock", None)
    stale = sorted(name for name in made.keys() | found.keys()
                   if name not in found or made.get(name) != found[name].read_text(encoding="utf-8"))
    if args.check:
        for name in stale:
            shown = args.out / name
            shown = shown.relative_to(ROOT) if shown.is_relative_to(ROOT) else shown
            print(f"{shown} is stale: run scripts/edition.py and commit the result")
        sys.exit(1 if stale else 0)
    for name in stale:
        if name in made:
            path = args.out / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(made[name], encoding="utf-8")
        else:
            found[name].unlink()


if __name__ == "__main__":
    main()
