#!/usr/bin/env python3
"""Files as other people's projects save them, of one small model: those that the zoo reads, and those that only
Python can read, of which the zoo's refusal says how to make a readable one.

Without arguments, writes them all into tests/pytorch/foreign/, where the tests of src/exchange read them: reads/ holds
the model's weights each time, bit for bit those of reads/plain.safetensors. With ZOO, the built program, checks that it
imports what it reads, and that the command in the sentence by which it refuses a file makes one that it imports. Needs
PyTorch 2.9, NumPy and safetensors; works without the network.

    python tests/pytorch/foreign.py
    python tests/pytorch/foreign.py target/release/zoo
"""

import argparse
import collections
import copy
import datetime
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile
from collections import OrderedDict

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import nn

FOLDER = pathlib.Path(__file__).parent / "foreign"
# How `zoo import` is told of the model.
WORDS = "--model mlp-relu --set hidden=5 --image-shape 1x2x2"


def model():
    """The zoo's mlp-relu with 5 hidden units, for images of 1×2×2 and 3 classes."""
    net = nn.Sequential(nn.Flatten(), nn.Linear(4, 5), nn.ReLU(), nn.Linear(5, 3))
    number = 0
    with torch.no_grad():
        for parameter in net.parameters():
            values = torch.arange(number, number + parameter.numel())
            parameter.copy_((values * 37 % 101 - 50).reshape(parameter.shape) / 64)
            number += parameter.numel()
    return net


def stepped(net):
    """Adam after a step, whose state has tensors of the weights' shapes."""
    optimiser = torch.optim.Adam(net.parameters())
    torch.manual_seed(1)
    net(torch.rand(7, 4)).square().sum().backward()
    weights = copy.deepcopy(net.state_dict())
    optimiser.step()
    net.load_state_dict(weights)
    return optimiser


class Records(dict):
    """A dict of a class of its own."""


class WithExtras(nn.Module):
    """A module with state of its own."""

    def __init__(self):
        super().__init__()
        self.net = model()

    def get_extra_state(self):
        return {"version": 2}

    def set_extra_state(self, state):
        pass


def beside(**entries):
    """A checkpoint with other things beside the state dict."""
    return {"state_dict": model().state_dict(), **entries}


def readable():
    """Contents that the zoo reads, by the names of their files, with the options of torch.save."""
    state = model().state_dict()
    net = model()
    yield "numpy-scalar", beside(best=np.float64(0.85), epoch=np.int64(3)), {}
    yield "numpy-array", beside(history=np.linspace(0, 1, 5)), {}
    yield "path", beside(data=pathlib.PurePosixPath("/data/mnist")), {}
    yield "counter", beside(classes=collections.Counter("abca")), {}
    rng = (random.Random(1).getstate(), np.random.RandomState(1).get_state(), torch.get_rng_state()[:8])
    yield "random-states", beside(rng=rng), {}
    yield "set", beside(tags={"a", "b"}, frozen=frozenset("c")), {}
    yield "namespace", beside(args=argparse.Namespace(lr=0.1, layers=[5])), {}
    yield "time", beside(time=datetime.datetime(2026, 1, 2), device=torch.device("cpu"), dtype=torch.half), {}
    yield "big-integer", beside(seed=2**80), {}
    for protocol in (3, 4, 5):
        yield f"protocol-{protocol}", beside(epoch=3), {"pickle_protocol": protocol}
        whole = {"pickle_protocol": protocol, "_use_new_zipfile_serialization": False}
        yield f"legacy-protocol-{protocol}", state, whole
    yield "legacy", beside(epoch=3), {"_use_new_zipfile_serialization": False}
    yield "module", net, {}
    yield "module-in-checkpoint", {"model": net, "epoch": 3}, {}
    yield "module-extras", WithExtras(), {}
    yield "one-dict-under-two-keys", {"best": state, "model": state}, {}
    plain = dict(state)
    yield "one-plain-dict-under-two-keys", {"best": plain, "last": plain}, {}
    yield "equal-dicts", {"best": state, "last": copy.deepcopy(state)}, {}
    yield "optimiser", {"model": state, "optimizer": stepped(net).state_dict()}, {}
    yield "parameters", OrderedDict(net.named_parameters()), {}
    transposed = {name: tensor.t().contiguous().t() for name, tensor in state.items()}
    yield "strides", transposed, {}
    yield "doubles", {name: tensor.double() for name, tensor in state.items()}, {}
    foreign = {"mask": torch.tensor([True, False]), "steps": torch.arange(3, dtype=torch.int16)}
    yield "foreign-tensors", {**state, **foreign}, {}
    averaged = torch.optim.swa_utils.AveragedModel(net)
    yield "averaged", averaged.state_dict(), {}
    buffers = {"ema_1_weight": torch.zeros(5, 4), "_extra_state": torch.zeros(3)}
    yield "buffers", {**state, **buffers}, {}
    yield "module-prefix", {f"module.{name}": tensor for name, tensor in state.items()}, {}
    # How images were normalised, or something else.
    imagenet = {"mean": (0.485, 0.456, 0.406), "std": [0.229, 0.224, 0.225]}
    yield "normalised", beside(**imagenet), {}
    yield "normalised-within", beside(hparams={"transform": {"mean": [0.5], "std": 0.5}}), {}
    yield "normalised-not", beside(losses={"mean": 0.4, "std": 0.1}), {}
    yield "normalised-twice", beside(**imagenet, cfg={"mean": 0.5, "std": 0.5}), {}
    yield "normalised-bytes", beside(img_norm_cfg={"mean": [123.675] * 3, "std": [58.395] * 3}), {}
    # Other nn.Sequential of the same layers.
    for name, layers in (
        ("sequential-without-flatten", [net[1], net[2], net[3]]),
        ("sequential-with-dropout", [net[0], net[1], net[2], nn.Dropout(), net[3]]),
    ):
        yield name, nn.Sequential(*layers).state_dict(), {}
    quickstart = {f"linear_relu_stack.{n - 1}.{rest}": t for (n, rest, t) in numbered(state)}
    yield "sequential-in-a-module", quickstart, {}


