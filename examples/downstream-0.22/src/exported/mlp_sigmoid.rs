//! Made for Burn 0.22 by `zoo export`, and yours to change.
//!
//! mlp-sigmoid of burn-zoo, for the 10 classes of fashion-mnist. Images of 1×28×28 (channels,
//! height, width; grey), values from 0, dark, to 255, bright: each divided by 255, minus 0.5,
//! divided by 0.5. Things are bright on a black background: an image on a white background is
//! inverted first.
//!
//! ```ignore
//! let model = MlpSigmoid::init(&device).try_load_file("mlp_sigmoid.bpk")?;
//! let logits = model.forward(images);
//! ```

use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::activation::sigmoid;
use burn::tensor::{Device, Tensor};

/// `mlp-sigmoid`: images `[N, 1, 28, 28]` to logits `[N, 10]`.
#[derive(Module, Debug)]
pub struct MlpSigmoid {
    hidden: Vec<Linear>,
    output: Linear,
}

impl MlpSigmoid {
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
            hidden: vec![LinearConfig::new(784, 256).init(device)],
            output: LinearConfig::new(256, 10).init(device),
        }
    }

    /// Images, prepared as the top of this file says, to logits.
    pub fn forward(&self, images: Tensor<4>) -> Tensor<2> {
        let x = images.flatten(1, 3);
        let x = sigmoid(self.hidden[0].forward(x));
        self.output.forward(x)
    }
}
