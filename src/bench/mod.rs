//! The speed and memory of training and inference on a backend, and of each layer by each algorithm.

mod layers;
mod trial;

pub use layers::{Alone, LayerTime, measure_convolution};
pub use trial::{Inference, Trial};

use crate::backend::Selected;
use crate::convolution::Conv;
use crate::data::DatasetSpec;
use crate::memory;
use burn::tensor::{Tensor, TensorData, backend::Backend};
use burn_zoo_models::{ConvAlgorithm, ModelError, ModelSpec};
use serde::{Deserialize, Serialize};
use std::time::{Duration, Instant};

/// How long to repeat a measurement.
#[derive(Debug, Clone, Copy)]
pub struct Effort {
    /// Repeat it for about this time, but at least three times.
    pub time: Duration,
    /// The largest number of samples; with 0 nothing is measured.
    pub samples: usize,
}

impl Effort {
    /// Measures nothing.
    pub const NONE: Self = Self {
        time: Duration::ZERO,
        samples: 0,
    };

    /// Measures for about this time, with at most 200 samples.
    pub fn for_seconds(seconds: f64) -> Self {
        Self {
            time: Duration::from_secs_f64(seconds),
            samples: 200,
        }
    }
}

/// What to measure.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// The model.
    pub spec: &'static ModelSpec,
    /// The data set that determines the shape of the images and the number of classes; the pixels are artificial.
    pub dataset: &'a DatasetSpec,
    /// Images a step.
    pub batch_size: usize,
    /// How its convolutions are computed.
    pub conv: Conv,
}

/// What was measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// The convolutions' algorithms in training.
    pub convolutions: Vec<ConvAlgorithm>,
    /// The convolutions' algorithms in inference.
    pub infer_convolutions: Vec<ConvAlgorithm>,
    /// From the start of the process to the end of the first training step.
    pub first_step_s: f64,
    /// Seconds of each training step.
    pub train_step_s: Vec<f64>,
    /// Seconds of each batch's inference, until the predicted classes are on the host.
    pub infer_step_s: Vec<f64>,
    /// The most memory that the process held in training.
    pub peak_memory_bytes: Option<u64>,
    /// The memory that it then held on the GPU, if there is one and its driver reports it.
    pub gpu_memory_bytes: Option<u64>,
    /// Each layer by itself.
    pub layers: Vec<LayerTime>,
}

/// Values in [−1, 1) from a formula. A measured time does not depend on the values, as long as they are not all the
/// same.
pub fn values<B: Backend, const D: usize>(shape: [usize; D], device: &B::Device) -> Tensor<B, D> {
    let values = (0..shape.iter().product()).map(|i: usize| {
        let hashed = (i as u32).wrapping_mul(2_654_435_761) >> 8;
        hashed as f32 / (1 << 23) as f32 - 1.0
    });
    Tensor::from_data(TensorData::new(values.collect(), shape), device)
}

/// Seconds of each sample, after two warm-up runs. `run` must return only when its work is done.
fn sample(effort: Effort, mut run: impl FnMut()) -> Vec<f64> {
    if effort.samples == 0 {
        return Vec::new();
    }
    run();
    run();
    let begun = Instant::now();
    let mut seconds = Vec::new();
    while seconds.len() < 3 || (begun.elapsed() < effort.time && seconds.len() < effort.samples) {
        let started = Instant::now();
        run();
        seconds.push(started.elapsed().as_secs_f64());
    }
    seconds
}

/// The median: the middle number, or the mean of the two in the middle.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => f64::NAN,
        n if n.is_multiple_of(2) => (sorted[middle - 1] + sorted[middle]) / 2.0,
        _ => sorted[middle],
    }
}

/// Measures a model on a device.
///
/// `since_start` is the time from the start of the process until this call.
///
/// # Errors
/// [`ModelError`] where the model does not fit the data set's images.
pub fn measure(
    subject: &Subject,
    selected: &Selected,
    effort: Effort,
    since_start: Duration,
    with_layers: bool,
) -> Result<Measured, ModelError> {
    let begun = Instant::now();
    let Subject {
        spec,
        dataset,
        batch_size,
        conv,
    } = *subject;
    let mut trial = Trial::new(spec, dataset, batch_size, conv, selected)?;
    trial.train();
    let first_step_s = (since_start + begun.elapsed()).as_secs_f64();
    let train_step_s = sample(effort, || trial.train());
    let peak_memory_bytes = memory::peak();
    let gpu_memory_bytes = memory::on_gpu();
    let convolutions = trial.convolutions();
    let infer_convolutions = trial.infer_convolutions.clone();
    let inference = trial.inference();
    drop(trial);
    let infer_step_s = sample(effort, || {
        std::hint::black_box(inference.answer());
    });

    let layers = match with_layers {
        true => layers::measure(subject, &convolutions, selected, effort)?,
        false => Vec::new(),
    };
    Ok(Measured {
        convolutions,
        infer_convolutions,
        first_step_s,
        train_step_s,
        infer_step_s,
        peak_memory_bytes,
        gpu_memory_bytes,
        layers,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), 2.5);
        assert!(median(&[]).is_nan());
    }

    #[test]
    fn at_least_three_samples_are_taken_after_two_that_do_not_count() {
        let mut runs = 0;
        let effort = Effort {
            time: Duration::ZERO,
            samples: 1,
        };
        assert_eq!(sample(effort, || runs += 1).len(), 3);
        assert_eq!(runs, 5);
    }
}
