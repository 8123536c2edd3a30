//! The data sets: what there is, where it is found, and how it comes into memory.
//!
//! [`DATASETS`] is the table. A data set is added by one file beside this one and one line there.
//! Data flows one way: files (or a seed) → [`ImageDataset`], bytes in memory, which knows nothing of backends.

use std::fmt;
use std::path::PathBuf;

use burn_zoo_models::{ClassifierConfig, ImageShape, ModelSpec};
use serde::{Deserialize, Serialize};

mod cifar10;
mod download;
mod error;
mod fashion_mnist;
mod files;
mod images;
mod loader;
mod source;
mod synthetic;

pub use error::{DataError, DownloadProblem, FileProblem};
pub use images::{ImageDataset, ImageItem};
pub(crate) use loader::shuffle;
pub use loader::{ImageBatch, ImageBatcher, ImageLoader, Order, Preparation};

/// Every data set.
pub static DATASETS: &[DatasetSpec] = &[
    fashion_mnist::SPEC,
    cifar10::SPEC,
    synthetic::GREY,
    synthetic::RGB,
];

/// What is known of a data set before reading it.
#[derive(Debug)]
pub struct DatasetSpec {
    /// The name on the command line, in configurations and of its folder.
    pub id: &'static str,
    /// Other names for it, besides the id without its hyphens.
    pub aliases: &'static [&'static str],
    /// The name in reports.
    pub title: &'static str,
    /// Channels, height and width of every image.
    pub shape: [usize; 3],
    /// The names of the classes, in label order.
    pub classes: &'static [&'static str],
    /// Images in the official training set.
    pub num_train: usize,
    /// Images in the official test set.
    pub num_test: usize,
    /// Subtracted from every channel after scaling to 0 … 1.
    pub mean: f32,
    /// What every channel is divided by after that.
    pub std: f32,
    /// One line: where it is from, and its licence.
    pub source: &'static str,
    supply: Supply,
}

/// Where the images of a data set come from.
#[derive(Debug)]
enum Supply {
    /// From files that are found or downloaded.
    Files(source::FileSet),
    /// From a seed.
    Drawn(fn(&DatasetSpec, Split, u64) -> Result<ImageDataset, DataError>),
}

/// A part of a data set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Split {
    /// To train (and validate) on.
    Train,
    /// To measure on.
    Test,
}

impl fmt::Display for Split {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Split::Train => "train",
            Split::Test => "test",
        })
    }
}

/// What the user says about data.
#[derive(Debug, Clone, Default)]
pub struct LoadOptions {
    /// The folder with the files (`--data-dir`); when given, nothing else is tried.
    pub data_dir: Option<PathBuf>,
    /// What a data set without files is drawn from.
    pub seed: u64,
    /// Whether a download shows a progress bar, on standard error.
    pub show_progress: bool,
}

/// A split in memory.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The images.
    pub images: ImageDataset,
    /// Where they came from, for example "folder X, given by --data-dir".
    pub origin: String,
    /// What a figure measured on them must say, if they are not the whole official set.
    pub warning: Option<String>,
}

/// The data set called `name`, which may be its id, an alias, or either in other case or without hyphens.
///
/// # Errors
/// [`DataError::UnknownDataset`], which lists the ids, nearest first.
pub fn find(name: &str) -> Result<&'static DatasetSpec, DataError> {
    let wanted = plain(name);
    let found = DATASETS
        .iter()
        .find(|spec| plain(spec.id) == wanted || spec.aliases.contains(&wanted.as_str()));
    found.ok_or_else(|| {
        let mut known: Vec<&'static str> = DATASETS.iter().map(|spec| spec.id).collect();
        let similarity = |id: &str| strsim::sorensen_dice(&plain(id), &wanted);
        known.sort_by(|a, b| similarity(b).total_cmp(&similarity(a)));
        let name = name.to_owned();
        DataError::UnknownDataset { name, known }
    })
}

/// The letters and digits of a name, in lower case.
fn plain(name: &str) -> String {
    let kept = name.chars().filter(|c| c.is_alphanumeric());
    kept.flat_map(char::to_lowercase).collect()
}

impl DatasetSpec {
    /// Images in a split of the official set.
    pub fn count(&self, split: Split) -> usize {
        match split {
            Split::Train => self.num_train,
            Split::Test => self.num_test,
        }
    }

    /// A model's settings for the images and classes of the data set.
    pub fn architecture(&self, model: &ModelSpec) -> ClassifierConfig {
        let [channels, height, width] = self.shape;
        let input = ImageShape::new(channels, height, width);
        model.config(input, self.classes.len())
    }

    /// Brings a split into memory, after downloading it if it is nowhere on this machine.
    ///
    /// # Errors
    /// [`DataError`] says which file is missing or wrong, or what was tried to find the data.
    pub fn load(&self, split: Split, options: &LoadOptions) -> Result<Loaded, DataError> {
        match &self.supply {
            Supply::Drawn(draw) => Ok(Loaded {
                images: draw(self, split, options.seed)?,
                origin: format!("drawn from seed {}", options.seed),
                warning: options.data_dir.as_ref().map(|folder| {
                    format!(
                        "{} is drawn from a seed: {}, given by --data-dir, is not used",
                        self.id,
                        folder.display()
                    )
                }),
            }),
            Supply::Files(set) => {
                let places = source::Places::of_this_machine(options);
                source::load(self, set, split, &places)
            }
        }
    }

