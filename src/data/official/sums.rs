//! The checksums that are written beside files when their archive is unpacked.

use std::fs;
use std::path::Path;

/// The file with the checksums of the unpacked files, in the format of `sha256sum`. It is written beside them once the
/// checksum of their archive has been checked.
pub(super) const SUMS: &str = "SHA256SUMS";

/// The names and checksums recorded when the files in `folder` were unpacked; none if they were not unpacked by this
/// program.
pub(super) fn recorded_sums(folder: &Path) -> Vec<(String, String)> {
    let text = fs::read_to_string(folder.join(SUMS)).unwrap_or_default();
    let pairs = text.lines().filter_map(|line| line.split_once("  "));
    pairs
        .map(|(sum, name)| (name.to_owned(), sum.to_owned()))
        .collect()
}
