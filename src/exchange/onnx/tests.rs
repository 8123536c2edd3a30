use super::graph::{BATCH, IMAGES, LOGITS};
use super::messages::{GraphProto, Size, ValueInfoProto};
use super::*;
use crate::exchange::tests::trained;
use crate::exchange::transposed;
use crate::summary;
use crate::weights::{Weights, little_endian};
use burn_zoo_models::{MODELS, PerChannel};
use std::collections::{BTreeMap, BTreeSet};

fn decoded(trained: &Trained) -> ModelProto {
    ModelProto::decode(&*to_onnx(trained).unwrap()).unwrap()
}

fn graph(trained: &Trained) -> GraphProto {
    decoded(trained).graph.unwrap()
}

/// The name and the dimensions of the graph's input or output.
fn shape(info: &ValueInfoProto) -> (&str, Vec<String>) {
    let tensor = info.r#type.as_ref().unwrap().tensor_type.as_ref().unwrap();
    assert_eq!(tensor.elem_type, messages::FLOAT);
    let sizes = tensor.shape.as_ref().unwrap().dim.iter();
    let sizes = sizes.map(|dim| match dim.value.as_ref().unwrap() {
        Size::DimValue(size) => size.to_string(),
        Size::DimParam(name) => name.clone(),
    });
    (&info.name, sizes.collect())
}

#[test]
fn every_parameter_of_every_model_is_in_the_graph_in_the_same_bytes() {
    for spec in MODELS {
        let trained = trained(spec.id, [3, 32, 32]);
        let initializers = graph(&trained).initializer.into_iter();
        let found: BTreeMap<_, _> = initializers
            .map(|tensor| {
                (
                    tensor.name,
                    (tensor.dims, tensor.data_type, tensor.raw_data),
                )
            })
            .collect();
        let weights = trained.weights();
        let expected = weights.names().map(|name| {
            let data = transposed(weights.get(name).unwrap().clone());
            let dims = data.shape.as_slice().iter().map(|&size| size as i64);
            let tensor = (
                dims.collect(),
                messages::FLOAT,
                little_endian(&data).into_owned(),
            );
            (name.to_owned(), tensor)
        });
        assert!(found == expected.collect(), "{}", spec.id);
    }
}

#[test]
fn every_graph_leads_from_the_images_to_the_logits_layer_by_layer() {
    for spec in MODELS {
        let trained = trained(spec.id, [3, 32, 32]);
        let graph = graph(&trained);
        let layers = summary::graph(&trained.architecture).unwrap();
        let kinds = layers.layers().iter().map(|layer| match layer.op.kind() {
            "Linear" => "Gemm",
            "Conv2d" => "Conv",
            "ReLU" => "Relu",
            "MaxPool2d" => "MaxPool",
            "AvgPool2d" => "AveragePool",
            "AdaptiveAvgPool2d" => "GlobalAveragePool",
            "BatchNorm2d" => "BatchNormalization",
            same => same,
        });
        let found = graph.node.iter().map(|node| node.op_type.as_str());
        assert!(found.eq(kinds), "{}", spec.id);

        let parameters = graph.initializer.iter().map(|tensor| tensor.name.as_str());
        let mut known: BTreeSet<&str> = parameters.chain([IMAGES]).collect();
        let mut used = BTreeSet::new();
        for node in &graph.node {
            for input in &node.input {
                assert!(known.contains(&**input), "{}: {}", spec.id, node.name);
                used.insert(&**input);
            }
            assert!(known.insert(&node.output[0]), "{}: {}", spec.id, node.name);
        }
        // All that is computed, and every parameter, leads to the logits.
        assert!(known.remove(LOGITS), "{}", spec.id);
        assert_eq!(known, used, "{}", spec.id);
        let input = [BATCH, "3", "32", "32"].map(String::from).to_vec();
        assert_eq!(shape(&graph.input[0]), (IMAGES, input), "{}", spec.id);
        let output = [BATCH, "10"].map(String::from).to_vec();
        assert_eq!(shape(&graph.output[0]), (LOGITS, output), "{}", spec.id);
    }
}

