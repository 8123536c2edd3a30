use burn::tensor::activation::relu;
use burn::tensor::{Tensor, backend::Backend};

/// Feature maps in the order of axes in which the last layer left them: converting costs a pass
/// over memory, so a layer does it only where it must.
#[derive(Debug, Clone)]
pub(crate) enum FeatureMaps<B: Backend> {
    /// `[N, C, H, W]`, Burn's and PyTorch's order.
    ChannelsFirst(Tensor<B, 4>),
    /// `[H, W, N, C]`: every transform along an axis is a product with a matrix from the left, and
    /// converting is to transpose a matrix, `[N · C, H · W]`, which every backend is quick at.
    SpaceFirst(Tensor<B, 4>),
}

impl<B: Backend> FeatureMaps<B> {
    /// As `[N, C, H, W]`.
    pub(crate) fn channels_first(self) -> Tensor<B, 4> {
        match self {
            Self::ChannelsFirst(maps) => maps,
            Self::SpaceFirst(maps) => maps.permute([2, 3, 0, 1]),
        }
    }

    /// As `[H, W, N, C]`.
    pub(crate) fn space_first(self) -> Tensor<B, 4> {
        match self {
            Self::ChannelsFirst(maps) => maps.permute([2, 3, 0, 1]),
            Self::SpaceFirst(maps) => maps,
        }
    }

    /// max(0, x) of every value.
    pub(crate) fn relu(self) -> Self {
        match self {
            Self::ChannelsFirst(maps) => Self::ChannelsFirst(relu(maps)),
            Self::SpaceFirst(maps) => Self::SpaceFirst(relu(maps)),
        }
    }

    /// `[N, C · H · W]`, the features of each image in PyTorch's order.
    pub(crate) fn flatten(self) -> Tensor<B, 2> {
        self.channels_first().flatten(1, 3)
    }
}

/// Kernels `[O, C, Kh, Kw]` to `[Kh, Kw, C, O]`, in two steps: a matrix is transposed, then rows of O
/// values change places. At once it would be a walk through memory that no cache holds.
pub(crate) fn kernels_space_first<B: Backend>(weight: Tensor<B, 4>) -> Tensor<B, 4> {
    let [out_channels, channels, height, width] = weight.dims();
    weight
        .reshape([out_channels, channels * height * width])
        .transpose()
        .reshape([channels, height, width, out_channels])
        .permute([1, 2, 0, 3])
}

/// Images at a time, where convolutions are not Burn's own: their intermediate results are several
/// times as large as the feature maps, and a part of a batch leaves them nearer to the CPU.
const PART: usize = 128;

/// The features of images `[N, C, H, W]`, computed a part of them at a time where the convolutions
/// keep values of their own.
pub(crate) fn in_parts<B: Backend>(
    images: Tensor<B, 4>,
    kept_values: usize,
    features: impl Fn(Tensor<B, 4>) -> Tensor<B, 2>,
) -> Tensor<B, 2> {
    if kept_values == 0 {
        return features(images);
    }
    let parts = images.split(PART, 0).into_iter();
    Tensor::cat(parts.map(features).collect(), 0)
}
