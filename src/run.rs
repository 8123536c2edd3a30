//! The run folder: what was trained, how, what came of it, and what it takes to go on.
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
//! Every file is written beside its place and then renamed, and the checkpoint before all others:
//! whenever the program is killed, the folder resumes.

use crate::data;
use crate::pictures::Fit;
use crate::training::AdamSettings;
use crate::weights::{self, Metadata, Weights, WeightsError};
use burn::tensor::backend::Backend;
use burn_zoo_models::{
    Classifier, ClassifierConfig, ConvAlgorithm, Normalisation, PerChannel, Refinements, Schedule,
};
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

/// The version of the run folder's files that this program writes, and the newest it reads.
pub const FORMAT: u64 = 1;

/// The version of Burn that Cargo.toml pins.
pub const BURN: &str = "0.21.0";

/// The run's configuration.
pub const CONFIG: &str = "config.json";
/// The figures of every epoch.
pub const METRICS: &str = "metrics.csv";
/// The weights after the last epoch.
pub const WEIGHTS: &str = "weights.safetensors";
/// The weights after the best epoch.
pub const BEST: &str = "best.safetensors";
/// What it takes to go on.
pub const CHECKPOINT: &str = "checkpoint.safetensors";
const LOCK: &str = ".lock";
const TEMPORARY: &str = ".writing-";

/// Everything needed to repeat a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunConfig {
    /// The version of this file: [`FORMAT`].
    pub format: u64,
    /// The version of the zoo.
    pub zoo: String,
    /// The version of Burn.
    pub burn: String,
    /// The model's name in the zoo.
    pub model: String,
    /// The model's settings.
    pub architecture: ClassifierConfig,
    /// The data.
    pub dataset: DatasetConfig,
    /// Adam's settings.
    pub adam: AdamSettings,
    /// Images a step.
    pub batch_size: usize,
    /// Passes over the training set.
    pub num_epochs: usize,
    /// What the recipe has beyond the lecture's.
    #[serde(default, skip_serializing_if = "is_the_lectures")]
    pub refinements: Refinements,
    /// Of the initial weights, the order of the images, the validation split and synthetic data.
    pub seed: u64,
    /// The backend.
    pub backend: String,
    /// The backend's device.
    pub device: String,
    /// The hardware.
    pub hardware: String,
    /// SHA-256 of the initial weights' names, shapes and values: equal on every backend.
    pub initial_weights_sha256: String,
    /// The algorithm of each convolution; none are named where all are the backend's own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub convolutions: Vec<ConvAlgorithm>,
    /// The run, the weights of the zoo or the file that it began with, instead of weights drawn from the seed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub init_from: Option<PathBuf>,
    /// Whether all but the last layer was taken over from there, and that was drawn anew for other classes.
    #[serde(default, skip_serializing_if = "is_false")]
    pub new_head: bool,
    /// The modules that are not trained; "backbone" is all but the last layer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub freeze: Vec<String>,
    /// The learning rate of all but the last layer, where it has another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backbone_learning_rate: Option<f64>,
    /// The file that its weights are from: it was imported and not trained.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imported_from: Option<PathBuf>,
    /// Where it ran before it went on on another backend or device: "to epoch 3 on libtorch cpu".
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier: Vec<String>,
}

fn is_the_lectures(refinements: &Refinements) -> bool {
    *refinements == Refinements::NONE
}

fn is_false(value: &bool) -> bool {
    !value
}

/// The data of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatasetConfig {
    /// The data set's name in the zoo.
    pub id: String,
    /// Where it was found.
    pub origin: String,
    /// The classes, in order of their labels.
    pub classes: Vec<String>,
    /// How pictures become images.
    #[serde(default, skip_serializing_if = "Fit::is_pad")]
    pub fit: Fit,
    /// What is subtracted from pixels scaled to [0, 1].
    pub mean: PerChannel,
    /// What they are then divided by.
    pub std: PerChannel,
    /// Use only the first so many images of the training and of the test set.
    pub limit: Option<usize>,
    /// The share of the training set held out for validation.
    pub valid_fraction: f64,
    /// Images trained on.
    pub num_train: usize,
    /// Images held out.
    pub num_valid: usize,
    /// Images tested on.
    pub num_test: usize,
}

