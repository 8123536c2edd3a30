//! Holds the files that `zoo export --format rust` writes to the zoo's own models: the structs in src/exported, each with
//! its weights, compute the same logits.
//!
//! `cargo run --bin exported -- FOLDER`, where FOLDER has, of each model, MODEL.rust.bpk of `--format rust` and
//! MODEL.bpk of `--format burnpack`, both of the same weights. Published ones are also held to the edition's own.

use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData};
use burn_zoo_models::{Classifier, ImageShape, MODELS, Network, NetworkConfig, Weights};
use std::error::Error;
use std::path::Path;

#[path = "../exported"]
#[allow(dead_code)]
mod exported {
    pub mod cnn;
    pub mod cnn_avgpool;
    pub mod cnn_maxpool;
    pub mod cnn_simple;
    pub mod cnn_strided;
    pub mod mlp_relu;
    pub mod mlp_relu_2;
    pub mod mlp_relu_3;
    pub mod mlp_sigmoid;
    pub mod resnet_18;
    pub mod resnet_20;
    pub mod vgg_small;
}

const IMAGES: ImageShape = ImageShape::new(1, 28, 28);

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("which folder?")?;
    for spec in MODELS {
        let id = spec.id;
        let [written, own] =
            ["rust.bpk", "bpk"].map(|end| Path::new(&folder).join(format!("{id}.{end}")));
        let found = by_source(id, &written)?;
        let model = spec
            .config(IMAGES, 10)
            .init_with_seed(0, &Device::default())?;
        let model = load(model, &own)?;
        let expected = model.forward(images());
        let mut off = far(&found, &expected);
        let mut published = Weights::ALL
            .iter()
            .filter(|set| set.id == format!("{id}.fashion-mnist"));
        if let Some(set) = published.next() {
            off = off.max(far(
                &found,
                &set.load(&Device::default())?.forward(images()),
            ));
        }
        println!("{id:12} {off:.1e}");
        // Burn's batch normalisation rounds elsewhere than the zoo's.
        let allowed = if id.starts_with("resnet") { 1e-5 } else { 1e-6 };
        if off.is_nan() || off > allowed {
            return Err(format!("{id} is off by {off:.1e} of the largest logit").into());
        }
    }
    Ok(())
}

/// The logits of a model's own source.
fn by_source(id: &str, weights: &Path) -> Result<Tensor<2>, Box<dyn Error>> {
    macro_rules! logits {
        ($model:ty) => {
            <$model>::init(&Device::default())
                .try_load_file(weights)?
                .forward(images())
        };
    }
    use exported::*;
    Ok(match id {
        "mlp-sigmoid" => logits!(mlp_sigmoid::MlpSigmoid),
        "mlp-relu" => logits!(mlp_relu::MlpRelu),
        "mlp-relu-2" => logits!(mlp_relu_2::MlpRelu2),
        "mlp-relu-3" => logits!(mlp_relu_3::MlpRelu3),
        "cnn-simple" => logits!(cnn_simple::CnnSimple),
        "cnn" => logits!(cnn::Cnn),
        "cnn-maxpool" => logits!(cnn_maxpool::CnnMaxpool),
        "cnn-avgpool" => logits!(cnn_avgpool::CnnAvgpool),
        "cnn-strided" => logits!(cnn_strided::CnnStrided),
        "vgg-small" => logits!(vgg_small::VggSmall),
        "resnet-20" => logits!(resnet_20::Resnet20),
        "resnet-18" => logits!(resnet_18::Resnet18),
        _ => return Err(format!("src/exported has no {id}").into()),
    })
}

/// A model of the zoo with the weights of a file, whose names know nothing of the enum.
fn load(model: Classifier, file: &Path) -> Result<Classifier, Box<dyn Error>> {
    Ok(match model {
        Classifier::Mlp(model) => Classifier::Mlp(model.try_load_file(file)?),
        Classifier::Cnn(model) => Classifier::Cnn(model.try_load_file(file)?),
        Classifier::Vgg(model) => Classifier::Vgg(model.try_load_file(file)?),
        Classifier::Resnet(model) => Classifier::Resnet(model.try_load_file(file)?),
        _ => return Err("another architecture".into()),
    })
}

/// Values in (−1, 1) that look like noise, from a formula.
fn images() -> Tensor<4> {
    let values: Vec<f32> = (0..3 * IMAGES.num_values())
        .map(|i| ((i * 7919) as f64 * 0.618_033_988_75).fract() as f32 * 2.0 - 1.0)
        .collect();
    Tensor::from_data(TensorData::new(values, [3, 1, 28, 28]), &Device::default())
}

/// The largest difference, as a share of the largest value.
fn far(found: &Tensor<2>, expected: &Tensor<2>) -> f32 {
    let off = (found.clone() - expected.clone())
        .abs()
        .max()
        .into_scalar::<f32>();
    off / expected.clone().abs().max().into_scalar::<f32>()
}
