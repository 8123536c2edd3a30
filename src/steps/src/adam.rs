//! Adam's settings.

use burn::optim::AdamConfig;
use serde::{Deserialize, Serialize};

/// Adam's settings, by PyTorch's names and values.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdamSettings {
    /// The learning rate.
    pub learning_rate: f64,
    /// How fast the mean of the gradients forgets.
    pub beta_1: f32,
    /// How fast the mean of the squared gradients forgets.
    pub beta_2: f32,
    /// Added to the denominator. Burn's default is 1e-5; PyTorch's, and this, is 1e-8.
    pub epsilon: f32,
}

impl AdamSettings {
    /// PyTorch's values with this learning rate.
    pub fn new(learning_rate: f64) -> Self {
        Self {
            learning_rate,
            beta_1: 0.9,
            beta_2: 0.999,
            epsilon: 1e-8,
        }
    }

    /// Burn's Adam with these settings.
    pub fn config(&self) -> AdamConfig {
        AdamConfig::new()
            .with_beta_1(self.beta_1)
            .with_beta_2(self.beta_2)
            .with_epsilon(self.epsilon)
    }
}
