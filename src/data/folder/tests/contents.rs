//! A data set's identity, and splits that follow from the contents of the pictures.

use super::*;
use crate::data::Splits;
use crate::data::split::HoldOut;
use std::collections::BTreeMap;

fn split(spec: &DatasetSpec, valid_fraction: f64) -> Splits {
    let options = LoadOptions {
        seed: 42,
        ..LoadOptions::default()
    };
    Splits::load(spec, None, valid_fraction, &options).unwrap()
}

/// The split of each picture, by its class and number.
fn places(folder: &TempDir) -> BTreeMap<(u8, u8), &'static str> {
    let splits = split(&opened(folder), 0.2);
    let parts = [
        ("train", &splits.train),
        ("valid", splits.valid.as_ref().unwrap()),
        ("test", &splits.test),
    ];
    let mut places = BTreeMap::new();
    for (name, images) in parts {
        for picture in numbers(images) {
            assert_eq!(places.insert(picture, name), None);
        }
    }
    places
}

#[test]
fn names_and_pictures_that_come_or_go_move_no_other() {
    let folder = folder_of(&[("cat", 60), ("dog", 40)]);
    let before = places(&folder);
    assert_eq!(before.len(), 100);
    for split in ["train", "valid", "test"] {
        assert!(before.values().filter(|own| **own == split).count() > 5);
    }
    let path = |name: &str| folder.path().join(name);
    // One comes before all others, one goes, and two swap their names.
    write_picture(&path("cat/!.png"), [0, 200, 200]);
    fs::remove_file(path("dog/000.png")).unwrap();
    fs::rename(path("cat/001.png"), path("cat/x.png")).unwrap();
    fs::rename(path("cat/002.png"), path("cat/001.png")).unwrap();
    fs::rename(path("cat/x.png"), path("cat/002.png")).unwrap();
    let after = places(&folder);
    assert_eq!(after.len(), 100);
    for (picture, split) in after {
        if picture != (0, 200) {
            assert_eq!(split, before[&picture], "{picture:?}");
        }
    }
}

#[test]
fn the_digest_is_of_names_and_contents_wherever_the_folder_lies() {
    let classes = [("cat", 6), ("dog", 6)];
    let folder = folder_of(&classes);
    let digest = |folder: &TempDir| split(&opened(folder), 0.0).digest.unwrap();
    let before = digest(&folder);
    assert_eq!(digest(&folder_of(&classes)), before);
    let path = |name: &str| folder.path().join(name);
    // What is no picture does not count.
    fs::write(path("cat/notes.txt"), "words").unwrap();
    assert_eq!(digest(&folder), before);
    let mut seen = vec![before];
    let mut changes = |change: &dyn Fn()| {
        change();
        let now = digest(&folder);
        assert!(!seen.contains(&now));
        seen.push(now);
    };
    changes(&|| fs::rename(path("cat/000.png"), path("cat/a.png")).unwrap());
    changes(&|| fs::rename(path("cat/a.png"), path("dog/a.png")).unwrap());
    changes(&|| write_picture(&path("dog/a.png"), [9, 9, 9]));
    changes(&|| {
        fs::rename(path("dog/001.png"), path("dog/x.png")).unwrap();
        fs::rename(path("dog/002.png"), path("dog/001.png")).unwrap();
        fs::rename(path("dog/x.png"), path("dog/002.png")).unwrap();
    });
}

#[test]
fn a_run_of_before_keeps_its_test_set_and_uses_no_folder_for_validation() {
    let options = LoadOptions {
        seed: 42,
        hold_out: HoldOut::ByPosition,
        ..LoadOptions::default()
    };
    let folder = folder_of(&[("cat", 20), ("dog", 20)]);
    let images = opened(&folder).load(Split::Test, &options).unwrap().images;
    let of_class = |class| {
        let numbers = numbers(&images).into_iter();
        let numbers = numbers.filter_map(|(own, number)| (own == class).then_some(number));
        numbers.collect::<Vec<_>>()
    };
    // Computed by the functions of tests/host_draws.py.
    assert_eq!(of_class(0), [12, 14, 16, 17]);
    assert_eq!(of_class(1), [7, 12, 13, 19]);

    let folder = folder_of(&[("train/a", 4), ("train/b", 4), ("test/a", 2), ("val/b", 2)]);
    let splits = Splits::load(&opened(&folder), None, 0.25, &options).unwrap();
    assert_eq!(splits.valid.unwrap().len(), 2);
    assert_eq!(splits.train.len(), 6);
    assert!(
        splits.origin.ends_with("its folders train and test"),
        "{}",
        splits.origin
    );
}

#[test]
fn no_images_are_held_out_beside_a_folder_for_validation() {
    let folder = folder_of(&[("train/a", 4), ("train/b", 4), ("test/a", 2), ("val/b", 2)]);
    let spec = opened(&folder);
    assert_eq!(split(&spec, 0.0).valid.unwrap().len(), 2);
    let error = Splits::load(&spec, None, 0.25, &LoadOptions::default());
    let error = error.unwrap_err().to_string();
    assert!(
        error.contains("‘valid_fraction’ 0.25 would hold images out"),
        "{error}"
    );
    let without = opened(&folder_of(&[("a", 4), ("b", 4)]));
    let error = without.load(Split::Valid, &LoadOptions::default());
    assert!(matches!(error, Err(DataError::NoValidation { .. })));
}

#[test]
fn the_same_picture_to_train_on_and_to_test_on_is_told() {
    let folder = folder_of(&[
        ("train/cat", 5),
        ("train/dog", 5),
        ("test/cat", 4),
        ("val/dog", 2),
    ]);
    // `folder_of` numbers the classes by their place in the list.
    let path = |name: &str| folder.path().join(name);
    fs::copy(path("train/cat/001.png"), path("test/cat/again.png")).unwrap();
    fs::copy(path("train/dog/001.png"), path("val/dog/000.png")).unwrap();
    let said = split(&opened(&folder), 0.0).warnings.join("\n");
    for expected in [
        "1 of the 5 test images are images to train on too (test/cat/again.png is train/cat/001.png)",
        "1 of the 2 validation images are images to train on too (val/dog/000.png is train/dog/001.png)",
    ] {
        assert!(said.contains(expected), "{said}");
    }
    assert!(!said.contains("two classes"), "{said}");
    let lines = opened(&folder)
        .verify(&LoadOptions::default())
        .unwrap()
        .lines;
    let copies = "2 pictures are copies of others, byte by byte";
    assert!(lines.iter().any(|line| line == copies), "{lines:?}");
    // Equal pictures of a folder without splits are in the same one.
    let folder = folder_of(&[("cat", 30), ("dog", 30)]);
    for number in 0..30 {
        let path = |name: &str| folder.path().join(format!("{name}{number:03}.png"));
        fs::copy(path("cat/"), path("cat/copy")).unwrap();
    }
    let warnings = split(&opened(&folder), 0.2).warnings;
    assert!(warnings.is_empty(), "{warnings:?}");
}

#[test]
fn classes_of_very_different_size_are_told() {
    let folder = folder_of(&[("train/cat", 200), ("train/dog", 2), ("test/cat", 1)]);
    let said = split(&opened(&folder), 0.0).warnings.join("\n");
    let expected = "cat has 200 images to train on and dog 2, and 99 % of all are cat";
    assert!(said.contains(expected), "{said}");
    let folder = folder_of(&[("train/cat", 18), ("train/dog", 2), ("test/cat", 1)]);
    let said = split(&opened(&folder), 0.0).warnings.join("\n");
    assert!(!said.contains("different size"), "{said}");
}
