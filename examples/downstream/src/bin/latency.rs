//! How long one picture takes in a project of its own, by each algorithm of convolutions:
//! `cargo run --release --bin latency`.

use burn::backend::Flex;
use burn::tensor::Tensor;
use burn_zoo_models::pretrained::vgg_small;
use burn_zoo_models::{ConvAlgorithm, Network, Vgg};
use std::error::Error;
use std::time::Instant;

/// Pictures by each algorithm, after a few that are not counted.
const PICTURES: usize = 300;

fn main() -> Result<(), Box<dyn Error>> {
    let weights = vgg_small::FASHION_MNIST;
    let device = Default::default();
    let model = Vgg::<Flex>::pretrained(&weights, &device)?;
    println!("{}, one picture, milliseconds:", weights.id);
    println!("algorithm  median  95th percentile");
    for algorithm in ConvAlgorithm::ALL {
        let model = model.clone().with_algorithms(|_| algorithm);
        // What the kernels need is made once.
        let model = model.prepared();
        let mut seconds = Vec::new();
        for _ in 0..PICTURES + 10 {
            let picture = Tensor::<Flex, 4>::zeros([1, 1, 28, 28], &device);
            let started = Instant::now();
            std::hint::black_box(model.forward(weights.normalise(picture)).into_data());
            seconds.push(started.elapsed().as_secs_f64());
        }
        seconds.drain(..10);
        seconds.sort_by(f64::total_cmp);
        let at = |share: f64| 1000.0 * seconds[(share * PICTURES as f64) as usize];
        println!("{:9}  {:6.2}  {:15.2}", algorithm.name(), at(0.5), at(0.95));
    }
    Ok(())
}
