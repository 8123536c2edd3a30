//! Whether a backend computes the same function as a float64 computation on the CPU.
//!
//! A [`Task`] is a few steps of training with all its inputs on the host. [`observe`] does them on a backend as the zoo
//! trains there, [`Reference`] does them in float64, and [`Verdict`] compares both with the tolerance. [`ParityCheck`]
//! does all this for a model on several backends.

mod check;
mod reference;
mod report;
mod verdict;

pub use check::{ParityCheck, do_steps};
pub use reference::Reference;
pub use report::{Report, Row};
pub use verdict::{Check, Quantity, Verdict};

pub use burn_zoo_steps::{HostBatch, Observation, ObserveError, Task, Tensors};

use crate::backend::{Device, Train};
use crate::data::{DataError, DatasetSpec, ImageBatcher, ImageLoader, LoadOptions, Order, Split};
use crate::run::io_reason;
use crate::training::AdamSettings;
use crate::weights::{Weights, WeightsError};
use burn::data::dataloader::DataLoader;
use burn_flex::{Flex, FlexDevice};
use burn_zoo_models::{ModelError, ModelSpec, NetworkConfig};
use std::sync::Arc;

/// Why a parity check cannot be made. Each message is one sentence.
#[derive(Debug, thiserror::Error)]
pub enum ParityError {
    /// The batch size is 0.
    #[error("a batch of 0 images shows nothing: it must hold at least 1")]
    EmptyBatch,
    /// Fewer than 2 steps.
    #[error("fewer than 2 steps cannot show that each step continues from the one before")]
    TooFewSteps,
    /// The steps need more images than the data set has.
    #[error(
        "{steps} steps of {batch_size} images are more than the {available} images of {dataset}"
    )]
    TooFewImages {
        /// Steps of Adam.
        steps: usize,
        /// Images a step.
        batch_size: usize,
        /// Images in the training set.
        available: usize,
        /// The data set.
        dataset: String,
    },
    /// The model's settings do not fit the data.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The data cannot be read.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The steps cannot be done.
    #[error(transparent)]
    Observe(#[from] ObserveError),
    /// Weights do not fit the model.
    #[error("the weights of the parity check: it {0}")]
    Weights(#[from] WeightsError),
    /// A file or folder for an observation cannot be written.
    #[error("the observations of the parity check cannot be stored: {}", io_reason(.0))]
    Store(#[from] std::io::Error),
}

/// Does a task's steps on a device as the zoo trains there, with Burn's Adam.
///
/// # Errors
/// [`ObserveError`] where the task's weights do not fit its model.
pub fn observe(task: &Task, device: &Device) -> Result<Observation, ObserveError> {
    burn_zoo_steps::observe::<Train>(task, device)
}

/// The number of batches that are tried for the first step.
const CANDIDATES: usize = 32;

/// A few steps of training a model by its recipe, with batches of `batch_size` images; the seed determines the initial
/// weights and the order of the images.
///
/// The first batch is `first_batch` of that order. By default it is the first batch for which float32 can tell right
/// gradients from wrong ones, if there is one among the first few.
///
/// # Errors
/// [`ParityError`] where the data cannot be read or holds too few images, or a setting makes no
/// sense.
pub fn task(
    spec: &ModelSpec,
    dataset: &DatasetSpec,
    batch_size: usize,
    steps: usize,
    first_batch: Option<usize>,
    options: &LoadOptions,
) -> Result<Task, ParityError> {
    if batch_size == 0 {
        return Err(ParityError::EmptyBatch);
    }
    if steps < 2 {
        return Err(ParityError::TooFewSteps);
    }
    let architecture = dataset.architecture(spec);
    let model = architecture.init_with_seed::<Flex>(options.seed, &FlexDevice)?;

    let images = dataset.load(Split::Train, options)?.images;
    if batch_size.saturating_mul(steps) > images.len() {
        return Err(ParityError::TooFewImages {
            steps,
            batch_size,
            available: images.len(),
            dataset: dataset.id.clone(),
        });
    }
    let batcher = ImageBatcher::new(Arc::new(images), dataset.normalisation_for(spec));
    let order = Order::Shuffled(options.seed);
    let loader = ImageLoader::<Flex>::new(batcher, batch_size, order, FlexDevice);
    let wanted = first_batch.map_or(CANDIDATES, |first| first + 1) + steps - 1;
    let batches = loader.iter().take(wanted).map(|batch| HostBatch {
        images: batch.images.into_data(),
        targets: batch.targets.into_data(),
    });
    let batches: Vec<HostBatch> = batches.collect();
    loader.failure().check()?;
    let task = |first_batch: usize| Task {
        architecture: architecture.clone(),
        convolutions: Vec::new(),
        weights: Weights::of(&model),
        adam: AdamSettings::new(spec.recipe.learning_rate),
        batches: batches[first_batch..first_batch + steps].to_vec(),
        first_batch,
    };
    let last = batches.len() - steps;
    if let Some(first) = first_batch {
        return Ok(task(first.min(last)));
    }
    for first in 0..=last {
        let candidate = task(first);
        if reference::is_sharp(&candidate, verdict::SHARP)? {
            return Ok(candidate);
        }
    }
    Ok(task(0)) // the verdict will say that it cannot be judged
}
