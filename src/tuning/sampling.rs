//! Repeated measurements, and the artificial values that they compute with.

use burn::tensor::{Tensor, TensorData, backend::Backend};
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
pub fn sample(effort: Effort, mut run: impl FnMut()) -> Vec<f64> {
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
