//! Why a run folder cannot be used.

use super::names::{CHECKPOINT, CONFIG, FORMAT, WEIGHTS};
use crate::system::files::FileError;
use crate::weights::WeightsError;
use std::path::{Path, PathBuf};

/// Why a run folder cannot be used. Each message is one sentence.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A file or folder cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// `--out` names a folder with something in it.
    #[error(
        "{path} is not empty, and a run never overwrites another: choose another ‘out’, or go on with that run by ‘resume’ {path}",
        path = .0.display()
    )]
    NotEmpty(PathBuf),
    /// The folder has no `config.json`.
    #[error("{} is not a run folder: it has no {CONFIG}", .0.display())]
    NotARun(PathBuf),
    /// Another process trains in the folder.
    #[error("another process is at work in {}: wait until it has ended", .0.display())]
    InUse(PathBuf),
    /// `config.json` is from a newer zoo.
    #[error(
        "{} is of version {found}, and this zoo reads versions up to {FORMAT}: use a newer zoo",
        path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u64,
    },
    /// `config.json` is not what it should be.
    #[error("{} is not a run's configuration: {reason}", path.display())]
    BadConfig {
        /// The file.
        path: PathBuf,
        /// The problem.
        reason: String,
    },
    /// `metrics.csv` is not what it should be.
    #[error(
        "{} is not a table of a run's figures: {reason}; where the run has a checkpoint, resuming it writes the table anew",
        path.display()
    )]
    BadMetrics {
        /// The file.
        path: PathBuf,
        /// The problem.
        reason: String,
    },
    /// A weights file or checkpoint cannot be used.
    #[error("{} {source}{}", path.display(), cure(path, source))]
    Weights {
        /// The file.
        path: PathBuf,
        /// The problem.
        source: WeightsError,
    },
    /// The file is of a run with other settings.
    #[error(
        "{} does not fit the {CONFIG} beside it: one of the two is from another run or was changed, so put back the file that belongs to this one",
        .0.display()
    )]
    OfAnotherRun(PathBuf),
    /// The run was imported, so there is no training to go on with or to repeat.
    #[error(
        "{path} was imported and not trained: to train {model} on from its weights, begin a run with ‘init_from’ {path}",
        path = path.display()
    )]
    Imported {
        /// The run.
        path: PathBuf,
        /// Its model.
        model: String,
    },
    /// The run has not come as far as its first checkpoint.
    #[error(
        "{path} was stopped before its first checkpoint, so there is nothing to resume: start it anew with ‘config’ {path}/{CONFIG}",
        path = .0.display()
    )]
    NoCheckpoint(PathBuf),
}

fn cure(path: &Path, source: &WeightsError) -> &'static str {
    let name = path.file_name().and_then(|name| name.to_str());
    match (name, source) {
        (Some(CHECKPOINT), _) => {
            "; the run cannot be resumed, but its weights.safetensors can still be evaluated"
        }
        (Some(WEIGHTS), WeightsError::DoesNotFit(_)) => {
            "; weights are for a model of the same layers, images and number of classes"
        }
        (Some(WEIGHTS), _) => "; best.safetensors may still be whole: try ‘weights’ best",
        _ => "",
    }
}
