//! The training steps of a comparison: each begins or resumes a run folder.

use super::folder::ComparisonDir;
use super::plan::Plan;
use super::results::SeedRun;
use super::step::{Step, StepOutcome, StepResult};
use crate::backend::KERNELS_VARIABLE;
use crate::child;
use crate::run::{CHECKPOINT, RunDir};
use std::fs;
use std::path::Path;
use std::process::Command;
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
        let mut command = command(zoo, plan, step, seed, &run, resumes);
        command.env(KERNELS_VARIABLE, folder.kernels_path(step));
        let limit = Duration::from_secs(plan.timeout);
        let each = |line: &str| {
            if let Some(figures) = line.strip_prefix("epoch") {
                epoch(figures.trim_start());
            }
        };
        let ended = child::watch(&mut command, "", limit, each, stop);
        trouble = ended
            .trouble
            .map(|trouble| format!("the process {trouble}"));
        if resumes && num_epochs_done(&run) >= num_epochs {
            // The run had been stopped after its last epoch, and `zoo train` refuses to resume a finished run.
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

/// The command line that trains a run or resumes it.
// The only place of the library that knows the options of `zoo train`: to become a job that holds a request for
// training.
fn command(zoo: &Path, plan: &Plan, step: &Step, seed: u64, run: &Path, resumes: bool) -> Command {
    let mut command = Command::new(zoo);
    command.args(["--threads", &plan.threads.to_string(), "train"]);
    let place = plan.place(step);
    command.args(["--backend", &place.backend, "--device", &place.device]);
    if let Some(data_dir) = &plan.data_dir {
        command.arg("--data-dir").arg(data_dir);
    }
    if resumes {
        command.arg("--resume").arg(run);
        return command;
    }
    let recipe = plan.recipe(step);
    let refinements = &recipe.refinements;
    command
        .arg(&step.model)
        .args(["--dataset", &plan.dataset])
        .args([
            format!("--epochs={}", recipe.num_epochs),
            format!("--batch-size={}", recipe.batch_size),
            format!("--lr={:e}", recipe.learning_rate),
            format!("--schedule={}", refinements.schedule.name()),
            format!("--weight-decay={}", refinements.weight_decay),
            format!("--label-smoothing={}", refinements.label_smoothing),
            format!("--flip={}", refinements.flip),
            format!("--shift={}", refinements.shift),
            format!("--random-crop={}", refinements.random_crop),
            format!("--cutout={}", refinements.cutout),
            format!("--conv={}", plan.conv),
            format!("--seed={seed}"),
        ])
        .arg("--out")
        .arg(run);
    if let Some(shape) = plan.image_shape {
        command.args(["--image-shape", &shape.to_string()]);
    }
    if let Some(fit) = plan.fit {
        command.args(["--fit", fit.name()]);
    }
    if let Some(limit) = plan.limit {
        command.args(["--limit", &limit.to_string()]);
    }
    command
}
