//! A step of a comparison, in a process of its own: a backend that crashes, hangs or runs out of memory is
//! a row that says so.

use super::folder::{Came, ComparisonDir, Found};
use super::plan::{Part, Plan, Planned, Step};
use super::results::{Parity, SeedRun};
use crate::backend::KERNELS_VARIABLE;
use crate::bench::{Measured, clock};
use crate::child;
use crate::parity::{self, Quantity};
use crate::run::{CHECKPOINT, RunDir};
use burn_zoo_models::ConvAlgorithm;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// What a comparison tells while it runs.
pub enum Event<'a> {
    /// A step begins.
    Begins(&'a Step),
    /// Its process has printed a line.
    Says(&'a Step, &'a str),
    /// A step has ended, with what went wrong.
    Ends(&'a Step, Option<&'a str>),
}

/// Does all the steps that are left, unless `stop` says so before: then the step at work is not recorded,
/// and a training keeps what it has done. `zoo` is the program's path.
///
/// # Errors
/// [`CompareError`](super::CompareError) where the folder cannot be written to.
pub fn carry_out(
    folder: &mut ComparisonDir,
    zoo: &Path,
    mut tell: impl FnMut(Event),
    stop: impl Fn() -> bool,
) -> Result<(), super::CompareError> {
    let process = Process { zoo, stop: &stop };
    let mut left = folder.left();
    while !left.is_empty() && !stop() {
        let step = left.remove(0);
        tell(Event::Begins(&step));
        let mut say = |line: &str| tell(Event::Says(&step, line));
        let mut came = Vec::new();
        match step.part {
            Part::Parity => {
                // One process for all backends of a model: they share the reference.
                let mut steps = vec![step.clone()];
                let is_like = |other: &Step| other.part == step.part && other.model == step.model;
                steps.extend(left.extract_if(.., |other| is_like(other)));
                let verdicts = process.parity(folder, &steps);
                came.extend(steps.into_iter().zip(verdicts));
            }
            Part::FirstStep => {
                let _ = fs::remove_dir_all(folder.kernels_path(&step));
                let measured = process.bench(folder, &step, true);
                came.push((
                    step.clone(),
                    outcome(measured, |m| Found::FirstStep(m.first_step_s)),
                ));
            }
            Part::Speed => {
                let measured = process.bench(folder, &step, false);
                came.push((step.clone(), outcome(measured, Found::Speed)));
            }
            Part::Training(seed) => {
                let trained = process.training(folder, &step, seed, &mut say);
                came.push((step.clone(), trained));
            }
        }
        if stop() {
            break;
        }
        for (step, came) in came {
            tell(Event::Ends(&step, came.trouble.as_deref()));
            folder.record(step, came)?;
        }
    }
    Ok(())
}

fn outcome<T>(result: Result<T, String>, found: impl FnOnce(T) -> Found) -> Came {
    match result {
        Ok(value) => Came {
            found: Some(found(value)),
            trouble: None,
        },
        Err(trouble) => Came {
            found: None,
            trouble: Some(trouble),
        },
    }
}

/// Runs the program's own commands.
struct Process<'a, S> {
    zoo: &'a Path,
    stop: &'a S,
}

