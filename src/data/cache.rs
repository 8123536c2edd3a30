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
    use super::*;

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
}
