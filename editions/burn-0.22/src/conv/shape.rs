// Made by scripts/edition.py from models/: not to be edited.

use burn_nn::PaddingConfig2d;
use burn_nn::conv::Conv2d;
use serde::{Deserialize, Serialize};

/// The sizes of a convolution: what it computes, without its weights.
///
/// Pairs are (height, width), as in `[N, C, H, W]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ConvShape {
    /// The channels of the images.
    pub in_channels: usize,
    /// The channels of the result: the number of kernels.
    pub out_channels: usize,
    /// The size of the images.
    pub input: [usize; 2],
    /// The size of the kernels.
    pub kernel: [usize; 2],
    /// The steps between two places of the kernel.
    pub stride: [usize; 2],
    /// The steps between two rows or columns that the kernel sees.
    pub dilation: [usize; 2],
    /// Zeros before the first and after the last row, then column.
    pub padding: [[usize; 2]; 2],
    /// Groups of channels that do not see each other.
    pub groups: usize,
}

impl ConvShape {
    /// The sizes of a layer for images of this many channels and a size (height, width).
    pub fn of(conv: &Conv2d, in_channels: usize, input: [usize; 2]) -> Self {
        let [out_channels, ..] = conv.weight.lazy_shape().dims::<4>();
        let kernel = conv.kernel_size;
        let padding = match conv.padding {
            PaddingConfig2d::Valid => [[0, 0]; 2],
            PaddingConfig2d::Explicit(top, left, bottom, right) => [[top, bottom], [left, right]],
            PaddingConfig2d::Same => [0, 1].map(|axis| {
                let last = (input[axis].div_ceil(conv.stride[axis]) - 1) * conv.stride[axis];
                let padding = (last + kernel[axis]).saturating_sub(input[axis]);
                [padding / 2, padding.div_ceil(2)]
            }),
        };
        Self {
            in_channels,
            out_channels,
            input,
            kernel,
            stride: conv.stride,
            dilation: conv.dilation,
            padding,
            groups: conv.groups,
        }
    }

    /// The smallest images (height, width) that the padded kernel fits into.
    pub fn smallest_input(&self) -> [usize; 2] {
        [0, 1].map(|axis| {
            let [before, after] = self.padding[axis];
            let seen = self.kernel[axis].saturating_sub(1) * self.dilation[axis] + 1;
            seen.saturating_sub(before + after).max(1)
        })
    }

    /// The size of the result, by the lecture's formula S_o = (S_D − K) / S + 1, rounded down.
    ///
    /// # Panics
    /// Where the padded images are smaller than the kernel.
    pub fn output(&self) -> [usize; 2] {
        [0, 1].map(|axis| {
            let [before, after] = self.padding[axis];
            let seen = (self.kernel[axis] - 1) * self.dilation[axis] + 1;
            let room = (self.input[axis] + before + after).checked_sub(seen);
            room.expect("the images are at least as large as the kernel") / self.stride[axis] + 1
        })
    }

    /// From how many places a tap of the kernel sees the image, for the tap with the fewest that sees
    /// it at all; the others see padding.
    pub(crate) fn places_of_a_tap(&self) -> usize {
        let of_an_axis = |axis: usize| {
            let taps = (0..self.kernel[axis]).map(|tap| self.places_seen(axis, tap));
            taps.filter(|&places| places > 0).min().unwrap_or(0)
        };
        of_an_axis(0) * of_an_axis(1)
    }

    /// At how many outputs along an axis a tap sees the image and not padding.
    pub(crate) fn places_seen(&self, axis: usize, tap: usize) -> usize {
        let [before, _] = self.padding[axis];
        let image = before..before + self.input[axis];
        (0..self.output()[axis])
            .map(|output| output * self.stride[axis] + tap * self.dilation[axis])
            .filter(|place| image.contains(place))
            .count()
    }

    /// The number of weights and biases.
    pub fn num_params(&self) -> usize {
        let taps = self.kernel.iter().product::<usize>() * self.in_channels / self.groups;
        (taps + 1) * self.out_channels
    }

    /// Multiplications (each with an addition) of the direct sum for one image.
    pub fn multiply_adds(&self) -> usize {
        let taps = self.kernel.iter().product::<usize>() * self.in_channels / self.groups;
        self.output().iter().product::<usize>() * self.out_channels * taps
    }
}
