// Made by scripts/edition.py from models/: not to be edited.

use crate::{ImageShape, Initialisation};
use burn::tensor::FloatDType;
use serde::{Deserialize, Serialize};

/// How a model is trained: Adam on the cross-entropy of the logits.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Recipe {
    /// How the weights are drawn.
    pub initialisation: Initialisation,
    /// Adam's learning rate; with a [schedule](Refinements::schedule), its largest.
    pub learning_rate: f64,
    /// Images a training step.
    pub batch_size: usize,
    /// Passes over the training set.
    pub num_epochs: usize,
    /// Additions to the lecture's recipe.
    pub refinements: Refinements,
}

/// Additions to the lecture's recipe; with [`NONE`](Self::NONE) it is the lecture's.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Refinements {
    /// The schedule of the learning rate.
    pub schedule: Schedule,
    /// Decoupled weight decay (AdamW): in each step every weight, but no bias and no parameter
    /// of batch normalisation, shrinks by this share of itself, times
    /// the learning rate: Loshchilov and Hutter, "Decoupled Weight Decay Regularization", 2019.
    pub weight_decay: f64,
    /// Label smoothing: the share of each target that is spread over all classes: Szegedy and others, "Rethinking the
    /// Inception Architecture for Computer Vision", 2016.
    pub label_smoothing: f32,
    /// Random crops: at least this share of each image's pixels, with an aspect ratio from 3:4 to 4:3, resized to the
    /// whole image; 0 turns them off: Szegedy and others, "Going Deeper with Convolutions",
    /// 2015, as torchvision's `RandomResizedCrop` has it.
    #[serde(skip_serializing_if = "is_zero")]
    pub random_crop: f32,
    /// Random horizontal flips: half of the images, drawn anew in each epoch.
    pub flip: bool,
    /// Random shifts by up to this many pixels in both directions, filled up with black.
    pub shift: usize,
    /// Cutout: the side of a square in each image that is blacked out at random: DeVries and
    /// Taylor, "Improved Regularization of Convolutional Neural Networks with Cutout", 2017.
    pub cutout: usize,
    /// The type of float of the products in training.
    #[serde(skip_serializing_if = "is_usual")]
    pub precision: Precision,
}

impl Refinements {
    /// The lecture's recipe.
    pub const NONE: Self = Self {
        schedule: Schedule::Constant,
        weight_decay: 0.0,
        label_smoothing: 0.0,
        random_crop: 0.0,
        flip: false,
        shift: 0,
        cutout: 0,
        precision: Precision::F32,
    };

    /// Checks the values for images of a shape.
    ///
    /// # Errors
    /// A sentence that names the field.
    pub fn check(&self, images: ImageShape) -> Result<(), String> {
        let Self {
            label_smoothing,
            random_crop,
            shift,
            cutout,
            ..
        } = *self;
        if !(0.0..1.0).contains(&label_smoothing) {
            return Err(format!(
                "‘label_smoothing’ {label_smoothing} is not a share of the target: it must be at least 0 and less than 1"
            ));
        }
        if !(0.0..=1.0).contains(&random_crop) {
            return Err(format!(
                "‘random_crop’ {random_crop} is not a share of an image: it must be greater than 0 and at most 1, or 0 for no crops"
            ));
        }
        let side = images.height.min(images.width);
        for (field, size) in [("shift", shift), ("cutout", cutout)] {
            if size >= side {
                return Err(format!(
                    "‘{field}’ {size} leaves nothing of images {side} pixels high or wide: make it smaller"
                ));
            }
        }
        Ok(())
    }

    /// Those that are in use, each in a few words.
    pub fn in_words(&self) -> Vec<String> {
        let Self {
            // Said with the learning rate.
            schedule: _,
            weight_decay,
            label_smoothing,
            random_crop,
            flip,
            shift,
            cutout,
            precision,
        } = *self;
        let all = [
            (weight_decay > 0.0, format!("weight decay {weight_decay}")),
            (
                label_smoothing > 0.0,
                format!("label smoothing {label_smoothing}"),
            ),
            (
                random_crop > 0.0,
                format!("random crops of at least {random_crop}"),
            ),
            (flip, "random flips".into()),
            (shift > 0, format!("random shifts of up to {shift} pixels")),
            (cutout > 0, format!("cutout of {cutout} pixels")),
            (
                !is_usual(&precision),
                format!("products in {}", precision.name()),
            ),
        ];
        let used = all.into_iter().filter(|(is_used, _)| *is_used);
        used.map(|(_, words)| words).collect()
    }
}

/// Left out of files where it is 0, so that files from before there was a random crop stay as they are.
fn is_zero(share: &f32) -> bool {
    *share == 0.0
}

/// Left out of files where it is the usual one, for the same reason.
fn is_usual(precision: &Precision) -> bool {
    *precision == Precision::F32
}

impl Default for Refinements {
    fn default() -> Self {
        Self::NONE
    }
}

/// The schedule of the learning rate over the steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Schedule {
    /// The same in every step.
    Constant,
    /// Linear warm-up over the first twentieth of the steps, then cosine annealing to 0: Loshchilov and Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts", 2017.
    Cosine,
}

impl Schedule {
    /// All schedules.
    pub const ALL: [Self; 2] = [Self::Constant, Self::Cosine];

    /// Its name, as on the command line and in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Constant => "constant",
            Self::Cosine => "cosine",
        }
    }
}

/// The type of float in which convolutions and dense layers multiply in training; weights, sums over batches and
/// Adam's steps stay in 32 bits: Micikevicius and others, "Mixed Precision Training", 2018.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// 32 bits.
    #[default]
    F32,
    /// 16 bits, with the range of 32 and 8 significant bits.
    Bf16,
    /// 16 bits, 11 of them significant, for numbers up to 65,504: gradients are scaled so that they do not vanish.
    F16,
}

impl Precision {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::F32, Self::Bf16, Self::F16];

    /// Its name, as on the command line and in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::Bf16 => "bf16",
            Self::F16 => "f16",
        }
    }

    /// The type of float to which the factors are changed; `None` where they stay as they are.
    pub fn products(self) -> Option<FloatDType> {
        match self {
            Self::F32 => None,
            Self::Bf16 => Some(FloatDType::BF16),
            Self::F16 => Some(FloatDType::F16),
        }
    }
}
