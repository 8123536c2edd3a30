//! What is left out of a folder, what cannot be read, and links.

use super::*;

fn skipping() -> LoadOptions {
    LoadOptions {
        skip_unreadable: true,
        ..LoadOptions::default()
    }
}

#[test]
fn folders_of_systems_and_other_programs_are_no_classes_and_their_pictures_are_not_used() {
    let names = [
        "@eaDir",
        "__MACOSX",
        "$RECYCLE.BIN",
        "System Volume Information",
        "#recycle",
        "lost+found",
        ".thumbnails",
    ];
    let mut classes = vec![("cat".to_owned(), 5), ("dog".into(), 5)];
    for name in names {
        classes.push((format!("cat/{name}/000.png"), 1));
        classes.push((format!("{name}/cat"), 2));
        classes.push((name.into(), 1));
    }
    let classes: Vec<_> = classes
        .iter()
        .map(|(name, n)| (name.as_str(), *n))
        .collect();
    let folder = folder_of(&classes);
    let spec = opened(&folder);
    assert_eq!(spec.classes, ["cat", "dog"]);
    assert_eq!(spec.num_train, 10);
    let warning = loaded(&spec, Split::Train, 1).warnings.remove(0);
    for words in [
        "14 files and folders in ",
        "#recycle (of another program or of the system) and 11 more",
        ".thumbnails (hidden) and 1 more",
    ] {
        assert!(warning.contains(words), "{warning}");
    }
}

#[test]
fn thumbnails_beside_pictures_are_not_used_but_thumbs_may_be_a_class() {
    let folder = folder_of(&[("cat", 3), ("cat/Thumbs", 3), ("thumbs", 2)]);
    let spec = opened(&folder);
    assert_eq!(spec.classes, ["cat", "thumbs"]);
    assert_eq!(spec.num_train, 5);
    let warning = loaded(&spec, Split::Train, 1).warnings.remove(0);
    assert!(
        warning.ends_with("cat/Thumbs is not used (of thumbnails)"),
        "{warning}"
    );
}

#[test]
fn files_that_are_no_pictures_are_counted_by_kind() {
    let folder = folder_of(&[("cat", 3), ("dog", 3)]);
    for name in [
        "film.mp4",
        "training.log",
        "notes.ipynb",
        "Icon\r",
        "000.png:Zone.Identifier",
        "model.pth",
        "a.zip",
        "b.zip",
    ] {
        fs::write(folder.path().join("cat").join(name), "no picture").unwrap();
    }
    let spec = opened(&folder);
    assert_eq!(spec.num_train, 6);
    let warning = loaded(&spec, Split::Train, 1).warnings.remove(0);
    for words in [
        "8 files and folders",
        "cat/a.zip (.zip) and 1 more",
        "(.mp4)",
        "(.log)",
        "(.ipynb)",
        "(without an ending)",
        "(.identifier)",
    ] {
        assert!(warning.contains(words), "{words}: {warning}");
    }
}

