//! What a convolution is for.

/// The images of the largest batch that is measured: about as many as a larger one is trained in parts of.
pub const LARGEST_BATCH: usize = 128;

/// The images of the parts in which inference computes a larger batch.
const LARGEST_INFERRED: usize = 32;

/// The use of a convolution: the fastest algorithm for training need not be the fastest for inference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Forward and backward, with batches of this many images.
    Training(usize),
    /// Forward only, by kernels that are brought into the algorithm's form once.
    Inference {
        /// All the images that there are to classify.
        images: usize,
        /// How many of them are in a batch, at most.
        batch_size: usize,
    },
}

impl Purpose {
    /// How many images are computed together, at most: on a CPU larger batches go through the convolutions in parts.
    pub(super) fn images_at_once(self) -> usize {
        match self {
            Self::Training(batch_size) => batch_size.min(LARGEST_BATCH),
            Self::Inference { images, batch_size } => images.min(batch_size).min(LARGEST_INFERRED),
        }
    }
}
