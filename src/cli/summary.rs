use super::data::PicturesArgs;
use super::model::SetArgs;
use super::{Outcome, print, print_json};
use burn_zoo::architecture::changed;
use burn_zoo::data;
use burn_zoo::summary;
use serde_json::json;
use std::process::ExitCode;

const EXAMPLES: &str = "\
Examples:
  zoo summary cnn
  zoo summary cnn --dataset cifar-10
  zoo summary vgg-small --dataset folder:photos --image-shape 3x64x64";

#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The model, by its name in `zoo list`
    model: String,
    #[command(flatten)]
    layers: SetArgs,
    /// The data set whose images it takes, or folder:PATH for pictures of your own
    #[arg(long, default_value = "fashion-mnist")]
    dataset: String,
    #[command(flatten)]
    pictures: PicturesArgs,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: Args) -> Outcome {
    let spec = burn_zoo_models::find(&args.model)?;
    let dataset = args
        .pictures
        .find(&args.dataset, None, data::usual(&[spec]))?;
    let architecture = changed(&dataset.architecture(spec), &args.layers.set)?;
    if !args.json {
        print(&summary::table(&architecture)?);
        return Ok(ExitCode::SUCCESS);
    }
    let input = architecture.input();
    let graph = summary::graph(&architecture)?;
    let layers: Vec<_> = graph
        .layers()
        .iter()
        .map(|layer| {
            json!({
                "name": layer.name,
                "kind": layer.op.kind(),
                "output": layer.output,
                "parameters": layer.num_params(),
            })
        })
        .collect();
    print_json(&json!({
        "model": spec.id,
        "dataset": dataset.id,
        "input": [input.channels, input.height, input.width],
        "classes": architecture.num_classes(),
        "layers": layers,
        "parameters": graph.num_params(),
    }))?;
    Ok(ExitCode::SUCCESS)
}
