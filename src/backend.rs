//! The backends, and the ONLY file that names them: one arm of `open` and one entry of
//! [`BACKENDS`] each.
//!
//! A backend is the implementation (flex, LibTorch, …), a device the hardware it computes on. All
//! are reached through Burn's run-time dispatch, so the rest of the zoo is compiled once, for
//! [`Infer`] and [`Train`]. DESIGN.md says why.

use crate::data::Preparation;
use crate::jobs::{self, Job, JobError, Place};
use burn::tensor::ops::IntTensor;
use burn::tensor::{Int, Tensor, TensorData, TensorPrimitive, backend::Backend};
use burn_dispatch::{Dispatch, DispatchDevice};
use burn_zoo_steps::{Observation, ObserveError, Task};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::time::Duration;

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

#[cfg(all(feature = "metal", feature = "vulkan"))]
compile_error!(
    "the features `metal` and `vulkan` exclude each other: wgpu compiles its kernels to one language; choose one"
);

/// One backend of the zoo.
#[derive(Debug)]
pub struct BackendSpec {
    /// Its name on the command line.
    pub id: &'static str,
    /// Other names that the command line takes.
    pub aliases: &'static [&'static str],
    /// What it is, in a few words.
    pub title: &'static str,
    /// Whether this program contains it.
    pub built_in: bool,
    /// How to build it in.
    pub how_to_build: &'static str,
    /// What gives it a device.
    pub needs: &'static str,
    /// The library of others that it cannot do without.
    pub foreign: Option<Library>,
    /// Its kinds of device, the best first.
    kinds: &'static [DeviceKind],
}

/// A library that a backend loads, and that may be missing on a machine or be of the wrong version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Library {
    /// PyTorch's C++ library.
    LibTorch,
    /// The loader of Vulkan's drivers.
    Vulkan,
}

/// Devices that are told apart by a number, or the only one of their name.
#[derive(Debug)]
struct DeviceKind {
    name: &'static str,
    numbered: bool,
    /// How good a choice it is for `auto`; higher is better.
    rank: u8,
}

const CPU: DeviceKind = DeviceKind {
    name: "cpu",
    numbered: false,
    rank: 3,
};
const WGPU_KINDS: &[DeviceKind] = &[
    DeviceKind::gpu("discrete", 8),
    DeviceKind::gpu("integrated", 6),
    DeviceKind::gpu("virtual", 5),
    // A driver that computes on the CPU: right, but slow.
    DeviceKind { rank: 0, ..CPU },
];

impl DeviceKind {
    const fn gpu(name: &'static str, rank: u8) -> Self {
        Self {
            name,
            numbered: true,
            rank,
        }
    }
}

/// Every backend, in the order of `zoo backends`.
pub static BACKENDS: &[BackendSpec] = &[
    BackendSpec {
        id: "flex",
        aliases: &[],
        title: "Burn's CPU backend, pure Rust",
        built_in: true,
        how_to_build: "it is in every build",
        needs: "a CPU",
        foreign: None,
        kinds: &[CPU],
    },
    BackendSpec {
        id: "ndarray",
        aliases: &[],
        title: "Burn's older CPU backend, on the crate ndarray",
        built_in: cfg!(feature = "ndarray"),
        how_to_build: "build with `--features ndarray` (it is in the default build)",
        needs: "a CPU",
        foreign: None,
        kinds: &[DeviceKind { rank: 2, ..CPU }],
    },
    BackendSpec {
        id: "libtorch",
        aliases: &["tch", "torch"],
        title: "PyTorch's C++ library, CPU, NVIDIA or Apple GPU",
        built_in: cfg!(feature = "tch"),
        how_to_build: "run `scripts/libtorch.sh build --release`, which installs LibTorch beside the program and builds with `--features tch`",
        needs: "LibTorch 2.9.0 as scripts/libtorch.sh installs it",
        foreign: Some(Library::LibTorch),
        kinds: &[
            DeviceKind::gpu("cuda", 7),
            #[cfg(target_os = "macos")]
            DeviceKind {
                name: "mps",
                numbered: false,
                rank: 7,
            },
            DeviceKind { rank: 4, ..CPU },
        ],
    },
    BackendSpec {
        id: "wgpu",
        aliases: &["webgpu"],
        title: "any vendor's GPU by Vulkan, Metal or DirectX 12, kernels in WGSL",
        built_in: cfg!(all(
            feature = "wgpu",
            not(feature = "vulkan"),
            not(feature = "metal")
        )),
        how_to_build: "build with `--features wgpu` (it is in the default build) and without `vulkan` and `metal`",
        needs: "a driver for Vulkan, Metal or DirectX 12 (on Debian without a GPU, mesa-vulkan-drivers has one that computes on the CPU)",
        foreign: Some(Library::Vulkan),
        kinds: WGPU_KINDS,
    },
    BackendSpec {
        id: "vulkan",
        aliases: &[],
        title: "wgpu with kernels in SPIR-V",
        built_in: cfg!(feature = "vulkan"),
        how_to_build: "build with `--features vulkan`",
        needs: "a driver for Vulkan",
        foreign: Some(Library::Vulkan),
        kinds: WGPU_KINDS,
    },
    BackendSpec {
        id: "metal",
        aliases: &[],
        title: "wgpu with kernels in Metal's language",
        built_in: cfg!(feature = "metal"),
        how_to_build: "build with `--features metal`, on a Mac",
        needs: "a Mac with a GPU",
        foreign: None,
        kinds: WGPU_KINDS,
    },
    BackendSpec {
        id: "cuda",
        aliases: &[],
        title: "NVIDIA GPUs by CUDA",
        built_in: cfg!(feature = "cuda"),
        how_to_build: "build with `--features cuda`",
        needs: "an NVIDIA GPU, its driver and CUDA",
        foreign: None,
        kinds: &[DeviceKind::gpu("cuda", 10)],
    },
    BackendSpec {
        id: "rocm",
        aliases: &["hip"],
        title: "AMD GPUs by ROCm",
        built_in: cfg!(feature = "rocm"),
        how_to_build: "build with `--features rocm`",
        needs: "an AMD GPU, its driver and ROCm",
        foreign: None,
        kinds: &[DeviceKind::gpu("rocm", 9)],
    },
];

