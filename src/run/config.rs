//! A run's settings, as `config.json` holds them.

use super::RunError;
use super::names::FORMAT;
use crate::data::{self, HoldOut, Splits};
use crate::numbers::{self, thousands};
use crate::pictures::Fit;
use crate::system::files;
use crate::weights;
use burn_zoo_models::{
    ClassifierConfig, ConvAlgorithm, Normalisation, PerChannel, Refinements, Schedule,
};
use burn_zoo_steps::AdamSettings;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

/// Everything needed to repeat a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunConfig {
    /// The version of this file: [`FORMAT`].
    pub format: u64,
    /// The version of the zoo.
    pub zoo: String,
    /// The version of Burn.
    pub burn: String,
    /// The model's name in the zoo.
    pub model: String,
    /// The model's settings.
    pub architecture: ClassifierConfig,
    /// The data.
    pub dataset: DatasetConfig,
    /// Adam's settings.
    pub adam: AdamSettings,
    /// Images a step.
    pub batch_size: usize,
    /// Passes over the training set.
    pub num_epochs: usize,
    /// The parts of the recipe beyond the lecture's.
    #[serde(default, skip_serializing_if = "is_the_lectures")]
    pub refinements: Refinements,
    /// Of the initial weights, the order of the images, the validation split and synthetic data.
    pub seed: u64,
    /// The backend.
    pub backend: String,
    /// The backend's device.
    pub device: String,
    /// The hardware.
    pub hardware: String,
    /// SHA-256 of the initial weights' names, shapes and values: equal on every backend.
    pub initial_weights_sha256: String,
    /// The algorithm of each convolution; none are named where all are the backend's own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub convolutions: Vec<ConvAlgorithm>,
    /// The run, the weights of the zoo or the file that it began with, instead of weights drawn from the seed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub init_from: Option<PathBuf>,
    /// Whether all but the last layer was taken over from there, and that was drawn anew for other classes.
    #[serde(default, skip_serializing_if = "is_false")]
    pub new_head: bool,
    /// The modules that are not trained; "backbone" is all but the last layer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub freeze: Vec<String>,
    /// The learning rate of all but the last layer, where it has another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backbone_learning_rate: Option<f64>,
    /// The file that its weights are from: it was imported and not trained.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imported_from: Option<PathBuf>,
    /// Further devices, where several share each batch: the first computes the images that these leave.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub further_devices: Vec<DeviceConfig>,
    /// Where it ran before it went on on another backend or device: "to epoch 3 on libtorch cpu".
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier: Vec<String>,
}

fn is_the_lectures(refinements: &Refinements) -> bool {
    *refinements == Refinements::NONE
}

fn is_false(value: &bool) -> bool {
    !value
}

/// A device of a run, where several share each batch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeviceConfig {
    /// The backend.
    pub backend: String,
    /// The backend's device.
    pub device: String,
    /// The hardware.
    pub hardware: String,
    /// The images of each batch that it computes.
    pub images: usize,
    /// The algorithm of each convolution there; none are named where all are the backend's own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub convolutions: Vec<ConvAlgorithm>,
    /// Its machine, where it is the device of another process.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
}

/// The data of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatasetConfig {
    /// The data set's name in the zoo.
    pub id: String,
    /// Where it was found.
    pub origin: String,
    /// The classes, in order of their labels.
    pub classes: Vec<String>,
    /// How pictures become images.
    #[serde(default, skip_serializing_if = "Fit::is_pad")]
    pub fit: Fit,
    /// The mean that is subtracted from pixels scaled to [0, 1].
    pub mean: PerChannel,
    /// The standard deviation by which they are then divided.
    pub std: PerChannel,
    /// Use only the first this many images of the training and of the test set.
    pub limit: Option<usize>,
    /// The share of the training set held out for validation.
    pub valid_fraction: f64,
    /// Images trained on.
    pub num_train: usize,
    /// Images held out.
    pub num_valid: usize,
    /// Images tested on.
    pub num_test: usize,
    /// SHA-256 of the images, or of the names and contents of a folder's pictures. Runs of before have none, and hold
    /// images out by their positions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// The pictures of a folder that cannot be read and were left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skipped: Vec<String>,
}

impl DatasetConfig {
    /// How images are held out of a folder's.
    pub fn hold_out(&self) -> HoldOut {
        match self.digest {
            Some(_) => HoldOut::ByContent,
            None => HoldOut::ByPosition,
        }
    }

    /// Whether the pictures that cannot be read are left out.
    pub fn skips_unreadable(&self) -> bool {
        !self.skipped.is_empty()
    }

