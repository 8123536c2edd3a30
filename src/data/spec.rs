//! A data set: what is known of it before reading it, and how its images are obtained.

use super::cache_size::CacheSize;
use super::digest::Digest;
use super::error::DataError;
use super::images::ImageDataset;
use super::split::{HoldOut, Split};
use crate::pictures::Fit;
use burn_zoo_models::{ClassifierConfig, ImageShape, ModelSpec, Normalisation};
use serde::Serialize;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// A data set: what is known of it before reading it. [`load`](Self::load) reads it.
#[derive(Debug, Clone)]
pub struct DatasetSpec {
    /// Its name on the command line and in configurations, and the name of its folder in the cache.
    pub id: String,
    /// Other names for it. Its id without the hyphens need not be among them.
    pub aliases: &'static [&'static str],
    /// Its name in reports.
    pub title: String,
    /// The shape of every image.
    pub shape: ImageShape,
    /// How a picture becomes an image of that shape: a picture in the folder, or one to classify.
    pub fit: Fit,
    /// The background of its images.
    pub background: Background,
    /// The names of the classes, in the order of the labels.
    pub classes: Vec<String>,
    /// The number of images to train on in the official data set; in a folder, of those from which images to test on
    /// may still be held out.
    pub num_train: usize,
    /// The number of images to test on in the official data set; in a folder, of those that the user keeps apart.
    pub num_test: usize,
    /// How pixels become a model's input, unless the model's weights expect something else.
    pub normalisation: Normalisation,
    /// Its origin and licence, in one line.
    pub source: &'static str,
    pub(super) supply: Arc<dyn Supply>,
}

/// The background of a data set's images.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Background {
    /// Any background, as in photographs.
    Any,
    /// Black. The things are bright, so that dark things on a light background must be inverted first.
    Black,
}

/// How the images of a data set are obtained: from official files, from a folder of pictures, or by drawing them.
pub(super) trait Supply: fmt::Debug + Send + Sync {
    /// Whether it has images of its own for a split.
    fn has(&self, split: Split, _: &LoadOptions) -> bool {
        split != Split::Valid
    }

    /// As [`DatasetSpec::load`].
    fn load(
        &self,
        spec: &DatasetSpec,
        split: Split,
        options: &LoadOptions,
    ) -> Result<Loaded, DataError>;

    /// As [`DatasetSpec::fetch`].
    fn fetch(&self, spec: &DatasetSpec, options: &LoadOptions) -> Result<PathBuf, DataError>;

    /// As [`DatasetSpec::path`].
    fn path(&self, spec: &DatasetSpec, options: &LoadOptions) -> Result<PathBuf, DataError>;

    /// As [`DatasetSpec::verify`].
    fn verify(&self, spec: &DatasetSpec, options: &LoadOptions) -> Result<Verified, DataError>;
}

/// Where to look for the data, and how to load them.
#[derive(Debug, Clone, Default)]
pub struct LoadOptions {
    /// The folder with the files (`--data-dir`). If it is given, no other place is tried.
    pub data_dir: Option<PathBuf>,
    /// The seed for the images of a data set without files, and for the test set of a folder that has none.
    pub seed: u64,
    /// Whether downloading, and reading a folder, show a progress bar on standard error.
    pub show_progress: bool,
    /// How much of a folder's pictures is kept in memory.
    pub cache: CacheSize,
    /// Whether the whole pictures to train on are kept, not the images made of them, as random parts will be cut
    /// out of them.
    pub whole: bool,
    /// Whether the pictures of a folder that cannot be read are left out.
    pub skip_unreadable: bool,
    /// Whether the pictures of a folder that are not kept are read to their end once, so that what is damaged is known
    /// before it is needed.
    pub check_all: bool,
    /// How images are held out of a folder's.
    pub hold_out: HoldOut,
}

/// A split, loaded.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// Its images.
    pub images: ImageDataset,
    /// Where they came from, for example "folder X, named by the user".
    pub origin: String,
    /// Sentences to show beside every result measured on them, for example that they are not the whole official split.
    pub warnings: Vec<String>,
    /// SHA-256 of the images, or of the names and contents of all pictures in the folder; none of images that are drawn.
    pub digest: Option<String>,
    /// The contents of the pictures in the order of the images, by which more are held out.
    pub(super) contents: Option<Vec<Digest>>,
    /// The pictures that cannot be read and were left out, by their names below the folder.
    pub skipped: Vec<String>,
}

