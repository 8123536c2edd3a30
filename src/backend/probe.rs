//! Which devices of a backend really open and compute.

use super::open::{hardware_name, open};
use super::table::DeviceKind;
use super::{BackendError, BackendSpec, Device, DeviceInfo, Infer};
use crate::child;
use burn::tensor::Tensor;
use std::path::Path;
use std::process::Command;
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
    /// Drivers are asked in a child process, `zoo backends --probe ID`, so that one that crashes or
    /// hangs is an error here and no more; `zoo` is that program's path.
    ///
    /// # Errors
    /// [`BackendError::NotBuiltIn`]; [`BackendError::NoDevice`], with what the driver said.
    pub fn devices(&self, zoo: &Path) -> Result<Vec<DeviceInfo>, BackendError> {
        if !self.built_in {
            return Err(BackendError::NotBuiltIn {
                id: self.id,
                how_to_build: self.how_to_build,
            });
        }
        let mut devices = Vec::new();
        let mut why = String::from("it lists none");
        if self.only_cpu() {
            self.probe(|info| devices.push(info));
        } else {
            let probed = probe_in_child(zoo, self.id);
            devices = probed.devices;
            why = probed.trouble.unwrap_or(why);
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

struct Probed {
    devices: Vec<DeviceInfo>,
    trouble: Option<String>,
}

fn probe_in_child(zoo: &Path, id: &str) -> Probed {
    let mut command = Command::new(zoo);
    let ended = child::run(command.args(["backends", "--probe", id]), PROBE_TIMEOUT);
    let lines = ended.stdout.lines();
    Probed {
        devices: lines
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect(),
        trouble: ended
            .trouble
            .map(|trouble| format!("its driver's probe {trouble}")),
    }
}
