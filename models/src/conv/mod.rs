//! Convolutions whose algorithm can be chosen.

mod convolution;
mod frequency;
mod im2col;
mod maps;
mod shape;

pub(crate) use convolution::Prepared;
pub use convolution::{ConvAlgorithm, Convolution};
pub(crate) use maps::{FeatureMaps, in_parts, kernels_space_first};
pub use shape::ConvShape;
