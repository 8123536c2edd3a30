//! The scale of the loss, with which gradients do not vanish in 16-bit floats.

use crate::Trainee;
use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::backend::AutodiffBackend;
use burn::tensor::{ElementConversion, Tensor};
use serde::{Deserialize, Serialize};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The scale of the loss in the backward pass: the gradients are divided by it again. It doubles after
/// [`STEPS_TO_GROW`](Scale::STEPS_TO_GROW) steps, and halves with each step whose gradients are not finite, which is
/// left out: Micikevicius and others, "Mixed Precision Training", 2018, with the numbers of PyTorch's `GradScaler`.
///
/// Clones share it, so that all devices of a training have one.
#[derive(Debug, Clone, Default)]
pub struct LossScale(Option<Arc<Mutex<Scale>>>);

/// A scale and how long it has been good.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Scale {
    /// The factor.
    pub factor: f32,
    /// Steps since it changed.
    pub steps: u32,
}

impl Scale {
    /// Steps with finite gradients after which it doubles.
    pub const STEPS_TO_GROW: u32 = 2_000;
}

impl Default for Scale {
    fn default() -> Self {
        Self {
            factor: 65_536.0,
            steps: 0,
        }
    }
}

impl LossScale {
    /// A scale that follows the gradients.
    pub fn following() -> Self {
        Self(Some(Arc::default()))
    }

    fn lock(&self) -> Option<MutexGuard<'_, Scale>> {
        let scale = self.0.as_ref()?;
        Some(scale.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The scale at present; `None` where the loss is not scaled.
    pub fn get(&self) -> Option<Scale> {
        self.lock().map(|scale| *scale)
    }

    /// Goes on with an earlier scale, if the loss is scaled.
    pub fn set(&self, earlier: Scale) {
        if let Some(mut scale) = self.lock() {
            *scale = earlier;
        }
    }

    /// Follows a step whose gradients were finite or not.
    pub fn follow(&self, are_finite: bool) {
        let Some(mut scale) = self.lock() else {
            return;
        };
        scale.steps += 1;
        if !are_finite {
            *scale = Scale {
                factor: scale.factor / 2.0,
                steps: 0,
            };
        } else if scale.steps == Scale::STEPS_TO_GROW {
            *scale = Scale {
                factor: scale.factor * 2.0,
                steps: 0,
            };
        }
    }
}

/// Whether all gradients are finite.
pub fn are_finite<B: AutodiffBackend>(trainee: &Trainee<B>, gradients: &GradientsParams) -> bool {
    let mut sum = Sum {
        gradients,
        of_all: None,
    };
    trainee.model.visit(&mut sum);
    sum.of_all
        .is_none_or(|sum| sum.into_scalar().elem::<f32>().is_finite())
}

/// The sum of the gradients' sizes: finite only if each of them is.
struct Sum<'a, B: AutodiffBackend> {
    gradients: &'a GradientsParams,
    of_all: Option<Tensor<B::InnerBackend, 1>>,
}

impl<B: AutodiffBackend> ModuleVisitor<B> for Sum<'_, B> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<B, D>>) {
        if let Some(gradient) = self.gradients.get::<B::InnerBackend, D>(param.id) {
            let sum = gradient.abs().mean();
            self.of_all = Some(match self.of_all.take() {
                Some(all) => all + sum,
                None => sum,
            });
        }
    }
}

/// Divides gradients by the scale of their loss.
pub(crate) fn unscaled<B: AutodiffBackend>(
    trainee: &Trainee<B>,
    gradients: GradientsParams,
    scale: f32,
) -> GradientsParams {
    let mut divider = Divider {
        scaled: gradients,
        divided: GradientsParams::new(),
        scale,
    };
    trainee.model.visit(&mut divider);
    divider.divided
}

struct Divider {
    scaled: GradientsParams,
    divided: GradientsParams,
    scale: f32,
}

impl<B: AutodiffBackend> ModuleVisitor<B> for Divider {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<B, D>>) {
        if let Some(gradient) = self.scaled.remove::<B::InnerBackend, D>(param.id) {
            self.divided
                .register::<B::InnerBackend, D>(param.id, gradient / self.scale);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_halves_after_a_bad_step_and_doubles_after_two_thousand_good_ones() {
        let scale = LossScale::following();
        let of_another_device = scale.clone();
        scale.follow(true);
        of_another_device.follow(false);
        let halved = Scale {
            factor: 32_768.0,
            steps: 0,
        };
        assert_eq!(scale.get(), Some(halved));
        (1..Scale::STEPS_TO_GROW).for_each(|_| scale.follow(true));
        assert_eq!(scale.get().unwrap().factor, 32_768.0);
        scale.follow(true);
        assert_eq!(scale.get(), Some(Scale::default()));
        scale.set(halved);
        assert_eq!(of_another_device.get(), Some(halved));

        let none = LossScale::default();
        none.follow(false);
        assert_eq!(none.get(), None);
    }
}
