//! A parity check of a model on several backends: the reference in this process, and each backend's steps in a child
//! process, so that a backend that crashes or hangs costs one row and not the run.

use super::error::ParityError;
use super::reference::Reference;
use super::report::Row;
use super::task::{Start, observe, task};
use super::verdict::{self, Verdict};
use crate::architecture::changed;
use crate::backend::{self, Arithmetic, Selected};
use crate::convolution::Purpose;
use crate::data::{DatasetSpec, LoadOptions};
use crate::jobs::{self, Job, ParitySettings, ParityStepsJob};
use crate::summary::graph;
use burn_zoo_models::{ClassifierConfig, ConvAlgorithm, ModelSpec, Precision};
use burn_zoo_steps::{Observation, Task};
use std::fs;
use std::path::Path;
use std::time::Duration;

/// How models are checked.
#[derive(Debug, Clone, Copy)]
pub struct ParityCheck<'a> {
    /// The settings.
    pub settings: &'a ParitySettings,
    /// The data set that the settings name.
    pub dataset: &'a DatasetSpec,
    /// How long one backend may take for one model.
    pub limit: Duration,
    /// The path of the program `zoo`, which does the steps in child processes.
    pub zoo: &'a Path,
    /// Whether to show the progress of a download.
    pub show_progress: bool,
}

impl ParityCheck<'_> {
    /// Checks a model: one row for each backend, or two where kernels can be fused or not. `progress` receives the
    /// present step in a few words.
    ///
    /// # Errors
    /// [`ParityError`] where the reference cannot be computed; a failure of a backend is a row.
    pub fn rows(
        &self,
        spec: &ModelSpec,
        backends: &[Selected],
        mut progress: impl FnMut(&str),
    ) -> Result<Vec<Row>, ParityError> {
        progress(&format!("{} in float64", spec.id));
        let task = task_of(spec, self.dataset, self.settings, None, self.show_progress)?;
        let (task, reference) = judged(task)?;
        let smaller = Some(task.adam.learning_rate);
        let smaller = smaller.filter(|rate| *rate != spec.recipe.learning_rate);
        let folder = tempfile::tempdir()?;
        let mut judge = Judge {
            task: &task,
            exact: &reference,
            coarse: None,
        };
        let mut rows = Vec::new();
        for selected in backends {
            let id = selected.backend.id;
            progress(&format!("{} on {id}", spec.id));
            let arithmetic = match (self.settings.strict, self.settings.precision) {
                (true, _) => Arithmetic::Float32,
                (false, Precision::F32) => selected.arithmetic(),
                (false, Precision::Bf16) => Arithmetic::Bf16,
                (false, Precision::F16) => Arithmetic::F16,
            };
            let fusions: &[Option<bool>] = match backend::unfused(&selected.device) {
                Some(_) => &[Some(true), Some(false)],
                None => &[None],
            };
            for &fusion in fusions {
                let job = ParityStepsJob {
                    model: spec.id.into(),
                    place: selected.place(),
                    settings: self.settings.clone(),
                    first_batch: task.first_batch,
                    learning_rate: task.adam.learning_rate,
                    unfused: fusion == Some(false),
                    file: folder.path().join("observation"),
                };
                let observed = self.observe_in_child(job);
                let trouble = observed.as_ref().err().cloned();
                let verdict = observed.ok().map(|seen| judge.verdict(&seen, arithmetic));
                rows.push(Row {
                    model: spec.id.into(),
                    first_batch: task.first_batch,
                    smaller_learning_rate: smaller,
                    initial_weights_sha256: reference.exact.initial_weights_sha256.clone(),
                    backend: id.into(),
                    device: selected.info.id.clone(),
                    hardware: selected.info.name.clone(),
                    convolutions: convolutions(self.settings, selected, &task.architecture)?,
                    fusion,
                    trouble,
                    verdict: verdict.transpose()?,
                });
            }
        }
        Ok(rows)
    }

    fn observe_in_child(&self, job: ParityStepsJob) -> Result<Observation, String> {
        let file = job.file.clone();
        let command = &mut jobs::command(self.zoo, None);
        let done: Result<(), _> = jobs::ask(command, &Job::ParitySteps(job), self.limit, || false);
        done.map_err(|error| error.to_string())?;
        let bytes =
            fs::read(&file).map_err(|error| format!("the process left no observation: {error}"))?;
        let _ = fs::remove_file(&file);
        Observation::from_safetensors(&bytes)
            .map_err(|error| format!("the observation of the process {error}"))
    }
}

