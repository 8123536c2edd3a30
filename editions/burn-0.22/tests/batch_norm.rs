// Made by scripts/edition.py from models/: not to be edited.

//! Batch normalisation in training and in inference. Its values are held to PyTorch's in the program's
//! tests/backends.

use burn_core::module::Module;
use burn_core::tensor::Device;
use burn_core::tensor::{Tensor, TensorData};
use burn_zoo_models::{
    BatchNorm2d, ConvAlgorithm, ImageShape, Network, NetworkConfig, Resnet, ResnetConfig,
    parameters,
};

/// The device that trains.
fn training() -> Device {
    Device::flex().autodiff()
}

/// Values in (−1, 1) that look like noise, from a formula.
fn values(shape: [usize; 4]) -> Tensor<4> {
    let values: Vec<f32> = (0..shape.iter().product::<usize>())
        .map(|i| ((i * 7919) as f64 * 0.618_033_988_75).fract() as f32 * 2.0 - 1.0)
        .collect();
    Tensor::from_data(TensorData::new(values, shape), &training())
}

fn numbers(data: TensorData) -> Vec<f64> {
    data.iter().collect()
}

fn small() -> Resnet {
    let config = ResnetConfig::new(ImageShape::new(1, 8, 8), 3).with_channels(vec![4, 6]);
    let config = config.with_blocks(1);
    config.init_with_seed(1, &training()).unwrap()
}

/// The running statistics of a network, by name.
fn statistics(network: &Resnet) -> Vec<(String, Vec<f64>)> {
    let all = parameters::read(network).into_iter();
    let running = all.filter(|(name, _)| name.contains(".running_"));
    running.map(|(name, data)| (name, numbers(data))).collect()
}

#[test]
fn a_batch_is_normalised_and_goes_into_the_running_statistics() {
    let norm = BatchNorm2d::new(1, &training());
    let maps = Tensor::from_floats([[[[1.0, 2.0]]], [[[3.0, 6.0]]]], &training());
    let found = numbers(norm.forward(maps).into_data());
    // Mean 3, variance 14 / 4 over n, 14 / 3 over n − 1.
    let scale = 1.0 / (3.5f64 + 1e-5).sqrt();
    for (found, value) in found.iter().zip([1.0, 2.0, 3.0, 6.0]) {
        assert!((found - (value - 3.0) * scale).abs() < 1e-6);
    }
    let mean = numbers(norm.running_mean.value().into_data())[0];
    let var = numbers(norm.running_var.value().into_data())[0];
    assert!((mean - 0.3).abs() < 1e-6, "{mean}");
    assert!((var - (0.9 + 0.1 * 14.0 / 3.0)).abs() < 1e-6, "{var}");

    let image = Tensor::<4>::from_floats([[[[5.0]]]], &Device::flex());
    let found = numbers(norm.valid().forward(image).into_data())[0];
    assert!((found - (5.0 - mean) / (var + 1e-5).sqrt()).abs() < 1e-6);
}

#[test]
fn burns_own_layer_still_differs_from_pytorchs() {
    // Where this fails, Burn's layer may do instead of the zoo's.
    let norm = burn_nn::BatchNormConfig::new(1).init(&training());
    let maps = Tensor::<4>::from_floats([[[[1.0, 2.0]]], [[[3.0, 6.0]]]], &training());
    norm.clone().forward(maps);
    // The clone's batch went into the original's statistics, with its variance over n.
    let var = numbers(norm.running_var.value_sync().into_data())[0];
    assert!((var - (0.9 + 0.1 * 3.5)).abs() < 1e-6, "{var}");
}

#[test]
#[should_panic(expected = "cannot train on one value a channel")]
fn one_value_a_channel_is_refused_in_training() {
    BatchNorm2d::new(2, &training()).forward(values([1, 2, 1, 1]));
}

#[test]
fn a_frozen_layer_uses_its_running_statistics_and_leaves_them() {
    let norm = BatchNorm2d::new(2, &training());
    norm.forward(values([5, 2, 3, 3]));
    let frozen = norm.no_grad();
    let [mean, var] =
        [&frozen.running_mean, &frozen.running_var].map(|own| own.value().into_data());
    // One value a channel, too.
    for shape in [[4, 2, 3, 3], [1, 2, 1, 1]] {
        let maps = values(shape).require_grad();
        let found = frozen.forward(maps.clone());
        let expected = frozen.valid().forward(maps.clone().inner());
        assert_eq!(found.clone().into_data(), expected.into_data());
        let gradients = found.sum().backward();
        // d y / d x is 1 / √(var + ε), of the running variance alone.
        let gradient = maps.grad(&gradients).unwrap().mean_dim(0).mean_dim(2);
        let gradient = numbers(gradient.mean_dim(3).into_data());
        for (found, var) in gradient.into_iter().zip(numbers(var.clone())) {
            assert!((found - 1.0 / (var + 1e-5).sqrt()).abs() < 1e-5, "{found}");
        }
    }
    assert_eq!(frozen.running_mean.value().into_data(), mean);
    assert_eq!(frozen.running_var.value().into_data(), var);
}

#[test]
fn a_layer_made_without_autodiff_learns_once_it_trains() {
    let norm = BatchNorm2d::new(2, &Device::flex());
    let norm: BatchNorm2d = norm.train();
    assert!(norm.weight.is_require_grad() && norm.bias.is_require_grad());
    let before = norm.running_mean.value().into_data();
    norm.forward(values([5, 2, 3, 3]));
    assert_ne!(norm.running_mean.value().into_data(), before);
}

#[test]
fn training_a_clone_leaves_the_others_statistics_alone() {
    let network = small();
    let before = statistics(&network);
    let clone = network.clone();
    clone.forward(values([5, 1, 8, 8]));
    assert_ne!(statistics(&clone), before);
    assert_eq!(statistics(&network), before);
}

#[test]
fn a_batch_is_trained_on_as_a_whole_by_every_algorithm() {
    // More images than a part has, where algorithms that keep values of their own take parts.
    let images = values([300, 1, 8, 8]);
    let run = |algorithm| {
        let network = small().with_algorithms(|_| algorithm);
        let logits = numbers(network.forward(images.clone()).into_data());
        (logits, statistics(&network))
    };
    let (logits, running) = run(ConvAlgorithm::Direct);
    for algorithm in [ConvAlgorithm::Im2col, ConvAlgorithm::Frequency] {
        let (other_logits, other_running) = run(algorithm);
        let names = running.iter().map(|(name, _)| name.as_str());
        let pairs = running.iter().zip(&other_running);
        let pairs = pairs.map(|((_, a), (_, b))| (a, b));
        let pairs = names
            .zip(pairs)
            .chain([("logits", (&logits, &other_logits))]);
        for (name, (expected, found)) in pairs {
            let off = expected.iter().zip(found).map(|(a, b)| (a - b).abs());
            assert!(off.fold(0.0, f64::max) < 1e-4, "{algorithm:?}: {name}");
        }
    }
}

#[test]
fn inference_in_parts_is_inference_on_the_whole() {
    let network = small();
    network.forward(values([5, 1, 8, 8]));
    let network = network.valid();
    let images = values([300, 1, 8, 8]).inner();
    let expected = numbers(network.forward(images.clone()).into_data());
    let in_parts = network.with_algorithms(|_| ConvAlgorithm::Im2col);
    let found = numbers(in_parts.forward(images).into_data());
    let off = expected.iter().zip(found).map(|(a, b)| (a - b).abs());
    assert!(off.fold(0.0, f64::max) < 1e-4);
}
