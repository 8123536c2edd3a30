//! A picture in a folder: kept in memory if there is room, and otherwise read whenever it is needed.

use super::cache_size::CacheSize;
use super::error::DataError;
use crate::pictures::{Area, Fit, Picture, PictureError};
use burn_zoo_models::ImageShape;
use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// The bytes that are left for pictures in memory.
pub(super) struct Room(AtomicU64);

impl Room {
    pub(super) fn new(size: CacheSize) -> Self {
        Self(AtomicU64::new(size.0))
    }

    fn is_full(&self) -> bool {
        self.0.load(Ordering::Relaxed) == 0
    }

    /// Takes this many bytes; if fewer are left, the room counts as full from then on.
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

/// How pictures are opened.
pub(super) struct Opening {
    /// Whether the whole picture is kept, and not the image made of it.
    pub whole: bool,
    /// Whether also those for which there is no room are read to their end.
    pub checked: bool,
    /// The room for what is kept.
    pub room: Room,
    pub shape: ImageShape,
    pub fit: Fit,
}

/// A picture in a folder, and as much of it as is kept in memory.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct FolderPicture {
    path: PathBuf,
    kept: Kept,
}

/// How much of a picture is in memory.
#[derive(Debug, PartialEq, Eq)]
enum Kept {
    Nothing,
    /// The image made of it.
    Image(Vec<u8>),
    /// The whole picture, to cut random parts out of.
    Whole(Picture),
}

impl FolderPicture {
    /// Reads a picture if there is room for it, and only its beginning otherwise.
    pub(super) fn open(path: &Path, opening: &Opening) -> Result<Self, PictureError> {
        let Opening {
            whole,
            checked,
            ref room,
            shape,
            fit,
        } = *opening;
        let kept = if whole && !room.is_full() {
            let picture = Picture::read(path)?;
            match room.take(picture.num_bytes()) {
                true => Kept::Whole(picture),
                false => Kept::Nothing,
            }
        } else if !whole && room.take(shape.num_values()) {
            Kept::Image(Picture::read_as(path, |picture| {
                picture.to_pixels(shape, fit)
            })?)
        } else if checked {
            Picture::read_as(path, |_| ())?;
            Kept::Nothing
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

    /// The image made of it.
    pub(super) fn image(&self, shape: ImageShape, fit: Fit) -> Result<Cow<'_, [u8]>, DataError> {
        if let Kept::Image(pixels) = &self.kept {
            return Ok(Cow::Borrowed(pixels));
        }
        let image = self.made(|picture| picture.to_pixels(shape, fit))?;
        Ok(Cow::Owned(image))
    }

    /// An image made of a part of it, which `choose` chooses by its width and height.
    pub(super) fn part(
        &self,
        shape: ImageShape,
        choose: impl FnOnce([usize; 2]) -> Area,
    ) -> Result<Vec<u8>, DataError> {
        self.made(|picture| picture.part(choose(picture.sides()), shape))
    }

    fn made<T>(&self, make: impl FnOnce(&Picture) -> T) -> Result<T, DataError> {
        if let Kept::Whole(picture) = &self.kept {
            return Ok(make(picture));
        }
        Picture::read_as(&self.path, |picture| make(&picture)).map_err(|error| {
            DataError::Pictures {
                unreadable: vec![error],
                can_skip: false,
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_closes_the_room() {
        let room = Room::new(CacheSize(10));
        assert!(room.take(6) && !room.is_full());
        assert!(!room.take(6) && room.is_full() && !room.take(1));
    }
}
