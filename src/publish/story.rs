//! Files of published weights: 16-bit floats, and how they came about.

use super::error::PublishError;
use crate::system::files;
use crate::weights::hex;
use burn_zoo_models::{ClassifierConfig, Normalisation, Recipe};
use safetensors::{SafeTensors, tensor::TensorView};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::path::Path;

/// The metadata of a file of published weights.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Story {
    /// The weights' name.
    pub id: String,
    /// The model's name in the zoo.
    pub model: String,
    /// The model's settings.
    pub architecture: ClassifierConfig,
    /// The data set's name in the zoo.
    pub dataset: String,
    /// How pixels become the model's input, where not in the lecture's way.
    #[serde(default = "lectures", skip_serializing_if = "is_the_lectures")]
    pub normalisation: Normalisation,
    /// How they were trained.
    pub recipe: Recipe,
    /// The share of the test images that the 16-bit weights classify rightly, 0 to 1.
    pub accuracy: f64,
    /// Their mean cross-entropy over the test images, in nats.
    pub loss: f64,
    /// The results of the 32-bit weights of each seed on the test images; the published weights are the first seed's.
    pub results: Vec<SeedResult>,
    /// The command that made them.
    pub command: String,
    /// Where it ran.
    pub trained_on: String,
}

fn lectures() -> Normalisation {
    Normalisation::LECTURE
}

fn is_the_lectures(normalisation: &Normalisation) -> bool {
    *normalisation == Normalisation::LECTURE
}

/// The test results of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SeedResult {
    /// Its seed.
    pub seed: u64,
    /// The share of the test images classified rightly, 0 to 1.
    pub accuracy: f64,
    /// The mean cross-entropy over the test images, in nats.
    pub loss: f64,
}

/// A file of published weights.
#[derive(Debug, Clone)]
pub(super) struct Published {
    pub story: Story,
    pub size: usize,
    pub sha256: String,
}

/// The entry of a file's metadata that holds its story.
const STORY: &str = "burn-zoo";

/// The licence of the weights.
pub(super) const LICENCE: &str = "MIT OR Apache-2.0";

impl Story {
    /// The bytes of a published file, with this story instead of its own.
    pub(super) fn with_tensors_of(&self, path: &Path) -> Result<Vec<u8>, PublishError> {
        let bytes = files::read(path)?;
        let file = SafeTensors::deserialize(&bytes).map_err(|error| PublishError::BadFile {
            path: path.into(),
            reason: error.to_string(),
        })?;
        Ok(self.with_tensors(file.iter()))
    }

    /// The bytes of a file that holds it and these tensors.
    pub(super) fn with_tensors<'a>(
        &self,
        tensors: impl IntoIterator<Item = (&'a str, TensorView<'a>)>,
    ) -> Vec<u8> {
        let json = serde_json::to_string(self).expect("a story is valid JSON");
        let metadata = HashMap::from([(STORY.to_owned(), json)]);
        safetensors::serialize(tensors, Some(metadata)).expect("names are valid and sizes fit")
    }
}

impl Published {
    pub fn read(path: &Path) -> Result<Self, PublishError> {
        let bad = |reason: String| PublishError::BadFile {
            path: path.into(),
            reason,
        };
        let bytes = files::read(path)?;
        let (_, metadata) =
            SafeTensors::read_metadata(&bytes).map_err(|error| bad(error.to_string()))?;
        let story = metadata.metadata().as_ref().and_then(|m| m.get(STORY));
        let story = story.ok_or_else(|| bad("it has no metadata of the zoo's".into()))?;
        Ok(Self {
            story: serde_json::from_str(story).map_err(|error| bad(error.to_string()))?,
            size: bytes.len(),
            sha256: hex(&Sha256::digest(&bytes)),
        })
    }
}
