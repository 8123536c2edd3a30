use super::model::TrainedArgs;
use super::{Outcome, print, print_json};
use burn_zoo::exchange::{self, to_burnpack, to_file, to_onnx};
use burn_zoo::run::RunDir;
use burn_zoo::system::files::{shown, write_whole};
use burn_zoo::tensorboard;
use serde_json::json;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const EXAMPLES: &str = "\
Examples:
  zoo export runs/cnn --format onnx           # for ONNX Runtime
  zoo export mlp-relu-3.fashion-mnist --format pytorch --out mlp.pt
  zoo export runs/cnn --format tensorboard    # then: tensorboard --logdir runs";

#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    #[command(flatten)]
    trained: TrainedArgs,
    /// The format of the file
    #[arg(long, value_enum)]
    format: Format,
    /// The file to write [default: named after the model, in the run folder or the current folder]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Format {
    /// A state dict for safetensors.torch.load_file, with the names of the lecture's PyTorch code
    Safetensors,
    /// The same for torch.load
    Pytorch,
    /// The whole model, for ONNX Runtime and other readers of ONNX
    Onnx,
    /// Burn's own format, for load_from of the model's architecture
    Burnpack,
    /// The metrics of the run's epochs, as an event file for TensorBoard (no weights)
    Tensorboard,
}

impl Format {
    /// The default name of the file, and its bytes.
    fn file(self, args: &Args) -> Result<(String, Vec<u8>), Box<dyn Error>> {
        let trained = || args.trained.open();
        let state_dict = |format| -> Result<_, Box<dyn Error>> {
            let trained = trained()?;
            let bytes = to_file(&trained, format)?;
            Ok((format!("{}-pytorch", trained.model), bytes))
        };
        Ok(match self {
            Self::Safetensors => {
                let (stem, bytes) = state_dict(exchange::Format::Safetensors)?;
                (format!("{stem}.safetensors"), bytes)
            }
            Self::Pytorch => {
                let (stem, bytes) = state_dict(exchange::Format::Pytorch)?;
                (format!("{stem}.pt"), bytes)
            }
            Self::Onnx => {
                let trained = trained()?;
                let bytes = to_onnx(&trained);
                let bytes = bytes.map_err(|error| format!("{} {error}", trained.name))?;
                (format!("{}.onnx", trained.model), bytes)
            }
            Self::Burnpack => {
                let trained = trained()?;
                let bytes = to_burnpack(&trained)?;
                (format!("{}.bpk", trained.model), bytes)
            }
            Self::Tensorboard => figures(&args.trained)?,
        })
    }
}

/// An event file of a run's metrics.
fn figures(trained: &TrainedArgs) -> Result<(String, Vec<u8>), Box<dyn Error>> {
    if trained.weights.is_some() {
        return Err(
            "an event file holds the metrics of all epochs and no weights: leave --weights out"
                .into(),
        );
    }
    let run = RunDir::open(Path::new(&trained.model))?;
    if run.metrics()?.is_empty() {
        let run = run.path().display();
        return Err(
            format!("{run} has not completed an epoch, so there are no metrics to export").into(),
        );
    }
    Ok(tensorboard::of_run(&run)?)
}

pub(super) fn run(args: Args) -> Outcome {
    let (name, bytes) = args.format.file(&args)?;
    let model = Path::new(&args.trained.model);
    let path = args.out.unwrap_or_else(|| match model {
        run if run.is_dir() => run.join(name),
        _ => name.into(),
    });
    write_whole(&path, &bytes)?;
    match args.json {
        true => print_json(&json!({ "file": shown(&path), "file_size": bytes.len() }))?,
        false => print(&format!("{}\n", path.display())),
    }
    Ok(ExitCode::SUCCESS)
}
