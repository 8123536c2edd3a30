//! Training steps on wgpu with each operation as a kernel of its own, to be compared with fused kernels.
//!
//! A crate of its own because it costs about half a minute of compiling even without optimisation, which is
//! off for it (see the profile in the workspace's `Cargo.toml`): all of Burn's GPU kernels are generated here
//! a second time.
#![warn(missing_docs)]

use burn::backend::Autodiff;
use burn_wgpu::{CubeBackend, WgpuDevice, WgpuRuntime};
use burn_zoo_steps::{Observation, ObserveError, Task, observe as observe_on};

/// Does a task's steps on a device of wgpu, Vulkan or Metal without fusing kernels.
///
/// # Errors
/// [`ObserveError`] where the task's weights do not fit its model.
pub fn observe(task: &Task, device: &WgpuDevice) -> Result<Observation, ObserveError> {
    observe_on::<Autodiff<CubeBackend<WgpuRuntime, f32, i32, u32>>>(task, device)
}
