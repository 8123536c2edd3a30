//! Images drawn from a seed, without files or a licence: for tests, benchmarks and first steps without a network.
//!
//! Each class has a smooth random pattern. An image is the pattern of its class, moved by up to two pixels, with a weaker
//! pattern of a random class added to it, a random brightness and contrast, and noise. Training and test images have only
//! the patterns in common.
//!
//! All arithmetic is on integers, so that a seed gives the same bytes on every machine.

use super::error::DataError;
use super::images::ImageDataset;
use super::spec::{Background, DatasetSpec, LoadOptions, Loaded, Supply, Verified};
use super::split::Split;
use crate::pictures::Fit;
use burn_zoo_models::{ImageShape, Normalisation};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use std::path::PathBuf;
use std::sync::Arc;

/// The entry in the table for grey images with the shape of Fashion-MNIST's.
pub(super) fn grey() -> DatasetSpec {
    DatasetSpec {
        id: "synthetic".into(),
        aliases: &[],
        title: "Synthetic".into(),
        shape: ImageShape::new(1, 28, 28),
        fit: Fit::Pad,
        background: Background::Any,
        classes: (0..10).map(|class| format!("pattern {class}")).collect(),
        num_train: 6_000,
        num_test: 1_000,
        normalisation: Normalisation::LECTURE,
        source: "drawn by this program from a seed; no licence needed",
        supply: Arc::new(Drawn),
    }
}

/// The entry in the table for colour images with the shape of CIFAR-10's.
pub(super) fn rgb() -> DatasetSpec {
    DatasetSpec {
        id: "synthetic-rgb".into(),
        title: "Synthetic RGB".into(),
        shape: ImageShape::new(3, 32, 32),
        ..grey()
    }
}

/// Images that are drawn when they are loaded.
#[derive(Debug)]
struct Drawn;

impl Supply for Drawn {
    fn load(
        &self,
        spec: &DatasetSpec,
        split: Split,
        options: &LoadOptions,
    ) -> Result<Loaded, DataError> {
        Ok(Loaded {
            images: draw(spec, split, options.seed)?,
            origin: format!("drawn from seed {}", options.seed),
            warnings: options
                .data_dir
                .iter()
                .map(|folder| {
                    format!(
                        "{} is drawn from a seed: {}, given by ‘data_dir’, is not used",
                        spec.id,
                        folder.display()
                    )
                })
                .collect(),
            digest: None,
            contents: None,
            skipped: Vec::new(),
        })
    }

    fn fetch(&self, spec: &DatasetSpec, _: &LoadOptions) -> Result<PathBuf, DataError> {
        Err(no_files(spec))
    }

    fn path(&self, spec: &DatasetSpec, _: &LoadOptions) -> Result<PathBuf, DataError> {
        Err(no_files(spec))
    }

    fn verify(&self, spec: &DatasetSpec, _: &LoadOptions) -> Result<Verified, DataError> {
        Ok(vec![format!(
            "{} is drawn from a seed and has no files to verify",
            spec.id
        )]
        .into())
    }
}

fn no_files(spec: &DatasetSpec) -> DataError {
    DataError::NoFiles {
        dataset: spec.id.clone(),
    }
}

/// The distance in pixels between two random values of a pattern.
const GRID: usize = 8;
/// The most pixels by which a pattern is moved in each direction.
const SHIFT: usize = 2;
/// The standard deviation of the noise, in grey levels.
const NOISE: i32 = 40;

/// Draws a split.
fn draw(spec: &DatasetSpec, split: Split, seed: u64) -> Result<ImageDataset, DataError> {
    let ImageShape {
        channels,
        height,
        width,
    } = spec.shape;
    let mut rng = generator(seed, 0);
    let patterns: Vec<Pattern> = (0..spec.classes.len())
        .map(|_| Pattern::draw(&mut rng, spec.shape))
        .collect();

    let mut rng = generator(
        seed,
        match split {
            Split::Train => 1,
            Split::Test => 2,
            Split::Valid => 3,
        },
    );
    let count = spec.count(split);
    let mut pixels = Vec::with_capacity(count * spec.shape.num_values());
    let mut labels = Vec::with_capacity(count);
    for index in 0..count {
        let class = index % patterns.len();
        let own = &patterns[class];
        let other = &patterns[below(&mut rng, patterns.len())];
        // The factors of the two patterns, in 256ths.
        let own_weight = 96 + below(&mut rng, 128) as i32;
        let other_weight = below(&mut rng, 160) as i32;
        let brightness = 98 + below(&mut rng, 61) as i32;
        let down = below(&mut rng, 2 * SHIFT + 1);
        let right = below(&mut rng, 2 * SHIFT + 1);
        for channel in 0..channels {
            for row in down..down + height {
                for column in right..right + width {
                    let signal = own.at(channel, row, column) * own_weight
                        + other.at(channel, row, column) * other_weight;
                    let level = brightness + signal / 256 + noise(&mut rng);
                    pixels.push(level.clamp(0, 255) as u8);
                }
            }
        }
        labels.push(class as u16);
    }
    ImageDataset::new(spec.shape, pixels, labels)
}

/// A smooth pattern with values from −127 to 127. It is `SHIFT` pixels larger than an image on every side.
struct Pattern {
    height: usize,
    width: usize,
    values: Vec<i32>,
}

