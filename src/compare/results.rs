//! The results of a comparison.

use crate::backend::Arithmetic;
use crate::bench::median;
use crate::data::Split;
use crate::numbers::figure;
use crate::run::MetricsRow;
use burn_zoo_models::ConvAlgorithm;
use serde::{Deserialize, Serialize};

/// The version of `compare.json` that this program writes, and the newest it reads.
pub const FORMAT: u64 = 1;

/// The results of a comparison, as `compare.json` holds them: every model on every backend.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// The version of this file: [`FORMAT`].
    pub format: u64,
    /// The command that repeats the comparison.
    pub command: String,
    /// The data set's name in the zoo.
    pub dataset: String,
    /// Training images; 0 if nothing was trained.
    pub num_train: usize,
    /// Test images.
    pub num_test: usize,
    /// The random seeds, one for each training run.
    pub seeds: Vec<u64>,
    /// The accuracy, 0 to 1, to which the training time is reported.
    pub time_to: Option<f64>,
    /// The machine that it ran on.
    pub machine: Machine,
    /// Backends that could not take part, each with the reason as a sentence.
    pub skipped: Vec<String>,
    /// One row for each model and backend, model by model.
    pub rows: Vec<Row>,
}

/// The machine and the versions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// The name of the CPU, and the number of threads.
    pub cpu: String,
    /// Its memory, if the system reports it.
    pub memory_bytes: Option<u64>,
    /// The operating system: "linux x86_64".
    pub os: String,
    /// The zoo's version.
    pub zoo: String,
    /// Burn's version.
    pub burn: String,
    /// The time when the comparison began, in UTC: "2026-11-28T09:41:07Z".
    pub began: String,
}

/// One model on one backend. If a figure could not be measured, `troubles` gives the reason.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// The model's name in the zoo.
    pub model: String,
    /// The backend.
    pub backend: String,
    /// The backend's device.
    pub device: String,
    /// The name of the hardware.
    pub hardware: String,
    /// Images a step.
    pub batch_size: usize,
    /// Epochs of each training run.
    pub num_epochs: usize,
    /// The algorithm of each convolution in training; empty where the model has none.
    pub convolutions: Vec<ConvAlgorithm>,
    /// Seconds from the start of the process to the end of the first training step, without kernels from an earlier
    /// process.
    pub first_step_cold_s: Option<f64>,
    /// The same with the kernels that the cold start compiled.
    pub first_step_cached_s: Option<f64>,
    /// Seconds of each measured training step of `batch_size` images.
    pub train_step_s: Vec<f64>,
    /// Seconds of each measured batch's inference, until the predicted classes are on the host.
    pub infer_step_s: Vec<f64>,
    /// The most memory that the process held in training.
    pub peak_memory_bytes: Option<u64>,
    /// The memory that it held on the GPU, if there is one and its driver reports it.
    pub gpu_memory_bytes: Option<u64>,
    /// The result of the parity check against float64.
    pub parity: Option<Parity>,
    /// The training runs, one for each seed.
    pub runs: Vec<SeedRun>,
    /// The failures, a sentence each: "training with seed 43: the process ended with signal 11".
    pub troubles: Vec<String>,
}

/// The result of a parity check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Parity {
    /// Whether the backend computes the same function as float64, within the tolerance of its arithmetic.
    pub holds: bool,
    /// The arithmetic whose roundings are tolerated, where it is not float32's.
    #[serde(default, skip_serializing_if = "Arithmetic::is_float32")]
    pub arithmetic: Arithmetic,
    /// The algorithm of each convolution in the check.
    pub convolutions: Vec<ConvAlgorithm>,
    /// The relative error of the logits against float64.
    #[serde(with = "figure")]
    pub logits: f64,
    /// The relative error of the gradient that is nearest to its tolerance, or furthest beyond it.
    #[serde(with = "figure")]
    pub gradient: f64,
    /// The differences beyond the tolerance, a sentence each.
    pub breaches: Vec<String>,
}

/// The training run of one seed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SeedRun {
    /// The seed.
    pub seed: u64,
    /// Whether all epochs were trained.
    pub finished: bool,
    /// The metrics of every epoch and split: its `metrics.csv`.
    pub metrics: Vec<MetricsRow>,
}

impl Row {
    /// Whether nothing failed and the parity check passed.
    pub fn holds(&self) -> bool {
        self.troubles.is_empty() && self.parity.as_ref().is_none_or(|parity| parity.holds)
    }

