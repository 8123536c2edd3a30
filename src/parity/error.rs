//! The errors of parity checks.

use crate::architecture::ArchitectureError;
use crate::backend::BackendError;
use crate::data::DataError;
use crate::system::files::io_reason;
use crate::weights::WeightsError;
use burn_zoo_models::ModelError;
use burn_zoo_steps::ObserveError;

/// Why a parity check cannot be made. Each message is one sentence.
#[derive(Debug, thiserror::Error)]
pub enum ParityError {
    /// The batch size is 0.
    #[error("‘batch_size’ 0 holds no image: it must be at least 1")]
    EmptyBatch,
    /// Fewer than 2 steps.
    #[error(
        "‘steps’ {0} cannot show that each step continues from the one before: it must be at least 2"
    )]
    TooFewSteps(usize),
    /// The steps need more images than the data set has.
    #[error(
        "{steps} steps of {batch_size} images are more than the {available} images of {dataset}: make ‘steps’ or ‘batch_size’ smaller"
    )]
    TooFewImages {
        /// Steps of Adam.
        steps: usize,
        /// Images a step.
        batch_size: usize,
        /// Images in the training set.
        available: usize,
        /// The data set.
        dataset: String,
    },
    /// The model's settings do not fit the data.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The model cannot have settings of its own as asked for.
    #[error(transparent)]
    Architecture(#[from] ArchitectureError),
    /// The device does not multiply in floats of that type.
    #[error(transparent)]
    Backend(#[from] BackendError),
    /// Nor do the convolutions.
    #[error("{0}")]
    Conv(String),
    /// The data cannot be read.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The steps cannot be done.
    #[error(transparent)]
    Observe(#[from] ObserveError),
    /// Weights do not fit the model.
    #[error("the weights of the parity check: it {0}")]
    Weights(#[from] WeightsError),
    /// A file or folder for an observation cannot be written.
    #[error("the observations of the parity check cannot be stored: {}", io_reason(.0))]
    Store(#[from] std::io::Error),
}
