// Made by scripts/edition.py from models/: not to be edited.

//! Residual networks: He, Zhang, Ren and Sun, "Deep Residual Learning for Image Recognition", 2015, arXiv
//! 1512.03385. That of its section 4.2 for small images, and its 18 layers for large ones as torchvision has
//! them, with torchvision's names.

use crate::network::{Network, NetworkConfig, Plan, Purpose, conv2d, linear};
use crate::{BatchNorm2d, ImageShape, Initialisation, Maps, ModelError, Window};
use burn::tensor::Device;
use burn::{config::Config, module::Module};
use burn_nn::{Linear, conv::Conv2d};

/// Settings of a [`Resnet`].
#[derive(Config, Debug, PartialEq)]
pub struct ResnetConfig {
    /// The shape of the images.
    pub input: ImageShape,
    /// The number of classes.
    pub num_classes: usize,
    /// The feature maps of each stage, at most four; each after the first has half the size of the one
    /// before.
    #[config(default = "vec![16, 32, 64]")]
    pub channels: Vec<usize>,
    /// The number of blocks of each stage.
    #[config(default = 3)]
    pub blocks: usize,
    /// Whether images are large: a 7×7 convolution and a pooling then make them four times smaller first, in
    /// the place of a 3×3 convolution that keeps their size.
    #[config(default = false)]
    pub large_images: bool,
    /// How the weights are drawn; those of batch normalisation are 1 and 0.
    #[config(default = "Initialisation::KaimingUniform")]
    pub initialisation: Initialisation,
}

/// A convolution, stages of residual blocks, the mean of each map, one dense layer to the logits.
#[derive(Module, Debug)]
pub struct Resnet {
    conv1: Conv2d,
    bn1: BatchNorm2d,
    layer1: Vec<Block>,
    layer2: Vec<Block>,
    layer3: Vec<Block>,
    layer4: Vec<Block>,
    fc: Linear,
    #[module(skip)]
    large_images: bool,
    plan: Plan,
}

/// Two 3×3 convolutions, whose result is added to what came in.
#[derive(Module, Debug)]
pub struct Block {
    conv1: Conv2d,
    bn1: BatchNorm2d,
    conv2: Conv2d,
    bn2: BatchNorm2d,
    /// Where the shape changes, a 1×1 convolution makes what came in fit (the paper's option B).
    downsample: Option<(Conv2d, BatchNorm2d)>,
}

impl Block {
    fn new(before: usize, channels: usize, stride: usize, device: &Device) -> Self {
        let conv = |size: usize, stride| {
            let conv = conv2d(channels, size, stride, size / 2).with_bias(false);
            (conv.init(device), BatchNorm2d::new(channels, device))
        };
        let ((conv1, bn1), (conv2, bn2)) = (conv(3, stride), conv(3, 1));
        let changes = before != channels || stride != 1;
        let downsample = changes.then(|| conv(1, stride));
        Self {
            conv1,
            bn1,
            conv2,
            bn2,
            downsample,
        }
    }

    fn forward(&self, input: Maps) -> Maps {
        let x = input
            .clone()
            .conv2d(&self.conv1)
            .batch_norm(&self.bn1)
            .relu();
        let x = x.conv2d(&self.conv2).batch_norm(&self.bn2);
        let shortcut = self
            .downsample
            .iter()
            .fold(input, |x, (conv, norm)| x.conv2d(conv).batch_norm(norm));
        x.add(shortcut).relu()
    }
}

impl Network for Resnet {
    type Config = ResnetConfig;

    fn features(&self, images: Maps) -> Maps {
        let x = images.conv2d(&self.conv1).batch_norm(&self.bn1).relu();
        let x = match self.large_images {
            true => x.max_pool2d(Window::new(3, 2, 1)),
            false => x,
        };
        let stages = [&self.layer1, &self.layer2, &self.layer3, &self.layer4];
        let blocks = stages.into_iter().flatten();
        let x = blocks.fold(x, |x, block| block.forward(x));
        x.global_avg_pool2d().flatten()
    }

    fn logits(&self, features: Maps) -> Maps {
        features.linear(&self.fc)
    }

    fn plan(&self) -> &Plan {
        &self.plan
    }

    fn plan_mut(&mut self) -> &mut Plan {
        &mut self.plan
    }
}

impl NetworkConfig for ResnetConfig {
    type Network = Resnet;

    fn layers(&self, device: &Device) -> Resnet {
        let first = self.channels[0];
        let (size, stride) = if self.large_images { (7, 2) } else { (3, 1) };
        let stage = |number: usize| -> Vec<Block> {
            let Some(&channels) = self.channels.get(number) else {
                return Vec::new();
            };
            let (before, stride) = match number {
                0 => (first, 1),
                _ => (self.channels[number - 1], 2),
            };
            let blocks = (0..self.blocks).map(|block| match block {
                0 => Block::new(before, channels, stride, device),
                _ => Block::new(channels, channels, 1, device),
            });
            blocks.collect()
        };
        let conv1 = conv2d(first, size, stride, size / 2).with_bias(false);
        Resnet {
            conv1: conv1.init(device),
            bn1: BatchNorm2d::new(first, device),
            layer1: stage(0),
            layer2: stage(1),
            layer3: stage(2),
            layer4: stage(3),
            fc: linear(self.num_classes, device),
            large_images: self.large_images,
            plan: Plan::new(self.input),
        }
    }

    fn check(&self) -> Result<(), ModelError> {
        let fits = (1..=4).contains(&self.channels.len()) && self.blocks > 0;
        ModelError::bad_config(
            !fits,
            "a ResNet has one to four stages of one block or more",
        )
    }

    fn purpose(&self) -> Purpose {
        Purpose::new(self.input, self.num_classes, self.initialisation)
    }
}
