//! Which devices of a backend really open and compute.

use super::open::{hardware_name, open};
use super::table::DeviceKind;
use super::{BackendError, BackendSpec, Device, DeviceInfo, Infer};
use crate::jobs::{self, Job, JobError};
use burn::tensor::Tensor;
use std::path::Path;
use std::time::Duration;

/// How long a driver may take to open all its devices before it counts as hung.
const PROBE_TIMEOUT: Duration = Duration::from_secs(60);

impl BackendSpec {
    fn device_info(&self, kind: &DeviceKind, number: usize, device: &Device) -> DeviceInfo {
        DeviceInfo {
            id: match kind.numbered {
                true => format!("{}:{number}", kind.name),
                false => kind.name.into(),
            },
            name: hardware_name(device),
            software: kind.rank == 0,
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
            let job = Job::Probe {
                backend: self.id.into(),
            };
            let found = |device| devices.push(device);
            let command = &mut jobs::command(zoo, None);
            match jobs::watch(command, &job, PROBE_TIMEOUT, found, || false) {
                Ok(()) => {}
                Err(JobError::Process(trouble)) => why = format!("its driver's probe {trouble}"),
                Err(error) => why = error.to_string(),
            }
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
}
