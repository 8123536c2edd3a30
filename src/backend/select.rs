//! The backend and device to compute on: the one asked for, or the best that answers.

use super::open::open;
use super::table::{Arithmetic, BACKENDS, BackendSpec, find};
use super::{BackendError, Device, DeviceInfo, Infer};
use crate::convolution::{Hardware, Table, in_turn};
use crate::jobs::Place;
use crate::system::timed;
use burn::tensor::FloatDType;
use burn::tensor::backend::{Backend, DTypeUsage};
use burn_zoo_models::{ConvAlgorithm, Network, Precision};
use burn_zoo_steps::MOST_SAVED_ON_CPU;
use std::path::Path;

/// The bytes of a GPU that does not tell how many it has.
const ASSUMED_MEMORY: u64 = 4 << 30;

/// When batches are put together, and by how many threads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preparation {
    /// As they are asked for, by the thread that asks.
    ByOneThread,
    /// As they are asked for, by all of rayon's threads.
    ByAllThreads,
    /// Each while the one before is computed, by all of rayon's threads.
    Ahead,
}

/// A backend and device to compute on.
#[derive(Debug, Clone)]
pub struct Selected {
    /// The backend.
    pub backend: &'static BackendSpec,
    /// The device, as the command line and the user know it.
    pub info: DeviceInfo,
    /// The device, as Burn knows it.
    pub device: Device,
    /// Why `auto` chose it; `None` where the user did.
    pub reason: Option<String>,
}

impl Selected {
    /// The backend and device by their names.
    pub fn place(&self) -> Place {
        Place {
            backend: self.backend.id.into(),
            device: self.info.id.clone(),
        }
    }

    /// The device as far as the speed of convolutions depends on it.
    pub fn hardware(&self) -> Hardware {
        let DeviceInfo {
            id, name, driver, ..
        } = &self.info;
        Hardware::new([self.backend.id, id], name, driver)
    }

    /// What was measured of convolutions on the device.
    pub fn measured(&self) -> Table {
        Table::of(&self.hardware())
    }

    /// The least exact arithmetic that the device may choose for 32-bit floats.
    pub fn arithmetic(&self) -> Arithmetic {
        self.backend.arithmetic(&self.info)
    }

    /// How many values a training step may keep for its backward pass: an eighth of a GPU's memory, as the backward
    /// pass and the device's own store take several times as much.
    pub fn most_saved(&self) -> usize {
        let of_cpu = MOST_SAVED_ON_CPU;
        if self.info.id == "cpu" {
            return of_cpu;
        }
        let memory = self.info.memory.unwrap_or(ASSUMED_MEMORY);
        let values = memory / 8 / size_of::<f32>() as u64;
        usize::try_from(values).unwrap_or(usize::MAX).max(of_cpu)
    }

    /// Whether the device multiplies in this type of float.
    ///
    /// # Errors
    /// [`BackendError::Precision`] where it does not.
    pub fn check_precision(&self, precision: Precision) -> Result<(), BackendError> {
        let usage = |dtype: FloatDType| Infer::dtype_usage(&self.device, dtype.into());
        let products = precision.products();
        match products.is_none_or(|dtype| usage(dtype).is_superset(DTypeUsage::general())) {
            true => Ok(()),
            false => Err(BackendError::Precision {
                device: self.name(),
                precision: precision.name(),
            }),
        }
    }

    /// A model whose convolutions are computed by these algorithms, of so many images at a time as suit the device.
    pub fn suited<B: Backend, N: Network<B>>(&self, model: N, algorithms: &[ConvAlgorithm]) -> N {
        let model = model.with_algorithms(in_turn(algorithms));
        match (self.info.id.as_str(), model.saved_activations()) {
            ("cpu", _) | (_, 0) => model,
            (_, of_an_image) => model.with_images_at_once(self.most_saved() / of_an_image),
        }
    }

    /// Its name among devices of all backends: "flex:cpu".
    pub fn name(&self) -> String {
        format!("{}:{}", self.backend.id, self.info.id)
    }

    /// How batches are best prepared for the device.
    pub fn preparation(&self) -> Preparation {
        match (self.backend.id, self.info.id.as_str()) {
            // Its threads wait by spinning, and more threads than cores then hold up each other.
            ("libtorch", "cpu") => Preparation::ByOneThread,
            (_, "cpu") => Preparation::ByAllThreads,
            _ => Preparation::Ahead,
        }
    }
}

/// The backend and device of those names; `auto` is the fastest backend with a device here. Drivers, which may
/// crash or hang, are opened in processes of the program `zoo`, or without it in this process.
///
/// # Errors
/// [`BackendError`] where there is no such backend or device, or none that computes.
pub fn select(
    backend: &str,
    device: Option<&str>,
    zoo: Option<&Path>,
) -> Result<Selected, BackendError> {
    let selected = timed("choosing the backend", || {
        choose_named(backend, device, zoo)
    })?;
    let Selected { backend, info, .. } = &selected;
    let reason = match &selected.reason {
        Some(reason) => format!("auto: {reason}"),
        None => "asked for".into(),
    };
    let (id, name) = (&info.id, &info.name);
    log::debug!("backend {} on {id}, {name} ({reason})", backend.id);
    Ok(selected)
}

