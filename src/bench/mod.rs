//! The speed and memory of training and inference on a backend, and of each layer by each algorithm.

mod layers;
mod measure;
mod trial;

pub use crate::tuning::{Effort, median, values};
pub use layers::LayerTime;
pub use measure::{BenchError, Measured, Subject, measure};
pub use trial::{Inference, Trial};
