//! The official files of a data set: finding them on this machine, downloading them, and checking that they are the
//! ones that the authors published.
//!
//! The places are tried in this order: the folder given by `--data-dir` (and then no other place), the folder in the
//! environment variable `BURN_ZOO_DATA`, the user's cache folder, the folder of the distribution's package, and the
//! official address, from which the files are downloaded into the cache folder.
//!
//! A data set has several forms: its official files first, and the others in which programs keep it.
//!
//! The modules, each using only those above it:
//! - `gunzip`, `sniff`, `contents`: unpacking, telling what is no data, reading a file and its checksum;
//! - `lying`: what lies in a folder instead;
//! - `official_file`: a file of a data set, and finding it in a folder;
//! - `known`: the checksums of MNIST and the data sets like it;
//! - `file_set`: the files of a data set, its forms and its address;
//! - `sums`: the checksums recorded when an archive is unpacked;
//! - `download`: downloading one file;
//! - `places`: the places on this machine and the settings for downloads;
//! - `idx`, `arrays`, `rows`, `pickle`, `archive`: the formats: MNIST's, NumPy's, tables, Python's, archives;
//! - `find`, `check`: looking in these places, and comparing what was found with the official images;
//! - `fetch`: downloading the missing files;
//! - `verify`: checking every file;
//! - `supply`: a data set whose images come from its official files;
//! - `grey`: the files of a data set in MNIST's way.

pub(super) mod archive;
pub(super) mod arrays;
mod check;
pub(super) mod contents;
mod download;
mod fetch;
pub(super) mod file_set;
mod find;
pub(super) mod grey;
mod gunzip;
pub(super) mod idx;
pub(super) mod known;
mod lying;
pub(super) mod official_file;
pub(super) mod pickle;
mod places;
mod rows;
pub(super) mod sniff;
mod sums;
mod supply;
mod verify;

pub(crate) use places::{cache_folder, is_offline};

#[cfg(test)]
pub(super) mod tests;
