//! The run folders that lie under a folder, and how each of them stands.
//!
//! No weights are read, so that a hundred runs are listed in an instant: a file that is cut short is
//! noticed here, one whose values have changed when it is used.

use crate::data::Split;
use crate::run::{
    BEST, CHECKPOINT, CONFIG, METRICS, MetricsRow, RunConfig, RunDir, RunError, WEIGHTS,
};
use crate::system::files::{FileError, as_text};
use crate::training::Position;
use serde::{Serialize, Serializer};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// How deep below the folder runs are looked for: a comparison's are two folders down.
const DEPTH: usize = 4;

/// A run folder.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Listed {
    /// Its path below the folder that was looked into.
    pub name: String,
    /// Its path.
    #[serde(serialize_with = "as_text")]
    pub path: PathBuf,
    /// How it stands.
    pub state: State,
    /// The damage, as a sentence; `None` if it is not damaged.
    pub trouble: Option<String>,
    /// Its settings; `None` where they cannot be read.
    pub config: Option<RunConfig>,
    /// Epochs trained.
    pub num_epochs_done: usize,
    /// Of the test set, 0 to 1, after the last epoch.
    pub last_accuracy: Option<f64>,
    /// The highest of the test set, 0 to 1, after any epoch.
    pub best_accuracy: Option<f64>,
    /// Seconds of training, without the evaluations.
    pub train_seconds: f64,
    /// When one of its files was last written, in UTC.
    #[serde(serialize_with = "in_utc")]
    pub written: Option<SystemTime>,
}

/// How a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// All its epochs are done.
    Finished,
    /// Some are not: `zoo train --resume` goes on with it.
    Interrupted,
    /// A process trains in it now.
    Training,
    /// It was not trained here.
    Imported,
    /// Files are missing, or are not what they should be.
    Damaged,
}

/// The runs under a folder, itself included, in order of their paths. A folder that is no run is looked
/// into; links are followed, but none is gone round in a circle.
///
/// # Errors
/// [`RunError::File`] where the folder itself cannot be read.
pub fn list(folder: &Path) -> Result<Vec<Listed>, RunError> {
    fs::read_dir(folder).map_err(|error| FileError::new("read", folder, error))?;
    let mut runs = Vec::new();
    look_into(folder, DEPTH, &mut BTreeSet::new(), &mut runs);
    let name = |path: &Path| match path.strip_prefix(folder) {
        Ok(below) if below != Path::new("") => below.display().to_string(),
        _ => path.display().to_string(),
    };
    Ok(runs
        .into_iter()
        .map(|path| Listed::read(name(&path), path))
        .collect())
}

fn look_into(folder: &Path, depth: usize, seen: &mut BTreeSet<PathBuf>, runs: &mut Vec<PathBuf>) {
    let is_new = fs::canonicalize(folder).is_ok_and(|path| seen.insert(path));
    if !is_new {
        return;
    }
    if is_run(folder) {
        runs.push(folder.into());
        return;
    }
    if depth == 0 {
        return;
    }
    // One that may not be read holds nothing that could be told of.
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let hidden = |path: &Path| {
        let name = path.file_name().unwrap_or_default();
        name.to_string_lossy().starts_with('.')
    };
    let mut folders: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|path| path.is_dir() && !hidden(path))
        .collect();
    folders.sort();
    for folder in folders {
        look_into(&folder, depth - 1, seen, runs);
    }
}

/// Other programs have a `config.json` too: ours can be read, or has a run's other files beside it.
fn is_run(folder: &Path) -> bool {
    let run = |name: &&str| folder.join(name).is_file();
    let others = [CHECKPOINT, METRICS].iter().any(run);
    match folder.join(CONFIG).is_file() {
        true => others || crate::run::read_config(&folder.join(CONFIG)).is_ok(),
        false => run(&CHECKPOINT),
    }
}

impl Listed {
    fn read(name: String, path: PathBuf) -> Self {
        let mut listed = Self {
            written: last_written(&path),
            name,
            path,
            state: State::Damaged,
            trouble: None,
            config: None,
            num_epochs_done: 0,
            last_accuracy: None,
            best_accuracy: None,
            train_seconds: 0.0,
        };
        match listed.look() {
            Ok(state) => listed.state = state,
            Err(error) => listed.trouble = Some(error.to_string()),
        }
        listed
    }

    /// Reads what there is, up to the first thing that is wrong.
    fn look(&mut self) -> Result<State, RunError> {
        let run = RunDir::open(&self.path)?;
        let config = &*self.config.insert(run.config()?);
        let (num_epochs, imported) = (config.num_epochs, config.imported_from.is_some());
        // As the checkpoint is written first, it may be an epoch ahead of the other files.
        let resumes = run.has(CHECKPOINT);
        let rows = match resumes {
            true => match Position::of(&run) {
                Ok(position) => position.rows,
                Err(error) => {
                    self.take_figures(&run.metrics().unwrap_or_default());
                    return Err(error);
                }
            },
            false => run.metrics()?,
        };
        self.take_figures(&rows);
        let done = self.num_epochs_done;
        let has_weights = run.has(WEIGHTS);
        if has_weights || (!resumes && (imported || done > 0)) {
            run.read_metadata(WEIGHTS)?;
        }
        if run.has(BEST) {
            run.read_metadata(BEST)?;
        }
        Ok(match () {
            () if run.is_in_use() => State::Training,
            () if imported => State::Imported,
            () if has_weights && done >= num_epochs => State::Finished,
            () => State::Interrupted,
        })
    }

    fn take_figures(&mut self, rows: &[MetricsRow]) {
        let test = rows.iter().filter(|row| row.split == Split::Test);
        let accuracies: Vec<f64> = test.map(|row| row.accuracy).collect();
        self.last_accuracy = accuracies.last().copied();
        self.best_accuracy = accuracies.into_iter().max_by(f64::total_cmp);
        self.num_epochs_done = rows.iter().map(|row| row.epoch).max().unwrap_or(0);
        let train = rows.iter().filter(|row| row.split == Split::Train);
        self.train_seconds = train.map(|row| row.seconds).sum();
    }
}

fn last_written(run: &Path) -> Option<SystemTime> {
    let files = [CONFIG, METRICS, WEIGHTS, BEST, CHECKPOINT].into_iter();
    let times = files.filter_map(|name| fs::metadata(run.join(name)).ok()?.modified().ok());
    times.max()
}

/// "2026-11-28T09:41:07Z".
fn in_utc<S: Serializer>(time: &Option<SystemTime>, serializer: S) -> Result<S::Ok, S::Error> {
    let time = time.and_then(|time| jiff::Timestamp::try_from(time).ok());
    let text = time.map(|time| time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
    text.serialize(serializer)
}