impl DatasetConfig {
    /// How pixels become the model's input.
    pub fn normalisation(&self) -> Normalisation {
        Normalisation::new(self.mean, self.std)
    }
}

/// The figures of one epoch and split.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MetricsRow {
    /// From 1.
    pub epoch: usize,
    /// `train`, `valid` or `test`.
    pub split: String,
    /// The mean cross-entropy over all its images, in nats.
    pub loss: f64,
    /// The share of its images classified rightly, 0 to 1.
    pub accuracy: f64,
    /// Images in a second.
    pub images_per_second: f64,
    /// Seconds for the split's pass.
    pub seconds: f64,
}

/// Why a run folder cannot be used. Each message is one sentence.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A file or folder cannot be read or written.
    #[error("cannot {action} {}: {}", path.display(), io_reason(source))]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// `--out` names a folder with something in it.
    #[error(
        "{path} is not empty, and a run never overwrites another: choose another --out, or go on with that run by --resume {path}",
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
        /// What is wrong with it.
        reason: String,
    },
    /// `metrics.csv` is not what it should be.
    #[error("{} is not a table of a run's figures: {reason}", path.display())]
    BadMetrics {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A weights file or checkpoint cannot be used.
    #[error("{} {source}{}", path.display(), cure(path, source))]
    Weights {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: WeightsError,
    },
    /// The run was imported, so there is no training to go on with or to repeat.
    #[error(
        "{path} was imported and not trained: to train on from its weights, zoo train {model} --init-from {path}",
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
        "{path} was stopped before its first checkpoint, so there is nothing to resume: start it anew with --config {path}/{CONFIG}",
        path = .0.display()
    )]
    NoCheckpoint(PathBuf),
}

/// Why the system refused to read or write, continuing "it cannot be read: …".
pub fn io_reason(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => "there is no such file or folder".into(),
        ErrorKind::PermissionDenied => "permission denied".into(),
        ErrorKind::StorageFull => {
            "the disk is full; what was there before is unharmed, so make room and resume".into()
        }
        ErrorKind::ReadOnlyFilesystem => "the file system is read-only".into(),
        ErrorKind::NotADirectory => "a part of the path is a file, not a folder".into(),
        _ => error.to_string(),
    }
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
        (Some(WEIGHTS), _) => "; best.safetensors may still be whole: try --weights best",
        _ => "",
    }
}

/// A run folder.
#[derive(Debug)]
pub struct RunDir {
    path: PathBuf,
    /// Held while training; the system lets go of it however the process ends.
    _lock: Option<File>,
}

impl RunDir {
    /// Makes the folder of a new run: `wanted`, which must be new or empty, or else `runs/NAME`
    /// with a number behind it where that is taken.
    ///
    /// # Errors
    /// [`RunError::NotEmpty`]; [`RunError::Io`] where it cannot be made or written to.
    pub fn create(wanted: Option<&Path>, name: &str) -> Result<Self, RunError> {
        let path = create_folder(wanted, Path::new("runs"), name)?;
        Self { path, _lock: None }.locked()
    }

    /// Opens the folder of a run to read from it.
    ///
    /// # Errors
    /// [`RunError::NotARun`].
    pub fn open(path: &Path) -> Result<Self, RunError> {
        if !path.join(CONFIG).is_file() {
            return Err(RunError::NotARun(path.into()));
        }
        Ok(Self {
            path: path.into(),
            _lock: None,
        })
    }

