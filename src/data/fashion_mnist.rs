//! Fashion-MNIST: 28×28 grey images of clothes, in the IDX files of its authors.

use super::official::file_set::{FileSet, Package};
use super::official::grey;
use super::official::known::FASHION_MNIST;
use super::spec::{Background, DatasetSpec};
use crate::pictures::Fit;
use burn_zoo_models::{ImageShape, Normalisation};
use std::sync::Arc;

/// Its entry in the table.
pub(super) fn spec() -> DatasetSpec {
    DatasetSpec {
        id: "fashion-mnist".into(),
        aliases: &["fmnist"],
        title: "Fashion-MNIST".into(),
        shape: ImageShape::new(1, 28, 28),
        fit: Fit::Pad,
        background: Background::Black,
        classes: CLASSES.map(String::from).into(),
        num_train: 60_000,
        num_test: 10_000,
        normalisation: Normalisation::LECTURE,
        source: "Xiao, Rasul, Vollgraf 2017 (arXiv 1708.07747), github.com/zalandoresearch/fashion-mnist; MIT licence",
        supply: Arc::new(files()),
    }
}

/// Its files.
pub(super) fn files() -> FileSet {
    let package = Package {
        name: "dataset-fashion-mnist",
        folder: "/usr/share/datasets/fashion-mnist",
    };
    let base = "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com";
    grey::files(&FASHION_MNIST, base, Some(package))
}

const CLASSES: [&str; 10] = [
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
];

#[cfg(test)]
pub(super) mod tests;
