//! Problems of a file, a folder of pictures or a download: the middle of the sentences in
//! [`DataError`](super::DataError).

use crate::numbers::thousands;

/// The problem with a folder of pictures. The message continues a sentence that begins with the folder.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FolderProblem {
    /// Nothing follows `folder:`.
    #[error("names no folder: write folder:PATH, for example folder:pictures")]
    Unnamed,
    /// It does not exist.
    #[error(
        "does not exist: write folder:PATH with the path of your pictures, or, if the pictures of a run have moved, name their new folder with ‘data_dir’"
    )]
    Missing,
    /// It is not a folder.
    #[error("is not a folder: name the folder that holds a folder of pictures for each class")]
    NotAFolder,
    /// Its name cannot be written in a text file.
    #[error("has a name that is not text in UTF-8: rename it")]
    Name,
    /// Its name would change the lines in which it is shown.
    #[error("has a name with a control character, such as a line break: rename it")]
    ControlCharacter,
    /// There is no folder in it.
    #[error("holds no folders: put the pictures of each class into a folder with the class's name")]
    NoClasses,
    /// There is only one class.
    #[error("holds no class but {0}: put the pictures of another class into a folder beside it")]
    OneClass(String),
    /// There are more classes than allowed.
    #[error(
        "holds {} classes, where {} are the most: remove some of their folders",
        thousands(*.found), thousands(*.most)
    )]
    TooManyClasses {
        /// The number of its folders.
        found: usize,
        /// The largest number allowed.
        most: usize,
    },
    /// It is the folder of a class, and has no pictures.
    #[error("holds no pictures: put some into it, or take the folder away")]
    NoPictures,
    /// It is the folder of a class, with a single picture, which cannot be both trained and tested on.
    #[error(
        "holds a single picture, and a class needs one to train on and one to test on: add another"
    )]
    OnePicture,
    /// It holds folders and no pictures, so that it is a split or a folder around classes rather than a class.
    #[error(
        "holds no pictures, only the folders {}, so it is hardly a class: if those are the classes, name it as the data set; if it is a split, call it train, val or test; if they are parts of a class, move their pictures up",
        few(.0)
    )]
    OnlyFolders(Vec<String>),
    /// It is the folder of a class that holds the folders of splits.
    #[error(
        "holds the folders {}, so it is split within the class: put the splits above the classes, train/CLASS and test/CLASS",
        few(.0)
    )]
    SplitsInClass(Vec<String>),
    /// It has the folders of splits, which hold pictures and no folders of classes.
    #[error(
        "holds the folders {}, in which the pictures lie without folders of classes: put the pictures of each class into a folder with the class's name, train/CLASS",
        few(.0)
    )]
    SplitsWithoutClasses(Vec<String>),
    /// It has two folders that could be the same split.
    #[error("holds two folders of {split} images, {one} and {other}: rename or move one of them")]
    TwoOfASplit {
        /// The split, in words.
        split: &'static str,
        /// One folder.
        one: String,
        /// The other.
        other: String,
    },
    /// It has a folder of images to train on and none to test on.
    #[error(
        "holds the folder {0} and no folder test: add a folder test with a folder for each class, or move the folders of {0} here, so that a fifth of the pictures is held out to test on"
    )]
    NoTest(String),
    /// It has a folder of images to test on or for validation, and none to train on.
    #[error(
        "holds the folder {0} with folders of classes, and no folder train: add a folder train with a folder for each class"
    )]
    NoTrain(String),
    /// None of a class's pictures can be read.
    #[error("holds no pictures of the class {0} that can be read: mend or replace some")]
    NoneReadable(String),
    /// It is the folder of a class to test on, or for validation, that has no pictures to train on.
    #[error("is no class to train on: put a folder with this name into train, or remove this one")]
    NotInTrain,
}

