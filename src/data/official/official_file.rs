//! A file of a data set, and finding it in a folder.

use super::contents::file_error;
use super::lying::holds;
use crate::data::error::DataError;
use crate::data::problems::FileProblem;
use crate::data::split::Split;
use std::fs;
use std::path::{Path, PathBuf};

/// A file as its authors published it, uncompressed.
#[derive(Debug)]
pub(in crate::data) struct OfficialFile {
    /// Its name, without `.gz`.
    pub name: &'static str,
    /// Other names for it.
    pub others: &'static [&'static str],
    /// The splits that it holds.
    pub splits: &'static [Split],
    /// Its length in bytes, or, of another form, the largest that it may have.
    pub bytes: usize,
    /// The checksum of its contents, if that is known for the file itself and not only for an archive that holds it:
    /// SHA-256, or MD5.
    pub sum: Option<&'static str>,
    /// The checksum of the file as it was published, if it was published compressed.
    pub packed: Option<&'static str>,
}

/// The splits of files with images to train on.
pub(in crate::data) const TRAIN: &[Split] = &[Split::Train];
/// The splits of files with images to test on.
pub(in crate::data) const TEST: &[Split] = &[Split::Test];
/// The splits of files with both.
pub(in crate::data) const BOTH: &[Split] = &[Split::Train, Split::Test];

impl OfficialFile {
    /// A file of this name; all else can be said by `..`.
    pub const fn new(name: &'static str, splits: &'static [Split], bytes: usize) -> Self {
        Self {
            name,
            others: &[],
            splits,
            bytes,
            sum: None,
            packed: None,
        }
    }

    /// Whether it is an archive of other files.
    pub(super) fn is_archive(&self) -> bool {
        self.name.ends_with(".tar.gz")
    }

    /// The path of this file in `folder`, plain or compressed. Its name may be written in other case, and with other
    /// signs between its words, as some programs unpack it so.
    pub(in crate::data) fn find_in(
        &self,
        folder: &Path,
        dataset: &str,
    ) -> Result<PathBuf, DataError> {
        self.path_in(folder).ok_or_else(|| {
            let problem = match holds(folder) {
                Some(other) => FileProblem::MissingBeside(other),
                None => FileProblem::Missing,
            };
            file_error(dataset, &folder.join(self.name), problem)
        })
    }

    /// As [`find_in`](Self::find_in), without an error for a missing file.
    pub(super) fn path_in(&self, folder: &Path) -> Option<PathBuf> {
        self.path_among(&Listing::of(folder))
    }

    /// As [`path_in`](Self::path_in), of a folder whose files are known.
    pub(super) fn path_among(&self, listing: &Listing) -> Option<PathBuf> {
        let found = self.paths_among(listing).into_iter().next()?;
        // Some archives keep each file in a folder of its name.
        let inside = found.is_dir().then(|| Listing::of(&found));
        let inside = inside.and_then(|inside| self.paths_among(&inside).into_iter().next());
        Some(inside.unwrap_or(found))
    }

    /// The paths of this file in a folder, that which is read first. A file that cannot be read is one of them:
    /// reading it later gives the error that names it.
    pub(super) fn paths_among(&self, listing: &Listing) -> Vec<PathBuf> {
        let all = [self.name].into_iter().chain(self.others.iter().copied());
        let wanted: Vec<String> = all.map(plain).collect();
        let names = listing.names.iter();
        let mut found: Vec<_> = names
            .filter(|(name, _)| wanted.contains(name))
            .map(|(_, name)| (listing.folder.join(name), name))
            .map(|(path, name)| {
                let packed = name.to_ascii_lowercase().ends_with(".gz");
                (path.is_dir(), packed, name != self.name, path)
            })
            .collect();
        found.sort();
        found.into_iter().map(|(.., path)| path).collect()
    }
}

/// The names of the files and folders in a folder.
pub(super) struct Listing {
    pub folder: PathBuf,
    /// The plain names and the names.
    names: Vec<(String, String)>,
}

impl Listing {
    pub fn of(folder: &Path) -> Self {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
        Self {
            folder: folder.to_owned(),
            names: names.map(|name| (plain(&name), name)).collect(),
        }
    }
}

/// The letters and digits of a file's name in lower case, without the `.gz` at its end.
pub(super) fn plain(name: &str) -> String {
    let name = name.to_lowercase();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    name.chars().filter(|c| c.is_alphanumeric()).collect()
}
