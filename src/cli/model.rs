//! The options that name a trained model and the device that runs it.

use super::select;
use burn_zoo::architecture::Change;
use burn_zoo::backend::Selected;
use burn_zoo::convolution::{Conv, Purpose};
use burn_zoo::run::{BEST, WEIGHTS};
use burn_zoo::trained::{Placed, Trained, TrainedError};
use std::error::Error;

#[derive(clap::Args)]
pub(super) struct TrainedArgs {
    /// The run folder, or the name of weights that come with the zoo
    pub model: String,
    /// The weights of the run to load [default: last]
    #[arg(long, value_enum)]
    pub weights: Option<Which>,
}

#[derive(Clone, Copy, clap::ValueEnum)]
pub(super) enum Which {
    /// The weights after the last epoch
    Last,
    /// The weights after the best epoch
    Best,
}

impl TrainedArgs {
    pub fn open(&self) -> Result<Trained, Box<dyn Error>> {
        let trained = Trained::open(&self.model, self.file())?;
        match (&trained.run, self.weights) {
            (None, Some(_)) => Err(format!(
                "{} comes with the zoo and has no weights of another epoch: leave --weights out",
                trained.name
            )
            .into()),
            _ => Ok(trained),
        }
    }

    /// The run's file that holds the weights.
    pub fn file(&self) -> &'static str {
        match self.weights {
            Some(Which::Last) | None => WEIGHTS,
            Some(Which::Best) => BEST,
        }
    }
}

/// Layers of the user's own.
#[derive(clap::Args)]
pub(super) struct SetArgs {
    /// Change a setting of the model's own, for example channels=16,32,64,128 or hidden=256; it may be given several times
    #[arg(long, value_name = "SETTING=VALUE")]
    pub set: Vec<Change>,
}

#[derive(clap::Args)]
pub(super) struct ModelArgs {
    #[command(flatten)]
    pub trained: TrainedArgs,
    /// The backend: auto, or one of `zoo backends`
    #[arg(long, default_value = "auto")]
    backend: String,
    /// The backend's device, from `zoo backends`
    #[arg(long)]
    device: Option<String>,
    /// The convolution algorithm: auto (for a run's own data set as in training if the backend is the same,
    /// otherwise the fastest measured for that many images), direct, im2col, frequency
    #[arg(long, value_name = "ALGORITHM", default_value = "auto")]
    conv: Conv,
}

/// A trained model and a device for it.
pub(super) struct Opened {
    pub trained: Trained,
    pub selected: Selected,
    conv: Conv,
}

impl ModelArgs {
    pub fn open(&self) -> Result<Opened, Box<dyn Error>> {
        Ok(Opened {
            trained: self.trained.open()?,
            selected: select(&self.backend, self.device.as_deref())?,
            conv: self.conv,
        })
    }
}

impl Opened {
    /// The model on the device, for images from anywhere.
    pub fn model(&self, images: usize, batch_size: usize) -> Result<Placed, TrainedError> {
        let purpose = Purpose::Inference { images, batch_size };
        self.trained.on(&self.selected, self.conv, purpose)
    }

    /// The model on the device, for images of its own data set.
    pub fn model_as_trained(
        &self,
        images: usize,
        batch_size: usize,
    ) -> Result<Placed, TrainedError> {
        let purpose = Purpose::Inference { images, batch_size };
        self.trained
            .as_trained_on(&self.selected, self.conv, purpose)
    }
}

/// How pictures from elsewhere become images like those of the model's data set.
#[derive(clap::Args)]
pub(super) struct PictureArgs {
    /// Invert pictures before classifying them: auto (for models of Fashion-MNIST, whose images are of light things
    /// on black, each pixel becomes its distance from the colour of the picture's ground), yes (the negative), no
    /// (pictures as they are)
    #[arg(long, value_enum, default_value_t = Invert::Auto)]
    invert: Invert,
}

#[derive(Clone, Copy, PartialEq, clap::ValueEnum)]
enum Invert {
    Auto,
    Yes,
    No,
}

impl PictureArgs {
    /// Whether the user wants negatives.
    pub fn invert(&self, trained: &Trained) -> Result<Option<bool>, String> {
        match self.invert {
            Invert::Yes if trained.architecture.input().channels != 1 => Err(format!(
                "{} takes colour images, and inverting a colour picture changes its colours: leave --invert out",
                trained.name
            )),
            Invert::Auto => Ok(None),
            invert => Ok(Some(invert == Invert::Yes)),
        }
    }
}

/// A colour, as web pages write it.
pub(super) fn hex([red, green, blue]: [u8; 3]) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}
