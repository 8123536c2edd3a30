#!/usr/bin/env python3
"""Weights between the zoo and the lecture's own PyTorch code, there and back, with real files.

ZOO is the built program. PyTorch saves a model, `zoo import` makes a run of it, `zoo export` writes
it again, PyTorch loads that; then loss and one step of Adam of both sides are compared, and files
that do not fit are tried. Prints a line for each check and ends at the first that fails. Needs
PyTorch 2.9, NumPy and safetensors; works in a temporary folder, without the network.

    python tests/pytorch/exchange.py target/release/zoo
    python tests/pytorch/exchange.py target/release/zoo --only mlp-relu --backends flex,libtorch
"""

import argparse
import csv
import json
import os
import re
import shlex
import struct
import subprocess
import sys
import tempfile
from collections import OrderedDict
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import nn
from torch.nn import functional as F

from fixtures import set_weights
from models import MODELS, SHAPES, build

DATASETS = {"1x28x28": "fashion-mnist", "3x32x32": "cifar-10"}

# Every model on Fashion-MNIST's shape, and these on CIFAR-10's.
CASES = [(name, "1x28x28") for name in MODELS]
CASES += [("mlp-relu-3", "3x32x32"), ("cnn-strided", "3x32x32")]

# Those whose weights are saved in every way that PyTorch has, and in ways that do harm: what becomes of a file that is
# cut short is not up to its model.
VARIED = ("mlp-relu", "cnn-strided")

# Format of `zoo export`, and its file's suffix.
FORMATS = {"pytorch": ".pt", "safetensors": ".safetensors"}

IMAGES = 32  # Of each split: one batch.
LEARNING_RATE = 1e-3
LOSS_TOLERANCE = 1e-5
LOGIT_TOLERANCE = 1e-5  # of the largest logit
UPDATE_TOLERANCE = 2e-3
SHAKE, SHAKES = 4e-6, 4


class Failure(Exception):
    """A check that failed, as a sentence."""


def require(condition, sentence):
    if not condition:
        raise Failure(sentence)


# --- The program --------------------------------------------------------------------------------


class Zoo:
    """The program, run in a folder of its own."""

    def __init__(self, program, folder):
        self.program = program
        self.folder = folder
        self.environment = {**os.environ, "BURN_ZOO_OFFLINE": "1"}
        self.environment.pop("BURN_ZOO_DATA", None)

    def run(self, *words):
        """What became of `zoo WORDS`; it may fail, but not by a panic or a signal."""
        words = [str(word) for word in words]
        command = shlex.join(["zoo", *words])
        try:
            result = subprocess.run(
                [self.program, *words],
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=900,
            )
        except OSError as error:
            raise Failure(f"{self.program} cannot be started: {error}") from None
        except subprocess.TimeoutExpired:
            raise Failure(f"`{command}` does not end within 15 minutes") from None
        broken = "panicked" in result.stderr or result.returncode < 0
        require(not broken, f"`{command}` crashed ({result.returncode}): {result.stderr.strip()}")
        return result

    def __call__(self, *words):
        """The standard output of `zoo WORDS`, which must succeed."""
        result = self.run(*words)
        if result.returncode != 0:
            command = shlex.join(["zoo", *map(str, words)])
            raise Failure(f"`{command}` ends with {result.returncode}: {result.stderr.strip()}")
        return result.stdout


