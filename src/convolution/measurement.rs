//! How fast an algorithm computed a layer.

use super::purpose::Purpose;
use burn_zoo_models::{ConvAlgorithm, ConvShape};
use serde::{Deserialize, Serialize};
use std::sync::LazyLock;

/// How fast an algorithm computes a layer on a backend.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Measurement {
    /// The backend.
    pub backend: String,
    /// The layer's `C_in`.
    pub in_channels: usize,
    /// The layer's `C_out`.
    pub out_channels: usize,
    /// Side of the square images.
    pub side: usize,
    /// Side of the square kernels.
    pub kernel: usize,
    /// In both directions.
    pub stride: usize,
    /// On all four sides.
    pub padding: usize,
    /// The images in a batch.
    pub batch_size: usize,
    /// The algorithm.
    pub algorithm: ConvAlgorithm,
    /// Forward and backward, in images a second.
    pub training: f64,
    /// Forward, in images a second, by kernels in the form that the algorithm needs.
    pub inference: f64,
    /// Bringing the kernels into that form, in seconds. An earlier version counted it as a part of every batch's inference.
    #[serde(default)]
    pub preparation: f64,
}

/// The seconds of a layer by one algorithm.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Seconds {
    /// Of a batch, forward and backward.
    pub training: f64,
    /// Of a batch, forward, by kernels in the form that the algorithm needs.
    pub inference: f64,
    /// Of bringing the kernels into that form.
    pub preparation: f64,
}

pub(super) static MEASUREMENTS: LazyLock<Vec<Measurement>> = LazyLock::new(|| {
    csv::Reader::from_reader(include_str!("convolutions.csv").as_bytes())
        .deserialize()
        .collect::<Result<_, _>>()
        .expect("the program's own table is well-formed")
});

impl Measurement {
    /// The measurement of a layer with square images and kernels, by the seconds of a batch of `images`; `None` for any
    /// other.
    pub fn new(
        backend: &str,
        shape: &ConvShape,
        algorithm: ConvAlgorithm,
        batch_size: usize,
        images: usize,
        seconds: Seconds,
    ) -> Option<Self> {
        let speed = |seconds: f64| three_digits(images as f64 / seconds);
        let square = |[a, b]: [usize; 2]| (a == b).then_some(a);
        let [rows, columns] = shape.padding;
        Some(Self {
            backend: backend.into(),
            in_channels: shape.in_channels,
            out_channels: shape.out_channels,
            side: square(shape.input)?,
            kernel: square(shape.kernel)?,
            stride: square(shape.stride)?,
            padding: square(rows).filter(|_| rows == columns)?,
            batch_size,
            algorithm,
            training: speed(seconds.training),
            inference: speed(seconds.inference),
            preparation: three_digits(seconds.preparation),
        })
    }

    /// Whether it is of the same layer, number of images and algorithm.
    pub(super) fn replaces(&self, other: &Self) -> bool {
        let speeds_of = |from: &Self| Self {
            training: from.training,
            inference: from.inference,
            preparation: from.preparation,
            ..self.clone()
        };
        speeds_of(other) == *other
    }

    /// The seconds that a use of the layer takes, up to a factor that is the same for every algorithm.
    pub(super) fn seconds(&self, purpose: Purpose) -> f64 {
        match purpose {
            Purpose::Training(_) => self.training.recip(),
            Purpose::Inference { images, .. } => self.preparation + images as f64 / self.inference,
        }
    }

    /// Whether such a layer has a row: one with square images and kernels.
    pub(super) fn is_kept(shape: &ConvShape) -> bool {
        let seconds = Seconds {
            training: 1.0,
            inference: 1.0,
            preparation: 0.0,
        };
        Self::new("", shape, ConvAlgorithm::Direct, 1, 1, seconds).is_some()
    }

    /// Whether it is a measurement of this very layer.
    pub(crate) fn is_of(&self, shape: &ConvShape) -> bool {
        shape.groups == 1 && shape.dilation == [1; 2] && self.distance(shape) == 0.0
    }

    /// How unlike the number of images was: the logarithm of the factor.
    pub(super) fn unlike(&self, purpose: Purpose) -> f64 {
        let sizes = [self.batch_size, purpose.images_at_once()];
        let [measured, wanted] = sizes.map(|size| size.max(1) as f64);
        (measured / wanted).ln().abs()
    }

    /// How unlike the measured layer is: the factors between their sizes, in sum of logarithms.
    pub(super) fn distance(&self, shape: &ConvShape) -> f64 {
        let factor = |a: usize, b: usize| (a as f64 / b as f64).ln().abs();
        let [height, width] = shape.input;
        factor(self.in_channels, shape.in_channels)
            + factor(self.out_channels, shape.out_channels)
            + factor(self.side * self.side, height * width)
            + factor(self.kernel * self.kernel, shape.kernel.iter().product())
            + factor(self.stride * self.stride, shape.stride.iter().product())
            + factor(self.padding + 1, shape.padding[0][0] + 1)
    }
}

/// Timings are not more exact than that.
fn three_digits(figure: f64) -> f64 {
    if figure == 0.0 || !figure.is_finite() {
        return figure;
    }
    // A power that is no fraction, as 0.0273 is not 273 × 0.0001 in binary.
    let digits = 2 - figure.abs().log10().floor() as i32;
    match 10_f64.powi(digits.abs()) {
        unit if digits < 0 => (figure / unit).round() * unit,
        unit => (figure * unit).round() / unit,
    }
}
