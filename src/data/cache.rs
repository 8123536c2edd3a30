//! Pictures of a folder: as many as fit stay in memory, and the others are read whenever they are wanted.

use super::DataError;
use crate::pictures::{Area, Fit, Picture, PictureError};
use burn_zoo_models::ImageShape;
use std::borrow::Cow;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};

/// How many bytes of pictures are kept in memory; "2GB" as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CacheSize(pub u64);

/// Units, the largest first.
const UNITS: [(&str, u64); 4] = [
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("KB", 1_000),
    ("", 1),
];

impl Default for CacheSize {
    /// 2 GB: 13,000 images of 3×224×224.
    fn default() -> Self {
        Self(2_000_000_000)
    }
}

impl fmt::Display for CacheSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = |&&(_, unit): &&(&str, u64)| self.0 > 0 && self.0.is_multiple_of(unit);
        let (name, unit) = UNITS.iter().find(whole).unwrap_or(&("", 1));
        write!(f, "{}{name}", self.0 / unit)
    }
}

impl FromStr for CacheSize {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let upper = text.to_uppercase();
        let suffix = |(name, _): &&(&str, u64)| upper.ends_with(name);
        let (name, unit) = UNITS.iter().find(suffix).unwrap_or(&("", 1));
        let number = upper[..upper.len() - name.len()].trim_end();
        let size = match number.parse::<u64>() {
            Ok(number) => number.checked_mul(*unit),
            Err(_) => {
                let number = number.parse::<f64>().ok();
                let bytes = number.map(|number| number * *unit as f64);
                let fits = |bytes: &f64| (0.0..1e18).contains(bytes);
                bytes.filter(fits).map(|bytes| bytes as u64)
            }
        };
        let size =
            size.ok_or("give a number of bytes with KB, MB or GB, for example 2GB, 500MB or 0");
        Ok(Self(size?))
    }
}

/// What is left of the memory for pictures.
pub(super) struct Room(AtomicU64);

impl Room {
    pub(super) fn new(size: CacheSize) -> Self {
        Self(AtomicU64::new(size.0))
    }

    fn is_full(&self) -> bool {
        self.0.load(Ordering::Relaxed) == 0
    }

    /// Takes so many bytes; where there are fewer, it is full from then on.
    fn take(&self, bytes: usize) -> bool {
        let taken = self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                left.checked_sub(bytes as u64)
            });
        if taken.is_err() {
            self.0.store(0, Ordering::Relaxed);
        }
        taken.is_ok()
    }
}

/// A picture of a folder.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct FolderPicture {
    path: PathBuf,
    kept: Kept,
}

/// What of a picture is in memory.
#[derive(Debug, PartialEq, Eq)]
enum Kept {
    Nothing,
    /// The image that it becomes.
    Image(Vec<u8>),
    /// All of it, to cut parts out of.
    Whole(Picture),
}

impl FolderPicture {
    /// Reads a picture that there is room for; of another, only its beginning.
    pub(super) fn open(
        path: &Path,
        whole: bool,
        room: &Room,
        shape: ImageShape,
        fit: Fit,
    ) -> Result<Self, PictureError> {
        let kept = if whole && !room.is_full() {
            let picture = Picture::read(path)?;
            match room.take(picture.num_bytes()) {
                true => Kept::Whole(picture),
                false => Kept::Nothing,
            }
        } else if !whole && room.take(shape.num_values()) {
            Kept::Image(Picture::read(path)?.to_pixels(shape, fit))
        } else {
            Picture::check(path)?;
            Kept::Nothing
        };
        let path = path.to_owned();
        Ok(Self { path, kept })
    }

    pub(super) fn num_bytes(&self) -> usize {
        match &self.kept {
            Kept::Nothing => 0,
            Kept::Image(pixels) => pixels.len(),
            Kept::Whole(picture) => picture.num_bytes(),
        }
    }

    pub(super) fn is_kept(&self) -> bool {
        self.kept != Kept::Nothing
    }

