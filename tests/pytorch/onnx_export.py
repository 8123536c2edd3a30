#!/usr/bin/env python3
"""The zoo's models as ONNX: checked by ONNX's own checker, computed by ONNX Runtime.

ZOO is the built program. `zoo import` makes a run of weights that PyTorch saved, `zoo export --format
onnx` writes the model, and ONNX Runtime computes its logits for pixels prepared as the file's metadata
say; they are compared with PyTorch's and with those of `zoo evaluate`. Then a file with one changed
value must be noticed. Prints a line for each model and ends at the first that fails. Needs PyTorch 2.9,
NumPy, safetensors, onnx and onnxruntime; works in a temporary folder, without the network.

    python tests/pytorch/onnx_export.py target/release/zoo
    python tests/pytorch/onnx_export.py target/release/zoo --only cnn-strided
"""

import argparse
import csv
import json
import sys
import tempfile
from fractions import Fraction
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import numpy_helper

from exchange import CASES, Case, Data, Failure, pixels, require, save
from models import CLASSES, MODELS, SHAPES

BATCH_SIZES = (1, 5, 32)  # The same file takes them all.
TOLERANCE = 1e-5  # of the largest logit


def check_file(case, model):
    """ONNX's checker has nothing against it, shapes included, and it takes and gives what it should."""
    try:
        onnx.checker.check_model(model, full_check=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        raise Failure(f"ONNX's checker refuses the file: {error}") from None
    for values, name, shape in (
        (model.graph.input, "images", ["batch", *case.shape]),
        (model.graph.output, "logits", ["batch", CLASSES]),
    ):
        require([value.name for value in values] == [name], f"the file has no {name}")
        dims = values[0].type.tensor_type.shape.dim
        found = [dim.dim_param or dim.dim_value for dim in dims]
        require(found == shape, f"{name} is {found} instead of {shape}")


def prepared(model, images):
    """Pixels, made the model's input as the file's metadata say."""
    says = {entry.key: entry.value for entry in model.metadata_props}
    for key in ("scale", "mean", "std", "classes"):
        require(key in says, f"the file's metadata have no {key}")
    scaled = images.double() * float(Fraction(says["scale"]))
    return ((scaled - float(says["mean"])) / float(says["std"])).float().numpy()


def computed(model, images, batch_size):
    """ONNX Runtime's logits, a batch at a time."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    batches = np.split(images, range(batch_size, len(images), batch_size))
    return np.concatenate([session.run(["logits"], {"images": batch})[0] for batch in batches])


def evaluated(case, run):
    """The classes and logits of `zoo evaluate`."""
    file = case.path(".csv")
    words = ["evaluate", run, "--data-dir", case.data.folder, "--backend", "flex"]
    case.zoo(*words, "--predictions", file)
    with open(file, newline="") as opened:
        header, *rows = csv.reader(opened)
    return header[3:], np.array([[float(logit) for logit in row[3:]] for row in rows])


def apart(found, expected):
    """The largest difference, relative to the largest of the expected logits."""
    require(found.shape == expected.shape, f"the logits are {found.shape}, not {expected.shape}")
    return float(np.abs(found - expected).max() / np.abs(expected).max())


def defects(model, largest):
    """The model with one value changed: what is changed, and the model."""
    first, last = (
        [tensor for tensor in model.graph.initializer if tensor.name.endswith(kind)][place]
        for kind, place in ((".weight", 0), (".bias", -1))
    )
    values = numpy_helper.to_array(first).copy()
    place = np.unravel_index(np.abs(values).argmax(), values.shape)
    values[place] *= -1
    yield f"the sign of one of {first.name}'s {values.size:,}", changed(model, first.name, values)
    values = numpy_helper.to_array(last).copy()
    values[0] += 1e-4 * largest
    yield f"{last.name}[0] by 1e-4 of the largest logit", changed(model, last.name, values)


def changed(model, name, values):
    other = onnx.ModelProto()
    other.CopyFrom(model)
    for tensor in other.graph.initializer:
        if tensor.name == name:
            tensor.CopyFrom(numpy_helper.from_array(values, name))
    return other


def run_checks(case):
    run = case.imported(save(case.model().state_dict(), case.path(".pt")), "the state dict")
    file = case.path(".onnx")
    case.zoo("export", run, "--format", "onnx", "--out", file)
    model = onnx.load(file)
    check_file(case, model)

    images = prepared(model, pixels(case.shape, seed=2))  # Those that `Data` tests on.
    with torch.no_grad():
        theirs = case.model().double().eval()(case.data.test).numpy()
    classes, ours = evaluated(case, run)
    named = [entry.value for entry in model.metadata_props if entry.key == "classes"]
    require(json.loads(named[0]) == classes, f"the file names the classes {named[0]}")

    worst = {"PyTorch": 0.0, "zoo": 0.0}
    for batch_size in BATCH_SIZES:
        logits = computed(model, images, batch_size)
        for whose, expected in (("PyTorch", theirs), ("zoo", ours)):
            difference = apart(logits, expected)
            require(
                difference <= TOLERANCE,
                f"with batches of {batch_size}, a logit is {difference:.1e} of the largest apart"
                f" from that of {whose}",
            )
            worst[whose] = max(worst[whose], difference)

    largest = float(np.abs(theirs).max())
    noticed = []
    for what, other in defects(model, largest):
        difference = apart(computed(other, images, len(images)), theirs)
        require(difference > TOLERANCE, f"nobody notices {what}: {difference:.1e} of the largest")
        noticed.append(difference)
    case.say(
        f"{len(model.graph.node)} nodes; every logit within {worst['PyTorch']:.1e} of the largest of"
        f" PyTorch's, {worst['zoo']:.1e} of the zoo's; one changed value is seen as {min(noticed):.1e}"
    )


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("zoo", type=Path, metavar="ZOO", help="the program")
    parser.add_argument("--only", choices=MODELS, metavar="ID", help="only this model")
    options = parser.parse_args()
    if not options.zoo.is_file():
        parser.error(f"{options.zoo} is not there; it is built by `cargo build --release`")
    program = options.zoo.resolve()
    torch.set_num_threads(1)

    with tempfile.TemporaryDirectory(prefix="zoo-onnx-") as folder:
        folder = Path(folder)
        data = {key: Data(key, folder / f"data-{key}") for key in SHAPES}
        for name, shape_name in CASES:
            if options.only not in (None, name):
                continue
            with tempfile.TemporaryDirectory(dir=folder) as own:
                case = Case(name, shape_name, program, Path(own), data[shape_name])
                try:
                    run_checks(case)
                except Failure as failure:
                    sys.exit(f"failed  {case.title}: {failure}")
    print("all checks passed")


if __name__ == "__main__":
    main()
