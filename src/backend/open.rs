//! Burn's devices, opened by backend, kind and number.

use super::described::Described;
#[cfg(any(feature = "wgpu", feature = "cuda", feature = "rocm"))]
use super::kernels::keep_kernels;
#[cfg(any(feature = "wgpu", feature = "rocm"))]
use super::memory;
#[cfg(any(feature = "tch", feature = "cuda"))]
use super::nvidia::nvidia;
use super::threads::cpu_name;
use burn_dispatch::{Dispatch, DispatchDevice};
use burn_zoo_steps::{Observation, ObserveError, Task};

/// The backend of evaluation and inference.
pub type Infer = Dispatch;
/// The backend of training: automatic differentiation over [`Infer`].
pub type Train = burn::backend::Autodiff<Infer>;
/// A device of any backend.
pub type Device = DispatchDevice;

/// A device of wgpu on which each operation is a kernel of its own instead of fused ones, to compare both.
#[derive(Debug, Clone)]
pub struct Unfused(UnfusedDevice);
#[cfg(feature = "wgpu")]
type UnfusedDevice = burn_wgpu::WgpuDevice;
#[cfg(not(feature = "wgpu"))]
type UnfusedDevice = std::convert::Infallible;

/// Burn's device of a backend by kind and number; `None` where the backend is not built in.
#[allow(unused_variables)]
pub(super) fn open(backend: &str, kind: &str, number: usize) -> Option<Device> {
    match (backend, kind) {
        ("flex", _) => Some(host()),
        #[cfg(feature = "ndarray")]
        ("ndarray", _) => Some(Device::NdArray(burn_ndarray::NdArrayDevice::Cpu)),
        #[cfg(feature = "tch")]
        ("libtorch", "cuda") => Some(Device::LibTorch(burn_tch::LibTorchDevice::Cuda(number))),
        #[cfg(feature = "tch")]
        ("libtorch", "mps") => Some(Device::LibTorch(burn_tch::LibTorchDevice::Mps)),
        #[cfg(feature = "tch")]
        ("libtorch", _) => Some(Device::LibTorch(burn_tch::LibTorchDevice::Cpu)),
        #[cfg(all(feature = "wgpu", not(feature = "vulkan"), not(feature = "metal")))]
        ("wgpu", kind) => Some(Device::Wgpu(wgpu_device(kind, number))),
        #[cfg(feature = "vulkan")]
        ("vulkan", kind) => Some(Device::Vulkan(wgpu_device(kind, number))),
        #[cfg(feature = "metal")]
        ("metal", kind) => Some(Device::Metal(wgpu_device(kind, number))),
        #[cfg(feature = "cuda")]
        ("cuda", _) => {
            keep_kernels();
            Some(Device::Cuda(burn_cuda::CudaDevice::new(number)))
        }
        #[cfg(feature = "rocm")]
        ("rocm", _) => {
            keep_kernels();
            Some(Device::Rocm(burn_rocm::RocmDevice::new(number)))
        }
        _ => None,
    }
}

/// The device that every program has and that computes in 64-bit floats too: flex on the CPU.
pub fn host() -> Device {
    Device::Flex(burn_flex::FlexDevice)
}

/// The same device without fusing kernels, if its backend fuses kernels and can do without.
pub fn unfused(device: &Device) -> Option<Unfused> {
    #[allow(clippy::match_single_binding)] // without wgpu
    match device {
        #[cfg(all(feature = "wgpu", not(feature = "vulkan"), not(feature = "metal")))]
        Device::Wgpu(device) => Some(Unfused(device.clone())),
        #[cfg(feature = "vulkan")]
        Device::Vulkan(device) => Some(Unfused(device.clone())),
        #[cfg(feature = "metal")]
        Device::Metal(device) => Some(Unfused(device.clone())),
        _ => None,
    }
}

impl Unfused {
    /// Does a task's steps on the device as the zoo trains there, but without fusing kernels.
    ///
    /// # Errors
    /// [`ObserveError`] where the task's weights do not fit its model.
    pub fn observe(&self, task: &Task) -> Result<Observation, ObserveError> {
        #[cfg(feature = "wgpu")]
        return burn_zoo_unfused::observe(task, &self.0);
        #[cfg(not(feature = "wgpu"))]
        match (task, self.0) {}
    }
}

#[cfg(feature = "wgpu")]
fn wgpu_device(kind: &str, number: usize) -> burn_wgpu::WgpuDevice {
    keep_kernels();
    match kind {
        "discrete" => burn_wgpu::WgpuDevice::DiscreteGpu(number),
        "integrated" => burn_wgpu::WgpuDevice::IntegratedGpu(number),
        "virtual" => burn_wgpu::WgpuDevice::VirtualGpu(number),
        _ => burn_wgpu::WgpuDevice::Cpu,
    }
}

/// What is known of a device. For wgpu this opens the adapter, and panics where there is none.
pub(super) fn described(device: &Device) -> Described {
    match device {
        #[cfg(all(feature = "wgpu", not(feature = "vulkan"), not(feature = "metal")))]
        Device::Wgpu(device) => wgpu_hardware(device),
        #[cfg(feature = "vulkan")]
        Device::Vulkan(device) => wgpu_hardware(device),
        #[cfg(feature = "metal")]
        Device::Metal(device) => wgpu_hardware(device),
        #[cfg(feature = "tch")]
        Device::LibTorch(burn_tch::LibTorchDevice::Cuda(number)) => nvidia(*number),
        #[cfg(feature = "tch")]
        Device::LibTorch(burn_tch::LibTorchDevice::Mps) => Described {
            memory: half_of_the_machine(),
            ..Described::named("Apple GPU")
        },
        #[cfg(feature = "cuda")]
        Device::Cuda(device) => nvidia(device.index),
        #[cfg(feature = "rocm")]
        Device::Rocm(_) => Described {
            memory: memory::of_amd(None),
            ..Described::named("AMD GPU")
        },
        #[allow(unreachable_patterns)]
        _ => Described::named(cpu_name()),
    }
}

/// What a GPU without memory of its own may well take.
#[cfg(any(feature = "tch", feature = "wgpu"))]
fn half_of_the_machine() -> Option<u64> {
    Some(crate::system::memory::of_machine()? / 2)
}

#[cfg(feature = "wgpu")]
fn wgpu_hardware(device: &burn_wgpu::WgpuDevice) -> Described {
    use burn_wgpu::graphics::AutoGraphicsApi;
    const NVIDIA: u32 = 0x10DE;
    const AMD: u32 = 0x1002;
    let setup = burn_wgpu::init_setup::<AutoGraphicsApi>(device, Default::default());
    let info = setup.adapter.get_info();
    let driver = format!("{} {}", info.driver, info.driver_info);
    let bus = Some(info.device_pci_bus_id.as_str()).filter(|bus| !bus.is_empty());
    Described {
        name: format!("{} ({:?})", info.name, info.backend),
        driver: driver.trim().into(),
        memory: match (device, info.vendor) {
            (burn_wgpu::WgpuDevice::Cpu, _) => None,
            (burn_wgpu::WgpuDevice::IntegratedGpu(_), _) => half_of_the_machine(),
            (_, NVIDIA) => memory::of_nvidia(bus),
            (_, AMD) => memory::of_amd(bus),
            _ => None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::BACKENDS;

    #[test]
    fn every_backend_built_in_can_be_opened_by_each_of_its_kinds() {
        for spec in BACKENDS {
            for kind in spec.kinds {
                let device = open(spec.id, kind.name, 0);
                assert_eq!(device.is_some(), spec.built_in, "{} {}", spec.id, kind.name);
            }
        }
    }
}
