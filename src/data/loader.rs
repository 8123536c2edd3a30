//! Batches in an order that depends on the seed and the epoch alone: the same on every backend.

use super::ImageDataset;
use burn::data::dataloader::{DataLoader, DataLoaderIterator, Progress};
use burn::tensor::{Int, Tensor, TensorData, backend::Backend};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};

/// Images and their classes, on a device.
#[derive(Debug, Clone)]
pub struct ImageBatch<B: Backend> {
    /// Normalised pixels `[N, C, H, W]`.
    pub images: Tensor<B, 4>,
    /// Class numbers `[N]`.
    pub targets: Tensor<B, 1, Int>,
}

/// Turns images of a data set into batches: bytes to (x / 255 − mean) / std.
#[derive(Debug, Clone)]
pub struct ImageBatcher {
    dataset: Arc<ImageDataset>,
    /// The normalised value of each byte.
    normalised: Arc<[f32; 256]>,
}

/// A batch on the host, before it goes to a device.
struct HostBatch {
    images: TensorData,
    targets: TensorData,
}

impl ImageBatcher {
    /// A batcher that normalises with one mean and standard deviation for all channels.
    pub fn new(dataset: Arc<ImageDataset>, mean: f32, std: f32) -> Self {
        let normalised = std::array::from_fn(|byte| (byte as f32 / 255.0 - mean) / std);
        Self {
            dataset,
            normalised: Arc::new(normalised),
        }
    }

    /// The images of these numbers, in this order, as one batch.
    pub fn batch<B: Backend>(&self, indices: &[usize], device: &B::Device) -> ImageBatch<B> {
        self.gather(indices).into_batch(device)
    }

    fn gather(&self, indices: &[usize]) -> HostBatch {
        let [channels, height, width] = self.dataset.shape();
        let mut pixels = Vec::with_capacity(indices.len() * channels * height * width);
        let mut targets = Vec::with_capacity(indices.len());
        for &index in indices {
            let image = self.dataset.image(index);
            pixels.extend(image.iter().map(|&byte| self.normalised[usize::from(byte)]));
            targets.push(i32::from(self.dataset.labels()[index]));
        }
        HostBatch {
            images: TensorData::new(pixels, [indices.len(), channels, height, width]),
            targets: TensorData::new(targets, [indices.len()]),
        }
    }
}

impl HostBatch {
    fn into_batch<B: Backend>(self, device: &B::Device) -> ImageBatch<B> {
        ImageBatch {
            images: Tensor::from_data(self.images, device),
            targets: Tensor::from_data(self.targets, device),
        }
    }
}

/// The order of the images.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// As they stand in the data set; every image is in a batch, the last batch may be short.
    InOrder,
    /// Shuffled anew in each epoch from this seed; the last incomplete batch is dropped, as in the
    /// lecture.
    Shuffled(u64),
}

/// Burn's `DataLoader` over images in memory, preparing the next batch while the current one is
/// computed.
///
/// Each call of [`iter`](DataLoader::iter) is the next epoch.
pub struct ImageLoader<B: Backend> {
    batcher: ImageBatcher,
    batch_size: usize,
    order: Order,
    device: B::Device,
    /// The part of the data set that is used.
    range: Range<usize>,
    next_epoch: AtomicUsize,
    /// Batches to leave out of the next epoch, which an interrupted run has done already.
    skip: AtomicUsize,
}

impl<B: Backend> ImageLoader<B> {
    /// A loader whose first epoch is number 1.
    ///
    /// # Panics
    /// Where `batch_size` is 0.
    pub fn new(batcher: ImageBatcher, batch_size: usize, order: Order, device: B::Device) -> Self {
        assert!(batch_size > 0, "a batch has at least one image");
        let range = 0..batcher.dataset.labels().len();
        Self {
            batcher,
            batch_size,
            order,
            device,
            range,
            next_epoch: AtomicUsize::new(1),
            skip: AtomicUsize::new(0),
        }
    }

