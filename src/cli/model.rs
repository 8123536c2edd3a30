//! The trained model that a command looks at, and where it is computed.

use super::evaluate::Which;
use super::select;
use crate::backend::{Infer, Selected};
use crate::convolution::{Conv, Purpose, in_turn};
use crate::trained::Trained;
use burn_zoo_models::Classifier;
use std::error::Error;

#[derive(clap::Args)]
pub(super) struct ModelArgs {
    /// The run folder, or the name of weights that come with the zoo
    model: String,
    /// Which weights of the run
    #[arg(long, value_enum, default_value_t = Which::Last)]
    weights: Which,
    /// The backend: auto, or one of `zoo backends`
    #[arg(long, default_value = "auto")]
    backend: String,
    /// The backend's device, from `zoo backends`
    #[arg(long)]
    device: Option<String>,
    /// How convolutions are computed: auto (the fastest measured), direct, im2col, frequency
    #[arg(long, value_name = "ALGORITHM", default_value = "auto")]
    conv: Conv,
    /// Whether a model of grey images is shown pictures' negatives: auto (of those that are dark on
    /// light, for models of Fashion-MNIST, whose images are light on black), yes, no
    #[arg(long, value_enum, default_value_t = Invert::Auto)]
    invert: Invert,
}

#[derive(Clone, Copy, PartialEq, clap::ValueEnum)]
enum Invert {
    Auto,
    Yes,
    No,
}

/// A trained model on a device.
pub(super) struct Opened {
    pub trained: Trained,
    pub selected: Selected,
    pub model: Classifier<Infer>,
    /// Whether the user wants negatives.
    pub invert: Option<bool>,
}

impl ModelArgs {
    /// As it was asked for.
    pub fn name(&self) -> &str {
        &self.model
    }

    pub fn open(&self) -> Result<Opened, Box<dyn Error>> {
        let trained = Trained::open(&self.model, self.weights.file())?;
        if self.invert == Invert::Yes && trained.architecture.input().channels != 1 {
            return Err(format!(
                "{} takes images in colour, whose negatives have other colours: leave --invert out",
                trained.name
            )
            .into());
        }
        let selected = select(&self.backend, self.device.as_deref())?;
        let layers = trained.architecture.convolutions()?;
        let algorithms = self
            .conv
            .choose(selected.backend.id, &layers, Purpose::Inference);
        let model = trained.classifier::<Infer>(&selected.device)?;
        Ok(Opened {
            model: model.with_algorithms(in_turn(&algorithms)),
            trained,
            selected,
            invert: match self.invert {
                Invert::Auto => None,
                Invert::Yes => Some(true),
                Invert::No => Some(false),
            },
        })
    }
}