/// The variable that names another folder for the GPU backends' kernels than the user's cache folder.
pub const KERNELS_VARIABLE: &str = "BURN_ZOO_KERNELS";

/// The folder in which the GPU backends' kernels are kept; `None` on a system without a cache folder.
pub fn kernels_folder() -> Option<PathBuf> {
    match std::env::var_os(KERNELS_VARIABLE) {
        Some(folder) => Some(folder.into()),
        None => Some(dirs::cache_dir()?.join("burn-zoo").join("kernels")),
    }
}

/// Has the kernels that CubeCL compiles and tunes for a GPU kept in the user's cache folder, where the
/// user's own settings (`cubecl.toml`) do not say otherwise. By default compiled ones are not kept at
/// all, and CUDA's compiler takes one or two seconds for each of a hundred.
#[cfg(any(feature = "wgpu", feature = "cuda", feature = "rocm"))]
fn keep_kernels() {
    use cubecl_runtime::config::{CubeClRuntimeConfig, RuntimeConfig, cache::CacheConfig};
    let Some(folder) = kernels_folder() else {
        return;
    };
    let folder = CacheConfig::File(folder);
    let mut config = CubeClRuntimeConfig::from_current_dir().override_from_env();
    config.compilation.cache.get_or_insert(folder.clone());
    if matches!(config.autotune.cache, CacheConfig::Target) {
        config.autotune.cache = folder;
    }
    // Before the first device is opened; afterwards it counts no more.
    CubeClRuntimeConfig::storage()
        .lock()
        .get_or_insert_with(|| config.into());
}

/// Burn's device of a backend by kind and number; `None` where the backend is not built in.
#[allow(unused_variables)]
fn open(backend: &str, kind: &str, number: usize) -> Option<Device> {
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

/// The same device without fusing kernels, where its backend fuses kernels and can be told not to.
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

/// The hardware's own name. For wgpu this opens the adapter, and panics where there is none.
fn hardware_name(device: &Device) -> String {
    match device {
        #[cfg(all(feature = "wgpu", not(feature = "vulkan"), not(feature = "metal")))]
        Device::Wgpu(device) => wgpu_name(device),
        #[cfg(feature = "vulkan")]
        Device::Vulkan(device) => wgpu_name(device),
        #[cfg(feature = "metal")]
        Device::Metal(device) => wgpu_name(device),
        #[cfg(feature = "tch")]
        Device::LibTorch(burn_tch::LibTorchDevice::Cuda(_)) => "NVIDIA GPU".into(),
        #[cfg(feature = "tch")]
        Device::LibTorch(burn_tch::LibTorchDevice::Mps) => "Apple GPU".into(),
        #[cfg(feature = "cuda")]
        Device::Cuda(_) => "NVIDIA GPU".into(),
        #[cfg(feature = "rocm")]
        Device::Rocm(_) => "AMD GPU".into(),
        #[allow(unreachable_patterns)]
        _ => cpu_name(),
    }
}

#[cfg(feature = "wgpu")]
fn wgpu_name(device: &burn_wgpu::WgpuDevice) -> String {
    use burn_wgpu::graphics::AutoGraphicsApi;
    let setup = burn_wgpu::init_setup::<AutoGraphicsApi>(device, Default::default());
    let info = setup.adapter.get_info();
    format!("{} ({:?})", info.name, info.backend)
}

/// The CPU's own name and the threads that are computed with.
pub fn cpu_name() -> String {
    let cpuinfo = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpuinfo
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map_or(std::env::consts::ARCH, |(_, name)| name.trim());
    match threads() {
        1 => format!("{model}, 1 thread"),
        threads => format!("{model}, {threads} threads"),
    }
}

/// A device that was opened and has computed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceInfo {
    /// Its name for `--device`.
    pub id: String,
    /// The hardware's or driver's own name.
    pub name: String,
    /// Whether it is a GPU driver that computes on the CPU.
    pub software: bool,
}

