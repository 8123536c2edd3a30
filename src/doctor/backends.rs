//! The backends: their devices, and whether they train as float64 does.

use super::finding::{Finding, Mark, Section};
use crate::backend::{BACKENDS, BackendError, BackendSpec, DeviceInfo};
use crate::jobs::{self, Job, ParityJob, ParitySettings, Place};
use crate::parity::Row;
use std::path::Path;
use std::time::Duration;

/// The time limit for the training steps of one backend and the reference: a GPU compiles its kernels first, which can
/// take minutes.
const LIMIT: Duration = Duration::from_secs(420);
/// The time limit for the training steps alone, with or without fused kernels.
const LIMIT_OF_STEPS: Duration = Duration::from_secs(180);

/// A backend that is built in, and the results of its examination.
#[derive(Debug)]
pub(super) struct Patient {
    pub spec: &'static BackendSpec,
    /// Its devices, at least one, or the reason why it has none.
    pub devices: Result<Vec<DeviceInfo>, String>,
    /// The result of its training steps, or their failure; `None` if it did none.
    pub trial: Option<Result<String, String>>,
}

impl Patient {
    /// Every backend that is built in, with its devices. All drivers are opened at once, as this takes time.
    pub fn all(zoo: &Path) -> Vec<Self> {
        std::thread::scope(|scope| {
            let asked: Vec<_> = BACKENDS
                .iter()
                .filter(|spec| spec.built_in)
                .map(|spec| scope.spawn(move || (spec, spec.devices(Some(zoo)))))
                .collect();
            let answers = asked.into_iter().filter_map(|answer| answer.join().ok());
            answers
                .map(|(spec, devices)| Self {
                    spec,
                    devices: devices.map_err(|error| match error {
                        BackendError::NoDevice { why, .. } => why,
                        error => error.to_string(),
                    }),
                    trial: None,
                })
                .collect()
        })
    }

    fn finding(&self, must_work: bool) -> Finding {
        let id = self.spec.id;
        let trouble = Mark::of_trouble(must_work);
        let devices = match &self.devices {
            Ok(devices) => devices,
            Err(why) => {
                let found = format!("no usable device ({why})");
                return Finding::new(trouble, id, found)
                    .cure(format!("it needs {}", self.spec.needs));
            }
        };
        let names: Vec<String> = devices
            .iter()
            .map(|device| match device.software {
                true => format!(
                    "{} ({}, computes on the CPU: correct, but slow)",
                    device.id, device.name
                ),
                false => format!("{} ({})", device.id, device.name),
            })
            .collect();
        let names = names.join(", ");
        match &self.trial {
            None => Finding::ok(id, names),
            Some(Ok(result)) => Finding::ok(id, format!("{names}; {result}")),
            Some(Err(why)) => Finding::new(trouble, id, format!("{names}; {why}")).cure(format!(
                "`zoo parity {MODEL} --backends {id}` shows more; a newer driver may help, or another backend"
            )),
        }
    }
}

pub(super) fn section(patients: &[Patient], must_work: Option<&'static BackendSpec>) -> Section {
    let must_work = |spec: &BackendSpec| must_work.is_some_and(|must| must.id == spec.id);
    let mut findings: Vec<Finding> = patients
        .iter()
        .map(|patient| patient.finding(must_work(patient.spec)))
        .collect();
    for spec in BACKENDS.iter().filter(|spec| !spec.built_in) {
        let found = "not built in";
        // `zoo backends` lists those that nobody asked for.
        if must_work(spec) {
            findings.push(Finding::new(Mark::Problem, spec.id, found).cure(spec.how_to_build));
        }
    }
    Section {
        title: "backends",
        findings,
    }
}

/// The model of the training steps.
const MODEL: &str = "mlp-relu";

/// Trains a small model for a few steps on a device, in child processes, and compares them with the same steps in
/// float64.
pub(super) fn micro_run(
    spec: &BackendSpec,
    device: &DeviceInfo,
    zoo: &Path,
) -> Result<String, String> {
    let settings = ParitySettings::default();
    let steps = settings.steps;
    let job = Job::Parity(ParityJob {
        model: MODEL.into(),
        places: vec![Place {
            backend: spec.id.into(),
            device: device.id.clone(),
        }],
        settings,
        timeout: LIMIT_OF_STEPS.as_secs(),
    });
    let rows = jobs::ask(&mut jobs::command(zoo, None), &job, LIMIT, || false);
    let rows: Vec<Row> = rows.map_err(|error| format!("training of {MODEL} failed: {error}"))?;
    result(&rows, steps)
}

fn result(rows: &[Row], steps: usize) -> Result<String, String> {
    for row in rows {
        let fused = match row.fusion {
            Some(false) => " without fused kernels",
            _ => "",
        };
        if let Some(trouble) = &row.trouble {
            return Err(format!("training of {MODEL} failed{fused}: {trouble}"));
        }
        let breaches = row
            .verdict
            .as_ref()
            .map_or([].as_slice(), |verdict| &verdict.breaches);
        if let [first, others @ ..] = breaches {
            let others = match others.len() {
                0 => String::new(),
                more => format!(", and {more} more"),
            };
            return Err(format!(
                "it computes something else than float64 does{fused}: {first}{others}"
            ));
        }
    }
    match rows {
        [] => Err("nothing was trained".into()),
        _ => Ok(format!("trained {MODEL} for {steps} steps as float64 does")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parity::Verdict;

    fn row(fusion: Option<bool>, outcome: Result<&[&str], &str>) -> Row {
        Row {
            fusion,
            trouble: outcome.err().map(Into::into),
            verdict: outcome.ok().map(|breaches| Verdict {
                breaches: breaches.iter().map(|&breach| breach.into()).collect(),
                ..Verdict::default()
            }),
            ..Row::default()
        }
    }

    fn report(rows: &[Row]) -> Result<String, String> {
        result(rows, 3)
    }

    #[test]
    fn steps_that_failed_or_differ_are_reported_with_and_without_fused_kernels() {
        let good = row(Some(true), Ok(&[]));
        let said = report(std::slice::from_ref(&good)).unwrap();
        assert_eq!(said, "trained mlp-relu for 3 steps as float64 does");
        let wrong = row(Some(false), Ok(&["the loss is off", "so are others"]));
        let said = report(&[good, wrong]).unwrap_err();
        let expected =
            "something else than float64 does without fused kernels: the loss is off, and 1 more";
        assert!(said.ends_with(expected), "{said}");
        let crashed = row(None, Err("the process ended with signal: 11"));
        assert_eq!(
            report(&[crashed]).unwrap_err(),
            "training of mlp-relu failed: the process ended with signal: 11"
        );
        report(&[]).unwrap_err();
    }

    #[test]
    fn a_backend_that_was_not_asked_for_is_a_note_and_no_problem() {
        let flex = crate::backend::find("flex").unwrap();
        let patients = || {
            [Patient {
                spec: flex,
                devices: Err("it lists none".into()),
                trial: None,
            }]
        };
        let mark = |must_work| section(&patients(), must_work).findings[0].mark;
        assert_eq!(mark(Some(flex)), Mark::Problem);
        assert_eq!(mark(None), Mark::Note);
    }
}
