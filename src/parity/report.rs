//! What `zoo parity --json` prints, and the zoo's other commands read.

use super::Verdict;
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
    /// Of the weights and of the order of the images.
    pub seed: u64,
    /// Backends that were not compared, with the reason, a sentence each.
    pub skipped: Vec<String>,
    /// One for each model and backend.
    pub rows: Vec<Row>,
}

/// One model on one backend.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// The model's name in the zoo.
    pub model: String,
    /// Of the order of the seed, the batch that the steps begin with, from 0.
    pub first_batch: usize,
    /// Of the weights that the float64 computation began with.
    pub initial_weights_sha256: String,
    /// The backend.
    pub backend: String,
    /// The backend's device.
    pub device: String,
    /// The hardware's own name.
    pub hardware: String,
    /// The algorithm of each convolution.
    pub convolutions: Vec<ConvAlgorithm>,
    /// Whether kernels were fused, on a backend that can do both.
    pub fusion: Option<bool>,
    /// Why there is nothing to compare.
    pub trouble: Option<String>,
    /// How far it is from float64, and how far it may be.
    pub verdict: Option<Verdict>,
}

impl Row {
    /// Whether it is the same function, as exactly as float32 allows.
    pub fn holds(&self) -> bool {
        self.verdict.as_ref().is_some_and(Verdict::holds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loss_that_is_no_number_comes_back_from_json_as_none() {
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