    /// Opens the folder of a run to train on.
    ///
    /// # Errors
    /// [`RunError::NotARun`]; [`RunError::InUse`]; [`RunError::Io`] where it cannot be written to.
    pub fn open_to_train(path: &Path) -> Result<Self, RunError> {
        let run = Self::open(path)?.locked()?;
        // What a killed process was writing.
        for entry in fs::read_dir(path).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().starts_with(TEMPORARY) {
                let _ = fs::remove_file(entry.path());
            }
        }
        Ok(run)
    }

    fn locked(self) -> Result<Self, RunError> {
        let _lock = lock(&self.path)?;
        Ok(Self { _lock, ..self })
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a file of the run: whole or not at all.
    ///
    /// # Errors
    /// [`RunError::Io`], for example when the disk is full.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<(), RunError> {
        let path = self.path.join(name);
        write_whole(&path, bytes).map_err(|error| io_error("write", &path, error))
    }

    fn read(&self, name: &str) -> Result<Vec<u8>, RunError> {
        let path = self.path.join(name);
        fs::read(&path).map_err(|error| io_error("read", &path, error))
    }

    /// Writes `config.json`.
    ///
    /// # Errors
    /// [`RunError::Io`].
    pub fn write_config(&self, config: &RunConfig) -> Result<(), RunError> {
        let mut json = serde_json::to_string_pretty(config).expect("a configuration is valid JSON");
        json.push('\n');
        self.write(CONFIG, json.as_bytes())
    }

    /// Reads `config.json`.
    ///
    /// # Errors
    /// As [`read_config`].
    pub fn config(&self) -> Result<RunConfig, RunError> {
        read_config(&self.path.join(CONFIG))
    }

    /// Writes `metrics.csv`.
    ///
    /// # Errors
    /// [`RunError::Io`].
    pub fn write_metrics(&self, rows: &[MetricsRow]) -> Result<(), RunError> {
        let mut csv = csv::Writer::from_writer(Vec::new());
        for row in rows {
            csv.serialize(row)
                .expect("a row has the same fields always");
        }
        let bytes = csv.into_inner().expect("memory can be written to");
        self.write(METRICS, &bytes)
    }

    /// Reads `metrics.csv`; nothing where the run has none yet.
    ///
    /// # Errors
    /// [`RunError::Io`]; [`RunError::BadMetrics`] where it is damaged.
    pub fn metrics(&self) -> Result<Vec<MetricsRow>, RunError> {
        if !self.has(METRICS) {
            return Ok(Vec::new());
        }
        let csv = self.read(METRICS)?;
        let rows = csv::Reader::from_reader(csv.as_slice()).into_deserialize();
        rows.collect::<Result<_, _>>()
            .map_err(|error| RunError::BadMetrics {
                path: self.path.join(METRICS),
                reason: error.to_string(),
            })
    }

    /// Writes weights or a checkpoint.
    ///
    /// # Errors
    /// [`RunError::Io`].
    pub fn write_weights(
        &self,
        name: &str,
        weights: &Weights,
        metadata: Metadata,
    ) -> Result<(), RunError> {
        self.write(name, &weights.to_safetensors(metadata))
    }

    /// A model with the weights of a file of the run, and the file's metadata.
    ///
    /// # Errors
    /// [`RunError::Io`]; [`RunError::Weights`] where the file is damaged or of another model.
    pub fn weigh<B: Backend>(
        &self,
        name: &str,
        model: Classifier<B>,
    ) -> Result<(Classifier<B>, Metadata), RunError> {
        let (weights, metadata) = self.read_weights(name)?;
        let model = weights.apply(model);
        let model = model.map_err(|source| self.weights_error(name, source))?;
        Ok((model, metadata))
    }

    /// Reads weights or a checkpoint, and its metadata.
    ///
    /// # Errors
    /// [`RunError::Io`]; [`RunError::Weights`] where the file is damaged.
    pub fn read_weights(&self, name: &str) -> Result<(Weights, Metadata), RunError> {
        let bytes = self.read(name)?;
        Weights::from_safetensors(&bytes).map_err(|source| self.weights_error(name, source))
    }

    /// Reads what a weights file or checkpoint says of itself, from its header alone: whether its values
    /// are those that were written is not asked, only whether they are all there.
    ///
    /// # Errors
    /// [`RunError::Io`]; [`RunError::Weights`] where the file is cut short or not one of the zoo's.
    pub fn read_metadata(&self, name: &str) -> Result<Metadata, RunError> {
        let path = self.path.join(name);
        let (header, num_bytes) =
            read_header(&path).map_err(|error| io_error("read", &path, error))?;
        weights::metadata_of(&header, num_bytes).map_err(|source| self.weights_error(name, source))
    }

    /// Whether a process trains in it now.
    pub fn is_in_use(&self) -> bool {
        let lock = File::open(self.path.join(LOCK));
        // Let go of at once: only a process that begins in this moment could be kept out by it.
        lock.is_ok_and(|lock| matches!(lock.try_lock_shared(), Err(fs::TryLockError::WouldBlock)))
    }

    /// Says of a weights file or checkpoint what is wrong with it.
    pub fn weights_error(&self, name: &str, source: WeightsError) -> RunError {
        let path = self.path.join(name);
        RunError::Weights { path, source }
    }

    /// Whether the run has such a file.
    pub fn has(&self, name: &str) -> bool {
        self.path.join(name).is_file()
    }
}

