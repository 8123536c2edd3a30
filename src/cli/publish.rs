use super::{Outcome, own_path};
use burn_zoo::{backend, publish};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(clap::Args)]
pub(super) struct Args {
    /// Finished runs. Of each model and recipe the first run's weights are published; the other runs only
    /// add their accuracy as further seeds, as all runs do if the weights of another seed are published already
    runs: Vec<PathBuf>,
    /// The folder of the zoo's repository
    #[arg(long, value_name = "DIR", default_value = ".")]
    root: PathBuf,
    /// Write nothing; check that the list and the model cards are up to date
    #[arg(long, conflicts_with = "runs")]
    check: bool,
    /// The backend that computes the accuracies: auto, or one of `zoo backends`
    #[arg(long, default_value = "auto")]
    backend: String,
}

pub(super) fn run(args: Args) -> Outcome {
    if args.check {
        publish::check(&args.root)?;
    } else {
        let selected = backend::select(&args.backend, None, Some(&own_path()))?;
        publish::publish(&args.root, &args.runs, &selected)?;
    }
    Ok(ExitCode::SUCCESS)
}