/// Why a backend or device cannot be used. Each message is one sentence.
#[derive(Debug, thiserror::Error)]
pub enum BackendError {
    /// No backend of that name exists.
    #[error("no backend is called `{id}`; the backends are auto, {}", nearest.join(", "))]
    Unknown {
        /// The name asked for.
        id: String,
        /// The backends' names, the nearest first.
        nearest: Vec<&'static str>,
    },
    /// The program was built without it.
    #[error("the backend {id} is not in this build: to get it, {how_to_build}")]
    NotBuiltIn {
        /// The backend.
        id: &'static str,
        /// The cure.
        how_to_build: &'static str,
    },
    /// It is built in but found no device that computes.
    #[error("the backend {id} has no usable device here ({why}): it needs {needs}")]
    NoDevice {
        /// The backend.
        id: &'static str,
        /// What its probe said.
        why: String,
        /// The cure.
        needs: &'static str,
    },
    /// It has devices, but not the one asked for.
    #[error("the backend {id} has no device `{device}` here; it has {}", found.join(", "))]
    UnknownDevice {
        /// The backend.
        id: &'static str,
        /// The device asked for.
        device: String,
        /// The devices it has.
        found: Vec<String>,
    },
    /// `auto` with a device: a device belongs to one backend.
    #[error(
        "`--device {0}` needs a `--backend`: a device's name means something to one backend only"
    )]
    DeviceOfAuto(String),
    /// Nothing is built in that can compute here.
    #[error("no backend of this build has a usable device here; `zoo backends` tells more")]
    Nothing,
}

/// The backend of that name.
///
/// # Errors
/// [`BackendError::Unknown`], with the nearest names first.
pub fn find(id: &str) -> Result<&'static BackendSpec, BackendError> {
    let wanted = id.to_lowercase();
    BACKENDS
        .iter()
        .find(|spec| spec.id == wanted || spec.aliases.contains(&wanted.as_str()))
        .ok_or_else(|| {
            let mut nearest: Vec<_> = BACKENDS.iter().map(|spec| spec.id).collect();
            nearest.sort_by_key(|known| strsim::damerau_levenshtein(&wanted, known));
            BackendError::Unknown {
                id: id.into(),
                nearest,
            }
        })
}

/// How long a driver may take to open all its devices before it counts as hung.
const PROBE_TIMEOUT: Duration = Duration::from_secs(60);

impl BackendSpec {
    /// Whether all its devices are this machine's CPU, which needs no probing.
    fn only_cpu(&self) -> bool {
        matches!(self.kinds, [kind] if kind.name == CPU.name)
    }

    fn device_info(&self, kind: &DeviceKind, number: usize, device: &Device) -> DeviceInfo {
        DeviceInfo {
            id: match kind.numbered {
                true => format!("{}:{number}", kind.name),
                false => kind.name.into(),
            },
            name: hardware_name(device),
            software: kind.rank == 0,
        }
    }

    /// Opens every device of the backend and computes on it, telling `found` of each that answers.
    ///
    /// A bad driver may crash or hang here: see [`devices`](Self::devices), which runs this in a
    /// child process.
    pub fn probe(&self, mut found: impl FnMut(DeviceInfo)) {
        for kind in self.kinds {
            for number in 0.. {
                let opened = std::panic::catch_unwind(|| {
                    let device = open(self.id, kind.name, number)?;
                    let info = self.device_info(kind, number, &device);
                    let one = Tensor::<Infer, 1>::ones([1], &device);
                    let two = (one.clone() + one).into_data();
                    (two.iter::<f32>().next() == Some(2.0)).then_some(info)
                });
                match opened {
                    Ok(Some(info)) => found(info),
                    Ok(None) | Err(_) => break,
                }
                if !kind.numbered {
                    break;
                }
            }
        }
    }

