//! The data sets: what there is, where it is found, and how it comes into memory.
//!
//! [`DATASETS`] is the table. A data set is added by one file beside this one and one line there. Beside
//! it there are pictures of the user's own, `folder:PATH`.
//! Data flows one way: files (or a seed) → [`ImageDataset`], bytes in memory or pictures in a folder, which
//! knows nothing of backends.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use crate::pictures::Fit;
use burn_zoo_models::{ClassifierConfig, ImageShape, ModelSpec, Normalisation, Preprocessing};
use serde::{Deserialize, Serialize};

mod augmentation;
mod cache;
mod cifar10;
mod download;
mod error;
mod fashion_mnist;
mod files;
mod folder;
mod images;
mod loader;
mod random_crop;
mod source;
mod splits;
mod synthetic;

pub use augmentation::Augmentation;
pub use burn_zoo_steps::ImageBatch;
pub use cache::CacheSize;
pub use error::{DataError, DownloadProblem, FileProblem, FolderProblem};
pub use folder::check_shape;
pub use images::{ImageDataset, ImageItem};
pub(crate) use loader::shuffle;
pub use loader::{Failure, ImageBatcher, ImageLoader, Order};
pub(crate) use source::{cache_folder, is_offline};
pub use splits::Splits;

/// Every data set that has a name.
pub static DATASETS: LazyLock<[DatasetSpec; 4]> = LazyLock::new(|| {
    [
        fashion_mnist::spec(),
        cifar10::spec(),
        synthetic::grey(),
        synthetic::rgb(),
    ]
});

/// The data set of a model of which it is not known.
pub const UNKNOWN: &str = "unknown";

/// The name of a class that nobody has named.
pub fn unnamed(class: usize) -> String {
    format!("class {class}")
}

/// What is known of a data set before reading it.
#[derive(Debug, Clone)]
pub struct DatasetSpec {
    /// The name on the command line and in configurations; of a data set with a name, also of its folder.
    pub id: String,
    /// Other names for it, besides the id without its hyphens.
    pub aliases: &'static [&'static str],
    /// The name in reports.
    pub title: String,
    /// Channels, height and width of every image.
    pub shape: [usize; 3],
    /// How pictures become such images: those of a folder, and those that a model is shown.
    pub fit: Fit,
    /// The names of the classes, in label order.
    pub classes: Vec<String>,
    /// Images in the official training set, or in the folder.
    pub num_train: usize,
    /// Images in the official test set, or in the folder.
    pub num_test: usize,
    /// How pixels become a model's input, unless the model has its own way.
    pub normalisation: Normalisation,
    /// One line: where it is from, and its licence.
    pub source: &'static str,
    supply: Supply,
}

/// Where the images of a data set come from.
#[derive(Debug, Clone)]
enum Supply {
    /// From files that are found or downloaded.
    Files(source::FileSet),
    /// From pictures of the user's own.
    Folder(folder::Folder),
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
    /// What a data set without files, or the test set of a folder, is drawn from.
    pub seed: u64,
    /// Whether a download, or the reading of a folder, shows a progress bar, on standard error.
    pub show_progress: bool,
    /// How much of a folder's pictures is kept in memory.
    pub cache: CacheSize,
    /// Whether parts are to be cut out of the pictures to train on: they are then kept whole.
    pub whole: bool,
}

/// A split that can be trained or measured on.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The images.
    pub images: ImageDataset,
    /// Where they came from, for example "folder X, given by --data-dir".
    pub origin: String,
    /// What a figure measured on them must say, if they are not the whole official set.
    pub warning: Option<String>,
}

/// The data set called `name`, which may be its id, an alias, or either in other case or without hyphens;
/// or `folder:PATH`.
///
/// # Errors
/// [`DataError::UnknownDataset`], which lists the ids, nearest first; [`DataError::Folder`].
pub fn find(name: &str) -> Result<DatasetSpec, DataError> {
    choose(name, None, None, None, usual(&[]))
}

/// What the pictures of a folder become for models where nobody says it: what the weights that people have of
/// them expect, where that is the same for all of them, or else small images.
pub fn usual(models: &[&ModelSpec]) -> Preprocessing {
    let small = Preprocessing::new(folder::SHAPE, Fit::Pad, Normalisation::LECTURE);
    let mut all = models
        .iter()
        .map(|model| model.preprocessing.unwrap_or(small));
    match all.next() {
        Some(first) if all.all(|other| other == first) => first,
        _ => small,
    }
}

/// As [`find`], with what else the user says: of `folder:PATH`, `data_dir` is the folder that is used instead
/// (where the pictures have moved), and its images are made to have this `shape` in this way; where the user does
/// not say, as is `usual`.
///
/// # Errors
/// As [`find`]; [`DataError::FixedShape`] for another data set with a `shape` or a `fit`.
pub fn choose(
    name: &str,
    data_dir: Option<&Path>,
    shape: Option<ImageShape>,
    fit: Option<Fit>,
    usual: Preprocessing,
) -> Result<DatasetSpec, DataError> {
    if let Some(path) = name.strip_prefix(folder::PREFIX) {
        let path = data_dir.unwrap_or(Path::new(path));
        let (shape, fit) = (shape.unwrap_or(usual.input), fit.unwrap_or(usual.fit));
        return folder::spec(path, shape, fit);
    }
    let spec = named(name)?;
    let option = shape.map(|_| "--image-shape").or(fit.map(|_| "--fit"));
    match option {
        Some(option) => Err(DataError::FixedShape {
            option,
            shape: spec.image_shape(),
            dataset: spec.id.clone(),
        }),
        None => Ok(spec.clone()),
    }
}

