//! Images in memory.

use burn_dataset::Dataset;

use super::{DataError, FileProblem};

/// One image with its class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageItem {
    /// Channels-first pixels, `channels * height * width` bytes, 0 black to 255 white.
    pub pixels: Vec<u8>,
    /// The index of the class.
    pub label: u8,
}

/// All images of one split, once in memory, as the bytes of the files.
///
/// Scaling and normalising belong to the batch, so a byte stays a byte until it is on the device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageDataset {
    shape: [usize; 3],
    pixels: Vec<u8>,
    labels: Vec<u8>,
}

impl ImageDataset {
    /// Joins `N` labels and `N * channels * height * width` pixels (row-major `[N, C, H, W]`).
    ///
    /// # Errors
    /// [`DataError::Lengths`] if the numbers do not fit together.
    pub fn new(shape: [usize; 3], pixels: Vec<u8>, labels: Vec<u8>) -> Result<Self, DataError> {
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
            pixels,
            labels,
        })
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
    pub fn labels(&self) -> &[u8] {
        &self.labels
    }

    /// All pixels, row-major `[N, C, H, W]`.
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// The channels-first pixels of image `index`.
    ///
    /// # Panics
    /// If `index` is not less than [`len`](Self::len), like indexing a slice; [`Dataset::get`] gives `None` there.
    pub fn image(&self, index: usize) -> &[u8] {
        let size = self.image_size();
        &self.pixels[index * size..(index + 1) * size]
    }

    /// The first `limit` images, or all if there are fewer.
    pub fn truncated(mut self, limit: usize) -> Self {
        let kept = limit.min(self.len());
        self.pixels.truncate(kept * self.image_size());
        self.labels.truncate(kept);
        self
    }

    /// A copy of the images at `indices`, in that order; an index may occur more than once.
    ///
    /// # Panics
    /// If an index is not less than [`len`](Self::len), like indexing a slice.
    pub fn subset(&self, indices: &[usize]) -> Self {
        let mut pixels = Vec::with_capacity(indices.len() * self.image_size());
        let mut labels = Vec::with_capacity(indices.len());
        for &index in indices {
            pixels.extend_from_slice(self.image(index));
            labels.push(self.labels[index]);
        }
        Self {
            shape: self.shape,
            pixels,
            labels,
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
}

/// That every label names one of `classes` classes.
pub(super) fn check_labels(labels: &[u8], classes: usize) -> Result<(), FileProblem> {
    match labels.iter().position(|&l| usize::from(l) >= classes) {
        None => Ok(()),
        Some(image) => Err(FileProblem::Label {
            label: labels[image],
            image,
            largest: classes.saturating_sub(1),
        }),
    }
}

impl Dataset<ImageItem> for ImageDataset {
    fn get(&self, index: usize) -> Option<ImageItem> {
        let label = *self.labels.get(index)?;
        Some(ImageItem {
            pixels: self.image(index).to_vec(),
            label,
        })
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
        assert_eq!(images.image(1), [6, 7, 8, 9, 10, 11]);
        assert_eq!(
            images.get(2),
            Some(ImageItem {
                pixels: (12..18).collect(),
                label: 9
            })
        );
        assert_eq!(images.get(3), None);
        assert_eq!(Dataset::len(&images), 3);
    }

    #[test]
    fn truncating_keeps_the_first_images() {
        let images = three().truncated(2);
        assert_eq!(images.labels(), [7, 8]);
        assert_eq!(images.pixels().len(), 12);
        assert_eq!(three().truncated(99), three());
        assert!(three().truncated(0).is_empty());
    }

    #[test]
    fn a_subset_is_in_the_order_asked_for() {
        let images = three().subset(&[2, 0, 2]);
        assert_eq!(images.labels(), [9, 7, 9]);
        assert_eq!(images.image(1), [0, 1, 2, 3, 4, 5]);
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
