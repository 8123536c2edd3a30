// Made by scripts/edition.py from models/: not to be edited.

//! In inference a normalisation goes into the kernels of the convolution before it, and nothing else changes.

use burn_core as burn;
use burn_core::module::{Module, Param};
use burn_core::tensor::Device;
use burn_core::tensor::{Tensor, TensorData};
use burn_nn::conv::{Conv2d, Conv2dConfig};
use burn_nn::{Linear, LinearConfig, PaddingConfig2d};
use burn_zoo_models::{
    BatchNorm2d, ConvAlgorithm, ImageShape, Initialisation, Maps, Network, NetworkConfig, Plan,
    Purpose,
};

/// The device that trains.
fn training() -> Device {
    Device::flex().autodiff()
}

struct TwiceConfig;

/// Two convolutions, the maps of the second used with and without their normalisation.
#[derive(Module, Debug)]
struct Twice {
    conv1: Conv2d,
    bn1: BatchNorm2d,
    conv2: Conv2d,
    bn2: BatchNorm2d,
    fc: Linear,
    plan: Plan,
}

impl NetworkConfig for TwiceConfig {
    type Network = Twice;

    fn layers(&self, device: &Device) -> Twice {
        let conv = |bias| {
            let padding = PaddingConfig2d::Explicit(1, 1, 1, 1);
            let config = Conv2dConfig::new([1, 4], [3, 3]).with_padding(padding);
            config.with_bias(bias).init(device)
        };
        Twice {
            conv1: conv(true),
            bn1: BatchNorm2d::new(4, device),
            conv2: conv(false),
            bn2: BatchNorm2d::new(4, device),
            fc: LinearConfig::new(1, 3).init(device),
            plan: Plan::new(self.purpose().input),
        }
    }

    fn purpose(&self) -> Purpose {
        Purpose::new(ImageShape::new(2, 6, 6), 3, Initialisation::KaimingUniform)
    }
}

impl Network for Twice {
    type Config = TwiceConfig;

    fn features(&self, images: Maps) -> Maps {
        let x = images.conv2d(&self.conv1).batch_norm(&self.bn1).relu();
        let x = x.conv2d(&self.conv2);
        x.clone().batch_norm(&self.bn2).add(x).relu().flatten()
    }

    fn logits(&self, features: Maps) -> Maps {
        features.linear(&self.fc)
    }

    fn plan(&self) -> &Plan {
        &self.plan
    }

    fn plan_mut(&mut self) -> &mut Plan {
        &mut self.plan
    }
}

fn images() -> Tensor<4> {
    let values: Vec<f32> = (0..5 * 72).map(|i| (i as f32 * 0.7).sin()).collect();
    Tensor::from_data(TensorData::new(values, [5, 2, 6, 6]), &training())
}

/// With factors, summands and running statistics that are neither 0 nor 1.
fn network() -> Twice {
    let mut network: Twice = TwiceConfig.init_with_seed(3, &training()).unwrap();
    let channels = |values: [f32; 4]| Param::from_tensor(Tensor::from_data(values, &training()));
    for norm in [&mut network.bn1, &mut network.bn2] {
        norm.weight = channels([1.7, -0.6, 0.4, 1.1]);
        norm.bias = channels([0.2, 0.5, -0.7, 0.1]);
    }
    network.conv1.bias = Some(channels([0.5, -0.4, 0.3, 0.8]));
    // The running statistics follow the batches.
    for step in 0..3 {
        network.forward(images() * (1 + step) as f64 + 0.3);
    }
    network
}

/// By Burn's layers, and the normalisation as it is defined.
fn by_hand(network: &Twice, images: Tensor<4>) -> Tensor<2> {
    let norm = |maps: Tensor<4>, norm: &BatchNorm2d| {
        let spread = |of_channel: Tensor<1>| of_channel.reshape([1, 4, 1, 1]);
        let deviation = (norm.running_var.value() + BatchNorm2d::EPSILON).sqrt();
        (maps - spread(norm.running_mean.value())) / spread(deviation) * spread(norm.weight.val())
            + spread(norm.bias.val())
    };
    let relu = burn_core::tensor::activation::relu;
    let x = relu(norm(network.conv1.forward(images), &network.bn1));
    let x = network.conv2.forward(x);
    let x = relu(norm(x.clone(), &network.bn2) + x);
    network.fc.forward(x.flatten(1, 3))
}

fn largest<const D: usize>(values: Tensor<D>) -> f64 {
    let values: Vec<f64> = values.into_data().iter().collect();
    values.into_iter().map(f64::abs).fold(0.0, f64::max)
}

#[test]
fn in_inference_the_logits_are_those_of_its_layers_by_every_algorithm() {
    let network = network().valid();
    let images = images().inner();
    let expected = by_hand(&network, images.clone());
    for algorithm in ConvAlgorithm::ALL {
        let network = network.clone().with_algorithms(|_| algorithm);
        let logits = network.forward(images.clone());
        let off = largest(logits - expected.clone()) / largest(expected.clone());
        assert!(off < 1e-5, "{algorithm:?}: {off:.1e}");
    }
}

#[test]
fn a_frozen_normalisation_leaves_the_gradients_of_the_convolutions_before_it_as_they_are() {
    let network = network().frozen(|name| name.starts_with("bn"));
    let gradients = |logits: Tensor<2>| {
        let gradients = logits.powi_scalar(2).sum().backward();
        [&network.conv1, &network.conv2].map(|conv| conv.weight.grad(&gradients).unwrap())
    };
    let expected = gradients(by_hand(&network, images()));
    for (found, expected) in gradients(network.forward(images()))
        .into_iter()
        .zip(expected)
    {
        let off = largest(found - expected.clone()) / largest(expected);
        assert!(off < 1e-5, "{off:.1e}");
    }
}
