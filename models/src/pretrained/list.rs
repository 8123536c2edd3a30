// Made by `zoo publish` from the files in models/weights: not to be edited.

use super::Weights;

impl Weights {
    /// Every set of weights.
    pub const ALL: &'static [&'static Self] = &[];
}
