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
import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODELS = ROOT / "models"
# The version of Burn that editions/ is for, and the oldest Rust that it takes.
BURN, RUST = "0.22.1", "1.95"

# Files that are not of an edition: the crates that models/ brings along are Burn 0.21's.
LEFT_OUT = {"tests/dependencies.rs"}

# In order. Each is a regular expression and its replacement.
RULES = [
    # Parameters: their declarations, then their uses.
    (r"<B: (?:Autodiff)?Backend>", ""),
    (r"<B: (?:Autodiff)?Backend, ", "<"),
    (r"(?:::)?<(?:B|Train|Flex|Autodiff<Flex>)>", ""),
    (r"<(?:B|Train|Flex|Autodiff<Flex>), ", "<"),
    (r"(<'\w+), B([,>])", r"\1\2"),
    (r"<B as Backend>", "Device"),
    (r"\bB::Device\b", "Device"),
    # Devices, of which one with autodiff trains.
    (r"fn training\(\) -> FlexDevice \{\s*FlexDevice\s*\}", "fn training() -> Device {\n    Device::flex().autodiff()\n}"),
    (r"&FlexDevice\b", "&Device::flex()"),
    (r"\bTrain::seed\(&training\(\), seed\)", "training().seed(seed)"),
    (r"<Train as AutodiffBackend>::Gradients", "Gradients"),
    (r"`B::seed`", "`Device::seed`"),
    (r"\n *type Train = Autodiff<Flex>;\n", "\n"),
    # Numbers are read in a type that is named, and a tensor's shape by a function.
    (r"\.argmax\(1\)\.into_scalar\(\) as usize", ".argmax(1).into_scalar::<i64>() as usize"),
    (r"\.into_scalar\(\)", ".into_scalar::<f32>()"),
    (r"\b(found|data|new\[\"[\w.]+\"\])\.shape\b", r"\1.shape()"),
    # A type of one's own that is a module: records are gone, and training is a state of the module.
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
    # Words.
    (r"for Burn 0\.21\b", "for Burn 0.22"),
    (r"generic over the backend", "for the device that is given"),
    (r"generic over Burn's `Backend`", "for the device that is given"),
]

# The same for the paths of imports, of which rustfmt puts the rest in order.
IMPORTS = [
    (r"\bbackend::\{AutodiffBackend, Backend\}", "Device, Gradients"),
    (r"\bbackend::AutodiffBackend\b", "Gradients"),
    (r"\bbackend::\{\s*AutodiffBackend,\s*Backend,?\s*\}", "Device"),
    (r"\bbackend::Backend\b", "Device"),
    (r"\bAutodiffModule, ", ""),
    (r", AutodiffModule\b", ""),
]


def ported(text):
    """Rust source for the newer Burn."""
    text = "\n".join(line for line in imports(text.split("\n")))
    for pattern, replacement in RULES:
        text = re.sub(pattern, replacement, text)
    return without_unused_imports(text)
