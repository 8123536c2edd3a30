//! Batches in an order that depends only on the seed and the epoch, and so is the same on every backend.

use super::ahead::Ahead;
use super::augmentation::Augmentation;
use super::batcher::ImageBatcher;
use super::error::DataError;
use super::shuffle::shuffle;
use crate::backend::Preparation;
use burn::data::dataloader::{DataLoader, DataLoaderIterator, Progress};
use burn::tensor::backend::Backend;
use burn_zoo_steps::{HostBatch, ImageBatch};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// The order of the images.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// The order of the data set. Every image is in a batch, and the last batch may be smaller.
    InOrder,
    /// Shuffled anew in each epoch from this seed. The last batch is dropped if it is incomplete, as in the lecture.
    Shuffled(u64),
}

/// Fewer images than this, if they need not be read or resized, are not worth another thread.
const IMAGES_A_TASK: usize = 64;

/// A `DataLoader` of Burn over the images of a data set.
///
/// Each call of [`iter`](DataLoader::iter) is the next epoch. It ends early if a picture cannot be read; then
/// [`failure`](ImageLoader::failure) has the error.
pub struct ImageLoader<B: Backend> {
    batcher: ImageBatcher,
    batch_size: usize,
    order: Order,
    device: B::Device,
    /// The numbers of the images that are used.
    range: Range<usize>,
    /// The images of each batch that are used, by their places in it; all by default.
    part: Option<Range<usize>>,
    next_epoch: AtomicUsize,
    /// The number of batches to skip in the next epoch, as an interrupted run has already trained on them.
    skip: AtomicUsize,
    preparation: Preparation,
    /// The augmentation and the seed it is drawn from.
    augmentation: Option<(Augmentation, u64)>,
    failure: Failure,
}

/// The error that ended an epoch early, as a picture could not be read; Burn's iterators cannot return it.
#[derive(Debug, Clone, Default)]
pub struct Failure(Arc<Mutex<Option<DataError>>>);

impl Failure {
    /// Call this after each epoch.
    ///
    /// # Errors
    /// [`DataError::Pictures`] if a picture could not be read. The error is returned once.
    pub fn check(&self) -> Result<(), DataError> {
        let mut error = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        error.take().map_or(Ok(()), Err)
    }

    fn set(&self, error: DataError) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
    }
}

impl<B: Backend> ImageLoader<B> {
    /// A loader whose first epoch is number 1.
    ///
    /// # Panics
    /// If `batch_size` is 0.
    pub fn new(batcher: ImageBatcher, batch_size: usize, order: Order, device: B::Device) -> Self {
        assert!(batch_size > 0, "a batch has at least one image");
        let range = 0..batcher.num_images();
        Self {
            batcher,
            batch_size,
            order,
            device,
            range,
            part: None,
            next_epoch: AtomicUsize::new(1),
            skip: AtomicUsize::new(0),
            preparation: Preparation::ByOneThread,
            augmentation: None,
            failure: Failure::default(),
        }
    }

    /// Tells after an epoch whether it ended early.
    pub fn failure(&self) -> Failure {
        self.failure.clone()
    }

    /// The loader with images that are augmented anew in each epoch, by draws from the seed.
    pub fn augmented(self, augmentation: Augmentation, seed: u64) -> Self {
        Self {
            augmentation: (!augmentation.is_none()).then_some((augmentation, seed)),
            ..self
        }
    }

    /// The loader with batches that are prepared in this way.
    pub fn prepared(self, preparation: Preparation) -> Self {
        Self {
            preparation,
            ..self
        }
    }

    /// The loader whose next epoch is `epoch`, counted from 1, without its first `batches`.
    pub fn starting_at(self, epoch: usize, batches: usize) -> Self {
        Self {
            next_epoch: AtomicUsize::new(epoch),
            skip: AtomicUsize::new(batches),
            ..self
        }
    }

    /// The loader with these images of each batch only, by their places in it; all of the same batches.
    pub fn with_part(self, part: Range<usize>) -> Self {
        Self {
            part: Some(part),
            ..self
        }
    }

    /// The loader with these images only.
    pub fn of_images(self, range: Range<usize>) -> Self {
        Self { range, ..self }
    }

    /// The number of batches in an epoch.
    pub fn num_batches(&self) -> usize {
        match self.order {
            Order::InOrder => self.range.len().div_ceil(self.batch_size),
            Order::Shuffled(_) => self.range.len() / self.batch_size,
        }
    }

