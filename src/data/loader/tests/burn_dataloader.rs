//! The images through the data loader that Burn's own builder makes.

use super::*;
use crate::data::spec::LoadOptions;
use crate::data::split::Split;
use crate::data::{choose, usual};
use burn::data::dataloader::DataLoaderBuilder;
use burn_flex::Flex;
use image::RgbImage;
use std::fs;

#[test]
fn burns_loader_gives_the_same_batches() {
    let pixels = (0..10).flat_map(|image| [image; 6]).collect();
    let dataset = ImageDataset::new(ImageShape::new(1, 2, 3), pixels, (0..10).collect());
    let images = Arc::new(dataset.unwrap());
    let batcher = ImageBatcher::new(images.clone(), Normalisation::LECTURE);
    let ours = ImageLoader::<Flex>::new(batcher.clone(), 4, Order::InOrder, Default::default());
    for workers in [0, 2] {
        let burns = DataLoaderBuilder::<Flex, _, _>::new(batcher.clone())
            .batch_size(4)
            .num_workers(workers)
            .build(images.clone());
        assert_eq!(burns.num_items(), 10);
        let mut found: Vec<_> = burns
            .iter()
            .map(|batch| batch.unwrap())
            .map(|batch| (batch.targets.into_data(), batch.images.into_data()))
            .collect();
        // Several workers give their batches in any order.
        found.sort_by_key(|(targets, _)| targets.iter::<i64>().next());
        let expected: Vec<_> = ours
            .iter()
            .map(|batch| (batch.targets.into_data(), batch.images.into_data()))
            .collect();
        let labels = |batches: &[(burn::tensor::TensorData, _)]| -> Vec<i64> {
            batches
                .iter()
                .flat_map(|(targets, _)| targets.iter::<i64>().collect::<Vec<_>>())
                .collect()
        };
        let mut all = labels(&found);
        all.sort_unstable();
        assert_eq!(all, labels(&expected), "{workers} workers");
        if workers == 0 {
            assert_eq!(found, expected);
        }
    }
}

#[test]
fn a_picture_that_cannot_be_read_is_an_error_in_its_batch() {
    let folder = tempfile::tempdir().unwrap();
    for class in ["cat", "dog"] {
        fs::create_dir(folder.path().join(class)).unwrap();
        for number in 0..5 {
            let path = folder.path().join(class).join(format!("{number}.png"));
            RgbImage::new(4, 4).save(path).unwrap();
        }
    }
    let id = format!("folder:{}", folder.path().display());
    let spec = choose(&id, None, None, None, usual(&[])).unwrap();
    let options = LoadOptions {
        cache: crate::data::CacheSize(0),
        ..LoadOptions::default()
    };
    let images = Arc::new(spec.load(Split::Train, &options).unwrap().images);
    fs::remove_dir_all(folder.path().join("dog")).unwrap();
    let batcher = ImageBatcher::new(images.clone(), Normalisation::LECTURE);
    let loader = DataLoaderBuilder::<Flex, _, _>::new(batcher)
        .batch_size(1)
        .build(images);
    let (read, failed): (Vec<_>, Vec<_>) = loader.iter().partition(|batch| batch.is_ok());
    assert_eq!((read.len(), failed.len()), (4, 4));
    let error = failed.into_iter().next().unwrap().unwrap_err().to_string();
    assert!(error.contains(".png cannot be read"), "{error}");
}
