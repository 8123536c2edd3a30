use crate::architecture::ArchitectureError;
use crate::data::DataError;
use crate::exchange::ExchangeError;
use crate::run::RunError;
use burn_zoo_models::{ImageShape, ModelError};
use std::path::PathBuf;

/// Why a file cannot be imported. Each message is one sentence.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// There is no such model, or it takes no such images.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The model cannot have such settings.
    #[error(transparent)]
    Architecture(#[from] ArchitectureError),
    /// The file's name cannot be recorded.
    #[error(
        "{} is not UTF-8, in which the run's configuration is written: give the file another name",
        .0.display()
    )]
    Name(PathBuf),
    /// The file cannot be read, or does not hold the model's weights.
    #[error(transparent)]
    Exchange(#[from] ExchangeError),
    /// The same, where the shape of the images was not said.
    #[error("{source}; if the images have another shape than {usual}, give it by ‘image_shape’")]
    PerhapsOtherImages {
        /// What does not fit.
        source: ExchangeError,
        /// The shape that was taken for granted.
        usual: ImageShape,
    },
    /// The data set is not known, or cannot be read.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The run folder cannot be written.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The file's model tells other classes apart than the data set has.
    #[error(
        "{} has {found} classes, and {dataset} has {expected}: leave ‘dataset’ out and name the classes by ‘classes’, or fine-tune on {dataset} with zoo train --init-from {}",
        file.display(), file.display()
    )]
    OtherClasses {
        /// The file.
        file: PathBuf,
        /// Its classes.
        found: usize,
        /// The data set.
        dataset: String,
        /// The data set's classes.
        expected: usize,
    },
    /// There are more or fewer names than classes.
    #[error(
        "{} names {found} classes, and {} has {expected}: give as many names",
        names.display(), file.display()
    )]
    OtherNames {
        /// The file of names.
        names: PathBuf,
        /// How many it has.
        found: usize,
        /// The file of weights.
        file: PathBuf,
        /// Its classes.
        expected: usize,
    },
    /// The images cannot be normalised so.
    #[error("‘mean’ and ‘std’: {0}")]
    Normalisation(String),
    /// The model cannot be measured on the data set.
    #[error(transparent)]
    Trained(#[from] crate::trained::TrainedError),
    /// There is no device to measure on.
    #[error(transparent)]
    Backend(#[from] crate::backend::BackendError),
}
