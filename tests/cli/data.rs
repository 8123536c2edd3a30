//! `zoo data`, and how data sets are found.

use crate::support::data::{write_cifar_10, write_fashion_mnist, write_pictures};
use crate::support::*;
use std::fs;
use std::path::Path;
use tempfile::tempdir;

#[test]
fn data_in_a_named_folder_are_found_and_verified() {
    let folder = tempdir().unwrap();
    write_fashion_mnist(folder.path(), 20);
    let ask = |words| output_of(zoo(words).arg(folder.path()));
    let path = ask("data path fashion-mnist --data-dir");
    assert_eq!(Path::new(path.trim_end()), folder.path());
    let said = ask("data verify fashion-mnist --data-dir");
    for line in [
        "train: 20 of 60,000 images, a subset",
        "test: 20 of 10,000 images, a subset",
        "t10k-labels-idx1-ubyte: not the official contents",
    ] {
        assert!(said.contains(line), "without {line:?}: {said}");
    }
}

#[test]
fn data_are_found_by_the_environment_variable() {
    let folder = tempdir().unwrap();
    write_cifar_10(folder.path());
    let mut command = zoo("data path cifar-10");
    let path = output_of(command.env("BURN_ZOO_DATA", folder.path()));
    assert_eq!(Path::new(path.trim_end()), folder.path());
    // A subset is not passed off as the whole.
    let mut command = zoo("data verify cifar-10");
    command.env("BURN_ZOO_DATA", folder.path());
    refused(&mut command, &["50 of 50,000 train images", "--data-dir"]);
}

#[test]
fn data_that_are_nowhere_are_refused_with_what_was_tried_and_the_ways_to_get_them() {
    let home = tempdir().unwrap();
    let run = home.path().join("run");
    let mut command = zoo("train --dataset cifar-10 --backend flex --out");
    command
        .arg(&run)
        .env("HOME", home.path())
        .env("XDG_CACHE_HOME", home.path().join("cache"));
    let cache = home.path().join("cache").display().to_string();
    refused(
        &mut command,
        &[
            "cifar-10 was not found",
            "BURN_ZOO_DATA",
            &cache,
            "BURN_ZOO_OFFLINE",
            "--data-dir",
            "zoo data fetch cifar-10",
        ],
    );
    assert!(!run.exists(), "a run folder without a run");
}

#[test]
fn nothing_is_downloaded_offline() {
    let home = tempdir().unwrap();
    let mut command = zoo("data fetch cifar-10");
    command.env("HOME", home.path());
    command.env("XDG_CACHE_HOME", home.path().join("cache"));
    refused(&mut command, &["cifar-10", "BURN_ZOO_OFFLINE"]);
    assert!(!home.path().join("cache").exists());
}

#[test]
fn data_that_are_missing_or_damaged_are_named() {
    let folder = tempdir().unwrap();
    let train = "train --backend flex --batch-size 4 --data-dir";
    let missing = folder.path().join("missing");
    refused_at(train, &missing, &["missing", "is not a folder"]);
    refused_at(
        train,
        folder.path(),
        &["train-images-idx3-ubyte", "missing"],
    );

    write_fashion_mnist(folder.path(), 20);
    let labels = folder.path().join("train-labels-idx1-ubyte");
    damage(&labels, |bytes| bytes.truncate(bytes.len() - 1));
    let expected = ["train-labels-idx1-ubyte", "ends too early", "27 of the 28"];
    refused_at(train, folder.path(), &expected);
    refused_at(
        "data verify fashion-mnist --data-dir",
        folder.path(),
        &expected,
    );
}

#[test]
fn the_folder_that_torchvision_was_given_is_taken() {
    let root = tempdir().unwrap();
    let raw = root.path().join("FashionMNIST/raw");
    fs::create_dir_all(&raw).unwrap();
    write_fashion_mnist(&raw, 20);
    let path = output_of(zoo("data path fashion-mnist --data-dir").arg(root.path()));
    assert_eq!(Path::new(path.trim_end()), raw);
    let words = "train mlp-relu --backend flex --batch-size 4 --epochs 1 --data-dir";
    let run = root.path().join("run");
    let mut command = zoo(words);
    output_of(command.arg(root.path()).arg("--out").arg(&run));
    // It is no other data set's.
    refused_at(
        "data verify mnist --data-dir",
        root.path(),
        &[
            "train-images-idx3-ubyte is missing",
            "holds the folder FashionMNIST",
        ],
    );
    refused_at(
        "data verify mnist --data-dir",
        &raw,
        &[
            "Fashion-MNIST (by the folder's name",
            "the data set fashion-mnist",
        ],
    );
}

