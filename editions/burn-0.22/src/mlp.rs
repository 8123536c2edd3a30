// Made by scripts/edition.py from models/: not to be edited.

//! The lecture's multi-layer perceptrons ("MLP for Fashion-MNIST", "MLP for Cifar-10").

use crate::network::{Network, NetworkConfig, Plan, Purpose, linear};
use crate::{Activation, ImageShape, Initialisation, Maps, PytorchNames};
use burn::tensor::Device;
use burn::{config::Config, module::Module};
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
pub struct Mlp {
    hidden: Vec<Linear>,
    output: Linear,
    #[module(skip)]
    activation: Activation,
    plan: Plan,
}

impl Network for Mlp {
    type Config = MlpConfig;

    fn features(&self, images: Maps) -> Maps {
        images.flatten()
    }

    fn logits(&self, features: Maps) -> Maps {
        let hidden = |x: Maps, layer| x.linear(layer).activation(self.activation);
        let features = self.hidden.iter().fold(features, hidden);
        features.linear(&self.output)
    }

    fn plan(&self) -> &Plan {
        &self.plan
    }

    fn plan_mut(&mut self) -> &mut Plan {
        &mut self.plan
    }

    fn pytorch_names(&self) -> PytorchNames {
        PytorchNames::Sequential
    }
}

impl NetworkConfig for MlpConfig {
    type Network = Mlp;

    fn layers(&self, device: &Device) -> Mlp {
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
