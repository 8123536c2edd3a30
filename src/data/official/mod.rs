//! The official files of a data set: finding them on this machine, downloading them, and checking that they are the
//! ones that the authors published.
//!
//! The places are tried in this order: the folder given by `--data-dir` (and then no other place), the folder in the
//! environment variable `BURN_ZOO_DATA`, the user's cache folder, the folder of the distribution's package, and the
//! official address, from which the files are downloaded into the cache folder.
//!
//! The modules, each using only those above it:
//! - `contents`: reading a file, plain or compressed, and its checksum;
//! - `file_set`: the files of a data set, their package and their address;
//! - `sums`: the checksums that are expected of them;
//! - `download`: downloading one file;
//! - `places`: the places on this machine and the settings for downloads;
//! - `find`: looking in these places;
//! - `fetch`: downloading the missing files;
//! - `verify`: checking every file;
//! - `supply`: a data set whose images come from its official files;
//! - `idx`: the format of MNIST's files.

pub(super) mod contents;
mod download;
mod fetch;
pub(super) mod file_set;
mod find;
pub(super) mod idx;
mod places;
mod sums;
mod supply;
mod verify;

pub(crate) use places::{cache_folder, is_offline};

#[cfg(test)]
pub(super) mod tests;
