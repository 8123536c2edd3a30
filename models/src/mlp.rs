//! The lecture's multi-layer perceptrons ("MLP for Fashion-MNIST", "MLP for Cifar-10").

use crate::network::{Network, NetworkConfig, Plan, Purpose, linear};
use crate::{Activation, ImageShape, Initialisation, Maps, PytorchNames};
use burn::{config::Config, module::Module, tensor::backend::Backend};
use burn_nn::Linear;

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
    plan: Plan<B>,
}

impl<B: Backend> Network<B> for Mlp<B> {
    type Config = MlpConfig;

    fn features(&self, images: Maps<B>) -> Maps<B> {
        images.flatten()
    }

    fn logits(&self, features: Maps<B>) -> Maps<B> {
        let hidden = |x: Maps<B>, layer| x.linear(layer).activation(self.activation);
        let features = self.hidden.iter().fold(features, hidden);
        features.linear(&self.output)
    }

    fn plan(&self) -> &Plan<B> {
        &self.plan
    }

    fn plan_mut(&mut self) -> &mut Plan<B> {
        &mut self.plan
    }

    fn pytorch_names(&self) -> PytorchNames {
        PytorchNames::Sequential
    }
}

impl NetworkConfig for MlpConfig {
    type Network<B: Backend> = Mlp<B>;

    fn layers<B: Backend>(&self, device: &B::Device) -> Mlp<B> {
        let hidden = self.hidden.iter();
        Mlp {
            hidden: hidden.map(|&width| linear(width, device)).collect(),
            output: linear(self.num_classes, device),
            activation: self.activation,
            plan: Plan::new(self.input),
        }
    }

    fn purpose(&self) -> Purpose {
        Purpose::new(self.input, self.num_classes, self.initialisation)
    }
}
