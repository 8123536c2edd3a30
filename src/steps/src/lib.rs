//! A training step of a model of [`burn_zoo_models`], generic over the Burn backend, and the observation of a few
//! steps.
//!
//! This crate is compiled for a backend where it is called: by the program for its run-time choice of
//! a backend, and by `burn-zoo-unfused` for wgpu without fused kernels.
#![warn(missing_docs)]

mod adam;
mod batch;
mod loss_scale;
mod observe;
mod trainee;
pub mod weights;

pub use adam::AdamSettings;
pub use batch::{HostBatch, ImageBatch};
pub use loss_scale::{LossScale, Scale, are_finite};
pub use observe::{
    Observation, ObserveError, Task, Tensors, gradients, in_turn, observe, observe_with, train_step,
};
pub use trainee::{MOST_SAVED_ON_CPU, Trainee};