impl Loaded {
    /// Images of official files.
    pub(super) fn official(images: ImageDataset, origin: String, warning: Option<String>) -> Self {
        Self {
            digest: Some(images.digest()),
            images,
            origin,
            warnings: warning.into_iter().collect(),
            contents: None,
            skipped: Vec::new(),
        }
    }
}

/// What was found when all files were checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// A line for each thing that was checked.
    pub lines: Vec<String>,
    /// The pictures of a folder that cannot be read.
    pub unreadable: Vec<Unreadable>,
}

impl From<Vec<String>> for Verified {
    fn from(lines: Vec<String>) -> Self {
        Self {
            lines,
            unreadable: Vec::new(),
        }
    }
}

/// A picture that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unreadable {
    /// Its name below the folder.
    pub file: String,
    /// The problem, continuing a sentence that begins with the file.
    pub problem: String,
}

impl DatasetSpec {
    /// The number of images in a split of the official data set, or of the folder.
    pub fn count(&self, split: Split) -> usize {
        match split {
            Split::Train => self.num_train,
            Split::Valid => 0,
            Split::Test => self.num_test,
        }
    }

    /// Whether it has images of its own for a split: only a folder may have some for validation.
    pub fn has(&self, split: Split, options: &LoadOptions) -> bool {
        self.supply.has(split, options)
    }

    /// The settings of a model for the images and classes of this data set.
    pub fn architecture(&self, model: &ModelSpec) -> ClassifierConfig {
        model.config(self.shape, self.classes.len())
    }

    /// How pixels become the input of a model: as the usual weights of the model expect it, or else in the way of
    /// this data set.
    pub fn normalisation_for(&self, model: &ModelSpec) -> Normalisation {
        let models = model.preprocessing.map(|own| own.normalisation);
        let models = models.filter(|own| own.fits(self.shape.channels));
        models.unwrap_or(self.normalisation)
    }

    /// Loads a split into memory. Of a folder's pictures, those that do not fit into the cache stay in their files.
    /// Official files that are nowhere on this machine are downloaded first.
    ///
    /// # Errors
    /// [`DataError`] names the file that is missing or wrong, or the places in which the data were looked for.
    pub fn load(&self, split: Split, options: &LoadOptions) -> Result<Loaded, DataError> {
        if !self.has(split, options) {
            return Err(DataError::NoValidation {
                dataset: self.id.clone(),
            });
        }
        self.supply.load(self, split, options)
    }

    /// Downloads the data set into the user's cache folder, unless it is there and undamaged; returns the folder.
    ///
    /// # Errors
    /// [`DataError::NoFiles`] for a data set drawn from a seed, [`DataError::NothingToFetch`] for a folder,
    /// [`DataError::Offline`] if downloads are forbidden, or what went wrong.
    pub fn fetch(&self, show_progress: bool) -> Result<PathBuf, DataError> {
        let options = LoadOptions {
            show_progress,
            ..LoadOptions::default()
        };
        self.supply.fetch(self, &options)
    }

    /// The folder in which [`load`](Self::load) would find both splits without downloading anything.
    ///
    /// # Errors
    /// [`DataError::NoFiles`] for a data set drawn from a seed, [`DataError::NotFound`] if it is in none of the
    /// places, or the first file that is missing in the folder named by `data_dir`.
    pub fn path(&self, options: &LoadOptions) -> Result<PathBuf, DataError> {
        self.supply.path(self, options)
    }

    /// Reads all files, without downloading any, and checks their sizes, labels, class counts and checksums;
    /// returns a line for each thing that was checked, and every picture of a folder that cannot be read.
    ///
    /// # Errors
    /// [`DataError`] for the first thing that is wrong. A folder named by `data_dir` may hold a subset; then the
    /// lines say so.
    pub fn verify(&self, options: &LoadOptions) -> Result<Verified, DataError> {
        self.supply.verify(self, options)
    }
}