/// The backend and device that a job names.
///
/// # Errors
/// [`BackendError`] as for [`select`].
pub fn select_place(place: &Place, zoo: Option<&Path>) -> Result<Selected, BackendError> {
    select(&place.backend, Some(&place.device), zoo)
}

fn choose_named(
    backend: &str,
    device: Option<&str>,
    zoo: Option<&Path>,
) -> Result<Selected, BackendError> {
    if backend.eq_ignore_ascii_case("auto") {
        return match device {
            Some(device) => Err(BackendError::DeviceOfAuto(device.into())),
            None => select_auto(zoo),
        };
    }
    let spec = find(backend)?;
    of(spec, device, &spec.devices(zoo)?)
}

/// A backend's device of that name, or else its best.
pub(super) fn of(
    spec: &'static BackendSpec,
    device: Option<&str>,
    devices: &[DeviceInfo],
) -> Result<Selected, BackendError> {
    let info = match device {
        None => best(spec, devices),
        Some(wanted) => devices
            .iter()
            .find(|info| info.goes_by(wanted))
            .ok_or_else(|| BackendError::UnknownDevice {
                id: spec.id,
                device: wanted.into(),
                found: devices.iter().map(|info| info.id.clone()).collect(),
            })?,
    };
    selected(spec, info.clone(), None)
}

/// The best device of the best backend: a GPU before the CPU, LibTorch before flex before ndarray,
/// and a GPU driver that computes on the CPU last.
fn select_auto(zoo: Option<&Path>) -> Result<Selected, BackendError> {
    let built_in = BACKENDS.iter().filter(|spec| spec.built_in);
    let answers: Vec<_> = built_in
        .filter_map(|spec| Some((spec, spec.devices_unless_hung(zoo).ok()?)))
        .collect();
    let (spec, info, reason) = choose(&answers)?;
    selected(spec, info, Some(reason.into()))
}

/// The backend and device that `auto` chooses, and the reason; each backend has at least one device.
///
/// # Errors
/// [`BackendError::Nothing`] where there are none.
pub fn choose(
    answers: &[(&'static BackendSpec, Vec<DeviceInfo>)],
) -> Result<(&'static BackendSpec, DeviceInfo, &'static str), BackendError> {
    let candidates = answers.iter().map(|(spec, devices)| {
        let info = best(spec, devices);
        (spec.rank(info), *spec, info)
    });
    // The first of equals, as in the table.
    let best = candidates.rev().max_by_key(|(rank, ..)| *rank);
    let (rank, spec, info) = best.ok_or(BackendError::Nothing)?;
    let info = info.clone();
    let reason = match rank {
        5.. => "the fastest GPU found",
        1..=4 => "no GPU was found; of the CPU backends built in it is the fastest at CNNs",
        0 => "nothing better is built in",
    };
    Ok((spec, info, reason))
}

/// The device of highest rank; `devices` is not empty.
pub fn best<'a>(spec: &BackendSpec, devices: &'a [DeviceInfo]) -> &'a DeviceInfo {
    let mut best = &devices[0];
    for device in devices {
        if spec.rank(device) > spec.rank(best) {
            best = device;
        }
    }
    best
}

fn selected(
    backend: &'static BackendSpec,
    info: DeviceInfo,
    reason: Option<String>,
) -> Result<Selected, BackendError> {
    let (kind, number) = info.id.split_once(':').unwrap_or((&info.id, "0"));
    let device =
        open(backend.id, kind, number.parse().unwrap_or(0)).ok_or(BackendError::NotBuiltIn {
            id: backend.id,
            how_to_build: backend.how_to_build,
        })?;
    Ok(Selected {
        backend,
        info,
        device,
        reason,
    })
}

#[cfg(test)]
mod tests {
    use super::super::host;
    use super::*;

    #[test]
    fn a_step_keeps_more_where_a_device_has_more_memory() {
        let most_saved = |id: &str, memory: Option<u64>| {
            let selected = Selected {
                backend: find("wgpu").unwrap(),
                info: DeviceInfo {
                    id: id.into(),
                    name: String::new(),
                    driver: String::new(),
                    software: id == "cpu",
                    memory,
                },
                device: host(),
                reason: None,
            };
            selected.most_saved() * size_of::<f32>()
        };
        assert_eq!(most_saved("cpu", None), 128 << 20);
        assert_eq!(most_saved("cpu", Some(64 << 30)), 128 << 20);
        assert_eq!(most_saved("discrete:0", Some(16 << 30)), 2 << 30);
        assert_eq!(most_saved("discrete:0", Some(512 << 20)), 128 << 20);
        assert_eq!(most_saved("discrete:0", None), 512 << 20);
    }
}
