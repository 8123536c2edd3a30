//! The few steps of training that a parity check compares.

use super::error::ParityError;
use super::{reference, verdict};
use crate::backend::{Device, Train};
use crate::data::{DatasetSpec, ImageBatcher, ImageLoader, LoadOptions, Order, Split};
use crate::weights::Weights;
use burn::data::dataloader::DataLoader;
use burn_flex::{Flex, FlexDevice};
use burn_zoo_models::{ClassifierConfig, ModelSpec, NetworkConfig, Precision};
use burn_zoo_steps::{AdamSettings, HostBatch, Observation, ObserveError, Task};
use std::sync::Arc;

/// Does a task's steps on a device as the zoo trains there, with Burn's Adam.
///
/// # Errors
/// [`ObserveError`] where the task's weights do not fit its model.
pub fn observe(task: &Task, device: &Device) -> Result<Observation, ObserveError> {
    burn_zoo_steps::observe::<Train>(task, device)
}

/// How the steps of a task begin.
#[derive(Debug, Clone, Copy)]
pub struct Start {
    /// The batch of the seed's order that the steps begin with, from 0.
    pub first_batch: usize,
    /// Adam's learning rate.
    pub learning_rate: f64,
}

/// The number of batches that are tried for the first step.
const CANDIDATES: usize = 32;

/// A few steps of training a model by its recipe, with batches of `batch_size` images; the seed determines the initial
/// weights and the order of the images.
///
/// By default the learning rate is the recipe's, and the first batch is the first for which float32 can distinguish
/// right gradients from wrong ones, if there is one among the first few.
///
/// # Errors
/// [`ParityError`] where the data cannot be read or holds too few images, or a setting makes no
/// sense.
pub fn task(
    spec: &ModelSpec,
    dataset: &DatasetSpec,
    architecture: ClassifierConfig,
    batch_size: usize,
    steps: usize,
    start: Option<Start>,
    options: &LoadOptions,
) -> Result<Task, ParityError> {
    if batch_size == 0 {
        return Err(ParityError::EmptyBatch);
    }
    if steps < 2 {
        return Err(ParityError::TooFewSteps(steps));
    }
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
    let wanted = start.map_or(CANDIDATES, |start| start.first_batch + 1) + steps - 1;
    let batches = loader.iter().take(wanted).map(|batch| HostBatch {
        images: batch.images.into_data(),
        targets: batch.targets.into_data(),
    });
    let batches: Vec<HostBatch> = batches.collect();
    loader.failure().check()?;
    let learning_rate = start.map_or(spec.recipe.learning_rate, |start| start.learning_rate);
    let task = |first_batch: usize| Task {
        architecture: architecture.clone(),
        convolutions: Vec::new(),
        weights: Weights::of(&model),
        adam: AdamSettings::new(learning_rate),
        batches: batches[first_batch..first_batch + steps].to_vec(),
        first_batch,
        precision: Precision::F32,
    };
    let last = batches.len() - steps;
    if let Some(start) = start {
        return Ok(task(start.first_batch.min(last)));
    }
    for first in 0..=last {
        let candidate = task(first);
        if reference::is_sharp(&candidate, verdict::SHARP)? {
            return Ok(candidate);
        }
    }
    Ok(task(0)) // the verdict will say that it cannot be judged
}
