//! Which algorithm computes each convolution: the user's choice, or the fastest measured.
//!
//! `convolutions.csv` holds the measurements, made by `zoo bench --convolutions`.

pub use burn_zoo_steps::in_turn;

use burn_zoo_models::{ConvAlgorithm, ConvShape};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

/// The choice of convolution algorithms, as `--conv` takes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Conv {
    /// The fastest measured, layer by layer.
    Auto,
    /// One algorithm for all layers that it serves.
    All(ConvAlgorithm),
}

impl FromStr for Conv {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        if name == "auto" {
            return Ok(Self::Auto);
        }
        let algorithm = ConvAlgorithm::ALL.into_iter().find(|a| a.name() == name);
        algorithm.map(Self::All).ok_or_else(|| {
            let names = ConvAlgorithm::ALL.map(ConvAlgorithm::name).join(", ");
            format!("the algorithms are auto, {names}")
        })
    }
}

impl TryFrom<String> for Conv {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        name.parse()
    }
}

impl From<Conv> for String {
    fn from(conv: Conv) -> Self {
        conv.to_string()
    }
}

impl fmt::Display for Conv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Auto => "auto",
            Self::All(algorithm) => algorithm.name(),
        })
    }
}

/// The use of a convolution: the fastest algorithm for training need not be the fastest for inference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Forward and backward, with batches of this many images.
    Training(usize),
    /// Forward only, with batches of this many images.
    Inference(usize),
}

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
    /// Forward, in images a second.
    pub inference: f64,
}

static MEASUREMENTS: LazyLock<Vec<Measurement>> = LazyLock::new(|| {
    csv::Reader::from_reader(include_str!("convolutions.csv").as_bytes())
        .deserialize()
        .collect::<Result<_, _>>()
        .expect("the program's own table is well-formed")
});