    /// The image that it becomes.
    pub(super) fn image(&self, shape: ImageShape, fit: Fit) -> Result<Cow<'_, [u8]>, DataError> {
        if let Kept::Image(pixels) = &self.kept {
            return Ok(Cow::Borrowed(pixels));
        }
        Ok(Cow::Owned(self.whole()?.to_pixels(shape, fit)))
    }

    /// A part of it, chosen by its width and height, as an image.
    pub(super) fn part(
        &self,
        shape: ImageShape,
        choose: impl FnOnce([usize; 2]) -> Area,
    ) -> Result<Vec<u8>, DataError> {
        let picture = self.whole()?;
        Ok(picture.part(choose(picture.sides()), shape))
    }

    fn whole(&self) -> Result<Cow<'_, Picture>, DataError> {
        if let Kept::Whole(picture) = &self.kept {
            return Ok(Cow::Borrowed(picture));
        }
        match Picture::read(&self.path) {
            Ok(picture) => Ok(Cow::Owned(picture)),
            Err(first) => Err(DataError::Pictures {
                first,
                others: Vec::new(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{
        Augmentation, ImageBatcher, ImageDataset, ImageLoader, LoadOptions, Order, Split, choose,
        usual,
    };
    use super::*;
    use crate::backend::Preparation::{Ahead, ByAllThreads, ByOneThread};
    use crate::backend::{self, Infer};
    use burn::data::dataloader::DataLoader;
    use burn_zoo_models::Normalisation;
    use image::{Rgb, RgbImage};
    use std::fs;
    use std::sync::Arc;
    use tempfile::TempDir;

    #[test]
    fn a_size_is_read_as_it_is_written() {
        for (text, bytes) in [
            ("0", 0),
            ("2GB", 2_000_000_000),
            ("500MB", 500_000_000),
            ("3KB", 3000),
            ("12345", 12_345),
        ] {
            let size: CacheSize = text.parse().unwrap();
            assert_eq!((size.0, size.to_string().as_str()), (bytes, text));
        }
        assert_eq!("1.5 gb".parse(), Ok(CacheSize(1_500_000_000)));
        assert_eq!(CacheSize::default().to_string(), "2GB");
        for text in ["", "GB", "-1", "2TB", "1e30GB", "nan", "99999999999GB"] {
            assert!(text.parse::<CacheSize>().is_err(), "{text}");
        }
    }

    #[test]
    fn what_does_not_fit_closes_the_room() {
        let room = Room::new(CacheSize(10));
        assert!(room.take(6) && !room.is_full());
        assert!(!room.take(6) && room.is_full() && !room.take(1));
    }

    /// Two classes of twelve pictures each, of many sizes and no two alike.
    fn pictures() -> TempDir {
        let folder = tempfile::tempdir().unwrap();
        for number in 0..24_u32 {
            let class = ["cat", "dog"][number as usize % 2];
            let size = [20 + 3 * number, 60 - 2 * number];
            let picture = RgbImage::from_fn(size[0], size[1], |x, y| {
                Rgb([x * 7 + number, y * 5, x * y + 11 * number].map(|value| value as u8))
            });
            fs::create_dir_all(folder.path().join(class)).unwrap();
            let file = folder.path().join(class).join(format!("{number:02}.png"));
            picture.save(file).unwrap();
        }
        folder
    }

    const SHAPE: ImageShape = ImageShape::new(3, 10, 12);

    fn load(
        folder: &TempDir,
        fit: Fit,
        cache: u64,
        whole: bool,
    ) -> Result<ImageDataset, DataError> {
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
            .find_map(|spec| backend::select(spec.id, Some("cpu"), "zoo".as_ref()).ok());
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
        let damaged = folder.path().join("cat/10.png");
        let bytes = fs::read(&damaged).unwrap();
        let gone = folder.path().join("dog/13.png");
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
        // What is no picture by its first bytes, or not there, is told at once.
        let error = load(&folder, Fit::Pad, 0, false).map(|images| images.len());
        assert_eq!(error.unwrap(), 19);
        fs::write(&damaged, "no picture").unwrap();
        let error = load(&folder, Fit::Pad, 0, false).unwrap_err().to_string();
        assert!(error.contains("10.png is no picture"), "{error}");
    }
}
