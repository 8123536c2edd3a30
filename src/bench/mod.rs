//! The speed and memory of training and inference on a backend, and of each layer by each algorithm.

mod layers;
mod measure;
mod sampling;
mod trial;

pub use layers::{Alone, LayerTime, measure_convolution};
pub use measure::{Measured, Subject, measure};
pub use sampling::{Effort, median, values};
pub use trial::{Inference, Trial};
