//! The data sets of 28×28 grey images whose files have the same names, and the checksums by which they are told apart.

use super::official_file::{BOTH, OfficialFile, TEST, TRAIN, plain};
use crate::data::split::Split;

/// What is known of such a data set.
#[derive(Debug)]
pub(in crate::data) struct Known {
    /// Its id.
    pub id: &'static str,
    /// Its name in sentences.
    pub title: &'static str,
    /// The folders in which programs keep its files, below the one that they are given.
    pub folders: &'static [&'static str],
    /// Its official files: images and labels to train on, images and labels to test on.
    pub files: [OfficialFile; 4],
    /// Its tables, as they are on Kaggle.
    pub tables: [OfficialFile; 2],
    /// Its arrays, as Keras and others keep them: all in one file, or, if its authors published that, in four.
    pub arrays: [OfficialFile; 1],
    pub single_arrays: &'static [OfficialFile],
    /// The SHA-256 of the pixels of the first image to train on and the first to test on, by which a part is known.
    pub first: Option<[&'static str; 2]>,
    /// The checksums of the images with their labels in any order, to train and to test on.
    pub in_any_order: Option<[&'static str; 2]>,
}

impl Known {
    /// The official checksums of the images and the labels of a split.
    pub fn sums(&self, split: Split) -> [Option<&'static str>; 2] {
        let [images, labels] = match split {
            Split::Test => [&self.files[2], &self.files[3]],
            Split::Train | Split::Valid => [&self.files[0], &self.files[1]],
        };
        [images.sum, labels.sum]
    }

    /// Whether a folder with this plain name is one of its own.
    pub fn is_called(&self, name: &str) -> bool {
        let folders = self.folders.iter();
        let mut names = folders.map(|folder| folder.split('/').next().unwrap_or(folder));
        plain(self.id) == name || names.any(|folder| plain(folder) == name)
    }

    /// The SHA-256 of the first image of a split.
    pub fn first(&self, split: Split) -> Option<&'static str> {
        let [train, test] = self.first?;
        Some(if split == Split::Test { test } else { train })
    }

    /// The official checksum of the images and labels of a split in any order.
    pub fn any_order(&self, split: Split) -> Option<&'static str> {
        let [train, test] = self.in_any_order?;
        Some(if split == Split::Test { test } else { train })
    }
}

/// All of them.
pub(in crate::data) static KNOWN: [&Known; 3] = [&FASHION_MNIST, &MNIST, &KMNIST];

/// The checksums of contents are those of the uncompressed files, as the compressed files in Debian's package differ.
pub(in crate::data) static FASHION_MNIST: Known = Known {
    id: "fashion-mnist",
    title: "Fashion-MNIST",
    folders: &["FashionMNIST/raw", "fashion_mnist", "fashion"],
    files: files([
        Sums::contents("c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888"),
        Sums::contents("bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9"),
        Sums::contents("5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b"),
        Sums::contents("0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"),
    ]),
    tables: tables(
        ["fashion-mnist_train.csv", "fashion-mnist_test.csv"],
        [&[]; 2],
    ),
    arrays: [arrays("fashion-mnist.npz", &["fmnist.npz"])],
    single_arrays: &[],
    first: Some([
        "5bd44e331a6d6998daf675700cd0c13dcd7af8ab954b7585124124da61459e7b",
        "ffc7351ed0f8bae542820866086177fa4e0b366b97bf9d998dffdb8dbe138787",
    ]),
    in_any_order: Some([
        "3c6aae86c05e891fe6fe44cb2c19f1fc",
        "78c4e6255bc1e24741815325a5314dfc",
    ]),
};

pub(in crate::data) static MNIST: Known = Known {
    id: "mnist",
    title: "MNIST",
    folders: &["MNIST/raw"],
    files: files([
        Sums::contents("ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"),
        Sums::contents("65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"),
        Sums::contents("0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"),
        Sums::contents("ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"),
    ]),
    tables: tables(["mnist_train.csv", "mnist_test.csv"], [&[]; 2]),
    arrays: [arrays("mnist.npz", &[])],
    single_arrays: &[],
    first: Some([
        "23ceaef5eb61f0e70d64ac18fdf0f60df3d5971cf30bbadac7b6ebf07f782d2c",
        "8f6a418c9a639f9e14e96feca47a97df2a35a0a68ae2875431c5c80e05536941",
    ]),
    in_any_order: None,
};

/// Its authors' files are known by the checksums of the compressed files alone.
pub(in crate::data) static KMNIST: Known = Known {
    id: "kmnist",
    title: "KMNIST",
    folders: &["KMNIST/raw"],
    files: files([
        Sums::packed("51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4"),
        Sums::packed("e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17"),
        Sums::packed("edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5"),
        Sums::packed("20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c"),
    ]),
    tables: tables(["kmnist_train.csv", "kmnist_test.csv"], [&[]; 2]),
    arrays: [arrays("kmnist.npz", &[])],
    single_arrays: &[
        OfficialFile::new("kmnist-train-imgs.npz", TRAIN, ARRAYS),
        OfficialFile::new("kmnist-train-labels.npz", TRAIN, ARRAYS),
        OfficialFile::new("kmnist-test-imgs.npz", TEST, ARRAYS),
        OfficialFile::new("kmnist-test-labels.npz", TEST, ARRAYS),
    ],
    first: None,
    in_any_order: None,
};

/// The checksum of a file's contents, or of the file as it was published, compressed.
#[derive(Clone, Copy)]
pub(super) struct Sums {
    contents: Option<&'static str>,
    packed: Option<&'static str>,
}

impl Sums {
    pub(super) const fn contents(sum: &'static str) -> Self {
        Self {
            contents: Some(sum),
            packed: None,
        }
    }

    pub(super) const fn packed(sum: &'static str) -> Self {
        Self {
            contents: None,
            packed: Some(sum),
        }
    }
}

/// The four files, with their checksums.
pub(super) const fn files([a, b, c, d]: [Sums; 4]) -> [OfficialFile; 4] {
    const fn file(
        name: &'static str,
        splits: &'static [Split],
        bytes: usize,
        sums: Sums,
    ) -> OfficialFile {
        OfficialFile {
            sum: sums.contents,
            packed: sums.packed,
            ..OfficialFile::new(name, splits, bytes)
        }
    }
    [
        file("train-images-idx3-ubyte", TRAIN, 47_040_016, a),
        file("train-labels-idx1-ubyte", TRAIN, 60_008, b),
        file("t10k-images-idx3-ubyte", TEST, 7_840_016, c),
        file("t10k-labels-idx1-ubyte", TEST, 10_008, d),
    ]
}

/// The most bytes of a table: eight for each number.
const TABLE: usize = 60_001 * 785 * 8 + (1 << 20);
/// The most bytes of a file of arrays.
const ARRAYS: usize = 70_000 * 786 * 8 + (1 << 20);

pub(super) const fn tables(
    [train, test]: [&'static str; 2],
    [trains, tests]: [&'static [&'static str]; 2],
) -> [OfficialFile; 2] {
    [
        OfficialFile {
            others: trains,
            ..OfficialFile::new(train, TRAIN, TABLE)
        },
        OfficialFile {
            others: tests,
            ..OfficialFile::new(test, TEST, TABLE)
        },
    ]
}

const fn arrays(name: &'static str, others: &'static [&'static str]) -> OfficialFile {
    OfficialFile {
        others,
        ..OfficialFile::new(name, BOTH, ARRAYS)
    }
}
