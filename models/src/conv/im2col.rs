//! Convolution as one product of matrices: the image's values under the kernel, at every place of
//! it, become the columns of a matrix ("im2col").
//!
//! Chellapilla, Puri, Simard: "High Performance Convolutional Neural Networks for Document
//! Processing" (2006).

use super::ConvShape;
use burn::tensor::{Tensor, backend::Backend, s};

/// Kernels `[O, C, Kh, Kw]` to the matrix `[Kw · Kh · C, O]`.
pub(crate) fn columns<B: Backend>(weight: Tensor<B, 4>) -> Tensor<B, 2> {
    let [out_channels, channels, height, width] = weight.dims();
    weight
        .permute([3, 2, 1, 0])
        .reshape([width * height * channels, out_channels])
}

/// Maps `[W, H, N, C]` and the kernels' matrix to `[Wo, Ho, N, O]`.
pub(crate) fn convolve<B: Backend>(
    maps: Tensor<B, 4>,
    kernels: Tensor<B, 2>,
    shape: &ConvShape,
) -> Tensor<B, 4> {
    let [_, _, num_images, channels] = maps.dims();
    let [rows, columns] = shape.output();
    let [[top, bottom], [left, right]] = shape.padding;

    // Images last: what a tap of the kernel sees is then made of long contiguous pieces.
    let mut maps = maps.permute([3, 0, 1, 2]);
    if top + bottom + left + right > 0 {
        maps = maps.pad([(left, right), (top, bottom), (0, 0)], 0.0);
    }
    let places = columns * rows * num_images;
    let seen = |x: usize, y: usize| {
        let x = x * shape.dilation[1];
        let y = y * shape.dilation[0];
        let (step_x, step_y) = (shape.stride[1], shape.stride[0]);
        let last_x = x + (columns - 1) * step_x;
        let last_y = y + (rows - 1) * step_y;
        maps.clone()
            .slice(s![.., x..last_x + 1; step_x, y..last_y + 1; step_y, ..])
            .reshape([channels, places])
    };
    let [height, width] = shape.kernel;
    let taps = (0..width).flat_map(|x| (0..height).map(move |y| (x, y)));
    let patches = Tensor::cat(taps.map(|(x, y)| seen(x, y)).collect(), 0);

    patches
        .transpose()
        .matmul(kernels)
        .reshape([columns, rows, num_images, shape.out_channels])
}
