//! The folder of a run: its files by name, read and written whole.

use super::config::{RunConfig, read_config};
use super::names::{CONFIG, METRICS};
use super::{MetricsRow, RunError};
use crate::system::files::{self, Lock};
use crate::weights::{self, Metadata, Weights, WeightsError};
use burn::tensor::backend::Backend;
use burn_zoo_models::Classifier;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// The entry of a weights file's metadata that says which run it is of.
const RUN: &str = "run";

/// A run folder.
#[derive(Debug)]
pub struct RunDir {
    path: PathBuf,
    /// By which its files are known as its own, once it was asked for.
    identity: OnceLock<String>,
    /// Whether files are written.
    writes: bool,
    /// Held while training; the system lets go of it however the process ends.
    _lock: Option<File>,
}

impl RunDir {
    /// Makes the folder of a new run: `wanted`, which must be new or empty, or else `runs/NAME`
    /// with a number behind it where that is taken.
    ///
    /// # Errors
    /// [`RunError::NotEmpty`]; [`RunError::File`] where it cannot be made or written to.
    pub fn create(wanted: Option<&Path>, name: &str) -> Result<Self, RunError> {
        let path = create_folder(wanted, Path::new("runs"), name)?;
        let run = Self::at(path).locked()?;
        files::remove_unfinished(&run.path);
        Ok(run)
    }

    /// Takes back a run that could not be begun: its configuration, and, unless it is the user's own, its folder.
    pub fn discard(self, wanted: Option<&Path>) {
        discard(&self.path, &[CONFIG], wanted);
    }

    /// Opens the folder of a run to read from it.
    ///
    /// # Errors
    /// [`RunError::NotARun`].
    pub fn open(path: &Path) -> Result<Self, RunError> {
        if !path.join(CONFIG).is_file() {
            return Err(RunError::NotARun(path.into()));
        }
        Ok(Self::at(path.into()))
    }

    fn at(path: PathBuf) -> Self {
        Self {
            path,
            identity: OnceLock::new(),
            writes: true,
            _lock: None,
        }
    }

    /// Opens the folder of a run to train on.
    ///
    /// # Errors
    /// [`RunError::NotARun`]; [`RunError::InUse`]; [`RunError::File`] where it cannot be written to.
    pub fn open_to_train(path: &Path) -> Result<Self, RunError> {
        let run = Self::open(path)?.locked()?;
        files::remove_unfinished(path);
        Ok(run)
    }

    /// The folder as those ranks of a training have it that leave it to rank 0: nothing is written.
    pub fn of_first_rank(path: &Path) -> Self {
        Self {
            writes: false,
            ..Self::at(path.into())
        }
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
    /// [`RunError::File`], for example when the disk is full.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<(), RunError> {
        let path = self.path.join(name);
        match self.writes {
            true => Ok(files::write_whole(&path, bytes)?),
            false => Ok(()),
        }
    }

    /// Reads a file of the run as it is.
    ///
    /// # Errors
    /// [`RunError::File`].
    pub fn read(&self, name: &str) -> Result<Vec<u8>, RunError> {
        let path = self.path.join(name);
        Ok(files::read(&path)?)
    }