class Case:
    """One model on one data set: its weights, its program and its folder."""

    def __init__(self, name, shape_name, program, folder, data):
        self.name = name
        self.shape = SHAPES[shape_name]
        self.dataset = DATASETS[shape_name]
        self.title = f"{name} {shape_name}"
        self.zoo = Zoo(program, folder)
        self.folder = folder
        self.data = data
        self.files = 0

    def model(self):
        """The lecture's model, with the weights that all checks of it begin with."""
        model = build(self.name, self.shape)
        set_weights(model)
        return model

    def path(self, suffix=""):
        """A new path in the case's folder."""
        self.files += 1
        return self.folder / f"{self.files:03}{suffix}"

    def try_import(self, file):
        """The run folder and what became of its import."""
        run = self.path("-run")
        words = ["import", file, "--model", self.name, "--dataset", self.dataset, "--mean", "half", "--out", run]
        return run, self.zoo.run(*words)

    def imported(self, file, what):
        """The run folder of a file that must be imported."""
        run, result = self.try_import(file)
        message = f"{what} is not imported: {result.stderr.strip()}"
        require(result.returncode == 0 and run.is_dir(), message)
        return run

    def exported(self, run, form="safetensors"):
        """The state dict that the zoo writes."""
        file = self.path(FORMATS[form])
        self.zoo("export", run, "--format", form, "--out", file)
        if form == "pytorch":
            return torch.load(file, weights_only=True)
        return load_file(file)

    def returns(self, file, expected, what, form="safetensors"):
        """Imports, exports, and finds the same values again."""
        run = self.imported(file, what)
        found = self.exported(run, form)
        require_equal(self.loaded(found), expected, what)
        for name, tensor in found.items():
            expected = torch.int64 if is_count(name) else torch.float32
            require(tensor.dtype == expected, f"{what}: {name} comes back as {tensor.dtype}")

    def loaded(self, state):
        """The state dict of the lecture's model after loading this one."""
        model = build(self.name, self.shape)
        try:
            model.load_state_dict(state, strict=True)
        except RuntimeError as error:
            raise Failure(f"PyTorch cannot load what the zoo exports: {error}") from None
        return model.state_dict()

    def refused(self, file, what, words=()):
        """An import that must fail with a sentence, which has one of these words, and no run."""
        run, result = self.try_import(file)
        require(result.returncode != 0, f"{what} is imported")
        message = result.stderr.strip()
        require(message, f"{what} is refused without a word")
        require(not run.exists(), f"{what} is refused, but leaves the folder of a run")
        if words:
            found = any(re.search(rf"(?<![\w.]){re.escape(word)}(?!\w)", message) for word in words)
            require(found, f"{what} is refused without naming {' or '.join(words)}: {message}")

    def say(self, text):
        print(f"ok  {self.title}: {text}", flush=True)


def is_count(name):
    """Whether it is batch normalisation's count of batches, which the zoo does not keep."""
    return name.endswith(".num_batches_tracked")


def require_equal(found, expected, what):
    """The same tensors, bit by bit."""
    for name, tensor in expected.items():
        if is_count(name):
            continue
        require(name in found, f"{what}: {name} does not come back")
        ours, theirs = tensor.contiguous(), found[name].contiguous()
        require(
            ours.dtype == theirs.dtype and ours.shape == theirs.shape,
            f"{what}: {name} is {list(ours.shape)} of {ours.dtype}, but comes back as"
            f" {list(theirs.shape)} of {theirs.dtype}",
        )
        other = (ours.view(torch.int32) != theirs.view(torch.int32)).sum().item()
        require(other == 0, f"{what}: {other} of {ours.numel()} values of {name} come back changed")


def save(state, file):
    """Writes a state dict in the format that the file's suffix says."""
    if file.suffix == ".safetensors":
        save_file({name: tensor.contiguous() for name, tensor in state.items()}, file)
    else:
        torch.save(state, file)
    return file


# --- Data ---------------------------------------------------------------------------------------


def pixels(shape, seed):
    """Smooth random images, as bytes: a coarse grid, made finer."""
    generator = torch.Generator().manual_seed(seed)
    coarse = torch.rand(IMAGES, shape[0], 5, 5, generator=generator)
    fine = F.interpolate(coarse, size=shape[1:], mode="bilinear", align_corners=True)
    return (fine * 255).round().to(torch.uint8)


def labels():
    return torch.arange(IMAGES) % 10


def write_idx(path, values):
    header = struct.pack(f">4B{values.ndim}I", 0, 0, 8, values.ndim, *values.shape)
    path.write_bytes(header + values.astype(np.uint8).tobytes())


def write_fashion_mnist(folder, train, test):
    for stem, images in (("train", train), ("t10k", test)):
        write_idx(folder / f"{stem}-images-idx3-ubyte", images[:, 0].numpy())
        write_idx(folder / f"{stem}-labels-idx1-ubyte", labels().numpy())


