// Made by scripts/edition.py from models/: not to be edited.

//! Convolution in the frequency domain, by products of matrices alone.
//!
//! A valid cross-correlation is a product of spectra, Ŷ = Σ_c X̂_c · conj(K̂_c), of discrete Fourier
//! transforms barely larger than the image: what the cyclic transform wraps round is never looked
//! at. (Mathieu, Henaff, LeCun: "Fast Training of Convolutional Networks through FFTs", 2013,
//! arXiv 1312.5851.) For these sizes a transform is cheapest as a product with its matrix, and then
//! the whole convolution is
//!
//! > Y = B · ((A · X) ⊙ (G · K))
//!
//! with constant matrices A, G and B, where ⊙ multiplies, for each of R rows, all images' channels
//! by all kernels: R products `[N, C] × [C, O]`. Autodiff turns each product into its two
//! transposed ones, so the gradient is exact and as fast. What the matrices hold:
//! * two-dimensional real transforms, the height first, then the width;
//! * a complex product by three real ones (Gauss): (a + ib)(c + id) takes (a+b)·c, a·(d−c) and
//!   b·(c+d), whose sums are part of A, G and B;
//! * the columns of A and G are only the places where images and kernels are not 0, so padding and
//!   dilation cost nothing; the rows of B are only the outputs, so neither does a stride.
//!
//! The lecture's `cnn` needs 18 million multiplications a forward image where the direct sum needs
//! 92.

use super::{ConvShape, kernels_space_first};
use burn::module::Module;
use burn::tensor::Device;
use burn::tensor::{DType, Tensor, TensorData};
use std::f64::consts::TAU;

/// The constant matrices for one layer's shape.
#[derive(Module, Debug)]
pub(crate) struct Frequency {
    images: Forward,
    kernels: Forward,
    outputs: Inverse,
}

/// A or G: from `[H, W, …]` to R rows, V = T / 2 groups of 3·T.
#[derive(Module, Debug)]
struct Forward {
    /// `[2V, H]`
    along_height: Tensor<2>,
    /// `[V, 3T, 2W]`
    along_width: Tensor<3>,
}

/// B: from R rows to `[Ho, Wo, …]`.
#[derive(Module, Debug)]
struct Inverse {
    /// `[V, 2Wo, 3T]`
    along_width: Tensor<3>,
    /// `[Ho, 2V]`
    along_height: Tensor<2>,
}

impl Frequency {
    pub(crate) fn new(shape: &ConvShape, dtype: DType, device: &Device) -> Self {
        let [height, width] = [0, 1].map(|axis| Axis::new(shape, axis));
        let options = (device, dtype);
        let forward = |role: Role, rows: &[Option<usize>], columns: &[Option<usize>]| Forward {
            along_height: Tensor::from_data(real_dft(height.size, rows), options),
            along_width: Tensor::from_data(
                complex_dft(role, width.size, height.size / 2, columns),
                options,
            ),
        };
        Self {
            images: forward(Role::Image, &height.input, &width.input),
            kernels: forward(Role::Kernel, &height.kernel, &width.kernel),
            outputs: Inverse {
                along_width: Tensor::from_data(
                    complex_idft(width.size, height.size / 2, &width.output),
                    options,
                ),
                along_height: Tensor::from_data(real_idft(height.size, &height.output), options),
            },
        }
    }

    /// R, the number of products.
    pub(crate) fn products(&self) -> usize {
        let [groups, rows, _] = self.images.along_width.dims();
        groups * rows
    }

    /// Kernels `[O, C, Kh, Kw]` to their spectra `[R, C, O]`.
    pub(crate) fn spectra(&self, weight: Tensor<4>) -> Tensor<3> {
        self.kernels.transform(kernels_space_first(weight))
    }

    /// Maps `[H, W, N, C]` and the kernels' spectra to `[Ho, Wo, N, O]`.
    pub(crate) fn convolve(&self, maps: Tensor<4>, spectra: Tensor<3>) -> Tensor<4> {
        let images = self.images.transform(maps);
        self.outputs.transform(images.matmul(spectra))
    }
}

