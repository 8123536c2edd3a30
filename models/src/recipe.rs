use crate::Initialisation;
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
    /// What it has that the lecture's has not.
    pub refinements: Refinements,
}

/// What a recipe may have beyond the lecture's; [`NONE`](Self::NONE) of it, and it is the lecture's.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Refinements {
    /// How the learning rate goes.
    pub schedule: Schedule,
    /// In each step every weight, but no bias, loses so much of itself, times the learning rate:
    /// Loshchilov and Hutter, "Decoupled Weight Decay Regularization", 2019.
    pub weight_decay: f64,
    /// The share of the target that is spread over all classes: Szegedy and others, "Rethinking the
    /// Inception Architecture for Computer Vision", 2016.
    pub label_smoothing: f32,
    /// Whether each image is mirrored, left to right, half of the times.
    pub flip: bool,
    /// Each image is moved by up to so many pixels in both directions; black comes in.
    pub shift: usize,
    /// The side of a square that is made black in each image, at a place drawn for it: DeVries and
    /// Taylor, "Improved Regularization of Convolutional Neural Networks with Cutout", 2017.
    pub cutout: usize,
}

impl Refinements {
    /// The lecture's recipe.
    pub const NONE: Self = Self {
        schedule: Schedule::Constant,
        weight_decay: 0.0,
        label_smoothing: 0.0,
        flip: false,
        shift: 0,
        cutout: 0,
    };
}

impl Default for Refinements {
    fn default() -> Self {
        Self::NONE
    }
}

/// How the learning rate goes from step to step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Schedule {
    /// The same in every step.
    Constant,
    /// Up in a straight line over the first twentieth of the steps, then down to 0 along half a
    /// cosine: Loshchilov and Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts", 2017.
    Cosine,
}

impl Schedule {
    /// Its name, as on the command line and in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Constant => "constant",
            Self::Cosine => "cosine",
        }
    }

    /// The share of the learning rate in a step, of `num_steps` in all; the first is number 0.
    pub fn share(self, step: usize, num_steps: usize) -> f64 {
        match self {
            Self::Constant => 1.0,
            Self::Cosine => {
                let warm_up = num_steps.div_ceil(20);
                if step < warm_up {
                    return (step + 1) as f64 / warm_up as f64;
                }
                let left = (num_steps - warm_up).max(1) as f64;
                let done = (step - warm_up) as f64 / left;
                0.5 * (1.0 + (std::f64::consts::PI * done).cos())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cosine_rises_for_a_twentieth_of_the_steps_and_falls_to_almost_nothing() {
        let share = |step| Schedule::Cosine.share(step, 100);
        assert_eq!([0, 4, 5].map(share), [0.2, 1.0, 1.0]);
        // Half a cosine over 95 steps: at step 5 + 95 / 2 it is at its middle.
        assert!((share(52) - 0.5).abs() < 0.01 && (share(53) - 0.5).abs() < 0.01);
        assert!((5..99).all(|step| share(step) > share(step + 1)));
        assert!(share(99) > 0.0 && share(99) < 0.001);
        assert_eq!(Schedule::Constant.share(99, 100), 1.0);
        assert_eq!(Schedule::Cosine.share(0, 1), 1.0);
    }
}
