//! One step of a comparison, and its outcome.

use super::results::{Parity, SeedRun};
use crate::bench::Measured;
use serde::{Deserialize, Serialize};
use std::fmt;

/// One step: the work of one process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// The model.
    pub model: String,
    /// The backend.
    pub backend: String,
    /// The part of the comparison.
    pub part: Part,
}

/// A part of a comparison of one model on one backend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// Compare with float64.
    Parity,
    /// Measure the first training step, without kernels from an earlier process.
    FirstStep,
    /// Measure the first training step again, further training steps, and inference.
    Speed,
    /// Train with a seed.
    Training(u64),
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Parity => f.write_str("parity"),
            Self::FirstStep => f.write_str("the first step"),
            Self::Speed => f.write_str("speed"),
            Self::Training(seed) => write!(f, "training with seed {seed}"),
        }
    }
}

/// The outcome of a step.
#[derive(Debug, Clone, PartialEq)]
pub struct StepOutcome {
    /// The result, if the step got that far.
    pub result: Option<StepResult>,
    /// The failure, if there was one, as a sentence.
    pub trouble: Option<String>,
}

/// The result of a step.
#[derive(Debug, Clone, PartialEq)]
pub enum StepResult {
    /// Of [`Part::Parity`].
    Parity(Parity),
    /// Of [`Part::FirstStep`], in seconds.
    FirstStep(f64),
    /// Of [`Part::Speed`].
    Speed(Measured),
    /// Of [`Part::Training`]: the run, and the numbers of images for training and test as soon as they are known.
    Training(SeedRun, Option<[usize; 2]>),
}

impl StepOutcome {
    /// The outcome of a step that either has a result or failed.
    pub(super) fn of(result: Result<StepResult, String>) -> Self {
        match result {
            Ok(result) => Self {
                result: Some(result),
                trouble: None,
            },
            Err(trouble) => Self {
                result: None,
                trouble: Some(trouble),
            },
        }
    }
}
