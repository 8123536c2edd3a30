//! Fine-tuning: what is frozen stays as it is, what is thawed learns again, and a new head learns.

use burn_autodiff::Autodiff;
use burn_core::module::{AutodiffModule, Module, ModuleVisitor, Param, ParamId};
use burn_core::tensor::{DType, Tensor, TensorData};
use burn_flex::{Flex, FlexDevice};
use burn_optim::{AdamConfig, GradientsParams, Optimizer};
use burn_zoo_models::{
    ConvAlgorithm, ImageShape, Network, NetworkConfig, Resnet, ResnetConfig, find,
    parameters::{self, ModulePath},
};
use std::collections::BTreeSet;

type Train = Autodiff<Flex>;

/// The device that trains.
fn training() -> FlexDevice {
    FlexDevice
}

/// A residual network with a shortcut of its own, whose weights are not drawn yet.
fn small() -> Resnet<Train> {
    let config = ResnetConfig::new(ImageShape::new(1, 8, 8), 3).with_channels(vec![4, 6]);
    let config = config.with_blocks(1);
    config.init_with_seed(1, &training()).unwrap()
}

/// Images of values in (−1, 1) that look like noise, from a formula.
fn images(count: usize) -> Tensor<Train, 4> {
    let values: Vec<f32> = (0..count * 64)
        .map(|i| ((i * 7919) as f64 * 0.618_033_988_75).fract() as f32 * 2.0 - 1.0)
        .collect();
    Tensor::from_data(TensorData::new(values, [count, 1, 8, 8]), &training())
}

/// The network after three steps of Adam, and the number of parameters that got a gradient at the last.
fn trained(mut network: Resnet<Train>) -> (Resnet<Train>, usize) {
    let mut adam = AdamConfig::new().init();
    let mut with_gradient = 0;
    for _ in 0..3 {
        let loss = network.forward(images(5)).sin().sum();
        let gradients = GradientsParams::from_grads(loss.backward(), &network);
        with_gradient = gradients.len();
        network = adam.step(1e-2, network, gradients);
    }
    (network, with_gradient)
}

/// The names of the parameters and running statistics whose values differ.
fn changed(before: &Resnet<Train>, after: &Resnet<Train>) -> BTreeSet<String> {
    let pairs = parameters::read(before)
        .into_iter()
        .zip(parameters::read(after));
    let differ = pairs.filter(|((_, before), (_, after))| before != after);
    differ.map(|((name, _), _)| name).collect()
}

/// What is known of a parameter without its values.
struct Seen {
    name: String,
    id: ParamId,
    is_drawn: bool,
}

#[derive(Default)]
struct Looker {
    path: ModulePath,
    seen: Vec<Seen>,
    /// The names of those that take a gradient, where that is to be known: it draws them.
    learned: Option<BTreeSet<String>>,
}

impl ModuleVisitor<Train> for Looker {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<Train, D>>) {
        let (name, id, is_drawn) = (self.path.name(), param.id, param.is_initialized());
        if let Some(learned) = &mut self.learned
            && param.is_require_grad()
        {
            learned.insert(name.clone());
        }
        self.seen.push(Seen { name, id, is_drawn });
    }

    fn enter_module(&mut self, name: &str, container: &str) {
        self.path.enter(name, container);
    }

    fn exit_module(&mut self, _: &str, container: &str) {
        self.path.exit(container);
    }
}

fn seen(network: &impl Module<Train>) -> Vec<Seen> {
    let mut looker = Looker::default();
    network.visit(&mut looker);
    looker.seen
}

/// The names of the parameters that take a gradient.
fn learned(network: &impl Module<Train>) -> BTreeSet<String> {
    let mut looker = Looker {
        learned: Some(BTreeSet::new()),
        ..Looker::default()
    };
    network.visit(&mut looker);
    looker.learned.unwrap()
}

/// The names of the parameters that are learned where none is frozen.
fn learnable(network: &impl Network<Train>) -> BTreeSet<String> {
    let parameters = network.graph().parameters().filter(|own| own.is_learned);
    parameters.map(|own| own.name.clone()).collect()
}

#[test]
fn only_the_head_gets_gradients_and_changes_where_all_else_is_frozen() {
    let network = small();
    let head = network.head();
    assert_eq!(head.iter().collect::<Vec<_>>(), ["fc.bias", "fc.weight"]);
    let frozen = network.frozen(|name| !head.contains(name));
    let (after, with_gradient) = trained(frozen.clone());
    assert_eq!(with_gradient, 2);
    assert_eq!(changed(&frozen, &after), head);
}

