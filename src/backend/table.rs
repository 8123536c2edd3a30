//! The table of backends.

use super::BackendError;
use burn_zoo_models::nearest_first;
use serde::{Deserialize, Serialize};

/// One backend of the zoo.
#[derive(Debug)]
pub struct BackendSpec {
    /// Its name on the command line.
    pub id: &'static str,
    /// Other names that the command line takes.
    pub aliases: &'static [&'static str],
    /// A description in a few words.
    pub title: &'static str,
    /// Whether this program contains it.
    pub built_in: bool,
    /// How to build it in.
    pub how_to_build: &'static str,
    /// The requirements for having a device.
    pub needs: &'static str,
    /// The library of others that it cannot do without.
    pub foreign: Option<Library>,
    /// Its kinds of device, the best first.
    pub(super) kinds: &'static [DeviceKind],
}

/// A library that a backend loads, and that may be missing on a machine or be of the wrong version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Library {
    /// PyTorch's C++ library.
    LibTorch,
    /// The loader of Vulkan's drivers.
    Vulkan,
}

/// How exactly a device multiplies the 32-bit floats of matrices and convolutions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Arithmetic {
    /// As 32-bit floats.
    #[default]
    Float32,
    /// NVIDIA's TF32: factors are rounded to 11 significant bits, sums are 32-bit floats.
    Tf32,
    /// 16-bit floats, where they are asked for: factors and results have 11 significant bits.
    F16,
    /// 16-bit floats, where they are asked for: factors and results have 8 significant bits.
    Bf16,
}

impl Arithmetic {
    /// Whether it is as exact as 32-bit floats are.
    pub fn is_float32(&self) -> bool {
        *self == Self::Float32
    }

    /// Its name in a sentence.
    pub fn name(self) -> &'static str {
        match self {
            Self::Float32 => "float32",
            Self::Tf32 => "TF32",
            Self::F16 => "f16",
            Self::Bf16 => "bf16",
        }
    }
}

/// Devices of one name, distinguished by a number, or a single one.
#[derive(Debug)]
pub(super) struct DeviceKind {
    pub name: &'static str,
    pub numbered: bool,
    /// How good a choice it is for `auto`; higher is better.
    pub rank: u8,
    /// The least exact arithmetic that it may choose for 32-bit floats.
    pub arithmetic: Arithmetic,
}

const CPU: DeviceKind = DeviceKind {
    name: "cpu",
    numbered: false,
    rank: 3,
    arithmetic: Arithmetic::Float32,
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
            arithmetic: Arithmetic::Float32,
        }
    }

    /// NVIDIA's GPUs by a library that takes their tensor cores: CubeCL's accelerated products, and cuDNN's
    /// convolutions as PyTorch calls them by default.
    const fn with_tensor_cores(rank: u8) -> Self {
        Self {
            arithmetic: Arithmetic::Tf32,
            ..Self::gpu("cuda", rank)
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
            DeviceKind::with_tensor_cores(7),
            #[cfg(target_os = "macos")]
            DeviceKind {
                name: "mps",
                rank: 7,
                ..CPU
            },
            DeviceKind { rank: 4, ..CPU },
        ],
    },
    BackendSpec {
        id: "wgpu",
        aliases: &["webgpu"],
        title: "any vendor's GPU by Vulkan or, on a Mac, Metal, kernels in WGSL",
        built_in: cfg!(all(
            feature = "wgpu",
            not(feature = "vulkan"),
            not(feature = "metal")
        )),
        how_to_build: "build with `--features wgpu` (it is in the default build) and without `vulkan` and `metal`",
        needs: "a driver for Vulkan, or a Mac (on Debian without a GPU, mesa-vulkan-drivers has one that computes on the CPU)",
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
        kinds: &[DeviceKind::with_tensor_cores(10)],
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

/// A device that was opened and has computed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceInfo {
    /// Its name for `--device`.
    pub id: String,
    /// The hardware's or driver's own name.
    pub name: String,
    /// The driver and its version; empty where there is none, or it does not tell.
    #[serde(default)]
    pub driver: String,
    /// Whether it is a GPU driver that computes on the CPU.
    pub software: bool,
    /// A GPU's own memory in bytes, or that part of the machine's which it may well take; `None` where nothing tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<u64>,
}

impl DeviceInfo {
    /// Whether it is called so: by its name, or by its number alone.
    pub(super) fn goes_by(&self, name: &str) -> bool {
        self.id == name || self.id.ends_with(&format!(":{name}"))
    }
}

impl BackendSpec {
    /// Whether all its devices are this machine's CPU, which needs no probing.
    pub(super) fn only_cpu(&self) -> bool {
        matches!(self.kinds, [kind] if kind.name == CPU.name)
    }

    fn kind(&self, device: &DeviceInfo) -> Option<&DeviceKind> {
        let name = device.id.split(':').next().unwrap_or_default();
        self.kinds.iter().find(|kind| kind.name == name)
    }

    pub(super) fn rank(&self, device: &DeviceInfo) -> u8 {
        self.kind(device).map_or(0, |kind| kind.rank)
    }

    /// The least exact arithmetic that a device may choose for 32-bit floats.
    pub(super) fn arithmetic(&self, device: &DeviceInfo) -> Arithmetic {
        self.kind(device)
            .map_or_else(Arithmetic::default, |kind| kind.arithmetic)
    }
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
            let nearest = nearest_first(id, BACKENDS.iter().map(|spec| spec.id));
            BackendError::Unknown {
                id: id.into(),
                nearest,
            }
        })
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
    fn only_nvidias_gpus_by_cuda_may_multiply_in_tf32() {
        for spec in BACKENDS {
            for kind in spec.kinds {
                let info = DeviceInfo {
                    id: format!("{}:1", kind.name),
                    name: String::new(),
                    driver: String::new(),
                    software: false,
                    memory: None,
                };
                let by_cuda = kind.name == "cuda";
                assert_eq!(spec.arithmetic(&info) == Arithmetic::Tf32, by_cuda);
            }
        }
    }

    #[test]
    fn an_unknown_backend_names_the_nearest_first() {
        let error = find("libtroch").unwrap_err().to_string();
        assert!(error.contains("are auto, libtorch,"), "{error}");
    }
}