/// Writes a file whole or not at all.
pub fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut temporary = tempfile::Builder::new();
    temporary.prefix(TEMPORARY);
    // What is written is for all to read that the user lets, unlike most temporary files.
    #[cfg(unix)]
    temporary.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let folder = path.parent().filter(|folder| *folder != Path::new(""));
    let mut file = temporary.tempfile_in(folder.unwrap_or(Path::new(".")))?;
    file.write_all(bytes)?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// The header of a safetensors file, and the number of bytes that follow it.
fn read_header(path: &Path) -> io::Result<(Vec<u8>, u64)> {
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    let mut first = Vec::new();
    (&file).take(8).read_to_end(&mut first)?;
    let header_length = first.try_into().map_or(0, u64::from_le_bytes);
    let mut header = Vec::new();
    (&file).take(header_length).read_to_end(&mut header)?;
    Ok((
        header,
        length.saturating_sub(header_length.saturating_add(8)),
    ))
}

/// Reads a run's configuration.
///
/// # Errors
/// [`RunError::Newer`] where a newer zoo wrote it; [`RunError::BadConfig`]; [`RunError::Io`].
pub fn read_config(path: &Path) -> Result<RunConfig, RunError> {
    let bad = |error: serde_json::Error| RunError::BadConfig {
        path: path.into(),
        reason: error.to_string(),
    };
    let json = fs::read(path).map_err(|error| io_error("read", path, error))?;
    let value: serde_json::Value = serde_json::from_slice(&json).map_err(bad)?;
    // Asked before the rest is read: a newer version may have other fields.
    let found = value.get("format").and_then(serde_json::Value::as_u64);
    if let Some(found) = found.filter(|&found| found > FORMAT) {
        let path = path.into();
        return Err(RunError::Newer { path, found });
    }
    let config: RunConfig = serde_json::from_value(value).map_err(bad)?;
    config.check().map_err(|reason| RunError::BadConfig {
        path: path.into(),
        reason,
    })?;
    Ok(config)
}

impl RunConfig {
    /// The recipe in one line: "Adam at 1e-3 along a cosine, batches of 256, …".
    pub fn recipe_in_words(&self) -> String {
        let Refinements {
            schedule,
            weight_decay,
            label_smoothing,
            random_crop,
            flip,
            shift,
            cutout,
        } = self.refinements;
        let rate = self.adam.learning_rate;
        let mut words = vec![
            match schedule {
                Schedule::Constant => format!("Adam at {rate:e}"),
                Schedule::Cosine => format!("Adam at {rate:e} along a cosine"),
            },
            format!("batches of {}", self.batch_size),
            format!("{} epochs", self.num_epochs),
        ];
        if let Some(rate) = self.backbone_learning_rate {
            words.insert(1, format!("{rate:e} for the backbone"));
        }
        let mut add = |is_so: bool, what: String| {
            if is_so {
                words.push(what);
            }
        };
        add(weight_decay > 0.0, format!("weight decay {weight_decay}"));
        add(
            label_smoothing > 0.0,
            format!("label smoothing {label_smoothing}"),
        );
        add(
            random_crop > 0.0,
            format!("parts of at least {random_crop} cut out"),
        );
        add(flip, "mirrored".into());
        add(shift > 0, format!("moved by up to {shift}"));
        add(cutout > 0, format!("squares of {cutout} cut out"));
        words.join(", ")
    }

    /// Says what does not fit together in a file that someone may have edited.
    fn check(&self) -> Result<(), String> {
        let Self {
            architecture,
            dataset,
            ..
        } = self;
        let input = architecture.input();
        let classes = [architecture.num_classes(), dataset.classes.len()];
        if data::is_folder(&dataset.id) || dataset.id == data::UNKNOWN {
            // What the folder holds is asked when its pictures are: it may have moved.
            data::check_shape(input)?;
            if classes[0] != classes[1] {
                return Err(format!(
                    "its model tells {} classes apart, and it names {}",
                    classes[0], classes[1]
                ));
            }
        } else {
            let spec = data::find(&dataset.id).map_err(|error| error.to_string())?;
            if input != spec.shape {
                return Err(format!(
                    "its model takes images of {input}, and those of {} are {}",
                    spec.id, spec.shape
                ));
            }
            if classes != [spec.classes.len(); 2] {
                return Err(format!(
                    "its model tells {} classes apart, it names {}, and {} has {}",
                    classes[0],
                    classes[1],
                    spec.id,
                    spec.classes.len()
                ));
            }
        }
        dataset.normalisation().check(input.channels)
    }
}

