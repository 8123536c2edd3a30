//! The folder of a comparison: the plan, the steps that are done, and the results.
//!
//! | file | what it holds |
//! |---|---|
//! | `plan.json` | the plan and the steps that are done: everything needed to resume |
//! | `compare.json` | the [`Comparison`] |
//! | `compare.csv` | one line for each model and backend, with the figures of the table |
//! | `report.html` | the report, once the comparison is finished |
//! | `runs/…` | the run folders, one for each model, backend and seed |
//!
//! The files are replaced after every step, each by one atomic rename, so that a comparison that was stopped in any way
//! resumes after the last finished step.

use super::plan::Plan;
use super::results::{Comparison, FORMAT};
use super::step::{Step, StepOutcome, StepResult};
use crate::bench::median;
use crate::convolution::in_words;
use crate::numbers::{self, cell, mean_and_deviation};
use crate::run::{self, RunError};
use crate::system::files;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// The file with the plan.
pub const PLAN: &str = "plan.json";
/// The file with all measurements.
pub const RESULTS: &str = "compare.json";
/// The file with the table.
pub const TABLE: &str = "compare.csv";
/// The file with the report.
pub const REPORT: &str = "report.html";
/// The folder with the kernels that GPU backends compiled, while the comparison is under way.
const KERNELS: &str = "kernels";

/// Why a comparison cannot be begun or resumed. Each message is one sentence.
#[derive(Debug, thiserror::Error)]
pub enum CompareError {
    /// The folder cannot be made, locked, read or written.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The folder holds no comparison.
    #[error("{} is not a comparison's folder: it has no {RESULTS}", .0.display())]
    NotAComparison(PathBuf),
    /// A file is damaged.
    #[error("{} cannot be read as a comparison: {reason}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The problem.
        reason: String,
    },
    /// A file is from a newer zoo.
    #[error("{} has version {found}, which this program does not know: use a newer zoo", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u64,
    },
}

/// The plan and the progress.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct State {
    format: u64,
    plan: Plan,
    done: Vec<Done>,
}

/// A finished step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Done {
    step: Step,
    trouble: Option<String>,
}

/// The folder of a comparison, locked against other processes.
#[derive(Debug)]
pub struct ComparisonDir {
    path: PathBuf,
    state: State,
    /// The results so far.
    pub comparison: Comparison,
    _lock: Option<File>,
}

impl ComparisonDir {
    /// Makes the folder: `wanted`, which must be new or empty, or by default a numbered one under `comparisons/`.
    ///
    /// # Errors
    /// [`CompareError::Run`] where it holds something or cannot be written to.
    pub fn create(
        wanted: Option<&Path>,
        name: &str,
        plan: Plan,
        comparison: Comparison,
    ) -> Result<Self, CompareError> {
        let path = run::create_folder(wanted, Path::new("comparisons"), name)?;
        let folder = Self {
            _lock: run::lock(&path)?,
            path,
            state: State {
                format: FORMAT,
                plan,
                done: Vec::new(),
            },
            comparison,
        };
        if let Err(error) = folder.write() {
            run::discard(&folder.path, &[PLAN, RESULTS, TABLE], wanted);
            return Err(error);
        }
        Ok(folder)
    }