def numbered(state):
    for name, tensor in state.items():
        number, rest = name.split(".", 1)
        yield int(number), rest, tensor


def unreadable():
    """Contents that only Python can read."""
    state = model().state_dict()
    yield "dict-subclass", {"model": Records(state)}, {}
    default = collections.defaultdict(list, state)
    yield "defaultdict", default, {}
    net = model()
    yield "pickled-optimiser", {"model": net.state_dict(), "optimizer": stepped(net)}, {}
    yield "complex", {**state, "spectrum": torch.zeros(2, dtype=torch.complex64)}, {}
    sparse = torch.zeros(3, 3).to_sparse()
    yield "sparse", beside(adjacency=sparse), {}
    quantised = torch.quantize_per_tensor(torch.zeros(3), 0.1, 0, torch.qint8)
    yield "quantised", beside(scales=quantised), {}
    yield "float8", beside(scales=torch.zeros(3).to(torch.float8_e4m3fn)), {}
    yield "keys-of-tuples", beside(shapes={(1, 2): torch.zeros(1)}), {}
    yield "numpy-weights", {name: tensor.numpy() for name, tensor in state.items()}, {}


def write():
    for folder in ("reads", "refuses"):
        (FOLDER / folder).mkdir(parents=True, exist_ok=True)
        for file in (FOLDER / folder).iterdir():
            file.unlink()
    for folder, contents in (("reads", readable()), ("refuses", unreadable())):
        for name, content, options in contents:
            torch.save(content, FOLDER / folder / f"{name}.pt", **options)
    script = torch.jit.script(model())
    torch.jit.save(script, FOLDER / "refuses" / "torchscript.pt")
    torch.serialization.set_crc32_options(False)
    torch.save(model().state_dict(), FOLDER / "reads" / "without-checksums.pt")
    torch.serialization.set_crc32_options(True)
    state = {name: tensor.contiguous() for name, tensor in model().state_dict().items()}
    save_file(state, FOLDER / "reads" / "plain.safetensors")
    foreign = {
        "mask": torch.tensor([True, False]),
        "steps": torch.arange(3, dtype=torch.int16),
        "spectrum": torch.zeros(2, dtype=torch.complex64),
        "scales": torch.zeros(3).to(torch.float8_e4m3fn),
    }
    save_file({**state, **foreign}, FOLDER / "reads" / "foreign-tensors.safetensors")
    names = list(state)
    shards = {"model-00001-of-00002.safetensors": names[:2], "model-00002-of-00002.safetensors": names[2:]}
    for shard, own in shards.items():
        save_file({name: state[name] for name in own}, FOLDER / shard)
    places = {name: shard for shard, own in shards.items() for name in own}
    index = {"metadata": {"total_size": 172}, "weight_map": places}
    (FOLDER / "model.safetensors.index.json").write_text(json.dumps(index, indent=1) + "\n")


def run(zoo, file, out):
    words = [zoo, "import", *WORDS.split(), "--mean", "unit", "--out", out, file]
    environment = {**os.environ, "BURN_ZOO_OFFLINE": "1"}
    return subprocess.run(words, cwd=out.parent, env=environment, capture_output=True, text=True)


def imported(zoo, file, out):
    """Imports a file, exports it, and finds the model's weights."""
    result = run(zoo, file, out)
    if result.returncode != 0:
        sys.exit(f"failed  {file.name} is not imported: {result.stderr.strip()}")
    back = out.with_suffix(".safetensors")
    words = [zoo, "export", out, "--format", "safetensors", "--out", back]
    subprocess.run(words, check=True, capture_output=True)
    found = load_file(back)
    for name, tensor in model().state_dict().items():
        if not torch.equal(found[name], tensor):
            sys.exit(f"failed  {name} of {file.name} comes back changed")


def check(zoo):
    with tempfile.TemporaryDirectory(prefix="zoo-foreign-") as folder:
        folder = pathlib.Path(folder)
        read = sorted((FOLDER / "reads").iterdir()) + [FOLDER / "model.safetensors.index.json"]
        for file in read:
            imported(zoo, file, folder / f"read-{file.stem}{file.suffix[1:]}")
        print(f"ok  {len(read)} files come in with the same weights", flush=True)
        refused = sorted((FOLDER / "refuses").iterdir())
        for file in refused:
            result = run(zoo, file, folder / "refused")
            command = re.search(r'python3 -c "(.*)"', result.stderr)
            if result.returncode != 1 or command is None:
                sys.exit(f"failed  {file.name} is not refused with a command: {result.stderr.strip()}")
            # Python's own classes are found by the name of the script that saved them.
            code = f"import sys; sys.path.insert(0, {str(FOLDER.parent)!r}); import __main__, foreign;"
            code += "vars(__main__).update(vars(foreign));" + command[1]
            subprocess.run([sys.executable, "-c", code], cwd=folder, check=True, capture_output=True)
            imported(zoo, folder / "readable.pt", folder / f"made-{file.stem}")
        print(f"ok  {len(refused)} files are refused, and come in by the command that is said", flush=True)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("zoo", nargs="?", type=pathlib.Path, metavar="ZOO", help="the program")
    zoo = parser.parse_args().zoo
    write() if zoo is None else check(zoo.resolve())


if __name__ == "__main__":
    main()
