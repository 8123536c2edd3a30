//! The options that begin with weights of elsewhere, and what is said of them.

use burn_zoo::numbers::thousands;
use burn_zoo::run::RunConfig;
use burn_zoo::summary::graph;
use burn_zoo::training::{self, Source, TrainError};
use burn_zoo_models::Parameter;
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

/// The lines of the opening that tell what the model begins with and what of it stays.
pub(super) fn opening(config: &RunConfig) -> Result<String, TrainError> {
    let mut lines = String::new();
    let graph = graph(&config.architecture)?;
    if let Some(path) = &config.init_from {
        let which = if path.is_dir() {
            "the last of"
        } else {
            "those of"
        };
        let head = match (config.new_head, graph.head()) {
            (true, Some(head)) => format!(
                "; the last layer, {}, is drawn anew for {} classes",
                head.name,
                config.dataset.classes.len()
            ),
            _ => String::new(),
        };
        lines += &format!("weights  {which} {}{head}\n", path.display());
    }
    if !config.freeze.is_empty() {
        let frozen = training::frozen(&config.architecture, &config.freeze)?;
        let count = |own: &Parameter| own.shape.iter().product::<usize>();
        let learned = graph.parameters().filter(|own| own.is_learned);
        let numbers = learned.filter(|own| frozen.contains(&own.name)).map(count);
        lines += &format!(
            "frozen   {}: {} of {} parameters take no step, and batch normalisation there uses the statistics it came with and leaves them\n",
            config.freeze.join(", "),
            thousands(numbers.sum::<usize>()),
            thousands(graph.num_params()),
        );
    }
    Ok(lines)
}
