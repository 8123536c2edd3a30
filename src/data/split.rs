//! The parts of a data set.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A part of a data set as its authors divided it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Split {
    /// The images to train on; those for validation are taken from them.
    Train,
    /// The images to test on.
    Test,
}

impl fmt::Display for Split {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Split::Train => "train",
            Split::Test => "test",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_split_is_written_in_lower_case() {
        assert_eq!(Split::Train.to_string(), "train");
        assert_eq!(format!("{:<6}|", Split::Test), "test  |");
    }
}
