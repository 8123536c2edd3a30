//! Whether a backend computes the same function as a float64 computation on the CPU.
//!
//! A [`Task`] is a few steps of training, wholly given on the host. [`observe`] does them on a
//! backend as the zoo trains there, [`Reference`] in float64, and [`Verdict`] tells how far they are
//! apart and how far they may be.

mod observe;
mod reference;
mod verdict;

pub use observe::{Observation, Tensors, observe, train_step};
pub use reference::{Reference, Sizes};
pub use verdict::{Check, Quantity, Verdict};

use crate::data::{
    DataError, DatasetSpec, ImageBatch, ImageBatcher, ImageLoader, LoadOptions, Order, Split,
};
use crate::training::AdamSettings;
use crate::weights::{Weights, WeightsError};
use burn::data::dataloader::DataLoader;
use burn::tensor::{Tensor, TensorData, backend::Backend};
use burn_flex::{Flex, FlexDevice};
use burn_zoo_models::{ClassifierConfig, ImageShape, ModelError, ModelSpec};
use std::sync::Arc;

/// Why a parity check cannot be made. Each message is one sentence.
#[derive(Debug, thiserror::Error)]
pub enum ParityError {
    /// A setting has a value that nothing can be compared with.
    #[error("{0}")]
    BadSetting(String),
    /// The model's settings do not fit the data.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The data cannot be read.
    #[error(transparent)]
    Data(#[from] DataError),
    /// Weights or an observation do not fit the model.
    #[error("the weights or the observation of the parity check: it {0}")]
    Weights(#[from] WeightsError),
}

/// A few steps of training: everything that their outcome follows from.
#[derive(Debug, Clone)]
pub struct Task {
    /// The model's settings.
    pub architecture: ClassifierConfig,
    /// The initial weights.
    pub weights: Weights,
    /// Adam's settings.
    pub adam: AdamSettings,
    /// A batch a step.
    pub batches: Vec<HostBatch>,
}

/// Images and their classes, on the host.
#[derive(Debug, Clone, PartialEq)]
pub struct HostBatch {
    /// Normalised pixels `[N, C, H, W]`.
    pub images: TensorData,
    /// Class numbers `[N]`.
    pub targets: TensorData,
}

impl Task {
    /// The first `steps` steps of training a model by its recipe, from the weights and in the order
    /// of a seed, with batches of `batch_size` images.
    ///
    /// # Errors
    /// [`ParityError`] where the data cannot be read or holds too few images, or a setting makes no
    /// sense.
    pub fn new(
        spec: &ModelSpec,
        dataset: &DatasetSpec,
        batch_size: usize,
        steps: usize,
        options: &LoadOptions,
    ) -> Result<Self, ParityError> {
        let bad = |what: String| Err(ParityError::BadSetting(what));
        if batch_size == 0 {
            return bad("--batch-size 0 holds no image: it must be at least 1".into());
        }
        if steps < 2 {
            return bad(format!(
                "--steps {steps} cannot show that the steps follow on each other: it must be at least 2"
            ));
        }
        let [channels, height, width] = dataset.shape;
        let input = ImageShape::new(channels, height, width);
        let architecture = spec.config(input, dataset.classes.len());
        let model = architecture.init::<Flex>(options.seed, &FlexDevice)?;

        let images = dataset.load(Split::Train, options)?.images;
        if batch_size.saturating_mul(steps) > images.len() {
            return bad(format!(
                "{steps} steps of {batch_size} images are more than the {} images of {}: make --steps or --batch-size smaller",
                images.len(),
                dataset.id
            ));
        }
        let batcher = ImageBatcher::new(Arc::new(images), dataset.mean, dataset.std);
        let order = Order::Shuffled(options.seed);
        let loader = ImageLoader::<Flex>::new(batcher, batch_size, order, FlexDevice);
        let batches = loader.iter().take(steps).map(|batch| HostBatch {
            images: batch.images.into_data(),
            targets: batch.targets.into_data(),
        });
        Ok(Self {
            architecture,
            weights: Weights::of(&model),
            adam: AdamSettings::new(spec.recipe.learning_rate),
            batches: batches.collect(),
        })
    }
}

impl HostBatch {
    /// The batch on a device, in the device's own type of float.
    pub fn on<B: Backend>(&self, device: &B::Device) -> ImageBatch<B> {
        ImageBatch {
            images: Tensor::from_data(self.images.clone(), device),
            targets: Tensor::from_data(self.targets.clone(), device),
        }
    }
}