    /// Downloads the data set into the user's cache folder, unless it is there and sound; returns the folder.
    ///
    /// # Errors
    /// [`DataError::NoFiles`] for a data set drawn from a seed, [`DataError::Offline`], or what went wrong.
    pub fn fetch(&self, show_progress: bool) -> Result<PathBuf, DataError> {
        let options = LoadOptions {
            show_progress,
            ..LoadOptions::default()
        };
        let places = source::Places::of_this_machine(&options);
        source::fetch(self, self.file_set()?, &places)
    }

    /// The folder in which [`load`](Self::load) would find both splits without downloading.
    ///
    /// # Errors
    /// [`DataError::NoFiles`] for a data set drawn from a seed, [`DataError::NotFound`] if it is nowhere, or the
    /// first file missing in the folder named by `data_dir`.
    pub fn path(&self, options: &LoadOptions) -> Result<PathBuf, DataError> {
        let places = source::Places::of_this_machine(options);
        source::path(self, self.file_set()?, &places)
    }

    /// Reads all files without downloading any and checks sizes, labels, class counts and checksums; returns
    /// what was found, a line each.
    ///
    /// # Errors
    /// [`DataError`] for the first thing that is not as it should be. A folder named by `data_dir` may hold a
    /// subset; the lines say so then.
    pub fn verify(&self, options: &LoadOptions) -> Result<Vec<String>, DataError> {
        match &self.supply {
            Supply::Drawn(_) => Ok(vec![format!(
                "{} is drawn from a seed and has no files to verify",
                self.id
            )]),
            Supply::Files(set) => {
                let places = source::Places::of_this_machine(options);
                source::verify(self, set, &places)
            }
        }
    }

    fn file_set(&self) -> Result<&source::FileSet, DataError> {
        match &self.supply {
            Supply::Files(set) => Ok(set),
            Supply::Drawn(_) => Err(DataError::NoFiles { dataset: self.id }),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_data_set_is_found_by_id_alias_and_other_spellings() {
        for (name, id) in [
            ("fashion-mnist", "fashion-mnist"),
            ("fashionmnist", "fashion-mnist"),
            ("Fashion_MNIST", "fashion-mnist"),
            ("fmnist", "fashion-mnist"),
            ("cifar10", "cifar-10"),
            ("CIFAR-10", "cifar-10"),
            ("synthetic-rgb", "synthetic-rgb"),
            ("synthetic", "synthetic"),
        ] {
            assert_eq!(find(name).unwrap().id, id);
        }
    }

    #[test]
    fn an_unknown_name_lists_the_data_sets_nearest_first() {
        for (name, nearest) in [
            ("mnist", "fashion-mnist"),
            ("cifra10", "cifar-10"),
            ("cifar-100", "cifar-10"),
            ("sinthetic", "synthetic"),
        ] {
            let error = find(name).unwrap_err();
            let DataError::UnknownDataset { known, .. } = &error else {
                panic!("{error}");
            };
            assert_eq!(known[0], nearest);
            assert_eq!(known.len(), DATASETS.len());
            assert!(error.to_string().contains(&format!("{name:?}")));
        }
        for name in ["", "🦀", "-"] {
            assert!(find(name).is_err());
        }
    }

    #[test]
    fn every_line_of_the_table_is_consistent() {
        let mut names = HashSet::new();
        for spec in DATASETS {
            assert!(names.insert(plain(spec.id)), "{}", spec.id);
            for alias in spec.aliases {
                assert_eq!(&plain(alias), alias);
                assert!(names.insert(plain(alias)), "{alias}");
            }
            assert_eq!(spec.classes.len(), 10);
            assert_eq!(spec.num_train % 10, 0);
            assert_eq!(spec.num_test % 10, 0);
            assert!(spec.std > 0.0 && !spec.source.is_empty());
        }
    }

    #[test]
    fn a_drawn_data_set_has_no_files() {
        let spec = find("synthetic").unwrap();
        let options = LoadOptions::default();
        assert!(matches!(spec.fetch(false), Err(DataError::NoFiles { .. })));
        assert!(matches!(
            spec.path(&options),
            Err(DataError::NoFiles { .. })
        ));
        assert_eq!(spec.verify(&options).unwrap().len(), 1);
        assert_eq!(spec.load(Split::Test, &options).unwrap().warning, None);
        let options = LoadOptions {
            data_dir: Some("here".into()),
            ..options
        };
        let warning = spec.load(Split::Test, &options).unwrap().warning.unwrap();
        assert!(warning.contains("here, given by --data-dir, is not used"));
    }

    #[test]
    fn a_split_is_written_in_lower_case() {
        assert_eq!(Split::Train.to_string(), "train");
        assert_eq!(format!("{:<6}|", Split::Test), "test  |");
    }
}
