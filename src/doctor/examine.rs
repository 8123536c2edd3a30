//! The whole examination, and its diagnosis.

use super::backends::{Patient, micro_run};
use super::finding::Section;
use super::{backends, convolutions, data, libtorch, places, program, vulkan};
use crate::backend::{self, BACKENDS, BackendError, BackendSpec, DeviceInfo, Library};
use serde::Serialize;
use std::path::Path;

/// The request for an examination.
#[derive(Debug)]
pub struct Request<'a> {
    /// The backend that must be able to train: its name, or auto.
    pub backend: &'a str,
    /// Whether to skip everything that takes longer than a moment: training steps, and verifying the data.
    pub quick: bool,
    /// The path of the program `zoo`, for the work in child processes.
    pub zoo: &'a Path,
}

/// The diagnosis of an examination.
#[derive(Debug, Serialize)]
pub struct Diagnosis {
    /// The version of the zoo.
    pub zoo: &'static str,
    /// The version of Burn.
    pub burn: &'static str,
    /// The backend that was asked for, or auto.
    pub asked: String,
    /// The backend and device that training would use; `None` if there is none.
    pub chosen: Option<Chosen>,
    /// Whether the chosen backend can train, as far as it was tried.
    pub can_train: bool,
    /// The same in a sentence, with the reason.
    pub verdict: String,
    /// All findings.
    pub sections: Vec<Section>,
}

/// A backend and device to train on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Chosen {
    /// The backend.
    pub backend: &'static str,
    /// Its device.
    pub device: DeviceInfo,
    /// The reason why auto chose it; `None` if the user chose it.
    pub reason: Option<&'static str>,
}

/// Looks at the program, the backends, their libraries, the data sets and the folders; `progress` is called with the
/// subject that is examined now.
///
/// # Errors
/// [`BackendError::Unknown`] where no backend has the name. All other failures are findings.
pub fn examine(
    request: &Request<'_>,
    mut progress: impl FnMut(&str),
) -> Result<Diagnosis, BackendError> {
    let asked = match request.backend.eq_ignore_ascii_case("auto") {
        true => None,
        false => Some(backend::find(request.backend)?),
    };
    progress("the backends' devices");
    let mut patients = Patient::all(request.zoo);
    let chosen = choose(asked, &patients);
    if !request.quick {
        for patient in &mut patients {
            if let Ok(devices) = &patient.devices {
                let device = backend::best(patient.spec, devices);
                progress(&format!("{}: training steps", patient.spec.id));
                patient.trial = Some(micro_run(patient.spec, device, request.zoo));
            }
        }
    }
    let verdict = judge(&chosen, &patients);
    let needed = |library| match (&chosen, asked) {
        // It has a device, so its library is there.
        (Ok(_), _) => false,
        (Err(_), Some(spec)) => spec.built_in && spec.foreign == Some(library),
        (Err(_), None) => BACKENDS
            .iter()
            .any(|spec| spec.built_in && spec.foreign == Some(library)),
    };
    let must_work = chosen
        .as_ref()
        .map_or(asked, |chosen| backend::find(chosen.backend).ok());
    let mut sections = vec![program::section(), backends::section(&patients, must_work)];
    sections.push(libtorch::section(needed(Library::LibTorch)));
    sections.extend(vulkan::section(needed(Library::Vulkan)));
    sections.extend(convolutions::section(&patients));
    progress("the data sets");
    sections.push(data::section(request.quick));
    sections.push(places::section());
    let (can_train, verdict) = match verdict {
        Ok(sentence) => (true, sentence),
        Err(sentence) => (false, sentence),
    };
    Ok(Diagnosis {
        zoo: env!("CARGO_PKG_VERSION"),
        burn: crate::run::BURN,
        asked: asked.map_or("auto", |spec| spec.id).into(),
        chosen: chosen.ok(),
        can_train,
        verdict,
        sections,
    })
}

/// The backend and device that `zoo train` would use, of the devices that answered.
fn choose(
    asked: Option<&'static BackendSpec>,
    patients: &[Patient],
) -> Result<Chosen, BackendError> {
    let Some(spec) = asked else {
        let with_devices = patients.iter().filter_map(|patient| {
            let devices = patient.devices.as_ref().ok()?;
            Some((patient.spec, devices.clone()))
        });
        let answers: Vec<_> = with_devices.collect();
        let (spec, device, reason) = backend::choose(&answers)?;
        return Ok(Chosen {
            backend: spec.id,
            device,
            reason: Some(reason),
        });
    };
    let patient = patients.iter().find(|patient| patient.spec.id == spec.id);
    let patient = patient.ok_or(BackendError::NotBuiltIn {
        id: spec.id,
        how_to_build: spec.how_to_build,
    })?;
    match &patient.devices {
        Ok(devices) => Ok(Chosen {
            backend: spec.id,
            device: backend::best(spec, devices).clone(),
            reason: None,
        }),
        Err(why) => Err(BackendError::NoDevice {
            id: spec.id,
            why: why.clone(),
            needs: spec.needs,
        }),
    }
}

