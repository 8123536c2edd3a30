//! The backends: their devices, and whether they train as float64 does.

use super::finding::{Finding, Mark, Section};
use crate::backend::{BACKENDS, BackendError, BackendSpec, DeviceInfo};
use crate::child;
use crate::parity::Report;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// How long a backend may take for its training steps: a GPU compiles its kernels first, for minutes.
const PATIENCE: Duration = Duration::from_secs(420);

/// A backend that is built in, as it was found.
#[derive(Debug)]
pub(super) struct Patient {
    pub spec: &'static BackendSpec,
    /// Its devices, at least one, or why it has none.
    pub devices: Result<Vec<DeviceInfo>, String>,
    /// What its training steps came to, or what went wrong; `None` where it made none.
    pub trial: Option<Result<String, String>>,
}

impl Patient {
    /// Every backend that is built in, with its devices. All drivers are asked at once, as each takes its
    /// time to answer.
    pub fn all(zoo: &Path) -> Vec<Self> {
        std::thread::scope(|scope| {
            let asked: Vec<_> = BACKENDS
                .iter()
                .filter(|spec| spec.built_in)
                .map(|spec| scope.spawn(move || (spec, spec.devices(zoo))))
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
                    "{} ({}, computes on the CPU: right, but slow)",
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
                "`zoo parity {MODEL} --backends {id}` tells more; a newer driver may help, or another backend"
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
        // What nobody asked for is told of by `zoo backends`.
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

/// Has a small model trained for a few steps on a device, in processes of its own, and compares them with
/// the same steps in float64.
pub(super) fn micro_run(
    spec: &BackendSpec,
    device: &DeviceInfo,
    zoo: &Path,
) -> Result<String, String> {
    let mut command = Command::new(zoo);
    command
        .args(["parity", MODEL, "--json", "--backends", spec.id])
        .args(["--device", &device.id, "--timeout", "180"]);
    let ended = child::run(&mut command, PATIENCE);
    // One that computes something else says so in its report too, and ends with a failure.
    match (serde_json::from_str(&ended.stdout), ended.trouble) {
        (Ok(report), _) => result(&report),
        (Err(_), Some(trouble)) => Err(format!("the process that tried to train {trouble}")),
        (Err(error), None) => Err(format!("what the process that tried to train said {error}")),
    }
}

fn result(report: &Report) -> Result<String, String> {
    for row in &report.rows {
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
    match report.rows.as_slice() {
        [] => Err("nothing was trained".into()),
        _ => Ok(format!(
            "trained {MODEL} for {} steps as float64 does",
            report.steps
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parity::{Row, Verdict};

    fn row(fusion: Option<bool>, came: Result<&[&str], &str>) -> Row {
        Row {
            fusion,
            trouble: came.err().map(Into::into),
            verdict: came.ok().map(|breaches| Verdict {
                breaches: breaches.iter().map(|&breach| breach.into()).collect(),
                ..Verdict::default()
            }),
            ..Row::default()
        }
    }

    fn report(rows: &[Row]) -> Result<String, String> {
        result(&Report {
            steps: 3,
            rows: rows.into(),
            ..Report::default()
        })
    }

    #[test]
    fn steps_that_failed_or_differ_are_told_of_fused_or_not() {
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
    fn what_was_not_asked_for_is_a_note_and_no_problem() {
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