    /// Opens the folder of a comparison to resume it; with `retry`, failed steps are tried again.
    ///
    /// # Errors
    /// [`CompareError::NotAComparison`]; [`CompareError::Damaged`]; [`CompareError::Run`] where another
    /// process uses it.
    pub fn open(path: &Path, retry: bool) -> Result<Self, CompareError> {
        let comparison = read(path)?;
        let mut state: State = read_json(&path.join(PLAN))?;
        if retry {
            state.done.retain(|done| done.trouble.is_none());
        }
        let mut folder = Self {
            _lock: run::lock(path)?,
            path: path.into(),
            state,
            comparison,
        };
        folder.list_troubles();
        Ok(folder)
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The plan.
    pub fn plan(&self) -> &Plan {
        &self.state.plan
    }

    /// Changes the time limit of the processes that are still to come.
    pub fn set_timeout(&mut self, seconds: u64) {
        self.state.plan.timeout = seconds;
    }

    /// The steps that are not done yet.
    pub fn left(&self) -> Vec<Step> {
        let mut steps = self.state.plan.steps();
        steps.retain(|step| self.state.done.iter().all(|done| done.step != *step));
        steps
    }

    /// The run folder of a training.
    pub fn run_path(&self, step: &Step, seed: u64) -> PathBuf {
        let name = format!("{}-{}-seed{seed}", step.model, step.backend);
        self.path.join("runs").join(name)
    }

    /// The folder for the kernels that parity checks compile.
    pub(super) fn parity_kernels_path(&self) -> PathBuf {
        self.path.join(KERNELS).join("parity")
    }

    /// The folder for the compiled kernels of a step's model and backend.
    pub fn kernels_path(&self, step: &Step) -> PathBuf {
        let name = format!("{}-{}", step.model, step.backend);
        self.path.join(KERNELS).join(name)
    }

    /// Records the outcome of a step in the folder.
    ///
    /// # Errors
    /// [`CompareError::Run`], for example where the disk is full.
    pub fn record(&mut self, step: Step, outcome: StepOutcome) -> Result<(), CompareError> {
        let rows = &mut self.comparison.rows;
        let row = rows
            .iter_mut()
            .find(|row| row.model == step.model && row.backend == step.backend);
        if let (Some(row), Some(result)) = (row, outcome.result) {
            match result {
                StepResult::Parity(parity) => row.parity = Some(parity),
                StepResult::FirstStep(seconds) => row.first_step_cold_s = Some(seconds),
                StepResult::Speed(measured) => {
                    row.first_step_cached_s = Some(measured.first_step_s);
                    row.train_step_s = measured.train_step_s;
                    row.infer_step_s = measured.infer_step_s;
                    row.peak_memory_bytes = measured.peak_memory_bytes;
                    row.gpu_memory_bytes = measured.gpu_memory_bytes;
                }
                StepResult::Training(run, images) => {
                    row.runs.retain(|other| other.seed != run.seed);
                    row.runs.push(run);
                    row.runs.sort_by_key(|run| run.seed);
                    if let Some([train, test]) = images {
                        self.comparison.num_train = train;
                        self.comparison.num_test = test;
                    }
                }
            }
        }
        self.state.done.push(Done {
            step,
            trouble: outcome.trouble,
        });
        self.list_troubles();
        self.write()
    }

    /// Lists the failures of its steps in each row.
    fn list_troubles(&mut self) {
        let Self {
            state, comparison, ..
        } = self;
        for row in &mut comparison.rows {
            let subject = state
                .plan
                .subjects
                .iter()
                .find(|s| s.backend == row.backend);
            row.troubles = subject
                .and_then(|subject| subject.trouble.clone())
                .into_iter()
                .collect();
            let of_row =
                |done: &&Done| (&done.step.model, &done.step.backend) == (&row.model, &row.backend);
            let troubles = state.done.iter().filter(of_row).filter_map(|done| {
                let trouble = done.trouble.as_ref()?;
                Some(format!("{}: {trouble}", done.step.part))
            });
            row.troubles.extend(troubles);
        }
    }

    /// Writes the report, given as HTML, and removes the compiled kernels.
    ///
    /// # Errors
    /// [`CompareError::Run`] where it cannot be written.
    pub fn finish(&self, html: &str) -> Result<(), CompareError> {
        self.write_file(REPORT, html.as_bytes())?;
        let _ = fs::remove_dir_all(self.path.join(KERNELS));
        Ok(())
    }

    fn write(&self) -> Result<(), CompareError> {
        // The results first: a step that is not marked as done is repeated, and its result replaced.
        self.write_json(RESULTS, &self.comparison)?;
        self.write_json(PLAN, &self.state)?;
        self.write_file(TABLE, &csv_of(&self.comparison))
    }

    fn write_json(&self, name: &str, value: &impl Serialize) -> Result<(), CompareError> {
        let mut json = serde_json::to_string_pretty(value).expect("a comparison is valid JSON");
        json.push('\n');
        self.write_file(name, json.as_bytes())
    }

    fn write_file(&self, name: &str, bytes: &[u8]) -> Result<(), CompareError> {
        let path = self.path.join(name);
        Ok(files::write_whole(&path, bytes).map_err(RunError::from)?)
    }
}

/// Reads the comparison in a folder.
///
/// # Errors
/// [`CompareError::NotAComparison`]; [`CompareError::Newer`]; [`CompareError::Damaged`].
pub fn read(folder: &Path) -> Result<Comparison, CompareError> {
    let path = folder.join(RESULTS);
    if !path.is_file() {
        return Err(CompareError::NotAComparison(folder.into()));
    }
    read_json(&path)
}

fn read_json<T: serde::Serialize + serde::de::DeserializeOwned>(
    path: &Path,
) -> Result<T, CompareError> {
    let damaged = |reason: String| CompareError::Damaged {
        path: path.into(),
        reason,
    };
    let json = files::read(path).map_err(RunError::from)?;
    let value: serde_json::Value =
        serde_json::from_slice(&json).map_err(|error| damaged(error.to_string()))?;
    let found = value.get("format").and_then(serde_json::Value::as_u64);
    if let Some(found) = found.filter(|&found| found > FORMAT) {
        let path = path.into();
        return Err(CompareError::Newer { path, found });
    }
    let read = serde_json::from_value(value.clone()).map_err(|error| damaged(error.to_string()))?;
    match numbers::too_large(&value, &read) {
        None => Ok(read),
        Some(number) => Err(damaged(format!("{number}, which is too large"))),
    }
}

/// One line of `compare.csv`. A figure that was not measured is empty.
#[derive(Serialize)]
struct Line<'a> {
    model: Cow<'a, str>,
    backend: Cow<'a, str>,
    device: Cow<'a, str>,
    hardware: Cow<'a, str>,
    convolutions: String,
    batch_size: usize,
    num_epochs: usize,
    first_step_cold_s: Option<f64>,
    first_step_cached_s: Option<f64>,
    train_images_per_second: Option<f64>,
    infer_images_per_second: Option<f64>,
    epoch_s: Option<f64>,
    peak_memory_bytes: Option<u64>,
    gpu_memory_bytes: Option<u64>,
    seeds: usize,
    accuracy_mean: Option<f64>,
    accuracy_sd: Option<f64>,
    parity_holds: Option<bool>,
    parity_gradient: Option<f64>,
    time_to_s: Option<f64>,
    trouble: String,
}