#[test]
fn what_is_thawed_learns_again_and_running_statistics_with_it() {
    let frozen = small().frozen(|_| true);
    let (before, thawed) = (frozen.clone(), frozen.frozen(|_| false));
    assert_eq!(learned(&thawed), learnable(&thawed));
    let (after, with_gradient) = trained(thawed);
    assert_eq!(with_gradient, learnable(&before).len());
    let every: BTreeSet<_> = parameters::read(&before).into_keys().collect();
    assert_eq!(changed(&before, &after), every);
}

#[test]
fn a_layer_alone_can_be_frozen() {
    let norm = |name: &str| name.starts_with("layer2.0.bn1.");
    let frozen = small().frozen(norm);
    let (after, _) = trained(frozen.clone());
    let changed = changed(&frozen, &after);
    let stayed = parameters::read(&frozen)
        .into_iter()
        .filter(|(name, _)| !changed.contains(name));
    let stayed: Vec<String> = stayed.map(|(name, _)| name).collect();
    let own = ["bias", "running_mean", "running_var", "weight"];
    assert_eq!(stayed, own.map(|own| format!("layer2.0.bn1.{own}")));
}

#[test]
fn a_new_head_on_a_frozen_network_learns() {
    let network = small().frozen(|_| true).with_classes(5, 1).unwrap();
    let head = network.head();
    assert_eq!(learned(&network), head);
    let (after, _) = trained(network.clone());
    assert_eq!(changed(&network, &after), head);
}

#[test]
fn burns_own_no_grad_freezes_running_statistics_too() {
    // Statistics that are not those of the images.
    let (network, _) = trained(small());
    let frozen = network.clone().no_grad();
    let by_running = network.valid().forward(images(5).inner());
    let off = |logits: Tensor<Train, 2>| {
        let off = (logits.inner() - by_running.clone()).abs().max();
        off.into_scalar() / by_running.clone().abs().max().into_scalar()
    };
    assert_eq!(off(frozen.forward(images(5))), 0.0);
    assert!(changed(&network, &frozen).is_empty());
    assert!(off(network.forward(images(5))) > 1e-2);
}

#[test]
fn freezing_keeps_parameters_ids_and_draws_no_weights() {
    let network = small();
    let before = seen(&network);
    let after = seen(&network.frozen(|name| name.ends_with("weight")));
    for (before, after) in before.into_iter().zip(after) {
        assert_eq!(after.id, before.id, "{}", before.name);
        assert_eq!(after.is_drawn, before.is_drawn, "{}", before.name);
        assert_eq!(after.is_drawn, before.name.contains(".running_"));
    }
}

#[test]
fn a_network_chosen_by_name_is_frozen_by_the_same_names() {
    let config = find("resnet-20").unwrap();
    let config = config.config(ImageShape::new(3, 8, 8), 10);
    let network = config.init_with_seed::<Train>(1, &training()).unwrap();
    let network = network.frozen(|name| !name.starts_with("layer3.2.") && name != "fc.bias");
    let mut expected = learnable(&network);
    expected.retain(|name| name.starts_with("layer3.2.") || name == "fc.bias");
    assert_eq!(expected.len(), 7);
    assert_eq!(learned(&network), expected);
}

#[test]
fn a_frozen_backbone_takes_images_in_parts_and_gives_the_same_logits() {
    let network = small();
    assert!(network.looks_at_the_whole_batch());
    let one = network
        .clone()
        .frozen(|name| name != "layer2.0.downsample.1.weight");
    assert!(one.looks_at_the_whole_batch());
    assert!(!network.valid().looks_at_the_whole_batch());

    let (network, _) = trained(network);
    let head = network.head();
    let network = network.frozen(|name| !head.contains(name));
    assert!(!network.looks_at_the_whole_batch());
    // More images than a part has.
    let expected = network.forward(images(300));
    let in_parts = network.with_algorithms(|_| ConvAlgorithm::Im2col);
    let off = (in_parts.forward(images(300)) - expected).abs().max();
    assert!(off.into_scalar() < 1e-4);
}

#[test]
fn weights_loaded_without_autodiff_are_frozen_by_burns_train_until_they_are_thawed() {
    let config = ResnetConfig::new(ImageShape::new(1, 8, 8), 3).with_blocks(1);
    let network: Resnet<Flex> = config.init_with_seed(1, &FlexDevice).unwrap();
    let network = parameters::replace(network, DType::F32, |_| None);
    let network: Resnet<Train> = network.train();
    // Where this fails, the crate's documentation need not speak of it any more.
    assert!(learned(&network).is_empty());
    let network = network.frozen(|_| false);
    assert_eq!(learned(&network), learnable(&network));
}
