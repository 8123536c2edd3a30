//! A model's layers as ONNX's operators.

use super::super::transposed;
use super::messages::{
    AttributeProto, Dimension, FLOAT, FLOAT_ATTRIBUTE, GraphProto, INT, INTS, NodeProto, Size,
    TensorProto, TensorShapeProto, TensorTypeProto, TypeProto, ValueInfoProto,
};
use crate::summary;
use crate::weights::{Weights, WeightsError, little_endian};
use burn_zoo_models::{BatchNorm2d, ClassifierConfig, ConvShape, Node, Op, Window};

/// The graph's input: images `[batch, C, H, W]`.
pub(super) const IMAGES: &str = "images";
/// The graph's output: logits `[batch, classes]`.
pub(super) const LOGITS: &str = "logits";
/// The name of the dimension that is free.
pub(super) const BATCH: &str = "batch";

/// The graph of an architecture, with its weights.
///
/// Nodes and parameters have their names in the zoo: `conv1`, `conv1.weight`, `conv1.relu`.
///
/// # Errors
/// [`WeightsError::DoesNotFit`] where a parameter is missing or the architecture makes no model.
pub(super) fn of(
    name: &str,
    architecture: &ClassifierConfig,
    weights: &Weights,
) -> Result<GraphProto, WeightsError> {
    let graph = summary::graph(architecture);
    let graph = graph.map_err(|error| WeightsError::DoesNotFit(error.to_string()))?;
    let nodes = graph.nodes();
    // A node's output has the node's name, except for the first and the last.
    let output = |number: usize| match number {
        0 => IMAGES.to_owned(),
        _ if number + 1 == nodes.len() => LOGITS.to_owned(),
        _ => nodes[number].name.clone(),
    };
    let mut protos = Vec::new();
    for (number, node) in nodes.iter().enumerate().skip(1) {
        let (op_type, attribute) = operator(node)?;
        let inputs = node.inputs.iter().map(|&input| output(input));
        let parameters = node.parameters.iter().map(|own| own.name.clone());
        protos.push(NodeProto {
            input: inputs.chain(parameters).collect(),
            output: vec![output(number)],
            name: node.name.clone(),
            op_type: op_type.into(),
            attribute,
        });
    }
    let initializers = graph.parameters().map(|own| {
        let data = weights.get(&own.name);
        let missing = || WeightsError::DoesNotFit(format!("{} is missing", own.name));
        // Dense weights [out, in], as PyTorch's exporter writes them: OpenCV up to 4.6 reads no others.
        let data = transposed(data.ok_or_else(missing)?.clone());
        Ok(TensorProto {
            dims: integers(data.shape.as_slice()),
            data_type: FLOAT,
            name: own.name.clone(),
            raw_data: little_endian(&data).into_owned(),
        })
    });
    Ok(GraphProto {
        name: name.into(),
        initializer: initializers.collect::<Result<_, _>>()?,
        node: protos,
        input: vec![batch_of(IMAGES, &nodes[0].output)],
        output: vec![batch_of(LOGITS, &[architecture.num_classes()])],
    })
}

/// ONNX's operator for a node.
fn operator(node: &Node) -> Result<(&'static str, Vec<AttributeProto>), WeightsError> {
    Ok(match &node.op {
        Op::Conv2d(shape) => ("Conv", convolution(shape)),
        Op::Linear => ("Gemm", vec![int("transB", 1)]),
        Op::BatchNorm2d => {
            let epsilon = BatchNorm2d::<burn_flex::Flex>::EPSILON as f32;
            ("BatchNormalization", vec![float("epsilon", epsilon)])
        }
        Op::Relu => ("Relu", vec![]),
        Op::Sigmoid => ("Sigmoid", vec![]),
        Op::MaxPool2d(window) => ("MaxPool", windows(window)),
        Op::AvgPool2d(window) => ("AveragePool", windows(window)),
        Op::GlobalAvgPool2d => ("GlobalAveragePool", vec![]),
        Op::Flatten => ("Flatten", vec![int("axis", 1)]),
        Op::Add => ("Add", vec![]),
        other => {
            let reason = format!(
                "the export of {} to ONNX is not supported yet",
                other.kind()
            );
            return Err(WeightsError::DoesNotFit(reason));
        }
    })
}

fn convolution(shape: &ConvShape) -> Vec<AttributeProto> {
    let [[top, bottom], [left, right]] = shape.padding;
    vec![
        ints("kernel_shape", &shape.kernel),
        ints("strides", &shape.stride),
        ints("dilations", &shape.dilation),
        ints("pads", &[top, left, bottom, right]),
        int("group", shape.groups),
    ]
}

/// A pooling's windows; a last row or column that makes no window is left out.
fn windows(window: &Window) -> Vec<AttributeProto> {
    let mut attributes = vec![
        ints("kernel_shape", &[window.size; 2]),
        ints("strides", &[window.stride; 2]),
    ];
    if window.padding > 0 {
        attributes.push(ints("pads", &[window.padding; 4]));
    }
    attributes
}

fn float(name: &str, value: f32) -> AttributeProto {
    AttributeProto {
        name: name.into(),
        f: value,
        r#type: FLOAT_ATTRIBUTE,
        ..AttributeProto::default()
    }
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
