//! The forms in which programs keep data sets, and the folders in which they do.

use super::*;
use crate::data::official::find::path;
use crate::data::official::supply::load;
use crate::data::{kmnist, mnist};
use flate2::read::GzDecoder;
use std::io::Read;

/// Files of Python's and what torchvision and numpy read out of them, by forms.py: the name, the bytes, the labels and
/// the SHA-256 of the pixels.
const FORMS: &[(&str, &str, &[u16], &str)] = &include!("forms.in");

/// The bytes with these hexadecimal digits.
pub(super) fn unhex(digits: &str) -> Vec<u8> {
    let byte = |pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.as_bytes().chunks(2).map(byte).collect()
}

fn unpacked(hexadecimal: &str) -> Vec<u8> {
    let packed = unhex(hexadecimal);
    let mut bytes = Vec::new();
    GzDecoder::new(&packed[..]).read_to_end(&mut bytes).unwrap();
    bytes
}

/// The data set and its files.
fn set(id: &str) -> (DatasetSpec, FileSet) {
    match id {
        "mnist" => (mnist::spec(), mnist::files()),
        "kmnist" => (kmnist::spec(), kmnist::files()),
        other => spec(other),
    }
}

fn load_from(folder: &Path, id: &str, split: Split) -> Result<ImageDataset, DataError> {
    let (spec, set) = set(id);
    let cache = temporary_folder();
    let places = Places {
        given: Some(folder.to_owned()),
        ..places(&cache, None)
    };
    Ok(load(&spec, &set, split, &places)?.images)
}

fn pixels(images: &ImageDataset) -> Vec<u8> {
    let all = (0..images.len()).flat_map(|index| images.image(index).unwrap().into_owned());
    all.collect()
}

fn sum(images: &ImageDataset) -> String {
    digest::<sha2::Sha256>(&mut &pixels(images)[..]).unwrap().1
}

#[test]
fn the_batches_and_arrays_of_python_are_read_as_python_reads_them() {
    for &(name, bytes, labels, expected) in FORMS {
        let folder = temporary_folder();
        let bytes = unpacked(bytes);
        let images = match name.strip_suffix(".npz") {
            None => {
                let inner = folder.path().join("cifar-10-batches-py");
                fs::create_dir(&inner).unwrap();
                fs::write(inner.join("test_batch"), &bytes).unwrap();
                load_from(folder.path(), "cifar-10", Split::Test)
            }
            Some(_) => {
                let id = match labels {
                    [6, ..] => "cifar-10",
                    _ => "mnist",
                };
                fs::write(folder.path().join(format!("{id}.npz")), &bytes).unwrap();
                load_from(folder.path(), id, Split::Train)
            }
        };
        let images = images.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(images.labels(), labels, "{name}");
        assert_eq!(sum(&images), expected, "{name}");
    }
}

#[test]
fn the_folders_of_other_programs_are_found() {
    for (id, folders) in [
        (
            "fashion-mnist",
            &[
                "FashionMNIST/raw",
                "data/FashionMNIST/raw",
                "fashion-mnist",
                "archive",
                "data/fashion",
            ][..],
        ),
        ("mnist", &["MNIST/raw", "mnist", "mnist_data", "raw"]),
        ("kmnist", &["KMNIST/raw", "Kuzushiji", "KMNIST"]),
    ] {
        for inner in folders {
            let folder = temporary_folder();
            let inner = folder.path().join(inner);
            fs::create_dir_all(&inner).unwrap();
            fashion_mnist::tests::write_subset(&inner);
            let given = match inner.starts_with(folder.path().join("data")) {
                true => folder.path().join("data"),
                false => folder.path().to_owned(),
            };
            let images = load_from(&given, id, Split::Train).unwrap();
            assert_eq!(images.labels(), [9, 3], "{id} in {}", inner.display());
            // The folder itself, and the one around it, may be named as well.
            assert!(load_from(&inner, id, Split::Test).is_ok());
            assert!(load_from(inner.parent().unwrap(), id, Split::Test).is_ok());
        }
    }
}

#[test]
fn each_of_torchvisions_data_sets_is_found_beside_the_others() {
    let folder = temporary_folder();
    for (name, label) in [("FashionMNIST", 1), ("KMNIST", 2), ("MNIST", 3)] {
        let raw = folder.path().join(name).join("raw");
        fs::create_dir_all(&raw).unwrap();
        fashion_mnist::tests::write_subset(&raw);
        let labels = [&[0, 0, 8, 1, 0, 0, 0, 2][..], &[label, label]].concat();
        fs::write(raw.join("train-labels-idx1-ubyte"), labels).unwrap();
    }
    for (id, label) in [("fashion-mnist", 1), ("kmnist", 2), ("mnist", 3)] {
        let images = load_from(folder.path(), id, Split::Train).unwrap();
        assert_eq!(images.labels(), [label; 2], "{id}");
    }
    // One is not taken for another because that is missing.
    fs::remove_dir_all(folder.path().join("FashionMNIST")).unwrap();
    let text = load_from(folder.path(), "fashion-mnist", Split::Train)
        .unwrap_err()
        .to_string();
    assert!(
        text.contains("the folder holds the folder KMNIST, the folder MNIST"),
        "{text}"
    );
}