    /// The loader with the next epoch being `epoch`, from 1, without its first `batches`.
    pub fn starting_at(self, epoch: usize, batches: usize) -> Self {
        Self {
            next_epoch: AtomicUsize::new(epoch),
            skip: AtomicUsize::new(batches),
            ..self
        }
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
            next_epoch: AtomicUsize::new(self.next_epoch.load(Ordering::Relaxed)),
            skip: AtomicUsize::new(self.skip.load(Ordering::Relaxed)),
        }
    }

    /// The numbers of the images, in the order of an epoch.
    fn order_of(&self, epoch: usize) -> Vec<usize> {
        let mut indices: Vec<usize> = self.range.clone().collect();
        if let Order::Shuffled(seed) = self.order {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            // Stream 0 is that of the initial weights.
            rng.set_stream(epoch as u64);
            shuffle(&mut indices, &mut rng);
        }
        indices
    }
}

/// Fisher and Yates's shuffle: the same for a generator's state on every machine.
pub(crate) fn shuffle(indices: &mut [usize], rng: &mut ChaCha8Rng) {
    for last in (1..indices.len()).rev() {
        // The high half of a product is uniform to within 2⁻⁴⁰ for any data set that fits in memory.
        let draw = u128::from(rng.next_u64()) * (last as u128 + 1);
        indices.swap(last, (draw >> 64) as usize);
    }
}

impl<B: Backend> DataLoader<B, ImageBatch<B>> for ImageLoader<B> {
    fn iter<'a>(&'a self) -> Box<dyn DataLoaderIterator<ImageBatch<B>> + 'a> {
        let epoch = self.next_epoch.fetch_add(1, Ordering::Relaxed);
        let skip = self.skip.swap(0, Ordering::Relaxed).min(self.num_batches());
        let indices = self.order_of(epoch);
        let (batcher, batch_size) = (self.batcher.clone(), self.batch_size);
        let batches = skip..self.num_batches();
        let (sender, prepared) = sync_channel(1);
        std::thread::spawn(move || {
            for batch in batches {
                let start = batch * batch_size;
                let end = (start + batch_size).min(indices.len());
                if sender.send(batcher.gather(&indices[start..end])).is_err() {
                    break; // nobody wants the rest
                }
            }
        });
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

struct ImageBatches<'a, B: Backend> {
    loader: &'a ImageLoader<B>,
    prepared: Receiver<HostBatch>,
    images: usize,
}

impl<B: Backend> Iterator for ImageBatches<'_, B> {
    type Item = ImageBatch<B>;

    fn next(&mut self) -> Option<Self::Item> {
        let batch = self.prepared.recv().ok()?;
        self.images += batch.targets.num_elements();
        Some(batch.into_batch(&self.loader.device))
    }
}