def write_cifar_10(folder, train, test):
    folder = folder / "cifar-10-batches-bin"
    folder.mkdir()
    label_bytes = labels().to(torch.uint8)[:, None]
    records = torch.cat([label_bytes, train.flatten(1)], dim=1).numpy()
    for number, part in enumerate(np.array_split(records, 5), start=1):
        (folder / f"data_batch_{number}.bin").write_bytes(part.tobytes())
    records = torch.cat([label_bytes, test.flatten(1)], dim=1).numpy()
    (folder / "test_batch.bin").write_bytes(records.tobytes())


class Data:
    """A tiny data set: its folder, and its images as the models see them, in double precision."""

    def __init__(self, shape_name, folder):
        shape = SHAPES[shape_name]
        train, test = pixels(shape, 1), pixels(shape, 2)
        write = {"fashion-mnist": write_fashion_mnist, "cifar-10": write_cifar_10}
        folder.mkdir()
        write[DATASETS[shape_name]](folder, train, test)
        self.folder = folder
        self.train, self.test = ((x.double() / 255 - 0.5) / 0.5 for x in (train, test))


# --- Checks: there and back ---------------------------------------------------------------------


def check_round_trip(case):
    """PyTorch to the zoo and back, from and to both formats, bit by bit."""
    state = case.model().state_dict()
    # Values that a detour through arithmetic or text would lose: -0, a subnormal, the largest.
    next(iter(state.values())).flatten()[:3] = torch.tensor([-0.0, 1e-40, 3.4028235e38])
    for suffix in FORMATS.values():
        file = save(state, case.path(suffix))
        for form in FORMATS:
            what = f"a {suffix} file through `zoo export --format {form}`"
            case.returns(file, state, what, form)
    case.say(f"{len(state)} tensors there and back in both formats, bit by bit")


def check_prefix(case):
    """As `nn.DataParallel` names its parameters."""
    state = case.model().state_dict()
    prefixed = OrderedDict((f"module.{name}", tensor) for name, tensor in state.items())
    for suffix in FORMATS.values():
        case.returns(save(prefixed, case.path(suffix)), state, f"`module.` in a {suffix} file")
    case.say("names with the prefix `module.`")


def check_half(case):
    for dtype in (torch.float16, torch.bfloat16):
        half = case.model().to(dtype).state_dict()
        expected = {name: tensor.float() for name, tensor in half.items()}
        for suffix in FORMATS.values():
            what = f"{dtype} in a {suffix} file"
            case.returns(save(half, case.path(suffix)), expected, what)
    case.say("float16 and bfloat16 weights, exactly")


def check_checkpoint(case):
    """Inside what a training script saves: the optimiser's tensors have the weights' shapes."""
    model = case.model()
    optimiser = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE)
    step(model, optimiser, case.data.train.float())
    for key in ("model_state_dict", "state_dict", "model"):
        checkpoint = {
            "epoch": 3,
            key: model.state_dict(),
            "optimizer_state_dict": optimiser.state_dict(),
            "loss": 0.5,
        }
        file = save(checkpoint, case.path(".pt"))
        case.returns(file, model.state_dict(), f"a checkpoint's {key}")
    case.say("inside checkpoints: model_state_dict, state_dict, model")


def check_legacy(case):
    state = case.model().state_dict()
    file = case.path(".pt")
    torch.save(state, file, _use_new_zipfile_serialization=False)
    case.returns(file, state, "the format of PyTorch before 1.6")
    case.say("the format of PyTorch before 1.6")


def check_suffix(case):
    state = case.model().state_dict()
    case.returns(save(state, case.path(".pth")), state, "a .pth file")
    case.say("a .pth file")


def check_parameters(case):
    model = case.model()
    parameters = OrderedDict(model.named_parameters())
    require(
        all(isinstance(value, nn.Parameter) for value in parameters.values()),
        "these are not nn.Parameter",
    )
    what = "an OrderedDict of nn.Parameter"
    case.returns(save(parameters, case.path(".pt")), model.state_dict(), what)
    case.say(what)


def check_shared_storage(case):
    """All tensors as views of one storage, each from its own offset on."""
    state = case.model().state_dict()
    storage = torch.cat([tensor.flatten() for tensor in state.values()])
    views, offset = OrderedDict(), 0
    for name, tensor in state.items():
        views[name] = storage[offset : offset + tensor.numel()].view(tensor.shape)
        offset += tensor.numel()
    case.returns(save(views, case.path(".pt")), state, "views of one storage")
    case.say("views of one storage")


