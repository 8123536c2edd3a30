//! A model's layers as ONNX's operators.

use super::messages::{
    AttributeProto, Dimension, FLOAT, GraphProto, INT, INTS, NodeProto, Size, TensorProto,
    TensorShapeProto, TensorTypeProto, TypeProto, ValueInfoProto,
};
use crate::weights::{Weights, WeightsError, little_endian};
use burn_zoo_models::{Activation, ClassifierConfig, ConvShape, Downsampling, ModelError};
use std::mem;

/// The graph's input: images `[batch, C, H, W]`.
pub(super) const IMAGES: &str = "images";
/// The graph's output: logits `[batch, classes]`.
pub(super) const LOGITS: &str = "logits";
/// The name of the dimension that is free.
pub(super) const BATCH: &str = "batch";

/// The graph of an architecture, with its weights.
///
/// A layer and its parameters have their names in the zoo (`conv1`, `conv1.weight`); what follows a
/// layer and has no parameters is named after it (`conv1.relu`).
///
/// # Errors
/// [`WeightsError::DoesNotFit`] where a parameter is missing or the architecture makes no model.
pub(super) fn of(
    name: &str,
    architecture: &ClassifierConfig,
    weights: &Weights,
) -> Result<GraphProto, WeightsError> {
    let no_model = |error: ModelError| WeightsError::DoesNotFit(error.to_string());
    let convs = architecture.convolutions().map_err(no_model)?;
    let mut chain = Chain {
        weights,
        nodes: Vec::new(),
        initializers: Vec::new(),
        end: IMAGES.into(),
    };
    match architecture {
        ClassifierConfig::Mlp(config) => {
            chain.flatten();
            for layer in 0..config.hidden.len() {
                let layer = format!("hidden.{layer}");
                chain.dense(&layer)?;
                match config.activation {
                    Activation::Sigmoid => chain.add(format!("{layer}.sigmoid"), "Sigmoid", vec![]),
                    Activation::Relu => chain.relu(&layer),
                }
            }
            chain.dense("output")?;
        }
        ClassifierConfig::Cnn(config) => {
            for (number, conv) in (1..).zip(&convs) {
                let layer = format!("conv{number}");
                chain.conv(&layer, conv)?;
                chain.relu(&layer);
                match config.downsampling {
                    Downsampling::MaxPool => chain.max_pool(&layer),
                    Downsampling::AvgPool => chain.avg_pool(&layer),
                    Downsampling::Valid | Downsampling::Strided => {}
                }
            }
            chain.flatten();
            if config.hidden.is_some() {
                chain.dense("dense1")?;
                chain.relu("dense1");
            }
            chain.dense("dense2")?;
        }
        ClassifierConfig::Vgg(config) => {
            let mut convs = convs.iter();
            for (number, stage) in config.stages.iter().enumerate() {
                for (place, conv) in convs.by_ref().take(stage.len()).enumerate() {
                    let layer = format!("stages.{number}.{place}");
                    chain.conv(&layer, conv)?;
                    chain.relu(&layer);
                }
                chain.max_pool(&format!("stages.{number}"));
            }
            chain.flatten();
            chain.dense("dense1")?;
            chain.relu("dense1");
            chain.dense("dense2")?;
        }
    }
    let input = architecture.input();
    Ok(GraphProto {
        name: name.into(),
        input: vec![batch_of(
            IMAGES,
            &[input.channels, input.height, input.width],
        )],
        output: vec![batch_of(LOGITS, &[architecture.num_classes()])],
        ..chain.finish()
    })
}

/// Nodes of which each takes what the one before it gives.
struct Chain<'a> {
    weights: &'a Weights,
    nodes: Vec<NodeProto>,
    initializers: Vec<TensorProto>,
    /// The name of what the last node gives.
    end: String,
}

