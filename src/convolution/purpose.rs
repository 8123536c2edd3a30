//! What a convolution is for.

/// The use of a convolution: the fastest algorithm for training need not be the fastest for inference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Forward and backward, with batches of this many images.
    Training(usize),
    /// Forward only, with batches of this many images.
    Inference(usize),
}

impl Purpose {
    /// The images in a batch.
    pub fn batch_size(self) -> usize {
        match self {
            Self::Training(batch_size) | Self::Inference(batch_size) => batch_size,
        }
    }
}
