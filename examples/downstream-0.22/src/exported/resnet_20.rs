//! Made for Burn 0.22 by `zoo export`, and yours to change.
//!
//! resnet-20 of burn-zoo, for the 10 classes of fashion-mnist. Images of 1×28×28 (channels, height,
//! width; grey), values from 0, dark, to 255, bright: each divided by 255, minus 0.5, divided by
//! 0.5. Things are bright on a black background: an image on a white background is inverted first.
//!
//! Batch normalisation is Burn's. It classifies as the zoo's does; in training, its running
//! variance is over n values, and PyTorch's and the zoo's over n − 1.
//!
//! ```ignore
//! let model = Resnet20::init(&device).try_load_file("resnet_20.bpk")?;
//! let logits = model.forward(images);
//! ```

use burn::module::Module;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::{BatchNorm, BatchNormConfig, Linear, LinearConfig, PaddingConfig2d};
use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor};

/// `resnet-20`: images `[N, 1, 28, 28]` to logits `[N, 10]`.
#[derive(Module, Debug)]
pub struct Resnet20 {
    conv1: Conv2d,
    bn1: BatchNorm,
    layer1: Vec<Block>,
    layer2: Vec<Block>,
    layer3: Vec<Block>,
    fc: Linear,
}

impl Resnet20 {
    /// The classes, in order of the logits.
    pub const CLASSES: [&'static str; 10] = [
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    ];

