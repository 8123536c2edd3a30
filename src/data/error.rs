//! Errors of data, each in one sentence that names the place, the problem and the remedy.

use super::problems::{DownloadProblem, FileProblem, FolderProblem, few};
use super::split::Split;
use crate::numbers::thousands;
use crate::pictures::PictureError;
use burn_zoo_models::ImageShape;
use std::io;
use std::path::PathBuf;

/// Why a data set could not be found, fetched or read.
///
/// The messages are complete: the cause is part of the sentence, not of [`std::error::Error::source`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// The data set has no validation images of its own.
    #[error("{dataset} has no validation images of its own: hold some out of its training images")]
    NoValidation {
        /// The data set.
        dataset: String,
    },
    /// A setting has a value with which a split would have no images.
    #[error("{0}")]
    BadSetting(String),
    /// No data set has this name.
    #[error(
        "there is no data set {name:?}: choose one of {}, or folder:PATH for a folder of your own pictures",
        .known.join(", ")
    )]
    UnknownDataset {
        /// The name as given.
        name: String,
        /// Every id in the table, nearest to the name first.
        known: Vec<String>,
    },

    /// A file of the data set is not what it should be.
    #[error("{} {problem}: put the official file there, or let `zoo data fetch {dataset}` download it into the cache folder, which is used where neither ‘data_dir’ nor BURN_ZOO_DATA names another", .path.display())]
    File {
        /// The id of the data set.
        dataset: String,
        /// The file.
        path: PathBuf,
        /// The problem.
        problem: FileProblem,
    },

    /// The operating system could not read a file.
    #[error("{} cannot be read ({cause}): check that it exists and that you may read it", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The operating system's error.
        cause: io::Error,
    },

    /// The operating system could not write a file or folder.
    #[error("{} cannot be written ({cause}): check the free space and the permissions", .path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// The operating system's error.
        cause: io::Error,
    },

    /// `data_dir` names something that is not a folder.
    #[error("{}, given by ‘data_dir’, is not a folder: name the folder that holds the files of {dataset}", .path.display())]
    NotAFolder {
        /// The id of the data set.
        dataset: String,
        /// The given path.
        path: PathBuf,
    },

    /// A folder that the user did not name with `data_dir` holds fewer images than the official set.
    #[error(
        "{dataset} in {} has {} of {} {split} images: add the missing files, or name the folder with ‘data_dir’ to use the subset on purpose",
        .folder.display(), thousands(*.found), thousands(*.expected)
    )]
    Incomplete {
        /// The id of the data set.
        dataset: String,
        /// Which part of it.
        split: Split,
        /// Where it was found.
        folder: PathBuf,
        /// The number of images found.
        found: usize,
        /// Images in the official set.
        expected: usize,
    },

    /// A data set has the official number of images in all, but not of every class.
    #[error(
        "{dataset} in {} has {} {split} images of class {class} where the official set has {}: replace its files (`zoo data fetch {dataset}` downloads them)",
        .folder.display(), thousands(*.found), thousands(*.expected)
    )]
    ClassCount {
        /// The id of the data set.
        dataset: String,
        /// Which part of it.
        split: Split,
        /// Where it was found.
        folder: PathBuf,
        /// The class, as its index.
        class: usize,
        /// The number of images of that class found.
        found: usize,
        /// Images of that class in the official set.
        expected: usize,
    },

    /// The files are those of another data set, or of another part of it.
    #[error("{} holds {found}, not {wanted}: {cure}", .folder.display())]
    AnotherDataset {
        /// Where they are.
        folder: PathBuf,
        /// What is there, and how that is known.
        found: String,
        /// What was asked for.
        wanted: String,
        /// What to do.
        cure: String,
    },

    /// The images or labels are complete, but not the official ones.
    #[error(
        "{dataset} in {} has other {split} images or labels than the official ones: replace its files (`zoo data fetch {dataset}` downloads them), or name the folder with ‘data_dir’ to use them on purpose",
        .folder.display()
    )]
    OtherContents {
        /// The id of the data set.
        dataset: String,
        /// Which part of it.
        split: Split,
        /// Where it was found.
        folder: PathBuf,
    },

    /// Several folders could be meant.
    #[error(
        "{} holds files of {dataset} in several folders ({}): name one of them with ‘data_dir’",
        .place.display(), .folders.join(", ")
    )]
    Ambiguous {
        /// The id of the data set.
        dataset: String,
        /// The folder that holds the others.
        place: PathBuf,
        /// The folders, by their names.
        folders: Vec<String>,
    },

    /// The data set is nowhere on this machine and was not downloaded either.
    #[error("{dataset} was not found ({}){}: {ways}", .tried.join("; "), .download.as_deref().unwrap_or(""))]
    NotFound {
        /// The id of the data set.
        dataset: String,
        /// Each place in which it was looked for, with the first file missing there.
        tried: Vec<String>,
        /// Why it was not downloaded, if that was tried or forbidden.
        download: Option<String>,
        /// The ways to get it.
        ways: String,
    },

    /// A download failed, or gave another file than the official one.
    #[error(
        "{address} could not be downloaded ({problem}): try again later, or get the file by hand and name its folder with ‘data_dir’"
    )]
    Download {
        /// The address of the file.
        address: String,
        /// The problem.
        problem: DownloadProblem,
    },

    /// `BURN_ZOO_OFFLINE` forbids the download.
    #[error(
        "{dataset} may not be downloaded, as BURN_ZOO_OFFLINE is set: unset it, or set it to 0"
    )]
    Offline {
        /// The id of the data set.
        dataset: String,
    },

    /// The operating system has no cache folder to download into.
    #[error(
        "there is no cache folder to download into: set HOME or XDG_CACHE_HOME, or name a folder that holds the files with ‘data_dir’"
    )]
    NoCacheFolder,

    /// The data set is drawn from a seed, so there are no files.
    #[error("{dataset} is drawn from a seed and has no files: use it without fetching it")]
    NoFiles {
        /// The id of the data set.
        dataset: String,
    },

    /// The data set is a folder of the user's own, so nothing can be downloaded.
    #[error(
        "{dataset} is a folder of your own and is not fetched from anywhere: `zoo data verify {dataset}` checks its pictures"
    )]
    NothingToFetch {
        /// The id of the data set.
        dataset: String,
    },

    /// A folder of pictures is not what it should be.
    #[error("{} {problem}", .path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// The problem.
        problem: FolderProblem,
    },

    /// Pictures in a folder cannot be read.
    #[error("{}{}", all(.unreadable), cure(*.can_skip))]
    Pictures {
        /// All of them.
        unreadable: Vec<PictureError>,
        /// Whether they can be left out by ‘skip_unreadable’.
        can_skip: bool,
    },

    /// A folder no longer has the classes that a run was trained on.
    #[error(
        "{dataset} is not what the run was trained on, as it has {}: put its folders back, or name the folder with the former ones with ‘data_dir’",
        changed(.found, .expected)
    )]
    OtherClasses {
        /// The id of the data set.
        dataset: String,
        /// The classes that the folder has.
        found: Vec<String>,
        /// The classes that the run was trained on.
        expected: Vec<String>,
    },

    /// A model was imported without saying which data set it was trained on.
    #[error(
        "it is not known which data set this model was trained on, as it was not said when the weights were imported: import them again with ‘dataset’"
    )]
    NotKnown,

    /// `image_shape` or `fit` was given for a data set whose images have a shape of their own.
    #[error(
        "the images of {dataset} are {shape}: leave ‘{setting}’ out, which is for pictures in a folder (folder:PATH)"
    )]
    FixedShape {
        /// The setting that was given.
        setting: &'static str,
        /// The id of the data set.
        dataset: String,
        /// The shape of its images.
        shape: ImageShape,
    },

    /// Pixels, labels and shape do not fit together.
    #[error(
        "{labels} labels and {pixels} bytes of pixels do not make images of {shape}: give channels × height × width bytes for each label"
    )]
    Lengths {
        /// The shape of an image.
        shape: ImageShape,
        /// Number of pixel bytes.
        pixels: usize,
        /// Number of labels.
        labels: usize,
    },
}

