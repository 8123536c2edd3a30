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
