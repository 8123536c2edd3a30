//! A project of its own that fine-tunes torchvision's weights: a new head on `resnet18` learns three shapes, at first
//! alone, then with all layers.
//!
//! `cargo run --release --bin fine_tune -- resnet18.pth` in this folder, or with a `.safetensors` file, each of
//! `torchvision.models.resnet18().state_dict()`; with a square picture behind it, only what torchvision's head says of
//! that.

use burn::backend::{Autodiff, Flex};
use burn::module::AutodiffModule;
use burn::nn::loss::CrossEntropyLossConfig;
use burn::optim::{AdamConfig, GradientsParams, Optimizer};
use burn::tensor::{Tensor, TensorData, backend::Backend};
use burn_store::{ModuleSnapshot, PyTorchToBurnAdapter, PytorchStore, SafetensorsStore};
use burn_zoo_models::{Classifier, ImageShape, Network, NetworkConfig, Normalisation, find};
use shapes::{SHAPES, shapes};
use std::error::Error;

#[path = "../shapes.rs"]
mod shapes;

type Train = Autodiff<Flex>;

const SIDE: usize = 32;
/// The preprocessing that torchvision's weights expect.
const IMAGENET: Normalisation = Normalisation::IMAGENET;

fn main() -> Result<(), Box<dyn Error>> {
    let mut words = std::env::args().skip(1);
    let file = words.next().ok_or("which state dict of resnet18?")?;
    if let Some(picture) = words.next() {
        return classify(&file, &picture);
    }
    let model = torchvisions::<Train>(&file, SIDE)?.with_classes(SHAPES.len(), 42)?;
    println!("before training: {:.0} %", accuracy(&model));

    let head = model.head();
    let model = train(model.frozen(|name| !head.contains(name)), 20, 3e-3);
    println!("the head has learned: {:.0} %", accuracy(&model));

    let model = train(model.frozen(|_| false), 30, 1e-4);
    let after = accuracy(&model);
    println!("all layers have learned: {after:.0} % of 96 shapes that they have not seen");
    if after < 90.0 {
        return Err("the model did not learn the shapes".into());
    }
    Ok(())
}

/// ResNet-18 for squares of that side, with the weights of a file from PyTorch.
fn torchvisions<B: Backend>(file: &str, side: usize) -> Result<Classifier<B>, Box<dyn Error>> {
    let config = find("resnet-18")?.config(ImageShape::new(3, side, side), 1000);
    let mut model = config.init_with_seed::<B>(0, &Default::default())?;
    if file.ends_with(".safetensors") {
        let store = SafetensorsStore::from_file(file).with_from_adapter(PyTorchToBurnAdapter);
        // A `Classifier` is an enum of the architectures, of which PyTorch's names know nothing.
        model.load_from(&mut store.skip_enum_variants(true))?;
    } else {
        model.load_from(&mut PytorchStore::from_file(file))?;
    }
    Ok(model)
}

/// The model after so many steps of Adam, which change what is not frozen.
fn train(mut model: Classifier<Train>, steps: u32, rate: f64) -> Classifier<Train> {
    let mut adam = AdamConfig::new().init();
    let loss = CrossEntropyLossConfig::new().init(&Default::default());
    for step in 0..steps {
        let (pixels, targets) = shapes::<Train>(24, SIDE, 100 + step);
        let images = IMAGENET.normalise(pixels.repeat_dim(1, 3));
        let loss = loss.forward(model.forward(images), targets);
        let gradients = GradientsParams::from_grads(loss.backward(), &model);
        model = adam.step(rate, model, gradients);
    }
    model
}

/// The percentage of shapes that it has not seen which it classifies rightly.
fn accuracy(model: &Classifier<Train>) -> f32 {
    let (pixels, targets) = shapes::<Flex>(96, SIDE, 7);
    let images = IMAGENET.normalise(pixels.repeat_dim(1, 3));
    let answers = model.valid().forward(images).argmax(1);
    let right = answers.squeeze::<1>().equal(targets).float().mean();
    100.0 * right.into_scalar()
}

/// The five classes of ImageNet that torchvision's own head finds likeliest, by their numbers, with their logits.
fn classify(file: &str, picture: &str) -> Result<(), Box<dyn Error>> {
    let pixels = image::open(picture)?.to_rgb32f();
    let side = pixels.height() as usize;
    let data = TensorData::new(pixels.into_raw(), [1, side, side, 3]);
    let pixels = Tensor::<Flex, 4>::from_data(data, &Default::default()).permute([0, 3, 1, 2]);
    let logits = torchvisions::<Flex>(file, side)?.forward(IMAGENET.normalise(pixels));
    let (logits, classes) = logits.topk_with_indices(5, 1);
    let classes = classes.into_data();
    for (class, logit) in classes.iter::<i64>().zip(logits.into_data().iter::<f32>()) {
        println!("{class:4} {logit}");
    }
    Ok(())
}
