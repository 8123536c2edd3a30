use super::{Outcome, print, print_json, table, trimmed};
use burn_zoo::data;
use burn_zoo::numbers::thousands;
use burn_zoo::summary::num_params;
use burn_zoo_models::{MODELS, ModelSpec, Weights};
use serde_json::{Map, json};
use std::process::ExitCode;

const EXAMPLES: &str = "\
Examples:
  zoo list
  zoo list --json                             # with the whole recipes";

#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// The data sets whose shapes the table shows.
const SHOWN: [&str; 2] = ["fashion-mnist", "cifar-10"];

pub(super) fn run(args: Args) -> Outcome {
    if args.json {
        let models = MODELS.iter().map(|spec| {
            let params =
                SHOWN.map(|dataset| Ok((dataset.to_owned(), json!(params(spec, dataset)?))));
            let params: Map<_, _> = params
                .into_iter()
                .collect::<Result<_, Box<dyn std::error::Error>>>()?;
            Ok(json!({
                "id": spec.id,
                "title": spec.title,
                "parameters": params,
                "recipe": spec.recipe,
                "tuned": spec.tuned,
                "source": spec.source,
                "weights": weights_of(spec).map(|weights| json!({
                    "id": weights.id,
                    "dataset": weights.dataset,
                    "accuracy": weights.accuracy,
                    "loss": weights.loss,
                    "seed": weights.seed,
                    "command": weights.command,
                    "file_size": weights.file_size(),
                    "sha256": weights.sha256,
                })).collect::<Vec<_>>(),
            }))
        });
        print_json(&models.collect::<Result<Vec<_>, Box<dyn std::error::Error>>>()?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = table(&[
        "model",
        "what it is",
        "params 1×28×28",
        "params 3×32×32",
        "initialisation",
        "lr",
        "batch",
        "epochs",
    ]);
    for column in [2, 3, 5, 6, 7] {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(comfy_table::CellAlignment::Right);
        }
    }
    for spec in MODELS {
        table.add_row([
            spec.id.to_owned(),
            spec.title.to_owned(),
            thousands(params(spec, SHOWN[0])?),
            thousands(params(spec, SHOWN[1])?),
            spec.recipe.initialisation.to_string(),
            format!("{:e}", spec.recipe.learning_rate),
            spec.recipe.batch_size.to_string(),
            spec.recipe.num_epochs.to_string(),
        ]);
    }
    print(&format!(
        "{}\n{}",
        trimmed(&table),
        trimmed(&weights_table())
    ));
    Ok(ExitCode::SUCCESS)
}

/// The weights that come with the zoo.
fn weights_table() -> comfy_table::Table {
    let mut table = table(&["weights", "test accuracy", "made by"]);
    if let Some(column) = table.column_mut(1) {
        column.set_cell_alignment(comfy_table::CellAlignment::Right);
    }
    for weights in Weights::ALL {
        table.add_row([
            weights.id.to_owned(),
            format!("{:.2} %", 100.0 * weights.accuracy),
            weights.command.to_owned(),
        ]);
    }
    table
}

fn weights_of(spec: &ModelSpec) -> impl Iterator<Item = &'static Weights> {
    let all = Weights::ALL.iter();
    all.filter(|weights| weights.model == spec.id)
}

fn params(spec: &ModelSpec, dataset: &str) -> Result<usize, Box<dyn std::error::Error>> {
    let dataset = data::find(dataset)?;
    Ok(num_params(&dataset.architecture(spec))?)
}
