//! The images of a run: the training set, the part of it that is held out for validation, and the test set.

use super::cache_size::CacheSize;
use super::error::DataError;
use super::images::ImageDataset;
use super::shuffle::shuffle;
use super::spec::{DatasetSpec, LoadOptions};
use super::split::Split;
use crate::numbers::thousands;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use std::sync::Arc;

/// The images of a run.
#[derive(Debug, Clone)]
pub struct Splits {
    /// The images to train on.
    pub train: Arc<ImageDataset>,
    /// The images held out of the training set for validation, if any are.
    pub valid: Option<Arc<ImageDataset>>,
    /// The images to test on.
    pub test: Arc<ImageDataset>,
    /// Where they were found.
    pub origin: String,
    /// Sentences that the user should see about them.
    pub warnings: Vec<String>,
    /// How much of a folder's pictures is kept in memory.
    cache: CacheSize,
}

impl Splits {
    /// Loads at most `limit` images of each split of a data set, and holds `valid_fraction` of the training images out
    /// for validation, drawn from the seed.
    ///
    /// # Errors
    /// As [`DatasetSpec::load`]; [`DataError::BadSetting`] if a split would be empty.
    pub fn load(
        dataset: &DatasetSpec,
        limit: Option<usize>,
        valid_fraction: f64,
        options: &LoadOptions,
    ) -> Result<Self, DataError> {
        let bad = |what: String| Err(DataError::BadSetting(what));
        if limit == Some(0) {
            return bad("`limit` 0 leaves no image: it must be at least 1".into());
        }
        if !(0.0..1.0).contains(&valid_fraction) {
            return bad(format!(
                "`valid_fraction` {valid_fraction} is not a share of the training set: it must be at least 0 and less than 1"
            ));
        }
        let loaded = dataset.load(Split::Train, options)?;
        let used = loaded.images.num_bytes() as u64;
        let left = LoadOptions {
            cache: CacheSize(options.cache.0.saturating_sub(used)),
            ..options.clone()
        };
        let loaded_test = dataset.load(Split::Test, &left)?;
        let limit = limit.unwrap_or(usize::MAX);
        let all = loaded.images.truncated(limit);
        let num_valid = (all.len() as f64 * valid_fraction).round() as usize;
        let (train, valid) = match num_valid {
            0 if valid_fraction > 0.0 => {
                let images = all.len();
                return bad(format!(
                    "`valid_fraction` {valid_fraction} of {images} images is none: make it larger"
                ));
            }
            0 => (all, None),
            _ if num_valid >= all.len() => {
                let images = all.len();
                return bad(format!(
                    "`valid_fraction` {valid_fraction} of {images} images is all of them, and leaves none to train on: make it smaller"
                ));
            }
            _ => {
                let (train, valid) = hold_out(&all, num_valid, options.seed);
                (train, Some(Arc::new(valid)))
            }
        };
        Ok(Self {
            train: Arc::new(train),
            valid,
            test: Arc::new(loaded_test.images.truncated(limit)),
            origin: loaded.origin,
            cache: options.cache,
            warnings: [loaded.warning, loaded_test.warning]
                .into_iter()
                .flatten()
                .collect(),
        })
    }

    /// How many of the images are in memory, in words, for example "all in memory".
    pub fn place_in_words(&self) -> String {
        let splits = [Some(&self.train), self.valid.as_ref(), Some(&self.test)];
        let splits = splits.into_iter().flatten();
        let all: usize = splits.clone().map(|images| images.len()).sum();
        let in_memory: usize = splits.map(|images| images.num_in_memory()).sum();
        match in_memory {
            _ if in_memory == all => "all in memory".into(),
            0 => "read as they are needed".into(),
            some => format!(
                "{} in memory (`cache` {}), {} read as they are needed",
                thousands(some),
                self.cache,
                thousands(all - some)
            ),
        }
    }
}

/// The stream of ChaCha8 from which the validation split is drawn; the epochs are shuffled from stream 1 on.
const VALID_STREAM: u64 = u64::MAX;

/// Holds `num_valid` images out; returns the images to train on and those for validation.
fn hold_out(all: &ImageDataset, num_valid: usize, seed: u64) -> (ImageDataset, ImageDataset) {
    let mut indices: Vec<usize> = (0..all.len()).collect();
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(VALID_STREAM);
    shuffle(&mut indices, &mut rng);
    let (valid, train) = indices.split_at_mut(num_valid);
    // Both keep the order of the files.
    valid.sort_unstable();
    train.sort_unstable();
    (all.subset(train), all.subset(valid))
}
