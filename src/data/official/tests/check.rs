//! Telling data sets apart whose files have the same names.

use super::forms::unhex;
use super::*;
use crate::data::official::known::{Known, Sums, files, tables};
use crate::data::official::official_file::BOTH;
use crate::data::official::supply::load;
use crate::data::official::verify::verify;

/// By check.py, of three small data sets: the checksums of the images and labels to train and to test on, as files and
/// in any order, and that of the first image. Then the compressed files of the last one, with their checksums.
type Made = ([[&'static str; 4]; 6], [(&'static str, &'static str); 4]);
const MADE: Made = include!("check.in");

static RELATIVES: [&Known; 3] = [&CLOTHES, &DIGITS, &SYLLABLES];
static CLOTHES: Known = known(
    "fashion-mnist",
    "Fashion-MNIST",
    &["FashionMNIST/raw"],
    contents(0),
    Some([MADE.0[0][3], MADE.0[1][3]]),
);
static DIGITS: Known = known(
    "mnist",
    "MNIST",
    &["MNIST/raw"],
    contents(2),
    Some([MADE.0[2][3], MADE.0[3][3]]),
);
static SYLLABLES: Known = known(
    "kmnist",
    "KMNIST",
    &["KMNIST/raw"],
    [
        Sums::packed(MADE.1[0].1),
        Sums::packed(MADE.1[1].1),
        Sums::packed(MADE.1[2].1),
        Sums::packed(MADE.1[3].1),
    ],
    None,
);

const fn contents(first: usize) -> [Sums; 4] {
    let [train, test] = [MADE.0[first], MADE.0[first + 1]];
    [
        Sums::contents(train[0]),
        Sums::contents(train[1]),
        Sums::contents(test[0]),
        Sums::contents(test[1]),
    ]
}

const fn known(
    id: &'static str,
    title: &'static str,
    folders: &'static [&'static str],
    sums: [Sums; 4],
    first: Option<[&'static str; 2]>,
) -> Known {
    Known {
        id,
        title,
        folders,
        files: files(sums),
        tables: tables(["train.csv", "test.csv"], [&[]; 2]),
        arrays: [OfficialFile::new("arrays.npz", BOTH, 10_000)],
        single_arrays: &[],
        first,
        in_any_order: Some([MADE.0[0][2], MADE.0[1][2]]),
    }
}

/// A small data set of the same names as Fashion-MNIST or another, with four images to train and two to test on.
fn set(known: &'static Known) -> (DatasetSpec, FileSet) {
    let spec = DatasetSpec {
        id: known.id.into(),
        num_train: 4,
        num_test: 2,
        ..fashion_mnist::spec()
    };
    let mut set = fashion_mnist::files();
    set.forms.truncate(3);
    set.forms[0].files = &known.files;
    set.forms[1].files = &known.arrays;
    set.forms[2].files = &known.tables;
    set.known = Some(known);
    set.relatives = &RELATIVES;
    set.folders = known.folders;
    set.package = None;
    (spec, set)
}

/// The images and labels of a split of data set 0, 1 or 2, by the rule of check.py.
fn made(which: u8, split: Split) -> Vec<(u8, Vec<u8>)> {
    let base = 10 * u32::from(which);
    let (labels, start) = match split {
        Split::Test => (vec![4, (base % 9) as u8], base + 100),
        _ => (vec![1, 2, 3, 1], base),
    };
    let image = |n: u32| (0..784).map(move |index| ((start + n * 50 + index) % 256) as u8);
    let labelled = (0..).zip(labels);
    let labelled = labelled.map(|(n, label)| ((label + which) % 10, image(n).collect()));
    labelled.collect()
}

fn write(folder: &Path, names: &str, images: &[(u8, Vec<u8>)]) {
    let count = (images.len() as u32).to_be_bytes();
    let side = 28u32.to_be_bytes();
    let pixels: Vec<u8> = images
        .iter()
        .flat_map(|(_, pixels)| pixels.clone())
        .collect();
    let labels: Vec<u8> = images.iter().map(|(label, _)| *label).collect();
    let file = [&[0, 0, 8, 3][..], &count, &side, &side, &pixels].concat();
    fs::write(folder.join(format!("{names}-images-idx3-ubyte")), file).unwrap();
    let file = [&[0, 0, 8, 1][..], &count, &labels].concat();
    fs::write(folder.join(format!("{names}-labels-idx1-ubyte")), file).unwrap();
}

fn write_both(folder: &Path, which: u8) {
    write(folder, "train", &made(which, Split::Train));
    write(folder, "t10k", &made(which, Split::Test));
}

/// The warning about a split of a data set in a folder that is given by `data_dir`, or by the variable.
fn warning(
    folder: &Path,
    known: &'static Known,
    split: Split,
    given: bool,
) -> Result<Option<String>, String> {
    let (spec, set) = set(known);
    let cache = temporary_folder();
    let place = Some(folder.to_owned());
    let (given, variable) = if given { (place, None) } else { (None, place) };
    let places = Places {
        given,
        variable,
        ..places(&cache, None)
    };
    let loaded = load(&spec, &set, split, &places).map_err(|error| error.to_string())?;
    assert!(loaded.warnings.len() < 2, "{:?}", loaded.warnings);
    Ok(loaded.warnings.into_iter().next())
}

#[test]
fn the_official_images_are_used_without_a_warning() {
    for (which, known) in [(0, &CLOTHES), (1, &DIGITS)] {
        let folder = temporary_folder();
        write_both(folder.path(), which);
        for given in [true, false] {
            for split in [Split::Train, Split::Test] {
                assert_eq!(warning(folder.path(), known, split, given), Ok(None));
            }
        }
    }
}

#[test]
fn another_data_set_of_the_same_counts_is_refused_with_its_name() {
    let folder = temporary_folder();
    write_both(folder.path(), 1);
    for given in [true, false] {
        for split in [Split::Train, Split::Test] {
            for known in [&CLOTHES, &SYLLABLES] {
                let text = warning(folder.path(), known, split, given).unwrap_err();
                let found = format!(
                    "holds the {} images of MNIST (by their checksums)",
                    split.in_words()
                );
                assert!(text.contains(&found), "{text}");
                assert!(text.contains("train on it as the data set mnist"), "{text}");
            }
        }
    }
}

#[test]
fn labels_or_pixels_of_another_are_refused_too() {
    let swapped: Vec<_> = made(0, Split::Train)
        .into_iter()
        .zip(made(1, Split::Train))
        .map(|((_, pixels), (label, _))| (label, pixels))
        .collect();
    let folder = temporary_folder();
    write(folder.path(), "train", &swapped);
    write(folder.path(), "t10k", &made(0, Split::Test));
    let text = warning(folder.path(), &CLOTHES, Split::Train, true).unwrap_err();
    assert!(
        text.contains("holds the labels of the training images of MNIST"),
        "{text}"
    );
    let text = warning(folder.path(), &DIGITS, Split::Train, true).unwrap_err();
    assert!(
        text.contains("holds the pixels of the training images of Fashion-MNIST"),
        "{text}"
    );
}

#[test]
fn the_test_images_under_the_names_of_those_to_train_on_are_refused() {
    let folder = temporary_folder();
    write(folder.path(), "train", &made(0, Split::Test));
    write(folder.path(), "t10k", &made(0, Split::Test));
    let text = warning(folder.path(), &CLOTHES, Split::Train, true).unwrap_err();
    assert!(
        text.contains(
            "holds the test images of Fashion-MNIST (by their checksums), not the training images"
        ),
        "{text}"
    );
    assert!(text.contains("under their own names"), "{text}");
}

#[test]
fn a_compressed_file_is_known_by_its_own_checksum() {
    let folder = temporary_folder();
    write_both(folder.path(), 2);
    // Without the compressed files nothing is known of this one.
    assert_eq!(
        warning(folder.path(), &SYLLABLES, Split::Train, true),
        Ok(None)
    );
    let (spec, small) = set(&SYLLABLES);
    let cache = temporary_folder();
    let there = || Places {
        given: Some(folder.path().to_owned()),
        ..places(&cache, None)
    };
    let lines = verify(&spec, &small, &there()).unwrap_err().to_string();
    assert!(
        lines.contains("of class 3 where the official set has"),
        "{lines}"
    );
    for (file, (bytes, _)) in SYLLABLES.files.iter().zip(MADE.1) {
        let name = format!("{}.gz", file.name);
        fs::write(folder.path().join(name), unhex(bytes)).unwrap();
    }
    assert_eq!(
        warning(folder.path(), &SYLLABLES, Split::Train, false),
        Ok(None)
    );
    let lines = verify(&spec, &small, &there()).unwrap();
    let official = lines
        .iter()
        .filter(|line| line.contains(": the official contents"));
    assert_eq!(official.count(), 4, "{lines:?}");
    // The file beside the compressed one is compared with it.
    let other = [
        (7, vec![0; 784]),
        (1, vec![0; 784]),
        (1, vec![0; 784]),
        (1, vec![1; 784]),
    ];
    write(folder.path(), "train", &other);
    let text = warning(folder.path(), &SYLLABLES, Split::Train, false).unwrap_err();
    assert!(
        text.contains("train-images-idx3-ubyte has other contents"),
        "{text}"
    );
    // Given as another data set, it is known by them.
    for name in ["train-images-idx3-ubyte", "train-labels-idx1-ubyte"] {
        fs::remove_file(folder.path().join(name)).unwrap();
    }
    let text = warning(folder.path(), &DIGITS, Split::Train, true).unwrap_err();
    assert!(text.contains("of KMNIST (by its checksum)"), "{text}");
}

#[test]
fn a_part_of_another_is_known_by_its_first_image() {
    let folder = temporary_folder();
    write(folder.path(), "train", &made(1, Split::Train)[..2]);
    let text = warning(folder.path(), &CLOTHES, Split::Train, true).unwrap_err();
    let expected = "holds the first of the training images of MNIST (by its pixels)";
    assert!(text.contains(expected), "{text}");
    let warned = warning(folder.path(), &DIGITS, Split::Train, true).unwrap();
    assert!(warned.unwrap().contains("2 of 4 training images"));
    write(folder.path(), "train", &made(1, Split::Test)[..1]);
    let text = warning(folder.path(), &DIGITS, Split::Train, true).unwrap_err();
    assert!(
        text.contains("holds the first of the test images of MNIST"),
        "{text}"
    );
}

#[test]
fn what_is_known_by_no_checksum_is_told_by_the_folders_name() {
    for (inner, other) in [
        ("KMNIST/raw", "KMNIST"),
        ("mnist", "MNIST"),
        ("MNIST/raw", "MNIST"),
    ] {
        let folder = temporary_folder();
        let inner = folder.path().join(inner);
        fs::create_dir_all(&inner).unwrap();
        for count in [4, 2] {
            write(&inner, "train", &made(2, Split::Train)[..count]);
            let text = warning(&inner, &CLOTHES, Split::Train, true).unwrap_err();
            let expected = format!("holds the training images of {other} (by the folder's name");
            assert!(text.contains(&expected), "{text}");
        }
    }
}

#[test]
fn other_images_are_warned_of_where_they_are_given_and_refused_elsewhere() {
    let mut damaged = made(0, Split::Train);
    damaged[3].1[783] ^= 1;
    let mut relabelled = made(0, Split::Train);
    relabelled[0].0 = 9;
    for images in [damaged, relabelled] {
        let folder = temporary_folder();
        write(folder.path(), "train", &images);
        let text = warning(folder.path(), &CLOTHES, Split::Train, true);
        let text = text.unwrap().unwrap();
        assert!(
            text.contains("other training images or labels than the official ones"),
            "{text}"
        );
        let text = warning(folder.path(), &CLOTHES, Split::Train, false).unwrap_err();
        assert!(text.contains("has other train images or labels"), "{text}");
        assert!(text.contains("‘data_dir’ to use them on purpose"), "{text}");
    }
}

#[test]
fn the_official_images_in_another_order_and_form_are_known_as_such() {
    for reversed in [false, true] {
        let folder = temporary_folder();
        for (name, split) in [("train.csv", Split::Train), ("test.csv", Split::Test)] {
            let mut images = made(0, split);
            if reversed {
                images.reverse();
            }
            let rows = images.iter().map(|(label, pixels)| {
                let numbers = [*label].into_iter().chain(pixels.iter().copied());
                let numbers: Vec<String> = numbers.map(|number| number.to_string()).collect();
                numbers.join(",") + "\n"
            });
            fs::write(folder.path().join(name), rows.collect::<String>()).unwrap();
        }
        assert_eq!(
            warning(folder.path(), &CLOTHES, Split::Train, false),
            Ok(None)
        );
        let (spec, small) = set(&CLOTHES);
        let cache = temporary_folder();
        let places = Places {
            variable: Some(folder.path().to_owned()),
            ..places(&cache, None)
        };
        let lines = verify(&spec, &small, &places).unwrap();
        assert!(
            lines[0].ends_with("given by BURN_ZOO_DATA, tables as on Kaggle"),
            "{lines:?}"
        );
        assert_eq!(
            lines[1].ends_with("in another order"),
            reversed,
            "{lines:?}"
        );
        assert!(lines[1].contains(", the official ones"), "{lines:?}");
    }
}
