"""The lecture's models as it writes them in PyTorch, with its names in the state dict.

The MLPs are `nn.Sequential` (`1.weight`, `1.bias`, `3.weight`, ...), the CNNs its `CustomModel`
(`conv1` to `conv4`, then `dense`, or `dense1` and `dense2`). The down-sampling variants of the CNN
and the small VGG, with torchvision's names, are the zoo's own. Initial weights are PyTorch's: whoever builds a model here sets them next.
"""

import torch
from torch import nn

MODELS = (
    "mlp-sigmoid",
    "mlp-relu",
    "mlp-relu-2",
    "mlp-relu-3",
    "cnn-simple",
    "cnn",
    "cnn-maxpool",
    "cnn-avgpool",
    "cnn-strided",
    "vgg-small",
)
CLASSES = 10

# Channels, height, width of Fashion-MNIST's and of CIFAR-10's images.
SHAPES = {"1x28x28": (1, 28, 28), "3x32x32": (3, 32, 32)}


def mlp(shape, hidden, activation):
    """`hidden` layers of 256 units."""
    channels, height, width = shape
    inputs = channels * height * width
    layers = [nn.Flatten()]
    for _ in range(hidden):
        layers += [nn.Linear(inputs, 256), activation()]
        inputs = 256
    return nn.Sequential(*layers, nn.Linear(inputs, CLASSES))


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

    def __init__(self, shape):
        super().__init__(shape)
        self.dense = nn.Linear(self.count(shape), CLASSES)

    def forward(self, x):
        return self.dense(self.features(x))


class Cnn(Convolutions):
    """`CustomModel` of "case 1" and "case 2"."""

    def __init__(self, shape, **downsampling):
        super().__init__(shape, **downsampling)
        self.dense1 = nn.Linear(self.count(shape), 128)
        self.dense2 = nn.Linear(128, CLASSES)

    def forward(self, x):
        return self.dense2(self.relu(self.dense1(self.features(x))))


class Vgg(nn.Module):
    """`vgg-small`: three stages of 3x3 convolutions, named as torchvision names its VGGs."""

    def __init__(self, shape):
        super().__init__()
        layers, maps = [], shape[0]
        for stage in ([32], [64, 64], [128, 128]):
            for channels in stage:
                layers += [nn.Conv2d(maps, channels, kernel_size=3, padding=1), nn.ReLU()]
                maps = channels
            layers.append(nn.MaxPool2d(2))
        self.features = nn.Sequential(*layers)
        features = maps * (shape[1] // 8) * (shape[2] // 8)
        self.classifier = nn.Sequential(nn.Linear(features, 128), nn.ReLU(), nn.Linear(128, CLASSES))

    def forward(self, x):
        return self.classifier(self.features(x).flatten(1))


def build(name, shape):
    """The model `name` for images of `shape`: channels, height, width."""
    if name == "mlp-sigmoid":
        return mlp(shape, 1, nn.Sigmoid)
    if name == "mlp-relu":
        return mlp(shape, 1, nn.ReLU)
    if name == "mlp-relu-2":
        return mlp(shape, 2, nn.ReLU)
    if name == "mlp-relu-3":
        return mlp(shape, 3, nn.ReLU)
    if name == "cnn-simple":
        return SimpleCnn(shape)
    if name == "cnn":
        return Cnn(shape)
    if name == "cnn-maxpool":
        return Cnn(shape, padding=3, pool=nn.MaxPool2d(2))
    if name == "cnn-avgpool":
        return Cnn(shape, padding=3, pool=nn.AvgPool2d(2))
    if name == "cnn-strided":
        return Cnn(shape, padding=3, stride=2)
    if name == "vgg-small":
        return Vgg(shape)
    raise ValueError(f"there is no model {name!r}; there are {', '.join(MODELS)}")