    /// How images differ from those that the run was trained and tested on, in words, if they do.
    pub fn difference(&self, found: &Splits) -> Option<String> {
        let num_valid = found.valid.as_ref().map_or(0, |valid| valid.len());
        let counts = [found.train.len(), found.test.len()];
        if counts != [self.num_train, self.num_test] {
            return Some(format!(
                "was trained on {} and tested on {} images of {}, and {} holds {} and {}",
                thousands(self.num_train),
                thousands(self.num_test),
                self.id,
                found.origin,
                thousands(counts[0]),
                thousands(counts[1])
            ));
        }
        if num_valid != self.num_valid {
            return Some(format!(
                "had {} images of {} for validation, and {} holds {}",
                thousands(self.num_valid),
                self.id,
                found.origin,
                thousands(num_valid)
            ));
        }
        let digests = (&self.digest, &found.digest);
        let is_other = matches!(digests, (Some(before), Some(now)) if before != now);
        (is_other || found.skipped != self.skipped).then(|| {
            format!(
                "was trained on other images of {} than those in {}: they are as many, with other contents or names",
                self.id, found.origin
            )
        })
    }

    /// How pixels become the model's input.
    pub fn normalisation(&self) -> Normalisation {
        Normalisation::new(self.mean, self.std)
    }
}

/// What of a run's settings never changes: what its weights compute, and how they came about.
#[derive(Serialize)]
struct Identity<'a> {
    model: &'a str,
    architecture: &'a ClassifierConfig,
    /// None of a folder of pictures, which may be moved.
    dataset: Option<&'a str>,
    classes: &'a [String],
    fit: Fit,
    mean: PerChannel,
    std: PerChannel,
    limit: Option<usize>,
    valid_fraction: f64,
    images: [usize; 3],
    adam: &'a AdamSettings,
    batch_size: usize,
    refinements: &'a Refinements,
    seed: u64,
    initial_weights_sha256: &'a str,
    new_head: bool,
    backbone_learning_rate: Option<f64>,
}

impl RunConfig {
    /// SHA-256 of those settings that stay the same however often the run is resumed, by which its other files are known
    /// as its own.
    pub fn identity(&self) -> String {
        let dataset = &self.dataset;
        let identity = Identity {
            model: &self.model,
            architecture: &self.architecture,
            dataset: (!data::is_folder(&dataset.id)).then_some(&dataset.id),
            classes: &dataset.classes,
            fit: dataset.fit,
            mean: dataset.mean,
            std: dataset.std,
            limit: dataset.limit,
            valid_fraction: dataset.valid_fraction,
            images: [dataset.num_train, dataset.num_valid, dataset.num_test],
            adam: &self.adam,
            batch_size: self.batch_size,
            refinements: &self.refinements,
            seed: self.seed,
            initial_weights_sha256: &self.initial_weights_sha256,
            new_head: self.new_head,
            backbone_learning_rate: self.backbone_learning_rate,
        };
        let json = serde_json::to_vec(&identity).expect("settings are valid JSON");
        weights::hex(&Sha256::digest(json))
    }

    /// All devices of the run, each with its part of a batch.
    pub fn devices(&self) -> Vec<DeviceConfig> {
        let further = self.further_devices.iter().map(|device| device.images);
        let first = DeviceConfig {
            backend: self.backend.clone(),
            device: self.device.clone(),
            hardware: self.hardware.clone(),
            images: self.batch_size.saturating_sub(further.sum()),
            convolutions: self.convolutions.clone(),
            host: None,
        };
        let mut devices = vec![first];
        devices.extend_from_slice(&self.further_devices);
        devices
    }

    /// The run's devices in words: "flex cpu", or of several "flex cpu (96 images of each batch) and ndarray cpu (32)".
    pub fn place_in_words(&self) -> String {
        match self.devices().as_slice() {
            [only] => format!("{} {}", only.backend, only.device),
            several => {
                let words = several.iter().enumerate().map(|(index, it)| {
                    let of_batch = if index == 0 {
                        " images of each batch"
                    } else {
                        ""
                    };
                    let host = it.host.as_ref();
                    let host = host.map_or(String::new(), |host| format!(" of {host}"));
                    format!(
                        "{} {}{host} ({}{of_batch})",
                        it.backend, it.device, it.images
                    )
                });
                words.collect::<Vec<_>>().join(" and ")
            }
        }
    }

    /// The recipe in one line: "Adam at 1e-3 along a cosine, batches of 256, …".
    pub fn recipe_in_words(&self) -> String {
        let rate = self.adam.learning_rate;
        let mut words = vec![match self.refinements.schedule {
            Schedule::Constant => format!("Adam at {rate:e}"),
            Schedule::Cosine => format!("Adam at {rate:e} along a cosine"),
        }];
        let backbone = self.backbone_learning_rate;
        words.extend(backbone.map(|rate| format!("{rate:e} for the backbone")));
        words.push(format!("batches of {}", self.batch_size));
        words.push(format!("{} epochs", self.num_epochs));
        words.extend(self.refinements.in_words());
        words.join(", ")
    }

