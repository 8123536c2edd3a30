use super::evaluate::Which;
use super::{Outcome, print};
use crate::exchange::{self, to_file};
use crate::run::{RunDir, write_whole};
use crate::weights::Weights;
use burn_flex::{Flex, FlexDevice};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(clap::Args)]
pub(super) struct Args {
    /// The run folder
    run: PathBuf,
    /// The file's format: a state dict with the names of the lecture's PyTorch code
    #[arg(long, value_enum)]
    format: Format,
    /// Which weights of the run
    #[arg(long, value_enum, default_value_t = Which::Last)]
    weights: Which,
    /// The file [default: in the run folder, by the model's name]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Format {
    /// For safetensors.torch.load_file
    Safetensors,
    /// For torch.load
    Pytorch,
}

impl Format {
    fn of_exchange(self) -> (exchange::Format, &'static str) {
        match self {
            Self::Safetensors => (exchange::Format::Safetensors, "safetensors"),
            Self::Pytorch => (exchange::Format::Pytorch, "pt"),
        }
    }
}

pub(super) fn run(args: Args) -> Outcome {
    let run = RunDir::open(&args.run)?;
    let config = run.config()?;
    let model = config.architecture.init::<Flex>(0, &FlexDevice)?;
    let (model, _) = run.weigh(args.weights.file(), model)?;
    let (format, suffix) = args.format.of_exchange();
    let bytes = to_file(&config.architecture, &Weights::of(&model), format)?;
    let path = args
        .out
        .unwrap_or_else(|| args.run.join(format!("{}-pytorch.{suffix}", config.model)));
    write_whole(&path, &bytes)
        .map_err(|error| format!("cannot write {}: {error}", path.display()))?;
    print(&format!("{}\n", path.display()));
    Ok(ExitCode::SUCCESS)
}
