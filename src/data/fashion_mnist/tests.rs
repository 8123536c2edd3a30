//! Reading the files of Fashion-MNIST, and what can be wrong with them.

use super::*;
use crate::data::error::DataError;
use crate::data::images::ImageDataset;
use crate::data::official::contents::tests::gzip;
use crate::data::official::idx::tests::idx;
use crate::data::official::idx::{self, IMAGES_MAGIC, LABELS_MAGIC};
use crate::data::official::official_file::OfficialFile;
use crate::data::split::Split;
use std::fs;
use std::path::Path;

const FILES: &[OfficialFile; 4] = &FASHION_MNIST.files;

/// A split out of the official files in a folder.
fn read_from(folder: &Path, split: Split) -> Result<ImageDataset, DataError> {
    idx::read(&spec(), &files().forms[0], folder, split)
}

/// The pixel of image `n` at a row and column, different for each neighbour.
fn pixel(n: usize, row: usize, column: usize) -> u8 {
    (n * 100 + row * 5 + column) as u8
}

fn image_file(count: usize) -> Vec<u8> {
    let mut body = Vec::new();
    for n in 0..count {
        for row in 0..28 {
            body.extend((0..28).map(|column| pixel(n, row, column)));
        }
    }
    idx(&[IMAGES_MAGIC, count as u32, 28, 28], &body)
}

fn label_file(labels: &[u8]) -> Vec<u8> {
    idx(&[LABELS_MAGIC, labels.len() as u32], labels)
}

/// Two training images (9, 3) and one test image (4).
pub(in crate::data) fn write_subset(folder: &Path) {
    fs::write(folder.join(FILES[0].name), image_file(2)).unwrap();
    fs::write(folder.join(FILES[1].name), label_file(&[9, 3])).unwrap();
    fs::write(folder.join(FILES[2].name), image_file(1)).unwrap();
    fs::write(folder.join(FILES[3].name), label_file(&[4])).unwrap();
}

/// The message for a folder in which one file of the subset has these bytes instead.
fn message(file: &OfficialFile, bytes: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    write_subset(folder.path());
    let path = folder.path().join(file.name);
    fs::write(&path, bytes).unwrap();
    let text = read_from(folder.path(), Split::Train)
        .unwrap_err()
        .to_string();
    assert!(text.starts_with(&path.display().to_string()), "{text}");
    assert!(text.contains("zoo data fetch fashion-mnist"), "{text}");
    text
}

#[test]
fn every_pixel_is_at_its_row_and_column() {
    let folder = tempfile::tempdir().unwrap();
    write_subset(folder.path());
    let images = read_from(folder.path(), Split::Train).unwrap();
    assert_eq!(images.labels(), [9, 3]);
    for n in 0..2 {
        for row in 0..28 {
            for column in 0..28 {
                let found = images.image(n).unwrap()[row * 28 + column];
                assert_eq!(found, pixel(n, row, column));
            }
        }
    }
    let test = read_from(folder.path(), Split::Test).unwrap();
    assert_eq!((test.len(), test.labels()), (1, [4].as_slice()));
}

#[test]
fn compressed_files_and_the_other_spelling_are_read_too() {
    let folder = tempfile::tempdir().unwrap();
    let images = folder.path().join("train-images.idx3-ubyte");
    fs::write(images, image_file(2)).unwrap();
    let labels = folder.path().join("train-labels-idx1-ubyte.gz");
    fs::write(labels, gzip(&label_file(&[9, 3]))).unwrap();
    let read = read_from(folder.path(), Split::Train).unwrap();
    assert_eq!(read.labels(), [9, 3]);
}

#[test]
fn a_wrong_magic_number_is_an_error_naming_the_file() {
    let text = message(&FILES[0], &label_file(&[1; 800]));
    assert!(text.contains("0x00000801, not with 0x00000803"), "{text}");
    let text = message(&FILES[1], &image_file(1));
    assert!(text.contains("0x00000803, not with 0x00000801"), "{text}");
}

#[test]
fn a_wrong_image_size_is_an_error_naming_the_file() {
    let text = message(&FILES[0], &idx(&[IMAGES_MAGIC, 1, 14, 56], &[0; 784]));
    assert!(text.contains("14 × 56 pixels, not 28 × 28"), "{text}");
}

#[test]
fn a_header_cut_short_is_an_error_naming_the_file() {
    for (file, bytes) in [(&FILES[0], 15), (&FILES[1], 7), (&FILES[0], 1)] {
        let text = message(file, &image_file(1)[..bytes]);
        assert!(text.contains("ends too early"), "{text}");
    }
}

#[test]
fn a_file_shorter_than_its_header_says_is_an_error_naming_the_file() {
    let whole = image_file(2);
    let text = message(&FILES[0], &whole[..whole.len() - 1]);
    assert!(text.contains("1,583 of the 1,584 bytes"), "{text}");
}

#[test]
fn a_header_with_an_absurd_count_is_an_error_and_allocates_nothing() {
    let text = message(&FILES[0], &idx(&[IMAGES_MAGIC, u32::MAX, 28, 28], &[]));
    assert!(text.contains("more than 60,000"), "{text}");
    let text = message(&FILES[0], &idx(&[IMAGES_MAGIC, 60_000, 28, 28], &[0; 9]));
    assert!(text.contains("25 of the 47,040,016 bytes"), "{text}");
}

#[test]
fn trailing_bytes_are_an_error_naming_the_file() {
    let mut bytes = label_file(&[9, 3]);
    bytes.push(0);
    let text = message(&FILES[1], &bytes);
    assert!(text.contains("goes on after the 10 bytes"), "{text}");
}

#[test]
fn a_label_above_nine_is_an_error_naming_the_file() {
    let text = message(&FILES[1], &label_file(&[9, 10]));
    assert!(text.contains("the label 10 at image 1"), "{text}");
}

#[test]
fn labels_for_another_number_of_images_are_an_error_naming_the_file() {
    let text = message(&FILES[1], &label_file(&[9, 3, 1]));
    assert!(text.contains("3 labels for the 2 images"), "{text}");
}

#[test]
fn files_without_images_are_an_error_naming_the_file() {
    assert!(message(&FILES[0], &image_file(0)).contains("is empty"));
    assert!(message(&FILES[0], &[]).contains("is empty"));
}

#[test]
fn a_missing_file_is_an_error_naming_the_file() {
    let folder = tempfile::tempdir().unwrap();
    write_subset(folder.path());
    let path = folder.path().join(FILES[1].name);
    fs::remove_file(&path).unwrap();
    let text = read_from(folder.path(), Split::Train)
        .unwrap_err()
        .to_string();
    assert!(
        text.contains(&format!("{} is missing", path.display())),
        "{text}"
    );
}

#[test]
fn a_folder_in_a_files_place_is_an_error_naming_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("train-images-idx3-ubyte.gz");
    fs::create_dir(&path).unwrap();
    let text = read_from(folder.path(), Split::Train)
        .unwrap_err()
        .to_string();
    assert!(
        text.contains(&format!("{} is not a file", path.display())),
        "{text}"
    );
}
