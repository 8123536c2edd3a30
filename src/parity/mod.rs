//! Whether a backend computes the same function as a float64 computation on the CPU.
//!
//! A [`Task`] is a few steps of training with all its inputs on the host. [`observe`] does them on a backend as the zoo
//! trains there, [`Reference`] does them in float64, and [`Verdict`] compares both with the tolerance. [`ParityCheck`]
//! does all this for a model on several backends.

mod check;
mod error;
mod reference;
mod report;
mod task;
mod verdict;

pub use check::{ParityCheck, do_steps};
pub use error::ParityError;
pub use reference::Reference;
pub use report::{Report, Row, in_a_word};
pub use task::{Start, observe, task};
pub use verdict::{Check, Quantity, Verdict};

pub use burn_zoo_steps::{HostBatch, Observation, ObserveError, Task, Tensors};
