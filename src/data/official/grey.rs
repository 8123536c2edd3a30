//! The files of a data set of 28×28 grey images in MNIST's way, and the forms in which programs keep them.

use super::file_set::{FileSet, Form, Package, Remote};
use super::known::{KNOWN, Known};
use super::{arrays, idx, rows};

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
