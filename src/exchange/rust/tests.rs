//! The files that the export writes for Burn 0.21 are compiled as modules of this test, those for 0.22 by the project
//! examples/downstream-0.22; `WRITE_EXPORTED=1 cargo test --release --lib exchange::rust` writes both.

// The names of the classes are not used here.
#![allow(dead_code)]

use super::*;
use crate::exchange::tests::trained;
use crate::exchange::to_burnpack_for_rust;
use burn::tensor::{Tensor, TensorData};
use burn_flex::{Flex, FlexDevice};
use burn_store::{BurnpackStore, ModuleSnapshot};
use burn_zoo_models::{
    BatchNorm2d, Classifier, ClassifierConfig, ImageShape, MODELS, MlpConfig, Network,
    NetworkConfig, ResnetConfig,
};
use std::fs;
use std::path::Path;

mod cnn;
mod cnn_avgpool;
mod cnn_maxpool;
mod cnn_simple;
mod cnn_strided;
mod mlp_relu;
mod mlp_relu_2;
mod mlp_relu_3;
mod mlp_sigmoid;
mod resnet_18;
mod resnet_20;
mod vgg_small;

/// Where the files for a version are.
const FOLDERS: [(BurnVersion, &str); 2] = [
    (BurnVersion::V0_21, "src/exchange/rust/tests"),
    (BurnVersion::V0_22, "examples/downstream-0.22/src/exported"),
];

#[test]
fn every_model_is_written_as_the_file_that_is_compiled() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (version, folder) in FOLDERS {
        for spec in MODELS {
            let weights = format!("{}.bpk", module_name(spec.id));
            let text = to_rust(&trained(spec.id, [1, 28, 28]), version, &weights).unwrap();
            let file = format!("{folder}/{}.rs", module_name(spec.id));
            let path = repository.join(&file);
            if std::env::var_os("WRITE_EXPORTED").is_some() {
                fs::write(&path, &text).unwrap();
            }
            let expected = fs::read_to_string(path).unwrap();
            assert!(
                text == expected,
                "{file} is not what is written now:\n{text}"
            );
        }
    }
}

/// Images `[2, C, H, W]` of values in (−1, 1) that look like noise, from a formula.
fn images(shape: ImageShape) -> Tensor<Flex, 4> {
    let values: Vec<f32> = (0..2 * shape.num_values())
        .map(|i| ((i * 7919) as f64 * 0.618_033_988_75).fract() as f32 * 2.0 - 1.0)
        .collect();
    let dims = [2, shape.channels, shape.height, shape.width];
    Tensor::from_data(TensorData::new(values, dims), &FlexDevice)
}

/// A model as if it had been trained: its running statistics are those of no layer that was just made.
fn exported(id: &str) -> Trained {
    let mut trained = trained(id, [1, 28, 28]);
    let names: Vec<String> = trained.weights().names().map(String::from).collect();
    for name in names.into_iter().filter(|name| name.contains(".running_")) {
        let data = trained.weights.get(&name).unwrap().clone();
        let values = data.iter::<f32>().enumerate();
        let values: Vec<f32> = values
            .map(|(i, value)| value + 0.1 * (i as f32).sin().abs())
            .collect();
        trained
            .weights
            .insert(name, TensorData::new(values, data.shape.clone()));
    }
    trained
}

#[test]
fn what_is_written_computes_what_the_model_computes_with_the_weights_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    // Of each model its logits by its file and by the zoo.
    macro_rules! same {
        ($written:ty, $id:literal) => {
            let trained = exported($id);
            let file = folder.path().join(concat!($id, ".bpk"));
            fs::write(&file, to_burnpack_for_rust(&trained).unwrap()).unwrap();
            let mut written = <$written>::init(&FlexDevice);
            let applied = written
                .load_from(&mut BurnpackStore::from_file(&file))
                .unwrap();
            assert!(applied.unused.is_empty(), "{applied}");
            let model: Classifier<Flex> =
                trained.architecture.init_with_seed(8, &FlexDevice).unwrap();
            let model = trained.weights().apply(model).unwrap();
            let images = images(model.input());
            let expected = model.forward(images.clone());
            let largest = expected.clone().abs().max().into_scalar();
            let off = (written.forward(images) - expected)
                .abs()
                .max()
                .into_scalar();
            // Burn's batch normalisation rounds elsewhere than the zoo's.
            let allowed = if $id.starts_with("resnet") {
                1e-5
            } else {
                1e-6
            };
            assert!(
                off <= allowed * largest,
                "{}: off by {off} of {largest}",
                $id
            );
        };
    }
    same!(mlp_sigmoid::MlpSigmoid<Flex>, "mlp-sigmoid");
    same!(mlp_relu::MlpRelu<Flex>, "mlp-relu");
    same!(mlp_relu_2::MlpRelu2<Flex>, "mlp-relu-2");
    same!(mlp_relu_3::MlpRelu3<Flex>, "mlp-relu-3");
    same!(cnn_simple::CnnSimple<Flex>, "cnn-simple");
    same!(cnn::Cnn<Flex>, "cnn");
    same!(cnn_maxpool::CnnMaxpool<Flex>, "cnn-maxpool");
    same!(cnn_avgpool::CnnAvgpool<Flex>, "cnn-avgpool");
    same!(cnn_strided::CnnStrided<Flex>, "cnn-strided");
    same!(vgg_small::VggSmall<Flex>, "vgg-small");
    same!(resnet_20::Resnet20<Flex>, "resnet-20");
    same!(resnet_18::Resnet18<Flex>, "resnet-18");
}

#[test]
fn burns_batch_normalisation_adds_the_same_to_a_variance() {
    let epsilon = burn::nn::BatchNormConfig::new(1).epsilon;
    assert_eq!(epsilon, BatchNorm2d::<Flex>::EPSILON);
}

#[test]
fn images_and_classes_are_those_of_the_model() {
    let text = to_rust(
        &trained("resnet-20", [3, 32, 32]),
        BurnVersion::V0_22,
        "weights.bpk",
    )
    .unwrap();
    for part in [
        "pub struct Resnet20 {",
        "images `[N, 3, 32, 32]` to logits `[N, 10]`",
        "\"airplane\",",
        "downsample: Option<(Conv2d, BatchNorm)>,",
        "try_load_file(\"weights.bpk\")",
        "each divided by",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
}

#[test]
fn settings_of_ones_own_are_written_too() {
    let shape = ImageShape::new(1, 28, 28);
    let resnet = ResnetConfig::new(shape, 3).with_channels(vec![8]);
    let written = |architecture: ClassifierConfig| {
        let mut trained = trained("mlp-relu", [1, 28, 28]);
        trained.architecture = architecture;
        to_rust(&trained, BurnVersion::V0_22, "weights.bpk").unwrap()
    };
    let one_block = written(ClassifierConfig::Resnet(resnet.clone().with_blocks(1)));
    assert!(
        one_block.contains("self.layer1[0].forward(x)"),
        "{one_block}"
    );
    let alike = written(ClassifierConfig::Resnet(resnet.with_blocks(4)));
    assert!(alike.contains("self.layer1.iter().fold("), "{alike}");
    assert!(!alike.contains("Option"), "{alike}");
    let no_hidden = MlpConfig::new(shape, 3).with_hidden(Vec::new());
    let no_hidden = written(ClassifierConfig::Mlp(no_hidden));
    assert!(
        no_hidden.contains("output: LinearConfig::new(784, 3).init(device),"),
        "{no_hidden}"
    );
    assert!(
        no_hidden.contains("let x = images.flatten(1, 3);"),
        "{no_hidden}"
    );
}
