//! The lecture's convolutional networks ("Simple Convolutional Neural Network", "Apply for
//! Fashion-MNIST dataset: case 1", "Apply for Cifar-10 dataset: case 2") and, for its chapter
//! "Feature Map Down-sampling", the same four stages made smaller by pooling or stride.

use crate::{ImageShape, Initialisation, Layer, ModelError, WeightRng};
use burn::config::Config;
use burn::module::Module;
use burn::tensor::activation::relu;
use burn::tensor::{Tensor, backend::Backend};
use burn_nn::conv::{Conv2d, Conv2dConfig};
use burn_nn::pool::{AvgPool2d, AvgPool2dConfig, MaxPool2d, MaxPool2dConfig};
use burn_nn::{Linear, PaddingConfig2d};
use serde::{Deserialize, Serialize};

/// What makes the feature maps smaller, stage by stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Downsampling {
    /// Only the valid convolution itself: a 7×7 kernel takes 6 from each side.
    Valid,
    /// A padded convolution that keeps the size, ReLU, then the largest of each 2×2 block.
    MaxPool,
    /// A padded convolution that keeps the size, ReLU, then the mean of each 2×2 block.
    AvgPool,
    /// A padded convolution that computes every second row and column only.
    Strided,
}

/// Settings of a [`Cnn`].
#[derive(Config, Debug, PartialEq)]
pub struct CnnConfig {
    /// The shape of the images.
    pub input: ImageShape,
    /// The number of classes.
    pub num_classes: usize,
    /// The feature maps of the four convolutions.
    #[config(default = "[32, 64, 128, 256]")]
    pub channels: [usize; 4],
    /// The side of the convolutions' square kernels; odd.
    #[config(default = 7)]
    pub kernel_size: usize,
    /// The width of a dense layer before the last, if there is one.
    pub hidden: Option<usize>,
    /// What makes the feature maps smaller.
    #[config(default = "Downsampling::Valid")]
    pub downsampling: Downsampling,
    /// How the weights are drawn.
    #[config(default = "Initialisation::PytorchDefault")]
    pub initialisation: Initialisation,
}

/// Four stages of convolution and ReLU, flatten, one or two dense layers to the logits.
#[derive(Module, Debug)]
pub struct Cnn<B: Backend> {
    conv1: Conv2d<B>,
    conv2: Conv2d<B>,
    conv3: Conv2d<B>,
    conv4: Conv2d<B>,
    dense1: Option<Linear<B>>,
    dense2: Linear<B>,
    max_pool: Option<MaxPool2d>,
    avg_pool: Option<AvgPool2d>,
    #[module(skip)]
    input: ImageShape,
}

impl<B: Backend> Cnn<B> {
    /// Images `[N, C, H, W]` to logits `[N, num_classes]`.
    ///
    /// # Panics
    /// With [`ModelError::WrongInput`]'s sentence where the images are of another shape than the
    /// model's; [`input`](Self::input) tells it.
    pub fn forward(&self, images: Tensor<B, 4>) -> Tensor<B, 2> {
        if let Err(error) = self.input.check(images.dims()) {
            panic!("{error}");
        }
        let x = self.downsample(relu(self.conv1.forward(images)));
        let x = self.downsample(relu(self.conv2.forward(x)));
        let x = self.downsample(relu(self.conv3.forward(x)));
        let x = self.downsample(relu(self.conv4.forward(x)));
        let x = x.flatten(1, 3);
        let x = match &self.dense1 {
            Some(dense1) => relu(dense1.forward(x)),
            None => x,
        };
        self.dense2.forward(x)
    }

    fn downsample(&self, x: Tensor<B, 4>) -> Tensor<B, 4> {
        match (&self.max_pool, &self.avg_pool) {
            (Some(pool), _) => pool.forward(x),
            (_, Some(pool)) => pool.forward(x),
            _ => x,
        }
    }

    /// The shape of the images that the model takes.
    pub fn input(&self) -> ImageShape {
        self.input
    }
}

impl CnnConfig {
    /// The model with weights drawn from the seed.
    ///
    /// # Errors
    /// [`ModelError::ImagesTooSmall`] where a stage has nothing left to look at, and
    /// [`ModelError::BadConfig`] where a size is 0 or the kernel's side is even.
    pub fn init<B: Backend>(&self, seed: u64, device: &B::Device) -> Result<Cnn<B>, ModelError> {
        let [.., last] = self.stages()?;
        let rng = &mut WeightRng::new(seed);
        let [conv1, conv2, conv3, conv4] = self
            .convolutions()
            .map(|config| self.initialisation.conv2d(&config, rng, device));
        let features = last.output.num_values();
        let dense1 = self
            .hidden
            .map(|width| self.initialisation.linear(features, width, rng, device));
        let dense2 = self.initialisation.linear(
            self.hidden.unwrap_or(features),
            self.num_classes,
            rng,
            device,
        );
        Ok(Cnn {
            conv1,
            conv2,
            conv3,
            conv4,
            dense1,
            dense2,
            max_pool: (self.downsampling == Downsampling::MaxPool)
                .then(|| MaxPool2dConfig::new([2, 2]).init()),
            avg_pool: (self.downsampling == Downsampling::AvgPool)
                .then(|| AvgPool2dConfig::new([2, 2]).init()),
            input: self.input,
        })
    }

