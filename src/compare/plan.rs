//! The plan of a comparison, and its steps.

use super::results::Row;
use super::step::{Part, Step};
use crate::convolution::{Conv, Hardware, Purpose, Table};
use crate::data::{self, DataError, DatasetSpec};
use crate::jobs::{DatasetRequest, Place, Sharing};
use crate::pictures::Fit;
use crate::summary::graph;
use burn_zoo_models::{ImageShape, ModelError, Recipe};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// The models and backends to compare, and the settings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The models.
    pub models: Vec<Planned>,
    /// The backends.
    pub subjects: Vec<Subject>,
    /// The devices of each backend that share each batch of training; the parity check takes its best device.
    #[serde(default, skip_serializing_if = "Sharing::is_none")]
    pub sharing: Sharing,
    /// The data set.
    pub dataset: String,
    /// For a folder of pictures, the shape of the images that they become.
    pub image_shape: Option<ImageShape>,
    /// For a folder of pictures, how they become such images.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fit: Option<Fit>,
    /// The folder with the data set's files, if the user named one.
    pub data_dir: Option<PathBuf>,
    /// Whether the pictures of a folder that cannot be read are left out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub skip_unreadable: bool,
    /// The digest of the data set that all runs are trained on, if it was known when the comparison began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_digest: Option<String>,
    /// Use only the first this many images of the training and of the test set.
    pub limit: Option<usize>,
    /// How convolutions are computed.
    pub conv: Conv,
    /// The random seeds, one for each training run.
    pub seeds: Vec<u64>,
    /// The accuracy, 0 to 1, to which the training time is reported.
    pub time_to: Option<f64>,
    /// The aspects that are skipped.
    pub without: Vec<Aspect>,
    /// Seconds for which training and inference are measured each.
    pub seconds: f64,
    /// Seconds that one process may take.
    pub timeout: u64,
    /// The number of CPU threads.
    pub threads: usize,
}

/// A model and how it is trained.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Planned {
    /// Its name in the zoo.
    pub model: String,
    /// Its recipe.
    pub recipe: Recipe,
}

/// A backend on a device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// The backend.
    pub backend: String,
    /// The backend's device; empty where it has none.
    pub device: String,
    /// The name of the hardware.
    pub hardware: String,
    /// The hardware's driver, as far as it is known.
    #[serde(default)]
    pub driver: String,
    /// The reason, if it cannot take part.
    pub trouble: Option<String>,
}

impl Subject {
    fn as_hardware(&self) -> Hardware {
        Hardware::new([&self.backend, &self.device], &self.hardware, &self.driver)
    }
}

/// One aspect of the comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Aspect {
    /// Whether the backends compute the same function.
    Parity,
    /// How fast they are, and how much memory they take.
    Speed,
    /// The accuracy and the time of training.
    Training,
}

impl Plan {
    /// The steps in their order. The backends take turns, so that a machine that becomes slower slows all of them.
    pub fn steps(&self) -> Vec<Step> {
        let mut parts = Vec::new();
        let has = |aspect| !self.without.contains(&aspect);
        if has(Aspect::Parity) {
            parts.push(Part::Parity);
        }
        if has(Aspect::Speed) {
            parts.extend([Part::FirstStep, Part::Speed]);
        }
        if has(Aspect::Training) {
            parts.extend(self.seeds.iter().map(|&seed| Part::Training(seed)));
        }
        let mut steps = Vec::new();
        for planned in &self.models {
            for &part in &parts {
                let able = self.subjects.iter().filter(|s| s.trouble.is_none());
                steps.extend(able.map(|subject| Step {
                    model: planned.model.clone(),
                    backend: subject.backend.clone(),
                    part,
                }));
            }
        }
        steps
    }

    /// The data set.
    ///
    /// # Errors
    /// [`DataError`] where a folder of pictures is not there.
    pub fn dataset(&self) -> Result<DatasetSpec, DataError> {
        let data_dir = self.data_dir.as_deref();
        data::choose(
            &self.dataset,
            data_dir,
            self.image_shape,
            self.fit,
            data::usual(&[]),
        )
    }

