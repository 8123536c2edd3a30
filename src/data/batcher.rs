//! Batches of images, normalised.

use super::augmentation::EpochAugmentation;
use super::error::DataError;
use super::images::{ImageDataset, ImageItem};
use burn::data::dataloader::batcher::Batcher;
use burn::tensor::{TensorData, backend::Backend};
use burn_zoo_models::Normalisation;
use burn_zoo_steps::{HostBatch, ImageBatch};
use rayon::prelude::*;
use std::mem::MaybeUninit;
use std::sync::Arc;

/// How many images ahead of the one at hand are fetched into the cache: in random order, each is a miss of it.
const AHEAD: usize = 4;

/// Makes batches of the images of a data set. A byte x becomes (x / 255 − mean) / std, with the mean and the standard
/// deviation of its channel.
#[derive(Debug, Clone)]
pub struct ImageBatcher {
    dataset: Arc<ImageDataset>,
    normalisation: Normalisation,
}

impl ImageBatcher {
    /// A batcher of the images of this data set.
    pub fn new(dataset: Arc<ImageDataset>, normalisation: Normalisation) -> Self {
        Self {
            dataset,
            normalisation,
        }
    }

    /// One batch of the images with these numbers, in this order.
    ///
    /// # Errors
    /// [`DataError::Pictures`] if the file of one of them cannot be read.
    pub fn batch<B: Backend>(
        &self,
        indices: &[usize],
        device: &B::Device,
    ) -> Result<ImageBatch<B>, DataError> {
        Ok(self.gather(indices, None, None)?.on(device))
    }

    /// As [`batch`](Self::batch), on the host.
    ///
    /// With `augmented`, the images are augmented for an epoch in which the first of them has the given place. With
    /// `images_a_task`, all threads take part, and each takes at least this many images.
    pub(super) fn gather(
        &self,
        indices: &[usize],
        augmented: Option<(&EpochAugmentation, usize)>,
        images_a_task: Option<usize>,
    ) -> Result<HostBatch, DataError> {
        let shape = self.dataset.shape();
        let size = shape.num_values();
        let mut pixels = Vec::with_capacity(indices.len() * size);
        let images = pixels.spare_capacity_mut();
        let write = |(offset, (values, &index)): (usize, (&mut [_], &usize))| {
            if let Some(&soon) = indices.get(offset + AHEAD) {
                self.dataset.prefetch(soon);
            }
            let image = match augmented {
                None => self.dataset.image(index)?,
                Some((epoch, first)) => epoch.image(first + offset, &self.dataset, index)?,
            };
            self.normalise(&image, values);
            Ok(())
        };
        // The error of the first image that cannot be read, in the order of the batch.
        let failed = |written: Result<(), DataError>| written.err();
        let failed = if let Some(least) = images_a_task {
            let images = images.par_chunks_exact_mut(size).zip(indices).enumerate();
            let images = images.with_min_len(least);
            images.find_map_first(|image| failed(write(image)))
        } else {
            let images = images.chunks_exact_mut(size).zip(indices).enumerate();
            images.map(write).find_map(failed)
        };
        if let Some(error) = failed {
            return Err(error);
        }
        // SAFETY: the capacity is enough for all images, and all values of each have been written.
        unsafe { pixels.set_len(indices.len() * size) };
        let labels = self.dataset.labels();
        let targets = indices.iter().map(|&index| i32::from(labels[index]));
        Ok(HostBatch {
            images: TensorData::new(
                pixels,
                [indices.len(), shape.channels, shape.height, shape.width],
            ),
            targets: TensorData::new(targets.collect(), [indices.len()]),
        })
    }

    /// The number of images in the data set.
    pub(super) fn num_images(&self) -> usize {
        self.dataset.len()
    }

    /// Whether all images are in memory, so that none has to be read from its file.
    pub(super) fn is_in_memory(&self) -> bool {
        self.dataset.num_in_memory() == self.dataset.len()
    }

    /// Writes all values of an image.
    fn normalise(&self, bytes: &[u8], values: &mut [MaybeUninit<f32>]) {
        assert_eq!(bytes.len(), values.len());
        let shape = self.dataset.shape();
        let plane = shape.height * shape.width;
        let bytes = bytes.chunks_exact(plane);
        let values = values.chunks_exact_mut(plane);
        for (channel, (bytes, values)) in (0..shape.channels).zip(bytes.zip(values)) {
            let mean = self.normalisation.mean.of(channel);
            let std = self.normalisation.std.of(channel);
            #[cfg(target_arch = "x86_64")]
            if is_x86_feature_detected!("avx2") {
                // SAFETY: the CPU has these instructions.
                unsafe { normalise_by_avx2(bytes, values, mean, std) };
                continue;
            }
            normalise(bytes, values, mean, std);
        }
    }
}

/// The batcher of Burn's `DataLoaderBuilder`, for a data set of Burn made of images of this shape.
///
/// A batch is an error if the file of one of its images cannot be read, as Burn's loaders have no other place for it.
impl<B: Backend>
    Batcher<B, Result<ImageItem, Arc<DataError>>, Result<ImageBatch<B>, Arc<DataError>>>
    for ImageBatcher
{
    fn batch(
        &self,
        items: Vec<Result<ImageItem, Arc<DataError>>>,
        device: &B::Device,
    ) -> Result<ImageBatch<B>, Arc<DataError>> {
        let items: Vec<ImageItem> = items.into_iter().collect::<Result<_, _>>()?;
        let shape = self.dataset.shape();
        let labels = items.iter().map(|item| item.label).collect();
        let pixels = items.into_iter().flat_map(|item| item.pixels).collect();
        let images = ImageDataset::new(shape, pixels, labels).map_err(Arc::new)?;
        let batcher = Self::new(Arc::new(images), self.normalisation);
        let indices: Vec<usize> = (0..batcher.num_images()).collect();
        let batch = batcher.gather(&indices, None, None).map_err(Arc::new)?;
        Ok(batch.on(device))
    }
}

/// Divides each value. The compiler makes this several divisions at once, which is faster than a table of the 256 values.
#[inline(always)]
fn normalise(bytes: &[u8], values: &mut [MaybeUninit<f32>], mean: f32, std: f32) {
    for (value, &byte) in values.iter_mut().zip(bytes) {
        value.write((f32::from(byte) / 255.0 - mean) / std);
    }
}

/// [`normalise`] with AVX2, which divides twice as many values at once.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn normalise_by_avx2(bytes: &[u8], values: &mut [MaybeUninit<f32>], mean: f32, std: f32) {
    normalise(bytes, values, mean, std);
}
