#!/usr/bin/env python3
"""Fine-tuning as PyTorch does it: frozen modules, two learning rates, weight decay, step by step.

PROGRAM is `zoo`, built. torchvision's `resnet18()` with random weights is given to `zoo train --init-from`
for three classes of its own, all images in one batch, so that every epoch is one step; PyTorch takes
the same steps in 64 bits, with the head that the zoo drew. Losses, batch statistics and weights are compared.
Ends at the first check that fails. Needs PyTorch 2.9, torchvision 0.24, Pillow, NumPy and safetensors;
works in a temporary folder, without the network.

    python tests/pytorch/fine_tuning.py target/release/zoo
"""

import csv

import torch
from PIL import Image
from torch.nn.functional import cross_entropy
from torchvision.models import resnet18
from torchvision.transforms import Normalize

from exchange import Zoo, pixels, require, check_program, save

CLASSES = 3
SIDE = 64
STEPS = 3
HEAD_RATE, BACKBONE_RATE, DECAY = 1e-3, 1e-4, 0.1
normalise = Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))


def torchvisions():
    """As many classes as ImageNet's; running statistics of a few batches."""
    torch.manual_seed(7)
    model = resnet18()
    with torch.no_grad():
        for seed in (3, 4):
            model(pixels((3, SIDE, SIDE), seed) / 255)
    return model.eval()


def write_pictures(folder):
    """Pictures of the images' size in both splits; those to train on, with their classes."""
    images = pixels((3, SIDE, SIDE), 1)[:12]
    for split in ("train", "test"):
        for number, image in enumerate(images):
            path = folder / split / f"class{number % CLASSES}" / f"{number:03}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(image.permute(1, 2, 0).numpy()).save(path)
    return images, torch.arange(len(images)) % CLASSES


def weights_of(zoo, run):
    """By PyTorch's names."""
    file = run / "weights.pt"
    zoo("export", run, "--format", "pytorch", "--out", file)
    return torch.load(file, weights_only=True)


def losses_of(run):
    """By split, of every epoch."""
    with open(run / "metrics.csv", newline="") as opened:
        rows = list(csv.DictReader(opened))
    return {s: [float(row["loss"]) for row in rows if row["split"] == s] for s in ("train", "test")}


def is_frozen(name, frozen):
    return any(name.startswith(module + ".") for module in frozen)


def pytorchs(begin, images, targets, frozen, backbone_rate):
    """The same by PyTorch: losses before each step and after it, and the weights after the first."""
    model = resnet18(num_classes=CLASSES).double()
    model.load_state_dict(begin)
    images, groups = normalise(images.double() / 255), []
    for name, parameter in model.named_parameters():
        parameter.requires_grad = not is_frozen(name, frozen)
        groups.append({
            "params": [parameter],
            "lr": HEAD_RATE if name.startswith("fc.") else backbone_rate,
            "weight_decay": DECAY if parameter.dim() > 1 else 0.0,
        })
    adam = torch.optim.AdamW(groups)
    losses, first = {"train": [], "test": []}, None
    for _ in range(STEPS):
        model.train()
        # What requires_grad leaves out: frozen batch normalisation uses and keeps its statistics.
        for name, module in model.named_modules():
            if is_frozen(name + ".", frozen):
                module.eval()
        loss = cross_entropy(model(images), targets)
        adam.zero_grad()
        loss.backward()
        adam.step()
        losses["train"].append(loss.item())
        with torch.no_grad():
            losses["test"].append(cross_entropy(model.eval()(images), targets).item())
        first = first or {name: tensor.clone() for name, tensor in model.state_dict().items()}
    return losses, first


def check(program, folder):
    zoo = Zoo(program, folder)
    model = torchvisions()
    file = save(model.state_dict(), folder / "resnet18.pth")
    images, targets = write_pictures(folder / "pictures")
    words = [
        *("--init-from", file, "--dataset", f"folder:{folder / 'pictures'}"),
        *("--image-shape", f"3x{SIDE}x{SIDE}", "--fit", "pad", "--batch-size", len(images), "--backend", "flex"),
        *("--weight-decay", DECAY, "--seed", 5),
    ]
    # With a learning rate that changes nothing: the weights that all of the following begin with.
    run = folder / "begin"
    nothing = ["--lr", 1e-30, "--epochs", 1, "--freeze", "backbone"]
    zoo("train", "resnet-18", *words, *nothing, "--out", run)
    begin = weights_of(zoo, run)
    for name, tensor in model.state_dict().items():
        if not name.startswith("fc.") and not name.endswith("num_batches_tracked"):
            require(torch.equal(tensor, begin[name]), f"{name} was not taken over bit by bit")
    print("ok  all of torchvision's file but its last layer is taken over, bit by bit")

    backbone = ["conv1", "bn1", "layer1", "layer2", "layer3", "layer4"]
    cases = [
        ("all trained", [], []),
        ("backbone frozen", backbone, ["--freeze", "backbone"]),
        ("conv1, bn1 and layer1 frozen", backbone[:3], ["--freeze", "conv1,bn1,layer1"]),
        ("a rate for the backbone", [], ["--backbone-lr", BACKBONE_RATE]),
    ]
    for number, (name, frozen, options) in enumerate(cases):
        run = folder / f"run{number}"
        zoo("train", "resnet-18", *words, "--lr", HEAD_RATE, "--epochs", 1, *options, "--out", run)
        first = weights_of(zoo, run)
        zoo("train", "--resume", run, "--epochs", STEPS)
        rate = BACKBONE_RATE if "--backbone-lr" in options else HEAD_RATE
        losses, reference = pytorchs(begin, images, targets, frozen, rate)
        compare_losses(name, losses_of(run), losses)
        compare_weights(name, frozen, first, reference, rate)


def compare_losses(name, found, expected):
    for split, losses in found.items():
        require(len(losses) == STEPS, f"{name}: {len(losses)} {split} losses")
        for step, (loss, right) in enumerate(zip(losses, expected[split])):
            # The first is before any step; later Adam's steps along the least gradients differ.
            tolerance = 1e-5 if (split, step) == ("train", 0) else 2e-3
            message = f"{name}: {split} loss {loss} of step {step}, PyTorch's is {right}"
            require(abs(loss - right) <= tolerance * abs(right), message)


def compare_weights(name, frozen, found, expected, backbone_rate):
    """After one step."""
    wide, count = 0, 0
    for key, right in expected.items():
        if key.endswith("num_batches_tracked"):
            continue
        own = found[key].double()
        if is_frozen(key, frozen):
            require(torch.equal(own, right), f"{name}: {key} is frozen and has changed")
        elif "running" in key:
            apart = (own - right).abs().max() / right.abs().max()
            require(apart <= 1e-5, f"{name}: {key} is {apart:.1e} of the largest apart")
        else:
            rate = HEAD_RATE if key.startswith("fc.") else backbone_rate
            apart = (own - right).abs() / rate
            # Adam's first step is as large as the rate, whose sign a rounding of the least gradients decides.
            wide, count = wide + (apart > 0.01).sum().item(), count + apart.numel()
            require(apart.max() <= 2.01, f"{name}: {key} is {apart.max():.2f} steps apart")
    share = wide / count
    require(share <= 1e-3, f"{name}: {share:.2%} of the weights are a hundredth of a step or more apart")
    print(f"ok  {name}: losses and statistics are PyTorch's, and but for {share:.4%} the weights")


if __name__ == "__main__":
    torch.set_num_threads(1)
    check_program(__doc__, check)
