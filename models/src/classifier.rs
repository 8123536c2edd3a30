//! The sum of the architectures, for those who choose one by name.

use crate::{
    Cnn, CnnConfig, ConvAlgorithm, ConvShape, Convolution, ImageShape, Layer, Mlp, MlpConfig,
    ModelError,
};
use burn::module::Module;
use burn::tensor::{Tensor, backend::Backend};
use serde::{Deserialize, Serialize};

/// Settings of any architecture of the zoo.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "architecture", rename_all = "kebab-case")]
pub enum ClassifierConfig {
    /// Settings of a multi-layer perceptron.
    Mlp(MlpConfig),
    /// Settings of a convolutional network.
    Cnn(CnnConfig),
}

/// Any architecture of the zoo.
// A program holds few of them, and their size is nothing beside their weights'.
#[allow(clippy::large_enum_variant)]
#[derive(Module, Debug)]
pub enum Classifier<B: Backend> {
    /// A multi-layer perceptron.
    Mlp(Mlp<B>),
    /// A convolutional network.
    Cnn(Cnn<B>),
}

impl ClassifierConfig {
    /// The model with weights drawn from the seed.
    ///
    /// # Errors
    /// [`ModelError`] where the settings do not fit each other or the images.
    pub fn init<B: Backend>(
        &self,
        seed: u64,
        device: &B::Device,
    ) -> Result<Classifier<B>, ModelError> {
        Ok(match self {
            Self::Mlp(config) => Classifier::Mlp(config.init(seed, device)?),
            Self::Cnn(config) => Classifier::Cnn(config.init(seed, device)?),
        })
    }

    /// The layer table.
    ///
    /// # Errors
    /// As [`init`](Self::init).
    pub fn layers(&self) -> Result<Vec<Layer>, ModelError> {
        match self {
            Self::Mlp(config) => config.layers(),
            Self::Cnn(config) => config.layers(),
        }
    }

    /// The convolutions' shapes, first to last.
    ///
    /// # Errors
    /// As [`init`](Self::init).
    pub fn convolutions(&self) -> Result<Vec<ConvShape>, ModelError> {
        Ok(match self {
            Self::Mlp(_) => Vec::new(),
            Self::Cnn(config) => config.convolutions()?.into(),
        })
    }

    /// The shape of the images that the model takes.
    pub fn input(&self) -> ImageShape {
        match self {
            Self::Mlp(config) => config.input,
            Self::Cnn(config) => config.input,
        }
    }

    /// The number of classes.
    pub fn num_classes(&self) -> usize {
        match self {
            Self::Mlp(config) => config.num_classes,
            Self::Cnn(config) => config.num_classes,
        }
    }
}

impl<B: Backend> Classifier<B> {
    /// Images `[N, C, H, W]` to logits `[N, num_classes]`.
    ///
    /// # Panics
    /// With [`ModelError::WrongInput`]'s sentence where the images are of another shape than the
    /// model's; [`input`](Self::input) tells it.
    pub fn forward(&self, images: Tensor<B, 4>) -> Tensor<B, 2> {
        match self {
            Self::Mlp(model) => model.forward(images),
            Self::Cnn(model) => model.forward(images),
        }
    }

    /// As [`Cnn::with_algorithms`]; an MLP stays as it is.
    pub fn with_algorithms(self, choose: impl FnMut(&ConvShape) -> ConvAlgorithm) -> Self {
        match self {
            Self::Mlp(model) => Self::Mlp(model),
            Self::Cnn(model) => Self::Cnn(model.with_algorithms(choose)),
        }
    }

    /// The convolutions, first to last.
    pub fn convolutions(&self) -> Vec<&Convolution<B>> {
        match self {
            Self::Mlp(_) => Vec::new(),
            Self::Cnn(model) => model.convolutions().into(),
        }
    }

    /// As [`Cnn::kept_values`]; 0 for an MLP.
    pub fn kept_values(&self) -> usize {
        match self {
            Self::Mlp(_) => 0,
            Self::Cnn(model) => model.kept_values(),
        }
    }

    /// The shape of the images that the model takes.
    pub fn input(&self) -> ImageShape {
        match self {
            Self::Mlp(model) => model.input(),
            Self::Cnn(model) => model.input(),
        }
    }
}
