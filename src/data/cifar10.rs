//! CIFAR-10: 32×32 colour photographs, in the binary version of its authors or in that for Python, which torchvision
//! and Keras use; unpacked or in the archives.
//!
//! The format is described at <https://www.cs.toronto.edu/~kriz/cifar.html>. A file consists of records; a record is one
//! label byte, followed by 1024 bytes of red, 1024 of green and 1024 of blue, each row-major.

use super::error::DataError;
use super::images::{ImageDataset, check_labels};
use super::official::arrays::{self, numbers};
use super::official::contents::{self, file_error};
use super::official::file_set::{FileSet, Form, Remote};
use super::official::official_file::{BOTH, OfficialFile, TEST, TRAIN};
use super::official::pickle::Pickle;
use super::official::{archive, sniff};
use super::problems::FileProblem;
use super::spec::{Background, DatasetSpec};
use super::split::Split;
use crate::pictures::Fit;
use burn_zoo_models::{ImageShape, Normalisation};
use std::path::Path;
use std::sync::Arc;

/// Its entry in the table.
pub(super) fn spec() -> DatasetSpec {
    DatasetSpec {
        id: "cifar-10".into(),
        aliases: &[],
        title: "CIFAR-10".into(),
        shape: ImageShape::new(3, 32, 32),
        fit: Fit::Pad,
        background: Background::Any,
        classes: CLASSES.map(String::from).into(),
        num_train: 50_000,
        num_test: 10_000,
        normalisation: Normalisation::LECTURE,
        source: "Krizhevsky 2009, www.cs.toronto.edu/~kriz/cifar.html; no licence given",
        supply: Arc::new(files()),
    }
}

/// Its files.
pub(super) fn files() -> FileSet {
    let forms = vec![
        Form {
            title: "",
            files: &FILES,
            read,
        },
        Form {
            title: "the batches for Python",
            files: &PICKLES,
            read,
        },
        Form {
            title: "out of the archive",
            files: &ARCHIVE,
            read: |spec, form, folder, split| read_archive(spec, form, folder, split, &FILES),
        },
        Form {
            title: "out of the archive for Python",
            files: &ARCHIVE_FOR_PYTHON,
            read: |spec, form, folder, split| read_archive(spec, form, folder, split, &PICKLES),
        },
        Form {
            title: "NumPy's arrays",
            files: &ARRAYS,
            read: arrays::read,
        },
    ];
    FileSet {
        forms,
        folders: &[
            "cifar-10-batches-bin",
            "cifar-10-batches-py",
            "cifar-10-batches-py-target/cifar-10-batches-py",
        ],
        package: None,
        remote: Remote::Archive {
            base: "https://www.cs.toronto.edu/~kriz",
            name: ARCHIVE_NAME,
            md5: ARCHIVE_MD5,
        },
        known: None,
        relatives: &[],
    }
}

const CLASSES: [&str; 10] = [
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
];

const ARCHIVE_NAME: &str = "cifar-10-binary.tar.gz";
const ARCHIVE_MD5: &str = "c32a1d4ab5d03f1284b67883e8d87530";

const FILES: [OfficialFile; 6] = [
    file("data_batch_1.bin", TRAIN),
    file("data_batch_2.bin", TRAIN),
    file("data_batch_3.bin", TRAIN),
    file("data_batch_4.bin", TRAIN),
    file("data_batch_5.bin", TRAIN),
    file("test_batch.bin", TEST),
];

/// The batches for Python, with the MD5 checksums that torchvision has of them.
const PICKLES: [OfficialFile; 6] = [
    pickle("data_batch_1", TRAIN, "c99cafc152244af753f735de768cd75f"),
    pickle("data_batch_2", TRAIN, "d4bba439e000b95fd0a9bffe97cbabec"),
    pickle("data_batch_3", TRAIN, "54ebc095f3ab1f0389bbae665268c751"),
    pickle("data_batch_4", TRAIN, "634d18415352ddfa80567beed471001a"),
    pickle("data_batch_5", TRAIN, "482c414d41f54cd18b22e5b47cb7c3cb"),
    pickle("test_batch", TEST, "40351d587109b95175f43aff81a1287e"),
];

const ARCHIVE: [OfficialFile; 1] = [OfficialFile {
    others: &["cifar-10-binary.tgz", "cifar-10-batches-bin.tar.gz"],
    packed: Some(ARCHIVE_MD5),
    ..OfficialFile::new(ARCHIVE_NAME, BOTH, ARCHIVE_BYTES)
}];

/// The second name is Keras'.
const ARCHIVE_FOR_PYTHON: [OfficialFile; 1] = [OfficialFile {
    others: &[
        "cifar-10-python.tgz",
        "cifar-10-batches-py.tar.gz",
        "cifar-10-batches-py-target.tar.gz",
    ],
    packed: Some("c58f30108f718f92721af3b95e74349a"),
    ..OfficialFile::new("cifar-10-python.tar.gz", BOTH, ARCHIVE_BYTES)
}];

