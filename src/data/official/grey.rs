//! Data sets of 28×28 grey images in MNIST's way, and the forms in which programs keep their files.

use super::file_set::{FileSet, Form, Package, Remote};
use super::known::{KNOWN, Known};
use super::{arrays, idx, rows};
use crate::data::spec::{Background, DatasetSpec};
use crate::pictures::Fit;
use burn_zoo_models::{ImageShape, Normalisation};
use std::sync::Arc;

/// The entry in the table of a data set as large as MNIST.
pub(in crate::data) fn spec(
    known: &'static Known,
    aliases: &'static [&'static str],
    classes: [&str; 10],
    source: &'static str,
    files: FileSet,
) -> DatasetSpec {
    DatasetSpec {
        id: known.id.into(),
        aliases,
        title: known.title.into(),
        shape: ImageShape::new(1, 28, 28),
        fit: Fit::Pad,
        background: Background::Black,
        classes: classes.map(String::from).into(),
        num_train: 60_000,
        num_test: 10_000,
        normalisation: Normalisation::LECTURE,
        source,
        supply: Arc::new(files),
    }
}

/// The files of this data set, which can be downloaded from `base`.
pub(in crate::data) fn files(
    known: &'static Known,
    base: &'static str,
    package: Option<Package>,
) -> FileSet {
    let mut forms = vec![
        Form {
            title: "",
            files: &known.files,
            read: idx::read,
        },
        Form {
            title: "NumPy's arrays",
            files: &known.arrays,
            read: arrays::read,
        },
        Form {
            title: "tables as on Kaggle",
            files: &known.tables,
            read: rows::read,
        },
    ];
    if !known.single_arrays.is_empty() {
        forms.push(Form {
            title: "NumPy's arrays",
            files: known.single_arrays,
            read: arrays::read,
        });
    }
    FileSet {
        forms,
        folders: known.folders,
        package,
        remote: Remote::Files { base },
        known: Some(known),
        relatives: &KNOWN,
    }
}
