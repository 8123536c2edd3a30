//! The run folder: the settings of a training, its figures and weights, and all that it takes to resume.
//!
//! | file | what it holds |
//! |---|---|
//! | `config.json` | everything needed to repeat the run: [`RunConfig`] |
//! | `metrics.csv` | one [`MetricsRow`] an epoch and split |
//! | `curves.svg`, `curves.png` | loss and accuracy by epoch |
//! | `weights.safetensors` | the weights after the last epoch |
//! | `best.safetensors` | the weights after the best epoch |
//! | `events.out.tfevents.*` | the figures for TensorBoard, where they are asked for |
//! | `checkpoint.safetensors` | weights, Adam's moments, and where in the run they are from |
//!
//! Every file is written beside its place, synchronised and then renamed, and the checkpoint before all others:
//! whenever the program is killed or the machine loses power, the folder resumes. Weights and checkpoint say
//! which run they are of.

mod config;
mod error;
mod folder;
mod metrics;
mod names;

pub use crate::BURN;
pub use burn_zoo_steps::AdamSettings;
pub use config::{DatasetConfig, DeviceConfig, RunConfig, read_config};
pub use error::RunError;
pub use folder::RunDir;
pub(crate) use folder::{create_folder, discard, lock};
pub use metrics::MetricsRow;
pub use names::{BEST, CHECKPOINT, CONFIG, FORMAT, METRICS, WEIGHTS};
