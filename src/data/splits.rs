//! The images of a run: the training set, the part of it that is held out for validation, and the test set.

use super::cache_size::CacheSize;
use super::digest::{self, Digest};
use super::error::DataError;
use super::images::ImageDataset;
use super::shuffle::shuffle;
use super::spec::{DatasetSpec, LoadOptions, Loaded};
use super::split::{HoldOut, Split};
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
    /// SHA-256 of all images of the data set, or of the names and contents of all pictures in the folder, before ‘limit’;
    /// none of images that are drawn from a seed.
    pub digest: Option<String>,
    /// The pictures that cannot be read and were left out, by their names below the folder.
    pub skipped: Vec<String>,
    /// How much of a folder's pictures is kept in memory.
    cache: CacheSize,
}

impl Splits {
    /// Loads at most `limit` images of each split of a data set, and holds `valid_fraction` of the training images out
    /// for validation, drawn from the seed, where the data set has none of its own.
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
            return bad("‘limit’ 0 leaves no image: it must be at least 1".into());
        }
        if !(0.0..1.0).contains(&valid_fraction) {
            return bad(format!(
                "‘valid_fraction’ {valid_fraction} is not a share of the training set: it must be at least 0 and less than 1"
            ));
        }
        let has_valid = dataset.has(Split::Valid, options);
        if has_valid && valid_fraction > 0.0 {
            return bad(format!(
                "‘valid_fraction’ {valid_fraction} would hold images out for validation, and {} has images of its own for that: leave it out",
                dataset.id
            ));
        }
        let mut wanted = vec![Split::Train, Split::Test];
        wanted.extend(has_valid.then_some(Split::Valid));
        let loaded = load_all(dataset, &wanted, options)?;
        let digests = loaded.iter().map(|loaded| loaded.digest.as_deref());
        let digests: Option<Vec<&str>> = digests.collect();
        let digest = digests.map(|digests| match digests.as_slice() {
            // That of a folder is of all its splits.
            [one, rest @ ..] if rest.iter().all(|other| other == one) => (*one).to_owned(),
            many => digest::hex(&digest::of_parts(many.iter().map(|one| one.as_bytes()))),
        });
        let mut warnings = Vec::new();
        for warning in loaded.iter().flat_map(|loaded| &loaded.warnings) {
            if !warnings.contains(warning) {
                warnings.push(warning.clone());
            }
        }
        let mut skipped: Vec<String> = loaded.iter().flat_map(|it| it.skipped.clone()).collect();
        skipped.sort();
        let limit = limit.unwrap_or(usize::MAX);
        let mut loaded = loaded.into_iter();
        let (Some(train), Some(test)) = (loaded.next(), loaded.next()) else {
            unreachable!("each split is loaded or an error")
        };
        let contents = train.contents;
        let all = train.images.truncated(limit);
        let own = loaded.next().map(|own| own.images.truncated(limit));
        let num_valid = (all.len() as f64 * valid_fraction).round() as usize;
        let (train_images, valid) = match num_valid {
            0 if valid_fraction > 0.0 => {
                let images = all.len();
                return bad(format!(
                    "‘valid_fraction’ {valid_fraction} of {images} images is none: make it larger"
                ));
            }
            0 => (all, own),
            _ if num_valid >= all.len() => {
                let images = all.len();
                return bad(format!(
                    "‘valid_fraction’ {valid_fraction} of {images} images is all of them, and leaves none to train on: make it smaller"
                ));
            }
            _ => {
                let (train, valid) = match (contents, options.hold_out) {
                    (Some(contents), HoldOut::ByContent) => {
                        hold_out_by_content(&all, &contents, valid_fraction, options.seed)
                    }
                    _ => hold_out_by_position(&all, num_valid, options.seed),
                };
                (train, Some(valid))
            }
        };
        Ok(Self {
            train: Arc::new(train_images),
            valid: valid.map(Arc::new),
            test: Arc::new(test.images.truncated(limit)),
            origin: train.origin,
            cache: options.cache,
            warnings,
            digest,
            skipped,
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
                "{} in memory (‘cache’ {}), {} read as they are needed",
                thousands(some),
                self.cache,
                thousands(all - some)
            ),
        }
    }
}

/// The stream of ChaCha8 from which the validation split is drawn; the epochs are shuffled from stream 1 on.
const VALID_STREAM: u64 = u64::MAX;

/// Loads splits one after the other, each into what the ones before leave of the cache.
fn load_all(
    dataset: &DatasetSpec,
    splits: &[Split],
    options: &LoadOptions,
) -> Result<Vec<Loaded>, DataError> {
    let mut left = options.clone();
    let loaded = splits.iter().map(|&split| {
        let loaded = dataset.load(split, &left)?;
        let used = loaded.images.num_bytes() as u64;
        left.cache = CacheSize(left.cache.0.saturating_sub(used));
        Ok(loaded)
    });
    loaded.collect()
}

/// Holds images out, each with this chance, which the content of its picture and the seed draw; returns the images to
/// train on and those for validation. At least one is held out, and at least one is not.
fn hold_out_by_content(
    all: &ImageDataset,
    contents: &[Digest],
    share: f64,
    seed: u64,
) -> (ImageDataset, ImageDataset) {
    let draws = contents[..all.len()].iter();
    let mut draws: Vec<(u64, usize)> = draws
        .zip(0..)
        .map(|(content, index)| (digest::drawn(content, "valid", seed), index))
        .collect();
    draws.sort_unstable();
    // The 53 bits that a number of double precision holds.
    let is_valid = |draw: u64| ((draw >> 11) as f64) < share * (1_u64 << 53) as f64;
    let num_valid = draws.iter().filter(|(draw, _)| is_valid(*draw)).count();
    let (valid, train) = draws.split_at(num_valid.clamp(1, draws.len() - 1));
    let [train, valid] = [train, valid].map(|part| {
        let mut indices: Vec<usize> = part.iter().map(|(_, index)| *index).collect();
        // Both keep the order of the files.
        indices.sort_unstable();
        all.subset(&indices)
    });
    (train, valid)
}

/// Holds `num_valid` images out; returns the images to train on and those for validation.
fn hold_out_by_position(
    all: &ImageDataset,
    num_valid: usize,
    seed: u64,
) -> (ImageDataset, ImageDataset) {
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
