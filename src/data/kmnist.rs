//! KMNIST: 28×28 grey images of handwritten Japanese syllables, in the IDX files of its authors.

use super::official::file_set::FileSet;
use super::official::grey;
use super::official::known::KMNIST;
use super::spec::DatasetSpec;

/// Its entry in the table.
pub(super) fn spec() -> DatasetSpec {
    let source = "Clanuwat et al. 2018 (arXiv 1812.01718), codh.rois.ac.jp/kmnist; CC BY-SA 4.0";
    grey::spec(&KMNIST, &["kuzushijimnist"], CLASSES, source, files())
}

/// Its files.
pub(super) fn files() -> FileSet {
    grey::files(
        &KMNIST,
        "http://codh.rois.ac.jp/kmnist/dataset/kmnist",
        None,
    )
}

const CLASSES: [&str; 10] = ["o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"];
