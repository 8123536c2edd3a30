//! The jobs that child processes do, and the protocol between them and their parent.
//!
//! Work that a driver may crash, hang or starve of memory runs in a child process, so that it costs one result and
//! not the whole run. The parent starts the hidden command `zoo job` and writes one [`Job`] as JSON to its standard
//! input. The child writes JSON to its standard output, one object a line: any number of events, then the result.
//! An error is one sentence on standard error and a failing exit code, as with every command. Other lines are passed
//! over, since drivers print messages of their own.
//!
//! | job | events | result |
//! |---|---|---|
//! | [`Job::Probe`] | each [`DeviceInfo`](crate::backend::DeviceInfo) that computes | none |
//! | [`Job::Bench`] | none | [`Measured`](crate::bench::Measured) |
//! | [`Job::ParitySteps`] | none | none: the observation is too large for JSON and goes to a file |
//! | [`Job::Parity`] | none | a list of [`Row`](crate::parity::Row)s |
//! | [`Job::Tune`] | each [`Trial`](crate::tuning::Trial) | none |
//! | [`Job::Train`] | the metrics of each epoch, as text | none: they are in the run folder |
//!
//! The command line of the child sets its number of threads, and environment variables set all else that must be
//! known before anything computes, such as the folder for kernels.

use crate::architecture::Change;
use crate::child;
use crate::convolution::Conv;
use burn_zoo_models::{ConvShape, Fit, ImageShape, Precision, Recipe};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

/// One job of one child process.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Job {
    /// Open every device of a backend and compute on it.
    Probe {
        /// The backend.
        backend: String,
    },
    /// Measure the speed and memory of a model on a backend.
    Bench(BenchJob),
    /// Do the steps of a parity check on one backend.
    ParitySteps(ParityStepsJob),
    /// Check the parity of a model on several backends, each in a child process of its own.
    Parity(ParityJob),
    /// Measure convolutions by each algorithm on a device.
    Tune(TuneJob),
    /// Train a run, or resume it.
    Train(TrainJob),
}

/// A backend and one of its devices, by their names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The backend.
    pub backend: String,
    /// The backend's device.
    pub device: String,
}

/// Several devices that share each batch, as a [`TrainRequest`](crate::plan::TrainRequest) names them; none for one
/// device.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Sharing {
    /// The devices.
    pub devices: Vec<String>,
    /// The share of each.
    pub shares: Vec<f64>,
}

impl Sharing {
    /// Whether there is one device only.
    pub fn is_none(&self) -> bool {
        self.devices.is_empty()
    }
}

/// A data set by its name, with the settings that a folder of pictures needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatasetRequest {
    /// Its name in the zoo, or `folder:PATH`.
    pub name: String,
    /// For a folder, the shape of the images that its pictures become.
    pub image_shape: Option<ImageShape>,
    /// For a folder, how pictures become such images.
    pub fit: Option<Fit>,
    /// The folder with the files, if the user named one.
    pub data_dir: Option<PathBuf>,
    /// For a folder, whether pictures that cannot be read are left out.
    #[serde(default)]
    pub skip_unreadable: bool,
}

/// The job of measuring a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BenchJob {
    /// The model's name in the zoo.
    pub model: String,
    /// Where it computes.
    pub place: Place,
    /// Several devices instead, the first of which infers.
    #[serde(default, skip_serializing_if = "Sharing::is_none")]
    pub sharing: Sharing,
    /// The data set that determines the shape of the images and the number of classes.
    pub dataset: DatasetRequest,
    /// Images a step.
    pub batch_size: usize,
    /// How convolutions are computed.
    pub conv: Conv,
    /// The type of float of products in training.
    #[serde(default)]
    pub precision: Precision,
    /// Seconds for which training, inference and each layer are measured.
    pub seconds: f64,
    /// Measure the first training step alone.
    pub first_step_only: bool,
    /// Measure each layer by itself too.
    pub layers: bool,
    /// When the parent started the child: the first step's time counts from here.
    pub started: SystemTime,
}

/// The settings of a parity check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ParitySettings {
    /// The data set that the images are from.
    pub dataset: DatasetRequest,
    /// Changes of the models' own settings.
    #[serde(default)]
    pub set: Vec<Change>,
    /// How convolutions are computed.
    pub conv: Conv,
    /// Images a step.
    pub batch_size: usize,
    /// Steps of Adam.
    pub steps: usize,
    /// Random seed for the weights and the order of the images.
    pub seed: u64,
    /// The type of float of products.
    #[serde(default)]
    pub precision: Precision,
    /// Hold every device to the roundings of 32-bit floats, even one that multiplies in TF32.
    #[serde(default)]
    pub strict: bool,
}

/// The defaults of `zoo parity`.
impl Default for ParitySettings {
    fn default() -> Self {
        Self {
            dataset: DatasetRequest {
                name: "synthetic".into(),
                image_shape: None,
                fit: None,
                data_dir: None,
                skip_unreadable: false,
            },
            set: Vec::new(),
            conv: Conv::Auto,
            batch_size: 4,
            steps: 3,
            seed: 42,
            precision: Precision::F32,
            strict: false,
        }
    }
}

