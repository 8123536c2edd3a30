//! The training steps of a comparison: each begins or resumes a run folder.

use super::folder::ComparisonDir;
use super::results::SeedRun;
use super::step::{Step, StepOutcome, StepResult};
use crate::backend::KERNELS_VARIABLE;
use crate::jobs::{self, Job, JobError, TrainJob};
use crate::run::{CHECKPOINT, RunDir};
use std::fs;
use std::path::Path;
use std::time::Duration;

/// Trains with a seed in a child process, or resumes the training; reports each epoch as one line.
pub(super) fn train(
    folder: &ComparisonDir,
    step: &Step,
    seed: u64,
    zoo: &Path,
    mut epoch: impl FnMut(&str),
    stop: impl Fn() -> bool,
) -> StepOutcome {
    let plan = folder.plan();
    let run = folder.run_path(step, seed);
    let num_epochs = plan.recipe(step).num_epochs;
    let mut trouble = None;
    if num_epochs_done(&run) < num_epochs {
        let resumes = run.join(CHECKPOINT).is_file();
        if !resumes {
            // A run that was stopped before its first checkpoint begins anew.
            let _ = fs::remove_dir_all(&run);
        }
        let job = Job::Train(TrainJob {
            run: run.clone(),
            resume: resumes,
            model: step.model.clone(),
            place: plan.place(step),
            sharing: plan.sharing.clone(),
            dataset: plan.dataset_request(),
            data_digest: plan.data_digest.clone(),
            limit: plan.limit,
            recipe: *plan.recipe(step),
            conv: plan.conv,
            seed,
        });
        let mut command = jobs::command(zoo, Some(plan.threads));
        command.env(KERNELS_VARIABLE, folder.kernels_path(step));
        let limit = Duration::from_secs(plan.timeout);
        let each = |figures: String| epoch(&figures);
        let trained: Result<(), JobError> = jobs::watch(&mut command, &job, limit, each, stop);
        trouble = trained.err().map(|error| error.to_string());
        if resumes && num_epochs_done(&run) >= num_epochs {
            // The run had been stopped after its last epoch, and a finished run cannot be resumed.
            trouble = None;
        }
    }
    // A run that ended before its first epoch is recorded without figures: it never reached the accuracy to which the
    // time is reported.
    let read = RunDir::open(&run).and_then(|run| Ok((run.config()?, run.metrics()?)));
    let (images, metrics) = match read {
        Ok((config, metrics)) => {
            let images = [config.dataset.num_train, config.dataset.num_test];
            (Some(images), metrics)
        }
        Err(error) => {
            trouble.get_or_insert(error.to_string());
            (None, Vec::new())
        }
    };
    let run = SeedRun {
        seed,
        finished: num_epochs_done(&run) >= num_epochs,
        metrics,
    };
    StepOutcome {
        result: Some(StepResult::Training(run, images)),
        trouble,
    }
}

fn num_epochs_done(run: &Path) -> usize {
    let metrics = RunDir::open(run).and_then(|run| run.metrics());
    let epochs = metrics.unwrap_or_default().into_iter().map(|row| row.epoch);
    epochs.max().unwrap_or(0)
}
