//! The measurements of this machine's devices: one file a device, in the user's cache folder.

use super::hardware::Hardware;
use super::measurement::Measurement;
use crate::system::files::{self, FileError};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::io;
use std::path::{Path, PathBuf};

/// A file of measurements. Those of another driver, or of another version of the zoo or of Burn, count no more: their
/// kernels may be others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    zoo: String,
    burn: String,
    /// The device.
    pub hardware: Hardware,
    /// What was measured of it.
    pub measurements: Vec<Measurement>,
}

impl Kept {
    fn of(hardware: &Hardware) -> Self {
        Self {
            zoo: env!("CARGO_PKG_VERSION").into(),
            burn: crate::BURN.into(),
            hardware: hardware.clone(),
            measurements: Vec::new(),
        }
    }

    /// Why the measurements count no more; `None` where they do, with the driver that the device has now.
    pub fn outdated(&self, driver: &str) -> Option<String> {
        let now = Self::of(&self.hardware);
        let differences = [
            ("zoo", &self.zoo, now.zoo.as_str()),
            ("Burn", &self.burn, now.burn.as_str()),
            ("the driver", &self.hardware.driver, driver),
        ];
        let mut changed = differences.iter().filter(|(_, then, now)| then != now);
        changed
            .next()
            .map(|(what, then, now)| format!("{what} was {then} and is {now}"))
    }
}

/// The folder of the files; `None` on a system without a cache folder.
fn folder() -> Option<PathBuf> {
    Some(dirs::cache_dir()?.join("burn-zoo").join("convolutions"))
}

/// The file of a device, whatever its driver.
fn path(folder: &Path, hardware: &Hardware) -> PathBuf {
    let Hardware { backend, name, .. } = hardware;
    let digest = Sha256::digest(format!("{backend}\n{name}"));
    let digest: String = digest[..6]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    folder.join(format!("{backend}-{digest}.json"))
}

/// What was measured of a device with the driver that it has now; nothing where the file cannot be read, which costs
/// another measurement and no more.
pub(super) fn read(hardware: &Hardware) -> Vec<Measurement> {
    folder().map_or_else(Vec::new, |folder| read_in(&folder, hardware))
}

fn read_in(folder: &Path, hardware: &Hardware) -> Vec<Measurement> {
    let path = path(folder, hardware);
    let Some(kept) = read_file(&path) else {
        return Vec::new();
    };
    match kept.outdated(&hardware.driver) {
        None if kept.hardware == *hardware => kept.measurements,
        None => Vec::new(),
        Some(why) => {
            log::debug!(
                "the measurements in {} count no more: {why}",
                files::shown(&path)
            );
            Vec::new()
        }
    }
}

fn read_file(path: &Path) -> Option<Kept> {
    let bytes = files::read(path).ok()?;
    let kept = serde_json::from_slice(&bytes);
    kept.inspect_err(|error| log::warn!("{} is left out: {error}", files::shown(path)))
        .ok()
}

/// Keeps measurements of a device beside those there are; those of the same layer, number of images and algorithm are
/// replaced. Returns the file; `None` on a system without a cache folder.
///
/// # Errors
/// [`FileError`] where it cannot be written.
pub fn keep(
    hardware: &Hardware,
    measurements: &[Measurement],
) -> Result<Option<PathBuf>, FileError> {
    let Some(folder) = folder() else {
        return Ok(None);
    };
    keep_in(&folder, hardware, measurements).map(Some)
}

fn keep_in(
    folder: &Path,
    hardware: &Hardware,
    measurements: &[Measurement],
) -> Result<PathBuf, FileError> {
    let mut kept = Kept::of(hardware);
    kept.measurements = read_in(folder, hardware);
    kept.measurements
        .retain(|row| !measurements.iter().any(|new| new.replaces(row)));
    kept.measurements.extend_from_slice(measurements);
    let path = path(folder, hardware);
    files::create_folders(folder)?;
    let json = serde_json::to_vec_pretty(&kept).expect("measurements are valid JSON");
    files::write_whole(&path, &json)?;
    Ok(path)
}

