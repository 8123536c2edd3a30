//! The backends: the one place that opens their devices.
//!
//! A backend is the implementation (flex, LibTorch, …), a device the hardware it computes on. All
//! are reached through Burn's run-time dispatch, so that the rest of the zoo is compiled once, for
//! [`Infer`] and [`Train`] (`docs/design/one-instantiation.md` has the reasons). A new backend is an entry of [`BACKENDS`] in `table.rs` and an arm of `open` in
//! `open.rs`.

mod described;
mod error;
mod hung;
mod kernels;
// Each build asks the drivers of its own backends.
#[allow(dead_code)]
mod memory;
#[cfg(any(feature = "tch", feature = "cuda", test))]
mod nvidia;
mod open;
mod probe;
mod read;
mod select;
mod several;
mod table;
mod threads;

pub use error::BackendError;
pub use kernels::{KERNELS_VARIABLE, KernelWork, count_kernels, kernel_work, kernels_folder};
pub use open::{Device, Infer, Train, Unfused, host, unfused};
pub use read::{moved, read, read_int, sync};
pub use select::{Preparation, Selected, best, choose, select, select_place};
pub use several::{of_number, select_all};
pub use table::{Arithmetic, BACKENDS, BackendSpec, DeviceInfo, Library, find};
pub use threads::{cpu_name, set_threads, threads};

#[cfg(all(feature = "metal", feature = "vulkan"))]
compile_error!(
    "the features `metal` and `vulkan` exclude each other: wgpu compiles its kernels to one language; choose one"
);