    /// The data set as a job names it.
    pub(super) fn dataset_request(&self) -> DatasetRequest {
        DatasetRequest {
            name: self.dataset.clone(),
            image_shape: self.image_shape,
            fit: self.fit,
            data_dir: self.data_dir.clone(),
            skip_unreadable: self.skip_unreadable,
        }
    }

    /// The backend and device of a step.
    pub(super) fn place(&self, step: &Step) -> Place {
        let mut subjects = self.subjects.iter();
        let subject = subjects.find(|subject| subject.backend == step.backend);
        Place {
            backend: step.backend.clone(),
            device: subject.map_or(String::new(), |subject| subject.device.clone()),
        }
    }

    /// The recipe of a step's model.
    pub(super) fn recipe(&self, step: &Step) -> &Recipe {
        let mut models = self.models.iter();
        let planned = models.find(|planned| planned.model == step.model);
        &planned.expect("a step has a model of the plan").recipe
    }

    /// A row for each model and backend, with nothing measured yet.
    ///
    /// # Errors
    /// [`ModelError`] where a model does not fit the data set's images.
    pub fn rows(&self, dataset: &DatasetSpec) -> Result<Vec<Row>, ModelError> {
        let mut rows = Vec::new();
        for Planned { model, recipe } in &self.models {
            let architecture = dataset.architecture(burn_zoo_models::find(model)?);
            let layers = graph(&architecture)?.convolutions();
            for subject in &self.subjects {
                let purpose = Purpose::Training(recipe.batch_size);
                let measured = Table::of(&subject.as_hardware());
                rows.push(Row {
                    model: model.clone(),
                    backend: subject.backend.clone(),
                    device: match self.sharing.is_none() {
                        true => subject.device.clone(),
                        false => self.sharing.devices.join(" + "),
                    },
                    hardware: subject.hardware.clone(),
                    batch_size: recipe.batch_size,
                    num_epochs: recipe.num_epochs,
                    convolutions: self.conv.choose(&measured, &layers, purpose),
                    troubles: subject.trouble.clone().into_iter().collect(),
                    ..Row::default()
                });
            }
        }
        Ok(rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_is_done_on_all_backends_before_the_next_part() {
        let subject = |backend: &str, trouble: Option<&str>| Subject {
            backend: backend.into(),
            device: "cpu".into(),
            hardware: "a CPU".into(),
            driver: String::new(),
            trouble: trouble.map(String::from),
        };
        let recipe = burn_zoo_models::find("mlp-relu").unwrap().recipe;
        let planned = |model: &str| Planned {
            model: model.into(),
            recipe,
        };
        let mut plan = Plan {
            models: vec![planned("mlp-relu"), planned("cnn")],
            subjects: vec![
                subject("flex", None),
                subject("wgpu", Some("it has no driver")),
                subject("ndarray", None),
            ],
            sharing: Sharing::default(),
            dataset: "synthetic".into(),
            image_shape: None,
            fit: None,
            data_dir: None,
            skip_unreadable: false,
            data_digest: None,
            limit: None,
            conv: Conv::Auto,
            seeds: vec![42, 43],
            time_to: None,
            without: vec![Aspect::Parity],
            seconds: 1.0,
            timeout: 60,
            threads: 2,
        };
        let steps = plan.steps();
        let words = |step: &Step| format!("{} {} {}", step.model, step.backend, step.part);
        let words: Vec<String> = steps.iter().map(words).collect();
        assert_eq!(
            words[..8],
            [
                "mlp-relu flex the first step",
                "mlp-relu ndarray the first step",
                "mlp-relu flex speed",
                "mlp-relu ndarray speed",
                "mlp-relu flex training with seed 42",
                "mlp-relu ndarray training with seed 42",
                "mlp-relu flex training with seed 43",
                "mlp-relu ndarray training with seed 43",
            ]
        );
        assert_eq!(words.len(), 16);
        let rows = plan.rows(&plan.dataset().unwrap()).unwrap();
        assert_eq!(rows.len(), 6);
        assert_eq!(rows[1].troubles, ["it has no driver"]);
        assert!(rows[0].convolutions.is_empty() && rows[3].convolutions.len() == 4);
        plan.without = vec![Aspect::Speed, Aspect::Training];
        assert_eq!(plan.steps().len(), 4);
    }
}