/// "no class a, b and a new class c", by the classes that are there and those that were expected.
fn changed(found: &[String], expected: &[String]) -> String {
    let lack = |these: &[String], those: &[String]| -> Vec<String> {
        let lacking = those.iter().filter(|name| !these.contains(name));
        lacking.cloned().collect()
    };
    let (lost, new) = (lack(found, expected), lack(expected, found));
    let lost = (!lost.is_empty()).then(|| format!("no class {}", few(&lost)));
    let new = (!new.is_empty()).then(|| format!("a new class {}", few(&new)));
    let changes: Vec<String> = lost.into_iter().chain(new).collect();
    match changes.as_slice() {
        [] => "its classes in another order".into(),
        changes => changes.join(" and "),
    }
}

/// All pictures that cannot be read, each with what is wrong with it.
fn all(unreadable: &[PictureError]) -> String {
    let errors: Vec<String> = unreadable.iter().map(ToString::to_string).collect();
    match errors.as_slice() {
        [one] => one.clone(),
        many => format!(
            "{} pictures cannot be read: {}",
            thousands(many.len()),
            many.join("; ")
        ),
    }
}

fn cure(can_skip: bool) -> &'static str {
    match can_skip {
        true => "; to go on without what cannot be read, use ‘skip_unreadable’",
        false => "",
    }
}
