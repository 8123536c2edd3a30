// Made by scripts/edition.py from models/: not to be edited.

//! A small network in the manner of VGG (Simonyan and Zisserman, "Very Deep Convolutional Networks for
//! Large-Scale Image Recognition", 2015): stages of 3×3 convolutions, each stage at half the size.

use crate::network::{Network, NetworkConfig, Plan, Purpose, conv2d, linear};
use crate::{ImageShape, Initialisation, Maps, ModelError, PytorchNames, Window};
use burn::tensor::Device;
use burn::{config::Config, module::Module};
use burn_nn::{Linear, conv::Conv2d};

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
pub struct Vgg {
    stages: Vec<Vec<Conv2d>>,
    dense1: Linear,
    dense2: Linear,
    plan: Plan,
}

impl Network for Vgg {
    type Config = VggConfig;

    fn features(&self, images: Maps) -> Maps {
        let maps = self.stages.iter().fold(images, |x, convs| {
            let x = convs.iter().fold(x, |x, conv| x.conv2d(conv).relu());
            x.max_pool2d(Window::blocks(2))
        });
        maps.flatten()
    }

    fn logits(&self, features: Maps) -> Maps {
        features.linear(&self.dense1).relu().linear(&self.dense2)
    }

    fn plan(&self) -> &Plan {
        &self.plan
    }

    fn plan_mut(&mut self) -> &mut Plan {
        &mut self.plan
    }

    fn pytorch_names(&self) -> PytorchNames {
        PytorchNames::Sequentials("features", "classifier")
    }
}

impl NetworkConfig for VggConfig {
    type Network = Vgg;

    fn layers(&self, device: &Device) -> Vgg {
        let conv = |&channels: &usize| conv2d(channels, 3, 1, 1).init(device);
        let stages = self.stages.iter();
        Vgg {
            stages: stages
                .map(|stage| stage.iter().map(conv).collect())
                .collect(),
            dense1: linear(self.hidden, device),
            dense2: linear(self.num_classes, device),
            plan: Plan::new(self.input),
        }
    }

    fn check(&self) -> Result<(), ModelError> {
        let is_empty = self.stages.is_empty() || self.stages.iter().any(Vec::is_empty);
        ModelError::bad_config(is_empty, "a stage of this VGG has no convolution")
    }

    fn purpose(&self) -> Purpose {
        Purpose::new(self.input, self.num_classes, self.initialisation)
    }
}
