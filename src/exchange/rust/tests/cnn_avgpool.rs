//! Made for Burn 0.21 by `zoo export`, and yours to change.
//!
//! cnn-avgpool of burn-zoo, for the 10 classes of fashion-mnist. Images of 1×28×28 (channels,
//! height, width; grey), values from 0, dark, to 255, bright: each divided by 255, minus 0.5,
//! divided by 0.5. Things are bright on a black background: an image on a white background is
//! inverted first.
//!
//! ```ignore
//! use burn_store::{BurnpackStore, ModuleSnapshot};
//!
//! let mut model = CnnAvgpool::<MyBackend>::init(&device);
//! model.load_from(&mut BurnpackStore::from_file("cnn_avgpool.bpk"))?;
//! let logits = model.forward(images);
//! ```

use burn::module::Module;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::pool::AvgPool2dConfig;
use burn::nn::{Linear, LinearConfig, PaddingConfig2d};
use burn::tensor::activation::relu;
use burn::tensor::{Tensor, backend::Backend};

/// `cnn-avgpool`: images `[N, 1, 28, 28]` to logits `[N, 10]`.
#[derive(Module, Debug)]
pub struct CnnAvgpool<B: Backend> {
    conv1: Conv2d<B>,
    conv2: Conv2d<B>,
    conv3: Conv2d<B>,
    conv4: Conv2d<B>,
    dense1: Linear<B>,
    dense2: Linear<B>,
}

impl<B: Backend> CnnAvgpool<B> {
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
    pub fn init(device: &B::Device) -> Self {
        Self {
            conv1: Conv2dConfig::new([1, 32], [7, 7])
                .with_padding(PaddingConfig2d::Explicit(3, 3, 3, 3))
                .init(device),
            conv2: Conv2dConfig::new([32, 64], [7, 7])
                .with_padding(PaddingConfig2d::Explicit(3, 3, 3, 3))
                .init(device),
            conv3: Conv2dConfig::new([64, 128], [7, 7])
                .with_padding(PaddingConfig2d::Explicit(3, 3, 3, 3))
                .init(device),
            conv4: Conv2dConfig::new([128, 256], [7, 7])
                .with_padding(PaddingConfig2d::Explicit(3, 3, 3, 3))
                .init(device),
            dense1: LinearConfig::new(256, 128).init(device),
            dense2: LinearConfig::new(128, 10).init(device),
        }
    }

    /// Images, prepared as the top of this file says, to logits.
    pub fn forward(&self, images: Tensor<B, 4>) -> Tensor<B, 2> {
        let x = relu(self.conv1.forward(images));
        let x = avg_pool(x, 2, 2, 0);
        let x = relu(self.conv2.forward(x));
        let x = avg_pool(x, 2, 2, 0);
        let x = relu(self.conv3.forward(x));
        let x = avg_pool(x, 2, 2, 0);
        let x = relu(self.conv4.forward(x));
        let x = avg_pool(x, 2, 2, 0);
        let x = x.flatten(1, 3);
        let x = relu(self.dense1.forward(x));
        self.dense2.forward(x)
    }
}

/// The mean of each window, without what is padded.
fn avg_pool<B: Backend>(
    maps: Tensor<B, 4>,
    size: usize,
    stride: usize,
    padding: usize,
) -> Tensor<B, 4> {
    let pool = AvgPool2dConfig::new([size; 2]).with_strides([stride; 2]);
    let padding = PaddingConfig2d::Explicit(padding, padding, padding, padding);
    let pool = pool.with_padding(padding).with_count_include_pad(false);
    pool.init().forward(maps)
}
