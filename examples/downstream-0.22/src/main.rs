//! A project of its own on Burn 0.22 that uses the zoo's models: it classifies a picture with trained weights, then
//! teaches the same model classes of its own. examples/downstream is the same on Burn 0.21.
//!
//! `cargo run --release` in this folder, or `cargo run --release -- PICTURE.png` with a picture of
//! 28×28 pixels, one article of clothing, white on black.

use burn::module::{Module, Param};
use burn::nn::loss::CrossEntropyLossConfig;
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::activation::softmax;
use burn::tensor::{Device, Int, Tensor, TensorData};
use burn_zoo_models::pretrained::vgg_small;
use burn_zoo_models::{Network, Vgg, VggConfig, Weights};
use shapes::{SHAPES, shapes};
use std::error::Error;

mod shapes;

const SIDE: usize = 28;

/// A model of the zoo inside another module.
#[derive(Module, Debug)]
struct Calibrated {
    model: Vgg,
    /// The temperature by which the logits are divided; learned with the rest.
    temperature: Param<Tensor<1>>,
}

impl Calibrated {
    fn forward(&self, images: Tensor<4>) -> Tensor<2> {
        let logits = self.model.forward(images);
        logits / self.temperature.val().unsqueeze()
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let weights = vgg_small::FASHION_MNIST;
    let picture = std::env::args().nth(1);
    classify(
        &weights,
        picture.as_deref().unwrap_or("../downstream/ankle-boot.png"),
    )?;
    fine_tune(&weights)
}

/// With the zoo's weights, in one line.
fn classify(weights: &Weights<VggConfig>, picture: &str) -> Result<(), Box<dyn Error>> {
    let device = Device::default();
    let model = Vgg::pretrained(weights, &device)?;

    let pixels = image::open(picture)?.to_luma32f();
    let (width, height) = pixels.dimensions();
    let data = TensorData::new(pixels.into_raw(), [1, 1, height as usize, width as usize]);
    let images = weights.normalise(Tensor::<4>::from_data(data, &device));
    let shares: Vec<f32> = softmax(model.forward(images), 1).into_data().try_to_vec()?;

    let mut classes: Vec<_> = weights.classes.iter().zip(shares).collect();
    classes.sort_by(|a, b| b.1.total_cmp(&a.1));
    println!(
        "{picture}, by {} ({:.2} % of the test set):",
        weights.id,
        100.0 * weights.accuracy
    );
    for (class, share) in &classes[..3] {
        println!("  {:5.1} %  {class}", 100.0 * share);
    }
    Ok(())
}

/// The same model with a new head, inside another module, learns shapes.
fn fine_tune(weights: &Weights<VggConfig>) -> Result<(), Box<dyn Error>> {
    let device = Device::default().autodiff();
    let model = Vgg::pretrained(weights, &device)?.with_classes(SHAPES.len(), 42)?;
    let mut model = Calibrated {
        model,
        temperature: Param::from_tensor(Tensor::ones([1], &device)),
    };
    let mut adam = AdamConfig::new().init();
    let loss = CrossEntropyLossConfig::new().init(&device);

    let (unseen, targets) = shapes(96, SIDE, 7, &Device::default());
    println!(
        "shapes before training: {:.0} %",
        accuracy(&model.valid(), &unseen, &targets)
    );
    for step in 0..20 {
        let (images, targets) = shapes(48, SIDE, 100 + step, &device);
        let loss = loss.forward(model.forward(weights.normalise(images)), targets);
        let gradients = GradientsParams::from_grads(loss.backward(), &model);
        model = adam.step(5e-4, model, gradients);
    }
    let after = accuracy(&model.valid(), &unseen, &targets);
    println!("after 20 steps: {after:.0} % of 96 that it has not seen");
    if after < 90.0 {
        return Err("the model did not learn the shapes".into());
    }
    Ok(())
}

/// The percentage that is classified rightly; `images` are pixels in [0, 1].
fn accuracy(model: &Calibrated, images: &Tensor<4>, targets: &Tensor<1, Int>) -> f32 {
    let images = vgg_small::FASHION_MNIST.normalise(images.clone());
    let answers = model.forward(images).argmax(1).squeeze::<1>();
    let right = answers.equal(targets.clone()).float().mean();
    100.0 * right.into_scalar::<f32>()
}
