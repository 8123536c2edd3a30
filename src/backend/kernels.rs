//! Where the kernels of GPU backends are kept.

use std::path::PathBuf;

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
