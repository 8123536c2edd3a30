//! Verifying files, whole or a subset.

use super::*;
use crate::data::official::supply::load;
use crate::data::official::verify::verify;

#[test]
fn a_subset_named_with_data_dir_is_used_with_a_warning() {
    let subsets: [(_, fn(&Path), _); 2] = [
        (
            "fashion-mnist",
            fashion_mnist::tests::write_subset,
            "2 of 60,000",
        ),
        ("cifar-10", cifar10::tests::write_subset, "5 of 50,000"),
    ];
    for (id, write, counts) in subsets {
        let (spec, set) = spec(id);
        let (cache, folder) = (temporary_folder(), temporary_folder());
        write(folder.path());
        let places = Places {
            given: Some(folder.path().to_owned()),
            ..places(&cache, None)
        };
        let loaded = load(&spec, &set, Split::Train, &places).unwrap();
        let shown = folder.path().display();
        assert_eq!(
            loaded.warnings[0],
            format!(
                "{id} at {shown}: {counts} training images, so results measured on them are for this subset only"
            )
        );
        assert_eq!(loaded.origin, format!("folder {shown}, named by the user"));
        let lines = verify(&spec, &set, &places).unwrap();
        assert!(lines[1].contains("a subset"), "{lines:?}");
    }
}

#[test]
fn a_subset_found_anywhere_else_is_an_error_naming_the_folder() {
    let (spec, set) = spec("cifar-10");
    let (cache, variable) = (temporary_folder(), temporary_folder());
    cifar10::tests::write_subset(variable.path());
    let places = Places {
        variable: Some(variable.path().to_owned()),
        ..places(&cache, None)
    };
    for error in [
        load(&spec, &set, Split::Train, &places).unwrap_err(),
        verify(&spec, &set, &places).unwrap_err(),
    ] {
        let text = error.to_string();
        assert!(text.contains("5 of 50,000 train images"), "{text}");
        assert!(
            text.contains(&variable.path().display().to_string()),
            "{text}"
        );
    }
}

/// The lines of verifying a complete data set with ten images in each split, whose file `train` holds `contents`.
fn verified(files: FileSet, contents: &[u8], read: Reader) -> Result<Vec<String>, DataError> {
    let spec = DatasetSpec {
        num_train: 10,
        num_test: 10,
        ..fashion_mnist::spec()
    };
    let mut set = files;
    set.forms[0].read = read;
    let (cache, variable) = (temporary_folder(), temporary_folder());
    fs::write(variable.path().join("train"), contents).unwrap();
    fs::write(variable.path().join("test.gz"), gzip(b"world")).unwrap();
    let places = Places {
        variable: Some(variable.path().to_owned()),
        ..places(&cache, None)
    };
    verify(&spec, &set, &places)
}

type Reader = fn(&DatasetSpec, &Form, &Path, Split) -> Result<ImageDataset, DataError>;

const BALANCED: Reader =
    |_, _, _, _| ImageDataset::new(ImageShape::new(1, 1, 1), vec![0; 10], (0..10).collect());

#[test]
fn verifying_reports_counts_and_checksums() {
    let lines = verified(tiny_files(), b"hello", BALANCED).unwrap();
    assert!(lines[0].ends_with("given by BURN_ZOO_DATA"), "{lines:?}");
    assert_eq!(lines[1], "train: 10 images, 1 of each class");
    assert!(
        lines[3].starts_with("train: the official contents, SHA-256 2cf24dba"),
        "{lines:?}"
    );
    assert_eq!(lines.len(), 5);
}

#[test]
fn other_contents_than_the_official_ones_are_an_error_naming_the_file() {
    let text = verified(tiny_files(), b"hellO", BALANCED)
        .unwrap_err()
        .to_string();
    assert!(text.contains("train has other contents"), "{text}");
}

/// All ten images are of class 3.
const UNBALANCED: Reader =
    |_, _, _, _| ImageDataset::new(ImageShape::new(1, 1, 1), vec![0; 10], vec![3; 10]);

#[test]
fn unbalanced_classes_in_a_complete_set_are_an_error() {
    let text = verified(tiny_archive(b"unused"), b"hello", UNBALANCED);
    let text = text.unwrap_err().to_string();
    assert!(text.contains("has 0 train images of class 0"), "{text}");
}

#[test]
fn the_classes_of_official_files_may_differ_in_size() {
    let lines = verified(tiny_files(), b"hello", UNBALANCED).unwrap();
    assert_eq!(lines[1], "train: 10 images, 0 to 10 of a class");
    let text = verified(tiny_files(), b"hellO", UNBALANCED).unwrap_err();
    let text = text.to_string();
    assert!(text.contains("train has other contents"), "{text}");
}
