//! What is to be compared, and the steps that it takes.

use super::results::Row;
use crate::convolution::{Conv, Purpose};
use crate::data::{self, DataError, DatasetSpec};
use crate::pictures::Fit;
use crate::summary::graph;
use burn_zoo_models::{ImageShape, ModelError, Recipe};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::PathBuf;

/// What is to be compared, and how.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The models.
    pub models: Vec<Planned>,
    /// The backends.
    pub subjects: Vec<Subject>,
    /// The data set.
    pub dataset: String,
    /// With pictures of the user's own, what they are made into.
    pub image_shape: Option<ImageShape>,
    /// With those, how.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fit: Option<Fit>,
    /// The folder with the data set's files, where it was named.
    pub data_dir: Option<PathBuf>,
    /// Use only the first so many images of the training and of the test set.
    pub limit: Option<usize>,
    /// How convolutions are computed: [`Conv`]'s name.
    pub conv: String,
    /// One training each.
    pub seeds: Vec<u64>,
    /// The accuracy, 0 to 1, that the time is taken to.
    pub time_to: Option<f64>,
    /// What is left out.
    pub without: Vec<Aspect>,
    /// Seconds for which training and inference are measured each.
    pub seconds: f64,
    /// Seconds that one process may take.
    pub timeout: u64,
    /// Threads computed with on the CPU.
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
    /// The hardware's own name.
    pub hardware: String,
    /// Why it cannot take part, where that is so.
    pub trouble: Option<String>,
}

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Aspect {
    /// Whether the backends compute the same function.
    Parity,
    /// How fast they are, and how much memory they take.
    Speed,
    /// What training comes to.
    Training,
}

/// One process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// The model.
    pub model: String,
    /// The backend.
    pub backend: String,
    /// What is done.
    pub part: Part,
}

/// What a process does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// Compares with float64.
    Parity,
    /// The first step, with no kernels kept from before.
    FirstStep,
    /// The first step again, steps of training, inference.
    Speed,
    /// Trains with a seed.
    Training(u64),
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Parity => f.write_str("parity"),
            Self::FirstStep => f.write_str("the first step"),
            Self::Speed => f.write_str("speed"),
            Self::Training(seed) => write!(f, "training with seed {seed}"),
        }
    }
}

impl Plan {
    /// The steps, in order: backend by backend in turn, so that a machine that grows slower does so for all.
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

    /// How convolutions are computed.
    pub fn conv(&self) -> Conv {
        self.conv.parse().unwrap_or(Conv::Auto)
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
                rows.push(Row {
                    model: model.clone(),
                    backend: subject.backend.clone(),
                    device: subject.device.clone(),
                    hardware: subject.hardware.clone(),
                    batch_size: recipe.batch_size,
                    num_epochs: recipe.num_epochs,
                    convolutions: self.conv().choose(&subject.backend, &layers, purpose),
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
    fn every_part_is_done_backend_by_backend_before_the_next() {
        let subject = |backend: &str, trouble: Option<&str>| Subject {
            backend: backend.into(),
            device: "cpu".into(),
            hardware: "a CPU".into(),
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
            dataset: "synthetic".into(),
            image_shape: None,
            fit: None,
            data_dir: None,
            limit: None,
            conv: "auto".into(),
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