    fn convolutions(&self) -> [Conv2dConfig; 4] {
        let padding = match self.padding() {
            0 => PaddingConfig2d::Valid,
            p => PaddingConfig2d::Explicit(p, p, p, p),
        };
        let mut in_channels = self.input.channels;
        self.channels.map(|out_channels| {
            let channels = [in_channels, out_channels];
            in_channels = out_channels;
            Conv2dConfig::new(channels, [self.kernel_size; 2])
                .with_stride([self.stride(); 2])
                .with_padding(padding.clone())
        })
    }

    fn padding(&self) -> usize {
        match self.downsampling {
            Downsampling::Valid => 0,
            _ => self.kernel_size / 2,
        }
    }

    fn stride(&self) -> usize {
        match self.downsampling {
            Downsampling::Strided => 2,
            _ => 1,
        }
    }

    fn pool(&self) -> Option<&'static str> {
        match self.downsampling {
            Downsampling::MaxPool => Some("MaxPool2d"),
            Downsampling::AvgPool => Some("AvgPool2d"),
            Downsampling::Valid | Downsampling::Strided => None,
        }
    }

    /// The feature maps of the four stages, by the lecture's formula S_o = (S_D − K) / S + 1.
    fn stages(&self) -> Result<[Stage; 4], ModelError> {
        let sizes = [self.input.num_values(), self.num_classes, self.kernel_size];
        let sizes = sizes.iter().chain(&self.channels).chain(&self.hidden);
        if sizes.clone().any(|&size| size == 0) || self.kernel_size.is_multiple_of(2) {
            return Err(ModelError::BadConfig {
                what: format!(
                    "a CNN of images {}, {} classes, channels {:?}, kernels of side {} and hidden \
                     layer {:?} has a size of 0 or a kernel of even side",
                    self.input, self.num_classes, self.channels, self.kernel_size, self.hidden
                ),
            });
        }
        let convolved =
            |side: usize| (side + 2 * self.padding() - self.kernel_size) / self.stride() + 1;
        let pooled = |side: usize| {
            if self.pool().is_some() {
                side / 2
            } else {
                side
            }
        };
        let pool_side = if self.pool().is_some() { 2 } else { 1 };
        let needed = (self.kernel_size - 2 * self.padding()).max(pool_side);

        let mut stages = [Stage::default(); 4];
        let mut input = self.input;
        for (index, &channels) in self.channels.iter().enumerate() {
            let (height, width) = (input.height, input.width);
            if height.min(width) < needed {
                return Err(ModelError::ImagesTooSmall {
                    input: self.input,
                    stage: index + 1,
                    needed,
                    height,
                    width,
                });
            }
            let maps = ImageShape::new(channels, convolved(height), convolved(width));
            stages[index] = Stage {
                num_params: self.kernel_size.pow(2) * input.channels * channels + channels,
                convolved: maps,
                output: ImageShape::new(channels, pooled(maps.height), pooled(maps.width)),
            };
            input = stages[index].output;
        }
        Ok(stages)
    }

    /// The layer table.
    ///
    /// # Errors
    /// As [`init`](Self::init).
    pub fn layers(&self) -> Result<Vec<Layer>, ModelError> {
        let stages = self.stages()?;
        let mut layers = Vec::new();
        for stage in &stages {
            let maps = stage.convolved;
            let maps = [maps.channels, maps.height, maps.width];
            layers.push(Layer {
                kind: "Conv2d",
                output: maps.to_vec(),
                num_params: stage.num_params,
            });
            layers.push(Layer::fixed("ReLU", &maps));
            if let Some(pool) = self.pool() {
                let output = stage.output;
                let output = [output.channels, output.height, output.width];
                layers.push(Layer::fixed(pool, &output));
            }
        }
        let mut features = stages[3].output.num_values();
        layers.push(Layer::fixed("Flatten", &[features]));
        if let Some(width) = self.hidden {
            layers.push(Layer::linear(features, width));
            layers.push(Layer::fixed("ReLU", &[width]));
            features = width;
        }
        layers.push(Layer::linear(features, self.num_classes));
        Ok(layers)
    }
}

/// The shapes of one stage: convolution, then perhaps a pooling.
#[derive(Clone, Copy)]
struct Stage {
    num_params: usize,
    convolved: ImageShape,
    output: ImageShape,
}

impl Default for Stage {
    fn default() -> Self {
        let nothing = ImageShape::new(0, 0, 0);
        Self {
            num_params: 0,
            convolved: nothing,
            output: nothing,
        }
    }
}