impl<S: Fn() -> bool> Process<'_, S> {
    fn command(&self, plan: &Plan) -> Command {
        let mut command = Command::new(self.zoo);
        command.args(["--threads", &plan.threads.to_string()]);
        command
    }

    /// What a command prints, within the plan's time, or what went wrong.
    fn output(
        &self,
        command: &mut Command,
        limit: u64,
        each: impl FnMut(&str),
    ) -> (String, Option<String>) {
        let ended = child::watch(command, Duration::from_secs(limit), each, self.stop);
        let trouble = ended
            .trouble
            .map(|trouble| format!("the process {trouble}"));
        (ended.stdout, trouble)
    }

    fn bench(
        &self,
        folder: &ComparisonDir,
        step: &Step,
        first_step: bool,
    ) -> Result<Measured, String> {
        let plan = folder.plan();
        let mut command = self.command(plan);
        command
            .args(["bench", &step.model])
            .args(place(plan, "--backends", step))
            .args(data(plan, &plan.dataset))
            .args([
                "--batch-size",
                &planned(plan, step).recipe.batch_size.to_string(),
            ])
            .args(["--conv", &plan.conv])
            .args(["--seconds", &plan.seconds.to_string()])
            .env(KERNELS_VARIABLE, folder.kernels_path(step));
        if first_step {
            command.arg("--first-step");
        }
        command.args(["--measure", &clock().to_string()]);
        let (stdout, trouble) = self.output(&mut command, plan.timeout, |_| {});
        match trouble {
            Some(trouble) => Err(trouble),
            None => serde_json::from_str(&stdout).map_err(|error| format!("what it said {error}")),
        }
    }

    /// Judges backends by one model, each in a process of its own.
    fn parity(&self, folder: &ComparisonDir, steps: &[Step]) -> Vec<Came> {
        let plan = folder.plan();
        let backends: Vec<&str> = steps.iter().map(|step| step.backend.as_str()).collect();
        let mut command = self.command(plan);
        command
            .args(["parity", &steps[0].model, "--json"])
            .args(["--backends", &backends.join(",")])
            .args(["--conv", &plan.conv])
            .args(["--timeout", &plan.timeout.to_string()])
            .env(
                KERNELS_VARIABLE,
                folder.path().join("kernels").join("parity"),
            );
        if let [step] = steps {
            command.args(["--device", &device(plan, step)]);
        }
        let rows = &folder.comparison.rows;
        let of_model = |row: &&super::Row| row.model == steps[0].model;
        let mut algorithms = rows
            .iter()
            .filter(of_model)
            .flat_map(|row| &row.convolutions);
        if algorithms.any(|algorithm| *algorithm == ConvAlgorithm::Frequency) {
            // Training by frequencies is for batches that are not small.
            command.args(["--batch-size", "64", "--steps", "2"]);
        }
        // Images that float32 can be judged by, of the data set's shape where there are such.
        match crate::data::DATASETS.iter().find(|drawn| {
            drawn.id.starts_with("synthetic")
                && plan
                    .dataset()
                    .is_ok_and(|dataset| dataset.shape == drawn.shape)
        }) {
            Some(drawn) => command.args(["--dataset", &drawn.id]),
            None => command.args(data(plan, &plan.dataset)).args(data_dir(plan)),
        };
        // Its own processes have the plan's time each, and the reference takes its own.
        let limit = plan.timeout.saturating_mul(backends.len() as u64 + 1);
        let (stdout, trouble) = self.output(&mut command, limit, |_| {});
        let report: Option<parity::Report> = serde_json::from_str(&stdout).ok();
        let mut rows = report.map_or(Vec::new(), |report| report.rows);
        let trouble = trouble.unwrap_or("the process said nothing of it".into());
        let of_backend = |step: &Step| {
            // Where kernels can be fused or not, they are fused in training.
            let at = rows
                .iter()
                .position(|row| row.backend == step.backend && row.fusion != Some(false));
            outcome(
                at.map(|at| rows.remove(at))
                    .ok_or(trouble.clone())
                    .and_then(parity),
                Found::Parity,
            )
        };
        steps.iter().map(of_backend).collect()
    }

    fn training(
        &self,
        folder: &ComparisonDir,
        step: &Step,
        seed: u64,
        say: &mut impl FnMut(&str),
    ) -> Came {
        let plan = folder.plan();
        let path = folder.run_path(step, seed);
        let epochs = planned(plan, step).recipe.num_epochs;
        let mut trouble = None;
        if num_epochs_done(&path) < epochs {
            let mut command = self.command(plan);
            command
                .arg("train")
                .env(KERNELS_VARIABLE, folder.kernels_path(step));
            let goes_on = path.join(CHECKPOINT).is_file();
            if goes_on {
                command.arg("--resume").arg(&path).args(data_dir(plan));
                command.args(place(plan, "--backend", step));
            } else {
                // What was stopped before its first checkpoint begins anew.
                let _ = fs::remove_dir_all(&path);
                command
                    .arg(&step.model)
                    .args(place(plan, "--backend", step))
                    .args(data(plan, &plan.dataset))
                    .args(data_dir(plan))
                    .args(recipe(planned(plan, step)))
                    .args(["--conv", &plan.conv, "--seed", &seed.to_string()])
                    .arg("--out")
                    .arg(&path);
                if let Some(limit) = plan.limit {
                    command.args(["--limit", &limit.to_string()]);
                }
            }
            trouble = self.output(&mut command, plan.timeout, say).1;
            if goes_on && num_epochs_done(&path) >= epochs {
                // Stopped after the last epoch, it had nothing left to do and said so.
                trouble = None;
            }
        }
        // One that ended before its first epoch has no figures, which is not the same as not being there:
        // with it there is no time to an accuracy.
        let read = RunDir::open(&path).and_then(|run| Ok((run.config()?, run.metrics()?)));
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
            finished: num_epochs_done(&path) >= epochs,
            metrics,
        };
        Came {
            found: Some(Found::Training(run, images)),
            trouble,
        }
    }
}