/// Judges what devices computed of one task.
struct Judge<'a> {
    task: &'a Task,
    exact: &'a Reference,
    /// The reference for another arithmetic, computed when it is first needed.
    coarse: Option<Reference>,
}

impl Judge<'_> {
    /// The verdict by the roundings of float32, or else by those of the arithmetic that the device may choose.
    fn verdict(
        &mut self,
        seen: &Observation,
        arithmetic: Arithmetic,
    ) -> Result<Verdict, ParityError> {
        let verdict = Verdict::of(seen, self.exact);
        if verdict.holds() || arithmetic == Arithmetic::Float32 {
            return Ok(verdict);
        }
        let coarse = match self.coarse.take() {
            Some(coarse) if coarse.arithmetic == arithmetic => coarse,
            _ => Reference::compute(self.task, arithmetic)?,
        };
        Ok(Verdict::of(seen, self.coarse.insert(coarse)))
    }
}

/// Does the steps of a parity check on one backend in this process, and writes the observation to the job's file.
///
/// # Errors
/// [`ParityError`] where the steps cannot be done or the file cannot be written.
pub fn do_steps(
    job: &ParityStepsJob,
    spec: &ModelSpec,
    dataset: &DatasetSpec,
    selected: &Selected,
) -> Result<(), ParityError> {
    let start = Start {
        first_batch: job.first_batch,
        learning_rate: job.learning_rate,
    };
    let mut task = task_of(spec, dataset, &job.settings, Some(start), false)?;
    task.convolutions = convolutions(&job.settings, selected, &task.architecture)?;
    task.precision = job.settings.precision;
    selected.check_precision(task.precision)?;
    let observation = match backend::unfused(&selected.device) {
        Some(unfused) if job.unfused => unfused.observe(&task)?,
        _ => observe(&task, &selected.device)?,
    };
    fs::write(&job.file, observation.to_safetensors())?;
    Ok(())
}

/// The number of learning rates that are tried, each a tenth of the one before.
const LEARNING_RATES: usize = 4;

/// The task with the largest learning rate, from its own downwards, for which float32 can show that the steps learn, and
/// its reference. Deep networks with batch normalisation amplify roundings so much that steps of the usual size end
/// anywhere, on every backend; smaller steps are as exact as those of other networks.
///
/// If there is no such learning rate, the verdict on the task itself says so.
fn judged(task: Task) -> Result<(Task, Reference), ParityError> {
    let mut first = None;
    let mut candidate = task.clone();
    for _ in 0..LEARNING_RATES {
        let reference = Reference::compute(&candidate, Arithmetic::Float32)?;
        if verdict::shows_learning(&reference) {
            return Ok((candidate, reference));
        }
        first.get_or_insert(reference);
        candidate.adam.learning_rate /= 10.0;
    }
    Ok((task, first.expect("one was computed")))
}

fn task_of(
    spec: &ModelSpec,
    dataset: &DatasetSpec,
    settings: &ParitySettings,
    start: Option<Start>,
    show_progress: bool,
) -> Result<Task, ParityError> {
    let options = LoadOptions {
        data_dir: settings.dataset.data_dir.clone(),
        seed: settings.seed,
        show_progress,
        skip_unreadable: settings.dataset.skip_unreadable,
        ..LoadOptions::default()
    };
    let ParitySettings {
        batch_size, steps, ..
    } = *settings;
    let architecture = changed(&dataset.architecture(spec), &settings.set)?;
    task(
        spec,
        dataset,
        architecture,
        batch_size,
        steps,
        start,
        &options,
    )
}

fn convolutions(
    settings: &ParitySettings,
    selected: &Selected,
    architecture: &ClassifierConfig,
) -> Result<Vec<ConvAlgorithm>, ParityError> {
    let layers = graph(architecture)?.convolutions();
    let purpose = Purpose::Training(settings.batch_size);
    let measured = selected.measured();
    let conv = settings.conv.in_precision(settings.precision);
    let conv = conv.map_err(ParityError::Conv)?;
    Ok(conv.choose(&measured, &layers, purpose))
}
