//! Which devices of a backend really open and compute.

use super::described::Described;
use super::hung::Hung;
use super::open::{described, open};
use super::table::DeviceKind;
use super::{BackendError, BackendSpec, Device, DeviceInfo, Infer};
use crate::jobs::{self, Job, JobError};
use burn::tensor::Tensor;
use std::cell::Cell;
use std::path::Path;
use std::time::{Duration, Instant};

/// After this long it is said what is waited for.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long a driver may take to open all its devices before it counts as hung.
const PROBE_TIMEOUT: Duration = Duration::from_secs(60);

impl BackendSpec {
    fn device_info(&self, kind: &DeviceKind, number: usize, device: &Device) -> DeviceInfo {
        let Described {
            name,
            driver,
            memory,
        } = described(device);
        DeviceInfo {
            id: match kind.numbered {
                true => format!("{}:{number}", kind.name),
                false => kind.name.into(),
            },
            name,
            driver,
            software: kind.rank == 0,
            memory,
        }
    }

    /// Opens every device of the backend and computes on it, telling `found` of each that answers.
    ///
    /// A bad driver may crash or hang here: see [`devices`](Self::devices), which runs this in a
    /// child process.
    pub fn probe(&self, mut found: impl FnMut(DeviceInfo)) {
        for kind in self.kinds {
            for number in 0.. {
                let opened = std::panic::catch_unwind(|| {
                    let device = open(self.id, kind.name, number)?;
                    let info = self.device_info(kind, number, &device);
                    let one = Tensor::<Infer, 1>::ones([1], &device);
                    let two = (one.clone() + one).into_data();
                    (two.iter::<f32>().next() == Some(2.0)).then_some(info)
                });
                match opened {
                    Ok(Some(info)) => found(info),
                    Ok(None) | Err(_) => break,
                }
                if !kind.numbered {
                    break;
                }
            }
        }
    }

    /// The devices that really open and compute, the best first.
    ///
    /// Drivers are opened in a child process, by [`Job::Probe`], so that one that crashes or hangs is an error here and
    /// no more; `zoo` is the path of the program that does the job. Without it they are opened in this process.
    ///
    /// # Errors
    /// [`BackendError::NotBuiltIn`]; [`BackendError::NoDevice`], with what the driver said.
    pub fn devices(&self, zoo: Option<&Path>) -> Result<Vec<DeviceInfo>, BackendError> {
        if !self.built_in {
            return Err(BackendError::NotBuiltIn {
                id: self.id,
                how_to_build: self.how_to_build,
            });
        }
        let mut devices = Vec::new();
        let mut why = String::from("it lists none");
        if let Some(zoo) = zoo.filter(|_| !self.only_cpu()) {
            let asked = self.ask_in_child(zoo, PROBE_TIMEOUT, &Hung::of_user());
            (devices, why) = (asked.0, asked.1.unwrap_or(why));
        } else {
            self.probe(|info| devices.push(info));
        }
        if devices.is_empty() {
            return Err(BackendError::NoDevice {
                id: self.id,
                why,
                needs: self.needs,
            });
        }
        Ok(devices)
    }

    /// [`devices`](Self::devices) for a choice among all backends, which leaves out one whose driver hung not long ago.
    ///
    /// # Errors
    /// As [`devices`](Self::devices).
    pub(super) fn devices_unless_hung(
        &self,
        zoo: Option<&Path>,
    ) -> Result<Vec<DeviceInfo>, BackendError> {
        if self.built_in && !self.only_cpu() && Hung::of_user().has(self.id) {
            let id = self.id;
            log::warn!(
                "{id} is left out, as its driver hung less than a day ago: `zoo backends` asks it again"
            );
            return Err(BackendError::NoDevice {
                id,
                why: "its driver hung less than a day ago".into(),
                needs: self.needs,
            });
        }
        self.devices(zoo)
    }

    /// The devices that a child process finds, and what is wrong where it fails. One that takes long is told of, and one
    /// that hangs is remembered.
    fn ask_in_child(
        &self,
        zoo: &Path,
        limit: Duration,
        hung: &Hung,
    ) -> (Vec<DeviceInfo>, Option<String>) {
        let job = Job::Probe {
            backend: self.id.into(),
        };
        let mut devices = Vec::new();
        let found = |device| devices.push(device);
        let begun = Instant::now();
        let told = Cell::new(false);
        let tell = || {
            if begun.elapsed() >= PATIENCE && !told.replace(true) {
                log::warn!(
                    "waiting for the driver of {}, for {} s at most",
                    self.id,
                    limit.as_secs()
                );
            }
            false
        };
        let asked = jobs::watch(&mut jobs::command(zoo, None), &job, limit, found, tell);
        let hangs = asked.is_err() && begun.elapsed() >= limit;
        hung.set(self.id, hangs);
        let why = match asked {
            Ok(()) => None,
            Err(JobError::Process(trouble)) => Some(format!("its driver's probe {trouble}")),
            Err(error) => Some(error.to_string()),
        };
        (devices, why)
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_driver_that_hangs_is_remembered_until_it_answers() {
        let folder = tempfile::tempdir().unwrap();
        let hung = Hung::in_folder(folder.path());
        let zoo = folder.path().join("zoo");
        let ask = |script: &str| {
            std::fs::write(&zoo, format!("#!/bin/sh\n{script}\n")).unwrap();
            std::fs::set_permissions(&zoo, PermissionsExt::from_mode(0o755)).unwrap();
            let spec = super::super::find("flex").unwrap();
            let (devices, why) = spec.ask_in_child(&zoo, Duration::from_secs(1), &hung);
            assert!(devices.is_empty());
            why.unwrap()
        };
        let why = ask("exec sleep 10000");
        assert!(why.contains("did not end within 1 s"), "{why}");
        assert!(hung.has("flex"));
        // A driver that crashes is asked every time, as that takes no time.
        while !ask("exit 1").contains("exit status: 1") {}
        assert!(!hung.has("flex"));
    }
}
