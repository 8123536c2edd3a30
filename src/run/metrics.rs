//! The figures of a run, as `metrics.csv` holds them.

use crate::data::Split;
use serde::{Deserialize, Serialize};

/// The figures of one epoch and split.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MetricsRow {
    /// From 1.
    pub epoch: usize,
    /// The split.
    pub split: Split,
    /// The mean cross-entropy over all its images, in nats.
    pub loss: f64,
    /// The share of its images classified rightly, 0 to 1.
    pub accuracy: f64,
    /// Images in a second.
    pub images_per_second: f64,
    /// Seconds for the split's pass.
    pub seconds: f64,
}