impl Measurement {
    /// The measurement of a layer with square images and kernels; `None` for any other.
    pub fn new(
        backend: &str,
        shape: &ConvShape,
        algorithm: ConvAlgorithm,
        batch_size: usize,
        [training, inference]: [f64; 2],
    ) -> Option<Self> {
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
            training,
            inference,
        })
    }

    fn speed(&self, purpose: Purpose) -> f64 {
        match purpose {
            Purpose::Training(_) => self.training,
            Purpose::Inference(_) => self.inference,
        }
    }

    /// How unlike the measured layer is: the factors between their sizes, in sum of logarithms.
    fn distance(&self, shape: &ConvShape) -> f64 {
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

impl Purpose {
    /// The images in a batch.
    fn batch_size(self) -> usize {
        match self {
            Self::Training(batch_size) | Self::Inference(batch_size) => batch_size,
        }
    }
}

/// How unlike a layer may be to one that was measured: by a factor of 16 in all sizes together.
const FARTHEST: f64 = 2.8;

/// The algorithm that computes a layer fastest on a backend, by the measurements of the layer most
/// like it with the number of images nearest to a batch's; the backend's own where nothing like it was measured there.
pub fn fastest(backend: &str, shape: &ConvShape, purpose: Purpose) -> ConvAlgorithm {
    let measured = || MEASUREMENTS.iter().filter(|m| m.backend == backend);
    let nearest = measured()
        .map(|m| m.distance(shape))
        .min_by(f64::total_cmp)
        .unwrap_or_default();
    if nearest > FARTHEST {
        return ConvAlgorithm::Direct;
    }
    let of_layer = || measured().filter(|m| m.distance(shape) == nearest);
    let unlike = |m: &Measurement| {
        let [measured, wanted] =
            [m.batch_size, purpose.batch_size()].map(|size| size.max(1) as f64);
        (measured / wanted).ln().abs()
    };
    let batch = of_layer()
        .map(unlike)
        .min_by(f64::total_cmp)
        .unwrap_or_default();
    of_layer()
        .filter(|m| unlike(m) == batch && is_fit(m.algorithm, shape, purpose))
        .max_by(|a, b| a.speed(purpose).total_cmp(&b.speed(purpose)))
        .map_or(ConvAlgorithm::Direct, |m| m.algorithm)
}

fn is_fit(algorithm: ConvAlgorithm, shape: &ConvShape, purpose: Purpose) -> bool {
    let fit = match purpose {
        Purpose::Training(batch_size) => algorithm.trains(shape, batch_size),
        Purpose::Inference(_) => true,
    };
    fit && algorithm.serves(shape)
}

impl Conv {
    /// The algorithms of a model's layers on a backend; the backend's own where the one asked for is
    /// not fit for the layer.
    pub fn choose(
        self,
        backend: &str,
        layers: &[ConvShape],
        purpose: Purpose,
    ) -> Vec<ConvAlgorithm> {
        let choose = |shape| match self {
            Self::Auto => fastest(backend, shape, purpose),
            Self::All(algorithm) if is_fit(algorithm, shape, purpose) => algorithm,
            Self::All(_) => ConvAlgorithm::Direct,
        };
        layers.iter().map(choose).collect()
    }
}

/// The algorithms in words: `im2col, 3 × frequency`.
pub fn in_words(algorithms: &[ConvAlgorithm]) -> String {
    let runs = algorithms.chunk_by(|a, b| a == b);
    let words = runs.map(|run| match run.len() {
        1 => run[0].name().to_owned(),
        n => format!("{n} × {}", run[0].name()),
    });
    words.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::summary::graph;
    use burn_zoo_models::{ConvAlgorithm::*, ImageShape, find};

    fn layers(model: &str) -> Vec<ConvShape> {
        let config = find(model).unwrap().config(ImageShape::new(1, 28, 28), 10);
        graph(&config).unwrap().convolutions()
    }

    #[test]
    fn one_algorithm_can_be_asked_for_by_name() {
        assert_eq!("auto".parse(), Ok(Conv::Auto));
        for algorithm in ConvAlgorithm::ALL {
            assert_eq!(algorithm.name().parse(), Ok(Conv::All(algorithm)));
        }
        let error = "fft".parse::<Conv>().unwrap_err();
        assert_eq!(error, "the algorithms are auto, direct, im2col, frequency");
    }

    #[test]
    fn a_backend_that_was_not_measured_keeps_its_own_algorithm() {
        let layers = layers("cnn");
        let chosen = Conv::Auto.choose("cuda", &layers, Purpose::Training(1024));
        assert_eq!(chosen, [Direct; 4]);
        let by_frequency = |purpose| Conv::All(Frequency).choose("cuda", &layers, purpose);
        assert_eq!(by_frequency(Purpose::Training(1024)), [Frequency; 4]);
        // Too few images for the last layer's gradient.
        let mixed = [Frequency, Frequency, Frequency, Direct];
        assert_eq!(by_frequency(Purpose::Training(64)), mixed);
        assert_eq!(by_frequency(Purpose::Inference(1)), [Frequency; 4]);
    }

    #[test]
    fn auto_takes_the_fastest_measured_for_the_layer_and_for_one_like_it() {
        let sizes = [1, 8, 32, 128, 1024];
        let purposes = sizes.map(|size| [Purpose::Training(size), Purpose::Inference(size)]);
        for &purpose in purposes.as_flattened() {
            for row in MEASUREMENTS.iter() {
                let shape = ConvShape {
                    in_channels: row.in_channels,
                    out_channels: row.out_channels,
                    input: [row.side; 2],
                    kernel: [row.kernel; 2],
                    stride: [row.stride; 2],
                    dilation: [1; 2],
                    padding: [[row.padding; 2]; 2],
                    groups: 1,
                };
                let chosen = fastest(&row.backend, &shape, purpose);
                let batch_size = match row.backend.as_str() {
                    "ndarray" => 128,
                    _ => purpose.batch_size().min(128),
                };
                let same = MEASUREMENTS.iter().filter(|m| {
                    m.backend == row.backend
                        && m.distance(&shape) == 0.0
                        && m.batch_size == batch_size
                        && is_fit(m.algorithm, &shape, purpose)
                });
                let best = same.max_by(|a, b| a.speed(purpose).total_cmp(&b.speed(purpose)));
                assert_eq!(chosen, best.unwrap().algorithm);
                // A layer that is a little larger is treated like it.
                let larger = ConvShape {
                    out_channels: shape.out_channels + 1,
                    ..shape
                };
                assert_eq!(fastest(&row.backend, &larger, purpose), chosen);
                let grouped = ConvShape { groups: 2, ..shape };
                assert_eq!(fastest(&row.backend, &grouped, purpose), Direct);
            }
        }
    }

    #[test]
    fn the_frequency_domain_is_for_many_images_and_not_for_one() {
        for backend in ["flex", "libtorch"] {
            let chosen =
                |images| Conv::Auto.choose(backend, &layers("cnn"), Purpose::Inference(images));
            assert!(!chosen(1).contains(&Frequency), "{backend}");
            assert!(chosen(1024).contains(&Frequency), "{backend}");
        }
    }

    #[test]
    fn a_layer_unlike_all_that_was_measured_keeps_the_backends_own_algorithm() {
        let config = find("resnet-18").unwrap();
        let graph = graph(&config.config(ImageShape::new(3, 224, 224), 1000)).unwrap();
        let first = graph.convolutions()[0];
        assert_eq!(
            (first.kernel, first.stride, first.input),
            ([7; 2], [2; 2], [224; 2])
        );
        for backend in ["flex", "ndarray", "libtorch"] {
            assert_eq!(
                fastest(backend, &first, Purpose::Inference(1)),
                Direct,
                "{backend}"
            );
        }
    }

    #[test]
    fn every_layer_of_the_lecture_was_measured_on_every_cpu_backend() {
        // ndarray with large batches alone.
        let sizes = [1, 8, 32, 128];
        for (backend, sizes) in [("flex", sizes), ("libtorch", sizes), ("ndarray", [128; 4])] {
            for model in ["cnn", "cnn-maxpool", "cnn-strided"] {
                let layers = layers(model);
                let cases = layers
                    .iter()
                    .flat_map(|shape| sizes.map(|size| (shape, size)));
                for (shape, size) in cases {
                    let measured = |algorithm| {
                        MEASUREMENTS.iter().any(|m| {
                            m.backend == backend
                                && m.algorithm == algorithm
                                && m.batch_size == size
                                && m.distance(shape) == 0.0
                        })
                    };
                    assert!(
                        ConvAlgorithm::ALL.into_iter().all(measured),
                        "{backend} {shape:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn algorithms_are_told_in_words() {
        assert_eq!(in_words(&[Direct; 4]), "4 × direct");
        let mixed = [Im2col, Frequency, Frequency, Direct];
        assert_eq!(in_words(&mixed), "im2col, 2 × frequency, direct");
    }
}
