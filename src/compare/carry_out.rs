//! Carries out a comparison step by step, each in a process of its own, so that a backend that crashes, hangs or runs
//! out of memory costs one row of the results and not the comparison.

use super::folder::{CompareError, ComparisonDir};
use super::results::Parity;
use super::step::{Part, Step, StepOutcome, StepResult};
use super::training::train;
use crate::backend::KERNELS_VARIABLE;
use crate::bench::Measured;
use crate::data::DATASETS;
use crate::jobs::{self, BenchJob, Job, JobError, ParityJob, ParitySettings};
use crate::parity::{self, Quantity};
use burn_zoo_models::ConvAlgorithm;
use serde::de::DeserializeOwned;
use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

/// The progress of a comparison.
pub enum Event<'a> {
    /// A step begins.
    Begins(&'a Step),
    /// A training run has finished an epoch: its number and figures as one line.
    Epoch(&'a Step, &'a str),
    /// A step has ended, with its failure, if there was one.
    Ends(&'a Step, Option<&'a str>),
}

/// Does all remaining steps and reports its progress as `event`s. `zoo` is the path of the program that does the
/// steps.
///
/// When `stop` returns true, the present step is asked to stop and is not recorded; a training run keeps the epochs
/// that it has done.
///
/// # Errors
/// [`CompareError`] where the folder cannot be written to.
pub fn carry_out(
    folder: &mut ComparisonDir,
    zoo: &Path,
    mut event: impl FnMut(Event),
    stop: impl Fn() -> bool,
) -> Result<(), CompareError> {
    let children = Children { zoo, stop: &stop };
    let mut remaining = folder.left();
    while !remaining.is_empty() && !stop() {
        let step = remaining.remove(0);
        event(Event::Begins(&step));
        let mut outcomes = Vec::new();
        match step.part {
            Part::Parity => {
                // One job for all backends of a model, as they share the reference.
                let mut steps = vec![step.clone()];
                let is_like = |other: &Step| other.part == step.part && other.model == step.model;
                steps.extend(remaining.extract_if(.., |other| is_like(other)));
                let checked = children.parity(folder, &steps);
                outcomes.extend(steps.into_iter().zip(checked));
            }
            Part::FirstStep => {
                let _ = fs::remove_dir_all(folder.kernels_path(&step));
                let measured = children.bench(folder, &step, true);
                let result = measured.map(|it| StepResult::FirstStep(it.first_step_s));
                outcomes.push((step.clone(), StepOutcome::of(result)));
            }
            Part::Speed => {
                let measured = children.bench(folder, &step, false);
                let outcome = StepOutcome::of(measured.map(StepResult::Speed));
                outcomes.push((step.clone(), outcome));
            }
            Part::Training(seed) => {
                let epoch = |line: &str| event(Event::Epoch(&step, line));
                let outcome = train(folder, &step, seed, zoo, epoch, &stop);
                outcomes.push((step.clone(), outcome));
            }
        }
        if stop() {
            break;
        }
        for (step, outcome) in outcomes {
            event(Event::Ends(&step, outcome.trouble.as_deref()));
            folder.record(step, outcome)?;
        }
    }
    Ok(())
}

/// The child processes of a comparison, one after the other.
struct Children<'a, S> {
    zoo: &'a Path,
    stop: &'a S,
}

impl<S: Fn() -> bool> Children<'_, S> {
    /// Has a child do a job within this many seconds, with the plan's number of threads and the kernels in a folder.
    fn ask<R: DeserializeOwned>(
        &self,
        folder: &ComparisonDir,
        kernels: &Path,
        limit: u64,
        job: &Job,
    ) -> Result<R, JobError> {
        let plan = folder.plan();
        let mut command = jobs::command(self.zoo, Some(plan.threads));
        command.env(KERNELS_VARIABLE, kernels);
        let limit = Duration::from_secs(limit);
        jobs::ask(&mut command, job, limit, self.stop)
    }

    fn bench(
        &self,
        folder: &ComparisonDir,
        step: &Step,
        first_step_only: bool,
    ) -> Result<Measured, String> {
        let plan = folder.plan();
        let job = Job::Bench(BenchJob {
            model: step.model.clone(),
            place: plan.place(step),
            sharing: plan.sharing.clone(),
            dataset: plan.dataset_request(),
            batch_size: plan.recipe(step).batch_size,
            conv: plan.conv,
            precision: plan.recipe(step).refinements.precision,
            seconds: plan.seconds,
            first_step_only,
            layers: false,
            started: SystemTime::now(),
        });
        self.ask(folder, &folder.kernels_path(step), plan.timeout, &job)
            .map_err(|error| error.to_string())
    }

    /// Checks the parity of one model on the backends of several steps.
    fn parity(&self, folder: &ComparisonDir, steps: &[Step]) -> Vec<StepOutcome> {
        let plan = folder.plan();
        let job = Job::Parity(ParityJob {
            model: steps[0].model.clone(),
            places: steps.iter().map(|step| plan.place(step)).collect(),
            settings: parity_settings(folder, &steps[0].model),
            timeout: plan.timeout,
        });
        // Each backend has the plan's time, and so has the reference.
        let limit = plan.timeout.saturating_mul(steps.len() as u64 + 1);
        let kernels = folder.parity_kernels_path();
        let checked: Result<Vec<parity::Row>, _> = self.ask(folder, &kernels, limit, &job);
        let result_of = |step: &Step| {
            let rows = checked.as_ref().map_err(ToString::to_string)?;
            // Where a backend can compute with and without fused kernels, it fuses them in training.
            let row = rows
                .iter()
                .find(|row| row.backend == step.backend && row.fusion != Some(false));
            parity_of(row.ok_or("the process checked nothing")?)
        };
        let outcomes = steps
            .iter()
            .map(|step| StepOutcome::of(result_of(step).map(StepResult::Parity)));
        outcomes.collect()
    }
}

/// How the parity of a model is checked.
fn parity_settings(folder: &ComparisonDir, model: &str) -> ParitySettings {
    let plan = folder.plan();
    let mut settings = ParitySettings {
        conv: plan.conv,
        ..ParitySettings::default()
    };
    let rows = folder.comparison.rows.iter();
    let mut algorithms = rows
        .filter(|row| row.model == model)
        .flat_map(|row| &row.convolutions);
    if algorithms.any(|algorithm| *algorithm == ConvAlgorithm::Frequency) {
        // Small batches are not trained by frequencies.
        settings.batch_size = 64;
        settings.steps = 2;
    }
    // Float32 can be judged by artificial images. They are used if there are any of the data set's shape.
    let shape = plan.dataset().map(|dataset| dataset.shape).ok();
    let mut artificial = DATASETS
        .iter()
        .filter(|dataset| dataset.id.starts_with("synthetic"));
    match artificial.find(|dataset| Some(dataset.shape) == shape) {
        Some(dataset) => settings.dataset.name = dataset.id.clone(),
        None => settings.dataset = plan.dataset_request(),
    }
    settings
}

/// The part of a parity check that a comparison keeps.
fn parity_of(row: &parity::Row) -> Result<Parity, String> {
    let Some(verdict) = &row.verdict else {
        return Err(row.trouble.clone().unwrap_or_default());
    };
    let worst = |quantity| {
        verdict
            .worst(quantity)
            .map_or(f64::NAN, |check| check.relative)
    };
    Ok(Parity {
        holds: verdict.holds(),
        arithmetic: verdict.arithmetic,
        convolutions: row.convolutions.clone(),
        logits: worst(Quantity::Logits),
        gradient: worst(Quantity::Gradient),
        breaches: verdict.breaches.clone(),
    })
}
