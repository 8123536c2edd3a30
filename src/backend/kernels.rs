//! The kernels of GPU backends: where they are kept, and how many were compiled.

use log::{Level, Record};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

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
pub(super) fn keep_kernels() {
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

/// What CubeCL has done for GPU backends in this process so far, as far as it tells: on AMD's ROCm it tells of tuning alone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct KernelWork {
    /// Kernels that were compiled, not read from a cache.
    pub compiled: usize,
    /// Operations whose fastest kernel was found by trying.
    pub tuned: usize,
}

static COMPILED: AtomicUsize = AtomicUsize::new(0);
static TUNED: AtomicUsize = AtomicUsize::new(0);

/// Counts what a record of CubeCL's log tells of. A program that wants [`kernel_work`] hands it all records down to
/// [`Level::Trace`].
pub fn count_kernels(record: &Record<'_>) {
    let (target, level) = (record.target(), record.level());
    let (counter, words) = match (target, level) {
        ("cubecl_wgpu::backend::base", Level::Trace) => (&COMPILED, "[cubecl-wgpu] compiling"),
        ("cubecl_wgpu::backend::vulkan", Level::Debug) => (&COMPILED, "Compiling "),
        ("cubecl_cuda::compute::context", Level::Trace) => (&COMPILED, "Compiling kernel"),
        ("cubecl_runtime::tune::tuner", Level::Info) => (&TUNED, "Tuning "),
        _ => return,
    };
    if record.args().to_string().starts_with(words) {
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

/// What CubeCL has done so far, where [`count_kernels`] gets its records.
pub fn kernel_work() -> KernelWork {
    KernelWork {
        compiled: COMPILED.load(Ordering::Relaxed),
        tuned: TUNED.load(Ordering::Relaxed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cubecl_compiles_and_tunes_is_counted_by_its_log() {
        let tell = |target: &str, level: Level, words: &str| {
            count_kernels(
                &Record::builder()
                    .target(target)
                    .level(level)
                    .args(format_args!("{words}"))
                    .build(),
            );
        };
        let wgsl = "[cubecl-wgpu] compiling WGSL module `matmul`\n@compute";
        tell("cubecl_wgpu::backend::base", Level::Trace, wgsl);
        tell(
            "cubecl_wgpu::backend::base",
            Level::Trace,
            "Using SPIR-V cache",
        );
        tell(
            "cubecl_wgpu::backend::vulkan",
            Level::Debug,
            "Compiling matmul",
        );
        tell(
            "cubecl_cuda::compute::context",
            Level::Trace,
            "Compiling kernel",
        );
        tell(
            "cubecl_cuda::compute::context",
            Level::Trace,
            "Using PTX cache",
        );
        tell(
            "cubecl_runtime::tune::tuner",
            Level::Info,
            "Tuning matmul-m16",
        );
        tell(
            "wgpu_core::device::global",
            Level::Trace,
            "Compiling kernel",
        );
        let told = KernelWork {
            compiled: 3,
            tuned: 1,
        };
        assert_eq!(kernel_work(), told);
    }
}
