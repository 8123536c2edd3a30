//! Batches in an order that depends on the seed and the epoch alone: the same on every backend.

use super::augmentation::EpochAugmentation;
use super::{Augmentation, DataError, ImageDataset};
use crate::backend::Preparation;
use burn::data::dataloader::{DataLoader, DataLoaderIterator, Progress};
use burn::tensor::{TensorData, backend::Backend};
use burn_zoo_models::Normalisation;
use burn_zoo_steps::{HostBatch, ImageBatch};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use rayon::prelude::*;
use std::mem::MaybeUninit;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

/// Turns images of a data set into batches: bytes to (x / 255 − mean) / std, each channel's own.
#[derive(Debug, Clone)]
pub struct ImageBatcher {
    dataset: Arc<ImageDataset>,
    normalisation: Normalisation,
}

impl ImageBatcher {
    /// A batcher of a data set.
    pub fn new(dataset: Arc<ImageDataset>, normalisation: Normalisation) -> Self {
        Self {
            dataset,
            normalisation,
        }
    }

    /// The images of these numbers, in this order, as one batch.
    ///
    /// # Errors
    /// [`DataError::Pictures`] where one of them cannot be read.
    pub fn batch<B: Backend>(
        &self,
        indices: &[usize],
        device: &B::Device,
    ) -> Result<ImageBatch<B>, DataError> {
        Ok(self.gather(indices, None, None)?.on(device))
    }

    /// Images on the host; with `augmented`, as they are trained on in an epoch, of which they are the
    /// images from a place on. With `images_a_task`, by all threads, each of which takes at least so many.
    fn gather(
        &self,
        indices: &[usize],
        augmented: Option<(&EpochAugmentation, usize)>,
        images_a_task: Option<usize>,
    ) -> Result<HostBatch, DataError> {
        let [channels, height, width] = self.dataset.shape();
        let size = channels * height * width;
        let mut pixels = Vec::with_capacity(indices.len() * size);
        let images = pixels.spare_capacity_mut();
        let write = |(offset, (values, &index)): (usize, (&mut [_], &usize))| {
            let image = match augmented {
                None => self.dataset.image(index)?,
                Some((epoch, first)) => epoch.image(first + offset, &self.dataset, index)?,
            };
            self.normalise(&image, values);
            Ok(())
        };
        // The first image that cannot be read, whichever thread comes to it first.
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
        // SAFETY: the capacity is that of all the images, and each wrote all of its values.
        unsafe { pixels.set_len(indices.len() * size) };
        let labels = self.dataset.labels();
        let targets = indices.iter().map(|&index| i32::from(labels[index]));
        Ok(HostBatch {
            images: TensorData::new(pixels, [indices.len(), channels, height, width]),
            targets: TensorData::new(targets.collect(), [indices.len()]),
        })
    }

    /// Whether no image has to be read from its file.
    fn is_in_memory(&self) -> bool {
        self.dataset.num_in_memory() == self.dataset.len()
    }

    /// Writes the values of an image, all of them.
    fn normalise(&self, bytes: &[u8], values: &mut [MaybeUninit<f32>]) {
        assert_eq!(bytes.len(), values.len());
        let [channels, height, width] = self.dataset.shape();
        let bytes = bytes.chunks_exact(height * width);
        let values = values.chunks_exact_mut(height * width);
        for (channel, (bytes, values)) in (0..channels).zip(bytes.zip(values)) {
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

/// Divisions, several at once where the CPU can, which take less time than a table of the 256 values.
#[inline(always)]
fn normalise(bytes: &[u8], values: &mut [MaybeUninit<f32>], mean: f32, std: f32) {
    for (value, &byte) in values.iter_mut().zip(bytes) {
        value.write((f32::from(byte) / 255.0 - mean) / std);
    }
}

/// The same with twice as many at once.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn normalise_by_avx2(bytes: &[u8], values: &mut [MaybeUninit<f32>], mean: f32, std: f32) {
    normalise(bytes, values, mean, std);
}

/// So many images that are neither read nor resized are worth waking a thread for.
const IMAGES_A_TASK: usize = 64;

/// The order of the images.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// As they stand in the data set; every image is in a batch, the last batch may be short.
    InOrder,
    /// Shuffled anew in each epoch from this seed; the last incomplete batch is dropped, as in the
    /// lecture.
    Shuffled(u64),
}

/// Burn's `DataLoader` over the images of a data set.
///
/// Each call of [`iter`](DataLoader::iter) is the next epoch. It ends early where a picture cannot be read:
/// [`failure`](ImageLoader::failure) says so.
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
    preparation: Preparation,
    /// What is changed, and the seed that it is drawn from.
    augmentation: Option<(Augmentation, u64)>,
    failure: Failure,
}

