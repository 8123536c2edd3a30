//! Fashion-MNIST: 28×28 grey images of clothes, in the IDX files of its authors.

use super::error::DataError;
use super::images::ImageDataset;
use super::official::file_set::{FileSet, OfficialFile, Package, Remote};
use super::official::idx;
use super::spec::{Background, DatasetSpec};
use super::split::Split;
use crate::pictures::Fit;
use burn_zoo_models::{ImageShape, Normalisation};
use std::path::Path;
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
    FileSet {
        files: &FILES,
        subfolder: None,
        package: Some(Package {
            name: "dataset-fashion-mnist",
            folder: "/usr/share/datasets/fashion-mnist",
        }),
        remote: Remote::Files {
            base: "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com",
        },
        read,
    }
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

/// The checksums are those of the uncompressed files, as the compressed files in Debian's package differ.
const FILES: [OfficialFile; 4] = [
    OfficialFile {
        name: "train-images-idx3-ubyte",
        split: Split::Train,
        bytes: 47_040_016,
        sha256: Some("c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888"),
    },
    OfficialFile {
        name: "train-labels-idx1-ubyte",
        split: Split::Train,
        bytes: 60_008,
        sha256: Some("bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9"),
    },
    OfficialFile {
        name: "t10k-images-idx3-ubyte",
        split: Split::Test,
        bytes: 7_840_016,
        sha256: Some("5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b"),
    },
    OfficialFile {
        name: "t10k-labels-idx1-ubyte",
        split: Split::Test,
        bytes: 10_008,
        sha256: Some("0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"),
    },
];

/// Reads a split from `folder`.
fn read(spec: &DatasetSpec, folder: &Path, split: Split) -> Result<ImageDataset, DataError> {
    let mut files = FILES.iter().filter(|file| file.split == split);
    let (Some(images), Some(labels)) = (files.next(), files.next()) else {
        return Err(DataError::NoValidation {
            dataset: spec.id.clone(),
        });
    };
    idx::read(spec, folder, split, images, labels)
}

#[cfg(test)]
pub(super) mod tests;
