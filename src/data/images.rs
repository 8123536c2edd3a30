//! The images of a split, in memory or in files.

use super::cache::FolderPicture;
use super::{DataError, FileProblem};
use crate::pictures::{Area, Fit, resized};
use burn_dataset::Dataset;
use burn_zoo_models::ImageShape;
use std::borrow::Cow;
use std::sync::Arc;

/// One image with its class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageItem {
    /// Channels-first pixels, `channels * height * width` bytes, 0 black to 255 white.
    pub pixels: Vec<u8>,
    /// The index of the class.
    pub label: u16,
}

/// All images of one split with their classes.
///
/// An image is bytes `[C, H, W]`, 0 black to 255 white. Scaling and normalising belong to the batch, so a
/// byte stays a byte until then. The pictures of a folder may be more than fit into memory, so an image of
/// these may be read when it is asked for, and that can fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageDataset {
    shape: [usize; 3],
    labels: Vec<u16>,
    store: Store,
}

/// Where the images are.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Store {
    /// In memory, one after the other, as the bytes of the files.
    Bytes(Vec<u8>),
    /// In a folder, or in memory as well.
    Pictures(Fit, Vec<Arc<FolderPicture>>),
}

impl ImageDataset {
    /// Joins `N` labels and `N * channels * height * width` pixels (row-major `[N, C, H, W]`).
    ///
    /// # Errors
    /// [`DataError::Lengths`] if the numbers do not fit together.
    pub fn new(shape: [usize; 3], pixels: Vec<u8>, labels: Vec<u16>) -> Result<Self, DataError> {
        let expected = shape
            .iter()
            .try_fold(labels.len(), |product, &side| product.checked_mul(side));
        if expected != Some(pixels.len()) {
            return Err(DataError::Lengths {
                shape,
                pixels: pixels.len(),
                labels: labels.len(),
            });
        }
        Ok(Self {
            shape,
            labels,
            store: Store::Bytes(pixels),
        })
    }

    /// Pictures of a folder with their labels.
    pub(super) fn of_pictures(
        shape: ImageShape,
        fit: Fit,
        pictures: Vec<FolderPicture>,
        labels: Vec<u16>,
    ) -> Self {
        let pictures = pictures.into_iter().map(Arc::new).collect();
        Self {
            shape: [shape.channels, shape.height, shape.width],
            labels,
            store: Store::Pictures(fit, pictures),
        }
    }

    /// Channels, height and width of every image.
    pub fn shape(&self) -> [usize; 3] {
        self.shape
    }

    /// The number of images.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there is no image.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The class index of each image.
    pub fn labels(&self) -> &[u16] {
        &self.labels
    }

    /// The number of images that are in memory; the others are read when they are asked for.
    pub fn num_in_memory(&self) -> usize {
        match &self.store {
            Store::Bytes(_) => self.len(),
            Store::Pictures(_, pictures) => pictures.iter().filter(|one| one.is_kept()).count(),
        }
    }

    /// The bytes of the pictures that are in memory.
    pub(crate) fn num_bytes(&self) -> usize {
        match &self.store {
            Store::Bytes(pixels) => pixels.len(),
            Store::Pictures(_, pictures) => pictures.iter().map(|one| one.num_bytes()).sum(),
        }
    }