/// Why an epoch ended early, for which Burn's iterators have no place: a picture that cannot be read.
#[derive(Debug, Clone, Default)]
pub struct Failure(Arc<Mutex<Option<DataError>>>);

impl Failure {
    /// To be asked after an epoch: the error, once, if it ended by one.
    ///
    /// # Errors
    /// [`DataError::Pictures`].
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
            preparation: Preparation::ByOneThread,
            augmentation: None,
            failure: Failure::default(),
        }
    }

    /// Where it says why an epoch ended early.
    pub fn failure(&self) -> Failure {
        self.failure.clone()
    }

    /// The loader with images changed anew in each epoch, by draws from the seed.
    pub fn augmented(self, augmentation: Augmentation, seed: u64) -> Self {
        Self {
            augmentation: (!augmentation.is_none()).then_some((augmentation, seed)),
            ..self
        }
    }

    /// The loader with batches prepared in another way than by the thread that asks for them.
    pub fn prepared(self, preparation: Preparation) -> Self {
        Self {
            preparation,
            ..self
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
        let (reads, in_memory) = (!self.batcher.is_in_memory(), self.preparation);
        // Where pictures have to be read, that is done ahead of the computing, whatever computes.
        let preparation = if reads { Preparation::Ahead } else { in_memory };
        let augmentation = self.augmentation;
        let augmentation = augmentation.map(|(drawn, seed)| drawn.of_epoch(seed, epoch));
        let resizes = augmentation.as_ref().is_some_and(|epoch| epoch.resizes());
        let least = if reads || resizes { 1 } else { IMAGES_A_TASK };
        let images_a_task = (preparation != Preparation::ByOneThread).then_some(least);
        let prepare = move |batch: usize| {
            let start = batch * batch_size;
            let end = (start + batch_size).min(indices.len());
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

/// Batches that are prepared while others are computed, in their order.
struct Ahead {
    /// Each prepares every so many-th batch: where one waits for the last pictures of its batch, the other
    /// keeps the threads busy with those of the next.
    workers: Vec<Worker>,
    batches: Range<usize>,
}

struct Worker {
    prepared: Receiver<Result<HostBatch, DataError>>,
    /// Until it has panicked, and that was passed on.
    thread: Option<JoinHandle<()>>,
}

/// More hold more batches in memory: each has one that is ready, and one in work.
const WORKERS: usize = 2;

impl Ahead {
    fn new(
        batches: Range<usize>,
        prepare: impl Fn(usize) -> Result<HostBatch, DataError> + Send + Sync + 'static,
    ) -> Self {
        let prepare = Arc::new(prepare);
        let workers = (0..WORKERS).map(|worker| {
            let (sender, prepared) = sync_channel(1);
            let own = batches.clone().skip(worker).step_by(WORKERS);
            let prepare = prepare.clone();
            let thread = std::thread::spawn(move || {
                for batch in own {
                    if sender.send(prepare(batch)).is_err() {
                        break; // nobody wants the rest
                    }
                }
            });
            let thread = Some(thread);
            Worker { prepared, thread }
        });
        Self {
            workers: workers.collect(),
            batches,
        }
    }
}

impl Iterator for Ahead {
    type Item = Result<HostBatch, DataError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.batches.next()?;
        let Worker { prepared, thread } = &mut self.workers[0];
        let batch = prepared.recv().ok();
        if batch.is_none()
            && let Some(Err(panic)) = thread.take().map(JoinHandle::join)
        {
            std::panic::resume_unwind(panic);
        }
        self.workers.rotate_left(1);
        batch
    }
}

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
mod tests {
    use super::*;
    use crate::backend::{self, Infer};
    use burn_zoo_models::PerChannel;
    use std::collections::BTreeSet;

    /// Images of 1×2×3 bytes, each holding its own number, which is also its label.
    fn loader(images: u8, batch_size: usize, order: Order) -> ImageLoader<Infer> {
        let pixels = (0..images).flat_map(|image| [image; 6]).collect();
        let labels = (0..images).map(u16::from).collect();
        let dataset = ImageDataset::new([1, 2, 3], pixels, labels).unwrap();
        let batcher = ImageBatcher::new(Arc::new(dataset), Normalisation::LECTURE);
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
    fn each_channel_is_normalised_by_its_own_numbers() {
        let dataset = ImageDataset::new([3, 1, 2], vec![0, 255, 51, 102, 153, 204], vec![0]);
        let by = Normalisation::IMAGENET;
        let batcher = ImageBatcher::new(Arc::new(dataset.unwrap()), by);
        let batch = batcher.batch::<Infer>(&[0], &loader(1, 1, Order::InOrder).device);
        let found: Vec<f32> = batch.unwrap().images.into_data().iter().collect();
        // By torchvision's Normalize.
        let expected = [
            -2.117_904, 2.248_908, -1.142_857, -0.25, 0.862_222, 1.751_111,
        ];
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 2e-6, "{found} {expected}");
        }
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
    fn batches_are_the_same_however_they_are_prepared() {
        use Preparation::*;
        let bytes = (0..=255).cycle().take(300 * 7).collect();
        let dataset = ImageDataset::new([1, 1, 7], bytes, vec![0; 300]).unwrap();
        let (mean, std) = (0.2861, 0.353);
        let by = Normalisation::new(PerChannel::all(mean), PerChannel::all(std));
        let images = (0..300).flat_map(|index| dataset.image(index).unwrap().into_owned());
        let expected: Vec<_> = images
            .map(|byte| (f32::from(byte) / 255.0 - mean) / std)
            .collect();
        let batcher = ImageBatcher::new(Arc::new(dataset), by);
        let device = loader(1, 1, Order::InOrder).device;
        for preparation in [ByOneThread, ByAllThreads, Ahead] {
            let loader =
                ImageLoader::<Infer>::new(batcher.clone(), 200, Order::InOrder, device.clone());
            let loader = loader.prepared(preparation);
            let values = |batch: ImageBatch<Infer>| batch.images.into_data().to_vec().unwrap();
            let values: Vec<Vec<f32>> = loader.iter().map(values).collect();
            assert_eq!(values.concat(), expected, "{preparation:?}");
        }
    }

    #[test]
    fn changes_of_the_images_do_not_depend_on_how_or_from_where_an_epoch_is_prepared() {
        let augmentation = Augmentation {
            flip: true,
            shift: 1,
            ..Augmentation::default()
        };
        let pixels = |loader: &ImageLoader<Infer>| -> Vec<f32> {
            let batches = loader.iter().map(|batch| batch.images.into_data());
            batches
                .flat_map(|data| data.to_vec::<f32>().unwrap())
                .collect()
        };
        let whole = loader(100, 10, Order::Shuffled(7)).augmented(augmentation, 7);
        let epochs = [pixels(&whole), pixels(&whole)];
        let rest = loader(100, 10, Order::Shuffled(7))
            .augmented(augmentation, 7)
            .prepared(Preparation::ByAllThreads)
            .starting_at(2, 3);
        assert_eq!(pixels(&rest), epochs[1][3 * 10 * 6..]);
        assert_ne!(pixels(&loader(100, 10, Order::Shuffled(7))), epochs[0]);
    }

    #[test]
    fn an_epoch_that_is_not_finished_leaves_no_thread_waiting() {
        let loader = loader(100, 1, Order::InOrder).prepared(Preparation::Ahead);
        for _ in 0..3 {
            assert!(loader.iter().next().is_some());
        }
        assert_eq!(epoch(&loader).len(), 100);
    }
}
