// Made by scripts/edition.py from models/: not to be edited.

use crate::{ImageShape, Normalisation};
use serde::{Deserialize, Serialize};

/// How pictures become the images that a model's usual weights expect.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Preprocessing {
    /// The shape of the images.
    pub input: ImageShape,
    /// How a picture becomes an image of that shape.
    pub fit: Fit,
    /// How their pixels become the model's input.
    pub normalisation: Normalisation,
}

impl Preprocessing {
    /// That of torchvision's weights for ImageNet.
    pub const IMAGENET: Self = Self::new(
        ImageShape::new(3, 224, 224),
        Fit::Crop,
        Normalisation::IMAGENET,
    );

    /// Images of that shape, made and normalised so.
    pub const fn new(input: ImageShape, fit: Fit, normalisation: Normalisation) -> Self {
        Self {
            input,
            fit,
            normalisation,
        }
    }
}

/// How a picture becomes an image of a shape.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fit {
    /// All of it, as large as it fits, on a ground of its border's colour.
    #[default]
    Pad,
    /// Its middle, as torchvision's `ImageClassification` shows pictures to a model: the picture is
    /// resized, bilinear, until it just covers the image and a seventh more, and the middle is cut out.
    Crop,
}

impl Fit {
    /// The width and height that a picture covers before its middle becomes an image of a shape: 256 for 224,
    /// and others in proportion.
    pub fn covered(shape: ImageShape) -> [usize; 2] {
        [shape.width, shape.height].map(|side| (side * 16 + 7) / 14)
    }

    /// Its name, as on the command line and in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pad => "pad",
            Self::Crop => "crop",
        }
    }

    /// The change to pictures in a word: "padded", which continues "to 3×224×224".
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Pad => "padded",
            Self::Crop => "resized and cropped",
        }
    }

    /// Whether it is what it is where nothing is said, as in configurations of before there was another.
    pub fn is_pad(&self) -> bool {
        *self == Self::Pad
    }
}
