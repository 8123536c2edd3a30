"""The zoo's models in PyTorch: THE twin of `models/src/registry.rs`, for tests, benchmarks and reference runs.

The lecture's are as it writes them, with its names in the state dict: the MLPs are `nn.Sequential`
(`1.weight`, `1.bias`, `3.weight`, ...), the CNNs its `CustomModel` (`conv1` to `conv4`, then `dense`, or
`dense1` and `dense2`). The down-sampling variants of the CNN are the zoo's own, and so is the small VGG, with
torchvision's names. A new model is an entry of `MODELS`.
"""

from collections import namedtuple

import torch
from torch import nn

CLASSES = 10

# Channels, height, width of Fashion-MNIST's and of CIFAR-10's images.
SHAPES = {"1x28x28": (1, 28, 28), "3x32x32": (3, 32, 32)}


def mlp(hidden, activation):
    """`hidden` layers of 256 units."""

    def build(shape, classes):
        channels, height, width = shape
        inputs = channels * height * width
        layers = [nn.Flatten()]
        for _ in range(hidden):
            layers += [nn.Linear(inputs, 256), activation()]
            inputs = 256
        return nn.Sequential(*layers, nn.Linear(inputs, classes))

    return build


class Convolutions(nn.Module):
    """What the lecture's two classes named `CustomModel` share."""

    def __init__(self, shape, padding=0, stride=1, pool=None):
        super().__init__()
        self.conv1 = nn.Conv2d(shape[0], 32, kernel_size=7, padding=padding, stride=stride)
        self.conv2 = nn.Conv2d(32, 64, kernel_size=7, padding=padding, stride=stride)
        self.conv3 = nn.Conv2d(64, 128, kernel_size=7, padding=padding, stride=stride)
        self.conv4 = nn.Conv2d(128, 256, kernel_size=7, padding=padding, stride=stride)
        self.flatten = nn.Flatten()
        self.relu = nn.ReLU()
        self.pool = nn.Identity() if pool is None else pool

    def features(self, x):
        x = self.pool(self.relu(self.conv1(x)))
        x = self.pool(self.relu(self.conv2(x)))
        x = self.pool(self.relu(self.conv3(x)))
        x = self.pool(self.relu(self.conv4(x)))
        return self.flatten(x)

    def count(self, shape):
        """How many features an image has; the lecture writes it out: 4*4*256."""
        with torch.no_grad():
            return self.features(torch.zeros(1, *shape)).shape[1]


class SimpleCnn(Convolutions):
    """`CustomModel` of "Simple Convolutional Neural Network"."""

    def __init__(self, shape, classes):
        super().__init__(shape)
        self.dense = nn.Linear(self.count(shape), classes)

    def forward(self, x):
        return self.dense(self.features(x))


class Cnn(Convolutions):
    """`CustomModel` of "case 1" and "case 2"."""

    def __init__(self, shape, classes, **downsampling):
        super().__init__(shape, **downsampling)
        self.dense1 = nn.Linear(self.count(shape), 128)
        self.dense2 = nn.Linear(128, classes)

    def forward(self, x):
        return self.dense2(self.relu(self.dense1(self.features(x))))


def cnn(**downsampling):
    return lambda shape, classes: Cnn(shape, classes, **downsampling)