/// Whether the chosen backend can train, in a sentence.
fn judge(chosen: &Result<Chosen, BackendError>, patients: &[Patient]) -> Result<String, String> {
    let chosen = match chosen {
        Ok(chosen) => chosen,
        Err(error) => return Err(format!("this machine cannot train as asked: {error}")),
    };
    let device = &chosen.device;
    let place = format!("{} on {}, {}", chosen.backend, device.id, device.name);
    let reason = chosen.reason.map(|reason| format!(" (auto: {reason})"));
    let reason = reason.unwrap_or_default();
    let patient = patients
        .iter()
        .find(|patient| patient.spec.id == chosen.backend);
    match patient.and_then(|patient| patient.trial.as_ref()) {
        Some(Ok(_)) => Ok(format!("this machine can train: {place}{reason}")),
        None => Ok(format!(
            "this machine has a device to train on: {place}{reason}; without ‘quick’ it is tried"
        )),
        Some(Err(trouble)) => {
            let other = patients
                .iter()
                .find(|patient| matches!(patient.trial, Some(Ok(_))));
            let cure = match other {
                Some(other) => format!(
                    "train with ‘backend’ {} until this is repaired",
                    other.spec.id
                ),
                None => "the lines above say what to do".into(),
            };
            Err(format!(
                "this machine cannot train on {place}: {trouble}; {cure}"
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patient(
        id: &str,
        device: Option<(&str, bool)>,
        trial: Option<Result<String, String>>,
    ) -> Patient {
        let devices = device.map(|(id, software)| {
            let name = "a device".into();
            vec![DeviceInfo {
                id: id.into(),
                name,
                driver: String::new(),
                software,
                memory: None,
            }]
        });
        Patient {
            spec: backend::find(id).unwrap(),
            devices: devices.ok_or("it lists none".into()),
            trial,
        }
    }

    fn verdict(asked: Option<&str>, patients: &[Patient]) -> Result<String, String> {
        let asked = asked.map(|id| backend::find(id).unwrap());
        judge(&choose(asked, patients), patients)
    }

    #[test]
    fn auto_trains_on_the_gpu_where_there_is_one_that_computes() {
        let right = || Some(Ok("right".into()));
        let cpu = || patient("flex", Some(("cpu", false)), right());
        let gpu = |trial| [cpu(), patient("wgpu", Some(("discrete:0", false)), trial)];
        let sentence = verdict(None, &gpu(right())).unwrap();
        assert!(
            sentence.contains("can train: wgpu on discrete:0"),
            "{sentence}"
        );
        // `zoo train` would use a GPU that computes wrongly all the same.
        let sentence = verdict(None, &gpu(Some(Err("it crashed".into())))).unwrap_err();
        let expected =
            "cannot train on wgpu on discrete:0, a device: it crashed; train with ‘backend’ flex";
        assert!(sentence.contains(expected), "{sentence}");
        let sentence = verdict(Some("flex"), &gpu(Some(Err("it crashed".into())))).unwrap();
        assert!(
            sentence.ends_with("can train: flex on cpu, a device"),
            "{sentence}"
        );
    }

    #[test]
    fn a_backend_without_a_device_or_not_built_in_cannot_train() {
        let patients = [
            patient("flex", Some(("cpu", false)), None),
            patient("wgpu", None, None),
        ];
        let sentence = verdict(Some("wgpu"), &patients).unwrap_err();
        assert!(
            sentence.contains("no usable device here (it lists none)"),
            "{sentence}"
        );
        let sentence = verdict(Some("rocm"), &patients).unwrap_err();
        assert!(
            sentence.contains("build with `--features rocm`"),
            "{sentence}"
        );
        let sentence = verdict(None, &patients[1..]).unwrap_err();
        assert!(sentence.contains("no backend of this build"), "{sentence}");
    }

    #[test]
    fn a_backend_that_was_not_tried_is_not_said_to_work() {
        let patients = [patient("flex", Some(("cpu", false)), None)];
        let sentence = verdict(None, &patients).unwrap();
        assert!(
            sentence.contains("without ‘quick’ it is tried"),
            "{sentence}"
        );
    }
}
