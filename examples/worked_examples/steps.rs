//! The lecture's worked examples, computed by Burn's own operations on any backend.

use burn::module::Param;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::tensor::module::conv2d;
use burn::tensor::ops::ConvOptions;
use burn::tensor::{Tensor, TensorData};
use burn_zoo::backend::{Device, Infer, read};

/// The data of the convolution example.
pub const DATA: [[f32; 5]; 5] = [
    [0.0, 0.0, 1.0, 2.0, 2.0],
    [1.0, 2.0, 2.0, 1.0, 2.0],
    [0.0, 2.0, 0.0, 2.0, 1.0],
    [0.0, 1.0, 1.0, 1.0, 0.0],
    [1.0, 0.0, 0.0, 0.0, 1.0],
];

/// A kernel of the convolution example, with what it gives.
pub struct Kernel {
    /// Its name.
    pub name: &'static str,
    /// Its name.
    pub what: &'static str,
    /// Its weights.
    pub weights: [[f32; 3]; 3],
    /// The output at stride 1.
    pub stride_1: [[f32; 3]; 3],
    /// The output at stride 2.
    pub stride_2: [[f32; 2]; 2],
}

/// The slides are at odds with themselves: the kernel that they print does not give the outputs that
/// they print. Of all kernels with entries from -0.2 to 0.2 in steps of 0.1 only K' gives them, which
/// differs from K in the middle row. Both have the first output m1 = -0.1.
pub const KERNELS: [Kernel; 2] = [
    Kernel {
        name: "K",
        what: "as the slides print it",
        weights: [[0.0, 0.1, -0.1], [-0.2, 0.0, 0.1], [0.0, 0.0, 0.1]],
        stride_1: [[-0.1, -0.2, -0.1], [0.1, 0.0, 0.0], [0.3, -0.3, 0.0]],
        stride_2: [[-0.1, -0.1], [0.3, 0.0]],
    },
    Kernel {
        name: "K'",
        what: "whose outputs the slides print",
        weights: [[0.0, 0.1, -0.1], [-0.2, 0.1, 0.0], [0.0, 0.0, 0.1]],
        stride_1: [[-0.1, -0.1, -0.2], [0.3, -0.2, 0.1], [0.3, -0.3, 0.1]],
        stride_2: [[-0.1, -0.2], [0.3, 0.1]],
    },
];

/// The lecture's formula: S_o = (S_D - K) / S + 1, rounded down.
pub fn output_size(data: usize, kernel: usize, stride: usize) -> usize {
    (data - kernel) / stride + 1
}

/// The data convolved with a 3x3 kernel at a stride, row by row.
pub fn convolve(kernel: &Kernel, stride: usize, device: &Device) -> Vec<Vec<f32>> {
    let data = Tensor::<Infer, 2>::from_data(DATA, device).reshape([1, 1, 5, 5]);
    let weights = Tensor::<Infer, 2>::from_data(kernel.weights, device).reshape([1, 1, 3, 3]);
    let options = ConvOptions::new([stride; 2], [0; 2], [1; 2], 1);
    rows(conv2d(data, weights, None, options))
}

fn rows(maps: Tensor<Infer, 4>) -> Vec<Vec<f32>> {
    let width = maps.dims()[3];
    let values: Vec<f32> = read(maps).iter().collect();
    values.chunks(width).map(<[f32]>::to_vec).collect()
}

/// The data of "From MLP to CNN": 3x3, v1 to v9.
pub const V: [f32; 9] = [0.5, -1.0, 2.0, 1.5, 0.0, -0.5, 3.0, 1.0, -2.0];
/// The 2x2 kernel's weights w1 to w4.
pub const W: [f32; 4] = [0.1, -0.2, 0.3, 0.4];
/// Its bias.
pub const BIAS: f32 = 0.05;

/// The 2x2 kernel moved over the data: m1 to m4.
pub fn from_convolution(device: &Device) -> Vec<f32> {
    let data = Tensor::<Infer, 1>::from_floats(V, device).reshape([1, 1, 3, 3]);
    let mut layer: Conv2d<Infer> = Conv2dConfig::new([1, 1], [2, 2]).init(device);
    let weights = Tensor::<Infer, 1>::from_floats(W, device).reshape([1, 1, 2, 2]);
    layer.weight = Param::from_tensor(weights);
    layer.bias = Some(Param::from_tensor(Tensor::from_floats([BIAS], device)));
    read(layer.forward(data)).iter().collect()
}

/// The dense layer that is the same function, `[9, 4]`: each output is joined to four inputs, all by
/// the same four weights; the other weights are zero.
pub fn dense_weights() -> Vec<[f32; 4]> {
    let mut dense = vec![[0.0; 4]; 9];
    for (output, [row, column]) in [[0, 0], [0, 1], [1, 0], [1, 1]].into_iter().enumerate() {
        for (weight, value) in W.into_iter().enumerate() {
            dense[3 * (row + weight / 2) + column + weight % 2][output] = value;
        }
    }
    dense
}

/// The outputs of that dense layer: m1 to m4.
pub fn from_dense(device: &Device) -> Vec<f32> {
    let data = Tensor::<Infer, 1>::from_floats(V, device).reshape([1, 9]);
    let weights = TensorData::new(dense_weights().concat(), [9, 4]);
    let weights = Tensor::<Infer, 2>::from_data(weights, device);
    read(data.matmul(weights) + BIAS).iter().collect()
}

/// A convolutional layer of the lecture's shape examples: sizes as the slides write them, height,
/// width, channels.
pub struct ShapeExample {
    /// The data.
    pub data: [usize; 3],
    /// The number of kernels.
    pub kernels: usize,
    /// Each kernel.
    pub kernel: [usize; 3],
    /// The output.
    pub output: [usize; 3],
    /// Weights and biases.
    pub num_params: usize,
}

/// The lecture's shape examples, and the layers of "From MLP to CNN".
pub const SHAPES: [ShapeExample; 5] = [
    shape_example([3, 3, 1], 1, [2, 2, 1], [2, 2, 1], 5),
    shape_example([3, 3, 1], 2, [2, 2, 1], [2, 2, 2], 10),
    shape_example([32, 32, 3], 1, [5, 5, 3], [28, 28, 1], 76),
    shape_example([32, 32, 3], 4, [5, 5, 3], [28, 28, 4], 304),
    shape_example([32, 32, 1], 4, [5, 5, 1], [28, 28, 4], 104),
];

const fn shape_example(
    data: [usize; 3],
    kernels: usize,
    kernel: [usize; 3],
    output: [usize; 3],
    num_params: usize,
) -> ShapeExample {
    ShapeExample {
        data,
        kernels,
        kernel,
        output,
        num_params,
    }
}

impl ShapeExample {
    /// The output's shape and the number of parameters as Burn has them, height, width, channels.
    pub fn compute(&self, device: &Device) -> ([usize; 3], usize) {
        use burn::module::Module;
        let [height, width, channels] = self.data;
        let config = Conv2dConfig::new(
            [self.kernel[2], self.kernels],
            [self.kernel[0], self.kernel[1]],
        );
        let layer: Conv2d<Infer> = config.init(device);
        let data = Tensor::<Infer, 4>::zeros([1, channels, height, width], device);
        let [_, channels, height, width] = layer.forward(data).dims();
        ([height, width, channels], layer.num_params())
    }
}
