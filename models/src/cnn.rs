//! The lecture's convolutional networks ("Simple Convolutional Neural Network", "Apply for
//! Fashion-MNIST dataset: case 1", "Apply for Cifar-10 dataset: case 2") and, for its chapter
//! "Feature Map Down-sampling", the same four stages made smaller by pooling or stride.

use crate::conv::{ConvAlgorithm, ConvShape, Convolution, FeatureMaps, Prepared, in_parts};
use crate::init::new_head;
use crate::{ImageShape, Initialisation, Layer, ModelError, WeightRng};
use burn::config::Config;
use burn::module::Module;
use burn::tensor::activation::relu;
use burn::tensor::{Tensor, backend::Backend};
use burn_nn::Linear;
use burn_nn::pool::{AvgPool2d, AvgPool2dConfig, MaxPool2d, MaxPool2dConfig};
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
    conv1: Convolution<B>,
    conv2: Convolution<B>,
    conv3: Convolution<B>,
    conv4: Convolution<B>,
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
        let stages = self.convolutions().map(Convolution::prepare);
        let x = in_parts(images, self.kept_values(), |part| {
            self.features(part, &stages)
        });
        let x = match &self.dense1 {
            Some(dense1) => relu(dense1.forward(x)),
            None => x,
        };
        self.dense2.forward(x)
    }

    /// Images `[N, C, H, W]` to features `[N, …]`: four times convolution, ReLU, down-sampling.
    fn features(&self, images: Tensor<B, 4>, stages: &[Prepared<'_, B>; 4]) -> Tensor<B, 2> {
        let images = FeatureMaps::ChannelsFirst(images);
        stages
            .iter()
            .fold(images, |x, conv| self.downsample(conv.apply(x).relu()))
            .flatten()
    }

    /// Images `[N, C, H, W]` to the maps `[N, C', H', W']` of each convolution after its ReLU, first to
    /// last.
    ///
    /// # Panics
    /// As [`forward`](Self::forward).
    pub fn feature_maps(&self, images: Tensor<B, 4>) -> Vec<Tensor<B, 4>> {
        if let Err(error) = self.input.check(images.dims()) {
            panic!("{error}");
        }
        let mut x = FeatureMaps::ChannelsFirst(images);
        let mut maps = Vec::new();
        for conv in self.convolutions() {
            let after_relu = conv.prepare().apply(x).relu();
            maps.push(after_relu.clone().channels_first());
            x = self.downsample(after_relu);
        }
        maps
    }

    fn downsample(&self, x: FeatureMaps<B>) -> FeatureMaps<B> {
        match (&self.max_pool, &self.avg_pool) {
            (Some(pool), _) => FeatureMaps::ChannelsFirst(pool.forward(x.channels_first())),
            (_, Some(pool)) => FeatureMaps::ChannelsFirst(pool.forward(x.channels_first())),
            _ => x,
        }
    }

    /// The same model with each convolution computed by the algorithm that `choose` names for it, or
    /// by [`ConvAlgorithm::Direct`], which all are at first, where that one does not serve it;
    /// [`convolutions`](Self::convolutions) tells.
    pub fn with_algorithms(mut self, mut choose: impl FnMut(&ConvShape) -> ConvAlgorithm) -> Self {
        let mut by = |conv: Convolution<B>| {
            let algorithm = choose(conv.shape());
            conv.with_algorithm(algorithm)
        };
        self.conv1 = by(self.conv1);
        self.conv2 = by(self.conv2);
        self.conv3 = by(self.conv3);
        self.conv4 = by(self.conv4);
        self
    }

    /// The convolutions, first to last.
    pub fn convolutions(&self) -> [&Convolution<B>; 4] {
        [&self.conv1, &self.conv2, &self.conv3, &self.conv4]
    }

    /// How many values of each image the convolutions that are not Burn's own keep for the backward
    /// pass; 0 where all are Burn's.
    pub fn kept_values(&self) -> usize {
        self.convolutions()
            .map(Convolution::kept_values)
            .iter()
            .sum()
    }

    /// The same model with a new last layer for other classes, drawn from the seed as PyTorch draws
    /// layers by default: where fine-tuning begins.
    ///
    /// # Errors
    /// [`ModelError::BadConfig`] for no classes.
    pub fn with_classes(self, num_classes: usize, seed: u64) -> Result<Self, ModelError> {
        let dense2 = new_head(&self.dense2, num_classes, seed)?;
        Ok(Self { dense2, ..self })
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
        let stages = self.stages()?;
        let rng = &mut WeightRng::new(seed);
        let [conv1, conv2, conv3, conv4] = stages.map(|stage| {
            let conv = self
                .initialisation
                .conv2d(&stage.conv.config(), rng, device);
            Convolution::new(conv, stage.conv.input)
        });
        let features = stages[3].output.num_values();
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

    /// The convolutions' shapes, first to last.
    ///
    /// # Errors
    /// As [`init`](Self::init).
    pub fn convolutions(&self) -> Result<[ConvShape; 4], ModelError> {
        Ok(self.stages()?.map(|stage| stage.conv))
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
        let pooled = |side: usize| match self.pool() {
            Some(_) => side / 2,
            None => side,
        };
        let pool_side = if self.pool().is_some() { 2 } else { 1 };
        let needed = (self.kernel_size - 2 * self.padding()).max(pool_side);

        let mut stages = Vec::new();
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
            let conv = ConvShape {
                in_channels: input.channels,
                out_channels: channels,
                input: [height, width],
                kernel: [self.kernel_size; 2],
                stride: [self.stride(); 2],
                dilation: [1; 2],
                padding: [[self.padding(); 2]; 2],
                groups: 1,
            };
            let [height, width] = conv.output();
            let output = ImageShape::new(channels, pooled(height), pooled(width));
            stages.push(Stage { conv, output });
            input = output;
        }
        Ok(stages.try_into().expect("four stages"))
    }

    /// The layer table.
    ///
    /// # Errors
    /// As [`init`](Self::init).
    pub fn layers(&self) -> Result<Vec<Layer>, ModelError> {
        let stages = self.stages()?;
        let mut layers = Vec::new();
        for stage in &stages {
            layers.push(Layer::conv(&stage.conv));
            layers.push(Layer::fixed("ReLU", &stage.conv.maps()));
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
#[derive(Debug, Clone, Copy)]
struct Stage {
    conv: ConvShape,
    output: ImageShape,
}
