// Made by scripts/edition.py from models/: not to be edited.

use super::{ConvAlgorithm, ConvPlan, ConvShape, Kernels, channels_first, space_first};
use burn::module::Module;
use burn::tensor::Tensor;
use burn_nn::conv::Conv2d;

/// Burn's `Conv2d` for images of one size, whose algorithm can be chosen: for a network of your own.
///
/// The algorithm is a setting and not part of the weights.
#[derive(Module, Debug)]
pub struct Convolution {
    /// The layer whose weights it has.
    pub conv: Conv2d,
    plan: ConvPlan,
}

impl Convolution {
    /// The layer for images of a size (height, width), computed by the backend's own algorithm.
    pub fn new(conv: Conv2d, input: [usize; 2]) -> Self {
        let [_, channels, ..] = conv.weight.dims();
        let shape = ConvShape::of(&conv, channels * conv.groups, input);
        let plan = ConvPlan::new(shape);
        Self { conv, plan }
    }

    /// The same layer by another algorithm, or by [`ConvAlgorithm::Direct`] where that one does not
    /// serve the layer's shape; [`algorithm`](Self::algorithm) is the one in use.
    pub fn with_algorithm(self, algorithm: ConvAlgorithm) -> Self {
        let weight = self.conv.weight.val();
        let plan = self
            .plan
            .with_algorithm(algorithm, weight.dtype(), &weight.device());
        Self { plan, ..self }
    }

    /// The algorithm in use.
    pub fn algorithm(&self) -> ConvAlgorithm {
        self.plan.algorithm()
    }

    /// The layer's sizes.
    pub fn shape(&self) -> &ConvShape {
        self.plan.shape()
    }

    /// Images `[N, C_in, H, W]` to maps `[N, C_out, Ho, Wo]`.
    ///
    /// # Panics
    /// Where the images have another size or other channels than the layer's [`shape`](Self::shape).
    pub fn forward(&self, images: Tensor<4>) -> Tensor<4> {
        let shape = self.shape();
        let [_, channels, height, width] = images.dims();
        assert_eq!(
            (channels, [height, width]),
            (shape.in_channels, shape.input),
            "the images' channels, height and width must be those of the layer"
        );
        match self.algorithm() {
            ConvAlgorithm::Direct => self.forward_in_own_order(images),
            ConvAlgorithm::Im2col | ConvAlgorithm::Frequency => {
                channels_first(self.forward_in_own_order(space_first(images)))
            }
        }
    }

    /// As [`forward`](Self::forward), with images and maps in the algorithm's own order of axes:
    /// `[N, C, H, W]` for [`ConvAlgorithm::Direct`], `[H, W, N, C]` for the others. Between layers of
    /// one order nothing is converted.
    pub fn forward_in_own_order(&self, images: Tensor<4>) -> Tensor<4> {
        self.prepared()(images)
    }

    /// As [`forward_in_own_order`](Self::forward_in_own_order), for many batches: its kernels, those that the layer has
    /// now, are brought into the form that the algorithm needs once.
    pub fn prepared(&self) -> impl Fn(Tensor<4>) -> Tensor<4> {
        let kernels: Kernels = self.plan.prepare(self.conv.weight.val());
        let bias = self.conv.bias.as_ref().map(|bias| bias.val());
        let shape = *self.shape();
        move |images| kernels.apply(images, bias.clone(), &shape)
    }
}
