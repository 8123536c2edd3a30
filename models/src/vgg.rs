//! A small network in the manner of VGG (Simonyan and Zisserman, "Very Deep Convolutional Networks for
//! Large-Scale Image Recognition", 2015): stages of 3×3 convolutions, each stage at half the size.

use crate::conv::{ConvAlgorithm, ConvShape, Convolution, FeatureMaps, Prepared, in_parts};
use crate::init::new_head;
use crate::{ImageShape, Initialisation, Layer, ModelError, WeightRng};
use burn::config::Config;
use burn::module::Module;
use burn::tensor::activation::relu;
use burn::tensor::{Tensor, backend::Backend};
use burn_nn::Linear;
use burn_nn::pool::{MaxPool2d, MaxPool2dConfig};

/// Settings of a [`Vgg`].
#[derive(Config, Debug, PartialEq)]
pub struct VggConfig {
    /// The shape of the images.
    pub input: ImageShape,
    /// The number of classes.
    pub num_classes: usize,
    /// The feature maps of each stage's convolutions.
    #[config(default = "vec![vec![32], vec![64; 2], vec![128; 2]]")]
    pub stages: Vec<Vec<usize>>,
    /// The width of the dense layer before the last.
    #[config(default = 128)]
    pub hidden: usize,
    /// How the weights are drawn.
    #[config(default = "Initialisation::KaimingUniform")]
    pub initialisation: Initialisation,
}

/// Stages of padded 3×3 convolutions with ReLU and a 2×2 max pooling, flatten, two dense layers to the
/// logits.
#[derive(Module, Debug)]
pub struct Vgg<B: Backend> {
    stages: Vec<Vec<Convolution<B>>>,
    pool: MaxPool2d,
    dense1: Linear<B>,
    dense2: Linear<B>,
    #[module(skip)]
    input: ImageShape,
}

impl<B: Backend> Vgg<B> {
    /// Images `[N, C, H, W]` to logits `[N, num_classes]`.
    ///
    /// # Panics
    /// With [`ModelError::WrongInput`]'s sentence where the images are of another shape than the
    /// model's; [`input`](Self::input) tells it.
    pub fn forward(&self, images: Tensor<B, 4>) -> Tensor<B, 2> {
        if let Err(error) = self.input.check(images.dims()) {
            panic!("{error}");
        }
        let stages = self.stages.iter();
        let stages: Vec<Vec<_>> = stages
            .map(|stage| stage.iter().map(Convolution::prepare).collect())
            .collect();
        let x = in_parts(images, self.kept_values(), |part| {
            self.features(part, &stages)
        });
        let x = relu(self.dense1.forward(x));
        self.dense2.forward(x)
    }

    /// Images `[N, C, H, W]` to features `[N, …]`.
    fn features(&self, images: Tensor<B, 4>, stages: &[Vec<Prepared<'_, B>>]) -> Tensor<B, 2> {
        let images = FeatureMaps::ChannelsFirst(images);
        let stage = |x, convs: &Vec<Prepared<'_, B>>| {
            self.downsample(convs.iter().fold(x, |x, conv| conv.apply(x).relu()))
        };
        stages.iter().fold(images, stage).flatten()
    }

    fn downsample(&self, x: FeatureMaps<B>) -> FeatureMaps<B> {
        FeatureMaps::ChannelsFirst(self.pool.forward(x.channels_first()))
    }

    /// As [`Cnn::feature_maps`](crate::Cnn::feature_maps).
    ///
    /// # Panics
    /// As [`forward`](Self::forward).
    pub fn feature_maps(&self, images: Tensor<B, 4>) -> Vec<Tensor<B, 4>> {
        if let Err(error) = self.input.check(images.dims()) {
            panic!("{error}");
        }
        let mut x = FeatureMaps::ChannelsFirst(images);
        let mut maps = Vec::new();
        for stage in &self.stages {
            for conv in stage {
                x = conv.prepare().apply(x).relu();
                maps.push(x.clone().channels_first());
            }
            x = self.downsample(x);
        }
        maps
    }

    /// As [`Cnn::with_algorithms`](crate::Cnn::with_algorithms).
    pub fn with_algorithms(mut self, mut choose: impl FnMut(&ConvShape) -> ConvAlgorithm) -> Self {
        let mut by = |conv: Convolution<B>| {
            let algorithm = choose(conv.shape());
            conv.with_algorithm(algorithm)
        };
        let stages = self.stages.into_iter();
        self.stages = stages
            .map(|stage| stage.into_iter().map(&mut by).collect())
            .collect();
        self
    }

