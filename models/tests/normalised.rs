//! Where a normalisation does not train, it goes into the kernels of the convolution before it, and nothing else changes.

use burn_autodiff::Autodiff;
use burn_core as burn;
use burn_core::module::{AutodiffModule, Module, Param};
use burn_core::tensor::{Distribution, Tensor, backend::Backend};
use burn_flex::{Flex, FlexDevice};
use burn_nn::conv::{Conv2d, Conv2dConfig};
use burn_nn::{Linear, LinearConfig, PaddingConfig2d};
use burn_zoo_models::{
    BatchNorm2d, ConvAlgorithm, ImageShape, Initialisation, Maps, Network, NetworkConfig, Plan,
    Purpose,
};

type Train = Autodiff<Flex>;

struct TwiceConfig;

/// Two convolutions, the maps of the second used with and without their normalisation.
#[derive(Module, Debug)]
struct Twice<B: Backend> {
    conv1: Conv2d<B>,
    bn1: BatchNorm2d<B>,
    conv2: Conv2d<B>,
    bn2: BatchNorm2d<B>,
    fc: Linear<B>,
    plan: Plan<B>,
}

impl NetworkConfig for TwiceConfig {
    type Network<B: Backend> = Twice<B>;

    fn layers<B: Backend>(&self, device: &B::Device) -> Twice<B> {
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

impl<B: Backend> Network<B> for Twice<B> {
    type Config = TwiceConfig;

    fn features(&self, images: Maps<B>) -> Maps<B> {
        let x = images.conv2d(&self.conv1).batch_norm(&self.bn1).relu();
        let x = x.conv2d(&self.conv2);
        x.clone().batch_norm(&self.bn2).add(x).relu().flatten()
    }

    fn logits(&self, features: Maps<B>) -> Maps<B> {
        features.linear(&self.fc)
    }

    fn plan(&self) -> &Plan<B> {
        &self.plan
    }

    fn plan_mut(&mut self) -> &mut Plan<B> {
        &mut self.plan
    }
}

fn images<B: Backend>() -> Tensor<B, 4> {
    let values = Tensor::<B, 1, burn_core::tensor::Int>::arange(0..5 * 72, &Default::default());
    (values.float() * 0.7).sin().reshape([5, 2, 6, 6])
}

/// With factors, summands and running statistics that are neither 0 nor 1.
fn network() -> Twice<Train> {
    let mut network = TwiceConfig.init_with_seed::<Train>(3, &FlexDevice).unwrap();
    for norm in [&mut network.bn1, &mut network.bn2] {
        let drawn = |low, high| {
            let between = Distribution::Uniform(low, high);
            Param::from_tensor(Tensor::random([4], between, &FlexDevice))
        };
        (norm.weight, norm.bias) = (drawn(-2.0, 2.0), drawn(-1.0, 1.0));
    }
    let bias = Tensor::from_data([0.5, -0.4, 0.3, 0.8], &FlexDevice);
    network.conv1.bias = Some(Param::from_tensor(bias));
    // The running statistics follow the batches.
    for step in 0..3 {
        network.forward(images() * (1 + step) as f64 + 0.3);
    }
    network
}

/// By Burn's layers, and the normalisation as it is defined.
fn by_hand<B: Backend>(network: &Twice<B>, images: Tensor<B, 4>) -> Tensor<B, 2> {
    let norm = |maps: Tensor<B, 4>, norm: &BatchNorm2d<B>| {
        let spread = |of_channel: Tensor<B, 1>| of_channel.reshape([1, 4, 1, 1]);
        let deviation = (norm.running_var.value() + BatchNorm2d::<B>::EPSILON).sqrt();
        (maps - spread(norm.running_mean.value())) / spread(deviation) * spread(norm.weight.val())
            + spread(norm.bias.val())
    };
    let relu = burn_core::tensor::activation::relu;
    let x = relu(norm(network.conv1.forward(images), &network.bn1));
    let x = network.conv2.forward(x);
    let x = relu(norm(x.clone(), &network.bn2) + x);
    network.fc.forward(x.flatten(1, 3))
}

fn largest<B: Backend, const D: usize>(values: Tensor<B, D>) -> f32 {
    let values: Vec<f32> = values.into_data().convert::<f32>().to_vec().unwrap();
    values
        .into_iter()
        .fold(0.0, |most, value| most.max(value.abs()))
}

#[test]
fn in_inference_the_logits_are_those_of_its_layers_by_every_algorithm() {
    let network = network().valid();
    let expected = by_hand(&network, images());
    for algorithm in ConvAlgorithm::ALL {
        let network = network.clone().with_algorithms(|_| algorithm);
        let logits = network.forward(images());
        let off = largest(logits - expected.clone()) / largest(expected.clone());
        assert!(off < 1e-5, "{algorithm:?}: {off:.1e}");
    }
}

#[test]
fn a_frozen_normalisation_leaves_the_gradients_of_the_convolutions_before_it_as_they_are() {
    let network = network().frozen(|name| name.starts_with("bn"));
    let gradients = |logits: Tensor<Train, 2>| {
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