impl Forward {
    /// `[H, W, N, C]` to `[R, N, C]`.
    fn transform(&self, values: Tensor<4>) -> Tensor<3> {
        let [height, width, n, c] = values.dims();
        let [groups, rows, _] = self.along_width.dims();
        let columns = self
            .along_height
            .clone()
            .matmul(values.reshape([height, width * n * c]));
        self.along_width
            .clone()
            .matmul(columns.reshape([groups, 2 * width, n * c]))
            .reshape([groups * rows, n, c])
    }
}

impl Inverse {
    /// `[R, N, O]` to `[Ho, Wo, N, O]`.
    fn transform(&self, products: Tensor<3>) -> Tensor<4> {
        let [_, n, o] = products.dims();
        let [groups, width, rows] = self.along_width.dims();
        let width = width / 2;
        let [height, _] = self.along_height.dims();
        let columns = self
            .along_width
            .clone()
            .matmul(products.reshape([groups, rows, n * o]));
        self.along_height
            .clone()
            .matmul(columns.reshape([2 * groups, width * n * o]))
            .reshape([height, width, n, o])
    }
}

/// One axis: its transform's size T, and where on the circle of T places its values lie.
struct Axis {
    size: usize,
    input: Vec<Option<usize>>,
    /// A tap that sees nothing but padding has no place: its gradient is then 0 as it should be, and
    /// not a rounding of 0, which Adam would take for a direction.
    kernel: Vec<Option<usize>>,
    output: Vec<usize>,
}

impl Axis {
    fn new(shape: &ConvShape, axis: usize) -> Self {
        let [before, after] = shape.padding[axis];
        // Wrapped round, what lies before the image must not meet its end, nor what lies after it
        // its beginning. Even, so that the height's T real values are T / 2 pairs.
        let size = (shape.input[axis] + before.max(after)).next_multiple_of(2);
        let tap = |tap: usize| {
            let sees = shape.places_seen(axis, tap) > 0;
            sees.then_some(tap * shape.dilation[axis] % size)
        };
        let input = (0..shape.input[axis]).map(|pixel| Some((before + pixel) % size));
        let output = (0..shape.output()[axis]).map(|output| output * shape.stride[axis] % size);
        Self {
            size,
            input: input.collect(),
            kernel: (0..shape.kernel[axis]).map(tap).collect(),
            output: output.collect(),
        }
    }
}

/// Whose spectrum a matrix computes: the two differ in the three numbers kept of a complex one.
#[derive(Clone, Copy)]
enum Role {
    Image,
    Kernel,
}

impl Role {
    /// The three numbers as sums of real and imaginary part. For kernels the conjugate, c − id.
    fn gauss(self) -> &'static [(f64, f64)] {
        match self {
            Self::Image => &[(1.0, 1.0), (1.0, 0.0), (0.0, 1.0)],
            Self::Kernel => &[(1.0, 0.0), (-1.0, -1.0), (1.0, -1.0)],
        }
    }
}

/// The contributions of the three products `[p, q, r]` to `real · Re + imag · Im` of the complex one:
/// Re = p − r, Im = p + q.
fn gauss(real: f64, imag: f64) -> [f64; 3] {
    [real + imag, imag, -real]
}

/// cos and sin of 2π · a · b / size; the angle is reduced before it is rounded.
fn turn(a: usize, b: usize, size: usize) -> (f64, f64) {
    let (sin, cos) = (TAU * ((a * b) % size) as f64 / size as f64).sin_cos();
    (cos, sin)
}

/// The frequencies of a real transform: each but 0 and T / 2 stands for itself and its conjugate.
fn is_real(frequency: usize, size: usize) -> bool {
    frequency == 0 || 2 * frequency == size
}