# --- Checks: the same computation ---------------------------------------------------------------


def step(model, optimiser, images):
    """One step with all images."""
    optimiser.zero_grad()
    F.cross_entropy(model(images), labels()).backward()
    optimiser.step()


def check_loss(case, backends):
    """The imported run's test loss is PyTorch's, and so is every logit."""
    run = case.imported(save(case.model().state_dict(), case.path(".pt")), "the state dict")
    with torch.no_grad():
        logits = case.model().double().eval()(case.data.test)
        expected = F.cross_entropy(logits, labels()).item()
    largest = logits.abs().max().item()
    for backend in backends:
        words = ["evaluate", run, "--data-dir", case.data.folder, "--backend", backend, "--json"]
        predictions = case.path(".csv")
        report = case.zoo(*words, "--predictions", predictions)
        try:
            found = float(json.loads(report)["loss"])
        except (ValueError, KeyError, TypeError):
            raise Failure(f"`zoo evaluate --json` prints no loss: {report}") from None
        deviation = abs(found - expected) / expected
        require(
            deviation <= LOSS_TOLERANCE,
            f"the loss on {backend} is {found!r}, but PyTorch's is {expected!r}",
        )
        with open(predictions, newline="") as file:
            rows = list(csv.DictReader(file))
        found = torch.tensor([[float(x) for x in list(row.values())[3:]] for row in rows])
        require(found.shape == logits.shape, f"the logits on {backend} are {tuple(found.shape)}")
        apart = (found.double() - logits).abs().max().item() / largest
        require(
            apart <= LOGIT_TOLERANCE,
            f"a logit on {backend} is off by {apart:.1e} of the largest, PyTorch's {largest:.4f}",
        )
        case.say(
            f"loss {expected:.4f}, on {backend} within {deviation:.1e}, every logit within"
            f" {apart:.1e} of the largest"
        )


def stepped(model, images):
    """What a step of Adam changes the state dict by."""
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    optimiser = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE, eps=1e-8)
    step(model, optimiser, images)
    after = model.state_dict().items()
    return {name: tensor - before[name] for name, tensor in after if not is_count(name)}


