use super::{ConvShape, FeatureMaps, frequency::Frequency, im2col};
use burn::module::{Module, Param};
use burn::tensor::ops::PaddedConvOptions;
use burn::tensor::{Tensor, backend::Backend, module::conv2d};
use burn_nn::PaddingConfig2d;
use burn_nn::conv::Conv2d;
use serde::{Deserialize, Serialize};

/// How a convolution is computed. All give the same function, within float's rounding, and the same
/// gradients; which is fastest depends on the backend, the machine and the sizes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
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

    /// Whether it is fit for training with batches of so many images.
    ///
    /// Where few places of few images go into a tap's gradient, that is often exactly 0, as ReLU left
    /// nothing there. [`Frequency`](Self::Frequency) makes a rounding of 0 of it: as exact as any
    /// gradient, but Adam divides by the gradient's size and makes a step of it.
    pub fn trains(self, shape: &ConvShape, batch_size: usize) -> bool {
        self != Self::Frequency || shape.places_of_a_tap() * batch_size >= FEWEST_PRODUCTS
    }
}

/// A `Conv2d` for images of one size, whose algorithm can be chosen.
///
/// Its record is `Conv2d`'s but for the settings: `weight` and `bias`. The algorithm is a setting and
/// not part of the weights.
#[derive(Module, Debug)]
pub struct Convolution<B: Backend> {
    /// `[C_out, C_in / groups, Kh, Kw]`
    weight: Param<Tensor<B, 4>>,
    /// `[C_out]`
    bias: Option<Param<Tensor<B, 1>>>,
    #[module(skip)]
    shape: ConvShape,
    #[module(skip)]
    algorithm: ConvAlgorithm,
    frequency: Option<Frequency<B>>,
}

impl<B: Backend> Convolution<B> {
    /// The layer for images of a size (height, width), computed by the backend's own algorithm.
    pub fn new(conv: Conv2d<B>, input: [usize; 2]) -> Self {
        let [out_channels, in_channels, height, width] = conv.weight.dims();
        let padding = match conv.padding {
            PaddingConfig2d::Valid => [[0, 0]; 2],
            PaddingConfig2d::Explicit(top, left, bottom, right) => [[top, bottom], [left, right]],
            PaddingConfig2d::Same => [0, 1].map(|axis| {
                let last = (input[axis].div_ceil(conv.stride[axis]) - 1) * conv.stride[axis];
                let padding = (last + conv.kernel_size[axis]).saturating_sub(input[axis]);
                [padding / 2, padding.div_ceil(2)]
            }),
        };
        Self {
            weight: conv.weight,
            bias: conv.bias,
            shape: ConvShape {
                in_channels: in_channels * conv.groups,
                out_channels,
                input,
                kernel: [height, width],
                stride: conv.stride,
                dilation: conv.dilation,
                padding,
                groups: conv.groups,
            },
            algorithm: ConvAlgorithm::Direct,
            frequency: None,
        }
    }

    /// The same layer by another algorithm, or by [`ConvAlgorithm::Direct`] where that one does not
    /// serve the layer's shape; [`algorithm`](Self::algorithm) tells which it is.
    pub fn with_algorithm(mut self, algorithm: ConvAlgorithm) -> Self {
        self.algorithm = if algorithm.serves(&self.shape) {
            algorithm
        } else {
            ConvAlgorithm::Direct
        };
        self.frequency = (self.algorithm == ConvAlgorithm::Frequency).then(|| {
            let weight = self.weight.val();
            Frequency::new(&self.shape, weight.dtype(), &weight.device())
        });
        self
    }

    /// The algorithm in use.
    pub fn algorithm(&self) -> ConvAlgorithm {
        self.algorithm
    }

    /// The layer's sizes.
    pub fn shape(&self) -> &ConvShape {
        &self.shape
    }

