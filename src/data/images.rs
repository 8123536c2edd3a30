//! The images of a split, in memory or in files.

use super::digest;
use super::error::DataError;
use super::folder_picture::FolderPicture;
use super::problems::FileProblem;
use crate::pictures::{Area, Fit, resized};
use burn_dataset::Dataset;
use burn_zoo_models::ImageShape;
use std::borrow::Cow;
use std::sync::Arc;

/// One image with its class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageItem {
    /// Channels-first pixels: `channels * height * width` bytes, from 0 for black to 255 for white.
    pub pixels: Vec<u8>,
    /// The number of the class.
    pub label: u16,
}

/// All images of one split with their classes.
///
/// An image is bytes `[C, H, W]`, from 0 for black to 255 for white; they are scaled and normalised when a batch is
/// made of them. The pictures of a folder may not all fit into memory. Those that do not are read when their image is
/// asked for, which can fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageDataset {
    shape: ImageShape,
    labels: Vec<u16>,
    store: Store,
}

/// Where the images are.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Store {
    /// All in memory, one after the other.
    Bytes(Vec<u8>),
    /// In the files of a folder, as many as fit in memory too.
    Pictures(Fit, Vec<Arc<FolderPicture>>),
}

impl ImageDataset {
    /// `N` images of this shape, by their `N * channels * height * width` pixels (row-major `[N, C, H, W]`) and their
    /// `N` labels.
    ///
    /// # Errors
    /// [`DataError::Lengths`] if the numbers of pixels and labels do not fit together.
    pub fn new(shape: ImageShape, pixels: Vec<u8>, labels: Vec<u16>) -> Result<Self, DataError> {
        let expected = [shape.channels, shape.height, shape.width]
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
            shape,
            labels,
            store: Store::Pictures(fit, pictures),
        }
    }

    /// The shape of every image.
    pub fn shape(&self) -> ImageShape {
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

    /// The number of each image's class.
    pub fn labels(&self) -> &[u16] {
        &self.labels
    }

    /// The number of images that are in memory. The others are read when they are asked for.
    pub fn num_in_memory(&self) -> usize {
        match &self.store {
            Store::Bytes(_) => self.len(),
            Store::Pictures(_, pictures) => pictures.iter().filter(|one| one.is_kept()).count(),
        }
    }

    /// The bytes of memory that the images and pictures take.
    pub(crate) fn num_bytes(&self) -> usize {
        match &self.store {
            Store::Bytes(pixels) => pixels.len(),
            Store::Pictures(_, pictures) => pictures.iter().map(|one| one.num_bytes()).sum(),
        }
    }

    /// The channels-first pixels of image `index`.
    ///
    /// # Errors
    /// [`DataError::Pictures`] if it is not in memory and its file cannot be read.
    ///
    /// # Panics
    /// If `index` is not less than [`len`](Self::len), like indexing a slice.
    pub fn image(&self, index: usize) -> Result<Cow<'_, [u8]>, DataError> {
        match &self.store {
            Store::Bytes(pixels) => {
                let size = self.shape.num_values();
                Ok(Cow::Borrowed(&pixels[index * size..(index + 1) * size]))
            }
            Store::Pictures(fit, pictures) => pictures[index].image(self.shape, *fit),
        }
    }

    /// Has the CPU fetch image `index` into its cache, if that is in memory, as it is wanted soon. Of a large image
    /// that is the beginning, as the CPU itself goes on.
    pub(super) fn prefetch(&self, index: usize) {
        #[cfg(target_arch = "x86_64")]
        if let Store::Bytes(pixels) = &self.store {
            use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
            const CACHE_LINE: usize = 64;
            const BEGINNING: usize = 4096;
            let size = self.shape.num_values();
            let image = &pixels[index * size..(index + 1) * size];
            for line in image[..size.min(BEGINNING)].chunks(CACHE_LINE) {
                // SAFETY: every x86-64 CPU has the instruction, and nothing is read by it.
                unsafe { _mm_prefetch::<_MM_HINT_T0>(line.as_ptr().cast()) };
            }
        }
        #[cfg(not(target_arch = "x86_64"))]
        let _ = index;
    }

    /// An image made of a part of image `index`, or, if it comes from a picture in a folder, of a part of the whole
    /// picture. `choose` chooses the part by the width and height of the image or picture.
    ///
    /// # Errors
    /// As [`image`](Self::image).
    ///
    /// # Panics
    /// As [`image`](Self::image), and if the part is not inside the image or picture.
    pub(super) fn part(
        &self,
        index: usize,
        choose: impl FnOnce([usize; 2]) -> Area,
    ) -> Result<Vec<u8>, DataError> {
        match &self.store {
            Store::Bytes(_) => {
                let ImageShape { height, width, .. } = self.shape;
                let (part, to) = (choose([width, height]), [width, height]);
                let image = self.image(index)?;
                let planes = image.chunks_exact(height * width);
                let planes =
                    planes.flat_map(|plane| resized::<1>(plane, width, part, to, Area::whole(to)));
                Ok(planes.collect())
            }
            Store::Pictures(_, pictures) => pictures[index].part(self.shape, choose),
        }
    }

    /// `count` images from all over, at equal distances, as images may be in the order of their classes; or all if
    /// there are fewer.
    pub fn spread(&self, count: usize) -> Self {
        let kept = count.min(self.len());
        let places = (0..kept).map(|place| place * self.len() / kept);
        let size = self.shape.num_values();
        Self {
            shape: self.shape,
            labels: places.clone().map(|place| self.labels[place]).collect(),
            store: match &self.store {
                Store::Bytes(pixels) => Store::Bytes(
                    places
                        .flat_map(|place| &pixels[place * size..(place + 1) * size])
                        .copied()
                        .collect(),
                ),
                Store::Pictures(fit, pictures) => {
                    Store::Pictures(*fit, places.map(|place| pictures[place].clone()).collect())
                }
            },
        }
    }

    /// The first `limit` images, or all if there are fewer.
    pub fn truncated(mut self, limit: usize) -> Self {
        let kept = limit.min(self.len());
        let size = self.shape.num_values();
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
        let size = self.shape.num_values();
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

    /// SHA-256 of the shape, the labels and the pixels of images in memory, in hexadecimal digits.
    pub(super) fn digest(&self) -> String {
        let ImageShape {
            channels,
            height,
            width,
        } = self.shape;
        let shape = format!("{channels} {height} {width}");
        let labels: Vec<u8> = self.labels.iter().flat_map(|it| it.to_le_bytes()).collect();
        let pixels = match &self.store {
            Store::Bytes(pixels) => pixels.as_slice(),
            Store::Pictures(..) => &[],
        };
        digest::hex(&digest::of_parts([shape.as_bytes(), &labels, pixels]))
    }

    /// The number of images of each of the first `classes` classes.
    pub fn class_counts(&self, classes: usize) -> Vec<usize> {
        let mut counts = vec![0; classes];
        for &label in &self.labels {
            if let Some(count) = counts.get_mut(usize::from(label)) {
                *count += 1;
            }
        }
        counts
    }
}

/// Checks that every label is the number of one of `classes` classes.
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

/// The images as a data set of Burn, for its `DataLoaderBuilder` and its transforms. An item is an error if its file
/// cannot be read; the error is shared, as Burn clones items.
impl Dataset<Result<ImageItem, Arc<DataError>>> for ImageDataset {
    fn get(&self, index: usize) -> Option<Result<ImageItem, Arc<DataError>>> {
        let label = *self.labels.get(index)?;
        let image = self.image(index).map_err(Arc::new);
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
        ImageDataset::new(ImageShape::new(1, 2, 3), (0..18).collect(), vec![7, 8, 9]).unwrap()
    }

    #[test]
    fn an_image_is_its_own_bytes() {
        let images = three();
        assert_eq!(images.len(), 3);
        assert_eq!(images.shape(), ImageShape::new(1, 2, 3));
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
            let [channels, height, width] = shape;
            let shape = ImageShape::new(channels, height, width);
            let result = ImageDataset::new(shape, vec![0; pixels], vec![0; labels]);
            assert!(matches!(result, Err(DataError::Lengths { .. })));
        }
    }
}
