//! MNIST: 28×28 grey images of handwritten digits, in the IDX files of its authors.

use super::official::file_set::FileSet;
use super::official::grey;
use super::official::known::MNIST;
use super::spec::{Background, DatasetSpec};
use crate::pictures::Fit;
use burn_zoo_models::{ImageShape, Normalisation};
use std::sync::Arc;

/// Its entry in the table.
pub(super) fn spec() -> DatasetSpec {
    DatasetSpec {
        id: "mnist".into(),
        aliases: &[],
        title: "MNIST".into(),
        shape: ImageShape::new(1, 28, 28),
        fit: Fit::Pad,
        background: Background::Black,
        classes: CLASSES.map(String::from).into(),
        num_train: 60_000,
        num_test: 10_000,
        normalisation: Normalisation::LECTURE,
        source: "LeCun, Cortes, Burges 1998, yann.lecun.com/exdb/mnist; CC BY-SA 3.0",
        supply: Arc::new(files()),
    }
}

/// Its files.
pub(super) fn files() -> FileSet {
    grey::files(
        &MNIST,
        "https://ossci-datasets.s3.amazonaws.com/mnist",
        None,
    )
}

const CLASSES: [&str; 10] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