impl Pattern {
    /// Interpolates linearly between random values `GRID` pixels apart.
    fn draw(rng: &mut ChaCha8Rng, shape: ImageShape) -> Self {
        let channels = shape.channels;
        let (height, width) = (shape.height + 2 * SHIFT, shape.width + 2 * SHIFT);
        let (rows, columns) = (height / GRID + 2, width / GRID + 2);
        let mut values = Vec::with_capacity(channels * height * width);
        for _ in 0..channels {
            let corners: Vec<i32> = (0..rows * columns)
                .map(|_| below(rng, 255) as i32 - 127)
                .collect();
            for row in 0..height {
                for column in 0..width {
                    let corner = row / GRID * columns + column / GRID;
                    let (down, right) = ((row % GRID) as i32, (column % GRID) as i32);
                    let grid = GRID as i32;
                    let across = |i: usize| corners[i] * (grid - right) + corners[i + 1] * right;
                    let value = across(corner) * (grid - down) + across(corner + columns) * down;
                    values.push(value / (grid * grid));
                }
            }
        }
        Self {
            height,
            width,
            values,
        }
    }

    fn at(&self, channel: usize, row: usize, column: usize) -> i32 {
        self.values[(channel * self.height + row) * self.width + column]
    }
}

/// The random generator of a seed. Its streams are independent of each other.
fn generator(seed: u64, stream: u64) -> ChaCha8Rng {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    let mut rng = ChaCha8Rng::from_seed(key);
    rng.set_stream(stream);
    rng
}

/// A number from 0 to `limit` − 1. All are equally likely, to within one part in 2³² / `limit`.
fn below(rng: &mut ChaCha8Rng, limit: usize) -> usize {
    ((u64::from(rng.next_u32()) * limit as u64) >> 32) as usize
}

/// Nearly normal noise: the sum of four uniform bytes, whose mean is 510 and standard deviation 148.
fn noise(rng: &mut ChaCha8Rng) -> i32 {
    let sum: i32 = rng.next_u32().to_le_bytes().map(i32::from).iter().sum();
    (sum - 510) * NOISE / 148
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::official::contents::digest;
    use sha2::Sha256;

    fn small(shape: ImageShape) -> DatasetSpec {
        DatasetSpec {
            shape,
            num_train: 1_000,
            num_test: 500,
            ..grey()
        }
    }

    #[test]
    fn a_seed_always_gives_the_same_bytes() {
        for (spec, expected) in [
            (
                small(grey().shape),
                "29dc0b359639d74c58fc39eb660248aa3e69dea6e035f3a9c7e5082e145a34de",
            ),
            (
                small(rgb().shape),
                "bb4e1f2c1fe6bf856604ce57f65ec9dd6461f60d46186307565e266dfc86ca3f",
            ),
        ] {
            let images = draw(&spec, Split::Test, 42).unwrap();
            let bytes = (0..images.len()).map(|index| images.image(index).unwrap());
            let bytes = bytes.collect::<Vec<_>>().concat();
            let (_, sum) = digest::<Sha256>(&mut bytes.as_slice()).unwrap();
            assert_eq!(sum, expected);
        }
    }

    #[test]
    fn seeds_and_splits_differ_and_classes_are_balanced() {
        let spec = small(grey().shape);
        let train = draw(&spec, Split::Train, 1).unwrap();
        let test = draw(&spec, Split::Test, 1).unwrap();
        assert_eq!((train.len(), test.len()), (1_000, 500));
        assert_ne!(train.image(0).unwrap(), test.image(0).unwrap());
        assert_ne!(train, draw(&spec, Split::Train, 2).unwrap());
        assert_eq!(train.class_counts(10), [100; 10]);
    }

    /// The nearest class mean is a linear classifier that needs no training.
    #[test]
    fn a_linear_classifier_learns_the_classes_but_not_all_of_them() {
        for shape in [grey().shape, rgb().shape] {
            let spec = small(shape);
            let train = draw(&spec, Split::Train, 3).unwrap();
            let test = draw(&spec, Split::Test, 3).unwrap();
            let size = shape.num_values();
            let mut means = vec![vec![0.0_f64; size]; 10];
            for (index, &label) in train.labels().iter().enumerate() {
                let image = train.image(index).unwrap();
                for (mean, &pixel) in means[usize::from(label)].iter_mut().zip(image.iter()) {
                    *mean += f64::from(pixel) / 100.0;
                }
            }
            let distance = |mean: &[f64], image: &[u8]| -> f64 {
                let pairs = mean.iter().zip(image);
                pairs.map(|(m, &p)| (m - f64::from(p)).powi(2)).sum()
            };
            let correct = (0..test.len()).filter(|&index| {
                let distances: Vec<f64> = means
                    .iter()
                    .map(|mean| distance(mean, &test.image(index).unwrap()))
                    .collect();
                let nearest = (0..10).min_by(|&a, &b| distances[a].total_cmp(&distances[b]));
                nearest == Some(usize::from(test.labels()[index]))
            });
            let accuracy = correct.count() as f64 / test.len() as f64;
            assert!((0.6..0.97).contains(&accuracy), "{shape:?}: {accuracy}");
        }
    }

    #[test]
    fn a_drawn_data_set_has_no_files() {
        let spec = grey();
        let options = LoadOptions::default();
        assert!(matches!(spec.fetch(false), Err(DataError::NoFiles { .. })));
        assert!(matches!(
            spec.path(&options),
            Err(DataError::NoFiles { .. })
        ));
        assert_eq!(spec.verify(&options).unwrap().lines.len(), 1);
        assert_eq!(spec.load(Split::Test, &options).unwrap().warnings.len(), 0);
        let options = LoadOptions {
            data_dir: Some("here".into()),
            ..options
        };
        let warning = spec.load(Split::Test, &options).unwrap().warnings.remove(0);
        assert!(warning.contains("here, given by ‘data_dir’, is not used"));
    }
}
