//! The number of threads that compute on the CPU.

/// The variables by which the CPU backends and their libraries read the number of threads:
/// flex and ndarray (rayon), ndarray's matrix products, OpenBLAS, LibTorch's OpenMP and MKL.
const THREAD_VARIABLES: [&str; 5] = [
    "RAYON_NUM_THREADS",
    "MATMUL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
];

/// Has this process and its children compute with this many threads on the CPU. To be called before
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
