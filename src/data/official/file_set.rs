//! The official files of a data set, the other forms in which programs keep it, and where it can be had.

use super::known::Known;
use super::official_file::OfficialFile;
use crate::data::error::DataError;
use crate::data::images::ImageDataset;
use crate::data::spec::DatasetSpec;
use crate::data::split::Split;
use std::path::Path;

/// The files of a data set: where they may be, and how they are read.
#[derive(Debug, Clone)]
pub(in crate::data) struct FileSet {
    /// The official files first, then the other forms in which they may lie in a folder.
    pub forms: Vec<Form>,
    /// The folders in which programs keep the files, below the one that they are given.
    pub folders: &'static [&'static str],
    /// The distribution's package that installs them, if there is one.
    pub package: Option<Package>,
    /// Where they can be downloaded.
    pub remote: Remote,
    /// What is known of its contents.
    pub known: Option<&'static Known>,
    /// The data sets whose files have the same names, this one among them.
    pub relatives: &'static [&'static Known],
}

/// A form in which the images lie in a folder.
#[derive(Debug, Clone)]
pub(in crate::data) struct Form {
    /// What it is, in words; empty for the official files.
    pub title: &'static str,
    /// All its files.
    pub files: &'static [OfficialFile],
    /// Reads a split from the folder that holds the files.
    pub read: fn(&DatasetSpec, &Form, &Path, Split) -> Result<ImageDataset, DataError>,
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

impl FileSet {
    /// The official files.
    pub fn files(&self) -> &'static [OfficialFile] {
        self.forms.first().map_or(&[], |form| form.files)
    }
}

impl Form {
    /// Its files with images of a split, in their order.
    pub fn files_of(&self, split: Split) -> impl Iterator<Item = &'static OfficialFile> {
        let files = self.files.iter();
        files.filter(move |file| file.splits.contains(&split))
    }
}
