//! Made for Burn 0.22 by `zoo export`, and yours to change.
//!
//! vgg-small of burn-zoo, for the 10 classes of fashion-mnist. Images of 1×28×28 (channels, height,
//! width; grey), values from 0, dark, to 255, bright: each divided by 255, minus 0.5, divided by
//! 0.5. Things are bright on a black background: an image on a white background is inverted first.
//!
//! ```ignore
//! let model = VggSmall::init(&device).try_load_file("vgg_small.bpk")?;
//! let logits = model.forward(images);
//! ```

use burn::module::Module;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::pool::MaxPool2dConfig;
use burn::nn::{Linear, LinearConfig, PaddingConfig2d};
use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor};

/// `vgg-small`: images `[N, 1, 28, 28]` to logits `[N, 10]`.
#[derive(Module, Debug)]
pub struct VggSmall {
    stages: Vec<Vec<Conv2d>>,
    dense1: Linear,
    dense2: Linear,
}

impl VggSmall {
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
            stages: vec![
                vec![
                    Conv2dConfig::new([1, 32], [3, 3])
                        .with_padding(PaddingConfig2d::Explicit(1, 1, 1, 1))
                        .init(device),
                ],
                vec![
                    Conv2dConfig::new([32, 64], [3, 3])
                        .with_padding(PaddingConfig2d::Explicit(1, 1, 1, 1))
                        .init(device),
                    Conv2dConfig::new([64, 64], [3, 3])
                        .with_padding(PaddingConfig2d::Explicit(1, 1, 1, 1))
                        .init(device),
                ],
                vec![
                    Conv2dConfig::new([64, 128], [3, 3])
                        .with_padding(PaddingConfig2d::Explicit(1, 1, 1, 1))
                        .init(device),
                    Conv2dConfig::new([128, 128], [3, 3])
                        .with_padding(PaddingConfig2d::Explicit(1, 1, 1, 1))
                        .init(device),
                ],
            ],
            dense1: LinearConfig::new(1152, 128).init(device),
            dense2: LinearConfig::new(128, 10).init(device),
        }
    }

    /// Images, prepared as the top of this file says, to logits.
    pub fn forward(&self, images: Tensor<4>) -> Tensor<2> {
        let x = relu(self.stages[0][0].forward(images));
        let x = max_pool(x, 2, 2, 0);
        let x = relu(self.stages[1][0].forward(x));
        let x = relu(self.stages[1][1].forward(x));
        let x = max_pool(x, 2, 2, 0);
        let x = relu(self.stages[2][0].forward(x));
        let x = relu(self.stages[2][1].forward(x));
        let x = max_pool(x, 2, 2, 0);
        let x = x.flatten(1, 3);
        let x = relu(self.dense1.forward(x));
        self.dense2.forward(x)
    }
}

/// The largest value of each window.
fn max_pool(maps: Tensor<4>, size: usize, stride: usize, padding: usize) -> Tensor<4> {
    let pool = MaxPool2dConfig::new([size; 2]).with_strides([stride; 2]);
    let padding = PaddingConfig2d::Explicit(padding, padding, padding, padding);
    let pool = pool.with_padding(padding);
    pool.init().forward(maps)
}
