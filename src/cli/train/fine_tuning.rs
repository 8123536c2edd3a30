//! The options that begin with weights of elsewhere.

use burn_zoo::run::RunConfig;
use burn_zoo::training::{Source, TrainError};
use std::path::PathBuf;

/// What `--freeze` and a run's list say for nothing.
const NONE: &str = "none";

#[derive(clap::Args)]
pub(super) struct FineTuningArgs {
    /// Begin with the last weights of a run (trained or imported), with weights that come with the zoo, or
    /// with those in a file of PyTorch's (.pth, .pt, .safetensors) instead of drawn ones; where they are for
    /// other classes, the last layer is drawn anew
    #[arg(long, value_name = "RUN|NAME|FILE", conflicts_with = "resume")]
    pub init_from: Option<PathBuf>,
    /// Do not train these modules, separated by commas: backbone (all but the last layer), modules by
    /// their names in `zoo summary`, or none; their batch statistics stay as they are too. With --resume, from
    /// there on [default: none]
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub freeze: Vec<String>,
    /// The learning rate of all but the last layer, where it is another than --lr; a schedule is the
    /// same for both [default: that of --lr]
    #[arg(
        long,
        value_name = "LR",
        conflicts_with = "resume",
        allow_negative_numbers = true
    )]
    pub backbone_lr: Option<f64>,
}

impl FineTuningArgs {
    /// What is frozen as the command line says, or else as in an earlier run.
    pub fn freeze(&self, old: Option<&RunConfig>) -> Vec<String> {
        match (self.freeze.as_slice(), old) {
            ([], Some(old)) => old.freeze.clone(),
            ([only], _) if only == NONE => Vec::new(),
            (names, _) => names.to_vec(),
        }
    }

    /// The weights to begin with, as the command line says, or else as in an earlier run.
    pub fn source(&self, old: Option<&RunConfig>) -> Result<Option<Source>, TrainError> {
        let path = self.init_from.as_ref();
        let path = path.or(old.and_then(|config| config.init_from.as_ref()));
        Ok(path.map(|path| Source::open(path)).transpose()?)
    }
}

/// For `--print-config`: "none" or the names.
pub(super) fn in_one_word(freeze: &[String]) -> String {
    match freeze {
        [] => NONE.into(),
        names => names.join(","),
    }
}
