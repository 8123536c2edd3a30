use super::evaluate::Which;
use super::{Outcome, print, write_whole};
use crate::exchange::{self, to_file};
use crate::run::RunDir;
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
    let name = args.weights.file();
    let (weights, _) = run.read_weights(name)?;
    // A file of another model would be written without the tensors that this one does not have.
    let model = config
        .architecture
        .init::<burn_flex::Flex>(0, &burn_flex::FlexDevice)?;
    weights
        .apply(model)
        .map_err(|error| run.weights_error(name, error))?;
    let (format, suffix) = args.format.of_exchange();
    let bytes = to_file(&config.architecture, &weights, format)?;
    let path = args
        .out
        .unwrap_or_else(|| args.run.join(format!("{}-pytorch.{suffix}", config.model)));
    write_whole(&path, &bytes)
        .map_err(|error| format!("cannot write {}: {error}", path.display()))?;
    print(&format!("{}\n", path.display()));
    Ok(ExitCode::SUCCESS)
}