    /// Images a second of each measured training step.
    pub fn training(&self) -> Vec<f64> {
        self.images_per_second(&self.train_step_s)
    }

    /// Images a second of each measured batch's inference.
    pub fn inference(&self) -> Vec<f64> {
        self.images_per_second(&self.infer_step_s)
    }

    fn images_per_second(&self, seconds: &[f64]) -> Vec<f64> {
        let batch = self.batch_size as f64;
        seconds.iter().map(|seconds| batch / seconds).collect()
    }

    /// Seconds of training in an epoch: the median over all epochs of all seeds.
    pub fn epoch_s(&self) -> Option<f64> {
        let rows = self.runs.iter().flat_map(|run| &run.metrics);
        let seconds = rows.filter(|row| row.split == Split::Train);
        let seconds: Vec<f64> = seconds.map(|row| row.seconds).collect();
        (!seconds.is_empty()).then(|| median(&seconds))
    }

    /// The test accuracy, 0 to 1, of each finished seed after its last epoch.
    pub fn accuracies(&self) -> Vec<f64> {
        let finished = self.runs.iter().filter(|run| run.finished);
        finished.filter_map(SeedRun::accuracy).collect()
    }

    /// The median of [`SeedRun::time_to`] over the seeds; `None` if a seed did not reach the accuracy.
    pub fn time_to(&self, accuracy: f64) -> Option<f64> {
        let times = self.runs.iter().map(|run| run.time_to(accuracy));
        let times: Option<Vec<f64>> = times.collect();
        times
            .filter(|times| !times.is_empty())
            .map(|times| median(&times))
    }
}

impl SeedRun {
    /// The test accuracy, 0 to 1, after the latest epoch.
    pub fn accuracy(&self) -> Option<f64> {
        let mut test = self.metrics.iter().filter(|row| row.split == Split::Test);
        test.next_back().map(|row| row.accuracy)
    }

    /// Seconds of training, without the evaluations, until the end of the first epoch whose test accuracy reaches
    /// `accuracy`.
    pub fn time_to(&self, accuracy: f64) -> Option<f64> {
        let mut test = self.metrics.iter().filter(|row| row.split == Split::Test);
        let epoch = test.find(|row| row.accuracy >= accuracy)?.epoch;
        let rows = self.metrics.iter();
        let trained = rows.filter(|row| row.split == Split::Train && row.epoch <= epoch);
        Some(trained.map(|row| row.seconds).sum())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metrics(epochs: &[(f64, f64)]) -> Vec<MetricsRow> {
        let row = |epoch, split, accuracy, seconds| MetricsRow {
            epoch,
            split,
            loss: 1.0,
            accuracy,
            images_per_second: 1.0,
            seconds,
        };
        let rows = epochs.iter().enumerate();
        rows.flat_map(|(index, &(accuracy, seconds))| {
            [
                row(index + 1, Split::Train, 0.99, seconds),
                row(index + 1, Split::Test, accuracy, 100.0),
            ]
        })
        .collect()
    }

    fn run(epochs: &[(f64, f64)]) -> SeedRun {
        SeedRun {
            seed: 42,
            finished: true,
            metrics: metrics(epochs),
        }
    }

    #[test]
    fn the_time_to_an_accuracy_is_the_training_until_the_first_epoch_that_reaches_it() {
        let seed = run(&[(0.5, 3.0), (0.8, 4.0), (0.7, 5.0), (0.9, 6.0)]);
        assert_eq!(seed.time_to(0.5), Some(3.0));
        assert_eq!(seed.time_to(0.75), Some(7.0));
        assert_eq!(seed.time_to(0.85), Some(18.0));
        assert_eq!(seed.time_to(0.95), None);
    }

    #[test]
    fn a_row_has_the_median_of_its_seeds_and_no_time_if_one_of_them_falls_short() {
        let runs = vec![
            run(&[(0.8, 1.0), (0.9, 2.0)]),
            run(&[(0.9, 10.0), (0.7, 12.0)]),
            run(&[(0.88, 4.0), (0.8, 4.0)]),
        ];
        let row = Row {
            runs,
            ..Row::default()
        };
        assert_eq!(row.time_to(0.85), Some(4.0));
        assert_eq!(row.time_to(0.89), None);
        assert_eq!(row.epoch_s(), Some(4.0));
        assert_eq!(row.accuracies(), [0.9, 0.7, 0.8]);
        assert_eq!(Row::default().time_to(0.1), None);
    }
}