fn csv_of(comparison: &Comparison) -> Vec<u8> {
    let mut csv = csv::Writer::from_writer(Vec::new());
    for row in &comparison.rows {
        let middle = |values: Vec<f64>| (!values.is_empty()).then(|| median(&values));
        let accuracies = row.accuracies();
        let accuracy = mean_and_deviation(&accuracies);
        let line = Line {
            model: cell(&row.model),
            backend: cell(&row.backend),
            device: cell(&row.device),
            hardware: cell(&row.hardware),
            convolutions: in_words(&row.convolutions),
            batch_size: row.batch_size,
            num_epochs: row.num_epochs,
            first_step_cold_s: row.first_step_cold_s,
            first_step_cached_s: row.first_step_cached_s,
            train_images_per_second: middle(row.training()),
            infer_images_per_second: middle(row.inference()),
            epoch_s: row.epoch_s(),
            peak_memory_bytes: row.peak_memory_bytes,
            gpu_memory_bytes: row.gpu_memory_bytes,
            seeds: accuracies.len(),
            accuracy_mean: accuracy.map(|(mean, _)| mean),
            accuracy_sd: accuracy.and_then(|(_, deviation)| deviation),
            parity_holds: row.parity.as_ref().map(|parity| parity.holds),
            parity_gradient: row.parity.as_ref().map(|parity| parity.gradient),
            time_to_s: comparison
                .time_to
                .and_then(|accuracy| row.time_to(accuracy)),
            trouble: cell(&row.troubles.join("; ")).into_owned(),
        };
        csv.serialize(line).expect("memory can be written to");
    }
    csv.into_inner().expect("memory can be written to")
}
