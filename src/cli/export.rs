use super::evaluate::Which;
use super::{Outcome, print};
use crate::exchange::{self, to_burnpack, to_file, to_onnx};
use crate::run::write_whole;
use crate::trained::Trained;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(clap::Args)]
pub(super) struct Args {
    /// The run folder, or the name of weights that come with the zoo
    model: String,
    /// The file's format
    #[arg(long, value_enum)]
    format: Format,
    /// Which weights of the run
    #[arg(long, value_enum, default_value_t = Which::Last)]
    weights: Which,
    /// The file [default: by the model's name, in the run folder or else here]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Format {
    /// A state dict for safetensors.torch.load_file, with the names of the lecture's PyTorch code
    Safetensors,
    /// The same for torch.load
    Pytorch,
    /// The whole model, for ONNX Runtime and all that reads ONNX
    Onnx,
    /// Burn's own, for load_from of the model's architecture
    Burnpack,
}

impl Format {
    /// The file's bytes.
    fn bytes(self, trained: &Trained) -> Result<Vec<u8>, Box<dyn Error>> {
        let state_dict = |format| to_file(&trained.architecture, trained.weights(), format);
        Ok(match self {
            Self::Safetensors => state_dict(exchange::Format::Safetensors)?,
            Self::Pytorch => state_dict(exchange::Format::Pytorch)?,
            Self::Onnx => to_onnx(trained).map_err(|error| format!("{} {error}", trained.name))?,
            Self::Burnpack => to_burnpack(trained)?,
        })
    }

    /// What the file is called, if not told otherwise.
    fn file(self, model: &str) -> String {
        match self {
            Self::Safetensors => format!("{model}-pytorch.safetensors"),
            Self::Pytorch => format!("{model}-pytorch.pt"),
            Self::Onnx => format!("{model}.onnx"),
            Self::Burnpack => format!("{model}.bpk"),
        }
    }
}

pub(super) fn run(args: Args) -> Outcome {
    let trained = Trained::open(&args.model, args.weights.file())?;
    let bytes = args.format.bytes(&trained)?;
    let path = args.out.unwrap_or_else(|| {
        let file = args.format.file(&trained.model);
        match Path::new(&args.model) {
            run if run.is_dir() => run.join(file),
            _ => file.into(),
        }
    });
    write_whole(&path, &bytes)
        .map_err(|error| format!("cannot write {}: {error}", path.display()))?;
    print(&format!("{}\n", path.display()));
    Ok(ExitCode::SUCCESS)
}