/// The job of doing the steps of a parity check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ParityStepsJob {
    /// The model's name in the zoo.
    pub model: String,
    /// Where it computes.
    pub place: Place,
    /// The settings of the check.
    pub settings: ParitySettings,
    /// The batch of the seed's order that the steps begin with, from 0.
    pub first_batch: usize,
    /// Adam's learning rate.
    pub learning_rate: f64,
    /// Compute without fused kernels, if the backend has both.
    pub unfused: bool,
    /// The file for the observation.
    pub file: PathBuf,
}

/// The job of a whole parity check of one model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ParityJob {
    /// The model's name in the zoo.
    pub model: String,
    /// Where it computes.
    pub places: Vec<Place>,
    /// The settings of the check.
    pub settings: ParitySettings,
    /// Seconds that one backend may take.
    pub timeout: u64,
}

/// The job of measuring convolutions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TuneJob {
    /// Where they are computed.
    pub place: Place,
    /// The layers, and whether each is a model's first, whose images need no gradient.
    pub layers: Vec<(ConvShape, bool)>,
    /// Images a batch.
    pub batch_size: usize,
}

/// The job of training a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrainJob {
    /// The run folder.
    pub run: PathBuf,
    /// Whether it holds a run already, which is resumed; only the place and the folder with the data set's files then
    /// count of what follows.
    pub resume: bool,
    /// The model's name in the zoo.
    pub model: String,
    /// Where it computes.
    pub place: Place,
    /// Several devices instead.
    #[serde(default, skip_serializing_if = "Sharing::is_none")]
    pub sharing: Sharing,
    /// The data set.
    pub dataset: DatasetRequest,
    /// The digest that the data set must have, if it is known.
    #[serde(default)]
    pub data_digest: Option<String>,
    /// Use only the first images of the training and of the test set.
    pub limit: Option<usize>,
    /// The recipe.
    pub recipe: Recipe,
    /// How convolutions are computed.
    pub conv: Conv,
    /// The random seed.
    pub seed: u64,
}

/// A line that a child writes.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Message<E, R> {
    Event(E),
    Result(R),
}

/// Why there is no result of a job. Each message is one sentence.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// The job is no JSON, for example because a path is no UTF-8.
    #[error("the job cannot be sent to a process: {0}")]
    NotSent(serde_json::Error),
    /// The child failed, crashed, hung or was stopped.
    #[error("the process {0}")]
    Process(String),
    /// The child ended without a failure, but without a result.
    #[error("the process ended without a result")]
    NoResult,
    /// The result is not of the kind that was expected, for example after the program was replaced.
    #[error("the result of the process cannot be read: {0}")]
    BadResult(serde_json::Error),
    /// A child cannot read its job.
    #[error("standard input holds no job for this program: {0}")]
    BadJob(serde_json::Error),
}

/// The command that does a job; `zoo` is the program's path. It computes with as many threads as this process, or with
/// the given number.
pub fn command(zoo: &Path, threads: Option<usize>) -> Command {
    let mut command = Command::new(zoo);
    if let Some(threads) = threads {
        command.args(["--threads", &threads.to_string()]);
    }
    command.arg("job");
    command
}

/// Has a child process do a job, within a time limit, and returns its result. When `stop` returns true, the child is
/// asked to stop.
///
/// # Errors
/// [`JobError`] with the reason.
pub fn ask<R: DeserializeOwned>(
    command: &mut Command,
    job: &Job,
    limit: Duration,
    stop: impl Fn() -> bool,
) -> Result<R, JobError> {
    watch(command, job, limit, |_: IgnoredAny| {}, stop)
}

/// As [`ask`], and passes each event on as soon as the child reports it.
///
/// # Errors
/// [`JobError`] with the reason.
pub fn watch<E: DeserializeOwned, R: DeserializeOwned>(
    command: &mut Command,
    job: &Job,
    limit: Duration,
    mut each: impl FnMut(E),
    stop: impl Fn() -> bool,
) -> Result<R, JobError> {
    let job = serde_json::to_string(job).map_err(JobError::NotSent)?;
    let mut result = None;
    let read = |line: &str| match serde_json::from_str(line) {
        Ok(Message::<Value, Value>::Event(event)) => {
            if let Ok(event) = serde_json::from_value(event) {
                each(event);
            }
        }
        Ok(Message::Result(value)) => result = Some(value),
        Err(_) => {}
    };
    let ended = child::watch(command, &job, limit, read, stop);
    if let Some(trouble) = ended.trouble {
        return Err(JobError::Process(trouble));
    }
    let result = result.ok_or(JobError::NoResult)?;
    serde_json::from_value(result).map_err(JobError::BadResult)
}

/// Reads the job of this process.
///
/// # Errors
/// [`JobError::BadJob`].
pub fn read(input: impl Read) -> Result<Job, JobError> {
    serde_json::from_reader(input).map_err(JobError::BadJob)
}

/// The line that reports an event.
pub fn event(event: &impl Serialize) -> String {
    line(&Message::<_, ()>::Event(event))
}

/// The line that reports the result.
pub fn result(result: &impl Serialize) -> String {
    line(&Message::<(), _>::Result(result))
}

fn line(message: &impl Serialize) -> String {
    let json = serde_json::to_string(message).expect("a message is valid JSON");
    format!("{json}\n")
}

#[cfg(test)]
mod tests;
