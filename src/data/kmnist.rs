//! KMNIST: 28×28 grey images of handwritten Japanese syllables, in the IDX files of its authors.

use super::official::file_set::FileSet;
use super::official::grey;
use super::official::known::KMNIST;
use super::spec::{Background, DatasetSpec};
use crate::pictures::Fit;
use burn_zoo_models::{ImageShape, Normalisation};
use std::sync::Arc;

/// Its entry in the table.
pub(super) fn spec() -> DatasetSpec {
    DatasetSpec {
        id: "kmnist".into(),
        aliases: &["kuzushijimnist"],
        title: "KMNIST".into(),
        shape: ImageShape::new(1, 28, 28),
        fit: Fit::Pad,
        background: Background::Black,
        classes: CLASSES.map(String::from).into(),
        num_train: 60_000,
        num_test: 10_000,
        normalisation: Normalisation::LECTURE,
        source: "Clanuwat et al. 2018 (arXiv 1812.01718), codh.rois.ac.jp/kmnist; CC BY-SA 4.0",
        supply: Arc::new(files()),
    }
}

/// Its files.
pub(super) fn files() -> FileSet {
    grey::files(
        &KMNIST,
        "http://codh.rois.ac.jp/kmnist/dataset/kmnist",
        None,
    )
}

const CLASSES: [&str; 10] = ["o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"];