/// The most bytes of an archive, unpacked.
const ARCHIVE_BYTES: usize = 6 * PICKLE_BYTES + (1 << 20);
/// The most bytes of a batch for Python: as written by Python 3 for Python 2, a pixel takes two.
const PICKLE_BYTES: usize = 2 * 10_000 * 3_073 + (1 << 20);

const ARRAYS: [OfficialFile; 1] = [OfficialFile {
    others: &["cifar10.npz"],
    ..OfficialFile::new("cifar-10.npz", BOTH, 60_000 * 3_080 + (1 << 20))
}];

/// A file of 10,000 records. The authors published a checksum of the archive only.
const fn file(name: &'static str, splits: &'static [Split]) -> OfficialFile {
    OfficialFile::new(name, splits, 10_000 * 3_073)
}

const fn pickle(name: &'static str, splits: &'static [Split], md5: &'static str) -> OfficialFile {
    OfficialFile {
        sum: Some(md5),
        ..OfficialFile::new(name, splits, PICKLE_BYTES)
    }
}

/// Reads a split from `folder`.
fn read(
    spec: &DatasetSpec,
    form: &Form,
    folder: &Path,
    split: Split,
) -> Result<ImageDataset, DataError> {
    let mut pixels = Vec::new();
    let mut labels = Vec::new();
    for file in form.files_of(split) {
        let path = file.find_in(folder, &spec.id)?;
        let bytes = contents::read(&spec.id, &path, file.bytes)?;
        parse(&bytes, file, spec, &mut pixels, &mut labels)
            .map_err(|problem| file_error(&spec.id, &path, problem))?;
    }
    ImageDataset::new(spec.shape, pixels, labels)
}

/// Reads a split from the `files` in an archive in `folder`.
fn read_archive(
    spec: &DatasetSpec,
    form: &Form,
    folder: &Path,
    split: Split,
    files: &'static [OfficialFile],
) -> Result<ImageDataset, DataError> {
    let mut pixels = Vec::new();
    let mut labels = Vec::new();
    let files = files.iter().filter(|file| file.splits.contains(&split));
    for packed in form.files_of(split) {
        let path = packed.find_in(folder, &spec.id)?;
        let all = archive::read(&spec.id, &path, packed.bytes, files.clone())?;
        for (file, bytes) in files.clone().zip(all) {
            parse(&bytes, file, spec, &mut pixels, &mut labels).map_err(|problem| {
                let problem = FileProblem::Inside {
                    name: file.name.into(),
                    problem: Box::new(problem),
                };
                file_error(&spec.id, &path, problem)
            })?;
        }
    }
    ImageDataset::new(spec.shape, pixels, labels)
}

/// Appends the images and labels of a file with these bytes.
fn parse(
    bytes: &[u8],
    file: &OfficialFile,
    spec: &DatasetSpec,
    pixels: &mut Vec<u8>,
    labels: &mut Vec<u16>,
) -> Result<(), FileProblem> {
    match file.name.ends_with(".bin") {
        true => parse_records(bytes, spec, file.bytes, pixels, labels),
        false => parse_pickle(bytes, spec, pixels, labels),
    }
}

/// Appends the images and labels of a batch for Python.
fn parse_pickle(
    bytes: &[u8],
    spec: &DatasetSpec,
    pixels: &mut Vec<u8>,
    labels: &mut Vec<u16>,
) -> Result<(), FileProblem> {
    if !bytes.starts_with(&[0x80])
        && let Some(problem) = sniff::foreign(bytes)
    {
        return Err(problem);
    }
    let pickle = Pickle::read(bytes).map_err(FileProblem::Pickle)?;
    let array = |name| pickle.array(name).map_err(FileProblem::Pickle);
    let (data, its_labels) = (array("data")?, array("labels")?);
    let its_pixels = arrays::pixels(&data, spec.shape, 10_000)?;
    let its_labels = numbers(&its_labels)?;
    let images = its_pixels.len() / spec.shape.num_values();
    if its_labels.len() != images {
        let labels = its_labels.len();
        return Err(FileProblem::CountMismatch { labels, images });
    }
    check_labels(&its_labels, spec.classes.len())?;
    pixels.extend(its_pixels);
    labels.extend(its_labels);
    Ok(())
}

/// Appends the images and labels of the records in `bytes`, of which there may be at most `limit` bytes.
fn parse_records(
    bytes: &[u8],
    spec: &DatasetSpec,
    limit: usize,
    pixels: &mut Vec<u8>,
    labels: &mut Vec<u16>,
) -> Result<(), FileProblem> {
    let record = 1 + spec.shape.num_values();
    if bytes.len() > limit {
        let limit = limit / record;
        return Err(FileProblem::TooMany { limit });
    }
    if !bytes.len().is_multiple_of(record) {
        if let Some(problem) = sniff::foreign(bytes) {
            return Err(problem);
        }
        let bytes = bytes.len();
        return Err(FileProblem::PartialRecord { bytes, record });
    }
    let first = labels.len();
    pixels.reserve(bytes.len());
    for record in bytes.chunks_exact(record) {
        labels.push(record[0].into());
        pixels.extend_from_slice(&record[1..]);
    }
    check_labels(&labels[first..], spec.classes.len())
}

#[cfg(test)]
pub(super) mod tests;
