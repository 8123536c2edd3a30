//! Published weights compute the same everywhere: published.json holds the logits and gradients of Burn 0.21's flex, and
//! the editions for newer versions of Burn are held to the same file. Models without published weights are in it with
//! weights drawn from a seed.
//!
//! `WRITE_PUBLISHED=1 cargo test --release --workspace --test published` writes it.
#![cfg(feature = "pretrained")]

use burn_autodiff::Autodiff;
use burn_core::module::{AutodiffModule, Module, ModuleVisitor, Param};
use burn_core::tensor::activation::log_softmax;
use burn_core::tensor::backend::AutodiffBackend;
use burn_core::tensor::{Tensor, TensorData};
use burn_flex::{Flex, FlexDevice};
use burn_zoo_models::parameters::ModulePath;
use burn_zoo_models::{
    Classifier, ConvAlgorithm, ImageShape, MODELS, Network, NetworkConfig, Weights,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

type Train = Autodiff<Flex>;

/// The device that trains.
fn training() -> FlexDevice {
    FlexDevice
}

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/published.json");
const IMAGES: usize = 3;
/// How far gradients may be from those on record, as a share of their length.
const TOLERANCE: f64 = 5e-5;

/// Of each parameter's gradient, its length and its product with a vector of noise.
type Gradients = BTreeMap<String, [f64; 2]>;

/// What a network computes of its [`images`].
#[derive(Serialize, Deserialize)]
struct Computed {
    images: usize,
    logits: Vec<f32>,
    gradients: Gradients,
}

/// Values in (−1, 1) that look like noise, from a formula.
fn noise(place: usize) -> f64 {
    (place as f64 * 7919.0 * 0.618_033_988_75).fract() * 2.0 - 1.0
}

/// The images of a number, whose values are changed by up to `shaken` of themselves in a way that `round` tells.
fn images(shape: ImageShape, number: usize, shaken: f64, round: usize) -> Tensor<Train, 4> {
    let count = IMAGES * shape.num_values();
    let values: Vec<f32> = (0..count)
        .map(|place| {
            let change = shaken * noise(place * 3 + 17 * round);
            (noise(place + number * count) * (1.0 + change)) as f32
        })
        .collect();
    let dims = [IMAGES, shape.channels, shape.height, shape.width];
    Tensor::from_data(TensorData::new(values, dims), &training())
}

/// The networks by their names.
fn networks() -> Vec<(&'static str, Classifier<Train>)> {
    let mut networks = Vec::new();
    for spec in MODELS {
        let mut published = Weights::ALL
            .iter()
            .filter(|set| set.model == spec.id)
            .peekable();
        if published.peek().is_none() {
            // Of 28 pixels `resnet-18` would leave its last stage one, and three are too few to be normalised: the
            // gradients would change by a thousandth when an image changes by a ten-millionth.
            let config = spec.config(ImageShape::new(1, 64, 64), 10);
            let network = config.init_with_seed::<Train>(42, &training()).unwrap();
            networks.push((spec.id, network));
        }
        networks.extend(published.map(|set| (set.id, set.load::<Train>(&training()).unwrap())));
    }
    networks
}

struct Collector<'a> {
    path: ModulePath,
    gradients: &'a <Train as AutodiffBackend>::Gradients,
    found: Gradients,
}

impl ModuleVisitor<Train> for Collector<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<Train, D>>) {
        // Running statistics have none.
        let Some(gradient) = param.val().grad(self.gradients) else {
            return;
        };
        let gradient = gradient.into_data();
        let values = || gradient.iter::<f64>();
        let length = values().map(|value| value * value).sum::<f64>().sqrt();
        let products = values()
            .enumerate()
            .map(|(place, value)| value * noise(place));
        self.found
            .insert(self.path.name(), [length, products.sum()]);
    }

    fn enter_module(&mut self, name: &str, container: &str) {
        self.path.enter(name, container);
    }

    fn exit_module(&mut self, _: &str, container: &str) {
        self.path.exit(container);
    }
}