    /// How many values of each image the algorithm keeps for the backward pass, its result among
    /// them; 0 for [`ConvAlgorithm::Direct`], whose memory is the backend's affair.
    pub fn kept_values(&self) -> usize {
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

    /// Images `[N, C_in, H, W]` to maps `[N, C_out, Ho, Wo]`.
    ///
    /// # Panics
    /// Where the images have another size or other channels than the layer's [`shape`](Self::shape).
    pub fn forward(&self, images: Tensor<B, 4>) -> Tensor<B, 4> {
        let [_, channels, height, width] = images.dims();
        assert_eq!(
            (channels, [height, width]),
            (self.shape.in_channels, self.shape.input),
            "the images' channels, height and width must be those of the layer"
        );
        self.prepare()
            .apply(FeatureMaps::ChannelsFirst(images))
            .channels_first()
    }

    /// As [`forward`](Self::forward), with images and maps in the algorithm's own order of axes:
    /// `[N, C, H, W]` for [`ConvAlgorithm::Direct`], `[H, W, N, C]` for the others. Between layers of
    /// one order nothing is converted.
    pub fn forward_in_own_order(&self, images: Tensor<B, 4>) -> Tensor<B, 4> {
        match self.prepare().apply(match self.algorithm {
            ConvAlgorithm::Direct => FeatureMaps::ChannelsFirst(images),
            ConvAlgorithm::Im2col | ConvAlgorithm::Frequency => FeatureMaps::SpaceFirst(images),
        }) {
            FeatureMaps::ChannelsFirst(maps) | FeatureMaps::SpaceFirst(maps) => maps,
        }
    }

    /// What the algorithm wants to know of the weights, computed once for any number of images.
    pub(crate) fn prepare(&self) -> Prepared<'_, B> {
        let weight = self.weight.val();
        Prepared {
            kernels: match (&self.frequency, self.algorithm) {
                (Some(frequency), _) => Kernels::Spectra(frequency, frequency.spectra(weight)),
                (None, ConvAlgorithm::Im2col) => Kernels::Columns(im2col::columns(weight)),
                (None, _) => Kernels::Weight(weight),
            },
            bias: self.bias.as_ref().map(|bias| bias.val()),
            shape: &self.shape,
        }
    }
}

/// A [`Convolution`] that is ready for images.
pub(crate) struct Prepared<'a, B: Backend> {
    kernels: Kernels<'a, B>,
    bias: Option<Tensor<B, 1>>,
    shape: &'a ConvShape,
}

enum Kernels<'a, B: Backend> {
    Weight(Tensor<B, 4>),
    Columns(Tensor<B, 2>),
    Spectra(&'a Frequency<B>, Tensor<B, 3>),
}

impl<B: Backend> Prepared<'_, B> {
    /// The convolution, its result with the axes in whichever order suits the algorithm.
    pub(crate) fn apply(&self, maps: FeatureMaps<B>) -> FeatureMaps<B> {
        let shape = self.shape;
        let maps = match &self.kernels {
            Kernels::Spectra(frequency, spectra) => {
                frequency.convolve(maps.space_first(), spectra.clone())
            }
            Kernels::Columns(columns) => {
                im2col::convolve(maps.space_first(), columns.clone(), shape)
            }
            Kernels::Weight(weight) => {
                let [[top, bottom], [left, right]] = shape.padding;
                let options = PaddedConvOptions::asymmetric(
                    shape.stride,
                    [top, left],
                    [bottom, right],
                    shape.dilation,
                    shape.groups,
                );
                let (weight, bias) = (weight.clone(), self.bias.clone());
                let maps = conv2d(maps.channels_first(), weight, bias, options);
                return FeatureMaps::ChannelsFirst(maps);
            }
        };
        FeatureMaps::SpaceFirst(match &self.bias {
            Some(bias) => add_bias(maps, bias.clone()),
            None => maps,
        })
    }
}

/// `[H, W, N, C]` and `[C]`, as matrices: their gradient is then a sum over one axis, not three.
fn add_bias<B: Backend>(maps: Tensor<B, 4>, bias: Tensor<B, 1>) -> Tensor<B, 4> {
    let [height, width, n, c] = maps.dims();
    let flat = maps.reshape([height * width * n, c]);
    (flat + bias.unsqueeze()).reshape([height, width, n, c])
}