def shake(model, seed):
    """The model with each weight moved by up to a few roundings of float32."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            uniform = torch.rand(parameter.shape, generator=generator, dtype=parameter.dtype)
            parameter.mul_(1 + SHAKE * (2 * uniform - 1))
    return model


def deviations(found, updates):
    """How far each update is from the exact one, relative to it."""
    return {
        name: ((found[name] - update).abs().sum() / update.abs().sum()).item()
        for name, update in updates.items()
    }


def check_adam(case, backends):
    """One more step of Adam on each side, from the same weights, comes to the same."""
    model = case.model()
    before = {name: tensor.double() for name, tensor in model.state_dict().items()}
    run = case.imported(save(model.state_dict(), case.path(".pt")), "the state dict")
    updates = stepped(case.model().double(), case.data.train)
    # Where some ReLU's input is within float32's rounding of 0, a gradient may rightly be another, and Adam
    # makes whole steps of small ones: what a rounding of the weights changes there is allowed, four times.
    shaken = [
        deviations(stepped(shake(case.model().double(), seed), case.data.train), updates)
        for seed in range(SHAKES)
    ]
    for backend in backends:
        trained = case.path("-run")
        case.zoo(
            *("train", case.name, "--init-from", run, "--dataset", case.dataset),
            *("--data-dir", case.data.folder, "--batch-size", IMAGES, "--epochs", 1),
            *("--lr", LEARNING_RATE, "--backend", backend, "--out", trained),
        )
        found = case.loaded(case.exported(trained))
        worst = (0.0, "")
        found = {name: found[name].double() - before[name] for name in updates}
        for name, ours in deviations(found, updates).items():
            allowed = max(UPDATE_TOLERANCE, *(4 * deviation[name] for deviation in shaken))
            require(
                ours <= allowed,
                f"after one step of Adam on {backend}, the update of {name} differs from"
                f" PyTorch's by {ours:.1e} of it, allowed are {allowed:.1e}",
            )
            worst = max(worst, (ours, name))
        case.say(f"a step of Adam on {backend} within {worst[0]:.1e} (the most: {worst[1]})")


# --- Checks: files that do not fit --------------------------------------------------------------


def other_model(case):
    """The model whose state dict has the most tensors in common, and others too."""
    own = tensors_of(case.name, case.shape)
    others = {name: tensors_of(name, case.shape) for name in MODELS}
    unlike = [name for name, tensors in others.items() if tensors != own]
    return max(unlike, key=lambda name: len(own & others[name]))


def tensors_of(name, shape):
    state = build(name, shape).state_dict()
    return {(key, tuple(tensor.shape)) for key, tensor in state.items() if not is_count(key)}


def misfits(case):
    """State dicts that do not fit: what, the dict, the names of which one must be told."""
    state = case.model().state_dict()
    first, last = next(iter(state)), [name for name in state if name.endswith(".weight")][-1]

    missing = {name: tensor for name, tensor in state.items() if name != last}
    yield f"a file without {last}", missing, [last]

    unexpected = {**state, "extra.weight": torch.ones(2, 2)}
    yield "a file with extra.weight", unexpected, ["extra.weight"]

    smaller = {**state, first: state[first][:-1].clone()}
    yield f"a file with a smaller {first}", smaller, [first]

    turned = {**state, last: state[last].t().contiguous()}
    yield f"a file with {last} as [inputs, outputs]", turned, [last]

    other = other_model(case)
    different = tensors_of(case.name, case.shape) ^ tensors_of(other, case.shape)
    names = sorted({name for name, _ in different})
    yield f"the file of {other}", build(other, case.shape).state_dict(), names


def check_misfits(case):
    count = 0
    for what, state, names in misfits(case):
        for suffix in FORMATS.values():
            case.refused(save(state, case.path(suffix)), f"{what} ({suffix})", names)
        count += 1
    case.say(f"{count} files that do not fit are refused by the tensor's name")


class Malicious:
    """Runs a command where its pickle is loaded carelessly."""

    def __init__(self, command):
        self.command = command

    def __reduce__(self):
        return os.system, (self.command,)


def check_malicious(case):
    """A pickle that runs a command is not run: alone, among the weights, and in a checkpoint."""
    state = case.model().state_dict()
    mark = case.path("-mark")
    malicious = Malicious(f"touch {shlex.quote(str(mark))}")
    contents = {
        "alone": malicious,
        "among the weights": OrderedDict([*state.items(), ("extra", malicious)]),
        "before the weights": OrderedDict([("extra", malicious), *state.items()]),
        "in a checkpoint": {"epoch": malicious, "model_state_dict": state},
    }
    for where, content in contents.items():
        for zipped in (True, False):
            what = f"a command {where}"
            file = case.path(".pt")
            torch.save(content, file, _use_new_zipfile_serialization=zipped)
            torch.load(file, weights_only=False)
            require(mark.exists(), f"{what} is not run by PyTorch either: this check is worthless")
            mark.unlink()

            run, result = case.try_import(file)
            require(not mark.exists(), f"{what} is run by `zoo import`")
            if result.returncode == 0:
                require(content is not malicious, f"{what}, without weights, is imported")
                require_equal(case.loaded(case.exported(run)), state, what)
            else:
                require(not run.exists(), f"{what} is refused, but leaves the folder of a run")
                require(result.stderr.strip(), f"{what} is refused without a word")
    case.say("commands in pickles are not run")


def check_strides(case):
    """Tensors that are not row-major come back exactly or are refused by that reason."""
    state = case.model().state_dict()
    last = [name for name in state if name.endswith(".weight")][-1]
    contents = {f"{last} as a transposed view": {**state, last: state[last].t().contiguous().t()}}
    if case.name.startswith("cnn"):
        contents["a channels_last model"] = (
            case.model().to(memory_format=torch.channels_last).state_dict()
        )
    outcomes = []
    for what, content in contents.items():
        strided = any(not tensor.is_contiguous() for tensor in content.values())
        require(strided, f"{what} is row-major: this check is worthless")
        file = save(content, case.path(".pt"))
        run, result = case.try_import(file)
        if result.returncode == 0:
            require_equal(case.loaded(case.exported(run)), state, what)
            outcomes.append(f"{what} comes back exactly")
        else:
            require(not run.exists(), f"{what} is refused, but leaves the folder of a run")
            message = result.stderr.strip()
            reason = "contiguous" in message
            require(reason, f'{what} is refused without the word "contiguous": {message}')
            outcomes.append(f"{what} is refused")
    case.say(", ".join(outcomes))


def check_damaged(case):
    """Files that are cut short, empty or something else."""
    state = case.model().state_dict()
    for suffix in FORMATS.values():
        whole = save(state, case.path(suffix)).read_bytes()
        contents = {
            "the first half of a file": whole[: len(whole) // 2],
            "a file without its last 100 bytes": whole[:-100],
            "the first 20 bytes of a file": whole[:20],
            "an empty file": b"",
            "a text": b"epoch,loss\n1,0.5\n" * 20,
        }
        for what, content in contents.items():
            file = case.path(suffix)
            file.write_bytes(content)
            case.refused(file, f"{what} ({suffix})")
    legacy = case.path(".pt")
    torch.save(state, legacy, _use_new_zipfile_serialization=False)
    file = case.path(".pt")
    file.write_bytes(legacy.read_bytes()[: legacy.stat().st_size // 2])
    case.refused(file, "the first half of a file of PyTorch before 1.6")
    case.say("damaged files are refused")


# --- Program ------------------------------------------------------------------------------------


def run_checks(case, backends):
    check_round_trip(case)
    if case.name in VARIED:
        check_prefix(case)
        check_half(case)
        check_checkpoint(case)
        check_legacy(case)
        check_suffix(case)
        check_parameters(case)
        check_shared_storage(case)
        check_malicious(case)
        check_strides(case)
        check_damaged(case)
    check_loss(case, backends)
    check_adam(case, backends)
    check_misfits(case)


def check_table(zoo):
    """PyTorch's models are those of the zoo's table, with its parameters and learning rates."""
    table = json.loads(zoo("list", "--json"))
    ids = [model["id"] for model in table]
    require(ids == list(MODELS), f"`zoo list` has {', '.join(ids)}, but models.py {', '.join(MODELS)}")
    for model in table:
        name, ours = model["id"], MODELS[model["id"]]
        rate = model["recipe"]["learning_rate"]
        require(rate == ours.learning_rate, f"{name} learns at {rate}, in models.py otherwise")
        for shape_name, dataset in DATASETS.items():
            parameters = build(name, SHAPES[shape_name]).parameters()
            count = sum(parameter.numel() for parameter in parameters)
            listed = model["parameters"][dataset]
            require(count == listed, f"{name} has {listed:,} parameters for {dataset}, not {count:,}")
    print(f"ok  the table: {len(table)} models, as PyTorch has them", flush=True)


def check_program(description, *checks):
    """Puts the program that the command line names through checks of a program and a folder, in a temporary
    one; ends at the first that fails."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("program", type=Path, metavar="PROGRAM", help="the program, built")
    program = parser.parse_args().program.resolve()
    with tempfile.TemporaryDirectory(prefix="zoo-check-") as folder:
        try:
            for check in checks:
                check(program, Path(folder))
        except Failure as failure:
            sys.exit(f"failed  {failure}")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("zoo", type=Path, metavar="ZOO", help="the program")
    parser.add_argument(
        "--backends",
        default="flex",
        metavar="LIST",
        help="backends of the zoo to compute on, with commas between; default: flex",
    )
    parser.add_argument("--only", choices=MODELS, metavar="ID", help="only this model")
    options = parser.parse_args()
    if not options.zoo.is_file():
        parser.error(f"{options.zoo} is not there; it is built by `cargo build --release`")
    program = options.zoo.resolve()
    backends = options.backends.split(",")
    torch.set_num_threads(1)

    with tempfile.TemporaryDirectory(prefix="zoo-exchange-") as folder:
        folder = Path(folder)
        try:
            check_table(Zoo(program, folder))
        except Failure as failure:
            sys.exit(f"failed  {failure}")
        data = {key: Data(key, folder / f"data-{key}") for key in SHAPES}
        for name, shape_name in CASES:
            if options.only not in (None, name):
                continue
            with tempfile.TemporaryDirectory(dir=folder) as own:
                case = Case(name, shape_name, program, Path(own), data[shape_name])
                try:
                    run_checks(case, backends)
                except Failure as failure:
                    sys.exit(f"failed  {case.title}: {failure}")
    print("all checks passed")


if __name__ == "__main__":
    main()
