//! The official files of a data set, and where they can be had.

use super::contents::file_error;
use crate::data::error::DataError;
use crate::data::images::ImageDataset;
use crate::data::problems::FileProblem;
use crate::data::spec::DatasetSpec;
use crate::data::split::Split;
use std::fs;
use std::path::{Path, PathBuf};

/// The official files of a data set: where they may be, and how they are read.
#[derive(Debug, Clone)]
pub(in crate::data) struct FileSet {
    /// All files.
    pub files: &'static [OfficialFile],
    /// The folder in which they are in the official archive.
    pub subfolder: Option<&'static str>,
    /// The distribution's package that installs them, if there is one.
    pub package: Option<Package>,
    /// Where they can be downloaded.
    pub remote: Remote,
    /// Reads a split from the folder that holds the files.
    pub read: fn(&DatasetSpec, &Path, Split) -> Result<ImageDataset, DataError>,
}

/// A file as its authors published it, uncompressed.
#[derive(Debug)]
pub(in crate::data) struct OfficialFile {
    /// Its name, without `.gz`.
    pub name: &'static str,
    /// The split it belongs to.
    pub split: Split,
    /// Its length in bytes.
    pub bytes: usize,
    /// Its SHA-256, if that is known for the file itself and not only for an archive that holds it.
    pub sha256: Option<&'static str>,
}

/// A Debian package that installs the files.
#[derive(Debug, Clone)]
pub(in crate::data) struct Package {
    /// Its name.
    pub name: &'static str,
    /// The folder into which it installs them.
    pub folder: &'static str,
}

/// How the files can be downloaded from the official address.
#[derive(Debug, Clone)]
pub(in crate::data) enum Remote {
    /// Each compressed, as `<base>/<name>.gz`.
    Files { base: &'static str },
    /// All in one compressed archive, `<base>/<name>`.
    Archive {
        base: &'static str,
        name: &'static str,
        md5: &'static str,
    },
}

impl OfficialFile {
    /// The path of this file in `folder`, plain or compressed. Its name may have a dot instead of a hyphen before
    /// `idx`, as some programs unpack it so.
    pub(in crate::data) fn find_in(
        &self,
        folder: &Path,
        dataset: &str,
    ) -> Result<PathBuf, DataError> {
        self.path_in(folder)
            .ok_or_else(|| file_error(dataset, &folder.join(self.name), FileProblem::Missing))
    }

    /// As [`find_in`](Self::find_in), without an error for a missing file.
    pub(super) fn path_in(&self, folder: &Path) -> Option<PathBuf> {
        let dotted = self.name.replace("-idx", ".idx");
        [self.name, &dotted]
            .into_iter()
            .flat_map(|name| [name.to_owned(), format!("{name}.gz")])
            .map(|name| folder.join(name))
            // A file that cannot be read counts as found: reading it later gives the error that names it.
            .find(|path| fs::symlink_metadata(path).is_ok())
    }
}
