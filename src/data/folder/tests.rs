//! Pictures of the user's own: classes, splits, and what can be wrong with a folder.

mod contents;
mod layouts;
mod left_out;

use super::*;
use crate::data::images::ImageDataset;
use crate::data::names::FOLDER_PREFIX;
use crate::data::spec::{DatasetSpec, LoadOptions, Loaded};
use crate::data::split::Split;
use crate::data::{DataError, choose, find, recorded, usual};
use crate::pictures::Fit;
use burn_zoo_models::ImageShape;
use image::{Rgb, RgbImage};
use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// Writes a picture of one colour.
fn write_picture(path: &Path, colour: [u8; 3]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    RgbImage::from_pixel(4, 4, Rgb(colour)).save(path).unwrap();
}

/// A folder in which each class has this many pictures; the number of each is in its colour, and the class
/// in the colour too.
fn folder_of(classes: &[(&str, u8)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (class, (name, count)) in classes.iter().enumerate() {
        for number in 0..*count {
            let path = folder.path().join(name).join(format!("{number:03}.png"));
            write_picture(&path, [class as u8, number, 200]);
        }
    }
    folder
}

fn opened(folder: &TempDir) -> DatasetSpec {
    spec(folder.path(), SHAPE, Fit::Pad, None).unwrap()
}

fn loaded(spec: &DatasetSpec, split: Split, seed: u64) -> Loaded {
    let options = LoadOptions {
        seed,
        ..LoadOptions::default()
    };
    spec.load(split, &options).unwrap()
}

/// The class and the number of every image of a split, as their colours have it.
fn numbers(images: &ImageDataset) -> Vec<(u8, u8)> {
    let size = 32 * 32;
    let image = |index| images.image(index).unwrap();
    (0..images.len())
        .map(|index| (image(index)[0], image(index)[size]))
        .collect()
}

/// The sentence that is said of a folder in which something is wrong, of which it names `place`.
#[track_caller]
fn sentence(folder: &TempDir, place: &str) -> String {
    let error = spec(folder.path(), SHAPE, Fit::Pad, None)
        .unwrap_err()
        .to_string();
    let place = fs::canonicalize(folder.path()).unwrap().join(place);
    let place = place.display().to_string();
    assert!(error.starts_with(place.trim_end_matches('/')), "{error}");
    error
}

#[test]
fn classes_are_the_folders_in_order_of_their_names() {
    let folder = folder_of(&[("dog", 5), ("Cat", 10), ("bird", 7)]);
    let spec = opened(&folder);
    assert_eq!(spec.classes, ["Cat", "bird", "dog"]);
    assert_eq!((spec.num_test, spec.num_train), (0, 10 + 7 + 5));
    assert_eq!(spec.shape, ImageShape::new(3, 32, 32));
    let path = fs::canonicalize(folder.path()).unwrap();
    assert_eq!(spec.id, format!("folder:{}", path.display()));
    assert_eq!(spec.path(&LoadOptions::default()).unwrap(), path);
    assert!(matches!(
        spec.fetch(false),
        Err(DataError::NothingToFetch { .. })
    ));
}

#[test]
fn an_image_has_the_pixels_of_its_picture_and_the_label_of_its_folder() {
    let folder = folder_of(&[("cat", 5), ("dog", 5)]);
    for split in [Split::Train, Split::Test] {
        let images = loaded(&opened(&folder), split, 1).images;
        for (index, (class, number)) in numbers(&images).into_iter().enumerate() {
            assert_eq!(images.labels()[index], u16::from(class));
            let [red, green, blue] = [class, number, 200].map(|value| vec![value; 32 * 32]);
            assert_eq!(*images.image(index).unwrap(), [red, green, blue].concat());
        }
    }
    let grey = spec(folder.path(), ImageShape::new(1, 5, 6), Fit::Pad, None).unwrap();
    assert_eq!(
        loaded(&grey, Split::Test, 1).images.shape(),
        ImageShape::new(1, 5, 6)
    );
}

#[test]
fn every_picture_is_in_one_split_and_every_class_in_both() {
    let folder = folder_of(&[("cat", 20), ("dog", 9), ("fish", 2)]);
    let spec = opened(&folder);
    let [train, test] = [Split::Train, Split::Test].map(|split| loaded(&spec, split, 42).images);
    for (class, count) in [20, 9, 2].into_iter().enumerate() {
        let [train, test] = [&train, &test].map(|images| images.class_counts(3)[class]);
        assert!(test > 0 && test < train.max(2), "{test} of {count}");
        assert_eq!(train + test, count);
    }
    let mut all = [numbers(&train), numbers(&test)].concat();
    all.sort_unstable();
    let expected = [(0, 20), (1, 9), (2, 2)];
    let expected = expected.map(|(class, count)| (0..count).map(move |n| (class, n)));
    assert_eq!(all, expected.into_iter().flatten().collect::<Vec<_>>());
}

#[test]
fn more_classes_than_a_byte_tells_apart_have_labels_of_their_own() {
    let names: Vec<String> = (0..300).map(|class| format!("class {class:03}")).collect();
    let classes: Vec<(&str, u8)> = names.iter().map(|name| (name.as_str(), 2)).collect();
    let images = loaded(&opened(&folder_of(&classes)), Split::Train, 1).images;
    assert!(images.labels().iter().copied().eq(0..300));
    for index in [0, 255, 256, 299] {
        // The low byte of the class is in the picture's colour.
        assert_eq!(images.image(index).unwrap()[0], index as u8);
    }
    assert_eq!(images.class_counts(300), [1; 300]);
}

#[test]
fn another_class_leaves_a_class_its_test_set() {
    let small = folder_of(&[("cat", 20), ("dog", 20)]);
    let large = folder_of(&[("cat", 20), ("dog", 25), ("fish", 5)]);
    let cats = |folder| {
        let images = loaded(&opened(folder), Split::Test, 42).images;
        let mut cats = numbers(&images);
        cats.retain(|(class, _)| *class == 0);
        cats
    };
    assert_eq!(cats(&small), cats(&large));
}

#[test]
fn the_first_few_images_are_of_all_classes_by_their_shares() {
    let folder = folder_of(&[("train/cat", 9), ("train/dog", 3), ("test/cat", 1)]);
    let labels = loaded(&opened(&folder), Split::Train, 1).images;
    assert_eq!(labels.labels(), [0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0]);
    // Each class by the names of its files.
    let cats = numbers(&labels)
        .into_iter()
        .filter(|(class, _)| *class == 0);
    assert!(cats.map(|(_, number)| number).eq(0..9));
}

#[test]
fn folders_named_train_and_test_are_the_splits() {
    let folder = folder_of(&[
        ("train/cat", 3),
        ("train/dog", 1),
        ("test/dog", 2),
        ("validation/cat", 1),
    ]);
    let spec = opened(&folder);
    assert_eq!(spec.classes, ["cat", "dog"]);
    let train = loaded(&spec, Split::Train, 1);
    let test = loaded(&spec, Split::Test, 1);
    assert_eq!(train.images.class_counts(2), [3, 1]);
    assert_eq!(test.images.class_counts(2), [0, 2]);
    assert_eq!((spec.num_train, spec.num_test), (4, 2));
    assert!(train.warnings.is_empty(), "{:?}", train.warnings);
    assert!(test.warnings[0].contains("no pictures of cat"));
    let valid = loaded(&spec, Split::Valid, 1);
    assert_eq!(valid.images.class_counts(2), [1, 0]);
    assert!(valid.warnings[0].contains("no pictures of dog"));
    let expected = "its folders train, validation and test";
    assert!(valid.origin.ends_with(expected), "{}", valid.origin);
}

#[test]
fn a_folder_train_of_pictures_is_a_class() {
    let folder = folder_of(&[("bus", 2), ("train", 3)]);
    assert_eq!(opened(&folder).classes, ["bus", "train"]);
}

#[test]
fn what_is_no_picture_by_its_name_is_not_used_and_counted() {
    let folder = folder_of(&[("cat", 3), ("dog", 2)]);
    let loaded_train = || loaded(&opened(&folder), Split::Train, 1);
    assert!(loaded_train().warnings.is_empty());
    for name in [
        "cat/.DS_Store",
        "cat/Thumbs.db",
        "cat/._000.png",
        "dog/README",
        "dog/notes.TXT",
        "labels.csv",
        "cat.png",
    ] {
        fs::write(folder.path().join(name), "no picture").unwrap();
    }
    fs::create_dir(folder.path().join(".git")).unwrap();
    assert_eq!(opened(&folder).num_train, 5);
    let warning = &loaded_train().warnings[0];
    let expected = "8 files and folders in ";
    assert!(warning.starts_with(expected), "{warning}");
    for words in [
        "are not used: ",
        ".git (hidden) and 2 more",
        "cat.png (in no folder of a class) and 1 more",
        "cat/Thumbs.db (.db)",
        "dog/README (without an ending)",
        "dog/notes.TXT (.txt)",
    ] {
        assert!(warning.contains(words), "{words}: {warning}");
    }
}

#[cfg(unix)]
#[test]
fn links_are_followed_once_and_loops_end() {
    use std::os::unix::fs::symlink;
    let elsewhere = folder_of(&[("dogs", 4)]);
    let folder = folder_of(&[("cat/young", 3), ("cat", 2)]);
    let path = |name| folder.path().join(name);
    symlink(elsewhere.path().join("dogs"), path("dog")).unwrap();
    symlink(path("cat/young"), path("cat/small")).unwrap();
    symlink(path("cat"), path("cat/young/up")).unwrap();
    symlink(folder.path(), path("everything")).unwrap();
    symlink(path("cat/young/000.png"), path("dog/linked.png")).unwrap();
    let spec = opened(&folder);
    assert_eq!(spec.classes, ["cat", "dog"]);
    assert_eq!(spec.num_train, 5 + 5);
}

#[test]
fn what_is_wrong_with_a_folder_is_said_in_a_sentence() {
    let empty = tempfile::tempdir().unwrap();
    assert!(sentence(&empty, "").contains("holds no folders"));
    let one = folder_of(&[("cat", 3)]);
    assert!(sentence(&one, "").contains("holds no class but cat"));
    let single = folder_of(&[("cat", 3), ("dog", 1)]);
    assert!(sentence(&single, "dog").contains("holds a single picture"));
    let empty = folder_of(&[("cat", 3), ("dog", 3)]);
    fs::create_dir(empty.path().join("fish")).unwrap();
    assert!(sentence(&empty, "fish").contains("holds no pictures"));
    let many = tempfile::tempdir().unwrap();
    for class in 0..10_001 {
        fs::create_dir(many.path().join(format!("class {class}"))).unwrap();
    }
    let text = sentence(&many, "");
    assert!(
        text.contains("holds 10,001 classes, where 10,000 are the most"),
        "{text}"
    );

    let train = [("train/cat", 1), ("train/dog", 1)];
    assert!(sentence(&folder_of(&train), "").contains("no folder test"));
    let other = folder_of(&[train[0], train[1], ("test/fish", 1)]);
    assert!(sentence(&other, "test/fish").contains("is no class to train on"));
    let none = folder_of(&train);
    fs::create_dir(none.path().join("test")).unwrap();
    assert!(sentence(&none, "test").contains("holds no folders"));
}

#[cfg(unix)]
#[test]
fn a_name_that_is_no_text_and_what_the_system_refuses_are_told_in_a_sentence() {
    use std::os::unix::{ffi::OsStrExt, fs::symlink};
    let unnamed = folder_of(&[("cat", 3), ("dog", 3)]);
    fs::create_dir(unnamed.path().join(OsStr::from_bytes(b"z\xff"))).unwrap();
    assert!(sentence(&unnamed, "z").contains("is not text in UTF-8"));
    // A link to itself is no more readable than a folder without permission, which root may read.
    let link = folder_of(&[("cat", 3), ("dog", 3)]);
    let path = link.path().join("cat/x.png");
    symlink(&path, &path).unwrap();
    let found = opened(&link).verify(&LoadOptions::default()).unwrap();
    let [bad] = found.unreadable.as_slice() else {
        panic!("{:?}", found.unreadable);
    };
    assert_eq!(bad.file, "cat/x.png");
    assert!(bad.problem.starts_with("cannot be read: "), "{bad:?}");
}

#[test]
fn a_path_that_is_no_folder_is_told_with_the_cure() {
    let folder = folder_of(&[("cat", 2)]);
    for (path, expected) in [
        ("", "folder: names no folder: write folder:PATH"),
        ("/nowhere/at/all", "does not exist: write folder:PATH"),
        ("cat/000.png", "is not a folder"),
    ] {
        let path = match path.starts_with('/') || path.is_empty() {
            true => path.to_owned(),
            false => folder.path().join(path).display().to_string(),
        };
        let error = find(&format!("{FOLDER_PREFIX}{path}"))
            .unwrap_err()
            .to_string();
        assert!(error.contains(expected), "{error}");
    }
    // The folder that --data-dir names stands in for the other.
    let moved = folder_of(&[("cat", 2), ("dog", 2)]);
    let spec = choose(
        "folder:/nowhere",
        Some(moved.path()),
        None,
        None,
        usual(&[]),
    )
    .unwrap();
    assert_eq!(spec.classes, ["cat", "dog"]);
}

#[test]
fn every_picture_that_cannot_be_read_is_named() {
    let folder = folder_of(&[("cat", 3), ("dog", 3)]);
    let spec = opened(&folder);
    fs::write(folder.path().join("cat/001.png"), "no picture").unwrap();
    fs::write(folder.path().join("dog/000.png"), "").unwrap();
    let unreadable = spec.verify(&LoadOptions::default()).unwrap().unreadable;
    let error: String = unreadable
        .iter()
        .map(|one| format!("{} {}\n", one.file, one.problem))
        .collect();
    for words in ["001.png is no picture", "000.png is empty"] {
        assert!(error.contains(words), "{error}");
    }
    fs::write(folder.path().join("cat/000.png"), "no picture").unwrap();
    fs::write(folder.path().join("cat/002.png"), "no picture").unwrap();
    let error = spec
        .load(Split::Train, &LoadOptions::default())
        .unwrap_err();
    assert!(matches!(error, DataError::Pictures { .. }), "{error}");
}

#[test]
fn verifying_tells_counts_formats_and_sizes() {
    let folder = folder_of(&[("train/cat", 8), ("train/dog", 5), ("test/cat", 2)]);
    RgbImage::new(30, 20)
        .save(folder.path().join("train/dog/last.jpg"))
        .unwrap();
    let lines = opened(&folder)
        .verify(&LoadOptions::default())
        .unwrap()
        .lines;
    for (line, expected) in [
        (1, "cat          8 to train on          2 to test on"),
        (2, "dog          6 to train on          0 to test on"),
        (3, "all         14 to train on          2 to test on"),
        (4, "formats: 1 JPEG, 15 PNG"),
        (
            5,
            "sizes: 2 different, from 4 × 4 to 30 × 20 pixels (width × height)",
        ),
    ] {
        assert_eq!(lines[line], expected);
    }
}

#[test]
fn a_run_keeps_to_its_classes() {
    let folder = folder_of(&[("cat", 2), ("dog", 2), ("fish", 2)]);
    let id = opened(&folder).id;
    let classes = |names: &[&str]| names.iter().map(|&name| name.into()).collect::<Vec<_>>();
    let recorded = |names| recorded(&id, SHAPE, Fit::Pad, &classes(names), None);
    assert_eq!(recorded(&["cat", "dog", "fish"]).unwrap().id, id);
    let error = recorded(&["bird", "cat", "dog"]).unwrap_err().to_string();
    let expected = "it has no class bird and a new class fish";
    assert!(error.contains(expected), "{error}");
}
