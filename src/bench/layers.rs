//! Each layer by itself.

use super::sampling::{Effort, median, sample, values};
use crate::backend::{self, Device, Infer, Selected, Train};
use crate::convolution::Measurement;
use crate::summary::graph;
use burn::module::AutodiffModule;
use burn::nn::conv::Conv2dConfig;
use burn::nn::{Linear, LinearConfig, PaddingConfig2d};
use burn::tensor::Tensor;
use burn_zoo_models::{
    ClassifierConfig, ConvAlgorithm, ConvShape, Convolution, ModelError, Node, Op,
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

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
    /// Seconds for a batch, forward.
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
            let [train_s, infer_s] = alone.time(batch_size, device, effort);
            layers.push(LayerTime {
                layer: describe(shape),
                algorithm: Some(algorithm),
                used: algorithm == *used,
                train_s,
                infer_s,
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

/// Seconds of a layer for a batch: forward and backward (with the gradient of its input, unless it is the model's first
/// layer), and forward alone.
fn layer<const D: usize, const E: usize>(
    images: Tensor<Train, D>,
    is_first: bool,
    effort: Effort,
    device: &Device,
    train: impl Fn(Tensor<Train, D>) -> Tensor<Train, E>,
    infer: impl Fn(Tensor<Infer, D>) -> Tensor<Infer, E>,
) -> [f64; 2] {
    let trained = sample(effort, || {
        let images = images.clone().set_require_grad(!is_first);
        let gradients = train(images.clone()).sum().backward();
        std::hint::black_box(images.grad(&gradients));
        backend::sync(device);
    });
    let images = images.inner();
    let inferred = sample(effort, || {
        std::hint::black_box(infer(images.clone()));
        backend::sync(device);
    });
    [median(&trained), median(&inferred)]
}

/// One convolution by itself, computed by one algorithm.
#[derive(Debug, Clone, Copy)]
pub struct Alone<'a> {
    /// Its sizes.
    pub shape: &'a ConvShape,
    /// The algorithm.
    pub algorithm: ConvAlgorithm,
    /// Whether it is a model's first layer, whose images need no gradient.
    pub is_first: bool,
}

impl Alone<'_> {
    /// The layer, initialised by the backend.
    pub fn layer(&self, device: &Device) -> Convolution<Train> {
        let shape = self.shape;
        let [[top, bottom], [left, right]] = shape.padding;
        let conv = Conv2dConfig::new([shape.in_channels, shape.out_channels], shape.kernel)
            .with_stride(shape.stride)
            .with_dilation(shape.dilation)
            .with_groups(shape.groups)
            .with_padding(PaddingConfig2d::Explicit(top, left, bottom, right))
            .init::<Train>(device);
        Convolution::new(conv, shape.input).with_algorithm(self.algorithm)
    }

    /// The shape of a batch of images, in the algorithm's own order of axes.
    pub fn images(&self, batch_size: usize) -> [usize; 4] {
        let [height, width] = self.shape.input;
        match self.algorithm {
            ConvAlgorithm::Direct => [batch_size, self.shape.in_channels, height, width],
            _ => [height, width, batch_size, self.shape.in_channels],
        }
    }

    /// Seconds for a batch, in the algorithm's own order of axes: forward and backward, and forward alone.
    fn time(&self, batch_size: usize, device: &Device, effort: Effort) -> [f64; 2] {
        let conv = self.layer(device);
        let valid = conv.valid();
        let images = values(self.images(batch_size), device);
        let train = |x| conv.forward_in_own_order(x);
        let infer = |x| valid.forward_in_own_order(x);
        layer(images, self.is_first, effort, device, train, infer)
    }
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
    let [train_s, infer_s] = layer(
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

/// The images of a first try, and the seconds for it above which no larger batch is measured.
const TRY: (usize, f64) = (4, 0.1);

/// Measures one convolution by one algorithm on a backend with batches of a size, for the table that
/// [`Conv::Auto`](crate::convolution::Conv) reads.
pub fn measure_convolution(
    alone: &Alone<'_>,
    batch_size: usize,
    selected: &Selected,
    effort: Effort,
) -> Option<Measurement> {
    let run = |images, effort| alone.time(images, &selected.device, effort);
    let (few, too_long) = TRY;
    let once = Effort {
        time: Duration::ZERO,
        samples: 3,
    };
    let mut images = few.min(batch_size);
    let mut seconds = run(images, once);
    if seconds[0] < too_long {
        images = batch_size;
        seconds = run(images, effort);
    }
    // Three digits: timings are not more exact than that.
    let speeds = seconds.map(|s| {
        let speed = images as f64 / s;
        let unit = 10_f64.powi(speed.log10().floor() as i32 - 2);
        (speed / unit).round() * unit
    });
    Measurement::new(
        selected.backend.id,
        alone.shape,
        alone.algorithm,
        batch_size,
        speeds,
    )
}
