//! An architecture of someone else's, from outside of the crate, has all that the zoo's have.

use burn_core as burn;
use burn_core::module::Module;
use burn_core::tensor::{Tensor, TensorData, backend::Backend};
use burn_flex::{Flex, FlexDevice};
use burn_nn::conv::{Conv2d, Conv2dConfig};
use burn_nn::{Linear, LinearConfig, PaddingConfig2d};
use burn_zoo_models::{
    ConvAlgorithm, ImageShape, Initialisation, Maps, ModelError, Network, NetworkConfig, Plan,
    Purpose, Window,
};

struct SkipConfig {
    side: usize,
    channels: usize,
}

/// A convolution beside nothing, added up.
#[derive(Module, Debug)]
struct Skip<B: Backend> {
    stem: Conv2d<B>,
    branch: Conv2d<B>,
    head: Linear<B>,
    plan: Plan<B>,
}

impl NetworkConfig for SkipConfig {
    type Network<B: Backend> = Skip<B>;

    fn layers<B: Backend>(&self, device: &B::Device) -> Skip<B> {
        let conv = || {
            let padding = PaddingConfig2d::Explicit(1, 1, 1, 1);
            let config = Conv2dConfig::new([1, self.channels], [3, 3]);
            config.with_padding(padding).init(device)
        };
        Skip {
            stem: conv(),
            branch: conv(),
            head: LinearConfig::new(1, 4).init(device),
            plan: Plan::new(self.purpose().input),
        }
    }

    fn purpose(&self) -> Purpose {
        let input = ImageShape::new(2, self.side, self.side);
        Purpose::new(input, 4, Initialisation::PytorchDefault)
    }
}

impl<B: Backend> Network<B> for Skip<B> {
    type Config = SkipConfig;

    fn features(&self, images: Maps<B>) -> Maps<B> {
        let stem = images.conv2d(&self.stem).relu();
        let branch = stem.clone().conv2d(&self.branch);
        branch.add(stem).max_pool2d(Window::blocks(2)).flatten()
    }

    fn logits(&self, features: Maps<B>) -> Maps<B> {
        features.linear(&self.head)
    }

    fn plan(&self) -> &Plan<B> {
        &self.plan
    }

    fn plan_mut(&mut self) -> &mut Plan<B> {
        &mut self.plan
    }
}

fn config() -> SkipConfig {
    SkipConfig {
        side: 6,
        channels: 3,
    }
}

fn images() -> Tensor<Flex, 4> {
    let values: Vec<f32> = (0..2 * 72).map(|i| (i as f32 * 0.7).sin()).collect();
    Tensor::from_data(TensorData::new(values, [2, 2, 6, 6]), &FlexDevice)
}

#[test]
fn its_graph_has_names_inputs_and_sizes() {
    let graph = config().graph::<Flex>().unwrap();
    let nodes = graph.nodes().iter();
    let nodes: Vec<_> = nodes
        .map(|node| (&*node.name, &node.inputs[..], &node.output[..]))
        .collect();
    let expected: [(&str, &[usize], &[usize]); 8] = [
        ("images", &[], &[2, 6, 6]),
        ("stem", &[0], &[3, 6, 6]),
        ("stem.relu", &[1], &[3, 6, 6]),
        ("branch", &[2], &[3, 6, 6]),
        ("branch.add", &[3, 2], &[3, 6, 6]),
        ("branch.max_pool", &[4], &[3, 3, 3]),
        ("flatten", &[5], &[27]),
        ("head", &[6], &[4]),
    ];
    assert_eq!(nodes, expected);
    // 3 · (2 · 9 + 1) + 3 · (3 · 9 + 1) + 4 · (27 + 1)
    assert_eq!(graph.num_params(), 57 + 84 + 112);
}

#[test]
fn every_algorithm_computes_the_same_and_another_head_can_be_put_on() {
    let network = config().init_with_seed::<Flex>(3, &FlexDevice).unwrap();
    let logits = network.forward(images());
    assert_eq!(logits.dims(), [2, 4]);
    for algorithm in ConvAlgorithm::ALL {
        let other = network.clone().with_algorithms(|_| algorithm);
        let off = (other.forward(images()) - logits.clone()).abs().max();
        assert!(off.into_scalar() < 1e-5, "{algorithm:?}");
    }
    let network = network.with_classes(7, 1).unwrap();
    assert_eq!(network.forward(images()).dims(), [2, 7]);
    assert_eq!(network.graph().nodes().last().unwrap().output, [7]);
}

#[test]
fn what_does_not_fit_is_told_by_the_layers_name() {
    let small = SkipConfig {
        side: 1,
        channels: 3,
    };
    let error = small.graph::<Flex>().unwrap_err().to_string();
    assert!(
        error.contains("branch.max_pool needs at least 2×2 and gets 1×1"),
        "{error}"
    );
    let empty = SkipConfig {
        side: 6,
        channels: 0,
    };
    let error = empty.init::<Flex>(&FlexDevice).unwrap_err();
    assert!(
        matches!(error, ModelError::BadConfig { ref what } if what.starts_with("stem has a size of 0")),
        "{error}"
    );
}