/// All files of measurements, with what they hold.
pub fn kept() -> Vec<(PathBuf, Kept)> {
    folder().map_or_else(Vec::new, |folder| kept_in(&folder))
}

fn kept_in(folder: &Path) -> Vec<(PathBuf, Kept)> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "json"));
    paths.sort();
    let kept = paths.into_iter().filter_map(|path| {
        let kept = read_file(&path)?;
        Some((path, kept))
    });
    kept.collect()
}

/// Removes all files of measurements, and returns how many there were.
///
/// # Errors
/// [`FileError`] for the first that cannot be removed.
pub fn forget() -> Result<usize, FileError> {
    let Some(folder) = folder() else {
        return Ok(0);
    };
    let entries = match std::fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(FileError::new("read", &folder, error)),
    };
    let mut removed = 0;
    for entry in entries.flatten() {
        let path = entry.path();
        std::fs::remove_file(&path).map_err(|error| FileError::new("remove", &path, error))?;
        removed += 1;
    }
    Ok(removed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::convolution::Seconds;
    use burn_zoo_models::{ConvAlgorithm, ConvShape};

    fn gpu() -> Hardware {
        Hardware {
            backend: "wgpu".into(),
            name: "a GPU (Vulkan)".into(),
            driver: "radv 25.0".into(),
            is_cpu: false,
        }
    }

    fn row(algorithm: ConvAlgorithm, speed: f64) -> Measurement {
        let shape = ConvShape {
            in_channels: 1,
            out_channels: 32,
            input: [28; 2],
            kernel: [7; 2],
            stride: [1; 2],
            dilation: [1; 2],
            padding: [[0; 2]; 2],
            groups: 1,
        };
        let seconds = Seconds {
            training: speed.recip(),
            inference: speed.recip(),
            preparation: 0.0,
        };
        Measurement::new("wgpu", &shape, algorithm, 64, 1, seconds).unwrap()
    }

    #[test]
    fn measurements_are_kept_by_device_and_count_no_more_with_another_driver() {
        let folder = tempfile::tempdir().unwrap();
        let read = |hardware: &Hardware| read_in(folder.path(), hardware);
        assert!(read(&gpu()).is_empty());
        let rows = [
            row(ConvAlgorithm::Direct, 1.0),
            row(ConvAlgorithm::Im2col, 2.0),
        ];
        keep_in(folder.path(), &gpu(), &rows).unwrap();
        assert_eq!(read(&gpu()), rows);

        // The same again replaces; another stays beside.
        let again = [row(ConvAlgorithm::Direct, 3.0)];
        keep_in(folder.path(), &gpu(), &again).unwrap();
        assert_eq!(read(&gpu()), [rows[1].clone(), again[0].clone()]);

        let newer = Hardware {
            driver: "radv 25.1".into(),
            ..gpu()
        };
        assert!(read(&newer).is_empty());
        let other = Hardware {
            name: "another GPU".into(),
            ..gpu()
        };
        assert!(read(&other).is_empty());
        let (_, kept) = &kept_in(folder.path())[0];
        assert_eq!(kept.outdated("radv 25.0"), None);
        let why = kept.outdated("radv 25.1").unwrap();
        assert_eq!(why, "the driver was radv 25.0 and is radv 25.1");

        // What was measured with the older driver is not kept beside what is measured with the newer.
        keep_in(folder.path(), &newer, &again).unwrap();
        assert_eq!(read(&newer), again);
        assert!(read(&gpu()).is_empty());
    }

    #[test]
    fn a_damaged_file_is_as_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = keep_in(folder.path(), &gpu(), &[row(ConvAlgorithm::Direct, 1.0)]).unwrap();
        std::fs::write(&path, "{\"zoo\":").unwrap();
        assert!(read_in(folder.path(), &gpu()).is_empty());
        assert!(kept_in(folder.path()).is_empty());
        keep_in(folder.path(), &gpu(), &[row(ConvAlgorithm::Direct, 1.0)]).unwrap();
        assert_eq!(read_in(folder.path(), &gpu()).len(), 1);
    }
}
