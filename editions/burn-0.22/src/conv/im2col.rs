// Made by scripts/edition.py from models/: not to be edited.

//! Convolution as one product of matrices: the image's values under the kernel, at every place of
//! it, become the columns of a matrix ("im2col").
//!
//! Chellapilla, Puri, Simard: "High Performance Convolutional Neural Networks for Document
//! Processing" (2006).

use super::{ConvShape, kernels_space_first};
use burn::tensor::{Tensor, s};

/// Kernels `[O, C, Kh, Kw]` to the matrix `[Kh · Kw · C, O]`.
pub(crate) fn columns(weight: Tensor<4>) -> Tensor<2> {
    let [out_channels, channels, height, width] = weight.dims();
    kernels_space_first(weight).reshape([height * width * channels, out_channels])
}

/// Maps `[H, W, N, C]` and the kernels' matrix to `[Ho, Wo, N, O]`.
pub(crate) fn convolve(maps: Tensor<4>, kernels: Tensor<2>, shape: &ConvShape) -> Tensor<4> {
    let [_, _, num_images, channels] = maps.dims();
    let [rows, columns] = shape.output();

    // Images last: what a tap of the kernel sees is then made of long contiguous pieces. With a
    // stride, each axis is cut into places and the steps between them; slices that step would do as
    // well, but their gradients are slow, and on LibTorch in Burn 0.21 some fail.
    let [step_y, step_x] = shape.stride;
    let [height, width] = shape.input;
    let fill = |size: usize, [before, after]: [usize; 2], step: usize| {
        let padded = (before + size + after).next_multiple_of(step);
        (padded / step, (before, padded - size - before))
    };
    let (height, pad_y) = fill(height, shape.padding[0], step_y);
    let (width, pad_x) = fill(width, shape.padding[1], step_x);
    let maps = pad(pad(maps.permute([3, 0, 1, 2]), 1, pad_y), 2, pad_x);
    let maps = maps.reshape([channels, height, step_y, width, step_x, num_images]);
    let places = rows * columns * num_images;
    let seen = |y: usize, x: usize| {
        let (y, x) = (y * shape.dilation[0], x * shape.dilation[1]);
        let (place_y, place_x) = (y / step_y, x / step_x);
        let (y, x) = (y % step_y, x % step_x);
        maps.clone()
            .slice(s![
                ..,
                place_y..place_y + rows,
                y..y + 1,
                place_x..place_x + columns,
                x..x + 1,
                ..
            ])
            .reshape([channels, places])
    };
    let [height, width] = shape.kernel;
    let taps = (0..height).flat_map(|y| (0..width).map(move |x| (y, x)));
    let patches = Tensor::cat(taps.map(|(y, x)| seen(y, x)).collect(), 0);

    patches
        .transpose()
        .matmul(kernels)
        .reshape([rows, columns, num_images, shape.out_channels])
}

/// So many zeros before and after along an axis, in the values' own type of float, which Burn 0.21's
/// `pad` does not keep.
fn pad(maps: Tensor<4>, axis: usize, (before, after): (usize, usize)) -> Tensor<4> {
    let zeros = |count: usize| {
        let mut shape = maps.dims();
        shape[axis] = count;
        (count > 0).then(|| Tensor::zeros(shape, (&maps.device(), maps.dtype())))
    };
    match (zeros(before), zeros(after)) {
        (None, None) => maps,
        (before, after) => {
            let parts = [before, Some(maps), after].into_iter().flatten();
            Tensor::cat(parts.collect(), axis)
        }
    }
}
