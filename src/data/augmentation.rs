//! Augmentation: random changes of the training images, drawn anew for every image in every epoch.

use super::error::DataError;
use super::images::ImageDataset;
use super::random_crop::RandomCrop;
use burn_zoo_models::ImageShape;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use std::borrow::Cow;

/// How images are changed at random; by default, not at all.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Augmentation {
    /// Cut a part with at least this share of the pixels out of each image, and resize it to the image's size; 0 cuts
    /// out nothing. If the image comes from a picture in a folder, it is a part of the whole picture.
    pub random_crop: f32,
    /// Mirror half of the images, left to right.
    pub flip: bool,
    /// Move each image by up to this many pixels in both directions; the pixels that become free are black.
    pub shift: usize,
    /// Make a square with sides of this length black, around a random pixel; it may extend over the border.
    pub cutout: usize,
}

impl Augmentation {
    /// Whether images stay as they are.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// The random changes of the images of an epoch.
    ///
    /// They depend only on the seed, the epoch and the place of an image in the epoch. So they are the same on every
    /// backend, with any number of threads, and in a run that was interrupted.
    pub(super) fn of_epoch(self, seed: u64, epoch: usize) -> EpochAugmentation {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        // The streams below shuffle the epochs and hold out test sets.
        rng.set_stream(1 << 63 | epoch as u64);
        let crop = RandomCrop::of_epoch(self.random_crop, seed, epoch);
        EpochAugmentation {
            crop: (self.random_crop > 0.0).then_some(crop),
            augmentation: self,
            rng,
        }
    }
}

/// The random changes of the images of an epoch.
#[derive(Clone)]
pub(super) struct EpochAugmentation {
    crop: Option<RandomCrop>,
    augmentation: Augmentation,
    rng: ChaCha8Rng,
}

/// The words of the generator's stream for one image: one block, of which five words are used.
const WORDS_AN_IMAGE: u128 = 16;

