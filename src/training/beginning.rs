//! The model that a training begins with.

use super::error::TrainError;
use super::frozen::frozen;
use crate::backend::{Selected, Train};
use crate::run::RunConfig;
use crate::weights::Weights;
use burn_zoo_models::{ClassifierConfig, ConvAlgorithm, Network, NetworkConfig, Precision};
use burn_zoo_steps::Trainee;
use std::any::Any;

/// A model that is to be trained, with the weights to begin with.
///
/// Behind `dyn`, so that code that drops it does not compile how tensors are freed: with wgpu, all of its kernels.
pub struct Beginning(Box<dyn Any>);

impl Beginning {
    pub(super) fn of(trainee: Trainee<Train>) -> Self {
        Self(Box::new(trainee))
    }

    pub(super) fn trainee(self) -> Trainee<Train> {
        let trainee = self.0.downcast();
        *trainee.expect("only `of` makes one")
    }

    /// Its parameters, read from its device.
    pub fn weights(&self) -> Weights {
        let trainee: Option<&Trainee<Train>> = self.0.downcast_ref();
        weights_of(trainee.expect("only `of` makes one"))
    }
}

/// The settings that determine the model that a training begins with.
pub struct Start<'a> {
    /// The model's settings.
    pub architecture: &'a ClassifierConfig,
    /// The seed of its weights.
    pub seed: u64,
    /// The algorithm of each convolution.
    pub convolutions: &'a [ConvAlgorithm],
    /// The modules that are not trained.
    pub freeze: &'a [String],
    /// The share of the target that is spread over all classes.
    pub label_smoothing: f32,
    /// The type of float of products.
    pub precision: Precision,
}

impl<'a> From<&'a RunConfig> for Start<'a> {
    fn from(config: &'a RunConfig) -> Self {
        Self {
            architecture: &config.architecture,
            seed: config.seed,
            convolutions: &config.convolutions,
            freeze: &config.freeze,
            label_smoothing: config.refinements.label_smoothing,
            precision: config.refinements.precision,
        }
    }
}

/// The model with the initial weights of its seed, its frozen modules frozen.
///
/// # Errors
/// [`TrainError::Model`] where its settings do not fit the images; [`TrainError::BadSetting`] as [`frozen`].
pub fn initial(start: &Start<'_>, selected: &Selected) -> Result<Beginning, TrainError> {
    let device = &selected.device;
    let model = start.architecture.init_with_seed(start.seed, device)?;
    let model = selected.suited(model, start.convolutions);
    let frozen = frozen(start.architecture, start.freeze)?;
    let model = model.frozen(|name| frozen.contains(name));
    let trainee = Trainee::new(model)
        .with_label_smoothing(start.label_smoothing)
        .with_most_saved(selected.most_saved())
        .with_precision(start.precision);
    Ok(Beginning::of(trainee))
}

pub(super) fn weights_of(trainee: &Trainee<Train>) -> Weights {
    Weights::of(&trainee.model)
}