fn num_epochs_done(run: &Path) -> usize {
    let metrics = RunDir::open(run).and_then(|run| run.metrics());
    let epochs = metrics.unwrap_or_default().into_iter().map(|row| row.epoch);
    epochs.max().unwrap_or(0)
}

fn planned<'a>(plan: &'a Plan, step: &Step) -> &'a Planned {
    let mut models = plan.models.iter();
    models
        .find(|planned| planned.model == step.model)
        .expect("a step is of the plan's models")
}

fn device(plan: &Plan, step: &Step) -> String {
    let mut subjects = plan.subjects.iter();
    let subject = subjects.find(|subject| subject.backend == step.backend);
    subject.map_or(String::new(), |subject| subject.device.clone())
}

fn place(plan: &Plan, option: &str, step: &Step) -> [String; 4] {
    [
        option.into(),
        step.backend.clone(),
        "--device".into(),
        device(plan, step),
    ]
}

fn data(plan: &Plan, dataset: &str) -> Vec<String> {
    let mut words = vec!["--dataset".into(), dataset.into()];
    if let Some(shape) = plan.image_shape {
        words.extend(["--image-shape".into(), shape.to_string()]);
    }
    if let Some(fit) = plan.fit {
        words.extend(["--fit".into(), fit.name().into()]);
    }
    words
}

fn data_dir(plan: &Plan) -> Vec<&std::ffi::OsStr> {
    let folder = plan.data_dir.iter();
    folder
        .flat_map(|folder| ["--data-dir".as_ref(), folder.as_os_str()])
        .collect()
}

/// A recipe as the options of `zoo train`.
fn recipe(planned: &Planned) -> Vec<String> {
    let recipe = &planned.recipe;
    let refinements = &recipe.refinements;
    [
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
    ]
    .into()
}

/// What is kept of a comparison with float64.
fn parity(row: parity::Row) -> Result<Parity, String> {
    let Some(verdict) = row.verdict else {
        return Err(row.trouble.unwrap_or_default());
    };
    let worst = |quantity| {
        verdict
            .worst(quantity)
            .map_or(f64::NAN, |check| check.relative)
    };
    Ok(Parity {
        holds: verdict.breaches.is_empty(),
        convolutions: row.convolutions,
        logits: worst(Quantity::Logits),
        gradient: worst(Quantity::Gradient),
        breaches: verdict.breaches,
    })
}
