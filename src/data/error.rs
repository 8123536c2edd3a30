//! What can go wrong with the data, each as one sentence that names the place, the problem and the cure.

use std::io;
use std::path::PathBuf;

use super::Split;
use crate::numbers::thousands;
use crate::pictures::PictureError;
use burn_zoo_models::ImageShape;

/// Why a data set could not be found, fetched or read.
///
/// The messages are complete: the cause is part of the sentence, not of [`std::error::Error::source`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// A setting has a value by which no images can be chosen.
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
    #[error("{} {problem}: put the official file there, or let `zoo data fetch {dataset}` download it into the cache folder", .path.display())]
    File {
        /// The id of the data set.
        dataset: String,
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: FileProblem,
    },

    /// The operating system does not let us read a file.
    #[error("{} cannot be read ({cause}): check that it exists and that you may read it", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        cause: io::Error,
    },

    /// The operating system does not let us write a file or folder.
    #[error("{} cannot be written ({cause}): check the free space and the permissions", .path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system says.
        cause: io::Error,
    },

    /// `--data-dir` names something that is not a folder.
    #[error("{}, given by --data-dir, is not a folder: name the folder that holds the files of {dataset}", .path.display())]
    NotAFolder {
        /// The id of the data set.
        dataset: String,
        /// What was given.
        path: PathBuf,
    },

    /// A folder that the user did not name with `--data-dir` holds fewer images than the official set.
    #[error(
        "{dataset} in {} has {} of {} {split} images: complete it, or name the folder with --data-dir to use the subset knowingly",
        .folder.display(), thousands(*.found), thousands(*.expected)
    )]
    Incomplete {
        /// The id of the data set.
        dataset: String,
        /// Which part of it.
        split: Split,
        /// Where it was found.
        folder: PathBuf,
        /// Images there.
        found: usize,
        /// Images in the official set.
        expected: usize,
    },

    /// A set of the official size does not have the official number of images of some class.
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
        /// Images of that class there.
        found: usize,
        /// Images of that class in the official set.
        expected: usize,
    },

    /// The data set is nowhere on this machine and was not downloaded either.
    #[error("{dataset} was not found ({}){}: {ways}", .tried.join("; "), .download.as_deref().unwrap_or(""))]
    NotFound {
        /// The id of the data set.
        dataset: String,
        /// Each place with what is missing there, in the order they were looked at.
        tried: Vec<String>,
        /// Why it was not downloaded, where that was to be tried.
        download: Option<String>,
        /// The ways to get it.
        ways: String,
    },

    /// A download did not give what it should.
    #[error(
        "{address} could not be downloaded ({problem}): try again later, or get the file by hand and name its folder with --data-dir"
    )]
    Download {
        /// The address asked for.
        address: String,
        /// What went wrong.
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

    /// The operating system names no cache folder to download into.
    #[error(
        "there is no cache folder to download into: set HOME or XDG_CACHE_HOME, or name a folder that holds the files with --data-dir"
    )]
    NoCacheFolder,

    /// The data set is drawn from a seed.
    #[error("{dataset} is drawn from a seed and has no files: use it without fetching it")]
    NoFiles {
        /// The id of the data set.
        dataset: String,
    },

    /// The data set is a folder of the user's.
    #[error(
        "{dataset} is a folder of your own and is not fetched from anywhere: `zoo data verify {dataset}` looks at what it holds"
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
        /// What is wrong with it.
        problem: FolderProblem,
    },

    /// Pictures in a folder cannot be read.
    #[error("{first}{}", and_others(.others))]
    Pictures {
        /// The first of them.
        first: PictureError,
        /// The others' names.
        others: Vec<String>,
    },

    /// A folder no longer has the classes that a run was trained on.
    #[error(
        "{dataset} is not what the run was trained on, as it has {}: put its folders back, or say by --data-dir where they are",
        changed(.found, .expected)
    )]
    OtherClasses {
        /// The id of the data set.
        dataset: String,
        /// The classes there.
        found: Vec<String>,
        /// The run's.
        expected: Vec<String>,
    },

    /// A model was imported without the data set that its classes are of.
    #[error(
        "it is not known which data set this model was trained on, as its weights were imported without one: import them again with --dataset"
    )]
    NotKnown,

    /// `--image-shape` or `--fit` for a data set whose images have a shape of their own.
    #[error(
        "the images of {dataset} are {shape}: leave {option} out, which is for pictures in a folder (folder:PATH)"
    )]
    FixedShape {
        /// The option.
        option: &'static str,
        /// The id of the data set.
        dataset: String,
        /// Its images' shape.
        shape: ImageShape,
    },

    /// Pixels, labels and shape do not fit together.
    #[error(
        "{labels} labels and {pixels} pixel bytes do not make images of shape {shape:?}: give channels × height × width bytes for each label"
    )]
    Lengths {
        /// Channels, height, width.
        shape: [usize; 3],
        /// Number of pixel bytes.
        pixels: usize,
        /// Number of labels.
        labels: usize,
    },
}

