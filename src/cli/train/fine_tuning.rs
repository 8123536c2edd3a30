//! The options that begin with weights from elsewhere.

use burn_zoo::training::NONE;
use std::path::PathBuf;

#[derive(clap::Args)]
pub(super) struct FineTuningArgs {
    /// Begin with the last weights of a run (trained or imported), with weights that come with the zoo, or
    /// with those in a file of PyTorch's (.pth, .pt, .safetensors), instead of random ones; if they are for
    /// other classes, the last layer is initialised anew
    #[arg(long, value_name = "RUN|NAME|FILE", conflicts_with = "resume")]
    pub init_from: Option<PathBuf>,
    /// Do not train these modules, separated by commas: backbone (all but the last layer), modules by
    /// their names in `zoo summary`, or none; their batch statistics stay as they are too. With --resume, from
    /// there on [default: none]
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    freeze: Vec<String>,
    /// The learning rate of all but the last layer, if it differs from --lr; a schedule is the
    /// same for both [default: that of --lr]
    #[arg(
        long = "backbone-lr",
        value_name = "LR",
        conflicts_with = "resume",
        allow_negative_numbers = true
    )]
    pub backbone_learning_rate: Option<f64>,
}

impl FineTuningArgs {
    /// The modules to freeze, where the command line says.
    pub fn freeze(&self) -> Option<Vec<String>> {
        match self.freeze.as_slice() {
            [] => None,
            [only] if only == NONE => Some(Vec::new()),
            names => Some(names.to_vec()),
        }
    }
}
