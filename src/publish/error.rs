//! Why weights cannot be published.

use crate::data::DataError;
use crate::run::RunError;
use crate::system::files::FileError;
use burn_zoo_models::ModelError;
use std::path::PathBuf;

/// Why weights cannot be published. Each message is one sentence.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// A run's folder cannot be read.
    #[error(transparent)]
    Run(#[from] RunError),
    /// A run's settings make no model.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The data set cannot be read.
    #[error(transparent)]
    Data(#[from] DataError),
    /// A run is not one whose weights are worth their name.
    #[error("the weights of {} are not published: {reason}", run.display())]
    Unfit {
        /// The run.
        run: PathBuf,
        /// The reason.
        reason: String,
    },
    /// A file cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// A file in `models/weights` is not one that was written by `zoo publish`.
    #[error("{} is no file of published weights: {reason}", path.display())]
    BadFile {
        /// The file.
        path: PathBuf,
        /// The problem.
        reason: String,
    },
    /// A file that follows from the weights is not as it would be made now.
    #[error("{} is not what `zoo publish` makes of models/weights: run it and commit the result", .0.display())]
    Stale(PathBuf),
}