/// What is wrong with a folder of pictures; reads on from the folder's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FolderProblem {
    /// `folder:` and nothing after it.
    #[error("names no folder: write folder:PATH, for example folder:pictures")]
    Unnamed,
    /// Not there.
    #[error(
        "does not exist: say folder:PATH with the path of your pictures, or, if a run's folder has moved, by --data-dir where it is now"
    )]
    Missing,
    /// Something else than a folder.
    #[error("is not a folder: name the folder that holds a folder of pictures for each class")]
    NotAFolder,
    /// A name that cannot be written down.
    #[error("has a name that is not text in UTF-8: rename it")]
    Name,
    /// No folder in it.
    #[error("holds no folders: put the pictures of each class into a folder with the class's name")]
    NoClasses,
    /// One class.
    #[error("holds no class but {0}: put the pictures of another into a folder beside it")]
    OneClass(String),
    /// More classes than labels.
    #[error(
        "holds {} classes, where {} are the most: take some of their folders away",
        thousands(*.found), thousands(*.most)
    )]
    TooManyClasses {
        /// Folders there.
        found: usize,
        /// The most that there may be.
        most: usize,
    },
    /// A class without pictures.
    #[error("holds no pictures: put some into it, or take the folder away")]
    NoPictures,
    /// A single picture, which cannot be both trained and tested on.
    #[error(
        "holds a single picture, and a class needs one to train on and one to test on: add another"
    )]
    OnePicture,
    /// `train` without `test`.
    #[error(
        "holds the folder train and no folder test: add test with a folder for each class, or put train's folders here to have a fifth of the pictures held out to test on"
    )]
    NoTest,
    /// A class to test on that is not trained on.
    #[error("is no class to train on: put a folder of that name into train, or take this one away")]
    NotInTrain,
}

/// How many names are told of more.
const A_FEW: usize = 3;

/// "a, b, c and 7 more".
fn few(names: &[String]) -> String {
    match names.len().saturating_sub(A_FEW) {
        0 => names.join(", "),
        more => format!("{} and {more} more", names[..A_FEW].join(", ")),
    }
}

/// "no class a, b and a new class c".
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

fn and_others(names: &[String]) -> String {
    match names {
        [] => String::new(),
        names => format!("; these cannot be read either: {}", few(names)),
    }
}

/// What is wrong with a file; reads on from the file's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FileProblem {
    /// Not there, neither plain nor compressed.
    #[error("is missing (also with .gz)")]
    Missing,
    /// A folder or something else that is not a file.
    #[error("is not a file")]
    NotAFile,
    /// No bytes, or a header that announces no images.
    #[error("is empty")]
    Empty,
    /// The compressed stream breaks off.
    #[error("is a gzip file that ends too early")]
    GzipCut,
    /// The compressed stream is damaged, or something follows it.
    #[error("is a damaged gzip file")]
    GzipDamaged,
    /// Not the kind of file its name promises.
    #[error(
        "starts with the number {found:#010x}, not with {expected:#010x}, so it is not this kind of IDX file"
    )]
    Magic {
        /// The number at the start.
        found: u32,
        /// The number that should be there.
        expected: u32,
    },
    /// The images have another size.
    #[error("has images of {} × {} pixels, not {} × {} (height × width)", .found[0], .found[1], .expected[0], .expected[1])]
    ImageSize {
        /// Height and width in the header.
        found: [u32; 2],
        /// Height and width of the data set.
        expected: [usize; 2],
    },
    /// More images or labels than the official file has.
    #[error("has more than {} entries, which is all the official file has", thousands(*.limit))]
    TooMany {
        /// The official number.
        limit: usize,
    },
    /// Fewer bytes than the header announces.
    #[error("ends too early, with {} of the {} bytes that its header announces", thousands(*.found), thousands(*.expected))]
    TooShort {
        /// Bytes there.
        found: usize,
        /// Bytes announced, header included.
        expected: usize,
    },
    /// More bytes than the header announces.
    #[error("goes on after the {} bytes that its header announces", thousands(*.expected))]
    TrailingBytes {
        /// Bytes announced, header included.
        expected: usize,
    },
    /// The last record is not complete.
    #[error("ends within a record: {} bytes are not a multiple of {}", thousands(*.bytes), thousands(*.record))]
    PartialRecord {
        /// Bytes there.
        bytes: usize,
        /// Bytes of one record.
        record: usize,
    },
    /// A label that names no class.
    #[error("has the label {label} at image {}, where the largest is {largest}", thousands(*.image))]
    Label {
        /// The label.
        label: u16,
        /// Which image has it, counted from 0.
        image: usize,
        /// The largest label allowed.
        largest: usize,
    },
    /// The label file does not belong to the image file.
    #[error("has {} labels for the {} images beside it", thousands(*.labels), thousands(*.images))]
    CountMismatch {
        /// Number of labels.
        labels: usize,
        /// Number of images.
        images: usize,
    },
    /// The contents are not the official ones.
    #[error("has other contents than the official file (SHA-256 {found}, not {expected})")]
    Checksum {
        /// SHA-256 of the uncompressed contents.
        found: String,
        /// The official one.
        expected: String,
    },
}

/// What is wrong with a download; stands in brackets after the address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DownloadProblem {
    /// The server answered, but not with the file.
    #[error("the server answered with status {0}")]
    Status(u16),
    /// No connection, or one that broke off.
    #[error("{0}")]
    Connection(String),
    /// More bytes than the official file can have.
    #[error("it is larger than the {} bytes that it can have", thousands(*.limit))]
    TooLong {
        /// The most bytes it can have.
        limit: usize,
    },
    /// Everything came, but it is not the official file.
    #[error("its checksum is {found}, not {expected}, so it is damaged or not the official file")]
    Checksum {
        /// What came.
        found: String,
        /// The official one.
        expected: String,
    },
    /// The archive cannot be unpacked.
    #[error("it cannot be unpacked, as {0}")]
    Archive(String),
}