    /// The devices that really open and compute, the best first.
    ///
    /// Drivers are asked in a child process, by [`Job::Probe`], so that one that crashes or hangs is an error here and
    /// no more; `zoo` is the path of the program that does the job.
    ///
    /// # Errors
    /// [`BackendError::NotBuiltIn`]; [`BackendError::NoDevice`], with what the driver said.
    pub fn devices(&self, zoo: &Path) -> Result<Vec<DeviceInfo>, BackendError> {
        if !self.built_in {
            return Err(BackendError::NotBuiltIn {
                id: self.id,
                how_to_build: self.how_to_build,
            });
        }
        let mut devices = Vec::new();
        let mut why = String::from("it lists none");
        if self.only_cpu() {
            self.probe(|info| devices.push(info));
        } else {
            let job = Job::Probe {
                backend: self.id.into(),
            };
            let found = |device| devices.push(device);
            let command = &mut jobs::command(zoo);
            match jobs::watch(command, &job, PROBE_TIMEOUT, found, || false) {
                Ok(()) => {}
                Err(JobError::Process(trouble)) => why = format!("its driver's probe {trouble}"),
                Err(error) => why = error.to_string(),
            }
        }
        if devices.is_empty() {
            return Err(BackendError::NoDevice {
                id: self.id,
                why,
                needs: self.needs,
            });
        }
        Ok(devices)
    }

    fn rank(&self, device: &DeviceInfo) -> u8 {
        let kind = device.id.split(':').next().unwrap_or_default();
        let kind = self.kinds.iter().find(|k| k.name == kind);
        kind.map_or(0, |kind| kind.rank)
    }
}

/// A backend and device to compute on.
#[derive(Debug, Clone)]
pub struct Selected {
    /// The backend.
    pub backend: &'static BackendSpec,
    /// The device, as the command line and the user know it.
    pub info: DeviceInfo,
    /// The device, as Burn knows it.
    pub device: Device,
    /// Why `auto` chose it; `None` where the user did.
    pub reason: Option<String>,
}

impl Selected {
    /// The backend and device by their names.
    pub fn place(&self) -> Place {
        Place {
            backend: self.backend.id.into(),
            device: self.info.id.clone(),
        }
    }

    /// How batches are best prepared for the device.
    pub fn preparation(&self) -> Preparation {
        match (self.backend.id, self.info.id.as_str()) {
            // Its threads wait by spinning, and more threads than cores then hold up each other.
            ("libtorch", "cpu") => Preparation::ByOneThread,
            (_, "cpu") => Preparation::ByAllThreads,
            _ => Preparation::Ahead,
        }
    }
}

/// Chooses the backend and device for `--backend` and `--device`.
///
/// # Errors
/// [`BackendError`] where there is no such backend or device, or none that computes.
pub fn select(backend: &str, device: Option<&str>, zoo: &Path) -> Result<Selected, BackendError> {
    if backend.eq_ignore_ascii_case("auto") {
        return match device {
            Some(device) => Err(BackendError::DeviceOfAuto(device.into())),
            None => select_auto(zoo),
        };
    }
    let spec = find(backend)?;
    let devices = spec.devices(zoo)?;
    let info = match device {
        None => best(spec, &devices),
        Some(wanted) => devices
            .iter()
            .find(|info| info.id == wanted || info.id.ends_with(&format!(":{wanted}")))
            .ok_or_else(|| BackendError::UnknownDevice {
                id: spec.id,
                device: wanted.into(),
                found: devices.iter().map(|info| info.id.clone()).collect(),
            })?,
    };
    selected(spec, info.clone(), None)
}

/// The backend and device that a job names.
///
/// # Errors
/// [`BackendError`] as for [`select`].
pub fn select_place(place: &Place, zoo: &Path) -> Result<Selected, BackendError> {
    select(&place.backend, Some(&place.device), zoo)
}

/// The best device of the best backend: a GPU before the CPU, LibTorch before flex before ndarray,
/// and a GPU driver that computes on the CPU last.
fn select_auto(zoo: &Path) -> Result<Selected, BackendError> {
    let built_in = BACKENDS.iter().filter(|spec| spec.built_in);
    let answers: Vec<_> = built_in
        .filter_map(|spec| Some((spec, spec.devices(zoo).ok()?)))
        .collect();
    let (spec, info, reason) = choose(&answers)?;
    selected(spec, info, Some(reason.into()))
}

