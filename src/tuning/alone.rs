//! One layer by itself, timed.

use super::sampling::{Effort, median, sample, values};
use crate::backend::{self, Device, Infer, Selected, Train};
use crate::convolution::{Measurement, Seconds};
use burn::module::AutodiffModule;
use burn::nn::PaddingConfig2d;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::tensor::Tensor;
use burn_zoo_models::{ConvAlgorithm, ConvShape, Convolution};
use std::time::Duration;

/// Seconds of a layer for a batch: forward and backward (with the gradient of its input, unless it is the model's first
/// layer), and forward alone.
pub fn time_layer<const D: usize, const E: usize>(
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
        let conv = self.conv2d(device);
        Convolution::new(conv, self.shape.input).with_algorithm(self.algorithm)
    }

    /// Its weights, initialised by the backend.
    pub(super) fn conv2d(&self, device: &Device) -> Conv2d<Train> {
        let shape = self.shape;
        let [[top, bottom], [left, right]] = shape.padding;
        Conv2dConfig::new([shape.in_channels, shape.out_channels], shape.kernel)
            .with_stride(shape.stride)
            .with_dilation(shape.dilation)
            .with_groups(shape.groups)
            .with_padding(PaddingConfig2d::Explicit(top, left, bottom, right))
            .init::<Train>(device)
    }

    /// The shape of a batch of images, in the algorithm's own order of axes.
    pub fn images(&self, batch_size: usize) -> [usize; 4] {
        let [height, width] = self.shape.input;
        match self.algorithm {
            ConvAlgorithm::Direct => [batch_size, self.shape.in_channels, height, width],
            _ => [height, width, batch_size, self.shape.in_channels],
        }
    }

    /// The seconds of a batch, in the algorithm's own order of axes.
    pub fn time(&self, batch_size: usize, device: &Device, effort: Effort) -> Seconds {
        let conv = self.layer(device);
        let images = values(self.images(batch_size), device);
        let train = |x| conv.forward_in_own_order(x);
        let valid = conv.valid();
        let infer = valid.prepared();
        let [training, inference] = time_layer(images, self.is_first, effort, device, train, infer);
        let prepared = match self.algorithm {
            // Its kernels are as they are.
            ConvAlgorithm::Direct => vec![0.0],
            _ => sample(FEW, || {
                let prepared = std::hint::black_box(valid.prepared());
                backend::sync(device);
                drop(prepared);
            }),
        };
        Seconds {
            training,
            inference,
            preparation: median(&prepared),
        }
    }
}

/// As few samples as make a median.
const FEW: Effort = Effort {
    time: Duration::ZERO,
    samples: 3,
};

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
    let mut images = few.min(batch_size);
    let mut seconds = run(images, FEW);
    if seconds.training < too_long {
        images = batch_size;
        seconds = run(images, effort);
    }
    Measurement::new(
        selected.backend.id,
        alone.shape,
        alone.algorithm,
        batch_size,
        images,
        seconds,
    )
}
