#!/usr/bin/env python3
"""Reference values of every model from PyTorch in double precision: `fixtures.json` beside this.

Logits, losses, gradients, weights and running statistics after five steps of Adam, and the first batch's
loss in inference then, for a test of the zoo to compare with. Weights and images come from a formula that the test evaluates too (see `draws`): parameter p
is stream p, the images are a stream that the file names. Needs PyTorch 2.9 and NumPy.

    python tests/pytorch/fixtures.py            # writes the file; its models keep their images
    python tests/pytorch/fixtures.py --check    # compares with it
"""

import argparse
import json
import math
import sys
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

import models
from models import MODELS, SHAPES, Model, Vgg

FILE = Path(__file__).resolve().parent / "fixtures.json"

# A network and images so small that a GPU driver which computes on the CPU compiles and tunes its kernels in
# less than a minute; both its convolutions have the same shape, and so the same kernels.
TINY = {"vgg-tiny": Model(lambda *args: Vgg(*args, stages=[[4, 4]], hidden=8), models.he, 1e-3)}
TINY_SHAPES = {"4x6x6": (4, 6, 6)}
NETWORKS = MODELS | TINY

# Images a batch: as few as float32 is of use for. Batch normalisation of maps of one pixel is of none for 3.
BATCH_SIZES = (3, 12)
STEPS = 5
LEARNING_RATE = 1e-4
BIAS_BOUND = 0.1
SAMPLES = 8

# The images' stream is the first of these for which float32 is of use: where some ReLU's input is so
# close to 0 that float32 may rightly take it for the other side, a gradient changes by a hundredth.
STREAMS = range(1000, 1128)
# How far float32's gradients may be from those in double precision in the first step, the sum of the
# differences relative to the sum of their sizes.
SHARP = 5e-5
# So much of itself each weight is moved by, up or down, so often, to see the same without float32: other
# machines round otherwise.
SHAKE, SHAKES = 7e-7, 6

# Of two values, relative to the largest of the list that they are in.
TOLERANCE = 1e-12


# --- Weights, images and targets ----------------------------------------------------------------


def draws(stream, shape, bound):
    """32-bit floats in [-bound, bound), element i in row-major order from `stream` and i alone.

    SplitMix64's mixing of the counter; its upper 24 bits are the draw.
    """
    with np.errstate(over="ignore"):
        z = np.arange(1, math.prod(shape) + 1, dtype=np.uint64) + np.uint64(stream << 32)
        z *= np.uint64(0x9E3779B97F4A7C15)
        z ^= z >> np.uint64(30)
        z *= np.uint64(0xBF58476D1CE4E5B9)
        z ^= z >> np.uint64(27)
        z *= np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
    unit = (z >> np.uint64(40)).astype(np.float64) / 2**24
    values = (bound * (2 * unit - 1)).astype(np.float32)
    return torch.from_numpy(values.reshape(shape))


def shapes(name):
    """The shapes of the images that a network has fixtures for, by their names."""
    return TINY_SHAPES if name in TINY else SHAPES


def build(name, shape):
    """A network whose weights are not drawn."""
    return NETWORKS[name].build(shape, models.CLASSES)


def tensors(model):
    """What a fixture holds of a model, by name: parameters, and the statistics of batch normalisation."""
    state = model.state_dict(keep_vars=True).items()
    return {name: tensor for name, tensor in state if not name.endswith(".num_batches_tracked")}


def set_weights(model):
    """Fills every tensor from the formula: weights as He draws them, biases and means up to 0.1, what scales
    between 0.5 and 1.5."""
    with torch.no_grad():
        for stream, (name, tensor) in enumerate(tensors(model).items()):
            shape = tuple(tensor.shape)
            if name.endswith((".bias", ".running_mean")):
                drawn = draws(stream, shape, BIAS_BOUND)
            elif len(shape) == 1:
                drawn = 1 + draws(stream, shape, 0.5)
            else:
                drawn = draws(stream, shape, math.sqrt(6 / math.prod(shape[1:])))
            tensor.copy_(drawn)


def batches(stream, shape, size):
    """The images and classes of every step, `size` a step."""
    count = STEPS * size
    images = draws(stream, (count, *shape), 1.0).double()
    targets = torch.tensor([(7 * n + 3) % 10 for n in range(count)])
    return list(zip(images.split(size), targets.split(size)))


# --- Reference values ---------------------------------------------------------------------------