#[test]
fn a_page_in_a_files_place_is_told() {
    let folder = tempdir().unwrap();
    write_fashion_mnist(folder.path(), 20);
    let images = folder.path().join("train-images-idx3-ubyte");
    fs::write(&images, "<!DOCTYPE html><html><title>Sign in</title>").unwrap();
    for words in [
        "data verify fashion-mnist --data-dir",
        "train --backend flex --data-dir",
    ] {
        refused_at(
            words,
            folder.path(),
            &["train-images-idx3-ubyte is a web page", "Sign in"],
        );
    }
}

#[test]
fn the_pictures_of_a_folder_are_counted_class_by_class() {
    let folder = tempdir().unwrap();
    for (path, count) in [("train/left", 5), ("train/right", 4), ("test/right", 3)] {
        write_pictures(&folder.path().join(path), count, path.ends_with("right"));
    }
    fs::write(folder.path().join("README"), "words").unwrap();
    let id = format!("folder:{}", folder.path().display());
    let path = output_of(&mut zoo(&format!("data path {id}")));
    let whole = fs::canonicalize(folder.path()).unwrap();
    assert_eq!(Path::new(path.trim_end()), whole);
    let said = output_of(&mut zoo(&format!("data verify {id}")));
    for line in [
        "left           5 to train on          0 to test on",
        "right          4 to train on          3 to test on",
        "all            9 to train on          3 to test on",
        "formats: 12 PNG",
        "sizes: all 8 × 8 pixels (width × height)",
    ] {
        assert!(
            said.lines().any(|said| said == line),
            "without {line:?}: {said}"
        );
    }
    assert_says(&said, &["README is not used", "has no pictures of left"]);
    // Every picture that cannot be read is listed, also where names are no text or hold a line break.
    let mut bad = vec![
        "test/right/001.png".to_owned(),
        "test/right/a\nb.png".into(),
    ];
    damage(&folder.path().join(&bad[0]), |bytes| bytes.truncate(60));
    fs::write(folder.path().join(&bad[1]), "no picture").unwrap();
    for number in 0..10 {
        bad.push(format!("train/left/bad {number}.jpg"));
        fs::write(folder.path().join(&bad[2 + number]), "no picture").unwrap();
    }
    let words = format!("data verify {id}");
    let output = zoo(&words).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stdout).unwrap();
    assert_says(
        &said,
        &[
            "test/right/001.png ends too early",
            r"right/a\nb.png is no picture",
        ],
    );
    let listed = said
        .lines()
        .filter(|line| line.starts_with("train/left/bad "));
    assert_eq!(listed.count(), 10, "{said}");
    refused(
        &mut zoo(&words),
        &["12 of the pictures cannot be read", "--skip-unreadable"],
    );
    #[cfg(unix)]
    for byte in [b"\xff", b"\xfe"] {
        use std::os::unix::ffi::OsStrExt;
        let name = [&b"test/right/z"[..], byte, b".png"].concat();
        let path = folder.path().join(std::ffi::OsStr::from_bytes(&name));
        fs::write(path, "no picture").unwrap();
        bad.push(format!(r"test/right/z\x{:x}.png", byte[0]));
    }
    let output = zoo(&format!("{words} --json")).output().unwrap();
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let unreadable = report["unreadable"].as_array().unwrap();
    let mut files: Vec<_> = unreadable
        .iter()
        .map(|one| one["file"].as_str().unwrap())
        .collect();
    files.sort();
    bad.sort();
    assert_eq!(files, bad);
    assert!(
        unreadable
            .iter()
            .all(|one| one["problem"].as_str().unwrap().starts_with("is ")
                || one["file"] == "test/right/001.png")
    );
    let words = format!("data fetch {id}");
    refused(&mut zoo(&words), &["is a folder of your own"]);
}
