//! Batches: their order, their values, and that nothing else depends on how they are prepared.

mod burn_dataloader;
mod pictures;

use super::*;
use crate::backend::{self, Infer};
use crate::data::images::ImageDataset;
use burn_zoo_models::{ImageShape, Normalisation, PerChannel};
use std::collections::BTreeSet;

/// Images of 1×2×3 bytes, each holding its own number, which is also its label.
fn loader(images: u8, batch_size: usize, order: Order) -> ImageLoader<Infer> {
    let pixels = (0..images).flat_map(|image| [image; 6]).collect();
    let labels = (0..images).map(u16::from).collect();
    let dataset = ImageDataset::new(ImageShape::new(1, 2, 3), pixels, labels).unwrap();
    let batcher = ImageBatcher::new(Arc::new(dataset), Normalisation::LECTURE);
    let cpu = backend::BACKENDS
        .iter()
        .find_map(|spec| backend::select(spec.id, Some("cpu"), None).ok());
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
    let dataset = ImageDataset::new(
        ImageShape::new(3, 1, 2),
        vec![0, 255, 51, 102, 153, 204],
        vec![0],
    );
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
    let dataset = ImageDataset::new(ImageShape::new(1, 1, 7), bytes, vec![0; 300]).unwrap();
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
