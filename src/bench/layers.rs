//! Each layer by itself.

use crate::backend::{Device, Train};
use crate::summary::graph;
use crate::tuning::{Alone, Effort, time_layer, values};
use burn::module::AutodiffModule;
use burn::nn::{Linear, LinearConfig};
use burn_zoo_models::{ClassifierConfig, ConvAlgorithm, ConvShape, ModelError, Node, Op};
use serde::{Deserialize, Serialize};

/// The times of one layer by itself. They show which layers a step spends its time in, but only roughly, as each
/// is measured alone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LayerTime {
    /// Its description: `Conv2d 32→64, 22×22`.
    pub layer: String,
    /// The algorithm, if it is a convolution.
    pub algorithm: Option<ConvAlgorithm>,
    /// Whether the model uses this algorithm in training.
    pub used: bool,
    /// Seconds for a batch, forward and backward.
    pub train_s: f64,
    /// Seconds for a batch, forward, by kernels in the form that the algorithm needs.
    pub infer_s: f64,
}

/// Measures every layer of a model, its convolutions by each algorithm; the model's training uses those in `used`.
///
/// # Errors
/// [`ModelError`] where the settings make no model.
pub(super) fn measure(
    architecture: &ClassifierConfig,
    batch_size: usize,
    used: &[ConvAlgorithm],
    device: &Device,
    effort: Effort,
) -> Result<Vec<LayerTime>, ModelError> {
    let graph = graph(architecture)?;
    let shapes = graph.convolutions();
    let mut layers = Vec::new();
    for (index, (shape, used)) in shapes.iter().zip(used).enumerate() {
        let serve = |algorithm: &ConvAlgorithm| algorithm.serves(shape);
        for algorithm in ConvAlgorithm::ALL.into_iter().filter(serve) {
            let alone = Alone {
                shape,
                algorithm,
                is_first: index == 0,
            };
            let seconds = alone.time(batch_size, device, effort);
            layers.push(LayerTime {
                layer: describe(shape),
                algorithm: Some(algorithm),
                used: algorithm == *used,
                train_s: seconds.training,
                infer_s: seconds.inference,
            });
        }
    }
    let dense_layers = graph.layers().iter().filter(|layer| layer.op == Op::Linear);
    for layer in dense_layers {
        let is_first = layers.is_empty();
        layers.push(dense(layer, is_first, batch_size, device, effort));
    }
    Ok(layers)
}

fn describe(shape: &ConvShape) -> String {
    let [height, width] = shape.input;
    let stride = match shape.stride {
        [1, 1] => String::new(),
        [stride, _] => format!(", stride {stride}"),
    };
    format!(
        "Conv2d {}→{}, {height}×{width}{stride}",
        shape.in_channels, shape.out_channels
    )
}

fn dense(
    node: &Node,
    is_first: bool,
    batch_size: usize,
    device: &Device,
    effort: Effort,
) -> LayerTime {
    let shape = &node.parameters[0].shape;
    let (inputs, outputs) = (shape[0], shape[1]);
    let linear: Linear<Train> = LinearConfig::new(inputs, outputs).init(device);
    let valid = linear.valid();
    let images = values([batch_size, inputs], device);
    let [train_s, infer_s] = time_layer(
        images,
        is_first,
        effort,
        device,
        |x| linear.forward(x),
        |x| valid.forward(x),
    );
    LayerTime {
        layer: format!("Linear {inputs}→{outputs}"),
        algorithm: None,
        used: true,
        train_s,
        infer_s,
    }
}