/// The problem with a file. The message continues a sentence that begins with the file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FileProblem {
    /// It does not exist, neither plain nor compressed.
    #[error("is missing, and so is its compressed form with .gz")]
    Missing,
    /// As [`Missing`](Self::Missing), where its folder holds something else.
    #[error("is missing, and so is its compressed form with .gz; the folder holds {0}")]
    MissingBeside(String),
    /// It is a web page, as servers give it instead of a file. Its beginning follows.
    #[error("is a web page (“{0}”) under the name of the file")]
    WebPage(String),
    /// It stands for a file that Git LFS keeps elsewhere.
    #[error("is a Git LFS pointer and not the file itself, which `git lfs pull` gets")]
    LfsPointer,
    /// It is another kind of file, in words.
    #[error("is {0} under the name of the file")]
    Foreign(String),
    /// It is a pickle that is not read.
    #[error("{0}, so that it is no batch of CIFAR-10")]
    Pickle(String),
    /// It is a table or an array that is not read.
    #[error("{0}")]
    Table(String),
    /// It is an archive that cannot be read, or lacks a file.
    #[error("{0}")]
    Archive(String),
    /// A file in it, an archive, has a problem.
    #[error("holds the file {name}, which {problem}")]
    Inside {
        /// The file in the archive.
        name: String,
        /// The problem.
        problem: Box<FileProblem>,
    },
    /// It is another archive than the one that was published.
    #[error("is not the archive that its authors published, as its checksum is another")]
    OtherArchive,
    /// It is a folder or something else that is not a file.
    #[error("is not a file")]
    NotAFile,
    /// It has no bytes, or its header announces no images.
    #[error("is empty")]
    Empty,
    /// Its compressed data end too early.
    #[error("is a gzip file that ends too early")]
    GzipCut,
    /// Its compressed data are damaged, or something follows them.
    #[error("is a damaged gzip file")]
    GzipDamaged,
    /// It is another kind of file than its name says.
    #[error(
        "starts with the number {found:#010x}, not with {expected:#010x}, so it is not this kind of IDX file"
    )]
    Magic {
        /// The number at the start.
        found: u32,
        /// The number that its kind of file starts with.
        expected: u32,
    },
    /// Its images have another size than those of the data set.
    #[error("has images of {} × {} pixels, not {} × {} (height × width)", .found[0], .found[1], .expected[0], .expected[1])]
    ImageSize {
        /// Height and width in the header.
        found: [u32; 2],
        /// Height and width of the data set.
        expected: [usize; 2],
    },
    /// It has more images or labels than the official file.
    #[error("has more than {} images or labels, the number in the official file", thousands(*.limit))]
    TooMany {
        /// The official number.
        limit: usize,
    },
    /// It has fewer bytes than its header announces.
    #[error("ends too early, with {} of the {} bytes that its header announces", thousands(*.found), thousands(*.expected))]
    TooShort {
        /// The bytes of the file.
        found: usize,
        /// Bytes announced, header included.
        expected: usize,
    },
    /// It has more bytes than its header announces.
    #[error("goes on after the {} bytes that its header announces", thousands(*.expected))]
    TrailingBytes {
        /// Bytes announced, header included.
        expected: usize,
    },
    /// Its last record is not complete.
    #[error("ends within a record: {} bytes are not a multiple of {}", thousands(*.bytes), thousands(*.record))]
    PartialRecord {
        /// The bytes of the file.
        bytes: usize,
        /// Bytes of one record.
        record: usize,
    },
    /// A label is not the number of a class.
    #[error("has the label {label} at image {}, but the largest label is {largest}", thousands(*.image))]
    Label {
        /// The label.
        label: u16,
        /// Which image has it, counted from 0.
        image: usize,
        /// The largest label allowed.
        largest: usize,
    },
    /// It has labels for another number of images than the image file holds.
    #[error("has {} labels for the {} images beside it", thousands(*.labels), thousands(*.images))]
    CountMismatch {
        /// Number of labels.
        labels: usize,
        /// Number of images.
        images: usize,
    },
    /// Its contents are not the official ones.
    #[error("has other contents than the official file (checksum {found}, not {expected})")]
    Checksum {
        /// The checksum of the uncompressed contents.
        found: String,
        /// The official one.
        expected: String,
    },
}

/// The problem with a download. The message stands in brackets after the address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DownloadProblem {
    /// The server answered, but not with the file.
    #[error("the server answered with status {0}")]
    Status(u16),
    /// There was no connection, or it broke off.
    #[error("{0}")]
    Connection(String),
    /// More bytes came than the official file can have.
    #[error("it is larger than the {} bytes that the official file can have", thousands(*.limit))]
    TooLong {
        /// The most bytes it can have.
        limit: usize,
    },
    /// The download is complete, but it is not the official file.
    #[error("its checksum is {found}, not {expected}, so it is damaged or not the official file")]
    Checksum {
        /// The checksum of the download.
        found: String,
        /// The official one.
        expected: String,
    },
    /// The archive cannot be unpacked.
    #[error("it cannot be unpacked: {0}")]
    Archive(String),
}

/// How many names of a longer list are shown.
const A_FEW: usize = 3;

/// "a, b, c and 7 more", or all names if there are at most three.
pub(super) fn few(names: &[String]) -> String {
    match names.len().saturating_sub(A_FEW) {
        0 => names.join(", "),
        more => format!("{} and {more} more", names[..A_FEW].join(", ")),
    }
}
