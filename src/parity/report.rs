//! The report that `zoo parity --json` prints.

use super::verdict::Verdict;
use crate::backend::Arithmetic;
use burn_zoo_models::ConvAlgorithm;
use serde::{Deserialize, Serialize};

/// Models on backends, compared with float64.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The data set's name in the zoo.
    pub dataset: String,
    /// Images a step.
    pub batch_size: usize,
    /// Steps of training.
    pub steps: usize,
    /// Random seed for the weights and the order of the images.
    pub seed: u64,
    /// Backends that were not compared, each with the reason as a sentence.
    pub skipped: Vec<String>,
    /// One row for each model and backend.
    pub rows: Vec<Row>,
}

/// One model on one backend.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// The model's name in the zoo.
    pub model: String,
    /// The batch of the seed's order that the steps begin with, from 0.
    pub first_batch: usize,
    /// The learning rate of the steps, if it is smaller than the recipe's, with which float32 cannot show that they
    /// learn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub smaller_learning_rate: Option<f64>,
    /// SHA-256 of the initial weights of the float64 computation.
    pub initial_weights_sha256: String,
    /// The backend.
    pub backend: String,
    /// The backend's device.
    pub device: String,
    /// The name of the hardware.
    pub hardware: String,
    /// The algorithm of each convolution.
    pub convolutions: Vec<ConvAlgorithm>,
    /// Whether kernels were fused, on a backend that can compute with and without fused kernels.
    pub fusion: Option<bool>,
    /// The failure, if there is nothing to compare.
    pub trouble: Option<String>,
    /// The comparison with float64.
    pub verdict: Option<Verdict>,
}

impl Row {
    /// Whether the backend computes the same function as float64, within the tolerance of its arithmetic.
    pub fn holds(&self) -> bool {
        self.verdict.as_ref().is_some_and(Verdict::holds)
    }
}

/// A verdict in a word: whether it holds, within the roundings of this arithmetic.
pub fn in_a_word(holds: bool, arithmetic: Arithmetic) -> &'static str {
    match (holds, arithmetic) {
        (true, Arithmetic::Float32) => "same",
        (true, Arithmetic::Tf32) => "same (TF32)",
        (true, Arithmetic::F16) => "same (f16)",
        (true, Arithmetic::Bf16) => "same (bf16)",
        (false, _) => "DIFFERENT",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loss_that_is_nan_is_still_nan_after_json() {
        let verdict = Verdict {
            learned: [2.3, f64::NAN],
            ..Verdict::default()
        };
        let row = Row {
            verdict: Some(verdict),
            ..Row::default()
        };
        let json = serde_json::to_string(&row).unwrap();
        let read: Row = serde_json::from_str(&json).unwrap();
        let [before, after] = read.verdict.unwrap().learned;
        assert_eq!(before, 2.3);
        assert!(after.is_nan());
    }
}
