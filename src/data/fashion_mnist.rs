//! Fashion-MNIST: 28×28 grey images of clothes, in the IDX files of its authors.

use super::official::file_set::{FileSet, Package};
use super::official::grey;
use super::official::known::FASHION_MNIST;
use super::spec::DatasetSpec;

/// Its entry in the table.
pub(super) fn spec() -> DatasetSpec {
    let source = "Xiao, Rasul, Vollgraf 2017 (arXiv 1708.07747), github.com/zalandoresearch/fashion-mnist; MIT licence";
    grey::spec(&FASHION_MNIST, &["fmnist"], CLASSES, source, files())
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
