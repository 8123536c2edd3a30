use super::data::PicturesArgs;
use super::verbosity::is_quiet;
use super::{Outcome, print, print_json, warn};
use crate::cli::quoted;
use burn_zoo::data::{self, DatasetSpec};
use burn_zoo::exchange::{ExchangeError, StateDict};
use burn_zoo::numbers::thousands;
use burn_zoo::run::{self, DatasetConfig, RunConfig, RunDir, WEIGHTS};
use burn_zoo::summary::num_params;
use burn_zoo::training::AdamSettings;
use burn_zoo::weights::{Metadata, Weights};
use burn_zoo_models::{ClassifierConfig, ModelSpec, Refinements};
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;

const EXAMPLES: &str = "\
Examples:
  zoo import cnn.pt --model cnn
  zoo import checkpoint.pt --model mlp-relu --key model_state_dict --dataset cifar-10";

#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The file: .pt or .pth as torch.save writes a state dict or a checkpoint, or .safetensors
    file: PathBuf,
    /// The model whose weights they are, by its name in `zoo list`
    #[arg(long, value_name = "ID")]
    model: String,
    /// The data set that it tells classes of [default: the one whose shape the weights have]
    #[arg(long)]
    dataset: Option<String>,
    #[command(flatten)]
    pictures: PicturesArgs,
    /// Of a file with several models, the dictionary to take, for example model_state_dict
    #[arg(long, value_name = "NAME")]
    key: Option<String>,
    /// The run folder, new or empty [default: a new one under runs/]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: Args) -> Outcome {
    let spec = burn_zoo_models::find(&args.model)?;
    let datasets = match &args.dataset {
        Some(id) => vec![args.pictures.find(id, None)?],
        None => ["fashion-mnist", "cifar-10"]
            .into_iter()
            .map(|id| args.pictures.find(id, None))
            .collect::<Result<_, _>>()?,
    };
    let state = StateDict::open(&args.file)?;
    let (dataset, architecture, weights) = fitting(&state, spec, &datasets, args.key.as_deref())?;
    let unsound = weights.names().filter(|name| {
        let data = weights.get(name);
        data.is_some_and(|data| data.iter::<f32>().any(|value| !value.is_finite()))
    });
    let unsound: Vec<&str> = unsound.collect();
    if !unsound.is_empty() {
        warn(&format!(
            "not all values are finite in {}",
            unsound.join(", ")
        ));
    }

    let config = config(spec, dataset, architecture, &weights, &args.file);
    let run = RunDir::create(
        args.out.as_deref(),
        &format!("{}-{}-imported", spec.id, data::short_name(&dataset.id)),
    )?;
    run.write_weights(WEIGHTS, &weights, Metadata::new())?;
    run.write_config(&config)?;
    let parameters = num_params(&config.architecture)?;
    if args.json {
        print_json(&json!({
            "run": run.path(),
            "model": spec.id,
            "dataset": dataset.id,
            "parameters": parameters,
        }))?;
        return Ok(ExitCode::SUCCESS);
    }
    if is_quiet() {
        print(&format!("{}\n", run.path().display()));
        return Ok(ExitCode::SUCCESS);
    }
    let folder = quoted(run.path());
    print(&format!(
        "model    {}, {} parameters, for {}\n\
         run      {}\n\
         measure it: zoo evaluate {folder}   train on from it: zoo train {} --init-from {folder}\n",
        spec.id,
        thousands(parameters),
        dataset.id,
        run.path().display(),
        spec.id,
    ));
    Ok(ExitCode::SUCCESS)
}

/// The first of the data sets for which the model has these weights.
fn fitting<'a>(
    state: &StateDict,
    spec: &ModelSpec,
    datasets: &'a [DatasetSpec],
    key: Option<&str>,
) -> Result<(&'a DatasetSpec, ClassifierConfig, Weights), ExchangeError> {
    let mut first_error = None;
    for dataset in datasets {
        let architecture = dataset.architecture(spec);
        match state.weights(&architecture, key) {
            Ok(weights) => return Ok((dataset, architecture, weights)),
            Err(error) => {
                first_error.get_or_insert(error);
            }
        }
    }
    Err(first_error.expect("there is a data set"))
}

/// A run's configuration as if it had been trained elsewhere.
fn config(
    spec: &ModelSpec,
    dataset: &DatasetSpec,
    architecture: ClassifierConfig,
    weights: &Weights,
    file: &std::path::Path,
) -> RunConfig {
    RunConfig {
        format: run::FORMAT,
        zoo: env!("CARGO_PKG_VERSION").into(),
        burn: run::BURN.into(),
        model: spec.id.into(),
        architecture,
        dataset: DatasetConfig {
            id: dataset.id.clone(),
            origin: "not looked at".into(),
            classes: dataset.classes.clone(),
            fit: dataset.fit,
            mean: dataset.mean,
            std: dataset.std,
            limit: None,
            valid_fraction: 0.0,
            num_train: dataset.num_train,
            num_valid: 0,
            num_test: dataset.num_test,
        },
        adam: AdamSettings::new(spec.recipe.learning_rate),
        batch_size: spec.recipe.batch_size,
        num_epochs: 0,
        refinements: Refinements::NONE,
        seed: 0,
        backend: "none".into(),
        device: "none".into(),
        hardware: "none".into(),
        initial_weights_sha256: weights.sha256(),
        convolutions: Vec::new(),
        init_from: None,
        imported_from: Some(file.into()),
        earlier: Vec::new(),
    }
}
