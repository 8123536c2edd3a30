use super::{Outcome, print};
use crate::{data, summary};
use std::process::ExitCode;

#[derive(clap::Args)]
pub(super) struct Args {
    /// The model, by its name in `zoo list`
    model: String,
    /// The data set whose images it takes
    #[arg(long, default_value = "fashion-mnist")]
    dataset: String,
}

pub(super) fn run(args: Args) -> Outcome {
    let spec = burn_zoo_models::find(&args.model)?;
    let dataset = data::find(&args.dataset)?;
    print(&summary::table(&dataset.architecture(spec))?);
    Ok(ExitCode::SUCCESS)
}
