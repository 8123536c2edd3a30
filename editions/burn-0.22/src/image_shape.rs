// Made by scripts/edition.py from models/: not to be edited.

use crate::ModelError;
use serde::{Deserialize, Serialize};

/// The shape of one image, channels first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageShape {
    /// 1 for grey images, 3 for colour images.
    pub channels: usize,
    /// Rows of pixels.
    pub height: usize,
    /// Columns of pixels.
    pub width: usize,
}

impl ImageShape {
    /// The shape of an image of `channels` × `height` × `width` values.
    pub const fn new(channels: usize, height: usize, width: usize) -> Self {
        Self {
            channels,
            height,
            width,
        }
    }

    /// The number of values in one image.
    pub const fn num_values(&self) -> usize {
        self.channels * self.height * self.width
    }

    /// Fails unless `images`, the dimensions `[N, C, H, W]` of a batch, hold images of this shape.
    pub fn check(&self, images: [usize; 4]) -> Result<(), ModelError> {
        if images[1..] == [self.channels, self.height, self.width] {
            return Ok(());
        }
        Err(ModelError::WrongInput {
            expected: *self,
            found: images,
        })
    }
}

impl std::fmt::Display for ImageShape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}×{}×{}", self.channels, self.height, self.width)
    }
}
