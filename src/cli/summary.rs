use super::{Outcome, print};
use crate::{data, summary};
use burn_zoo_models::ImageShape;
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
    let [channels, height, width] = dataset.shape;
    let config = spec.config(
        ImageShape::new(channels, height, width),
        dataset.classes.len(),
    );
    print(&summary::table(&config)?);
    Ok(ExitCode::SUCCESS)
}
