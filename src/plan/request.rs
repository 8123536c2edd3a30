//! Trainings as a caller wants them: unset settings follow from an earlier run, or else from the model and its data.

use crate::architecture::Change;
use crate::convolution::Conv;
use crate::data::CacheSize;
use crate::pictures::Fit;
use crate::run::RunConfig;
use burn_zoo_models::{ImageShape, PerChannel, Recipe};
use std::path::PathBuf;
use std::time::Duration;

/// A new training. What is `None` is as in the earlier run, or else as the model's recipe has it.
#[derive(Debug, Clone, Default)]
pub struct TrainRequest {
    /// The run whose settings count where none are named here: its configuration repeats it.
    pub earlier: Option<RunConfig>,
    /// The model's name in the zoo; by default `mlp-relu`.
    pub model: Option<String>,
    /// Changes of the model's own settings: of what they are in the earlier run or the weights to begin with, or else
    /// in the zoo.
    pub set: Vec<Change>,
    /// The data set: its name in the zoo, or `folder:PATH`; by default `fashion-mnist`.
    pub dataset: Option<String>,
    /// The shape of the images that pictures of a folder become.
    pub image_shape: Option<ImageShape>,
    /// How pictures of a folder become images.
    pub fit: Option<Fit>,
    /// The mean of each channel, subtracted from pixels in [0, 1].
    pub mean: Option<PerChannel>,
    /// The standard deviation of each channel, by which they are then divided.
    pub std: Option<PerChannel>,
    /// A run, weights of the zoo or a file, whose weights it begins with instead of drawn ones.
    pub init_from: Option<PathBuf>,
    /// The modules that are not trained; an empty list trains all.
    pub freeze: Option<Vec<String>>,
    /// The learning rate of all but the last layer.
    pub backbone_learning_rate: Option<f64>,
    /// The recipe, whole: by default the earlier run's, or else the model's own.
    pub recipe: Option<Recipe>,
    /// The seed of weights, order of images and augmentation; by default 42.
    pub seed: Option<u64>,
    /// Use only the first images of the training and of the test set.
    pub limit: Option<usize>,
    /// The share of the training set held out for validation; by default none.
    pub valid_fraction: Option<f64>,
    /// Leave out the pictures of a folder that cannot be read.
    pub skip_unreadable: bool,
    /// The digest that the data set must have, if it is known.
    pub data_digest: Option<String>,
    /// The backend's name, or `auto`, the default: the fastest with a device here.
    pub backend: Option<String>,
    /// The backend's device, by its name in `zoo backends`.
    pub device: Option<String>,
    /// Several devices that share each batch, the first of which steps the optimizer: devices of the backend, or with
    /// their backends, `flex:cpu`. Empty for one device, or for those of the earlier run.
    pub devices: Vec<String>,
    /// The share of each batch that each of them computes; by default equal shares where the devices are alike, and
    /// measured ones where they are not.
    pub shares: Vec<f64>,
    /// This process's number and the number of processes, where several share each batch: see
    /// [`begin_with`](super::begin_with).
    pub rank: Option<(usize, usize)>,
    /// How convolutions are computed; by default the fastest measured.
    pub conv: Option<Conv>,
    /// How long convolutions may be measured on a device that nobody has measured, which needs the program `zoo`; by
    /// default not at all.
    pub tune: Duration,
    /// The run folder, new or empty; by default a new one under `runs/`.
    pub out: Option<PathBuf>,
    /// How files are found and read.
    pub files: Files,
}

/// A run to go on with, and the few settings that may change.
#[derive(Debug, Clone, Default)]
pub struct ResumeRequest {
    /// The run folder.
    pub run: PathBuf,
    /// The model that the caller takes it for, if any.
    pub model: Option<String>,
    /// Train for this many epochs in all.
    pub num_epochs: Option<usize>,
    /// The modules that are not trained from here on; an empty list trains all.
    pub freeze: Option<Vec<String>>,
    /// Another backend.
    pub backend: Option<String>,
    /// Another device.
    pub device: Option<String>,
    /// Other devices that share each batch, as in a [`TrainRequest`]; empty for those that the run had.
    pub devices: Vec<String>,
    /// Other shares.
    pub shares: Vec<f64>,
    /// This process's number and the number of processes, where several share each batch: see
    /// [`resume_with`](super::resume_with).
    pub rank: Option<(usize, usize)>,
    /// Other algorithms for convolutions.
    pub conv: Option<Conv>,
    /// As [`TrainRequest::tune`].
    pub tune: Duration,
    /// How files are found and read.
    pub files: Files,
}

/// Where files are, and how they are read: nothing that changes what is computed.
#[derive(Debug, Clone, Default)]
pub struct Files {
    /// The folder with the data set's files.
    pub data_dir: Option<PathBuf>,
    /// The memory that pictures of a folder may take.
    pub cache: CacheSize,
    /// Whether bars on standard error show how far reading is.
    pub show_progress: bool,
    /// The program `zoo`, in processes of which GPU drivers are opened first, as they may crash or hang. Without it
    /// they are opened in this process.
    pub zoo: Option<PathBuf>,
}