/// Locks a folder against other processes for as long as the file is open; on a file system without locks
/// there is none.
pub(crate) fn lock(folder: &Path) -> Result<Option<File>, RunError> {
    let path = folder.join(LOCK);
    let lock = File::create(&path).map_err(|error| io_error("write", &path, error))?;
    match lock.try_lock() {
        Ok(()) => Ok(Some(lock)),
        Err(fs::TryLockError::WouldBlock) => Err(RunError::InUse(folder.into())),
        Err(fs::TryLockError::Error(_)) => Ok(None),
    }
}

/// Makes a folder: `wanted`, which must be new or empty, or else `PARENT/NAME` with a number behind it
/// where that is taken.
pub(crate) fn create_folder(
    wanted: Option<&Path>,
    parent: &Path,
    name: &str,
) -> Result<PathBuf, RunError> {
    let Some(path) = wanted else {
        return create_numbered(parent, name);
    };
    fs::create_dir_all(path).map_err(|error| io_error("create", path, error))?;
    let mut entries = fs::read_dir(path).map_err(|error| io_error("read", path, error))?;
    match entries.next() {
        Some(_) => Err(RunError::NotEmpty(path.into())),
        None => Ok(path.to_owned()),
    }
}

fn create_numbered(parent: &Path, name: &str) -> Result<PathBuf, RunError> {
    fs::create_dir_all(parent).map_err(|error| io_error("create", parent, error))?;
    for number in 1.. {
        let path = match number {
            1 => parent.join(name),
            _ => parent.join(format!("{name}-{number}")),
        };
        match fs::create_dir(&path) {
            Ok(()) => return Ok(path),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(io_error("create", &path, error)),
        }
    }
    unreachable!("numbers do not end")
}

pub(crate) fn io_error(action: &'static str, path: &Path, source: io::Error) -> RunError {
    RunError::Io {
        action,
        path: path.into(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_never_takes_a_folder_that_holds_something() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("thesis.tex"), "years of work").unwrap();
        let error = RunDir::create(Some(folder.path()), "x").unwrap_err();
        assert!(matches!(error, RunError::NotEmpty(_)), "{error}");
        let kept = fs::read_to_string(folder.path().join("thesis.tex")).unwrap();
        assert_eq!(kept, "years of work");
    }

    #[test]
    fn equal_names_are_numbered() {
        let folder = tempfile::tempdir().unwrap();
        for expected in ["run", "run-2", "run-3"] {
            let path = create_numbered(folder.path(), "run").unwrap();
            assert_eq!(path, folder.path().join(expected));
        }
    }

    #[test]
    fn a_folder_in_use_is_not_trained_in_twice() {
        let folder = tempfile::tempdir().unwrap();
        let run = RunDir::create(Some(&folder.path().join("run")), "x").unwrap();
        run.write(CONFIG, b"{}").unwrap();
        let error = RunDir::open_to_train(run.path()).unwrap_err();
        assert!(matches!(error, RunError::InUse(_)), "{error}");
        let path = run.path().to_owned();
        drop(run);
        RunDir::open_to_train(&path).unwrap();
    }

    #[test]
    fn what_a_killed_process_was_writing_is_swept_away() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(CONFIG), "{}").unwrap();
        fs::write(folder.path().join(".writing-x7"), "half a checkpoint").unwrap();
        RunDir::open_to_train(folder.path()).unwrap();
        assert!(!folder.path().join(".writing-x7").exists());
    }

    #[test]
    fn a_configuration_of_a_newer_version_says_so_whatever_else_it_holds() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(CONFIG);
        fs::write(&path, r#"{"format": 2, "quantum": true}"#).unwrap();
        let error = read_config(&path).unwrap_err().to_string();
        assert!(
            error.contains("is of version 2") && error.contains("newer zoo"),
            "{error}"
        );
    }
}
