//! What lies in a folder.

use super::unused::{OF_ANOTHER_PROGRAM, Unused};
use super::words::is_of_another_program;
use crate::data::error::DataError;
use crate::pictures::{FileKind, HIDDEN, kind};
use rayon::prelude::*;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What lies in a folder, each in the order of the names.
pub(super) struct Listing {
    /// Its folders. Symbolic links are followed.
    pub folders: Vec<PathBuf>,
    /// Its visible files.
    pub files: Vec<PathBuf>,
    /// What is left out whatever it holds, with its kind.
    others: Vec<(&'static str, PathBuf)>,
}

/// Lists a folder. No file is read.
pub(super) fn list(folder: &Path) -> Result<Listing, DataError> {
    let found = fs::read_dir(folder).map_err(|cause| unreadable(folder, cause))?;
    let mut paths = Vec::new();
    for entry in found {
        paths.push(entry.map_err(|cause| unreadable(folder, cause))?.path());
    }
    paths.sort();
    let mut listing = Listing {
        folders: Vec::new(),
        files: Vec::new(),
        others: Vec::new(),
    };
    for path in paths {
        let name = path.file_name().unwrap_or_default();
        // What a broken link is will be told by its name.
        let is_folder = fs::metadata(&path).is_ok_and(|found| found.is_dir());
        if is_hidden(name) {
            listing.others.push((HIDDEN, path));
        } else if is_folder && is_of_another_program(&name.to_string_lossy()) {
            listing.others.push((OF_ANOTHER_PROGRAM, path));
        } else if is_folder {
            listing.folders.push(path);
        } else {
            listing.files.push(path);
        }
    }
    Ok(listing)
}

impl Listing {
    /// Whether pictures lie in the folder itself, not only in folders within.
    pub(super) fn holds_pictures(&self) -> bool {
        self.files.iter().any(|file| is_picture(file))
    }

    /// Its pictures, those that cannot be read among them. What else it holds beside folders is counted as unused.
    pub(super) fn pictures(&self, unused: &mut Unused) -> Vec<PathBuf> {
        self.leave_others(unused);
        let kinds: Vec<FileKind> = self.files.par_iter().map(|path| kind(path)).collect();
        let mut pictures = Vec::new();
        for (path, kind) in self.files.iter().zip(kinds) {
            match kind {
                FileKind::Picture(_) | FileKind::Unreadable(_) => pictures.push(path.clone()),
                FileKind::Other(kind) => unused.add(&kind, path.clone()),
            }
        }
        pictures
    }

    /// Counts what is left out whatever it holds as unused.
    pub(super) fn leave_others(&self, unused: &mut Unused) {
        for (kind, path) in &self.others {
            unused.add(kind, path.clone());
        }
    }
}

fn is_picture(path: &Path) -> bool {
    !matches!(kind(path), FileKind::Other(_))
}

fn is_hidden(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".")
}

pub(super) fn canonical(path: &Path) -> Result<PathBuf, DataError> {
    fs::canonicalize(path).map_err(|cause| unreadable(path, cause))
}

pub(super) fn unreadable(path: &Path, cause: io::Error) -> DataError {
    DataError::Read {
        path: path.to_owned(),
        cause,
    }
}
