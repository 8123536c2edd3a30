//! Where classes and splits are found, as in the table that tests/folders.py prints, which reads the same folders by
//! torchvision's `ImageFolder`.

use super::*;

/// The classes, and for training, validation and test the number of pictures of each.
fn found(folder: &TempDir) -> (Vec<String>, [Vec<usize>; 3]) {
    let spec = opened(folder);
    let options = LoadOptions::default();
    let counts = [Split::Train, Split::Valid, Split::Test].map(|split| {
        if !spec.has(split, &options) {
            return Vec::new();
        }
        let images = spec.load(split, &options).unwrap().images;
        images.class_counts(spec.classes.len())
    });
    (spec.classes, counts)
}

#[test]
fn splits_are_known_in_any_case_and_below_folders_around_them() {
    let expected = (
        vec!["cat".to_owned(), "dog".into()],
        [vec![5, 3], Vec::new(), vec![2, 1]],
    );
    for (train, test) in [
        ("train", "test"),
        ("Train", "Test"),
        ("TRAIN", "TEST"),
        ("training", "testing"),
        ("Training", "Testing"),
        ("training_set", "test_set"),
        ("images/train", "images/test"),
        ("archive/data/Train", "archive/data/Test"),
        ("seg_train/seg_train", "seg_test/seg_test"),
        ("train/images", "test/images"),
        ("images/Training", "images/Testing"),
    ] {
        let name = |split: &str, class: &str| format!("{split}/{class}");
        let [cats, dogs] = ["cat", "dog"].map(|class| [name(train, class), name(test, class)]);
        let folder = folder_of(&[(&cats[0], 5), (&dogs[0], 3), (&cats[1], 2), (&dogs[1], 1)]);
        assert_eq!(found(&folder), expected, "{train}");
        // Labels beside the pictures.
        let labels = folder.path().join("annotations/train");
        fs::create_dir_all(&labels).unwrap();
        fs::write(labels.join("000.xml"), "<annotation/>").unwrap();
        assert_eq!(found(&folder), expected, "{train}");
    }
}

#[test]
fn a_folder_for_validation_is_the_validation_set() {
    for name in ["val", "Valid", "validation", "VALIDATION", "valid_set"] {
        let [cats, dogs] = ["cat", "dog"].map(|class| format!("{name}/{class}"));
        let folder = folder_of(&[
            ("train/cat", 5),
            ("train/dog", 3),
            ("test/dog", 1),
            (&cats, 2),
            (&dogs, 2),
        ]);
        let (_, counts) = found(&folder);
        assert_eq!(counts, [vec![5, 3], vec![2, 2], vec![0, 1]], "{name}");
    }
    // Without images to test on, some are held out of those to train on, not of those for validation.
    let folder = folder_of(&[
        ("train/cat", 20),
        ("train/dog", 20),
        ("val/cat", 2),
        ("val/dog", 3),
    ]);
    let (_, [train, valid, test]) = found(&folder);
    assert_eq!(valid, [2, 3]);
    for class in 0..2 {
        assert_eq!(train[class] + test[class], 20);
        assert!((1..10).contains(&test[class]), "{test:?}");
    }
}

#[test]
fn classes_below_folders_around_them_are_found_and_the_place_is_said() {
    let folder = folder_of(&[("data/animals/cat", 5), ("data/animals/dog", 5)]);
    fs::write(folder.path().join("data/README"), "words").unwrap();
    let loaded = loaded(&opened(&folder), Split::Train, 1);
    assert_eq!(opened(&folder).classes, ["cat", "dog"]);
    let place = fs::canonicalize(folder.path().join("data/animals")).unwrap();
    let expected = format!("folder {}, a fifth", place.display());
    assert!(loaded.origin.starts_with(&expected), "{}", loaded.origin);
    assert!(loaded.warnings[0].contains("README is not used"));
    // The folder that is named, and a folder around each class's pictures, as in Tiny ImageNet.
    let folder = folder_of(&[("n01/images", 3), ("n02/images", 2)]);
    assert_eq!(opened(&folder).classes, ["n01", "n02"]);
}