    /// The channels-first pixels of image `index`.
    ///
    /// # Errors
    /// [`DataError::Pictures`] where its file cannot be read (any more).
    ///
    /// # Panics
    /// If `index` is not less than [`len`](Self::len), like indexing a slice.
    pub fn image(&self, index: usize) -> Result<Cow<'_, [u8]>, DataError> {
        match &self.store {
            Store::Bytes(pixels) => {
                let size = self.image_size();
                Ok(Cow::Borrowed(&pixels[index * size..(index + 1) * size]))
            }
            Store::Pictures(fit, pictures) => pictures[index].image(self.image_shape(), *fit),
        }
    }

    /// A part of image `index`, resized to be an image: of a picture in a folder, a part of all of it. It is
    /// chosen by the width and height there are.
    ///
    /// # Errors
    /// As [`image`](Self::image).
    ///
    /// # Panics
    /// As [`image`](Self::image), and where the part sticks out.
    pub(super) fn part(
        &self,
        index: usize,
        choose: impl FnOnce([usize; 2]) -> Area,
    ) -> Result<Vec<u8>, DataError> {
        match &self.store {
            Store::Bytes(_) => {
                let [_, height, width] = self.shape;
                let (part, to) = (choose([width, height]), [width, height]);
                let image = self.image(index)?;
                let planes = image.chunks_exact(height * width);
                let planes =
                    planes.flat_map(|plane| resized::<1>(plane, width, part, to, Area::whole(to)));
                Ok(planes.collect())
            }
            Store::Pictures(_, pictures) => pictures[index].part(self.image_shape(), choose),
        }
    }

    /// The first `limit` images, or all if there are fewer.
    pub fn truncated(mut self, limit: usize) -> Self {
        let kept = limit.min(self.len());
        let size = self.image_size();
        self.labels.truncate(kept);
        match &mut self.store {
            Store::Bytes(pixels) => pixels.truncate(kept * size),
            Store::Pictures(_, pictures) => pictures.truncate(kept),
        }
        self
    }

    /// The images at `indices`, in that order; an index may occur more than once.
    ///
    /// # Panics
    /// If an index is not less than [`len`](Self::len), like indexing a slice.
    pub fn subset(&self, indices: &[usize]) -> Self {
        let size = self.image_size();
        let store = match &self.store {
            Store::Bytes(all) => {
                let mut pixels = Vec::with_capacity(indices.len() * size);
                for &index in indices {
                    pixels.extend_from_slice(&all[index * size..(index + 1) * size]);
                }
                Store::Bytes(pixels)
            }
            Store::Pictures(fit, pictures) => {
                let pictures = indices.iter().map(|&index| pictures[index].clone());
                Store::Pictures(*fit, pictures.collect())
            }
        };
        Self {
            shape: self.shape,
            labels: indices.iter().map(|&index| self.labels[index]).collect(),
            store,
        }
    }

    /// How many images there are of each class below `classes`.
    pub fn class_counts(&self, classes: usize) -> Vec<usize> {
        let mut counts = vec![0; classes];
        for &label in &self.labels {
            if let Some(count) = counts.get_mut(usize::from(label)) {
                *count += 1;
            }
        }
        counts
    }

    fn image_size(&self) -> usize {
        self.shape.iter().product()
    }

    fn image_shape(&self) -> ImageShape {
        let [channels, height, width] = self.shape;
        ImageShape::new(channels, height, width)
    }
}

/// That every label names one of `classes` classes.
pub(super) fn check_labels(labels: &[u16], classes: usize) -> Result<(), FileProblem> {
    match labels.iter().position(|&l| usize::from(l) >= classes) {
        None => Ok(()),
        Some(image) => Err(FileProblem::Label {
            label: labels[image],
            image,
            largest: classes.saturating_sub(1),
        }),
    }
}

/// Burn's data set; an item is an error where a picture's file cannot be read (any more).
impl Dataset<Result<ImageItem, DataError>> for ImageDataset {
    fn get(&self, index: usize) -> Option<Result<ImageItem, DataError>> {
        let label = *self.labels.get(index)?;
        let image = self.image(index);
        Some(image.map(|pixels| ImageItem {
            pixels: pixels.into_owned(),
            label,
        }))
    }

    fn len(&self) -> usize {
        self.labels.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three images of 1×2×3 pixels whose bytes are numbered from 0.
    fn three() -> ImageDataset {
        ImageDataset::new([1, 2, 3], (0..18).collect(), vec![7, 8, 9]).unwrap()
    }

    #[test]
    fn an_image_is_its_own_bytes() {
        let images = three();
        assert_eq!(images.len(), 3);
        assert_eq!(images.shape(), [1, 2, 3]);
        assert_eq!(*images.image(1).unwrap(), [6, 7, 8, 9, 10, 11]);
        assert_eq!((images.num_in_memory(), images.num_bytes()), (3, 18));
        let expected = ImageItem {
            pixels: (12..18).collect(),
            label: 9,
        };
        assert_eq!(images.get(2).unwrap().unwrap(), expected);
        assert!(images.get(3).is_none());
        assert_eq!(Dataset::len(&images), 3);
    }

    #[test]
    fn truncating_keeps_the_first_images() {
        let images = three().truncated(2);
        assert_eq!(images.labels(), [7, 8]);
        assert_eq!(images.num_bytes(), 12);
        assert_eq!(three().truncated(99), three());
        assert!(three().truncated(0).is_empty());
    }

    #[test]
    fn a_subset_is_in_the_order_asked_for() {
        let images = three().subset(&[2, 0, 2]);
        assert_eq!(images.labels(), [9, 7, 9]);
        assert_eq!(*images.image(1).unwrap(), [0, 1, 2, 3, 4, 5]);
        assert_eq!(images.class_counts(10)[9], 2);
    }

    #[test]
    fn lengths_that_do_not_fit_are_an_error() {
        for (shape, pixels, labels) in [
            ([1, 2, 3], 17, 3),
            ([1, 2, 3], 18, 2),
            ([usize::MAX, 2, 3], 0, 1),
        ] {
            let result = ImageDataset::new(shape, vec![0; pixels], vec![0; labels]);
            assert!(matches!(result, Err(DataError::Lengths { .. })));
        }
    }
}
