use super::data::{NormalisationArgs, PicturesArgs};
use super::model::SetArgs;
use super::verbosity::is_quiet;
use super::{Outcome, print, print_json, warn};
use crate::cli::quoted;
use burn_zoo::data;
use burn_zoo::exchange::{Naming, Rename};
use burn_zoo::import::{Guess, ImportRequest, Imported, Normalised, Trial, import};
use burn_zoo::numbers::thousands;
use burn_zoo::system::files::shown;
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;

const EXAMPLES: &str = "\
Examples:
  zoo import cnn.pt --model cnn
  zoo import quickstart.pth --model mlp-relu-2 --set hidden=512,512 --mean unit
  zoo import resnet18.pth --model resnet-18 --classes imagenet_classes.txt
  zoo import checkpoint.pt --model mlp-relu --key model_state_dict --rename net.0=1 --rename net.2=3";

#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The file to import: .pt or .pth (by torch.save), .safetensors, or the .index.json of several of these
    file: PathBuf,
    /// The model that the weights are for, by its name in `zoo list`
    #[arg(long, value_name = "ID")]
    model: String,
    #[command(flatten)]
    layers: SetArgs,
    /// The data set that the weights were trained on [default: Fashion-MNIST or CIFAR-10 if the shapes and the number
    /// of classes match, otherwise unknown]
    #[arg(long)]
    dataset: Option<String>,
    /// The folder with the data set's files
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
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
    /// The name of a module in the file, and its name in the model: net.0=1; it may be given several times
    #[arg(long, value_name = "THEIRS=OURS")]
    rename: Vec<Rename>,
    /// Leave out the tensors of this name, in which * stands for any letters; it may be given several times
    #[arg(long, value_name = "PATTERN")]
    ignore: Vec<String>,
    /// Take modules of other names where all shapes fit in order
    #[arg(long)]
    match_shapes: bool,
    /// The run folder, new or empty [default: a new one under runs/]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: Args) -> Outcome {
    let is_json = args.json;
    let imported = import(&args.request())?;
    if !imported.not_finite.is_empty() {
        warn(&format!(
            "not all values are finite in {}",
            imported.not_finite.join(", ")
        ));
    }
    if is_json {
        print_json(&as_json(&imported))?;
    } else if is_quiet() {
        print(&format!("{}\n", imported.run.display()));
    } else {
        print(&in_words(&imported));
    }
    Ok(ExitCode::SUCCESS)
}

impl Args {
    fn request(self) -> ImportRequest {
        ImportRequest {
            mean: self.normalisation.mean(),
            std: self.normalisation.std(),
            fit: self.pictures.fit(),
            image_shape: self.pictures.image_shape,
            file: self.file,
            model: self.model,
            set: self.layers.set,
            dataset: self.dataset,
            data_dir: self.data_dir,
            classes: self.classes,
            naming: Naming {
                key: self.key,
                rename: self.rename,
                ignore: self.ignore,
                match_shapes: self.match_shapes,
            },
            out: self.out,
            show_progress: !is_quiet(),
        }
    }
}

fn as_json(imported: &Imported) -> serde_json::Value {
    let dataset = &imported.config.dataset;
    let trials = imported.normalised.trials().iter();
    let tried = trials.map(|trial| {
        json!({
            "name": trial.name,
            "mean": trial.normalisation.mean,
            "std": trial.normalisation.std,
            "loss": trial.loss,
            "accuracy": trial.accuracy,
            "images": trial.images,
        })
    });
    let renamed = imported.renamed.iter();
    let renamed: serde_json::Map<_, _> = renamed
        .map(|(theirs, ours)| (theirs.clone(), ours.clone().into()))
        .collect();
    json!({
        "run": shown(&imported.run),
        "model": imported.config.model,
        "dataset": dataset.id,
        "classes": dataset.classes.len(),
        "mean": dataset.mean,
        "std": dataset.std,
        "normalisation": imported.normalised.source(),
        "tried": tried.collect::<Vec<_>>(),
        "parameters": imported.num_params,
        "renamed": renamed,
        "passed_over": imported.passed_over,
        "also_fits": imported.also_fits,
    })
}

