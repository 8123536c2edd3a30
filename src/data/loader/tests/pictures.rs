//! Pictures of a folder, kept in memory or read when they are needed: the batches are the same.

use super::*;
use crate::backend::Preparation::{Ahead, ByAllThreads, ByOneThread};
use crate::data::cache_size::CacheSize;
use crate::data::images::ImageDataset;
use crate::data::spec::LoadOptions;
use crate::data::split::Split;
use crate::data::{choose, usual};
use crate::pictures::{Area, Fit};
use burn_zoo_models::{ImageShape, Normalisation};
use image::{Rgb, RgbImage};
use std::fs;
use tempfile::TempDir;

/// Two classes of ten pictures to train on and two to test on, of many sizes and no two alike.
fn pictures() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for number in 0..24_u32 {
        let split = if number < 20 { "train" } else { "test" };
        let class = format!("{split}/{}", ["cat", "dog"][number as usize % 2]);
        let size = [20 + 3 * number, 60 - 2 * number];
        let picture = RgbImage::from_fn(size[0], size[1], |x, y| {
            Rgb([x * 7 + number, y * 5, x * y + 11 * number].map(|value| value as u8))
        });
        fs::create_dir_all(folder.path().join(&class)).unwrap();
        let file = folder.path().join(class).join(format!("{number:02}.png"));
        picture.save(file).unwrap();
    }
    folder
}

const SHAPE: ImageShape = ImageShape::new(3, 10, 12);

fn load(folder: &TempDir, fit: Fit, cache: u64, whole: bool) -> Result<ImageDataset, DataError> {
    let id = format!("folder:{}", folder.path().display());
    let spec = choose(&id, None, Some(SHAPE), Some(fit), usual(&[])).unwrap();
    let options = LoadOptions {
        cache: CacheSize(cache),
        whole,
        ..LoadOptions::default()
    };
    Ok(spec.load(Split::Train, &options)?.images)
}

fn loader(images: ImageDataset, augmentation: Augmentation) -> ImageLoader<Infer> {
    let batcher = ImageBatcher::new(Arc::new(images), Normalisation::LECTURE);
    let cpu = backend::BACKENDS
        .iter()
        .find_map(|spec| backend::select(spec.id, Some("cpu"), None).ok());
    let loader = ImageLoader::new(batcher, 4, Order::Shuffled(7), cpu.unwrap().device);
    loader.augmented(augmentation, 7)
}

/// The values and classes of the next epoch, batch by batch.
fn epoch(loader: &ImageLoader<Infer>) -> Vec<(Vec<f32>, Vec<i64>)> {
    let batches = loader.iter().map(|batch| {
        let values = batch.images.into_data().to_vec().unwrap();
        (values, batch.targets.into_data().iter().collect())
    });
    batches.collect()
}

const CHANGED: [Augmentation; 3] = [
    Augmentation {
        random_crop: 0.0,
        flip: false,
        shift: 0,
        cutout: 0,
    },
    Augmentation {
        random_crop: 0.3,
        flip: false,
        shift: 0,
        cutout: 0,
    },
    Augmentation {
        random_crop: 0.08,
        flip: true,
        shift: 2,
        cutout: 3,
    },
];

#[test]
fn pictures_that_are_read_as_needed_give_the_same_batches_as_those_in_memory() {
    let folder = pictures();
    for (fit, augmentation) in [Fit::Pad, Fit::Crop]
        .into_iter()
        .zip(CHANGED.into_iter().cycle())
        .chain(CHANGED.map(|augmentation| (Fit::Crop, augmentation)))
    {
        let all = load(&folder, fit, u64::MAX, false).unwrap();
        assert_eq!((all.len(), all.num_in_memory()), (20, 20));
        let expected = loader(all, augmentation);
        let expected = [epoch(&expected), epoch(&expected)];
        assert_eq!(expected[1].len(), 5);
        assert_ne!(expected[0], expected[1]);
        for (cache, whole, in_memory) in [
            (0, false, 0..1),
            (5 * 360, false, 5..6),
            (20_000, true, 1..19),
            (u64::MAX, true, 20..21),
        ] {
            let images = load(&folder, fit, cache, whole).unwrap();
            assert!(in_memory.contains(&images.num_in_memory()), "{cache}");
            for preparation in [ByOneThread, ByAllThreads, Ahead] {
                let loader = loader(images.clone(), augmentation).prepared(preparation);
                assert!(epoch(&loader) == expected[0], "{cache} {preparation:?}");
                assert!(epoch(&loader) == expected[1], "{cache} {preparation:?}");
            }
            let rest = loader(images, augmentation).starting_at(2, 3);
            assert!(epoch(&rest) == expected[1][3..], "{cache}");
            rest.failure().check().unwrap();
        }
    }
}

#[test]
fn of_a_whole_picture_the_part_is_not_that_of_its_image() {
    let folder = pictures();
    let images = load(&folder, Fit::Pad, u64::MAX, false).unwrap();
    let mut size = [0, 0];
    let part = images.part(3, |whole| {
        size = whole;
        Area::whole([1, 1])
    });
    assert!(size[0] >= 20 && size[1] >= 14, "{size:?}");
    let part = part.unwrap();
    assert!(part[..120].iter().all(|value| *value == part[0]));
    assert_eq!(part.len(), SHAPE.num_values());
}

#[test]
fn a_subset_shares_the_pictures_and_a_shorter_set_lets_them_go() {
    let folder = pictures();
    let images = load(&folder, Fit::Crop, u64::MAX, false).unwrap();
    let subset = images.subset(&[3, 1, 3]);
    assert_eq!(subset.image(0).unwrap(), images.image(3).unwrap());
    assert_eq!(subset.num_bytes(), 3 * SHAPE.num_values());
    assert_eq!(subset.labels()[1], images.labels()[1]);
    assert_eq!(images.truncated(2).num_in_memory(), 2);
}

#[test]
fn a_picture_that_can_no_longer_be_read_ends_the_epoch_with_its_name() {
    let folder = pictures();
    let images = load(&folder, Fit::Pad, 0, false).unwrap();
    let whole = epoch(&loader(images.clone(), CHANGED[0]));
    let damaged = folder.path().join("train/cat/10.png");
    let bytes = fs::read(&damaged).unwrap();
    let gone = folder.path().join("train/dog/13.png");
    fs::rename(&gone, folder.path().join("moved")).unwrap();
    for way in [ByOneThread, ByAllThreads, Ahead] {
        fs::write(&damaged, &bytes[..90]).unwrap();
        let loader = loader(images.clone(), CHANGED[0]).prepared(way);
        let before = epoch(&loader);
        let error = loader.failure().check().unwrap_err().to_string();
        assert!(before.len() < 5 && before == whole[..before.len()]);
        let name = [&damaged, &gone].map(|path| path.display().to_string());
        assert!(name.iter().any(|name| error.starts_with(name)), "{error}");
        // It is told once, and the loader goes on with the next epoch.
        loader.failure().check().unwrap();
        fs::write(&damaged, &bytes).unwrap();
    }
    // A file that does not begin like a picture, or is missing, is an error at once.
    let error = load(&folder, Fit::Pad, 0, false).map(|images| images.len());
    assert_eq!(error.unwrap(), 19);
    fs::write(&damaged, "no picture").unwrap();
    let error = load(&folder, Fit::Pad, 0, false).unwrap_err().to_string();
    assert!(error.contains("10.png is no picture"), "{error}");
}
