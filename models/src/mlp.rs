//! The lecture's multi-layer perceptrons ("MLP for Fashion-MNIST", "MLP for Cifar-10").

use crate::init::new_head;
use crate::{ImageShape, Initialisation, Layer, ModelError, WeightRng};
use burn::config::Config;
use burn::module::Module;
use burn::tensor::{Tensor, activation, backend::Backend};
use burn_nn::Linear;
use serde::{Deserialize, Serialize};

/// The function between the dense layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Activation {
    /// σ(x) = 1 / (1 + e⁻ˣ)
    Sigmoid,
    /// max(x, 0)
    Relu,
}

/// Settings of an [`Mlp`].
#[derive(Config, Debug, PartialEq)]
pub struct MlpConfig {
    /// The shape of the images.
    pub input: ImageShape,
    /// The number of classes.
    pub num_classes: usize,
    /// The widths of the hidden layers.
    #[config(default = "vec![256]")]
    pub hidden: Vec<usize>,
    /// The function after each hidden layer.
    #[config(default = "Activation::Relu")]
    pub activation: Activation,
    /// How the weights are drawn.
    #[config(default = "Initialisation::KaimingUniform")]
    pub initialisation: Initialisation,
}

/// Flatten, dense layers with an activation after each, and a dense layer to the logits.
#[derive(Module, Debug)]
pub struct Mlp<B: Backend> {
    hidden: Vec<Linear<B>>,
    output: Linear<B>,
    #[module(skip)]
    activation: Activation,
    #[module(skip)]
    input: ImageShape,
}

impl MlpConfig {
    /// The model with weights drawn from the seed.
    ///
    /// # Errors
    /// [`ModelError::BadConfig`] where a width, a side of the images or the number of classes is 0.
    pub fn init<B: Backend>(&self, seed: u64, device: &B::Device) -> Result<Mlp<B>, ModelError> {
        self.check()?;
        let rng = &mut WeightRng::new(seed);
        let mut d_input = self.input.num_values();
        let mut hidden = Vec::new();
        for &width in &self.hidden {
            hidden.push(self.initialisation.linear(d_input, width, rng, device));
            d_input = width;
        }
        let output = self
            .initialisation
            .linear(d_input, self.num_classes, rng, device);
        Ok(Mlp {
            hidden,
            output,
            activation: self.activation,
            input: self.input,
        })
    }

    fn check(&self) -> Result<(), ModelError> {
        let sizes = [self.input.num_values(), self.num_classes];
        if sizes.iter().chain(&self.hidden).any(|&size| size == 0) {
            return Err(ModelError::BadConfig {
                what: format!(
                    "an MLP of images {}, hidden layers {:?} and {} classes has a size of 0",
                    self.input, self.hidden, self.num_classes
                ),
            });
        }
        Ok(())
    }

    /// The layer table.
    ///
    /// # Errors
    /// As [`init`](Self::init).
    pub fn layers(&self) -> Result<Vec<Layer>, ModelError> {
        self.check()?;
        let mut features = self.input.num_values();
        let mut layers = vec![Layer::fixed("Flatten", &[features])];
        for &width in &self.hidden {
            layers.push(Layer::linear(features, width));
            let activation = match self.activation {
                Activation::Sigmoid => "Sigmoid",
                Activation::Relu => "ReLU",
            };
            layers.push(Layer::fixed(activation, &[width]));
            features = width;
        }
        layers.push(Layer::linear(features, self.num_classes));
        Ok(layers)
    }
}

impl<B: Backend> Mlp<B> {
    /// Images `[N, C, H, W]` to logits `[N, num_classes]`.
    ///
    /// # Panics
    /// With [`ModelError::WrongInput`]'s sentence where the images are of another shape than the
    /// model's; [`input`](Self::input) tells it.
    pub fn forward(&self, images: Tensor<B, 4>) -> Tensor<B, 2> {
        if let Err(error) = self.input.check(images.dims()) {
            panic!("{error}");
        }
        let mut x = images.flatten(1, 3);
        for layer in &self.hidden {
            x = match self.activation {
                Activation::Sigmoid => activation::sigmoid(layer.forward(x)),
                Activation::Relu => activation::relu(layer.forward(x)),
            };
        }
        self.output.forward(x)
    }

    /// The same model with a new last layer for other classes, drawn from the seed as PyTorch draws
    /// layers by default: where fine-tuning begins.
    ///
    /// # Errors
    /// [`ModelError::BadConfig`] for no classes.
    pub fn with_classes(self, num_classes: usize, seed: u64) -> Result<Self, ModelError> {
        let output = new_head(&self.output, num_classes, seed)?;
        Ok(Self { output, ..self })
    }

    /// The shape of the images that the model takes.
    pub fn input(&self) -> ImageShape {
        self.input
    }
}