    fn with(&self, range: Range<usize>, device: B::Device) -> Self {
        Self {
            batcher: self.batcher.clone(),
            batch_size: self.batch_size,
            order: self.order,
            device,
            range,
            part: self.part.clone(),
            next_epoch: AtomicUsize::new(self.next_epoch.load(Ordering::Relaxed)),
            skip: AtomicUsize::new(self.skip.load(Ordering::Relaxed)),
            preparation: self.preparation,
            augmentation: self.augmentation,
            failure: self.failure.clone(),
        }
    }

    /// The numbers of the images, in the order of an epoch.
    fn order_of(&self, epoch: usize) -> Vec<usize> {
        let mut indices: Vec<usize> = self.range.clone().collect();
        if let Order::Shuffled(seed) = self.order {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            // Initial weights are drawn from stream 0.
            rng.set_stream(epoch as u64);
            shuffle(&mut indices, &mut rng);
        }
        indices
    }
}

impl<B: Backend> DataLoader<B, ImageBatch<B>> for ImageLoader<B> {
    fn iter<'a>(&'a self) -> Box<dyn DataLoaderIterator<ImageBatch<B>> + 'a> {
        let epoch = self.next_epoch.fetch_add(1, Ordering::Relaxed);
        let skip = self.skip.swap(0, Ordering::Relaxed).min(self.num_batches());
        let indices = self.order_of(epoch);
        let (batcher, batch_size) = (self.batcher.clone(), self.batch_size);
        let (reads, in_memory) = (!self.batcher.is_in_memory(), self.preparation);
        // If pictures have to be read, batches are prepared in advance, whichever device computes.
        let preparation = if reads { Preparation::Ahead } else { in_memory };
        let augmentation = self.augmentation;
        let augmentation = augmentation.map(|(drawn, seed)| drawn.of_epoch(seed, epoch));
        let resizes = augmentation.as_ref().is_some_and(|epoch| epoch.resizes());
        let least = if reads || resizes { 1 } else { IMAGES_A_TASK };
        let images_a_task = (preparation != Preparation::ByOneThread).then_some(least);
        let part = self.part.clone().unwrap_or(0..batch_size);
        let prepare = move |batch: usize| {
            let end = (batch * batch_size + part.end).min(indices.len());
            let start = (batch * batch_size + part.start).min(end);
            let augmented = augmentation.as_ref().map(|epoch| (epoch, start));
            batcher.gather(&indices[start..end], augmented, images_a_task)
        };
        let batches = skip..self.num_batches();
        let prepared: Prepared = match preparation {
            Preparation::Ahead => Box::new(Ahead::new(batches, prepare)),
            _ => Box::new(batches.map(prepare)),
        };
        Box::new(ImageBatches {
            loader: self,
            prepared,
            images: skip * self.batch_size,
        })
    }

    fn num_items(&self) -> usize {
        match self.order {
            Order::InOrder => self.range.len(),
            Order::Shuffled(_) => self.num_batches() * self.batch_size,
        }
    }

    fn to_device(&self, device: &B::Device) -> Arc<dyn DataLoader<B, ImageBatch<B>>> {
        Arc::new(self.with(self.range.clone(), device.clone()))
    }

    fn slice(&self, start: usize, end: usize) -> Arc<dyn DataLoader<B, ImageBatch<B>>> {
        let end = (self.range.start + end).min(self.range.end);
        let start = (self.range.start + start).min(end);
        Arc::new(self.with(start..end, self.device.clone()))
    }
}

type Prepared = Box<dyn Iterator<Item = Result<HostBatch, DataError>>>;

struct ImageBatches<'a, B: Backend> {
    loader: &'a ImageLoader<B>,
    prepared: Prepared,
    images: usize,
}

impl<B: Backend> Iterator for ImageBatches<'_, B> {
    type Item = ImageBatch<B>;

    fn next(&mut self) -> Option<Self::Item> {
        let batch = match self.prepared.next()? {
            Ok(batch) => batch,
            Err(error) => {
                self.loader.failure.set(error);
                self.prepared = Box::new(std::iter::empty());
                return None;
            }
        };
        self.images += batch.targets.num_elements();
        Some(batch.on(&self.loader.device))
    }
}

impl<B: Backend> DataLoaderIterator<ImageBatch<B>> for ImageBatches<'_, B> {
    fn progress(&self) -> Progress {
        Progress::new(self.images, self.loader.num_items())
    }
}

#[cfg(test)]
mod tests;
