//! Whether a backend computes the same function as a float64 computation on the CPU.
//!
//! A [`Task`] is a few steps of training, wholly given on the host. [`observe`] does them on a
//! backend as the zoo trains there, [`Reference`] in float64, and [`Verdict`] tells how far they are
//! apart and how far they may be.

mod reference;
mod report;
mod verdict;

pub use reference::Reference;
pub use report::{Report, Row};
pub use verdict::{Check, Quantity, Verdict};

pub use burn_zoo_steps::{HostBatch, Observation, ObserveError, Task, Tensors};

use crate::backend::{Device, Train};
use crate::data::{DataError, DatasetSpec, ImageBatcher, ImageLoader, LoadOptions, Order, Split};
use crate::weights::{Weights, WeightsError};
use burn::data::dataloader::DataLoader;
use burn_flex::{Flex, FlexDevice};
use burn_zoo_models::{ModelError, ModelSpec, NetworkConfig};
use burn_zoo_steps::AdamSettings;
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
    /// The steps cannot be done.
    #[error(transparent)]
    Observe(#[from] ObserveError),
    /// Weights do not fit the model.
    #[error("the weights of the parity check: it {0}")]
    Weights(#[from] WeightsError),
}

/// Does a task's steps on a device as the zoo trains there, with Burn's Adam.
///
/// # Errors
/// [`ObserveError`] where the task's weights do not fit its model.
pub fn observe(task: &Task, device: &Device) -> Result<Observation, ObserveError> {
    burn_zoo_steps::observe::<Train>(task, device)
}

/// How many batches are tried for the first step.
const CANDIDATES: usize = 32;

/// A few steps of training a model by its recipe, from the weights and in the order of a seed,
/// with batches of `batch_size` images.
///
/// The first batch is `first_batch` of that order, or else the first for which float32 can tell
/// right gradients from wrong ones, if there is one among the first few.
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
    let bad = |what: String| Err(ParityError::BadSetting(what));
    if batch_size == 0 {
        return bad("--batch-size 0 holds no image: it must be at least 1".into());
    }
    if steps < 2 {
        return bad(format!(
            "--steps {steps} cannot show that the steps follow on each other: it must be at least 2"
        ));
    }
    let architecture = dataset.architecture(spec);
    let model = architecture.init_with_seed::<Flex>(options.seed, &FlexDevice)?;

    let images = dataset.load(Split::Train, options)?.images;
    if batch_size.saturating_mul(steps) > images.len() {
        return bad(format!(
            "{steps} steps of {batch_size} images are more than the {} images of {}: make --steps or --batch-size smaller",
            images.len(),
            dataset.id
        ));
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