fn in_words(imported: &Imported) -> String {
    let config = &imported.config;
    let dataset = &config.dataset;
    let folder = quoted(&imported.run);
    let mut lines = vec![(
        "model",
        format!(
            "{}, {} parameters",
            config.model,
            thousands(imported.num_params)
        ),
    )];
    if !imported.also_fits.is_empty() {
        let others = imported.also_fits.join(", ");
        let sentence =
            format!("the tensors would fit {others} as well: which it is, the file does not say");
        lines.push(("", sentence));
    }
    if !imported.renamed.is_empty() {
        let pairs = imported.renamed.iter();
        let pairs: Vec<_> = pairs
            .map(|(file, own)| format!("{file} is {own}"))
            .collect();
        lines.push((
            "names",
            format!("taken by their order: {}", pairs.join(", ")),
        ));
    }
    if !imported.passed_over.is_empty() {
        let sentence = format!(
            "{}, as they are no weights of a network",
            imported.passed_over.join(", ")
        );
        lines.push(("left out", sentence));
    }
    lines.push(("classes", classes(imported)));
    lines.push((
        "images",
        format!(
            "{}, normalised by a mean of {} and a standard deviation of {}",
            config.architecture.input(),
            dataset.mean,
            dataset.std
        ),
    ));
    if let Some(sentence) =
        normalisation(&imported.normalised, dataset.id == data::UNKNOWN, &folder)
    {
        lines.push(("", sentence));
    }
    lines.push(("run", imported.run.display().to_string()));
    let next = match dataset.id.as_str() {
        data::UNKNOWN => format!("try it: zoo predict {folder} PICTURE"),
        _ => format!("measure it: zoo evaluate {folder}"),
    };
    let lines = lines
        .iter()
        .map(|(name, text)| format!("{name:8} {text}\n"));
    format!(
        "{}{next}   train on from it: zoo train {} --init-from {folder}\n",
        lines.collect::<String>(),
        config.model
    )
}

/// "the 10 of fashion-mnist", "1,000: tench, goldfish, …".
fn classes(imported: &Imported) -> String {
    let dataset = &imported.config.dataset;
    let guess = match imported.guess {
        Guess::Nothing => "",
        Guess::Dataset => {
            " (guessed from the number of classes and the shapes of the weights; --dataset overrides it)"
        }
        Guess::Classes => " (a file of weights has no names: give them by --classes)",
    };
    let count = thousands(dataset.classes.len());
    match dataset.id.as_str() {
        data::UNKNOWN => {
            let some: Vec<&str> = dataset.classes.iter().take(3).map(String::as_str).collect();
            format!("{count}: {}, …{guess}", some.join(", "))
        }
        id => format!("the {count} of {id}{guess}"),
    }
}

/// Where the normalisation is from, if the user did not say it.
fn normalisation(normalised: &Normalised, is_unknown: bool, run: &str) -> Option<String> {
    let named = "--mean unit (ToTensor alone), half, imagenet or numbers";
    let tried = |trials: &[Trial]| {
        let trials = trials.iter();
        let trials: Vec<_> = trials
            .map(|trial| {
                let Trial {
                    name,
                    loss,
                    accuracy,
                    ..
                } = trial;
                format!("{name} {loss:.2} ({:.1} %)", 100.0 * accuracy)
            })
            .collect();
        trials.join(", ")
    };
    Some(match normalised {
        Normalised::Given(_) => return None,
        Normalised::File(_) => "(as the file says)".into(),
        Normalised::Measured(trials) => {
            let rivals: Vec<_> = normalised.rivals().iter().map(|it| it.name).collect();
            let close = match rivals[..] {
                [] => String::new(),
                _ => format!(
                    "; as {} fits about as well, give {named} if you know it",
                    rivals.join(" or ")
                ),
            };
            format!(
                "(the file does not say it; of the usual ones this fits best, by the loss (and accuracy) on {} test images: {}{close})",
                thousands(trials[0].images),
                tried(trials)
            )
        }
        Normalised::Assumed(_, trials) if !trials.is_empty() => format!(
            "(assumed, as the file does not say it, and none of the usual ones fits {} test images: {}; is it another data set or model, or give {named})",
            thousands(trials[0].images),
            tried(trials)
        ),
        Normalised::Assumed(..) => {
            let check = match is_unknown {
                true => format!("zoo predict {run} PICTURE"),
                false => format!("zoo evaluate {run}"),
            };
            format!(
                "(assumed, as the file does not say it: if {check} answers worse than in PyTorch, import it with {named})"
            )
        }
    })
}