    /// The convolutions, first to last.
    pub fn convolutions(&self) -> Vec<&Convolution<B>> {
        self.stages.iter().flatten().collect()
    }

    /// As [`Cnn::kept_values`](crate::Cnn::kept_values).
    pub fn kept_values(&self) -> usize {
        let convs = self.stages.iter().flatten();
        convs.map(Convolution::kept_values).sum()
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

impl VggConfig {
    /// The model with weights drawn from the seed.
    ///
    /// # Errors
    /// [`ModelError::ImagesTooSmall`] where a stage has nothing left to pool, and
    /// [`ModelError::BadConfig`] where a size is 0.
    pub fn init<B: Backend>(&self, seed: u64, device: &B::Device) -> Result<Vgg<B>, ModelError> {
        let (shapes, features) = self.stages()?;
        let features = features.num_values();
        let rng = &mut WeightRng::new(seed);
        let mut conv = |shape: &ConvShape| {
            let conv = self.initialisation.conv2d(&shape.config(), rng, device);
            Convolution::new(conv, shape.input)
        };
        let stages = shapes.iter();
        let stages = stages.map(|stage| stage.iter().map(&mut conv).collect());
        Ok(Vgg {
            stages: stages.collect(),
            pool: MaxPool2dConfig::new([2, 2]).init(),
            dense1: self
                .initialisation
                .linear(features, self.hidden, rng, device),
            dense2: self
                .initialisation
                .linear(self.hidden, self.num_classes, rng, device),
            input: self.input,
        })
    }

    /// The convolutions' shapes, first to last.
    ///
    /// # Errors
    /// As [`init`](Self::init).
    pub fn convolutions(&self) -> Result<Vec<ConvShape>, ModelError> {
        Ok(self.stages()?.0.concat())
    }

    /// The shapes of each stage's convolutions, and the maps that the last stage leaves.
    fn stages(&self) -> Result<(Vec<Vec<ConvShape>>, ImageShape), ModelError> {
        let sizes = [self.input.num_values(), self.num_classes, self.hidden];
        let channels = self.stages.iter().flatten();
        let is_empty = self.stages.is_empty() || self.stages.iter().any(Vec::is_empty);
        if is_empty || sizes.iter().chain(channels).any(|&size| size == 0) {
            return Err(ModelError::BadConfig {
                what: format!(
                    "a VGG of images {}, {} classes, stages {:?} and hidden layer {} has a size of 0",
                    self.input, self.num_classes, self.stages, self.hidden
                ),
            });
        }
        let mut stages = Vec::new();
        let mut maps = self.input;
        for (index, stage) in self.stages.iter().enumerate() {
            let (height, width) = (maps.height, maps.width);
            if height.min(width) < 2 {
                return Err(ModelError::ImagesTooSmall {
                    input: self.input,
                    stage: index + 1,
                    needed: 2,
                    height,
                    width,
                });
            }
            let mut convs = Vec::new();
            for &channels in stage {
                convs.push(ConvShape {
                    in_channels: maps.channels,
                    out_channels: channels,
                    input: [height, width],
                    kernel: [3; 2],
                    stride: [1; 2],
                    dilation: [1; 2],
                    padding: [[1; 2]; 2],
                    groups: 1,
                });
                maps.channels = channels;
            }
            stages.push(convs);
            maps = ImageShape::new(maps.channels, height / 2, width / 2);
        }
        Ok((stages, maps))
    }

    /// The layer table.
    ///
    /// # Errors
    /// As [`init`](Self::init).
    pub fn layers(&self) -> Result<Vec<Layer>, ModelError> {
        let (stages, features) = self.stages()?;
        let mut layers = Vec::new();
        for stage in &stages {
            for conv in stage {
                layers.extend([Layer::conv(conv), Layer::fixed("ReLU", &conv.maps())]);
            }
            let [channels, height, width] = stage.last().expect("a convolution").maps();
            layers.push(Layer::fixed(
                "MaxPool2d",
                &[channels, height / 2, width / 2],
            ));
        }
        let features = features.num_values();
        layers.extend([
            Layer::fixed("Flatten", &[features]),
            Layer::linear(features, self.hidden),
            Layer::fixed("ReLU", &[self.hidden]),
            Layer::linear(self.hidden, self.num_classes),
        ]);
        Ok(layers)
    }
}
