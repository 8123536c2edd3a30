//! Several devices by their names.

use super::select::{best, of, select};
use super::table::{BackendSpec, find};
use super::{BackendError, DeviceInfo, Selected};
use std::path::Path;

/// The devices of those names, in their order; a name that is there twice gives its device twice. Each is a device of
/// `backend`, or a backend, or a backend and its device: `1`, `flex`, `wgpu:discrete:0`. Without a backend, names that
/// begin with none are devices of the backend that `auto` chooses.
///
/// # Errors
/// [`BackendError`] as for [`select`].
pub fn select_all(
    backend: Option<&str>,
    names: &[String],
    zoo: Option<&Path>,
) -> Result<Vec<Selected>, BackendError> {
    let backend = backend.filter(|backend| !backend.eq_ignore_ascii_case("auto"));
    let mut own = backend.map(find).transpose()?;
    let mut answers = Answers {
        zoo,
        devices: Vec::new(),
    };
    let mut all = Vec::new();
    for name in names {
        let of_another = with_backend(name);
        let (spec, device) = match (backend, of_another) {
            (None, Some(of_another)) => of_another,
            (_, of_another) => {
                let spec = match own {
                    Some(spec) => spec,
                    None => *own.insert(select("auto", None, zoo)?.backend),
                };
                let devices = answers.of(spec)?;
                // LibTorch has a device cuda:0, and so has the backend cuda.
                let is_own = devices.iter().any(|info| info.goes_by(name));
                let of_another = of_another.filter(|_| !is_own);
                of_another.unwrap_or((spec, Some(name)))
            }
        };
        all.push(of(spec, device, answers.of(spec)?)?);
    }
    Ok(all)
}

/// The name of a backend's device for a process of this number on its machine: one of its best devices, in turn.
///
/// # Errors
/// [`BackendError`] as for [`select`].
pub fn of_number(backend: &str, number: usize, zoo: Option<&Path>) -> Result<String, BackendError> {
    let spec = find(backend)?;
    let devices = spec.devices(zoo)?;
    let rank = spec.rank(best(spec, &devices));
    let equals = devices.iter().filter(|info| spec.rank(info) == rank);
    let equals: Vec<&DeviceInfo> = equals.collect();
    Ok(equals[number % equals.len()].id.clone())
}

/// A backend's name, perhaps with its device's behind it.
fn with_backend(name: &str) -> Option<(&'static BackendSpec, Option<&str>)> {
    match name.split_once(':') {
        Some((backend, device)) => Some((find(backend).ok()?, Some(device))),
        None => Some((find(name).ok()?, None)),
    }
}

/// The devices of the backends asked so far: each driver is opened once.
struct Answers<'a> {
    zoo: Option<&'a Path>,
    devices: Vec<(&'static str, Vec<DeviceInfo>)>,
}

impl Answers<'_> {
    fn of(&mut self, spec: &'static BackendSpec) -> Result<&[DeviceInfo], BackendError> {
        let known = self.devices.iter().position(|(id, _)| *id == spec.id);
        let index = match known {
            Some(index) => index,
            None => {
                self.devices.push((spec.id, spec.devices(self.zoo)?));
                self.devices.len() - 1
            }
        };
        Ok(&self.devices[index].1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(backend: Option<&str>, names: &[&str]) -> Result<Vec<String>, String> {
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        let all = select_all(backend, &names, None).map_err(|error| error.to_string())?;
        let names = all
            .iter()
            .map(|it| format!("{} {}", it.backend.id, it.info.id));
        Ok(names.collect())
    }

    #[test]
    fn devices_go_by_their_names_with_and_without_a_backend() {
        let twice = ["flex cpu", "flex cpu"].map(String::from).to_vec();
        assert_eq!(names(None, &["flex", "flex:cpu"]), Ok(twice.clone()));
        assert_eq!(names(Some("flex"), &["cpu", "cpu"]), Ok(twice.clone()));
        assert_eq!(names(Some("Flex"), &["cpu", "flex"]), Ok(twice));
        let error = names(Some("flex"), &["cpu", "7"]).unwrap_err();
        assert!(error.contains("flex has no device `7` here"), "{error}");
        let error = names(None, &["flex:gpu"]).unwrap_err();
        assert!(error.contains("flex has no device `gpu` here"), "{error}");
    }
}
