//! The three parts of a data set: training, validation and test images.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A part of a data set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Split {
    /// The images to train on.
    Train,
    /// The images by which settings are chosen, and the best epoch: those of a folder `val`, or those that a run holds
    /// out of its training images.
    Valid,
    /// The images to test on.
    Test,
}

/// How images are held out of others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum HoldOut {
    /// Each picture by its own content, so that others that come or go, and other names, do not move it.
    #[default]
    ByContent,
    /// By the position among the others, as the runs of before did, whose configurations hold no digest of the data.
    /// They used no folder `val`.
    ByPosition,
}

impl Split {
    /// All splits.
    pub const ALL: [Self; 3] = [Self::Train, Self::Valid, Self::Test];

    /// Its name on the command line and in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Valid => "valid",
            Self::Test => "test",
        }
    }

    /// Its images in words: "training".
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Train => "training",
            Self::Valid => "validation",
            Self::Test => "test",
        }
    }
}

impl fmt::Display for Split {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
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
