//! The contents of a folder's pictures, by which they are told apart and split.

use super::read::progress_bar;
use super::scan::composed;
use crate::data::digest::{self, Digest};
use crate::system::files::shown;
use rayon::prelude::*;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// The digest of each picture's bytes.
#[derive(Debug)]
pub(super) struct Contents {
    digests: HashMap<PathBuf, Digest>,
    whole: Digest,
}

impl Contents {
    /// Reads the bytes of all pictures.
    pub(super) fn read(paths: &[&Path], root: &Path, show_progress: bool) -> Self {
        let bar = progress_bar(paths.len(), show_progress);
        let digests = paths.par_iter().map(|path| {
            // What the system refuses to read will be told when the picture is decoded.
            let own = digest::of_file(path);
            let own = own.unwrap_or_else(|_| digest::of_parts([name_below(root, path).as_bytes()]));
            bar.inc(1);
            ((*path).to_owned(), own)
        });
        let digests: HashMap<PathBuf, Digest> = digests.collect();
        bar.finish_and_clear();
        let mut names: Vec<(String, Digest)> = digests
            .iter()
            .map(|(path, own)| (name_below(root, path), *own))
            .collect();
        names.sort();
        let parts = names
            .iter()
            .flat_map(|(name, own)| [name.as_bytes(), own.as_slice()]);
        let whole = digest::of_parts(parts);
        Self { digests, whole }
    }

    /// The digest of a picture's bytes.
    pub(super) fn of(&self, path: &Path) -> Digest {
        self.digests.get(path).copied().unwrap_or_default()
    }

    /// The digest of all names and contents: the same wherever the folder lies.
    pub(super) fn whole(&self) -> Digest {
        self.whole
    }
}

/// A picture's name below a folder, the same on every system.
pub(super) fn name_below(root: &Path, path: &Path) -> String {
    let below = path.strip_prefix(root).unwrap_or(path);
    let parts: Vec<String> = below
        .iter()
        .map(|part| composed(&shown(Path::new(part))))
        .collect();
    parts.join("/")
}
