#!/usr/bin/env python3
"""torchvision's own `resnet18()` in the zoo: its state dict, there and back, and its logits.

PROGRAM is `zoo`, built. torchvision's model is saved with random weights and running statistics of its
own. As it is, with 1,000 classes, `zoo import` and `zoo predict` take it, and answer as torchvision does after its
own `weights.transforms()`, for pictures of several sizes; with ten classes, whose pictures are in ten folders,
`zoo evaluate` does, and what `zoo export` writes goes back into torchvision's. Ends at the first check that
fails. Needs PyTorch 2.9,
torchvision 0.24, Pillow, NumPy and safetensors; works in a temporary folder, without the network.

    python tests/pytorch/torchvision_resnet.py target/release/zoo
"""

import csv
import json

import torch
from PIL import Image
from safetensors.torch import load_file
from torchvision.models import ResNet18_Weights, resnet18

from exchange import Zoo, is_count, pixels, require, check_program, save
from models import build

CLASSES = 10
SHAPE = (3, 224, 224)
# Of a logit, relative to the largest.
TOLERANCE = 1e-5
# How torchvision's weights want pictures; nothing is fetched for it.
as_images = ResNet18_Weights.IMAGENET1K_V1.transforms()


def torchvisions(num_classes):
    """Random weights as torchvision draws them, running statistics of a few batches."""
    torch.manual_seed(7)
    model = resnet18(num_classes=num_classes)
    with torch.no_grad():
        for seed in (3, 4):
            model(pixels((3, 64, 64), seed) / 127.5 - 1)
    return model.eval()


def logits_of(model, paths):
    """Torchvision's, in 64 bits."""
    images = torch.stack([as_images(Image.open(path)) for path in paths])
    with torch.no_grad():
        logits = model.double()(images.double())
    model.float()
    return logits


def write_pictures(folder):
    """Pictures of both splits, class after class in turn, as the zoo takes them; the files to test on."""
    train, test = pixels(SHAPE, 1), pixels(SHAPE, 2)
    for split, images in (("train", train), ("test", test)):
        for number, image in enumerate(images):
            path = folder / split / f"class{number % CLASSES}" / f"{number:03}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(image.permute(1, 2, 0).numpy()).save(path)
    return [folder / "test" / f"class{number % CLASSES}" / f"{number:03}.png" for number in range(len(test))]


def logits(zoo, run, folder):
    """What `zoo evaluate` writes, on the backend that is in every build."""
    file = zoo.folder / "predictions.csv"
    words = ["evaluate", run, "--data-dir", folder, "--backend", "flex", "--predictions", file]
    zoo(*words)
    with open(file, newline="") as opened:
        return torch.tensor([[float(logit) for logit in row[3:]] for row in list(csv.reader(opened))[1:]])


def check_as_it_is(program, folder):
    """All of torchvision's file, with its 1,000 classes and their names."""
    zoo = Zoo(program, folder)
    model = torchvisions(1000)
    names = ResNet18_Weights.IMAGENET1K_V1.meta["categories"]
    classes = folder / "classes.txt"
    classes.write_text("\n".join(names))
    file, run = save(model.state_dict(), folder / "imagenet.pth"), folder / "imagenet"
    zoo("import", file, "--model", "resnet-18", "--classes", classes, "--out", run)
    pictures = []
    for number, (width, height) in enumerate([(500, 375), (375, 500), (224, 224), (301, 97), (1000, 257)]):
        pictures.append(folder / f"{number}.png")
        image = pixels((3, height, width), number)[number]
        Image.fromarray(image.permute(1, 2, 0).numpy()).save(pictures[-1])
    answers = json.loads(zoo("predict", run, *pictures, "--top", 1000, "--json", "--backend", "flex"))
    expected = logits_of(model, pictures).softmax(1)
    for picture, answer, right in zip(pictures, answers, expected):
        require(len(answer["top"]) == 1000, f"{picture}: {len(answer['top'])} classes")
        # Two classes of ImageNet share a name twice.
        found = sorted((guess["class"], guess["probability"]) for guess in answer["top"])
        right = sorted(zip(names, right.tolist()))
        require([name for name, _ in found] == [name for name, _ in right], "other classes")
        apart = max(abs(a - b) / b for (_, a), (_, b) in zip(found, right))
        require(apart <= 2e-4, f"{picture}: a probability is {apart:.1e} of itself apart")
    print("ok  with 1,000 classes, as it is: torchvision's probabilities for pictures of five sizes")


def check(program, folder):
    zoo = Zoo(program, folder)
    model = torchvisions(CLASSES)
    state = model.state_dict()
    twin = build("resnet-18", SHAPE, CLASSES).state_dict()
    require(list(twin) == list(state), "the twin in models.py does not have torchvision's names")

    tested = write_pictures(folder / "pictures")
    dataset = f"folder:{folder / 'pictures'}"
    for suffix in (".pth", ".safetensors"):
        run = folder / f"run{suffix}"
        words = ["--model", "resnet-18", "--dataset", dataset]
        zoo("import", save(state, folder / f"resnet18{suffix}"), *words, "--out", run)

    expected = logits_of(model, tested)
    found = logits(zoo, run, folder / "pictures").double()
    require(found.shape == expected.shape, f"the logits are {tuple(found.shape)}")
    apart = ((found - expected).abs().max() / expected.abs().max()).item()
    require(apart <= TOLERANCE, f"a logit is {apart:.1e} of the largest apart from torchvision's")
    print(f"ok  {len(found)} images of 224x224: every logit within {apart:.1e} of the largest")

    for form, suffix in (("pytorch", ".pth"), ("safetensors", ".safetensors")):
        file = folder / f"back{suffix}"
        zoo("export", run, "--format", form, "--out", file)
        back = torch.load(file, weights_only=True) if suffix == ".pth" else load_file(file)
        require(set(back) == set(state), f"{form}: the names are not torchvision's")
        resnet18(num_classes=CLASSES).load_state_dict(back, strict=True)
        for name, tensor in state.items():
            same = is_count(name) or torch.equal(tensor, back[name])
            require(same, f"{form}: {name} comes back changed")
        print(f"ok  {form}: {len(state)} tensors go back into torchvision's resnet18(), bit by bit")


if __name__ == "__main__":
    torch.set_num_threads(1)
    check_program(__doc__, check_as_it_is, check)