#[test]
fn what_cannot_be_read_is_named_every_one_and_can_be_skipped() {
    let folder = folder_of(&[("train/cat", 20), ("train/dog", 3), ("test/cat", 3)]);
    let path = |name: &str| folder.path().join(name);
    let bad: Vec<String> = (0..15)
        .map(|number| format!("train/cat/{number:03}.png"))
        .chain([
            "train/dog/x.heic".into(),
            "train/dog/y.tif".into(),
            "test/cat/002.png".into(),
        ])
        .collect();
    for name in &bad {
        let bytes = fs::read(path(name)).unwrap_or_else(|_| b"no picture".to_vec());
        fs::write(path(name), &bytes[..bytes.len() / 2]).unwrap();
    }
    let spec = opened(&folder);
    let error = crate::data::Splits::load(&spec, None, 0.0, &LoadOptions::default())
        .unwrap_err()
        .to_string();
    assert!(error.starts_with("18 pictures cannot be read: "), "{error}");
    for name in &bad {
        assert!(error.contains(name), "{name}: {error}");
    }
    assert!(error.contains("‘skip_unreadable’"), "{error}");
    let found = spec.verify(&LoadOptions::default()).unwrap();
    let mut named: Vec<_> = found
        .unreadable
        .iter()
        .map(|one| one.file.clone())
        .collect();
    let mut expected = bad.clone();
    named.sort();
    expected.sort();
    assert_eq!(named, expected);
    // Also where pictures are not kept in memory.
    for cache in [0, 1 << 30] {
        let options = LoadOptions {
            cache: crate::data::CacheSize(cache),
            ..skipping()
        };
        let splits = crate::data::Splits::load(&spec, None, 0.0, &options).unwrap();
        assert_eq!(splits.train.class_counts(2), [5, 3]);
        assert_eq!(splits.test.class_counts(2), [2, 0]);
        assert_eq!(splits.skipped, expected);
        let cats = numbers(&splits.train).into_iter();
        let cats = cats.filter_map(|(class, number)| (class == 0).then_some(number));
        assert!(cats.eq(15..20));
        let left_out = splits
            .warnings
            .iter()
            .filter(|one| one.starts_with("left out: "));
        assert_eq!(left_out.count(), 18);
    }
    // A class of which nothing is left.
    for number in 0..3 {
        fs::write(path(&format!("train/dog/{number:03}.png")), "no picture").unwrap();
    }
    let error = opened(&folder)
        .load(Split::Train, &skipping())
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("no pictures of the class dog that can be read"),
        "{error}"
    );
}

#[cfg(unix)]
#[test]
fn a_link_puts_no_pictures_of_other_classes_into_a_class() {
    use std::os::unix::fs::symlink;
    let elsewhere = folder_of(&[("more cats", 2), ("pile", 1)]);
    let folder = folder_of(&[
        ("train/cat", 3),
        ("train/dog", 4),
        ("test/cat", 1),
        ("test/dog", 1),
    ]);
    let path = |name: &str| folder.path().join(name);
    let link = |target: &Path, name: &str| symlink(target, path(name)).unwrap();
    link(Path::new(".."), "train/cat/up");
    link(Path::new("../.."), "train/cat/up2");
    link(&path("train/dog"), "train/cat/dogs");
    link(&path("test/cat"), "train/cat/tested");
    link(&path("train"), "train/cat/all");
    link(&elsewhere.path().join("more cats"), "train/cat/more");
    link(&elsewhere.path().join("pile"), "train/cat/pile");
    // By way of a folder elsewhere.
    symlink(path("train/dog"), elsewhere.path().join("pile/back")).unwrap();
    symlink(folder.path(), elsewhere.path().join("pile/root")).unwrap();
    link(Path::new("."), "train/cat/here");
    let spec = opened(&folder);
    let images = loaded(&spec, Split::Train, 1);
    assert_eq!(images.images.class_counts(2), [3 + 2 + 1, 4]);
    let warning = &images.warnings[0];
    let expected = "(a link to another class or back up) and 7 more";
    assert!(warning.contains(expected), "{warning}");
}

#[cfg(unix)]
#[test]
fn the_same_folder_linked_twice_is_told() {
    use std::os::unix::fs::symlink;
    let folder = folder_of(&[("cat", 10), ("dog", 10)]);
    symlink(folder.path().join("cat"), folder.path().join("kitten")).unwrap();
    let spec = opened(&folder);
    let splits = crate::data::Splits::load(&spec, None, 0.0, &LoadOptions::default()).unwrap();
    let said = splits.warnings.join("\n");
    assert!(
        said.contains("kitten are the same folder, linked twice"),
        "{said}"
    );
    assert!(said.contains("10 of the pictures in "), "{said}");
    assert!(said.contains("are in two classes (kitten/"), "{said}");
}
