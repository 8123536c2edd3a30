use super::data::{NormalisationArgs, PicturesArgs};
use super::verbosity::is_quiet;
use super::{Outcome, print, print_json, warn};
use crate::cli::quoted;
use burn_zoo::data::{self, DatasetSpec};
use burn_zoo::exchange::{ExchangeError, StateDict, read_classes};
use burn_zoo::numbers::thousands;
use burn_zoo::run::AdamSettings;
use burn_zoo::run::{self, DatasetConfig, RunConfig, RunDir, WEIGHTS};
use burn_zoo::summary::num_params;
use burn_zoo::weights::{Metadata, Weights};
use burn_zoo_models::{ClassifierConfig, ImageShape, ModelSpec, Normalisation, Refinements};
use serde_json::json;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const EXAMPLES: &str = "\
Examples:
  zoo import cnn.pt --model cnn
  zoo import resnet18.pth --model resnet-18 --classes imagenet_classes.txt
  zoo import checkpoint.pt --model mlp-relu --key model_state_dict --dataset cifar-10";

/// The image shapes that are tried if none is given.
const COLOUR: ImageShape = ImageShape::new(3, 32, 32);
const GREY: ImageShape = ImageShape::new(1, 28, 28);
/// The note that is added if the data set was guessed.
const GUESS: &str =
    " (guessed from the number of classes and the shapes of the weights; --dataset overrides it)";

#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The file to import: .pt or .pth (a state dict or a checkpoint by torch.save), or .safetensors
    file: PathBuf,
    /// The model that the weights are for, by its name in `zoo list`
    #[arg(long, value_name = "ID")]
    model: String,
    /// The data set that the weights were trained on [default: Fashion-MNIST or CIFAR-10 if the shapes and the number
    /// of classes match, otherwise unknown]
    #[arg(long)]
    dataset: Option<String>,
    #[command(flatten)]
    pictures: PicturesArgs,
    /// A file with the class names, instead of --dataset: one name a line, a JSON list, or JSON like
    /// imagenet_class_index.json [default: class 0, class 1, …]
    #[arg(long, value_name = "FILE", conflicts_with = "dataset")]
    classes: Option<PathBuf>,
    #[command(flatten)]
    normalisation: NormalisationArgs,
    /// The key of the state dict in a file that holds several, for example model_state_dict
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
    if args.file.to_str().is_none() {
        return Err(format!(
            "{} is not UTF-8, in which the run's configuration is written: give the file another name",
            args.file.display()
        )
        .into());
    }
    let state = StateDict::open(&args.file)?;
    let Found {
        dataset,
        architecture,
        weights,
        guess,
    } = find(&args, spec, &state)?;
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
    if let Err(reason) =
        (config.dataset.normalisation()).check(config.architecture.input().channels)
    {
        return Err(format!("--mean and --std: {reason}").into());
    }
    let name = match config.dataset.id.as_str() {
        data::UNKNOWN => format!("{}-imported", spec.id),
        id => format!("{}-{}-imported", spec.id, data::short_name(id)),
    };
    let run = RunDir::create(args.out.as_deref(), &name)?;
    let written = run.write_config(&config);
    if let Err(error) = written.and_then(|()| run.write_weights(WEIGHTS, &weights, Metadata::new()))
    {
        run.discard(args.out.as_deref());
        return Err(error.into());
    }
    let parameters = num_params(&config.architecture)?;
    let dataset = &config.dataset;
    if args.json {
        print_json(&json!({
            "run": run.path().display().to_string(),
            "model": spec.id,
            "dataset": dataset.id,
            "classes": dataset.classes.len(),
            "mean": dataset.mean,
            "std": dataset.std,
            "parameters": parameters,
        }))?;
        return Ok(ExitCode::SUCCESS);
    }
    if is_quiet() {
        print(&format!("{}\n", run.path().display()));
        return Ok(ExitCode::SUCCESS);
    }
    let folder = quoted(run.path());
    let next = match dataset.id.as_str() {
        data::UNKNOWN => format!("try it: zoo predict {folder} PICTURE"),
        _ => format!("measure it: zoo evaluate {folder}"),
    };
    print(&format!(
        "model    {}, {} parameters\n\
         classes  {}\n\
         images   {}, normalised by a mean of {} and a standard deviation of {}\n\
         run      {}\n\
         {next}   train on from it: zoo train {} --init-from {folder}\n",
        spec.id,
        thousands(parameters),
        in_words(dataset, guess),
        config.architecture.input(),
        dataset.mean,
        dataset.std,
        run.path().display(),
        spec.id,
    ));
    Ok(ExitCode::SUCCESS)
}

/// "the 10 of fashion-mnist, as the weights have its shape", "1,000, tench, goldfish, …".
fn in_words(dataset: &DatasetConfig, guess: &str) -> String {
    let count = thousands(dataset.classes.len());
    match dataset.id.as_str() {
        data::UNKNOWN => {
            let some: Vec<&str> = dataset.classes.iter().take(3).map(String::as_str).collect();
            format!("{count}: {}, …{guess}", some.join(", "))
        }
        id => format!("the {count} of {id}{guess}"),
    }
}

/// The contents of the file.
struct Found {
    dataset: DatasetConfig,
    architecture: ClassifierConfig,
    weights: Weights,
    /// A note on guesses, to be added to a sentence.
    guess: &'static str,
}

