//! Reading the files of CIFAR-10, and what can be wrong with them.

use super::*;
use crate::data::official::contents::tests::gzip;
use std::fs;

/// A split out of the official files in a folder.
fn read_from(folder: &Path, split: Split) -> Result<ImageDataset, DataError> {
    read(&spec(), &files().forms[0], folder, split)
}

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
    let text = read_from(folder.path(), Split::Train)
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
    let images = read_from(folder.path(), Split::Train).unwrap();
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
    let test = read_from(folder.path(), Split::Test).unwrap();
    assert_eq!((test.len(), test.labels()), (1, [6].as_slice()));
}

#[test]
fn compressed_files_are_read_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test_batch.bin.gz");
    fs::write(path, gzip(&[record(8), record(0)].concat())).unwrap();
    let images = read_from(folder.path(), Split::Test).unwrap();
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
    let text = read_from(folder.path(), Split::Train)
        .unwrap_err()
        .to_string();
    assert!(
        text.contains(&format!("{} is missing", path.display())),
        "{text}"
    );
}
