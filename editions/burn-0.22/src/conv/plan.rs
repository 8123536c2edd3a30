// Made by scripts/edition.py from models/: not to be edited.

use super::{ConvShape, frequency::Frequency, im2col};
use burn::module::Module;
use burn::tensor::Device;
use burn::tensor::ops::ConvOptions;
use burn::tensor::{DType, Tensor, module::conv2d};
use serde::{Deserialize, Serialize};

/// How a convolution is computed. All give the same function, within float's rounding, and the same
/// gradients; which is fastest depends on the backend, the machine and the sizes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ConvAlgorithm {
    /// The backend's own.
    Direct,
    /// One product of matrices; its memory grows with the kernel's area.
    Im2col,
    /// A product of spectra: a quarter to a tenth of the multiplications for the lecture's 7×7
    /// kernels.
    Frequency,
}

/// How many products of a pixel and an error a tap's gradient is the sum of, at least, for
/// [`ConvAlgorithm::Frequency`] to be fit for training.
const FEWEST_PRODUCTS: usize = 4096;

impl ConvAlgorithm {
    /// Every algorithm.
    pub const ALL: [Self; 3] = [Self::Direct, Self::Im2col, Self::Frequency];

    /// Its name, as on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Im2col => "im2col",
            Self::Frequency => "frequency",
        }
    }

    /// Whether it can compute a convolution of that shape; [`Direct`](Self::Direct) always can. The
    /// others take any size, stride, dilation and padding, but no groups of channels.
    pub fn serves(self, shape: &ConvShape) -> bool {
        self == Self::Direct || shape.groups == 1
    }

    /// Whether it is fit for training with batches of this many images.
    ///
    /// Where few places of few images go into a tap's gradient, that is often exactly 0, as ReLU left
    /// nothing there. [`Frequency`](Self::Frequency) makes a rounding of 0 of it: as exact as any
    /// gradient, but Adam divides by the gradient's size and makes a step of it.
    pub fn trains(self, shape: &ConvShape, batch_size: usize) -> bool {
        self != Self::Frequency || shape.places_of_a_tap() * batch_size >= FEWEST_PRODUCTS
    }
}

/// How one convolution is computed: its sizes, the algorithm, and the constants that it needs.
#[derive(Module, Debug)]
pub struct ConvPlan {
    #[module(skip)]
    shape: ConvShape,
    #[module(skip)]
    algorithm: ConvAlgorithm,
    frequency: Option<Frequency>,
}

impl ConvPlan {
    /// By the backend's own algorithm.
    pub fn new(shape: ConvShape) -> Self {
        Self {
            shape,
            algorithm: ConvAlgorithm::Direct,
            frequency: None,
        }
    }

    /// By another algorithm, or by [`ConvAlgorithm::Direct`] where that one does not serve the shape;
    /// [`algorithm`](Self::algorithm) is the one in use. `dtype` is the weights' type of float.
    pub fn with_algorithm(self, algorithm: ConvAlgorithm, dtype: DType, device: &Device) -> Self {
        let algorithm = match algorithm.serves(&self.shape) {
            true => algorithm,
            false => ConvAlgorithm::Direct,
        };
        let by_frequency = algorithm == ConvAlgorithm::Frequency;
        Self {
            algorithm,
            frequency: by_frequency.then(|| Frequency::new(&self.shape, dtype, device)),
            ..self
        }
    }

    /// The algorithm in use.
    pub fn algorithm(&self) -> ConvAlgorithm {
        self.algorithm
    }

    /// The sizes.
    pub fn shape(&self) -> &ConvShape {
        &self.shape
    }

    /// How many values of each image the algorithm keeps for the backward pass, its result among
    /// them; 0 for [`ConvAlgorithm::Direct`], whose memory is the backend's affair.
    pub fn saved_activations(&self) -> usize {
        let maps = self.shape.output().iter().product::<usize>();
        let result = maps * self.shape.out_channels;
        match (&self.frequency, self.algorithm) {
            (Some(frequency), _) => frequency.products() * self.shape.in_channels + result,
            (None, ConvAlgorithm::Im2col) => {
                let taps = self.shape.kernel.iter().product::<usize>();
                maps * taps * self.shape.in_channels + result
            }
            (None, _) => 0,
        }
    }

    /// The form of the weights that the algorithm needs, of `[C_out, C_in / groups, Kh, Kw]`, computed once for
    /// any number of images.
    pub(crate) fn prepare(&self, weight: Tensor<4>) -> Kernels {
        match (&self.frequency, self.algorithm) {
            (Some(frequency), _) => {
                let spectra = frequency.spectra(weight);
                Kernels::Spectra(frequency.clone(), spectra)
            }
            (None, ConvAlgorithm::Im2col) => Kernels::Columns(im2col::columns(weight)),
            (None, _) => Kernels::Weight(weight),
        }
    }
}

/// A convolution's kernels, as its algorithm wants them.
#[derive(Debug, Clone)]
pub(crate) enum Kernels {
    /// For images `[N, C, H, W]`.
    Weight(Tensor<4>),
    /// For images `[H, W, N, C]`.
    Columns(Tensor<2>),
    /// For images `[H, W, N, C]`.
    Spectra(Frequency, Tensor<3>),
}

impl Kernels {
    /// Images to maps, both in the order of axes that the kernels are for; the bias is `[C_out]`.
    pub(crate) fn apply(
        &self,
        images: Tensor<4>,
        bias: Option<Tensor<1>>,
        shape: &ConvShape,
    ) -> Tensor<4> {
        let maps = match self {
            Self::Spectra(frequency, spectra) => frequency.convolve(images, spectra.clone()),
            Self::Columns(columns) => im2col::convolve(images, columns.clone(), shape),
            Self::Weight(weight) => {
                let [[top, bottom], [left, right]] = shape.padding;
                let options = ConvOptions::new_with_padding(
                    shape.stride,
                    [(top, bottom), (left, right)],
                    shape.dilation,
                    shape.groups,
                );
                return conv2d(images, weight.clone(), bias, options);
            }
        };
        match bias {
            Some(bias) => add_bias(maps, bias),
            None => maps,
        }
    }
}

/// `[H, W, N, C]` and `[C]`, as matrices: their gradient is then a sum over one axis, not three.
fn add_bias(maps: Tensor<4>, bias: Tensor<1>) -> Tensor<4> {
    let [height, width, n, c] = maps.dims();
    let flat = maps.reshape([height * width * n, c]);
    (flat + bias.unsqueeze()).reshape([height, width, n, c])
}