impl<B: Backend> DataLoaderIterator<ImageBatch<B>> for ImageBatches<'_, B> {
    fn progress(&self) -> Progress {
        Progress::new(self.images, self.loader.num_items())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::{self, Infer};
    use std::collections::BTreeSet;

    /// Images of 1×2×3 bytes, each holding its own number, which is also its label.
    fn loader(images: u8, batch_size: usize, order: Order) -> ImageLoader<Infer> {
        let pixels = (0..images).flat_map(|image| [image; 6]).collect();
        let labels = (0..images).collect();
        let dataset = ImageDataset::new([1, 2, 3], pixels, labels).unwrap();
        let batcher = ImageBatcher::new(Arc::new(dataset), 0.5, 0.5);
        let cpu = backend::BACKENDS
            .iter()
            .find_map(|spec| backend::select(spec.id, Some("cpu"), "zoo".as_ref()).ok());
        ImageLoader::new(batcher, batch_size, order, cpu.unwrap().device)
    }

    /// The labels of the next epoch, batch by batch.
    fn epoch(loader: &ImageLoader<Infer>) -> Vec<Vec<i64>> {
        let labels = |batch: ImageBatch<Infer>| batch.targets.into_data().iter().collect();
        loader.iter().map(labels).collect()
    }

    #[test]
    fn evaluation_loses_no_image_and_keeps_their_order() {
        let loader = loader(10, 4, Order::InOrder);
        let expected = [vec![0, 1, 2, 3], vec![4, 5, 6, 7], vec![8, 9]];
        assert_eq!(epoch(&loader), expected);
        assert_eq!(epoch(&loader), expected);
        assert_eq!((loader.num_items(), loader.num_batches()), (10, 3));
    }

    #[test]
    fn training_drops_the_last_incomplete_batch_and_repeats_no_image() {
        let loader = loader(10, 4, Order::Shuffled(1));
        let batches = epoch(&loader);
        assert_eq!(batches.iter().map(Vec::len).collect::<Vec<_>>(), [4, 4]);
        let seen: BTreeSet<_> = batches.concat().into_iter().collect();
        assert_eq!(seen.len(), 8);
        assert_eq!((loader.num_items(), loader.num_batches()), (8, 2));
    }

    #[test]
    fn the_order_follows_from_the_seed_and_the_epoch_for_good() {
        let first = loader(10, 10, Order::Shuffled(42));
        let epochs = [epoch(&first), epoch(&first)];
        assert_ne!(epochs[0], epochs[1]);
        let again = loader(10, 10, Order::Shuffled(42));
        assert_eq!([epoch(&again), epoch(&again)], epochs);
        assert_ne!(epoch(&loader(10, 10, Order::Shuffled(43))), epochs[0]);
        assert_eq!(epochs[0], [PINNED]);
    }

    /// From tests/host_draws.py.
    const PINNED: [i64; 10] = [8, 2, 4, 6, 9, 0, 5, 3, 1, 7];

    #[test]
    fn a_loader_can_start_in_the_middle_of_a_later_epoch() {
        let whole = loader(10, 2, Order::Shuffled(7));
        let epochs = [epoch(&whole), epoch(&whole), epoch(&whole)];
        let rest = loader(10, 2, Order::Shuffled(7)).starting_at(2, 3);
        assert_eq!(epoch(&rest), epochs[1][3..]);
        assert_eq!(epoch(&rest), epochs[2]);
    }

    #[test]
    fn a_batch_is_normalised_and_shaped_like_its_images() {
        let loader = loader(3, 2, Order::InOrder);
        let mut batches = loader.iter();
        let batch = batches.next().unwrap();
        assert_eq!(batch.images.dims(), [2, 1, 2, 3]);
        assert_eq!(batches.progress().items_processed, 2);
        let pixels: Vec<f32> = batch.images.into_data().iter().collect();
        // (0 / 255 − 0.5) / 0.5 and (1 / 255 − 0.5) / 0.5
        assert_eq!(pixels[..6], [-1.0; 6]);
        assert_eq!(pixels[6..], [(1.0 / 255.0 - 0.5) / 0.5; 6]);
    }

    #[test]
    fn a_slice_is_a_loader_of_its_part() {
        let loader = loader(10, 4, Order::InOrder);
        let slice = loader.slice(3, 8);
        let labels = |batch: ImageBatch<Infer>| batch.targets.into_data().iter::<i64>().collect();
        let labels: Vec<Vec<i64>> = slice.iter().map(labels).collect();
        assert_eq!(labels, [vec![3, 4, 5, 6], vec![7]]);
        assert_eq!(slice.num_items(), 5);
    }

    #[test]
    fn an_epoch_that_is_not_finished_leaves_no_thread_waiting() {
        let loader = loader(100, 1, Order::InOrder);
        for _ in 0..3 {
            assert!(loader.iter().next().is_some());
        }
        assert_eq!(epoch(&loader).len(), 100);
    }
}
