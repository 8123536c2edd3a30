//! Which algorithm computes each convolution: the user's choice, or the fastest measured.
//!
//! - `measurement`: how fast an algorithm computed a layer. `convolutions.csv`, which comes with the program, was made by
//!   `zoo bench --convolutions`;
//! - `cache`: the measurements that were made on this machine, of a device that the program's table does not know;
//! - `table`: what is known of a device by both.

mod cache;
mod hardware;
mod measurement;
mod purpose;
mod table;

pub use burn_zoo_steps::in_turn;
pub use cache::{Kept, forget, keep, kept};
pub use hardware::Hardware;
pub use measurement::{Measurement, Seconds};
pub use purpose::{LARGEST_BATCH, Purpose};
pub use table::Table;

use burn_zoo_models::{ConvAlgorithm, ConvShape, Precision};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use table::is_fit;

/// The choice of convolution algorithms, as `--conv` takes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Conv {
    /// The fastest measured, layer by layer.
    Auto,
    /// One algorithm for all layers that it serves.
    All(ConvAlgorithm),
}

impl FromStr for Conv {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        if name == "auto" {
            return Ok(Self::Auto);
        }
        let algorithm = ConvAlgorithm::ALL.into_iter().find(|a| a.name() == name);
        algorithm.map(Self::All).ok_or_else(|| {
            let names = ConvAlgorithm::ALL.map(ConvAlgorithm::name).join(", ");
            format!("the algorithms are auto, {names}")
        })
    }
}

impl Conv {
    /// The choice for products in this type of float. No algorithm was measured in 16 bits, in which the backend's own may
    /// take tensor cores.
    ///
    /// # Errors
    /// A sentence where there is none, as a transform in 16 bits would lose too much.
    pub fn in_precision(self, precision: Precision) -> Result<Self, String> {
        match (self, precision) {
            (_, Precision::F32) => Ok(self),
            (Self::Auto, _) => Ok(Self::All(ConvAlgorithm::Direct)),
            (Self::All(ConvAlgorithm::Frequency), _) => Err(format!(
                "‘conv’ {self} does not multiply in {}: choose another ‘conv’, or leave ‘precision’ out",
                precision.name()
            )),
            (Self::All(_), _) => Ok(self),
        }
    }
}

impl TryFrom<String> for Conv {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        name.parse()
    }
}

impl From<Conv> for String {
    fn from(conv: Conv) -> Self {
        conv.to_string()
    }
}

impl fmt::Display for Conv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Auto => "auto",
            Self::All(algorithm) => algorithm.name(),
        })
    }
}

impl Conv {
    /// The algorithms of a model's layers on a device, by what was measured of it; the backend's own where the one asked
    /// for is not fit for the layer.
    pub fn choose(
        self,
        measured: &Table,
        layers: &[ConvShape],
        purpose: Purpose,
    ) -> Vec<ConvAlgorithm> {
        let choose = |shape| match self {
            Self::Auto => measured.fastest(shape, purpose),
            Self::All(algorithm) if is_fit(algorithm, shape, purpose) => algorithm,
            Self::All(_) => ConvAlgorithm::Direct,
        };
        layers.iter().map(choose).collect()
    }
}

/// The algorithms in words: `im2col, 3 × frequency`.
pub fn in_words(algorithms: &[ConvAlgorithm]) -> String {
    let runs = algorithms.chunk_by(|a, b| a == b);
    let words = runs.map(|run| match run.len() {
        1 => run[0].name().to_owned(),
        n => format!("{n} × {}", run[0].name()),
    });
    words.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
