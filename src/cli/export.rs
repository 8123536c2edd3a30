use super::model::TrainedArgs;
use super::{Outcome, print, print_json};
use burn_zoo::exchange::{
    self, BurnVersion, module_name, to_burnpack, to_burnpack_for_rust, to_file, to_onnx, to_rust,
};
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
  zoo export vgg-small.fashion-mnist --format rust --out src/vgg_small.rs
  zoo export runs/cnn --format tensorboard    # then: tensorboard --logdir runs";

#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    #[command(flatten)]
    trained: TrainedArgs,
    /// The format of the file
    #[arg(long, value_enum)]
    format: Format,
    /// The version of Burn that Rust source is for [default: 0.22]
    #[arg(long, value_enum, value_name = "VERSION")]
    burn: Option<Burn>,
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
    /// The model's structs as Rust source for Burn alone, and their weights beside it, in a file that ends in .bpk
    Rust,
    /// The metrics of the run's epochs, as an event file for TensorBoard (no weights)
    Tensorboard,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Burn {
    #[value(name = "0.22")]
    V0_22,
    #[value(name = "0.21")]
    V0_21,
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
            Self::Rust => {
                let trained = trained()?;
                let name = format!("{}.rs", module_name(&trained.model));
                // The file says what its weights are called.
                let path = args.path(&name);
                let weights = weights_beside(&path)?;
                let version = match args.burn {
                    Some(Burn::V0_21) => BurnVersion::V0_21,
                    Some(Burn::V0_22) | None => BurnVersion::V0_22,
                };
                let file = weights.file_name().unwrap_or_default().to_string_lossy();
                let text = to_rust(&trained, version, &file);
                let text = text.map_err(|error| format!("{} {error}", trained.name))?;
                let bytes = to_burnpack_for_rust(&trained).map_err(|error| error.to_string())?;
                write_whole(&weights, &bytes)?;
                (name, text.into())
            }
            Self::Tensorboard => figures(&args.trained)?,
        })
    }
}

/// Where the weights of a file of Rust source are.
fn weights_beside(path: &Path) -> Result<PathBuf, String> {
    match path.extension() {
        Some(end) if end == "rs" => Ok(path.with_extension("bpk")),
        _ => Err(format!(
            "{} is no name for Rust source: give one that ends in .rs (the weights come beside it, in a file that \
             ends in .bpk)",
            path.display()
        )),
    }
}

impl Args {
    /// The file to write, whose default name is this one.
    fn path(&self, name: &str) -> PathBuf {
        let model = Path::new(&self.trained.model);
        self.out.clone().unwrap_or_else(|| match model {
            run if run.is_dir() => run.join(name),
            _ => name.into(),
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
    if args.burn.is_some() && !matches!(args.format, Format::Rust) {
        return Err(
            "--burn says which Burn Rust source is for, and goes with --format rust only".into(),
        );
    }
    let (name, bytes) = args.format.file(&args)?;
    let path = args.path(&name);
    write_whole(&path, &bytes)?;
    let is_rust = matches!(args.format, Format::Rust);
    let weights = is_rust.then(|| path.with_extension("bpk"));
    if args.json {
        let mut said = json!({ "file": shown(&path), "file_size": bytes.len() });
        if let Some(weights) = &weights {
            said["weights"] = json!(shown(weights));
        }
        print_json(&said)?;
    } else {
        for path in [Some(path), weights].into_iter().flatten() {
            print(&format!("{}\n", path.display()));
        }
    }
    Ok(ExitCode::SUCCESS)
}
