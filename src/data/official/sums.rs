//! The checksums that the official files should have.

use super::contents::checksum;
use super::file_set::OfficialFile;
use crate::data::spec::DatasetSpec;
use std::fs;
use std::path::Path;

/// The file with the checksums of the unpacked files, in the format of `sha256sum`. It is written beside them once the
/// checksum of their archive has been checked.
pub(super) const SUMS: &str = "SHA256SUMS";

/// Whether the file that would be read from `folder` has the expected checksum.
pub(super) fn is_sound(
    spec: &DatasetSpec,
    file: &OfficialFile,
    folder: &Path,
    expected: Option<&str>,
) -> bool {
    let sum = file
        .find_in(folder, &spec.id)
        .and_then(|path| checksum(&spec.id, &path, file.bytes + 1));
    sum.is_ok_and(|(_, sum)| Some(sum.as_str()) == expected)
}

/// The names and checksums recorded when the files in `folder` were unpacked; none if they were not unpacked by this
/// program.
pub(super) fn recorded_sums(folder: &Path) -> Vec<(String, String)> {
    let text = fs::read_to_string(folder.join(SUMS)).unwrap_or_default();
    let pairs = text.lines().filter_map(|line| line.split_once("  "));
    pairs
        .map(|(sum, name)| (name.to_owned(), sum.to_owned()))
        .collect()
}

/// The official checksum of a file, or else the one recorded when it was unpacked.
pub(super) fn expected_sum<'a>(
    file: &OfficialFile,
    recorded: &'a [(String, String)],
) -> Option<&'a str> {
    let recorded = || recorded.iter().find(|(name, _)| name == file.name);
    file.sha256
        .or_else(|| recorded().map(|(_, sum)| sum.as_str()))
}
