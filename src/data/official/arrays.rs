//! NumPy's arrays in `.npz` files, as Keras keeps MNIST's images and the authors of KMNIST publish theirs.
//!
//! An `.npz` file is a zip archive of `.npy` files. Those begin with a heading that says the type of the numbers, the
//! shape, and whether columns come before rows: <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>.
//! Arrays of Python objects, which are pickles, are refused.

use super::contents::{self, file_error};
use super::file_set::Form;
use super::sniff::foreign;
use crate::data::error::DataError;
use crate::data::images::{ImageDataset, check_labels};
use crate::data::problems::FileProblem;
use crate::data::spec::DatasetSpec;
use crate::data::split::Split;
use burn_zoo_models::ImageShape;
use std::io::{Cursor, Read};
use std::path::Path;
use zip::ZipArchive;

/// The names of the arrays with images, and of those with labels, to train on and to test on.
const NAMES: [[&[&str]; 2]; 2] = [
    [
        &[
            "x_train",
            "train_images",
            "training_images",
            "train_x",
            "X_train",
        ],
        &[
            "y_train",
            "train_labels",
            "training_labels",
            "train_y",
            "Y_train",
        ],
    ],
    [
        &["x_test", "test_images", "test_x", "X_test"],
        &["y_test", "test_labels", "test_y", "Y_test"],
    ],
];
/// The name that NumPy gives to an array that has none.
const UNNAMED: &str = "arr_0";

/// Reads a split from `folder`: from a file that holds all arrays, or from two, with images and with labels.
pub(in crate::data) fn read(
    spec: &DatasetSpec,
    form: &Form,
    folder: &Path,
    split: Split,
) -> Result<ImageDataset, DataError> {
    let names = NAMES[usize::from(split == Split::Test)];
    let files: Vec<_> = form.files_of(split).collect();
    let mut arrays = Vec::new();
    for (which, names) in names.into_iter().enumerate() {
        let Some(file) = files.get(which).or(files.first()) else {
            return Err(DataError::NoValidation {
                dataset: spec.id.clone(),
            });
        };
        let path = file.find_in(folder, &spec.id)?;
        let bytes = contents::read(&spec.id, &path, file.bytes)?;
        let array = entry(&bytes, names, files.len() > 1, file.bytes)
            .map_err(|problem| file_error(&spec.id, &path, problem))?;
        arrays.push((path, array));
    }
    let [(images_path, images), (labels_path, labels)] = &arrays[..] else {
        unreachable!("two arrays");
    };
    let limit = spec.count(split);
    let pixels = pixels(images, spec.shape, limit)
        .map_err(|problem| file_error(&spec.id, images_path, problem))?;
    let images = pixels.len() / spec.shape.num_values();
    let labels = numbers(labels)
        .and_then(|labels| match labels.len() {
            count if count == images => Ok(labels),
            labels => Err(FileProblem::CountMismatch { labels, images }),
        })
        .and_then(|labels| check_labels(&labels, spec.classes.len()).map(|()| labels))
        .map_err(|problem| file_error(&spec.id, labels_path, problem))?;
    ImageDataset::new(spec.shape, pixels, labels)
}

/// An array of numbers.
#[derive(Debug)]
pub(in crate::data) struct Array {
    /// As NumPy writes it: `|u1`.
    pub kind: String,
    pub shape: Vec<usize>,
    pub bytes: Vec<u8>,
}

/// The array with one of these names, or, where a file has no other, the one without a name.
fn entry(bytes: &[u8], names: &[&str], alone: bool, limit: usize) -> Result<Array, FileProblem> {
    let table = |text: String| FileProblem::Table(text);
    let mut archive = match ZipArchive::new(Cursor::new(bytes)) {
        Ok(archive) => archive,
        Err(_) if !bytes.starts_with(b"PK") && foreign(bytes).is_some() => {
            return Err(foreign(bytes).unwrap_or(FileProblem::Empty));
        }
        Err(cause) => return Err(table(format!("is no file of NumPy's arrays ({cause})"))),
    };
    let found = archive.file_names().flatten().map(String::from);
    let found: Vec<String> = found.collect();
    let is_called = |file: &&String, name: &str| file.strip_suffix(".npy").unwrap_or(file) == name;
    let named = names
        .iter()
        .find_map(|name| found.iter().find(|file| is_called(file, name)));
    let unnamed = || found.iter().find(|file| is_called(file, UNNAMED));
    let only = named.or_else(|| alone.then(unnamed).flatten());
    let Some(name) = only else {
        let shown = found.iter().take(8).map(|file| {
            let name = file.strip_suffix(".npy").unwrap_or(file);
            name.escape_debug().to_string()
        });
        let shown: Vec<String> = shown.collect();
        return Err(table(format!(
            "has no array {} but {}",
            names.first().unwrap_or(&UNNAMED),
            shown.join(", ")
        )));
    };
    let broken = |cause: String| table(format!("cannot be unpacked ({cause})"));
    let file = archive
        .by_name(name)
        .map_err(|cause| broken(cause.to_string()))?;
    let mut bytes = Vec::new();
    file.take(limit as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(|cause| broken(cause.to_string()))?;
    if bytes.len() > limit {
        return Err(table(format!(
            "has a larger array {name} than the data set"
        )));
    }
    array(bytes).map_err(|text| table(format!("has an array {name} that {text}")))
}

/// The array in an `.npy` file.
fn array(mut file: Vec<u8>) -> Result<Array, String> {
    let cut = "is cut short";
    let rest = file
        .strip_prefix(b"\x93NUMPY")
        .ok_or("is none of NumPy's")?;
    let (start, length) = match rest {
        [1, _, a, b, ..] => (10, usize::from(u16::from_le_bytes([*a, *b]))),
        [2 | 3, _, a, b, c, d, ..] => (12, u32::from_le_bytes([*a, *b, *c, *d]) as usize),
        [_, _, ..] => return Err("has an unknown version of NumPy's format".into()),
        _ => return Err(cut.into()),
    };
    let end = start + length;
    let heading = file.get(start..end).ok_or(cut)?;
    let heading = std::str::from_utf8(heading).map_err(|_| "has a damaged heading")?;
    let kind = value(heading, "descr").ok_or("has no type of numbers")?;
    let kind = kind
        .trim_start()
        .strip_prefix('\'')
        .and_then(|rest| rest.split('\'').next());
    let kind = kind.ok_or("has more than a number an entry")?.to_owned();
    if kind.contains('O') {
        return Err("holds Python's objects, which are not read: save plain numbers".into());
    }
    let rows_first = value(heading, "fortran_order").ok_or("has no order")?;
    if !rows_first.trim_start().starts_with("False") {
        return Err("is stored column by column: save numpy.ascontiguousarray of it".into());
    }
    let shape = value(heading, "shape").ok_or("has no shape")?;
    let sides = shape
        .trim_start()
        .strip_prefix('(')
        .and_then(|rest| rest.split(')').next());
    let sides = sides.ok_or("has no shape")?.split(',').map(str::trim);
    let shape: Option<Vec<usize>> = sides
        .filter(|side| !side.is_empty())
        .map(|side| side.parse().ok())
        .collect();
    let shape = shape.ok_or("has no shape")?;
    file.drain(..end);
    Ok(Array {
        kind,
        shape,
        bytes: file,
    })
}

/// What follows the name and the colon of an entry of a heading.
fn value<'a>(heading: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = heading.split_once(&format!("'{name}'"))?;
    Some(rest.trim_start().strip_prefix(':')?.trim_start())
}