#[test]
fn a_class_that_is_hardly_one_is_refused_with_what_it_may_be() {
    for (folders, place, expected) in [
        // Splits of unusual names.
        (
            &["A/cat", "A/dog", "B/cat", "B/dog"][..],
            "A",
            "holds no pictures, only the folders cat, dog, so it is hardly a class",
        ),
        (
            &["images/cat", "images/dog", "masks/cat", "masks/dog"],
            "images",
            "only the folders cat, dog",
        ),
        (
            &["cat/train", "cat/test", "dog/train", "dog/test"],
            "cat",
            "holds the folders test, train, so it is split within the class",
        ),
        (
            &["Train", "Test"],
            "",
            "holds the folders Test, Train, in which the pictures lie without folders of classes",
        ),
        (
            &["train", "validation"],
            "",
            "in which the pictures lie without folders",
        ),
        (
            &["train/cat", "train/dog", "Test"],
            "Test",
            "holds no folders",
        ),
        (
            &[
                "train/cat",
                "train/dog",
                "Training/cat",
                "Training/dog",
                "test/cat",
            ],
            "",
            "holds two folders of training images, Training and train",
        ),
        (
            &["Testing/cat", "Testing/dog", "cat", "dog"],
            "",
            "holds the folder Testing with folders of classes, and no folder train",
        ),
        (
            &["archive/train/cat", "archive/train/dog"],
            "archive",
            "holds the folder train and no folder test",
        ),
    ] {
        let classes: Vec<_> = folders.iter().map(|name| (*name, 2)).collect();
        let said = sentence(&folder_of(&classes), place);
        assert!(said.contains(expected), "{said}");
    }
    // Splits with a picture that lies beside the classes.
    let folder = folder_of(&[
        ("Train", 1),
        ("Train/cat", 2),
        ("Train/dog", 2),
        ("Test", 1),
        ("Test/cat", 2),
        ("Test/dog", 2),
    ]);
    assert_eq!(opened(&folder).classes, ["cat", "dog"]);
}

#[test]
fn a_folder_test_of_pictures_is_a_class_and_that_is_said() {
    let folder = folder_of(&[("cat", 2), ("test", 3)]);
    let warnings = loaded(&opened(&folder), Split::Train, 1).warnings;
    assert!(warnings[0].contains("test is taken for a class"));
}

#[test]
fn a_name_is_the_same_class_in_both_unicode_forms() {
    let [nfc, nfd] = ["caf\u{e9}", "cafe\u{301}"];
    let names = [
        format!("train/{nfc}"),
        "train/zoo".into(),
        format!("test/{nfd}"),
        "test/zoo".into(),
    ];
    let classes: Vec<_> = names.iter().map(|name| (name.as_str(), 2)).collect();
    let folder = folder_of(&classes);
    assert_eq!(
        found(&folder),
        (
            vec![nfc.to_owned(), "zoo".into()],
            [vec![2, 2], Vec::new(), vec![2, 2]]
        )
    );
    // A run knows its classes again in the other form, and in the order that that form has.
    let other = folder_of(&[(nfd, 3), ("cafz", 3)]);
    assert_eq!(opened(&other).classes, ["cafz", nfc]);
    let id = opened(&other).id;
    for classes in [[nfd, "cafz"], [nfc, "cafz"], ["cafz", nfd]] {
        let classes = classes.map(String::from);
        let spec = recorded(&id, SHAPE, Fit::Pad, &classes, None).unwrap();
        assert_eq!(spec.classes, classes);
        let images = loaded(&spec, Split::Train, 1).images;
        let class_of_cafe = classes.iter().position(|name| name != "cafz").unwrap();
        for (label, (class, _)) in images.labels().iter().zip(numbers(&images)) {
            // The first class that was written.
            assert_eq!(class == 0, usize::from(*label) == class_of_cafe);
        }
    }
    // Both forms side by side are one class.
    let both = folder_of(&[(nfc, 3), (nfd, 3), ("zoo", 3)]);
    let spec = opened(&both);
    assert_eq!(spec.classes, [nfc, "zoo"]);
    assert_eq!(spec.num_train, 9);
    let warnings = loaded(&spec, Split::Train, 1).warnings;
    assert!(warnings[0].contains("they are one class"), "{warnings:?}");
}