def samples(tensor):
    """Eight values spread over the tensor, at the same places of every tensor of its size."""
    flat = tensor.flatten()
    places = [(2 * k + 1) * flat.numel() // (2 * SAMPLES) for k in range(SAMPLES)]
    return flat[places].tolist()


def gradients(name, shape, dtype, shake, stream, batch_size):
    """Those of the first step, the weights shaken by a seed if there is one."""
    model = build(name, shape)
    set_weights(model)
    model.to(dtype)
    if shake is not None:
        generator = torch.Generator().manual_seed(shake)
        with torch.no_grad():
            for parameter in model.parameters():
                uniform = torch.rand(parameter.shape, generator=generator, dtype=dtype)
                parameter.mul_(1 + SHAKE * (2 * uniform - 1))
    images, targets = batches(stream, shape, batch_size)[0]
    F.cross_entropy(model(images.to(dtype)), targets).backward()
    return [parameter.grad.double() for parameter in model.parameters()]


def is_sharp(name, shape, *images):
    """Whether the images of a stream, so many a batch, are of use for float32."""
    exact = gradients(name, shape, torch.float64, None, *images)
    tries = [(torch.float32, None)] + [(torch.float64, shake) for shake in range(SHAKES)]
    return all(
        (one - other).abs().sum() <= SHARP * other.abs().sum()
        for dtype, shake in tries
        for one, other in zip(gradients(name, shape, dtype, shake, *images), exact)
    )


def choose_images(name, shape):
    """A stream and a batch size."""
    choices = ((stream, size) for size in BATCH_SIZES for stream in STREAMS)
    return next(images for images in choices if is_sharp(name, shape, *images))


def reference(name, shape_name, stored=None):
    """The entry of one model for one shape of images, which are those of the stored entry if there is one."""
    shape = shapes(name)[shape_name]
    if stored:
        stream, batch_size = stored["images_stream"], stored.get("batch_size", 3)
    else:
        stream, batch_size = choose_images(name, shape)
    model = build(name, shape)
    set_weights(model)
    model.double()
    optimiser = torch.optim.Adam(
        model.parameters(), lr=LEARNING_RATE, betas=(0.9, 0.999), eps=1e-8, foreach=False
    )
    initial = {key: value.detach().clone() for key, value in tensors(model).items()}
    steps = batches(stream, shape, batch_size)
    losses = []
    for step, (images, targets) in enumerate(steps):
        optimiser.zero_grad()
        output = model(images)
        loss = F.cross_entropy(output, targets)
        loss.backward()
        if step == 0:
            logits = output.detach().flatten().tolist()
            gradients = {
                key: value.grad.clone()
                for key, value in tensors(model).items()
                if value.grad is not None
            }
        losses.append(loss.item())
        optimiser.step()

    model.eval()
    with torch.no_grad():
        images, targets = steps[0]
        losses.append(F.cross_entropy(model(images), targets).item())

    parameters = {}
    for key, value in tensors(model).items():
        weights = value.detach()
        parameters[key] = {"shape": list(weights.shape)}
        if key in gradients:
            parameters[key]["gradient_norm"] = gradients[key].norm().item()
            parameters[key]["gradient"] = samples(gradients[key])
        parameters[key]["update_norm"] = (weights - initial[key]).norm().item()
        parameters[key]["weights"] = samples(weights)
    return {
        "images_stream": stream,
        "batch_size": batch_size,
        "logits": logits,
        "losses": losses,
        "parameters": parameters,
    }


def compute(names, stored):
    """What the file says, of these networks, with the images of the stored ones."""
    stored = stored.get("models", {}) if isinstance(stored, dict) else {}
    return {
        "pytorch": torch.__version__.split("+")[0],
        "steps": STEPS,
        "learning_rate": LEARNING_RATE,
        "models": {
            name: {key: reference(name, key, stored.get(name, {}).get(key)) for key in shapes(name)}
            for name in names
        },
    }


# --- The file -----------------------------------------------------------------------------------


def text(value, indent=""):
    """JSON with a line for each list and each number."""
    if not isinstance(value, dict):
        return json.dumps(value, allow_nan=False)
    deeper = indent + "  "
    lines = [f"{deeper}{json.dumps(key)}: {text(value[key], deeper)}" for key in value]
    return "{\n" + ",\n".join(lines) + "\n" + indent + "}"


def difference(stored, computed, path):
    """A sentence about the first value that is not the same, or None."""
    if isinstance(computed, dict):
        if not isinstance(stored, dict) or list(stored) != list(computed):
            return f"{path} is not made of {', '.join(computed)}"
        for key in computed:
            found = difference(stored[key], computed[key], f"{path} / {key}")
            if found is not None:
                return found
        return None
    ours = computed if isinstance(computed, list) else [computed]
    theirs = stored if isinstance(stored, list) else [stored]
    if len(ours) != len(theirs) or not all(isinstance(x, (int, float)) for x in theirs):
        return f"{path} does not hold {len(ours)} numbers"
    largest = max(abs(x) for x in ours)
    for place, (x, y) in enumerate(zip(theirs, ours)):
        if not abs(x - y) <= TOLERANCE * largest:
            return f"{path} [{place}] is {x!r} in the file, but computed now it is {y!r}"
    return None


def read():
    """The file."""
    try:
        return json.loads(FILE.read_text())
    except (OSError, ValueError) as error:
        sys.exit(f"{FILE.name} cannot be read: {error}")


def check(computed, stored, names):
    """Compares with the file; the version of PyTorch may be another."""
    computed.pop("pytorch")
    if isinstance(stored, dict):
        stored.pop("pytorch", None)
        # With --only, the file's other models are not looked at.
        if len(names) < len(NETWORKS) and isinstance(stored.get("models"), dict):
            kept = {key: value for key, value in stored["models"].items() if key in names}
            stored["models"] = kept
    found = difference(stored, computed, FILE.name)
    if found is not None:
        sys.exit(found)
    print(f"{FILE.name} holds what PyTorch {torch.__version__} computes for {', '.join(names)}")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="compare with the file, write nothing")
    parser.add_argument("--only", choices=NETWORKS, metavar="ID", help="check only this model")
    options = parser.parse_args()
    if options.only is not None and not options.check:
        parser.error("--only goes with --check: the file always holds every model")
    names = list(NETWORKS) if options.only is None else [options.only]

    torch.set_num_threads(1)  # Sums are then always taken in the same order.
    stored = read() if FILE.exists() else {}
    computed = compute(names, stored)
    if options.check:
        check(computed, stored, names)
    else:
        FILE.write_text(text(computed) + "\n")
        print(f"{FILE.name}: {FILE.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