#[test]
fn of_several_folders_that_could_be_meant_one_is_to_be_named() {
    let folder = temporary_folder();
    for name in ["one", "two"] {
        let inner = folder.path().join(name);
        fs::create_dir(&inner).unwrap();
        fashion_mnist::tests::write_subset(&inner);
    }
    let text = load_from(folder.path(), "mnist", Split::Train)
        .unwrap_err()
        .to_string();
    assert!(text.contains("several folders (one, two)"), "{text}");
}

#[test]
fn a_file_in_a_folder_of_its_name_is_read() {
    let (plain, folder) = (temporary_folder(), temporary_folder());
    fashion_mnist::tests::write_subset(plain.path());
    for name in names(plain.path()) {
        let inner = folder.path().join(&name);
        fs::create_dir(&inner).unwrap();
        fs::copy(plain.path().join(&name), inner.join(&name)).unwrap();
    }
    let images = load_from(folder.path(), "mnist", Split::Train).unwrap();
    assert_eq!(images.labels(), [9, 3]);
}

#[test]
fn the_archive_that_the_error_names_is_read_where_it_lies() {
    let files = temporary_folder();
    cifar10::tests::write_subset(files.path());
    let bins: Vec<(String, Vec<u8>)> = names(files.path())
        .into_iter()
        .map(|name| {
            let bytes = fs::read(files.path().join(&name)).unwrap();
            (format!("cifar-10-batches-bin/{name}"), bytes)
        })
        .collect();
    let pickles: Vec<(String, Vec<u8>)> = (1..=5)
        .map(|number| format!("data_batch_{number}"))
        .chain(["test_batch".into()])
        .map(|name| (format!("cifar-10-batches-py/{name}"), unpacked(FORMS[0].1)))
        .collect();
    for (name, entries, labels) in [
        ("cifar-10-binary.tar.gz", &bins, [1, 2, 3, 4, 5]),
        ("cifar-10-python.tar.gz", &pickles, [6; 5]),
        ("cifar-10-batches-py.tar.gz", &pickles, [6; 5]),
    ] {
        let entries: Vec<(&str, &[u8])> = entries
            .iter()
            .map(|(name, bytes)| (&**name, &**bytes))
            .collect();
        let archive = tar_gz(&entries);
        let folder = temporary_folder();
        let target = folder.path().join(name);
        // As copying programs fill it.
        fs::write(&target, [&archive[..], &[0; 700]].concat()).unwrap();
        let images = load_from(folder.path(), "cifar-10", Split::Train).unwrap();
        assert_eq!(images.labels(), labels, "{name}");
        assert_eq!(
            load_from(folder.path(), "cifar-10", Split::Test)
                .unwrap()
                .len(),
            1
        );
        let (spec, set) = set("cifar-10");
        let cache = temporary_folder();
        let places = Places {
            given: Some(folder.path().to_owned()),
            ..places(&cache, None)
        };
        assert_eq!(path(&spec, &set, &places).unwrap(), folder.path());

        // What is wrong with it is said of the archive.
        for (bytes, expected) in [
            (archive[..archive.len() / 2].to_vec(), "ends too early"),
            (tar_gz(&entries[..3]), "is an archive without the file"),
            (tar_gz(&[entries[0], entries[0]]), "holds two files"),
            (b"<html>".to_vec(), "is a web page"),
            (b"quite another file".to_vec(), "is no archive"),
            (Vec::new(), "is empty"),
        ] {
            fs::write(&target, bytes).unwrap();
            let error = load_from(folder.path(), "cifar-10", Split::Train).unwrap_err();
            let text = error.to_string();
            assert!(text.contains(expected), "{text}");
            assert!(text.starts_with(&target.display().to_string()), "{text}");
        }
    }
}

/// A table of two images, of the test set's image and its label first.
fn table(separator: &str, heading: &str, label_last: bool) -> (String, Vec<u8>) {
    let pixel = |n: usize, index: usize| ((n * 100 + index * 7) % 256) as u8;
    let mut lines = vec![heading.to_owned()];
    let mut pixels = Vec::new();
    for (n, label) in [9, 3].into_iter().enumerate() {
        let its: Vec<u8> = (0..784).map(|index| pixel(n, index)).collect();
        let mut row: Vec<String> = its.iter().map(u8::to_string).collect();
        match label_last {
            true => row.push(label.to_string()),
            false => row.insert(0, label.to_string()),
        }
        lines.push(row.join(separator));
        pixels.extend(its);
    }
    lines.retain(|line| !line.is_empty());
    (lines.join("\r\n") + "\r\n", pixels)
}

