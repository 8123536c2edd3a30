//! The names of a run folder's files, and their version.

/// The version of the run folder's files that this program writes, and the newest it reads.
pub const FORMAT: u64 = 1;

/// The run's configuration.
pub const CONFIG: &str = "config.json";
/// The figures of every epoch.
pub const METRICS: &str = "metrics.csv";
/// The weights after the last epoch.
pub const WEIGHTS: &str = "weights.safetensors";
/// The weights after the best epoch.
pub const BEST: &str = "best.safetensors";
/// The state from which the run resumes.
pub const CHECKPOINT: &str = "checkpoint.safetensors";
