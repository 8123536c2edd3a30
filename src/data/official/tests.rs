//! Official files: a tiny data set for the tests, and the places it is in.

mod check;
mod fetch;
mod find;
mod forms;
pub(in crate::data) mod server;
mod verify;

use self::server::{Server, answer, hasty};
use super::contents::digest;
use super::contents::tests::gzip;
use super::file_set::{FileSet, Form, Remote};
use super::official_file::{OfficialFile, TEST, TRAIN};
use super::places::Places;
use super::sums::SUMS;
use crate::data::images::ImageDataset;
use crate::data::spec::DatasetSpec;
use crate::data::split::Split;
use crate::data::{DataError, cifar10, fashion_mnist};
use burn_zoo_models::ImageShape;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Nowhere to look but an empty cache folder.
fn places(cache: &TempDir, server: Option<&Server>) -> Places {
    Places {
        given: None,
        variable: None,
        cache: Some(cache.path().to_owned()),
        packages: false,
        offline: server.is_none(),
        server: server.map(|server| server.address.clone()),
        download: hasty(),
    }
}

fn temporary_folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn spec(id: &str) -> (DatasetSpec, FileSet) {
    match id {
        "fashion-mnist" => (fashion_mnist::spec(), fashion_mnist::files()),
        "cifar-10" => (cifar10::spec(), cifar10::files()),
        _ => panic!("{id} has no official files"),
    }
}

/// A data set of one file a split, `train` ("hello") and `test` ("world"), each a few bytes.
fn tiny(remote: Remote) -> FileSet {
    const FILES: [OfficialFile; 2] = [
        OfficialFile {
            sum: Some("2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"),
            ..OfficialFile::new("train", TRAIN, 5)
        },
        OfficialFile {
            sum: Some("486ea46224d1bb4fb680f34f7c9ad96a8f24ec88be73ea8e5a6c65260e9cb8a7"),
            ..OfficialFile::new("test", TEST, 5)
        },
    ];
    // In the archive's files, only what is recorded on unpacking vouches for them.
    const UNKNOWN: [OfficialFile; 2] = [
        OfficialFile::new("train", TRAIN, 5),
        OfficialFile::new("test", TEST, 5),
    ];
    let files: &[OfficialFile] = match remote {
        Remote::Files { .. } => &FILES,
        Remote::Archive { .. } => &UNKNOWN,
    };
    FileSet {
        forms: vec![Form {
            title: "",
            files,
            read: |_, _, _, _| ImageDataset::new(ImageShape::new(1, 1, 1), vec![], vec![]),
        }],
        folders: &[],
        package: None,
        remote,
        known: None,
        relatives: &[],
    }
}

fn tiny_files() -> FileSet {
    tiny(Remote::Files { base: "unused" })
}

fn tiny_archive(bytes: &[u8]) -> FileSet {
    let (_, md5) = digest::<md5::Md5>(&mut &bytes[..]).unwrap();
    tiny(Remote::Archive {
        base: "unused",
        name: "all.tar.gz",
        md5: md5.leak(),
    })
}

fn tar_gz(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, bytes) in entries {
        let mut header = tar::Header::new_gnu();
        // Not `set_path`, which refuses the names that a malicious archive has.
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        builder.append(&header, *bytes).unwrap();
    }
    gzip(&builder.into_inner().unwrap())
}

fn good() -> Vec<Vec<u8>> {
    vec![
        answer("200 OK", &gzip(b"hello")),
        answer("200 OK", &gzip(b"world")),
    ]
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn any_spec() -> DatasetSpec {
    spec("fashion-mnist").0
}
