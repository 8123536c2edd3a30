//! The few steps of training that a parity check compares.

use super::error::ParityError;
use super::{reference, verdict};
use crate::backend::{Device, Train};
use crate::data::{DatasetSpec, ImageBatcher, ImageLoader, LoadOptions, Order, Split};
use crate::weights::Weights;
use burn::data::dataloader::DataLoader;
use burn_flex::{Flex, FlexDevice};
use burn_zoo_models::{ModelSpec, NetworkConfig};
use burn_zoo_steps::{AdamSettings, HostBatch, Observation, ObserveError, Task};
use std::sync::Arc;

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
        return Err(ParityError::TooFewSteps(steps));
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