class Vgg(nn.Module):
    """Stages of 3x3 convolutions, named as torchvision names its VGGs; by default `vgg-small`."""

    def __init__(self, shape, classes, stages=((32,), (64, 64), (128, 128)), hidden=128):
        super().__init__()
        layers, maps = [], shape[0]
        for stage in stages:
            for channels in stage:
                layers += [nn.Conv2d(maps, channels, kernel_size=3, padding=1), nn.ReLU()]
                maps = channels
            layers.append(nn.MaxPool2d(2))
        self.features = nn.Sequential(*layers)
        features = maps * (shape[1] // 2 ** len(stages)) * (shape[2] // 2 ** len(stages))
        self.classifier = nn.Sequential(nn.Linear(features, hidden), nn.ReLU(), nn.Linear(hidden, classes))

    def forward(self, x):
        return self.classifier(self.features(x).flatten(1))


class Block(nn.Module):
    """torchvision's `BasicBlock`."""

    def __init__(self, before, channels, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(before, channels, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.downsample = None
        if stride != 1 or before != channels:
            shortcut = nn.Conv2d(before, channels, 1, stride=stride, bias=False)
            self.downsample = nn.Sequential(shortcut, nn.BatchNorm2d(channels))

    def forward(self, x):
        shortcut = x if self.downsample is None else self.downsample(x)
        x = torch.relu(self.bn1(self.conv1(x)))
        return torch.relu(self.bn2(self.conv2(x)) + shortcut)


class Resnet(nn.Module):
    """`resnet-20` and `resnet-18`: torchvision's `ResNet`, written anew for other sizes, with its names."""

    def __init__(self, shape, classes, channels, blocks, large_images=False):
        super().__init__()
        size, stride = (7, 2) if large_images else (3, 1)
        before = channels[0]
        self.conv1 = nn.Conv2d(shape[0], before, size, stride=stride, padding=size // 2, bias=False)
        self.bn1 = nn.BatchNorm2d(before)
        self.pool = nn.MaxPool2d(3, stride=2, padding=1) if large_images else nn.Identity()
        self.stages = len(channels)
        for stage, maps in enumerate(channels, 1):
            stride = 1 if stage == 1 else 2
            layers = [Block(before, maps, stride)] + [Block(maps, maps, 1) for _ in range(blocks - 1)]
            setattr(self, f"layer{stage}", nn.Sequential(*layers))
            before = maps
        self.fc = nn.Linear(before, classes)

    def forward(self, x):
        x = self.pool(torch.relu(self.bn1(self.conv1(x))))
        for stage in range(1, self.stages + 1):
            x = getattr(self, f"layer{stage}")(x)
        return self.fc(x.mean((2, 3)))


def resnet(**settings):
    return lambda shape, classes: Resnet(shape, classes, **settings)


# --- Initial weights ----------------------------------------------------------------------------


def pytorchs_default(model):
    """As `nn.Linear` and `nn.Conv2d` draw them when they are made."""


def drawn_by(draw):
    """Weights of dense layers and convolutions by `draw`, their biases 0."""

    def initialise(model):
        for layer in model.modules():
            if isinstance(layer, (nn.Conv2d, nn.Linear)):
                draw(layer.weight)
                if layer.bias is not None:
                    nn.init.zeros_(layer.bias)

    return initialise


xavier = drawn_by(nn.init.xavier_uniform_)
he = drawn_by(lambda weight: nn.init.kaiming_uniform_(weight, nonlinearity="relu"))


# --- The table ----------------------------------------------------------------------------------

# How a model is built from the images' shape and the number of classes, how its weights are drawn, and
# Adam's learning rate.
Model = namedtuple("Model", "build initialise learning_rate")

MODELS = {
    "mlp-sigmoid": Model(mlp(1, nn.Sigmoid), xavier, 1e-3),
    "mlp-relu": Model(mlp(1, nn.ReLU), he, 1e-3),
    "mlp-relu-2": Model(mlp(2, nn.ReLU), he, 1e-3),
    "mlp-relu-3": Model(mlp(3, nn.ReLU), he, 1e-3),
    "cnn-simple": Model(SimpleCnn, pytorchs_default, 1e-5),
    "cnn": Model(cnn(), pytorchs_default, 1e-5),
    "cnn-maxpool": Model(cnn(padding=3, pool=nn.MaxPool2d(2)), pytorchs_default, 1e-3),
    "cnn-avgpool": Model(cnn(padding=3, pool=nn.AvgPool2d(2)), pytorchs_default, 1e-3),
    "cnn-strided": Model(cnn(padding=3, stride=2), pytorchs_default, 1e-3),
    "vgg-small": Model(Vgg, he, 1e-3),
    "resnet-20": Model(resnet(channels=[16, 32, 64], blocks=3), he, 1e-3),
    "resnet-18": Model(
        resnet(channels=[64, 128, 256, 512], blocks=2, large_images=True), he, 1e-3
    ),
}


def build(name, shape, classes=CLASSES):
    """The model `name` for images of `shape`: channels, height, width; its weights drawn by its recipe."""
    if name not in MODELS:
        raise SystemExit(f"there is no model {name!r}; there are {', '.join(MODELS)}")
    model = MODELS[name].build(shape, classes)
    MODELS[name].initialise(model)
    return model
