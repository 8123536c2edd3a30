//! The IDX format of MNIST and the data sets made like it.
//!
//! See <http://yann.lecun.com/exdb/mnist/>. All numbers are big-endian: the magic number 0x00000801 (labels) or
//! 0x00000803 (images), the count, for images the height and the width, and then one unsigned byte for each label or
//! pixel, row-major.

use super::contents::{self, file_error};
use super::file_set::Form;
use super::sniff::foreign;
use crate::data::error::DataError;
use crate::data::images::{ImageDataset, check_labels};
use crate::data::problems::FileProblem;
use crate::data::spec::DatasetSpec;
use crate::data::split::Split;
use burn_zoo_models::ImageShape;
use std::path::Path;

/// The number with which a file of labels begins.
pub(in crate::data) const LABELS_MAGIC: u32 = 0x0000_0801;
/// The number with which a file of images begins.
pub(in crate::data) const IMAGES_MAGIC: u32 = 0x0000_0803;

/// Reads a split from `folder`, from the first of its files, with its images, and the second, with their labels.
pub(in crate::data) fn read(
    spec: &DatasetSpec,
    form: &Form,
    folder: &Path,
    split: Split,
) -> Result<ImageDataset, DataError> {
    let mut files = form.files_of(split);
    let (Some(images_file), Some(labels_file)) = (files.next(), files.next()) else {
        return Err(DataError::NoValidation {
            dataset: spec.id.clone(),
        });
    };
    let limit = spec.count(split);
    let path = images_file.find_in(folder, &spec.id)?;
    let bytes = contents::read(&spec.id, &path, images_file.bytes)?;
    let pixels = parse_images(bytes, spec.shape, limit)
        .map_err(|problem| file_error(&spec.id, &path, problem))?;
    let images = pixels.len() / spec.shape.num_values();

    let path = labels_file.find_in(folder, &spec.id)?;
    let bytes = contents::read(&spec.id, &path, labels_file.bytes)?;
    let labels = parse_labels(bytes, spec.classes.len(), limit)
        .and_then(|labels| match labels.len() {
            count if count == images => Ok(labels),
            labels => Err(FileProblem::CountMismatch { labels, images }),
        })
        .map_err(|problem| file_error(&spec.id, &path, problem))?;

    ImageDataset::new(spec.shape, pixels, labels)
}

/// The pixels of an IDX file with at most `limit` grey images of this shape.
fn parse_images(bytes: Vec<u8>, shape: ImageShape, limit: usize) -> Result<Vec<u8>, FileProblem> {
    let ImageShape { height, width, .. } = shape;
    let [_, count, rows, columns] = header(&bytes, IMAGES_MAGIC)?;
    if [rows as usize, columns as usize] != [height, width] {
        return Err(FileProblem::ImageSize {
            found: [rows, columns],
            expected: [height, width],
        });
    }
    body(bytes, 16, count, shape.num_values(), limit)
}

/// The labels of an IDX file with at most `limit` of them, each a number below `classes`.
fn parse_labels(bytes: Vec<u8>, classes: usize, limit: usize) -> Result<Vec<u16>, FileProblem> {
    let [_, count] = header(&bytes, LABELS_MAGIC)?;
    let labels = body(bytes, 8, count, 1, limit)?.into_iter();
    let labels: Vec<u16> = labels.map(u16::from).collect();
    check_labels(&labels, classes)?;
    Ok(labels)
}

/// The big-endian numbers at the beginning of the file, of which the first is to be `magic`.
fn header<const N: usize>(bytes: &[u8], magic: u32) -> Result<[u32; N], FileProblem> {
    let (numbers, _) = bytes.as_chunks::<4>();
    let found = numbers.first().copied().map(u32::from_be_bytes);
    if found != Some(magic)
        && let Some(problem) = foreign(bytes)
    {
        return Err(problem);
    }
    let numbers = numbers.first_chunk::<N>().ok_or(FileProblem::TooShort {
        found: bytes.len(),
        expected: 4 * N,
    })?;
    let numbers = numbers.map(u32::from_be_bytes);
    match numbers[0] {
        found if found == magic => Ok(numbers),
        found => Err(FileProblem::Magic {
            found,
            expected: magic,
        }),
    }
}

/// The bytes after the header, which must be exactly `count` entries of `entry` bytes.
///
/// `count` may be any number, so no memory is allocated for it before the file is known to have as many entries.
fn body(
    mut bytes: Vec<u8>,
    header: usize,
    count: u32,
    entry: usize,
    limit: usize,
) -> Result<Vec<u8>, FileProblem> {
    let count = count as usize;
    if count == 0 {
        return Err(FileProblem::Empty);
    }
    if count > limit {
        return Err(FileProblem::TooMany { limit });
    }
    let expected = header + count * entry;
    if bytes.len() < expected {
        let found = bytes.len();
        return Err(FileProblem::TooShort { found, expected });
    }
    if bytes.len() > expected {
        return Err(FileProblem::TrailingBytes { expected });
    }
    bytes.drain(..header);
    Ok(bytes)
}

#[cfg(test)]
pub(in crate::data) mod tests {
    use super::*;

    /// An IDX file: its numbers, and the bytes after them.
    pub(in crate::data) fn idx(numbers: &[u32], body: &[u8]) -> Vec<u8> {
        let mut bytes: Vec<u8> = numbers.iter().flat_map(|n| n.to_be_bytes()).collect();
        bytes.extend_from_slice(body);
        bytes
    }

    #[test]
    fn height_comes_before_width() {
        let bytes = idx(&[IMAGES_MAGIC, 1, 2, 3], &[1, 2, 3, 4, 5, 6]);
        let pixels = parse_images(bytes.clone(), ImageShape::new(1, 2, 3), 1).unwrap();
        assert_eq!(pixels, [1, 2, 3, 4, 5, 6]);
        let problem = parse_images(bytes, ImageShape::new(1, 3, 2), 1).unwrap_err();
        assert_eq!(
            problem.to_string(),
            "has images of 2 × 3 pixels, not 3 × 2 (height × width)"
        );
    }
}