    /// With weights as Burn draws them, until others are loaded.
    pub fn init(device: &Device) -> Self {
        Self {
            conv1: Conv2dConfig::new([1, 16], [3, 3])
                .with_padding(PaddingConfig2d::Explicit(1, 1, 1, 1))
                .with_bias(false)
                .init(device),
            bn1: BatchNormConfig::new(16).init(device),
            layer1: vec![
                Block {
                    conv1: Conv2dConfig::new([16, 16], [3, 3])
                        .with_padding(PaddingConfig2d::Explicit(1, 1, 1, 1))
                        .with_bias(false)
                        .init(device),
                    bn1: BatchNormConfig::new(16).init(device),
                    conv2: Conv2dConfig::new([16, 16], [3, 3])
                        .with_padding(PaddingConfig2d::Explicit(1, 1, 1, 1))
                        .with_bias(false)
                        .init(device),
                    bn2: BatchNormConfig::new(16).init(device),
                    downsample: None,
                },
                Block {
                    conv1: Conv2dConfig::new([16, 16], [3, 3])
                        .with_padding(PaddingConfig2d::Explicit(1, 1, 1, 1))
                        .with_bias(false)
                        .init(device),
                    bn1: BatchNormConfig::new(16).init(device),
                    conv2: Conv2dConfig::new([16, 16], [3, 3])
                        .with_padding(PaddingConfig2d::Explicit(1, 1, 1, 1))
                        .with_bias(false)
                        .init(device),
                    bn2: BatchNormConfig::new(16).init(device),
                    downsample: None,
                },
                Block {
                    conv1: Conv2dConfig::new([16, 16], [3, 3])
                        .with_padding(PaddingConfig2d::Explicit(1, 1, 1, 1))
                        .with_bias(false)
                        .init(device),
                    bn1: BatchNormConfig::new(16).init(device),
                    conv2: Conv2dConfig::new([16, 16], [3, 3])
                        .with_padding(PaddingConfig2d::Explicit(1, 1, 1, 1))
                        .with_bias(false)
                        .init(device),
                    bn2: BatchNormConfig::new(16).init(device),
                    downsample: None,
                },
            ],
            layer2: vec![
                Block {
                    conv1: Conv2dConfig::new([16, 32], [3, 3])
                        .with_stride([2, 2])
                        .with_padding(PaddingConfig2d::Explicit(1, 1, 1, 1))
                        .with_bias(false)
                        .init(device),
                    bn1: BatchNormConfig::new(32).init(device),
                    conv2: Conv2dConfig::new([32, 32], [3, 3])
                        .with_padding(PaddingConfig2d::Explicit(1, 1, 1, 1))
                        .with_bias(false)
                        .init(device),
                    bn2: BatchNormConfig::new(32).init(device),
                    downsample: Some((
                        Conv2dConfig::new([16, 32], [1, 1])
                            .with_stride([2, 2])
                            .with_bias(false)
                            .init(device),
                        BatchNormConfig::new(32).init(device),
                    )),
                },
                Block {
                    conv1: Conv2dConfig::new([32, 32], [3, 3])
                        .with_padding(PaddingConfig2d::Explicit(1, 1, 1, 1))
                        .with_bias(false)
                        .init(device),
                    bn1: BatchNormConfig::new(32).init(device),
                    conv2: Conv2dConfig::new([32, 32], [3, 3])
                        .with_padding(PaddingConfig2d::Explicit(1, 1, 1, 1))
                        .with_bias(false)
                        .init(device),
                    bn2: BatchNormConfig::new(32).init(device),
                    downsample: None,
                },
                Block {
                    conv1: Conv2dConfig::new([32, 32], [3, 3])
                        .with_padding(PaddingConfig2d::Explicit(1, 1, 1, 1))
                        .with_bias(false)
                        .init(device),
                    bn1: BatchNormConfig::new(32).init(device),
                    conv2: Conv2dConfig::new([32, 32], [3, 3])
                        .with_padding(PaddingConfig2d::Explicit(1, 1, 1, 1))
                        .with_bias(false)
                        .init(device),
                    bn2: BatchNormConfig::new(32).init(device),
                    downsample: None,
                },
            ],
            layer3: vec![
                Block {
                    conv1: Conv2dConfig::new([32, 64], [3, 3])
                        .with_stride([2, 2])
                        .with_padding(PaddingConfig2d::Explicit(1, 1, 1, 1))
                        .with_bias(false)
                        .init(device),
                    bn1: BatchNormConfig::new(64).init(device),
                    conv2: Conv2dConfig::new([64, 64], [3, 3])
                        .with_padding(PaddingConfig2d::Explicit(1, 1, 1, 1))
                        .with_bias(false)
                        .init(device),
                    bn2: BatchNormConfig::new(64).init(device),
                    downsample: Some((
                        Conv2dConfig::new([32, 64], [1, 1])
                            .with_stride([2, 2])
                            .with_bias(false)
                            .init(device),
                        BatchNormConfig::new(64).init(device),
                    )),
                },
                Block {
                    conv1: Conv2dConfig::new([64, 64], [3, 3])
                        .with_padding(PaddingConfig2d::Explicit(1, 1, 1, 1))
                        .with_bias(false)
                        .init(device),
                    bn1: BatchNormConfig::new(64).init(device),
                    conv2: Conv2dConfig::new([64, 64], [3, 3])
                        .with_padding(PaddingConfig2d::Explicit(1, 1, 1, 1))
                        .with_bias(false)
                        .init(device),
                    bn2: BatchNormConfig::new(64).init(device),
                    downsample: None,
                },
                Block {
                    conv1: Conv2dConfig::new([64, 64], [3, 3])
                        .with_padding(PaddingConfig2d::Explicit(1, 1, 1, 1))
                        .with_bias(false)
                        .init(device),
                    bn1: BatchNormConfig::new(64).init(device),
                    conv2: Conv2dConfig::new([64, 64], [3, 3])
                        .with_padding(PaddingConfig2d::Explicit(1, 1, 1, 1))
                        .with_bias(false)
                        .init(device),
                    bn2: BatchNormConfig::new(64).init(device),
                    downsample: None,
                },
            ],
            fc: LinearConfig::new(64, 10).init(device),
        }
    }

    /// Images, prepared as the top of this file says, to logits.
    pub fn forward(&self, images: Tensor<4>) -> Tensor<2> {
        let x = self.conv1.forward(images);
        let x = relu(self.bn1.forward(x));
        let x = self.layer1.iter().fold(x, |x, block| block.forward(x));
        let x = self.layer2.iter().fold(x, |x, block| block.forward(x));
        let x = self.layer3.iter().fold(x, |x, block| block.forward(x));
        let x = x.mean_dim(3).mean_dim(2);
        let x = x.flatten(1, 3);
        self.fc.forward(x)
    }
}

#[derive(Module, Debug)]
pub struct Block {
    conv1: Conv2d,
    bn1: BatchNorm,
    conv2: Conv2d,
    bn2: BatchNorm,
    downsample: Option<(Conv2d, BatchNorm)>,
}

impl Block {
    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let y = self.conv1.forward(x.clone());
        let y = relu(self.bn1.forward(y));
        let y = self.conv2.forward(y);
        let y = self.bn2.forward(y);
        let x = match &self.downsample {
            Some(downsample) => downsample.1.forward(downsample.0.forward(x)),
            None => x,
        };
        relu(y + x)
    }
}