#[test]
fn the_layers_have_their_names_in_the_zoo() {
    let names = |id: &str| {
        let nodes = graph(&trained(id, [1, 28, 28])).node.into_iter();
        nodes.map(|node| node.name).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(
        names("mlp-sigmoid"),
        "flatten hidden.0 hidden.0.sigmoid output"
    );
    assert_eq!(
        names("cnn-avgpool"),
        "conv1 conv1.relu conv1.avg_pool conv2 conv2.relu conv2.avg_pool conv3 conv3.relu \
         conv3.avg_pool conv4 conv4.relu conv4.avg_pool flatten dense1 dense1.relu dense2"
    );
    assert_eq!(
        names("vgg-small"),
        "stages.0.0 stages.0.0.relu stages.0.0.max_pool stages.1.0 stages.1.0.relu stages.1.1 \
         stages.1.1.relu stages.1.1.max_pool stages.2.0 stages.2.0.relu stages.2.1 \
         stages.2.1.relu stages.2.1.max_pool flatten dense1 dense1.relu dense2"
    );
}

#[test]
fn dense_layers_are_written_as_pytorchs_exporter_writes_them() {
    let trained = trained("mlp-relu", [1, 28, 28]);
    let graph = graph(&trained);
    let dense: Vec<_> = graph
        .node
        .iter()
        .filter(|node| node.op_type == "Gemm")
        .collect();
    assert_eq!(dense.len(), 2);
    for node in dense {
        let attributes = node.attribute.iter().map(|it| (it.name.as_str(), it.i));
        assert_eq!(
            attributes.collect::<Vec<_>>(),
            [("transB", 1)],
            "{}",
            node.name
        );
    }
    let mut weights = graph
        .initializer
        .iter()
        .filter(|tensor| tensor.name.ends_with("weight"));
    assert!(weights.any(|tensor| tensor.name == "hidden.0.weight" && tensor.dims == [256, 784]));
}

#[test]
fn a_convolution_has_its_padding_and_stride() {
    let ints = |id: &str, name: &str| {
        let graph = graph(&trained(id, [1, 28, 28]));
        let attributes = graph.node[0].attribute.iter();
        let mut found = attributes.filter(|attribute| attribute.name == name);
        found.next().unwrap().ints.clone()
    };
    assert_eq!(ints("cnn", "pads"), [0; 4]);
    assert_eq!(ints("cnn", "strides"), [1; 2]);
    assert_eq!(ints("cnn-strided", "kernel_shape"), [7; 2]);
    assert_eq!(ints("cnn-strided", "pads"), [3; 4]);
    assert_eq!(ints("cnn-strided", "strides"), [2; 2]);
}

#[test]
fn the_file_says_what_images_and_logits_mean() {
    let mut trained = trained("mlp-relu", [1, 28, 28]);
    trained.normalisation.mean = PerChannel::rgb(0.25, 0.5, 0.75);
    let model = decoded(&trained);
    assert_eq!((model.ir_version, model.opset_import[0].version), (7, 13));
    assert_eq!(model.producer_name, "burn-zoo");
    assert_eq!(model.producer_version, env!("CARGO_PKG_VERSION"));
    let entries = model.metadata_props.into_iter();
    let entries: BTreeMap<_, _> = entries.map(|entry| (entry.key, entry.value)).collect();
    assert_eq!(entries["model"], "mlp-relu");
    assert_eq!(entries["dataset"], "fashion-mnist");
    assert_eq!(entries["mean"], "0.25, 0.5, 0.75");
    assert_eq!(entries["std"], "0.5");
    assert_eq!(entries["channels"], "grey");
    assert!(entries["source"].contains("ReLU, He and Adam"));
    let classes: Vec<String> = serde_json::from_str(&entries["classes"]).unwrap();
    assert_eq!(classes, trained.classes);
    for said in ["minus 0.25", "inverted"] {
        assert!(entries["preprocessing"].contains(said));
        assert!(model.doc_string.contains(said), "{}", model.doc_string);
    }
}

#[test]
fn weights_that_are_missing_are_named() {
    let mut trained = trained("cnn", [1, 28, 28]);
    trained.weights = Weights::default();
    let error = to_onnx(&trained).unwrap_err().to_string();
    assert_eq!(error, "does not fit the model: conv1.weight is missing");
}
