//! The speed and memory of training and inference on a backend, and of each layer by each algorithm.

mod layers;
mod measure;
mod subject;
mod trial;

pub use crate::tuning::{Effort, median, values};
pub use layers::LayerTime;
pub use measure::{Measured, measure};
pub use subject::{BenchError, Subject};
pub use trial::{Inference, Trial};