/// The channels-first pixels of at most `limit` images of this shape. Each image may be a row of numbers, or have its
/// channels first or last.
pub(in crate::data) fn pixels(
    array: &Array,
    shape: ImageShape,
    limit: usize,
) -> Result<Vec<u8>, FileProblem> {
    let ImageShape {
        channels,
        height,
        width,
    } = shape;
    if !["u1", "B", "uint8"].contains(&array.kind.trim_start_matches(['|', '<', '=', '>'])) {
        return Err(FileProblem::Table(format!(
            "has pixels of NumPy's type {}, where whole numbers from 0 to 255 (uint8) are expected",
            array.kind.escape_debug()
        )));
    }
    let Some((&count, sides)) = array.shape.split_first() else {
        return Err(FileProblem::Empty);
    };
    let last = match sides {
        [pixels] if *pixels == shape.num_values() => false,
        [rows, columns] if channels == 1 && [*rows, *columns] == [height, width] => false,
        [first, rows, columns] if [*first, *rows, *columns] == [channels, height, width] => false,
        [rows, columns, last] if [*rows, *columns, *last] == [height, width, channels] => true,
        _ => {
            let found: Vec<String> = array.shape.iter().map(usize::to_string).collect();
            return Err(FileProblem::Table(format!(
                "has images in an array of {}, where so many images of {shape} are expected",
                found.join("×")
            )));
        }
    };
    if count == 0 {
        return Err(FileProblem::Empty);
    }
    if count > limit {
        return Err(FileProblem::TooMany { limit });
    }
    let expected = count * shape.num_values();
    if array.bytes.len() < expected {
        let found = array.bytes.len();
        return Err(FileProblem::TooShort { found, expected });
    }
    if array.bytes.len() > expected {
        return Err(FileProblem::TrailingBytes { expected });
    }
    if !last || channels == 1 {
        return Ok(array.bytes.clone());
    }
    let images = array.bytes.chunks_exact(shape.num_values());
    Ok(images
        .flat_map(|image| {
            (0..channels).flat_map(move |channel| image[channel..].iter().step_by(channels))
        })
        .copied()
        .collect())
}

/// The labels in an array with one number, or one row of one number, for each image.
pub(in crate::data) fn numbers(array: &Array) -> Result<Vec<u16>, FileProblem> {
    let problem = |text: String| FileProblem::Table(text);
    let count = match array.shape[..] {
        [count] | [count, 1] => count,
        _ => {
            let found: Vec<String> = array.shape.iter().map(usize::to_string).collect();
            return Err(problem(format!(
                "has labels in an array of {}, where a number for each image is expected",
                found.join("×")
            )));
        }
    };
    let kind = array.kind.trim_start_matches(['|', '<', '=', '>']);
    let size = match kind.as_bytes() {
        [b'u' | b'i', size @ (b'1' | b'2' | b'4' | b'8')] => usize::from(size - b'0'),
        [b'B'] => 1,
        _ => {
            return Err(problem(format!(
                "has labels of NumPy's type {}, where whole numbers are expected",
                array.kind.escape_debug()
            )));
        }
    };
    let (found, expected) = (array.bytes.len(), count.saturating_mul(size));
    if found != expected {
        return Err(match found < expected {
            true => FileProblem::TooShort { found, expected },
            false => FileProblem::TrailingBytes { expected },
        });
    }
    let big_endian = array.kind.starts_with('>');
    let label = |bytes: &[u8]| -> u16 {
        let fold = |number: u64, &byte: &u8| number << 8 | u64::from(byte);
        let number = match big_endian {
            true => bytes.iter().fold(0, fold),
            false => bytes.iter().rev().fold(0, fold),
        };
        // A negative one is far above every class.
        u16::try_from(number).unwrap_or(u16::MAX)
    };
    Ok(array.bytes.chunks_exact(size).map(label).collect())
}