/// A real transform, `[2V, places]`: row 2v is Re and 2v + 1 is Im of frequency v; in row 1, as
/// frequency 0 has no imaginary part, is frequency T / 2, which has none either.
fn real_dft(size: usize, places: &[Option<usize>]) -> TensorData {
    let mut matrix = Vec::new();
    for v in 0..size / 2 {
        for imaginary in [false, true] {
            matrix.extend(places.iter().map(|&place| match (v, imaginary, place) {
                (_, _, None) => 0.0,
                (0, true, Some(place)) => turn(size / 2, place, size).0,
                (v, false, Some(place)) => turn(v, place, size).0,
                (v, true, Some(place)) => -turn(v, place, size).1,
            }));
        }
    }
    TensorData::new(matrix, [size, places.len()])
}

/// The inverse of [`real_dft`], `[outputs, 2V]`.
fn real_idft(size: usize, outputs: &[usize]) -> TensorData {
    let scale = 1.0 / size as f64;
    let mut matrix = Vec::new();
    for &output in outputs {
        for v in 0..size / 2 {
            let (cos, sin) = turn(v, output, size);
            matrix.extend(match v {
                0 => [scale, scale * turn(size / 2, output, size).0],
                _ => [2.0 * scale * cos, -2.0 * scale * sin],
            });
        }
    }
    TensorData::new(matrix, [outputs.len(), size])
}

/// The second transform, `[V, 3T, 2 · places]`, of the columns that [`real_dft`] left; the columns
/// of each matrix are (Re or Im, place). Group 0 holds two real columns (frequencies 0 and T / 2 of
/// the height), each with a real transform of its own; its last rows are 0.
fn complex_dft(role: Role, size: usize, groups: usize, places: &[Option<usize>]) -> TensorData {
    let mut matrix = Vec::new();
    for group in 0..groups {
        let begin = matrix.len();
        let mut row = |value: &dyn Fn(bool, usize) -> f64| {
            for imaginary in [false, true] {
                let value =
                    |place: &Option<usize>| place.map_or(0.0, |place| value(imaginary, place));
                matrix.extend(places.iter().map(value));
            }
        };
        if group == 0 {
            for second in [false, true] {
                for u in 0..=size / 2 {
                    let sums = if is_real(u, size) {
                        &[(1.0, 0.0)]
                    } else {
                        role.gauss()
                    };
                    for (re, im) in sums {
                        row(&|column, place| {
                            let (cos, sin) = turn(u, place, size);
                            if column == second {
                                re * cos - im * sin
                            } else {
                                0.0
                            }
                        });
                    }
                }
            }
        } else {
            for u in 0..size {
                for (re, im) in role.gauss() {
                    row(&|imaginary, place| {
                        let (cos, sin) = turn(u, place, size);
                        if imaginary {
                            re * sin + im * cos
                        } else {
                            re * cos - im * sin
                        }
                    });
                }
            }
        }
        matrix.resize(begin + 3 * size * 2 * places.len(), 0.0);
    }
    TensorData::new(matrix, [groups, 3 * size, 2 * places.len()])
}

/// From the products to the columns, `[V, 2 · outputs, 3T]`: the inverse of [`complex_dft`] after
/// [`gauss`]'s sums; the rows of each matrix are (Re or Im, output).
fn complex_idft(size: usize, groups: usize, outputs: &[usize]) -> TensorData {
    let scale = 1.0 / size as f64;
    let mut matrix = Vec::new();
    for group in 0..groups {
        for imaginary in [false, true] {
            for &output in outputs {
                let begin = matrix.len();
                if group == 0 {
                    for second in [false, true] {
                        let scale = if second == imaginary { scale } else { 0.0 };
                        for u in 0..=size / 2 {
                            let (cos, sin) = turn(u, output, size);
                            if is_real(u, size) {
                                matrix.push(scale * cos);
                            } else {
                                matrix.extend(gauss(2.0 * scale * cos, -2.0 * scale * sin));
                            }
                        }
                    }
                } else {
                    for u in 0..size {
                        let (cos, sin) = turn(u, output, size);
                        matrix.extend(if imaginary {
                            gauss(scale * sin, scale * cos)
                        } else {
                            gauss(scale * cos, -scale * sin)
                        });
                    }
                }
                matrix.resize(begin + 3 * size, 0.0);
            }
        }
    }
    TensorData::new(matrix, [groups, 2 * outputs.len(), 3 * size])
}
