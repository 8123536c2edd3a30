//! The hidden command `zoo job`: does the job that a parent process sends; see [`burn_zoo::jobs`].

use super::interrupt::INTERRUPTED;
use super::train::stop_after_batch;
use super::{Outcome, own_path, print, warn};
use burn_zoo::backend::{self, Selected};
use burn_zoo::bench::{self, Effort, Subject};
use burn_zoo::data::{self, DataError, DatasetSpec};
use burn_zoo::jobs::{self, BenchJob, DatasetRequest, Job, ParityJob, ParityStepsJob, TrainJob};
use burn_zoo::parity::{self, ParityCheck, Row};
use burn_zoo::plan::{self, Files, Monitor, ResumeRequest, TrainRequest};
use burn_zoo::training::{Display, Ended};
use burn_zoo::tuning;
use burn_zoo_models::ModelSpec;
use serde::Serialize;
use std::error::Error;
use std::panic;
use std::process::ExitCode;
use std::sync::atomic::Ordering;
use std::time::Duration;

pub(super) fn run() -> Outcome {
    match jobs::read(std::io::stdin())? {
        Job::Probe { backend } => {
            // Panics print their message at once again: a driver may abort the process after its panic.
            let _ = panic::take_hook();
            backend::find(&backend)?.probe(|device| print(&jobs::event(&device)));
            finish(&())
        }
        Job::Bench(job) => finish(&measure(&job)?),
        Job::ParitySteps(job) => finish(&do_parity_steps(&job)?),
        Job::Parity(job) => finish(&check_parity(&job)?),
        Job::Tune(job) => {
            let selected = backend::select_place(&job.place, Some(&own_path()))?;
            tuning::trials(&job, &selected, |trial| print(&jobs::event(&trial)));
            finish(&())
        }
        Job::Train(job) => train(job),
    }
}

fn finish(result: &impl Serialize) -> Outcome {
    print(&jobs::result(result));
    Ok(ExitCode::SUCCESS)
}

fn measure(job: &BenchJob) -> Result<bench::Measured, Box<dyn Error>> {
    let spec = burn_zoo_models::find(&job.model)?;
    let dataset = dataset(&job.dataset, spec)?;
    let zoo = own_path();
    let subject = Subject {
        spec,
        dataset: &dataset,
        batch_size: job.batch_size,
        conv: job.conv,
        precision: job.precision,
    };
    let (selected, shared) = match job.sharing.is_none() {
        true => (backend::select_place(&job.place, Some(&zoo))?, None),
        false => {
            let places = subject.places(&job.place.backend, &job.sharing, Some(&zoo))?;
            (places.first.selected.clone(), Some(places))
        }
    };
    let effort = match job.first_step_only {
        true => Effort::NONE,
        false => Effort::for_seconds(job.seconds),
    };
    let since_start = job.started.elapsed().unwrap_or_default();
    let shared = shared.as_ref();
    let measured = bench::measure(&subject, &selected, shared, effort, since_start, job.layers)?;
    Ok(measured)
}

fn do_parity_steps(job: &ParityStepsJob) -> Result<(), Box<dyn Error>> {
    let spec = burn_zoo_models::find(&job.model)?;
    let dataset = dataset(&job.settings.dataset, spec)?;
    let selected = backend::select_place(&job.place, Some(&own_path()))?;
    Ok(parity::do_steps(job, spec, &dataset, &selected)?)
}

/// A backend or device that cannot be opened is a row too.
fn check_parity(job: &ParityJob) -> Result<Vec<Row>, Box<dyn Error>> {
    let spec = burn_zoo_models::find(&job.model)?;
    let zoo = own_path();
    let mut rows = Vec::new();
    let mut backends: Vec<Selected> = Vec::new();
    for place in &job.places {
        match backend::select_place(place, Some(&zoo)) {
            Ok(selected) => backends.push(selected),
            Err(error) => rows.push(Row {
                model: spec.id.into(),
                backend: place.backend.clone(),
                device: place.device.clone(),
                trouble: Some(error.to_string()),
                ..Row::default()
            }),
        }
    }
    let check = ParityCheck {
        settings: &job.settings,
        dataset: &dataset(&job.settings.dataset, spec)?,
        limit: Duration::from_secs(job.timeout),
        zoo: &zoo,
        show_progress: false,
    };
    rows.extend(check.rows(spec, &backends, |_| {})?);
    Ok(rows)
}

/// Begins a run or resumes it. A run that is asked to stop ends with the exit code of an interrupted training.
fn train(job: TrainJob) -> Outcome {
    let monitor = Monitor {
        display: Display::Events,
        ..Monitor::default()
    };
    let begun = stop_after_batch(&monitor.interrupter)?;
    let files = Files {
        data_dir: job.dataset.data_dir,
        zoo: Some(own_path()),
        ..Files::default()
    };
    let backend = Some(job.place.backend);
    let device = job.sharing.is_none().then_some(job.place.device);
    let (devices, shares) = (job.sharing.devices, job.sharing.shares);
    let plan = match job.resume {
        true => plan::resume(ResumeRequest {
            run: job.run,
            backend,
            device,
            devices,
            shares,
            files,
            ..ResumeRequest::default()
        }),
        false => plan::begin(TrainRequest {
            model: Some(job.model),
            dataset: Some(job.dataset.name),
            image_shape: job.dataset.image_shape,
            fit: job.dataset.fit,
            skip_unreadable: job.dataset.skip_unreadable,
            data_digest: job.data_digest,
            limit: job.limit,
            recipe: Some(job.recipe),
            backend,
            device,
            devices,
            shares,
            conv: Some(job.conv),
            seed: Some(job.seed),
            out: Some(job.run),
            files,
            ..TrainRequest::default()
        }),
    }?;
    plan.warnings.iter().for_each(|warning| warn(warning));
    begun.store(true, Ordering::Relaxed);
    match plan.train(monitor)?.ended {
        Ended::Finished => finish(&()),
        Ended::Interrupted => Ok(ExitCode::from(INTERRUPTED)),
    }
}

fn dataset(request: &DatasetRequest, spec: &'static ModelSpec) -> Result<DatasetSpec, DataError> {
    data::choose(
        &request.name,
        request.data_dir.as_deref(),
        request.image_shape,
        request.fit,
        data::usual(&[spec]),
    )
}
