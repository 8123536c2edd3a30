//! The figures of a run, as `metrics.csv` holds them.

use crate::data::Split;
use crate::numbers::figure;
use serde::{Deserialize, Serialize};

/// The figures of one epoch and split.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MetricsRow {
    /// From 1.
    pub epoch: usize,
    /// The split.
    pub split: Split,
    /// The mean cross-entropy over all its images, in nats.
    #[serde(with = "figure")]
    pub loss: f64,
    /// The share of its images classified rightly, 0 to 1.
    #[serde(with = "figure")]
    pub accuracy: f64,
    /// Images in a second.
    #[serde(with = "figure")]
    pub images_per_second: f64,
    /// Seconds for the split's pass.
    #[serde(with = "figure")]
    pub seconds: f64,
}
