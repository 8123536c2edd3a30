//! What is asked for, and what is known.

use crate::architecture::Change;
use crate::exchange::Naming;
use crate::pictures::Fit;
use burn_zoo_models::{ImageShape, Normalisation, PerChannel};
use std::path::PathBuf;

/// A file to import, and what is said of it.
#[derive(Debug, Clone, Default)]
pub struct ImportRequest {
    /// The file.
    pub file: PathBuf,
    /// The model's name in the zoo.
    pub model: String,
    /// Changes of the model's own settings.
    pub set: Vec<Change>,
    /// The data set that it was trained on: its name in the zoo, or `folder:PATH`.
    pub dataset: Option<String>,
    /// The folder with the data set's files.
    pub data_dir: Option<PathBuf>,
    /// The shape of the images, where no data set gives it.
    pub image_shape: Option<ImageShape>,
    /// How pictures become images, where no data set gives it.
    pub fit: Option<Fit>,
    /// A file with the names of the classes, where no data set gives them.
    pub classes: Option<PathBuf>,
    /// The mean of each channel, which was subtracted from pixels in [0, 1].
    pub mean: Option<PerChannel>,
    /// The standard deviation of each channel, by which they were then divided.
    pub std: Option<PerChannel>,
    /// How its tensors are found.
    pub naming: Naming,
    /// The run folder, new or empty; by default a new one under `runs/`.
    pub out: Option<PathBuf>,
    /// Whether bars on standard error show how far reading is.
    pub show_progress: bool,
}

/// What of a data set was not said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guess {
    /// Nothing.
    Nothing,
    /// Which it is: the number of classes and the shapes fit.
    Dataset,
    /// The names of its classes, which are numbered.
    Classes,
}

/// What is known of how images were normalised.
pub(super) struct Known {
    /// The mean and the standard deviation that the user gave.
    pub given: [Option<PerChannel>; 2],
    /// What the file says.
    pub file: Option<Normalisation>,
}
