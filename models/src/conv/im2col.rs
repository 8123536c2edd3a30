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

    // Images last: what a tap of the kernel sees is then made of long contiguous pieces. With a
    // stride, each axis is cut into places and the steps between them; slices that step would do as
    // well, but their gradients are slow, and on LibTorch in Burn 0.21 some fail.
    let [step_y, step_x] = shape.stride;
    let [height, width] = shape.input;
    let fill = |size: usize, [before, after]: [usize; 2], step: usize| {
        let padded = (before + size + after).next_multiple_of(step);
        (padded / step, (before, padded - size - before))
    };
    let (width, pad_x) = fill(width, shape.padding[1], step_x);
    let (height, pad_y) = fill(height, shape.padding[0], step_y);
    let maps = pad(pad(maps.permute([3, 0, 1, 2]), 1, pad_x), 2, pad_y);
    let maps = maps.reshape([channels, width, step_x, height, step_y, num_images]);
    let places = columns * rows * num_images;
    let seen = |x: usize, y: usize| {
        let (x, y) = (x * shape.dilation[1], y * shape.dilation[0]);
        let (place_x, place_y) = (x / step_x, y / step_y);
        let (x, y) = (x % step_x, y % step_y);
        maps.clone()
            .slice(s![
                ..,
                place_x..place_x + columns,
                x..x + 1,
                place_y..place_y + rows,
                y..y + 1,
                ..
            ])
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

/// So many zeros before and after along an axis, in the values' own type of float, which Burn 0.21's
/// `pad` does not keep.
fn pad<B: Backend>(
    maps: Tensor<B, 4>,
    axis: usize,
    (before, after): (usize, usize),
) -> Tensor<B, 4> {
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