impl Chain<'_> {
    /// A node without parameters, whose output has its name.
    fn add(&mut self, name: String, op_type: &str, attributes: Vec<AttributeProto>) {
        self.nodes.push(NodeProto {
            input: vec![mem::replace(&mut self.end, name.clone())],
            output: vec![name.clone()],
            name,
            op_type: op_type.into(),
            attribute: attributes,
        });
    }

    /// A node with a weight and a bias.
    fn add_layer(
        &mut self,
        layer: &str,
        op_type: &str,
        attributes: Vec<AttributeProto>,
    ) -> Result<(), WeightsError> {
        let parameters = ["weight", "bias"].map(|kind| format!("{layer}.{kind}"));
        for name in &parameters {
            let data = self.weights.get(name);
            let data =
                data.ok_or_else(|| WeightsError::DoesNotFit(format!("{name} is missing")))?;
            self.initializers.push(TensorProto {
                dims: integers(data.shape.as_slice()),
                data_type: FLOAT,
                name: name.clone(),
                raw_data: little_endian(data),
            });
        }
        let before = mem::replace(&mut self.end, layer.into());
        self.nodes.push(NodeProto {
            input: [before].into_iter().chain(parameters).collect(),
            output: vec![layer.into()],
            name: layer.into(),
            op_type: op_type.into(),
            attribute: attributes,
        });
        Ok(())
    }

    fn conv(&mut self, layer: &str, shape: &ConvShape) -> Result<(), WeightsError> {
        let [[top, bottom], [left, right]] = shape.padding;
        let attributes = vec![
            ints("kernel_shape", &shape.kernel),
            ints("strides", &shape.stride),
            ints("dilations", &shape.dilation),
            ints("pads", &[top, left, bottom, right]),
            int("group", shape.groups),
        ];
        self.add_layer(layer, "Conv", attributes)
    }

    /// x · weight + bias: Burn's weights are `[in, out]`, as Gemm takes them if not told otherwise.
    fn dense(&mut self, layer: &str) -> Result<(), WeightsError> {
        self.add_layer(layer, "Gemm", vec![])
    }

    fn relu(&mut self, layer: &str) {
        self.add(format!("{layer}.relu"), "Relu", vec![]);
    }

    fn max_pool(&mut self, layer: &str) {
        self.add(format!("{layer}.max_pool"), "MaxPool", blocks());
    }

    fn avg_pool(&mut self, layer: &str) {
        self.add(format!("{layer}.avg_pool"), "AveragePool", blocks());
    }

    fn flatten(&mut self) {
        self.add("flatten".into(), "Flatten", vec![int("axis", 1)]);
    }

    /// The nodes, of which the last gives the logits.
    fn finish(mut self) -> GraphProto {
        if let Some(last) = self.nodes.last_mut() {
            last.output = vec![LOGITS.into()];
        }
        GraphProto {
            node: self.nodes,
            initializer: self.initializers,
            ..GraphProto::default()
        }
    }
}

/// A pooling's 2×2 blocks; a last row or column that makes no block is left out.
fn blocks() -> Vec<AttributeProto> {
    vec![ints("kernel_shape", &[2; 2]), ints("strides", &[2; 2])]
}

fn int(name: &str, value: usize) -> AttributeProto {
    AttributeProto {
        name: name.into(),
        i: value as i64,
        r#type: INT,
        ..AttributeProto::default()
    }
}

fn ints(name: &str, values: &[usize]) -> AttributeProto {
    AttributeProto {
        name: name.into(),
        ints: integers(values),
        r#type: INTS,
        ..AttributeProto::default()
    }
}

fn integers(values: &[usize]) -> Vec<i64> {
    values.iter().map(|&value| value as i64).collect()
}

/// 32-bit floats of this shape for each image of a batch.
fn batch_of(name: &str, shape: &[usize]) -> ValueInfoProto {
    let sizes = shape.iter().map(|&size| Size::DimValue(size as i64));
    let sizes = [Size::DimParam(BATCH.into())].into_iter().chain(sizes);
    let dim = sizes.map(|size| Dimension { value: Some(size) }).collect();
    ValueInfoProto {
        name: name.into(),
        r#type: Some(TypeProto {
            tensor_type: Some(TensorTypeProto {
                elem_type: FLOAT,
                shape: Some(TensorShapeProto { dim }),
            }),
        }),
    }
}
