//! Made for Burn 0.22 by `zoo export`, and yours to change.
//!
//! cnn of burn-zoo, for the 10 classes of fashion-mnist. Images of 1×28×28 (channels, height,
//! width; grey), values from 0, dark, to 255, bright: each divided by 255, minus 0.5, divided by
//! 0.5. Things are bright on a black background: an image on a white background is inverted first.
//!
//! ```ignore
//! let model = Cnn::init(&device).try_load_file("cnn.bpk")?;
//! let logits = model.forward(images);
//! ```

use burn::module::Module;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::{Linear, LinearConfig};
use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor};

/// `cnn`: images `[N, 1, 28, 28]` to logits `[N, 10]`.
#[derive(Module, Debug)]
pub struct Cnn {
    conv1: Conv2d,
    conv2: Conv2d,
    conv3: Conv2d,
    conv4: Conv2d,
    dense1: Linear,
    dense2: Linear,
}

impl Cnn {
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
            conv1: Conv2dConfig::new([1, 32], [7, 7]).init(device),
            conv2: Conv2dConfig::new([32, 64], [7, 7]).init(device),
            conv3: Conv2dConfig::new([64, 128], [7, 7]).init(device),
            conv4: Conv2dConfig::new([128, 256], [7, 7]).init(device),
            dense1: LinearConfig::new(4096, 128).init(device),
            dense2: LinearConfig::new(128, 10).init(device),
        }
    }

    /// Images, prepared as the top of this file says, to logits.
    pub fn forward(&self, images: Tensor<4>) -> Tensor<2> {
        let x = relu(self.conv1.forward(images));
        let x = relu(self.conv2.forward(x));
        let x = relu(self.conv3.forward(x));
        let x = relu(self.conv4.forward(x));
        let x = x.flatten(1, 3);
        let x = relu(self.dense1.forward(x));
        self.dense2.forward(x)
    }
}