    /// Writes `config.json`.
    ///
    /// # Errors
    /// [`RunError::File`].
    pub fn write_config(&self, config: &RunConfig) -> Result<(), RunError> {
        // It fails where a path in it is not UTF-8.
        let json = serde_json::to_string_pretty(config);
        let json = json.map_err(|error| RunError::BadConfig {
            path: self.path.join(CONFIG),
            reason: error.to_string(),
        });
        let mut json = json?;
        json.push('\n');
        self.write(CONFIG, json.as_bytes())?;
        let _ = self.identity.set(config.identity());
        Ok(())
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
    /// [`RunError::File`].
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
    /// [`RunError::File`]; [`RunError::BadMetrics`] where it is damaged.
    pub fn metrics(&self) -> Result<Vec<MetricsRow>, RunError> {
        if !self.has(METRICS) {
            return Ok(Vec::new());
        }
        let csv = self.read(METRICS)?;
        let bad = |reason: String| RunError::BadMetrics {
            path: self.path.join(METRICS),
            reason,
        };
        if csv.is_empty() {
            return Err(bad("it is empty".into()));
        }
        let rows = csv::Reader::from_reader(csv.as_slice()).into_deserialize();
        rows.collect::<Result<_, _>>()
            .map_err(|error| bad(error.to_string()))
    }

    /// Writes weights or a checkpoint.
    ///
    /// # Errors
    /// [`RunError::File`]; as [`read_config`], since the file says which run it is of.
    pub fn write_weights(
        &self,
        name: &str,
        weights: &Weights,
        metadata: Metadata,
    ) -> Result<(), RunError> {
        let mut metadata = metadata;
        metadata.insert(RUN.into(), self.identity()?.to_owned());
        self.write(name, &weights.to_safetensors(metadata))
    }

    /// See [`RunConfig::identity`].
    fn identity(&self) -> Result<&str, RunError> {
        if self.identity.get().is_none() {
            let _ = self.identity.set(self.config()?.identity());
        }
        Ok(self.identity.get().expect("it was set"))
    }

    /// Checks that a file with such metadata is the run's own, which files of earlier versions do not say.
    fn check_identity(&self, name: &str, metadata: &mut Metadata) -> Result<(), RunError> {
        match metadata.remove(RUN) {
            Some(identity) if identity != self.identity()? => {
                Err(RunError::OfAnotherRun(self.path.join(name)))
            }
            _ => Ok(()),
        }
    }

    /// A model with the weights of a file of the run, and the file's metadata.
    ///
    /// # Errors
    /// [`RunError::File`]; [`RunError::Weights`] where the file is damaged or of another model.
    pub fn load_weights<B: Backend>(
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
    /// [`RunError::File`]; [`RunError::Weights`] where the file is damaged; [`RunError::OfAnotherRun`].
    pub fn read_weights(&self, name: &str) -> Result<(Weights, Metadata), RunError> {
        let bytes = self.read(name)?;
        let read = Weights::from_safetensors(&bytes);
        let (weights, mut metadata) = read.map_err(|source| self.weights_error(name, source))?;
        self.check_identity(name, &mut metadata)?;
        Ok((weights, metadata))
    }

    /// Reads what a weights file or checkpoint says of itself, from its header alone: whether its values
    /// are those that were written is not asked, only whether they are all there.
    ///
    /// # Errors
    /// [`RunError::File`]; [`RunError::Weights`] where the file is cut short or not one of the zoo's.
    pub fn read_metadata(&self, name: &str) -> Result<Metadata, RunError> {
        let path = self.path.join(name);
        let (header, num_bytes) = files::read_safetensors_header(&path)?;
        let metadata = weights::metadata_of(&header, num_bytes);
        let mut metadata = metadata.map_err(|source| self.weights_error(name, source))?;
        self.check_identity(name, &mut metadata)?;
        Ok(metadata)
    }

    /// Whether a process trains in it now.
    pub fn is_in_use(&self) -> bool {
        files::is_locked(&self.path)
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

/// Locks a folder against other processes for as long as the file is open; on a file system without locks
/// there is none.
pub(crate) fn lock(folder: &Path) -> Result<Option<File>, RunError> {
    match files::lock(folder)? {
        Lock::Held(lock) => Ok(lock),
        Lock::InUse => Err(RunError::InUse(folder.into())),
    }
}

/// Takes back the first files of a folder that could not be begun, which would be neither finished nor free for another
/// attempt, and, unless it is the user's own, the folder.
pub(crate) fn discard(folder: &Path, names: &[&str], wanted: Option<&Path>) {
    for name in names {
        let _ = std::fs::remove_file(folder.join(name));
    }
    if wanted.is_none() {
        files::remove_empty(folder);
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
        return Ok(files::create_numbered(parent, name)?);
    };
    match files::create_if_missing(path)? {
        true => Ok(path.into()),
        false => Err(RunError::NotEmpty(path.into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

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
}