/// The model in a file, the data set that is asked for or that fits it, and the names of its classes.
fn find(args: &Args, spec: &ModelSpec, state: &StateDict) -> Result<Found, Box<dyn Error>> {
    let key = args.key.as_deref();
    let usual = data::usual(&[spec]).input;
    let given = args
        .dataset
        .as_ref()
        .map(|id| args.pictures.find(id, None, data::usual(&[spec])));
    let given = given.transpose()?;
    let Ok(num_classes) = state.num_classes(&spec.config(usual, 1), key) else {
        // Without a last layer; what else does not fit is said of the data set's model.
        let dataset = given.map_or_else(|| data::find("fashion-mnist"), Ok)?;
        return Ok(of_dataset(args, spec, state, &dataset, "")?);
    };
    if let Some(dataset) = given {
        let classes = dataset.classes.len();
        // Where it fits with other classes; or else what does not fit is said tensor by tensor.
        let other = spec.config(dataset.shape, num_classes);
        if classes != num_classes && state.weights(&other, key).is_ok() {
            return Err(format!(
                "{} has {num_classes} classes, and {} has {classes}: leave --dataset out and name the classes by --classes, or fine-tune on {} with zoo train --init-from {}",
                args.file.display(),
                dataset.id,
                dataset.id,
                quoted(&args.file),
            )
            .into());
        }
        return Ok(of_dataset(args, spec, state, &dataset, "")?);
    }
    if args.classes.is_none() && args.pictures.image_shape.is_none() {
        for id in ["fashion-mnist", "cifar-10"] {
            let dataset = data::find(id)?;
            if dataset.classes.len() == num_classes
                && let Ok(found) = of_dataset(args, spec, state, &dataset, GUESS)
            {
                return Ok(found);
            }
        }
    }
    let classes = match &args.classes {
        Some(file) => {
            let names = read_classes(file)?;
            if names.len() != num_classes {
                return Err(format!(
                    "{} names {} classes, and {} has {num_classes}: give as many names",
                    file.display(),
                    names.len(),
                    args.file.display()
                )
                .into());
            }
            names
        }
        None => (0..num_classes).map(data::unnamed).collect(),
    };
    let guess = match args.classes {
        Some(_) => "",
        None => " (a file of weights has no names: give them by --classes)",
    };
    let shapes = match args.pictures.image_shape {
        Some(shape) => vec![shape],
        None => vec![usual, COLOUR, GREY],
    };
    let mut first_error = None;
    for shape in shapes {
        let architecture = spec.config(shape, num_classes);
        match state.weights(&architecture, key) {
            Ok(weights) => {
                let own = spec.preprocessing.map(|own| own.normalisation);
                let own = own.filter(|own| own.fits(shape.channels));
                let normalisation = own.unwrap_or(Normalisation::LECTURE);
                let Normalisation { mean, std } = args.normalisation.over(normalisation);
                return Ok(Found {
                    dataset: DatasetConfig {
                        id: data::UNKNOWN.into(),
                        origin: "not known".into(),
                        classes,
                        fit: args.pictures.fit().unwrap_or(data::usual(&[spec]).fit),
                        mean,
                        std,
                        limit: None,
                        valid_fraction: 0.0,
                        num_train: 0,
                        num_valid: 0,
                        num_test: 0,
                    },
                    architecture,
                    weights,
                    guess,
                });
            }
            Err(error) => {
                first_error.get_or_insert(error);
            }
        }
    }
    let error = first_error.expect("there is a shape");
    Err(match args.pictures.image_shape {
        Some(_) => error.into(),
        None => format!(
            "{error}; if the images have another shape than {usual}, give it by --image-shape"
        )
        .into(),
    })
}

/// The model in a file for the images and classes of a data set.
fn of_dataset(
    args: &Args,
    spec: &ModelSpec,
    state: &StateDict,
    dataset: &DatasetSpec,
    guess: &'static str,
) -> Result<Found, ExchangeError> {
    let architecture = dataset.architecture(spec);
    let weights = state.weights(&architecture, args.key.as_deref())?;
    let Normalisation { mean, std } = args.normalisation.over(dataset.normalisation_for(spec));
    Ok(Found {
        dataset: DatasetConfig {
            id: dataset.id.clone(),
            origin: "not looked at".into(),
            classes: dataset.classes.clone(),
            fit: dataset.fit,
            mean,
            std,
            limit: None,
            valid_fraction: 0.0,
            num_train: dataset.num_train,
            num_valid: 0,
            num_test: dataset.num_test,
        },
        architecture,
        weights,
        guess,
    })
}

/// A run's configuration as if it had been trained elsewhere.
fn config(
    spec: &ModelSpec,
    dataset: DatasetConfig,
    architecture: ClassifierConfig,
    weights: &Weights,
    file: &Path,
) -> RunConfig {
    RunConfig {
        format: run::FORMAT,
        zoo: env!("CARGO_PKG_VERSION").into(),
        burn: run::BURN.into(),
        model: spec.id.into(),
        architecture,
        dataset,
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
        new_head: false,
        freeze: Vec::new(),
        backbone_learning_rate: None,
        imported_from: Some(file.into()),
        earlier: Vec::new(),
    }
}
