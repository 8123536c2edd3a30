//! The sum of the architectures, for those who choose one by name.

use crate::{
    Cnn, CnnConfig, ConvAlgorithm, ConvShape, Convolution, ImageShape, Initialisation, Layer, Mlp,
    MlpConfig, ModelError, Vgg, VggConfig,
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
    /// Settings of a small VGG.
    Vgg(VggConfig),
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
    /// A small VGG.
    Vgg(Vgg<B>),
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
            Self::Vgg(config) => Classifier::Vgg(config.init(seed, device)?),
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
            Self::Vgg(config) => config.layers(),
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
            Self::Vgg(config) => config.convolutions()?,
        })
    }

    /// The shape of the images that the model takes.
    pub fn input(&self) -> ImageShape {
        match self {
            Self::Mlp(config) => config.input,
            Self::Cnn(config) => config.input,
            Self::Vgg(config) => config.input,
        }
    }

    /// Multiplications, each with an addition, for one image, convolutions by the direct sum.
    ///
    /// # Errors
    /// As [`init`](Self::init).
    pub fn multiply_adds(&self) -> Result<usize, ModelError> {
        let convolutions = self.convolutions()?.into_iter();
        let convolutions: usize = convolutions.map(|conv| conv.multiply_adds()).sum();
        let layers = self.layers()?.into_iter();
        let dense = layers.filter(|layer| layer.kind == "Linear");
        // A multiplication a weight; the biases are as many as the outputs.
        let dense: usize = dense.map(|layer| layer.num_params - layer.output[0]).sum();
        Ok(convolutions + dense)
    }

    /// The number of classes.
    pub fn num_classes(&self) -> usize {
        match self {
            Self::Mlp(config) => config.num_classes,
            Self::Cnn(config) => config.num_classes,
            Self::Vgg(config) => config.num_classes,
        }
    }

    /// How the weights are drawn.
    pub fn initialisation(&self) -> Initialisation {
        match self {
            Self::Mlp(config) => config.initialisation,
            Self::Cnn(config) => config.initialisation,
            Self::Vgg(config) => config.initialisation,
        }
    }

    /// The same architecture with its weights drawn in another way.
    pub(crate) fn with_initialisation(mut self, initialisation: Initialisation) -> Self {
        match &mut self {
            Self::Mlp(config) => config.initialisation = initialisation,
            Self::Cnn(config) => config.initialisation = initialisation,
            Self::Vgg(config) => config.initialisation = initialisation,
        }
        self
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
            Self::Vgg(model) => model.forward(images),
        }
    }

    /// As [`Cnn::feature_maps`]; none for an MLP.
    ///
    /// # Panics
    /// As [`forward`](Self::forward).
    pub fn feature_maps(&self, images: Tensor<B, 4>) -> Vec<Tensor<B, 4>> {
        match self {
            Self::Mlp(_) => Vec::new(),
            Self::Cnn(model) => model.feature_maps(images),
            Self::Vgg(model) => model.feature_maps(images),
        }
    }

    /// The same model with a new last layer for other classes, drawn from the seed as PyTorch draws
    /// layers by default: where fine-tuning begins.
    ///
    /// # Errors
    /// [`ModelError::BadConfig`] for no classes.
    pub fn with_classes(self, num_classes: usize, seed: u64) -> Result<Self, ModelError> {
        Ok(match self {
            Self::Mlp(model) => Self::Mlp(model.with_classes(num_classes, seed)?),
            Self::Cnn(model) => Self::Cnn(model.with_classes(num_classes, seed)?),
            Self::Vgg(model) => Self::Vgg(model.with_classes(num_classes, seed)?),
        })
    }

    /// As [`Cnn::with_algorithms`]; an MLP stays as it is.
    pub fn with_algorithms(self, choose: impl FnMut(&ConvShape) -> ConvAlgorithm) -> Self {
        match self {
            Self::Mlp(model) => Self::Mlp(model),
            Self::Cnn(model) => Self::Cnn(model.with_algorithms(choose)),
            Self::Vgg(model) => Self::Vgg(model.with_algorithms(choose)),
        }
    }

    /// The convolutions, first to last.
    pub fn convolutions(&self) -> Vec<&Convolution<B>> {
        match self {
            Self::Mlp(_) => Vec::new(),
            Self::Cnn(model) => model.convolutions().into(),
            Self::Vgg(model) => model.convolutions(),
        }
    }

    /// As [`Cnn::kept_values`]; 0 for an MLP.
    pub fn kept_values(&self) -> usize {
        match self {
            Self::Mlp(_) => 0,
            Self::Cnn(model) => model.kept_values(),
            Self::Vgg(model) => model.kept_values(),
        }
    }

    /// The shape of the images that the model takes.
    pub fn input(&self) -> ImageShape {
        match self {
            Self::Mlp(model) => model.input(),
            Self::Cnn(model) => model.input(),
            Self::Vgg(model) => model.input(),
        }
    }
}
