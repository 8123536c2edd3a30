//! Why a training did not run or stopped.

use crate::data;
use crate::draw::DrawError;
use crate::exchange::ExchangeError;
use crate::ranks::RanksError;
use crate::run::RunError;
use crate::trained::TrainedError;
use crate::weights::WeightsError;
use std::path::PathBuf;

/// Why a training did not run or stopped. Each message is one sentence.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// A setting has a value that nothing can be trained with.
    #[error("{0}")]
    BadSetting(String),
    /// The loss or a weight became infinite or no number.
    #[error(
        "{figure} at epoch {epoch}, batch {batch}: the training has diverged, and a smaller ‘learning_rate’ than this usually helps"
    )]
    Diverged {
        /// The figure and its value: "the loss is NaN".
        figure: String,
        /// The epoch, from 1.
        epoch: usize,
        /// The batch, from 1.
        batch: usize,
    },
    /// One of several devices failed.
    #[error("{device} failed in epoch {epoch}, batch {batch}: {reason}")]
    Device {
        /// The device, and which of how many it is.
        device: String,
        /// The other devices, as ‘devices’ takes them.
        others: Vec<String>,
        /// What it said.
        reason: String,
        /// The epoch, from 1.
        epoch: usize,
        /// The batch, from 1.
        batch: usize,
    },
    /// One of several devices cannot do a training step.
    #[error("{device} cannot do a training step of the model: {reason}")]
    DeviceUnfit {
        /// The device.
        device: String,
        /// What it said.
        reason: String,
    },
    /// The ranks of the training cannot go on together.
    #[error(transparent)]
    Ranks(#[from] RanksError),
    /// The model's settings do not fit the data.
    #[error(transparent)]
    Model(#[from] burn_zoo_models::ModelError),
    /// The data cannot be read.
    #[error(transparent)]
    Data(#[from] data::DataError),
    /// The run folder cannot be read or written.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The weights to begin with cannot be had.
    #[error(transparent)]
    Origin(#[from] OriginError),
    /// A picture cannot be drawn.
    #[error(transparent)]
    Plot(#[from] DrawError),
}

/// Why weights cannot be begun with. Each message is one sentence.
#[derive(Debug, thiserror::Error)]
pub enum OriginError {
    /// The run, or the weights that come with the zoo, cannot be read.
    #[error(transparent)]
    Trained(#[from] TrainedError),
    /// The file cannot be read, or holds no weights of the model.
    #[error(transparent)]
    File(#[from] ExchangeError),
    /// The weights belong to another model, or to one for other images.
    #[error(
        "the weights of {} do not fit the model: {source}; all layers but the last must have the same shapes",
        path.display()
    )]
    DoesNotFit {
        /// The run or file.
        path: PathBuf,
        /// The tensors that do not fit.
        source: WeightsError,
    },
}