impl EpochAugmentation {
    /// Image `index` of a data set, changed as it is for this place in the epoch.
    pub(super) fn image<'a>(
        &self,
        place: usize,
        dataset: &'a ImageDataset,
        index: usize,
    ) -> Result<Cow<'a, [u8]>, DataError> {
        let image = match &self.crop {
            Some(crop) => Cow::Owned(dataset.part(index, |size| crop.area(place, size))?),
            None => dataset.image(index)?,
        };
        let Augmentation {
            random_crop: _,
            flip,
            shift,
            cutout,
        } = self.augmentation;
        Ok(match flip || shift > 0 || cutout > 0 {
            true => Cow::Owned(self.apply(place, &image, dataset.shape())),
            false => image,
        })
    }

    /// Whether every image is resized.
    pub(super) fn resizes(&self) -> bool {
        self.crop.is_some()
    }

    /// The image `[C, H, W]` with all changes for this place in the epoch but the cropping.
    fn apply(&self, place: usize, image: &[u8], shape: ImageShape) -> Vec<u8> {
        let ImageShape { height, width, .. } = shape;
        let Augmentation {
            random_crop: _,
            flip,
            shift,
            cutout,
        } = self.augmentation;
        let mut rng = self.rng.clone();
        rng.set_word_pos(place as u128 * WORDS_AN_IMAGE);
        // The high half of a product is uniform to within 2⁻²⁰ for any side of an image.
        let mut below = |bound: usize| ((u64::from(rng.next_u32()) * bound as u64) >> 32) as isize;
        let flip = below(2) == 1 && flip;
        let [down, right] = [(); 2].map(|()| below(2 * shift + 1) - shift as isize);
        let [top, left] = [height, width].map(|side| below(side) - (cutout / 2) as isize);

        let mut augmented = vec![0; image.len()];
        let rows = augmented.chunks_exact_mut(width).enumerate();
        for (row, pixels) in rows {
            let (channel, y) = (row / height, (row % height) as isize);
            if !(0..height as isize).contains(&(y - down)) {
                continue;
            }
            let from = (channel * height + (y - down) as usize) * width;
            let source = &image[from..from + width];
            // The number of pixels of the row that leave the image on the left, and where the first of the others goes.
            let (skipped, to) = match right {
                0.. => (0, right as usize),
                _ => (right.unsigned_abs(), 0),
            };
            let moved = pixels[to..].iter_mut();
            match flip {
                true => (moved.zip(source.iter().rev().skip(skipped)))
                    .for_each(|(to, from)| *to = *from),
                false => (moved.zip(source[skipped..].iter())).for_each(|(to, from)| *to = *from),
            }
            if (top..top + cutout as isize).contains(&y) {
                let inside = |x: isize| x.clamp(0, width as isize) as usize;
                pixels[inside(left)..inside(left + cutout as isize)].fill(0);
            }
        }
        augmented
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: ImageShape = ImageShape::new(2, 4, 5);

    fn image() -> Vec<u8> {
        (1..=40).collect()
    }

    fn augmented(augmentation: Augmentation, places: usize) -> Vec<Vec<u8>> {
        let epoch = augmentation.of_epoch(42, 1);
        (0..places)
            .map(|place| epoch.apply(place, &image(), SHAPE))
            .collect()
    }

    #[test]
    fn half_of_the_images_are_mirrored() {
        let flip = Augmentation {
            flip: true,
            ..Augmentation::default()
        };
        let mirrored: Vec<u8> = image()
            .chunks(5)
            .flat_map(|row| row.iter().rev().copied())
            .collect();
        let images = augmented(flip, 1000);
        let count = images.iter().filter(|image| **image == mirrored).count();
        // Within five standard deviations of 500.
        assert!((420..=580).contains(&count), "{count}");
        assert_eq!(
            images.iter().filter(|i| **i == image()).count(),
            1000 - count
        );
    }

    #[test]
    fn images_are_moved_in_all_directions_alike_and_black_comes_in() {
        let shift = Augmentation {
            shift: 1,
            ..Augmentation::default()
        };
        let images = augmented(shift, 900);
        let moved = |down: isize, right: isize| {
            let pixel = |channel: isize, y: isize, x: isize| {
                let inside = (0..4).contains(&(y - down)) && (0..5).contains(&(x - right));
                match inside {
                    true => image()[(channel * 20 + (y - down) * 5 + x - right) as usize],
                    false => 0,
                }
            };
            let pixels = (0..40).map(|at| pixel(at / 20, at / 5 % 4, at % 5));
            pixels.collect::<Vec<_>>()
        };
        let mut all = 0;
        for (down, right) in (-1..=1).flat_map(|down| (-1..=1).map(move |right| (down, right))) {
            let expected = moved(down, right);
            let count = images.iter().filter(|image| **image == expected).count();
            assert!((53..=147).contains(&count), "{down}, {right}: {count}");
            all += count;
        }
        assert_eq!(all, 900);
    }

    #[test]
    fn a_square_is_cut_out_of_all_channels_and_nothing_else_changes() {
        let cutout = Augmentation {
            cutout: 2,
            ..Augmentation::default()
        };
        for augmented in augmented(cutout, 100) {
            let cut: Vec<usize> = (0..40).filter(|&at| augmented[at] == 0).collect();
            assert!([2, 4, 8].contains(&cut.len()), "{cut:?}");
            let (first, second) = cut.split_at(cut.len() / 2);
            assert!(first.iter().zip(second).all(|(a, b)| a + 20 == *b));
            let rest = (0..40).filter(|at| !cut.contains(at));
            assert!(rest.into_iter().all(|at| augmented[at] == image()[at]));
        }
    }

    #[test]
    fn an_images_change_follows_from_seed_epoch_and_place_for_good() {
        let all = Augmentation {
            flip: true,
            shift: 2,
            cutout: 2,
            ..Augmentation::default()
        };
        let image = |seed, epoch, place| all.of_epoch(seed, epoch).apply(place, &image(), SHAPE);
        assert_eq!(image(42, 1, 7), image(42, 1, 7));
        let others = [image(42, 1, 8), image(42, 2, 7), image(43, 1, 7)];
        assert!(others.iter().all(|other| *other != image(42, 1, 7)));
        assert_eq!(image(42, 1, 7)[..20], PINNED);
        assert!(Augmentation::default().is_none() && !all.is_none());
    }

    /// From tests/host_draws.py.
    const PINNED: [u8; 20] = [
        15, 14, 13, 0, 0, 20, 19, 18, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ];
}