/// The data set that a run names, with images of the run's shape and of its classes; as with [`choose`],
/// `data_dir` tells where the pictures of a folder are now.
///
/// # Errors
/// As [`find`]; [`DataError::OtherClasses`] where the folder has others by now; [`DataError::NotKnown`] where the
/// run does not say.
pub fn recorded(
    id: &str,
    shape: ImageShape,
    fit: Fit,
    classes: &[String],
    data_dir: Option<&Path>,
) -> Result<DatasetSpec, DataError> {
    if id == UNKNOWN {
        return Err(DataError::NotKnown);
    }
    let is_folder = is_folder(id);
    let (shape, fit) = (is_folder.then_some(shape), is_folder.then_some(fit));
    let spec = choose(id, data_dir, shape, fit, usual(&[]))?;
    if is_folder && spec.classes != classes {
        return Err(DataError::OtherClasses {
            dataset: spec.id,
            found: spec.classes,
            expected: classes.into(),
        });
    }
    Ok(spec)
}

/// Whether a data set is of the user's own pictures.
pub fn is_folder(id: &str) -> bool {
    id.starts_with(folder::PREFIX)
}

/// The name of a data set by its id, short enough for a title or a file: of a folder, the last part of its
/// path.
pub fn short_name(id: &str) -> &str {
    let Some(path) = id.strip_prefix(folder::PREFIX) else {
        return id;
    };
    let name = Path::new(path).file_name().and_then(|name| name.to_str());
    name.unwrap_or("pictures")
}

fn named(name: &str) -> Result<&'static DatasetSpec, DataError> {
    let wanted = plain(name);
    let found = DATASETS
        .iter()
        .find(|spec| plain(&spec.id) == wanted || spec.aliases.contains(&wanted.as_str()));
    found.ok_or_else(|| {
        let mut known: Vec<String> = DATASETS.iter().map(|spec| spec.id.clone()).collect();
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
        model.config(self.image_shape(), self.classes.len())
    }

    /// How its pixels become a model's input: as the model's usual weights expect them, or else in the data
    /// set's own way.
    pub fn normalisation_for(&self, model: &ModelSpec) -> Normalisation {
        let [channels, ..] = self.shape;
        let models = model.preprocessing.map(|own| own.normalisation);
        let models = models.filter(|own| own.fits(channels));
        models.unwrap_or(self.normalisation)
    }

    /// The shape of its images, as the models have it.
    pub fn image_shape(&self) -> ImageShape {
        let [channels, height, width] = self.shape;
        ImageShape::new(channels, height, width)
    }

    /// Brings a split into memory, or of a folder's pictures as many as are to be kept there, after downloading
    /// it if it is nowhere on this machine.
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
            Supply::Folder(folder) => folder.load(self, split, options),
        }
    }

    /// Downloads the data set into the user's cache folder, unless it is there and sound; returns the folder.
    ///
    /// # Errors
    /// [`DataError::NoFiles`] for a data set drawn from a seed, [`DataError::NothingToFetch`] for a folder,
    /// [`DataError::Offline`], or what went wrong.
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
        if let Supply::Folder(folder) = &self.supply {
            return Ok(folder.path().to_owned());
        }
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
            Supply::Folder(folder) => folder.verify(self, options),
        }
    }

    fn file_set(&self) -> Result<&source::FileSet, DataError> {
        match &self.supply {
            Supply::Files(set) => Ok(set),
            Supply::Folder(_) => Err(DataError::NothingToFetch {
                dataset: self.id.clone(),
            }),
            Supply::Drawn(_) => Err(DataError::NoFiles {
                dataset: self.id.clone(),
            }),
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
            assert!(error.to_string().contains("folder:PATH"));
        }
        for name in ["", "🦀", "-"] {
            assert!(find(name).is_err());
        }
    }

    #[test]
    fn every_line_of_the_table_is_consistent() {
        let mut names = HashSet::new();
        for spec in DATASETS.iter() {
            assert!(names.insert(plain(&spec.id)), "{}", spec.id);
            for alias in spec.aliases {
                assert_eq!(&plain(alias), alias);
                assert!(names.insert(plain(alias)), "{alias}");
            }
            assert_eq!(spec.classes.len(), 10);
            assert_eq!(spec.num_train % 10, 0);
            assert_eq!(spec.num_test % 10, 0);
            assert_eq!(spec.normalisation.check(spec.shape[0]), Ok(()));
            assert!(!spec.source.is_empty());
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
    fn a_data_set_with_a_shape_of_its_own_is_given_no_other() {
        let shape = Some(ImageShape::new(1, 28, 28));
        let error = choose("cifar-10", None, shape, None, usual(&[]))
            .unwrap_err()
            .to_string();
        let expected = "the images of cifar-10 are 3×32×32: leave --image-shape out";
        assert!(error.starts_with(expected), "{error}");
        let error = choose("cifar-10", None, None, Some(Fit::Crop), usual(&[])).unwrap_err();
        assert!(error.to_string().contains("leave --fit out"), "{error}");
    }

    #[test]
    fn a_folder_is_called_by_the_last_part_of_its_path() {
        for (id, name) in [
            ("cifar-10", "cifar-10"),
            ("folder:/home/me/pets", "pets"),
            ("folder:/home/me/pets/", "pets"),
            ("folder:/", "pictures"),
        ] {
            assert_eq!(short_name(id), name);
        }
    }

    #[test]
    fn a_split_is_written_in_lower_case() {
        assert_eq!(Split::Train.to_string(), "train");
        assert_eq!(format!("{:<6}|", Split::Test), "test  |");
    }
}
