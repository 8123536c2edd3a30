// Made by scripts/edition.py from models/: not to be edited.

//! Convolutions whose algorithm can be chosen.

mod convolution;
mod frequency;
mod im2col;
mod plan;
mod shape;

pub use convolution::Convolution;
pub(crate) use plan::Kernels;
pub use plan::{ConvAlgorithm, ConvPlan};
pub use shape::ConvShape;

use burn::tensor::Tensor;

/// Kernels `[O, C, Kh, Kw]` to `[Kh, Kw, C, O]`, in two steps: a matrix is transposed, then rows of O
/// values change places. At once it would be a walk through memory that no cache holds.
fn kernels_space_first(weight: Tensor<4>) -> Tensor<4> {
    let [out_channels, channels, height, width] = weight.dims();
    weight
        .reshape([out_channels, channels * height * width])
        .transpose()
        .reshape([channels, height, width, out_channels])
        .permute([1, 2, 0, 3])
}
