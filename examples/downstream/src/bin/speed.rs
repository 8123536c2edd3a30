//! Images a second on Burn 0.21's flex, training and inference: `cargo run --release --bin speed`, or with the names of
//! models behind `--`. examples/downstream-0.22 is the same on Burn 0.22; scripts/edition_speed.py runs both in turn.

use burn::backend::{Autodiff, Flex};
use burn::module::AutodiffModule;
use burn::nn::loss::CrossEntropyLossConfig;
use burn::optim::{AdamConfig, GradientsParams, Optimizer};
use burn::tensor::{Distribution, Int, Tensor};
use burn_zoo_models::{ConvAlgorithm, ImageShape, Network, NetworkConfig, find};
use std::error::Error;
use std::time::Instant;

type Train = Autodiff<Flex>;

const BATCH: usize = 64;
const SECONDS: f64 = 4.0;

fn main() -> Result<(), Box<dyn Error>> {
    let mut models: Vec<String> = std::env::args().skip(1).collect();
    if models.is_empty() {
        models = ["cnn", "vgg-small", "resnet-20"].map(String::from).to_vec();
    }
    for id in models {
        for algorithm in [ConvAlgorithm::Direct, ConvAlgorithm::Frequency] {
            let config = find(&id)?.config(ImageShape::new(1, 28, 28), 10);
            let device = Default::default();
            let model = config.init_with_seed::<Train>(42, &device)?;
            let mut model = model.with_algorithms(|_| algorithm);
            let mut adam = AdamConfig::new().init();
            let loss = CrossEntropyLossConfig::new().init(&device);
            let images =
                Tensor::<Train, 4>::random([BATCH, 1, 28, 28], Distribution::Default, &device);
            let targets = Tensor::<Train, 1, Int>::zeros([BATCH], &device);
            let mut network = Some(model);
            let training = images_a_second(|| {
                let model = network.take().expect("it is put back");
                let loss = loss.forward(model.forward(images.clone()), targets.clone());
                let gradients = GradientsParams::from_grads(loss.backward(), &model);
                network = Some(adam.step(1e-4, model, gradients));
            });
            model = network.expect("it was put back");
            let trained = model.valid();
            let prepared = trained.prepared();
            let images = images.inner();
            let inference = images_a_second(|| {
                std::hint::black_box(prepared.forward(images.clone()).into_data());
            });
            println!(
                "{id},{},0.21,{training:.1},{inference:.1}",
                algorithm.name()
            );
        }
    }
    Ok(())
}

/// The median over batches, after one that is not counted.
fn images_a_second(mut batch: impl FnMut()) -> f64 {
    batch();
    let mut seconds = Vec::new();
    let started = Instant::now();
    while seconds.len() < 5 || started.elapsed().as_secs_f64() < SECONDS {
        let began = Instant::now();
        batch();
        seconds.push(began.elapsed().as_secs_f64());
    }
    seconds.sort_by(f64::total_cmp);
    BATCH as f64 / seconds[seconds.len() / 2]
}