fn gradients(network: &Classifier<Train>, images: Tensor<Train, 4>) -> Gradients {
    // Each image of another class.
    let targets: Vec<f32> = (0..IMAGES * 10)
        .map(|place| f32::from(place % 10 == place / 10))
        .collect();
    let targets = TensorData::new(targets, [IMAGES, 10]);
    let targets = Tensor::<Train, 2>::from_data(targets, &training());
    let logits = network.forward(images);
    let loss = (log_softmax(logits, 1) * targets).sum() / -(IMAGES as f64);
    let gradients = loss.backward();
    let mut collector = Collector {
        path: ModulePath::default(),
        gradients: &gradients,
        found: BTreeMap::new(),
    };
    network.visit(&mut collector);
    collector.found
}

fn computed(network: &Classifier<Train>, number: usize) -> Computed {
    let images = images(network.input(), number, 0.0, 0);
    // Before training changes running statistics.
    let logits = network.valid().forward(images.clone().inner());
    Computed {
        images: number,
        logits: logits.into_data().iter().collect(),
        gradients: gradients(network, images),
    }
}

/// Whether no activation is so close to a ReLU's zero, or to another that is pooled with it, that the rounding of
/// another processor or backend would decide for the other: then gradients differ by a hundredth where nothing is wrong.
fn is_steady(network: &Classifier<Train>, number: usize) -> bool {
    let of = |shaken, round| gradients(network, images(network.input(), number, shaken, round));
    let still = of(0.0, 0);
    (0..16).all(|round| worst(&of(3e-6, round), &still).0 < 2.0 * TOLERANCE)
}

/// By how much gradients are off at most, and whose.
fn worst<'a>(found: &Gradients, expected: &'a Gradients) -> (f64, &'a str) {
    let mut worst = (0.0, "");
    for (parameter, [length, product]) in expected {
        let [found_length, found_product] = found[parameter];
        let off = (found_length - length)
            .abs()
            .max((found_product - product).abs())
            / length;
        // Numbers that are none are the worst.
        if off.is_nan() || off > worst.0 {
            worst = (off, parameter);
        }
    }
    worst
}

fn references() -> BTreeMap<String, Computed> {
    let text = std::fs::read_to_string(FILE).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// The largest difference of two lists of numbers, as a share of the largest number.
fn off(found: &[f32], expected: &[f32]) -> f32 {
    assert_eq!(found.len(), expected.len());
    let pairs = found.iter().zip(expected);
    let off = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    off / expected
        .iter()
        .fold(0.0, |largest: f32, b| largest.max(b.abs()))
}

#[test]
fn every_set_of_weights_gives_the_recorded_logits_and_gradients() {
    if std::env::var_os("WRITE_PUBLISHED").is_some() {
        let steady = networks().into_iter().map(|(_, network)| {
            let number = (0..100).find(|&number| is_steady(&network, number));
            number.unwrap()
        });
        // Of networks that were not trained meanwhile, which changes running statistics.
        let computed = networks()
            .into_iter()
            .zip(steady)
            .map(|((name, network), number)| (name, computed(&network, number)));
        let computed: BTreeMap<_, _> = computed.collect();
        let text = serde_json::to_string_pretty(&computed).unwrap();
        std::fs::write(FILE, text + "\n").unwrap();
    }
    let references = references();
    let networks = networks();
    assert_eq!(networks.len(), references.len());
    for (name, network) in networks {
        let expected = &references[name];
        let found = computed(&network, expected.images);
        let of_logits = off(&found.logits, &expected.logits);
        assert!(
            of_logits < 1e-6,
            "the logits of {name} are off by {of_logits:.1e}"
        );
        let learned = network
            .graph()
            .parameters()
            .filter(|own| own.is_learned)
            .count();
        assert_eq!(found.gradients.len(), learned, "{name}");
        let (of_gradients, parameter) = worst(&found.gradients, &expected.gradients);
        println!("{name}: logits {of_logits:.1e}, gradients {of_gradients:.1e} ({parameter})");
        assert!(
            of_gradients < TOLERANCE,
            "the gradient of {name}'s {parameter} is off by {of_gradients:.1e}"
        );
    }
}

#[test]
fn every_set_of_weights_gives_the_recorded_logits_in_the_frequency_domain() {
    let references = references();
    for (name, network) in networks() {
        let network = network
            .valid()
            .with_algorithms(|_| ConvAlgorithm::Frequency);
        let expected = &references[name];
        let images = images(network.input(), expected.images, 0.0, 0).inner();
        let logits: Vec<f32> = network.forward(images).into_data().iter().collect();
        let off = off(&logits, &expected.logits);
        assert!(off < 1e-5, "the logits of {name} are off by {off:.1e}");
    }
}