    /// Says what does not fit together in a file that someone may have edited.
    fn check(&self) -> Result<(), String> {
        let Self {
            architecture,
            dataset,
            ..
        } = self;
        let input = architecture.input();
        let classes = [architecture.num_classes(), dataset.classes.len()];
        if data::is_folder(&dataset.id) || dataset.id == data::UNKNOWN {
            // The folder itself is checked when its pictures are read: it may have moved.
            data::check_shape(input)?;
            if classes[0] != classes[1] {
                return Err(format!(
                    "its model has {} classes, and it names {}",
                    classes[0], classes[1]
                ));
            }
        } else {
            let spec = data::find(&dataset.id).map_err(|error| error.to_string())?;
            if input != spec.shape {
                return Err(format!(
                    "its model takes images of {input}, and those of {} are {}",
                    spec.id, spec.shape
                ));
            }
            if classes != [spec.classes.len(); 2] {
                return Err(format!(
                    "its model has {} classes, it names {}, and {} has {}",
                    classes[0],
                    classes[1],
                    spec.id,
                    spec.classes.len()
                ));
            }
        }
        self.check_devices()?;
        dataset.normalisation().check(input.channels)
    }

    fn check_devices(&self) -> Result<(), String> {
        let further = self.further_devices.iter().map(|device| device.images);
        let sum: usize = further.clone().fold(0, usize::saturating_add);
        match sum >= self.batch_size && sum > 0 || further.min() == Some(0) {
            true => Err(format!(
                "its devices do not share its batches of {}: each must have an image of every batch",
                self.batch_size
            )),
            false => Ok(()),
        }
    }
}

/// Reads a run's configuration.
///
/// # Errors
/// [`RunError::Newer`] where a newer zoo wrote it; [`RunError::BadConfig`]; [`RunError::File`].
pub fn read_config(path: &Path) -> Result<RunConfig, RunError> {
    let bad = |error: serde_json::Error| RunError::BadConfig {
        path: path.into(),
        reason: error.to_string(),
    };
    let json = files::read(path)?;
    let value: serde_json::Value = serde_json::from_slice(&json).map_err(bad)?;
    // Asked before the rest is read: a newer version may have other fields.
    let found = value.get("format").and_then(serde_json::Value::as_u64);
    if let Some(found) = found.filter(|&found| found > FORMAT) {
        let path = path.into();
        return Err(RunError::Newer { path, found });
    }
    let config: RunConfig = serde_json::from_value(value.clone()).map_err(bad)?;
    let large =
        numbers::too_large(&value, &config).map(|number| format!("{number}, which is too large"));
    let checked = large.map_or_else(|| config.check(), Err);
    checked.map_err(|reason| RunError::BadConfig {
        path: path.into(),
        reason,
    })?;
    Ok(config)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_versions_know_the_files_of_a_run_as_its_own() {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/cli/earlier_run/config.json"
        );
        let mut config = read_config(Path::new(path)).unwrap();
        let known = "7bd37e277d066223f88a6dcfa6ff59a3ff2eb6c601d701b84030628f49a326e2";
        assert_eq!(config.identity(), known);
        config.num_epochs += 1;
        config.dataset.origin = "elsewhere".into();
        assert_eq!(config.identity(), known);
        config.seed += 1;
        assert_ne!(config.identity(), known);
    }

    /// Found by fuzzing.
    #[test]
    fn a_number_that_a_setting_cannot_hold_is_refused_with_its_place() {
        let earlier = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/cli/earlier_run/config.json"
        );
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.json");
        let whole: serde_json::Value =
            serde_json::from_slice(&std::fs::read(earlier).unwrap()).unwrap();
        for (object, field) in [("adam", "epsilon"), ("dataset", "mean")] {
            let mut config = whole.clone();
            config[object][field] = serde_json::json!(1e99);
            std::fs::write(&path, config.to_string()).unwrap();
            let error = read_config(&path).unwrap_err().to_string();
            let expected = format!("{object}.{field} is 1e+99, which is too large");
            assert!(error.contains(&expected), "{error}");
        }
    }

    #[test]
    fn a_configuration_of_a_newer_version_says_so_whatever_else_it_holds() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.json");
        std::fs::write(&path, r#"{"format": 2, "quantum": true}"#).unwrap();
        let error = read_config(&path).unwrap_err().to_string();
        assert!(
            error.contains("is of version 2") && error.contains("newer zoo"),
            "{error}"
        );
    }
}
