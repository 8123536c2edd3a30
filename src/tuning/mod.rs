//! Which algorithm computes a model's convolutions fastest on a device that nobody has measured: it is measured in a child
//! process, and kept for the next time.
//!
//! - `sampling`: repeated measurements, and the values that they compute with;
//! - `alone`: one layer by itself, timed;
//! - `exact`: whether a layer computes what it should;
//! - `trials`: the child's part, each layer by each algorithm;
//! - `tune`: the parent's part.

mod alone;
mod exact;
mod sampling;
mod trials;
mod tune;

pub use alone::{Alone, measure_convolution, time_layer};
pub use sampling::{Effort, median, sample, values};
pub use trials::{Outcome, Trial, trials};
pub use tune::{Request, Tuned, tune, tune_and_tell};
