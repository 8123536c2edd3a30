use super::data::PicturesArgs;
use super::{Outcome, print};
use crate::summary;
use std::process::ExitCode;

#[derive(clap::Args)]
pub(super) struct Args {
    /// The model, by its name in `zoo list`
    model: String,
    /// The data set whose images it takes, or folder:PATH for pictures of your own
    #[arg(long, default_value = "fashion-mnist")]
    dataset: String,
    #[command(flatten)]
    pictures: PicturesArgs,
}

pub(super) fn run(args: Args) -> Outcome {
    let spec = burn_zoo_models::find(&args.model)?;
    let dataset = args.pictures.find(&args.dataset, None)?;
    print(&summary::table(&dataset.architecture(spec))?);
    Ok(ExitCode::SUCCESS)
}