#[test]
fn tables_as_on_kaggle_are_read() {
    let heading = |separator: &str, last: bool| {
        let pixels = (1..=784).map(|number| format!("pixel{number}"));
        let mut names: Vec<String> = pixels.collect();
        names.insert(if last { 784 } else { 0 }, "label".into());
        names.join(separator)
    };
    for (id, name, (text, pixels_of_it)) in [
        (
            "fashion-mnist",
            "fashion-mnist_train.csv",
            table(",", &heading(",", false), false),
        ),
        (
            "fashion-mnist",
            "fashion_mnist_train.csv",
            table(",", &heading(",", true), true),
        ),
        ("mnist", "mnist_train.csv", table(",", "", false)),
        (
            "mnist",
            "MNIST_train.csv",
            table(";", &heading(";", false), false),
        ),
        ("kmnist", "kmnist_train.csv", table(", ", "", false)),
    ] {
        for bytes in [text.clone().into_bytes(), gzip(text.as_bytes())] {
            let folder = temporary_folder();
            fs::write(folder.path().join(name), bytes).unwrap();
            let images = load_from(folder.path(), id, Split::Train).unwrap();
            assert_eq!(images.labels(), [9, 3], "{name}");
            assert_eq!(pixels(&images), pixels_of_it, "{name}");
        }
    }
}

#[test]
fn what_is_wrong_with_a_table_is_said_with_its_row() {
    let (good, _) = table(",", "", false);
    for (text, expected) in [
        (
            good.replacen("9,0,", "9,0.5,", 1),
            "has in row 1 “0.5”, where a whole number",
        ),
        (
            good.replacen("9,0,", "9,-1,", 1),
            "has in row 1 “-1”, where",
        ),
        (
            good.replacen("\n3,100,", "\n3,1e2,", 1),
            "has in row 2 “1e2”",
        ),
        (
            good.replacen("\n3,100,", "\n3,", 1),
            "has in row 2 784 numbers, where a label and 784 pixels",
        ),
        (good.replacen("\n3,100,", "\n31,100,", 1), "the label 31"),
        ("label\n".to_owned(), "text that begins with “label”"),
        (String::new(), "is empty"),
        ("<html><body>".to_owned(), "is a web page"),
    ] {
        let folder = temporary_folder();
        fs::write(folder.path().join("mnist_train.csv"), text).unwrap();
        let text = load_from(folder.path(), "mnist", Split::Train)
            .unwrap_err()
            .to_string();
        assert!(text.contains(expected), "{expected:?} not in: {text}");
        assert!(text.contains("mnist_train.csv"), "{text}");
    }
}

#[test]
fn what_lies_there_instead_is_told_with_what_to_do() {
    for (name, expected) in [
        ("archive.zip", "archive.zip (an archive: unpack it there)"),
        ("training.pt", "use the folder raw beside it"),
        ("train-00000-of-00001.parquet", "Hugging Face"),
        ("mnist-test.tfrecord-00000-of-00001", "TensorFlow Datasets"),
        ("train.csv", "a table that is not called as it is on Kaggle"),
        ("0001.png", "folder:PATH"),
        ("notes", "holds notes"),
        ("a\u{1b}b", "holds a\\u{1b}b"),
    ] {
        let folder = temporary_folder();
        fs::write(folder.path().join(name), b"x").unwrap();
        let text = load_from(folder.path(), "mnist", Split::Train)
            .unwrap_err()
            .to_string();
        assert!(text.contains(expected), "{expected:?} not in: {text}");
        assert!(
            text.contains("train-images-idx3-ubyte is missing"),
            "{text}"
        );
    }
}

#[test]
fn what_is_called_like_a_file_and_is_none_is_told() {
    for (bytes, expected) in [
        (&b"PK\x03\x04rest of the archive"[..], "is a zip archive"),
        (
            b"404: Not Found",
            "is text that begins with “404: Not Found”",
        ),
        (b"\x93NUMPY\x01\x00and so on", "is a NumPy array"),
        (b"BZh91AY and so on", "is a bzip2 file"),
        (
            b"version https://git-lfs.github.com/spec/v1\n",
            "Git LFS pointer",
        ),
    ] {
        for bytes in [bytes.to_vec(), gzip(bytes)] {
            for (id, name) in [
                ("mnist", "train-images-idx3-ubyte.gz"),
                ("cifar-10", "data_batch_1.bin"),
                ("cifar-10", "data_batch_1"),
            ] {
                let folder = temporary_folder();
                match id {
                    "mnist" => fashion_mnist::tests::write_subset(folder.path()),
                    _ if name.ends_with(".bin") => cifar10::tests::write_subset(folder.path()),
                    _ => {
                        for number in 1..=5 {
                            let file = folder.path().join(format!("data_batch_{number}"));
                            fs::write(file, &bytes).unwrap();
                        }
                    }
                }
                let _ = fs::remove_file(folder.path().join("train-images-idx3-ubyte"));
                fs::write(folder.path().join(name), &bytes).unwrap();
                let text = load_from(folder.path(), id, Split::Train)
                    .unwrap_err()
                    .to_string();
                assert!(text.contains(expected), "{expected:?} not in: {text}");
                assert!(text.contains(name), "{text}");
            }
        }
    }
}
