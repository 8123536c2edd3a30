//! MNIST: 28×28 grey images of handwritten digits, in the IDX files of its authors.

use super::official::file_set::FileSet;
use super::official::grey;
use super::official::known::MNIST;
use super::spec::DatasetSpec;

/// Its entry in the table.
pub(super) fn spec() -> DatasetSpec {
    let source = "LeCun, Cortes, Burges 1998, yann.lecun.com/exdb/mnist; CC BY-SA 3.0";
    grey::spec(&MNIST, &[], CLASSES, source, files())
}

/// Its files.
pub(super) fn files() -> FileSet {
    grey::files(
        &MNIST,
        "https://ossci-datasets.s3.amazonaws.com/mnist",
        None,
    )
}

const CLASSES: [&str; 10] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