/// What `auto` takes of backends and their devices, of which each has at least one, and why.
///
/// # Errors
/// [`BackendError::Nothing`] where there are none.
pub fn choose(
    answers: &[(&'static BackendSpec, Vec<DeviceInfo>)],
) -> Result<(&'static BackendSpec, DeviceInfo, &'static str), BackendError> {
    let candidates = answers.iter().map(|(spec, devices)| {
        let info = best(spec, devices);
        (spec.rank(info), *spec, info)
    });
    // The first of equals, as in the table.
    let best = candidates.rev().max_by_key(|(rank, ..)| *rank);
    let (rank, spec, info) = best.ok_or(BackendError::Nothing)?;
    let info = info.clone();
    let reason = match rank {
        5.. => "the fastest GPU found",
        1..=4 => "no GPU was found; of the CPU backends built in it is the fastest at CNNs",
        0 => "nothing better is built in",
    };
    Ok((spec, info, reason))
}

/// The device of highest rank; `devices` is not empty.
pub fn best<'a>(spec: &BackendSpec, devices: &'a [DeviceInfo]) -> &'a DeviceInfo {
    let mut best = &devices[0];
    for device in devices {
        if spec.rank(device) > spec.rank(best) {
            best = device;
        }
    }
    best
}

fn selected(
    backend: &'static BackendSpec,
    info: DeviceInfo,
    reason: Option<String>,
) -> Result<Selected, BackendError> {
    let (kind, number) = info.id.split_once(':').unwrap_or((&info.id, "0"));
    let device =
        open(backend.id, kind, number.parse().unwrap_or(0)).ok_or(BackendError::NotBuiltIn {
            id: backend.id,
            how_to_build: backend.how_to_build,
        })?;
    Ok(Selected {
        backend,
        info,
        device,
        reason,
    })
}

/// The variables by which the CPU backends and their libraries are told how many threads to use:
/// flex and ndarray (rayon), ndarray's matrix products, OpenBLAS, LibTorch's OpenMP and MKL.
const THREAD_VARIABLES: [&str; 5] = [
    "RAYON_NUM_THREADS",
    "MATMUL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
];

/// Has this process and its children compute with so many threads on the CPU. To be called before
/// anything computes, while the process has one thread.
pub fn set_threads(threads: usize) {
    for variable in THREAD_VARIABLES {
        // SAFETY: no other thread reads the environment yet.
        unsafe { std::env::set_var(variable, threads.to_string()) };
    }
    // LibTorch was loaded before this, and has read its variables.
    #[cfg(feature = "tch")]
    tch::set_num_threads(threads as i32);
}

/// The number of threads that is computed with on the CPU.
pub fn threads() -> usize {
    let set = std::env::var(THREAD_VARIABLES[0]);
    let set = set.ok().and_then(|threads| threads.parse().ok());
    set.filter(|&threads| threads > 0)
        .unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from))
}

/// A tensor's values, read from its device.
///
/// The same as [`Tensor::into_data`], but compiled here: where that is called on [`Infer`], all of wgpu's kernels are
/// compiled once more.
pub fn read<const D: usize>(tensor: Tensor<Infer, D>) -> TensorData {
    read_primitive(tensor.into_primitive())
}

#[inline(never)]
fn read_primitive(tensor: TensorPrimitive<Infer>) -> TensorData {
    // The values have the tensor's shape, whatever the type says.
    Tensor::<Infer, 1>::from_primitive(tensor).into_data()
}

/// [`read`] for whole numbers.
pub fn read_int<const D: usize>(tensor: Tensor<Infer, D, Int>) -> TensorData {
    read_int_primitive(tensor.into_primitive())
}

#[inline(never)]
fn read_int_primitive(tensor: IntTensor<Infer>) -> TensorData {
    Tensor::<Infer, 1, Int>::from_primitive(tensor).into_data()
}

/// Waits until everything sent to the device has been computed.
pub fn sync(device: &Device) {
    // A device that was lost says so at the next read, with its reason.
    let _ = Infer::sync(device);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backend_goes_by_its_aliases_and_any_case() {
        assert_eq!(find("tch").unwrap().id, "libtorch");
        assert_eq!(find("LibTorch").unwrap().id, "libtorch");
    }

    #[test]
    fn an_unknown_backend_names_the_nearest_first() {
        let error = find("libtroch").unwrap_err().to_string();
        assert!(error.contains("are auto, libtorch,"), "{error}");
    }

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
