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

use burn::tensor::{Tensor, backend::Backend};

/// Maps `[N, C, H, W]` to `[H, W, N, C]`.
///
/// As a matrix, so that the values lie in their new order in memory, and so do those of its gradient: to add a view of
/// the old order, as `permute` gives it, takes flex through every index.
pub(crate) fn space_first<B: Backend>(maps: Tensor<B, 4>) -> Tensor<B, 4> {
    let [n, c, height, width] = maps.dims();
    let transposed = maps.reshape([n * c, height * width]).transpose();
    transposed.reshape([height, width, n, c])
}

/// Maps `[H, W, N, C]` to `[N, C, H, W]`, as [`space_first`].
pub(crate) fn channels_first<B: Backend>(maps: Tensor<B, 4>) -> Tensor<B, 4> {
    let [height, width, n, c] = maps.dims();
    let transposed = maps.reshape([height * width, n * c]).transpose();
    transposed.reshape([n, c, height, width])
}

/// Kernels `[O, C, Kh, Kw]` to `[Kh, Kw, C, O]`, in two steps: a matrix is transposed, then rows of O
/// values change places. At once it would be a walk through memory that no cache holds.
fn kernels_space_first<B: Backend>(weight: Tensor<B, 4>) -> Tensor<B, 4> {
    let [out_channels, channels, height, width] = weight.dims();
    weight
        .reshape([out_channels, channels * height * width])
        .transpose()
        .reshape([channels, height, width, out_channels])
        .permute([1, 2, 0, 3])
}
