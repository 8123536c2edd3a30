use burn::tensor::activation::relu;
use burn::tensor::{Tensor, backend::Backend};

/// Feature maps in the order of axes in which the last layer left them: converting costs a pass
/// over memory, so a layer does it only where it must.
#[derive(Debug, Clone)]
pub(crate) enum FeatureMaps<B: Backend> {
    /// `[N, C, H, W]`, Burn's and PyTorch's order.
    ChannelsFirst(Tensor<B, 4>),
    /// `[W, H, N, C]`: every transform along an axis is a product with a matrix from the left.
    SpaceFirst(Tensor<B, 4>),
}

impl<B: Backend> FeatureMaps<B> {
    /// As `[N, C, H, W]`.
    pub(crate) fn channels_first(self) -> Tensor<B, 4> {
        match self {
            Self::ChannelsFirst(maps) => maps,
            Self::SpaceFirst(maps) => maps.permute([2, 3, 1, 0]),
        }
    }

    /// As `[W, H, N, C]`.
    pub(crate) fn space_first(self) -> Tensor<B, 4> {
        match self {
            Self::ChannelsFirst(maps) => maps.permute([3, 2, 0, 1]),
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
