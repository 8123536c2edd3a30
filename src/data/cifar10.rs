//! CIFAR-10: 32×32 colour photographs, in the binary version of its authors.
//!
//! The format is described at <https://www.cs.toronto.edu/~kriz/cifar.html>. A file consists of records; a record is one
//! label byte, followed by 1024 bytes of red, 1024 of green and 1024 of blue, each row-major.

use super::error::DataError;
use super::images::{ImageDataset, check_labels};
use super::official::contents::{self, file_error};
use super::official::file_set::{FileSet, OfficialFile, Remote};
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
    FileSet {
        files: &FILES,
        subfolder: Some("cifar-10-batches-bin"),
        package: None,
        remote: Remote::Archive {
            base: "https://www.cs.toronto.edu/~kriz",
            name: "cifar-10-binary.tar.gz",
            md5: "c32a1d4ab5d03f1284b67883e8d87530",
        },
        read,
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

const FILES: [OfficialFile; 6] = [
    file("data_batch_1.bin", Split::Train),
    file("data_batch_2.bin", Split::Train),
    file("data_batch_3.bin", Split::Train),
    file("data_batch_4.bin", Split::Train),
    file("data_batch_5.bin", Split::Train),
    file("test_batch.bin", Split::Test),
];

/// A file of 10,000 records. The authors published a checksum of the archive only.
const fn file(name: &'static str, split: Split) -> OfficialFile {
    OfficialFile {
        name,
        split,
        bytes: 10_000 * 3_073,
        sha256: None,
    }
}

/// Reads a split from `folder`.
fn read(spec: &DatasetSpec, folder: &Path, split: Split) -> Result<ImageDataset, DataError> {
    let mut pixels = Vec::new();
    let mut labels = Vec::new();
    for file in FILES.iter().filter(|file| file.split == split) {
        let path = file.find_in(folder, &spec.id)?;
        let bytes = contents::read(&spec.id, &path, file.bytes)?;
        parse(&bytes, spec, file.bytes, &mut pixels, &mut labels)
            .map_err(|problem| file_error(&spec.id, &path, problem))?;
    }
    ImageDataset::new(spec.shape, pixels, labels)
}

/// Appends the images and labels of the records in `bytes`, of which there may be at most `limit` bytes.
fn parse(
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
pub(super) mod tests {
    use super::*;
    use crate::data::official::contents::tests::gzip;
    use std::fs;

    /// The pixel of a record at a channel, row and column, different for each neighbour.
    fn pixel(label: u8, channel: usize, row: usize, column: usize) -> u8 {
        label.wrapping_add((channel * 80 + row * 3 + column * 7) as u8)
    }

    fn record(label: u8) -> Vec<u8> {
        let mut bytes = vec![label];
        for channel in 0..3 {
            for row in 0..32 {
                bytes.extend((0..32).map(|column| pixel(label, channel, row, column)));
            }
        }
        bytes
    }

    /// One image a file: labels 1 to 5 and, for the test, 6.
    pub(in crate::data) fn write_subset(folder: &Path) {
        for (label, file) in (1..).zip(&FILES) {
            fs::write(folder.join(file.name), record(label)).unwrap();
        }
    }

    /// The message for a folder in which the second file has these bytes instead.
    fn message(bytes: &[u8]) -> String {
        let folder = tempfile::tempdir().unwrap();
        write_subset(folder.path());
        let path = folder.path().join("data_batch_2.bin");
        fs::write(&path, bytes).unwrap();
        let text = read(&spec(), folder.path(), Split::Train)
            .unwrap_err()
            .to_string();
        assert!(text.starts_with(&path.display().to_string()), "{text}");
        assert!(text.contains("zoo data fetch cifar-10"), "{text}");
        text
    }

    #[test]
    fn every_pixel_is_at_its_channel_row_and_column() {
        let folder = tempfile::tempdir().unwrap();
        write_subset(folder.path());
        let images = read(&spec(), folder.path(), Split::Train).unwrap();
        assert_eq!(images.labels(), [1, 2, 3, 4, 5]);
        assert_eq!(images.shape(), ImageShape::new(3, 32, 32));
        for channel in 0..3 {
            for row in 0..32 {
                for column in 0..32 {
                    let found = images.image(3).unwrap()[(channel * 32 + row) * 32 + column];
                    assert_eq!(found, pixel(4, channel, row, column));
                }
            }
        }
        let test = read(&spec(), folder.path(), Split::Test).unwrap();
        assert_eq!((test.len(), test.labels()), (1, [6].as_slice()));
    }

    #[test]
    fn compressed_files_are_read_too() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("test_batch.bin.gz");
        fs::write(path, gzip(&[record(8), record(0)].concat())).unwrap();
        let images = read(&spec(), folder.path(), Split::Test).unwrap();
        assert_eq!(images.labels(), [8, 0]);
    }

    #[test]
    fn a_partial_record_is_an_error_naming_the_file() {
        let text = message(&[record(1), vec![2, 3]].concat());
        assert!(
            text.contains("3,075 bytes are not a multiple of 3,073"),
            "{text}"
        );
    }

    #[test]
    fn a_label_above_nine_is_an_error_naming_the_file() {
        let text = message(&[record(1), record(10)].concat());
        assert!(text.contains("the label 10 at image 1"), "{text}");
    }

    #[test]
    fn more_records_than_the_official_file_has_are_an_error_naming_the_file() {
        let text = message(&vec![0; 10_001 * 3_073]);
        assert!(text.contains("more than 10,000"), "{text}");
    }

    #[test]
    fn an_empty_file_is_an_error_naming_the_file() {
        assert!(message(&[]).contains("is empty"));
    }

    #[test]
    fn a_missing_file_is_an_error_naming_the_file() {
        let folder = tempfile::tempdir().unwrap();
        write_subset(folder.path());
        let path = folder.path().join("data_batch_5.bin");
        fs::remove_file(&path).unwrap();
        let text = read(&spec(), folder.path(), Split::Train)
            .unwrap_err()
            .to_string();
        assert!(
            text.contains(&format!("{} is missing", path.display())),
            "{text}"
        );
    }
}
