mod fine_tuning;
mod settings;

use super::config::is_toml;
use super::data::{CacheArgs, NormalisationArgs, PicturesArgs, dataset_help};
use super::recipe::RecipeArgs;
use super::verbosity::{detail, is_quiet, timed};
use super::{Outcome, print, quoted, warn};
use burn::train::Interrupter;
use burn_zoo::backend::Selected;
use burn_zoo::convolution::{Conv, Purpose, in_words};
use burn_zoo::data::{self, DatasetSpec, LoadOptions};
use burn_zoo::numbers::thousands;
use burn_zoo::run::{self, AdamSettings, DatasetConfig, RunConfig, RunDir, RunError};
use burn_zoo::summary::{bytes_of_a_step, graph, num_params};
use burn_zoo::training::{
    self, Beginning, Checkpoint, Display, Ended, Origin, Session, Source, Splits, TrainError,
    Trained,
};
use burn_zoo_models::{ClassifierConfig, ConvAlgorithm, ModelError, Schedule};
use fine_tuning::FineTuningArgs;
use serde::Serialize;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

const EXAMPLES: &str = "\
Examples:
  zoo train                                   # the lecture's MLP on Fashion-MNIST
  zoo train cnn-maxpool --recipe tuned --valid-fraction 0.1
  zoo train cnn --print-config > cnn.toml     # then: zoo train --config cnn.toml
  zoo train --resume runs/cnn --epochs 20     # on from where it stopped
  zoo train resnet-18 --init-from resnet18.pth --dataset folder:pets --freeze backbone

Lines of --json:
  {\"event\":\"start\", run, parameters, epochs_done, config: that of config.json}
  {\"event\":\"epoch\", epoch, num_epochs, train: {loss in nats, accuracy from 0 to
    1, images_per_second, seconds}, valid: where there is one, test}
  {\"event\":\"end\", ended: finished or interrupted, run, epochs_done,
    batches_done: of the epoch after those}";

#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The model, by its name in `zoo list` [default: mlp-relu]
    model: Option<String>,
    #[arg(long, help = dataset_help(
        ", PATH/CLASS/… or PATH/train/CLASS/… and PATH/test/CLASS/… [default: fashion-mnist]",
    ))]
    dataset: Option<String>,
    #[command(flatten)]
    pictures: PicturesArgs,
    #[command(flatten)]
    normalisation: NormalisationArgs,
    #[command(flatten)]
    fine_tuning: FineTuningArgs,
    #[command(flatten)]
    cache: CacheArgs,
    /// The backend: auto, or one of `zoo backends` [default: auto]
    #[arg(long)]
    backend: Option<String>,
    /// The backend's device, from `zoo backends`
    #[arg(long)]
    device: Option<String>,
    /// How convolutions are computed: auto (the fastest measured), direct, im2col, frequency
    /// [default: auto]
    #[arg(long, value_name = "ALGORITHM")]
    conv: Option<Conv>,
    #[command(flatten)]
    recipe: RecipeArgs,
    /// Of the initial weights, the images' order and all else that is drawn [default: 42]
    #[arg(long)]
    seed: Option<u64>,
    /// Use only the first N images of the training and of the test set
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Hold this share of the training set out for validation [default: 0]
    #[arg(long, value_name = "SHARE", allow_negative_numbers = true)]
    valid_fraction: Option<f64>,
    /// The folder with the data set's files
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// The run folder, new or empty [default: a new one under runs/]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Go on with a run; with --epochs, to that many epochs in all
    #[arg(long, value_name = "DIR", conflicts_with_all = [
        "dataset", "image_shape", "fit", "mean", "std", "seed", "limit", "valid_fraction", "out", "config",
        "print_config",
    ], conflicts_with_all = RecipeArgs::FIXED)]
    resume: Option<PathBuf>,
    /// Take what is not said here from a run's config.json, which repeats the run, or from a TOML file of
    /// these options by their names: batch-size = 128. Paths in it are from the current folder
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Print all settings as a TOML file for --config, and train nothing
    #[arg(long, conflicts_with_all = ["json", "tui"])]
    print_config: bool,
    /// Write event files for TensorBoard, into the run folder or a folder of their own
    #[arg(long, value_name = "DIR", num_args = 0..=1, require_equals = true)]
    tensorboard: Option<Option<PathBuf>>,
    /// Show Burn's dashboard
    #[arg(long)]
    tui: bool,
    /// Print JSON, a line an event
    #[arg(long, conflicts_with = "tui")]
    json: bool,
}

pub(super) fn run(args: Args) -> Outcome {
    let is_dumb = std::env::var_os("TERM").is_some_and(|terminal| terminal == "dumb");
    if args.tui && (is_dumb || !std::io::IsTerminal::is_terminal(&std::io::stdout())) {
        return Err(
            "--tui needs a terminal that can place its letters: leave it out where the output is a file or a pipe, or TERM is dumb".into(),
        );
    }
    let old = earlier(&args)?;
    if args.print_config {
        let settled = settle(&args, old.as_ref())?;
        print(&settings::toml(&args, &settled)?);
        return Ok(ExitCode::SUCCESS);
    }
    let plan = match &args.resume {
        Some(_) => resume(&args)?,
        None => begin(&args, old.as_ref())?,
    };
    let Plan {
        config,
        splits,
        selected,
        run,
        checkpoint,
        beginning,
    } = plan;
    let interrupter = Interrupter::new();
    stop_on_ctrl_c(&interrupter)?;
    splits.warnings.iter().for_each(|warning| warn(warning));
    let display = match args {
        Args { tui: true, .. } => Display::Dashboard,
        Args { json: true, .. } => Display::JsonLines,
        _ if is_quiet() => Display::Nothing,
        _ => Display::Lines,
    };
    match display {
        Display::JsonLines => print_event(&Event::Start {
            run: run.path(),
            parameters: num_params(&config.architecture)?,
            epochs_done: checkpoint.as_ref().map_or(0, |it| it.position.epochs),
            config: &config,
        }),
        _ if is_quiet() => {}
        _ => print(&opening(&args, &config, &splits, &selected, &run)?),
    }
    let folder = run.path().to_owned();
    let tensorboard = args.tensorboard.as_ref();
    let session = Session {
        tensorboard: tensorboard.map(|events| events.clone().unwrap_or_else(|| folder.clone())),
        run,
        selected,
        checkpoint,
        display,
        show_progress: !is_quiet(),
        interrupter,
    };
    let trained = timed("training", || {
        training::train(&config, &splits, beginning, session)
    });
    let trained = trained.map_err(|error| with_advice(error, &folder))?;
    end(&args, &trained, &folder, display);
    Ok(match trained.ended {
        Ended::Finished => ExitCode::SUCCESS,
        Ended::Interrupted => ExitCode::from(130),
    })
}

/// Says what the training came to, and what to do next.
fn end(args: &Args, trained: &Trained, folder: &Path, display: Display) {
    let Trained { ended, position } = trained;
    let interrupted = *ended == Ended::Interrupted;
    if display == Display::JsonLines {
        return print_event(&Event::End {
            ended: if interrupted {
                "interrupted"
            } else {
                "finished"
            },
            run: folder,
            epochs_done: position.epochs,
            batches_done: position.batches,
        });
    }
    let run = quoted(folder);
    if interrupted {
        // With where the event files are.
        let events = match &args.tensorboard {
            None => String::new(),
            Some(None) => " --tensorboard".into(),
            Some(Some(folder)) => format!(" --tensorboard={}", quoted(folder)),
        };
        let sentence = format!(
            "interrupted in epoch {} after batch {}; to go on: zoo train{events} --resume {run}",
            position.epochs + 1,
            position.batches,
        );
        match is_quiet() {
            true => warn(&sentence),
            false => print(&format!("{sentence}\n")),
        }
    } else if is_quiet() {
        print(&format!("{}\n", folder.display()));
    } else {
        print(&format!(
            "curves: {}   measure it: zoo evaluate {run}\n",
            folder.join("curves.png").display(),
        ));
    }
}

/// A line of `--json`; those of the epochs are the training's own.
#[derive(Serialize)]
#[serde(tag = "event", rename_all = "lowercase")]
enum Event<'a> {
    Start {
        run: &'a Path,
        parameters: usize,
        epochs_done: usize,
        config: &'a RunConfig,
    },
    End {
        ended: &'static str,
        run: &'a Path,
        epochs_done: usize,
        /// Of the next epoch.
        batches_done: usize,
    },
}

fn print_event(event: &Event<'_>) {
    let line = serde_json::to_string(event).expect("an event is valid JSON");
    print(&format!("{line}\n"));
}

/// The configuration of the run that is to be repeated, if any.
fn earlier(args: &Args) -> Result<Option<RunConfig>, RunError> {
    // What a TOML file says is among the other options.
    let Some(file) = args.config.as_deref().filter(|file| !is_toml(file)) else {
        return Ok(None);
    };
    let config = run::read_config(file)?;
    let folder = file.parent().unwrap_or(Path::new("."));
    refuse_imported(folder, &config)?;
    Ok(Some(config))
}

/// All that a training needs.
struct Plan {
    config: RunConfig,
    splits: Splits,
    selected: Selected,
    run: RunDir,
    checkpoint: Option<Checkpoint>,
    beginning: Beginning,
}

/// The settings of a new run, before its data are read and its weights drawn.
struct Settled {
    config: RunConfig,
    dataset: DatasetSpec,
    selected: Selected,
    /// The weights to begin with, where they are not drawn.
    origin: Option<Origin>,
}

/// The settings of a new run, from the command line, an earlier run's configuration and the model's recipe,
/// in this order.
fn settle(args: &Args, old: Option<&RunConfig>) -> Result<Settled, Box<dyn Error>> {
    let old_dataset = old.map(|config| &config.dataset);

    let model = args
        .model
        .as_deref()
        .or(old.map(|config| config.model.as_str()));
    let spec = burn_zoo_models::find(model.unwrap_or("mlp-relu"))?;
    let dataset = args
        .dataset
        .as_deref()
        .or(old_dataset.map(|dataset| dataset.id.as_str()));
    let dataset = dataset.unwrap_or("fashion-mnist");
    let both = old.filter(|old| data::is_folder(&old.dataset.id) && data::is_folder(dataset));
    let shape = both.map(|old| old.architecture.input());
    let shape = args.pictures.image_shape.or(shape);
    let fit = args.pictures.fit().or(both.map(|old| old.dataset.fit));
    let source = args.fine_tuning.source(old)?;
    let taken_over = source.as_ref().and_then(Source::preprocessing);
    let usual = taken_over.unwrap_or_else(|| data::usual(&[spec]));
    let dataset = data::choose(dataset, args.data_dir.as_deref(), shape, fit, usual)?;
    let same_data = same_data(args, old, &dataset);
    let limit = args.limit.or(old_dataset.and_then(|dataset| dataset.limit));
    let valid_fraction = args
        .valid_fraction
        .or(old_dataset.map(|dataset| dataset.valid_fraction))
        .unwrap_or(0.0);
    let seed = args.seed.or(old.map(|config| config.seed)).unwrap_or(42);
    let architecture = dataset.architecture(spec);
    let architecture = match same_data {
        Some(old) if old.model == spec.id && fits(&old.architecture, &architecture) => {
            old.architecture.clone()
        }
        _ => architecture,
    };
    let origin = source.map(|source| source.origin(spec, dataset.shape));
    let origin = origin.transpose()?;
    let same_model = old.filter(|old| old.model == spec.id && args.fine_tuning.init_from.is_none());
    let normalisation = same_model.map(|old| old.dataset.normalisation());
    let normalisation = normalisation.or(taken_over.map(|taken| taken.normalisation));
    let normalisation = normalisation.filter(|own| own.fits(dataset.shape.channels));
    let normalisation = normalisation.unwrap_or_else(|| dataset.normalisation_for(spec));
    let normalisation = args.normalisation.over(normalisation);
    let recipe = args.recipe.recipe(spec, old);
    let adam = AdamSettings {
        learning_rate: recipe.learning_rate,
        ..old.map_or(AdamSettings::new(recipe.learning_rate), |config| {
            config.adam
        })
    };
    let mut config = RunConfig {
        format: run::FORMAT,
        zoo: env!("CARGO_PKG_VERSION").into(),
        burn: run::BURN.into(),
        model: spec.id.into(),
        architecture,
        dataset: DatasetConfig {
            id: dataset.id.clone(),
            origin: String::new(),
            classes: dataset.classes.clone(),
            fit: dataset.fit,
            mean: normalisation.mean,
            std: normalisation.std,
            limit,
            valid_fraction,
            num_train: usize::MAX,
            num_valid: 0,
            num_test: 0,
        },
        adam,
        batch_size: recipe.batch_size,
        num_epochs: recipe.num_epochs,
        refinements: recipe.refinements,
        seed,
        backend: String::new(),
        device: String::new(),
        hardware: String::new(),
        initial_weights_sha256: String::new(),
        convolutions: Vec::new(),
        init_from: origin.as_ref().map(|origin| origin.path().to_owned()),
        new_head: origin
            .as_ref()
            .is_some_and(|origin| !origin.has_head_for(&dataset.classes)),
        freeze: args.fine_tuning.freeze(old),
        backbone_learning_rate: args
            .fine_tuning
            .backbone_lr
            .or(old.and_then(|old| old.backbone_learning_rate)),
        imported_from: None,
        earlier: Vec::new(),
    };
    // What can be said without data or drivers is said before they are asked.
    training::check(&config)?;
    let selected = select(args, old)?;
    config.convolutions = convolutions(
        args,
        (&config.architecture, config.batch_size),
        &selected,
        old,
    )?;
    config.backend = selected.backend.id.into();
    config.device = selected.info.id.clone();
    config.hardware = selected.info.name.clone();
    Ok(Settled {
        config,
        dataset,
        selected,
        origin,
    })
}

/// The earlier run where its data are the same, also where their folder has moved and so has another name.
fn same_data<'a>(
    args: &Args,
    old: Option<&'a RunConfig>,
    dataset: &DatasetSpec,
) -> Option<&'a RunConfig> {
    old.filter(|old| args.dataset.is_none() || old.dataset.id == dataset.id)
}

/// A new run.
fn begin(args: &Args, old: Option<&RunConfig>) -> Result<Plan, Box<dyn Error>> {
    let Settled {
        mut config,
        dataset,
        selected,
        origin,
    } = settle(args, old)?;
    let (limit, valid_fraction) = (config.dataset.limit, config.dataset.valid_fraction);
    let options = load_options(args, &config);
    let splits = load(&dataset, limit, valid_fraction, &options)?;
    let normalisation = config.dataset.normalisation();
    config.dataset = splits.config(&dataset, normalisation, limit, valid_fraction);
    training::check(&config)?;
    let same_images = same_data(args, old, &dataset).map(|old| &old.dataset);
    if let Some(old) = same_images.filter(|old| old.limit == limit) {
        let images =
            |dataset: &DatasetConfig| dataset.num_train + dataset.num_valid + dataset.num_test;
        if images(old) != images(&config.dataset) {
            warn(&format!(
                "the run to repeat had {} images of {}, and {} holds {}: say by --data-dir where the same data is",
                images(old),
                dataset.id,
                config.dataset.origin,
                images(&config.dataset)
            ));
        }
    }
    let mut beginning = timed("drawing the initial weights", || {
        training::initial(&config, &selected.device)
    })?;
    match &origin {
        Some(origin) => beginning = origin.begin(beginning, &config)?,
        None if !config.freeze.is_empty() => warn(
            "--freeze without --init-from keeps weights that were drawn and never trained as they are",
        ),
        None => {}
    }
    config.initial_weights_sha256 = beginning.weights().sha256();
    let name = format!(
        "{}-{}-{}-seed{}",
        config.model,
        data::short_name(&config.dataset.id),
        config.backend,
        config.seed
    );
    let run = RunDir::create(args.out.as_deref(), &name)?;
    run.write_config(&config)?;
    Ok(Plan {
        config,
        splits,
        selected,
        run,
        checkpoint: None,
        beginning,
    })
}

/// A run to go on with.
fn resume(args: &Args) -> Result<Plan, Box<dyn Error>> {
    let folder = args.resume.as_deref().expect("asked for");
    let run = RunDir::open_to_train(folder)?;
    let mut config = run.config()?;
    if let Some(model) = &args.model
        && *model != config.model
    {
        return Err(format!(
            "{} holds a run of {}, not of {model}: leave the model out, or name another folder",
            folder.display(),
            config.model
        )
        .into());
    }
    refuse_imported(folder, &config)?;
    let checkpoint = Checkpoint::read(&run)?;
    training::restore(&config, &run, &checkpoint)?;
    let done = checkpoint.position.epochs;
    let wanted = args.recipe.epochs.unwrap_or(config.num_epochs);
    if wanted != config.num_epochs && config.refinements.schedule != Schedule::Constant {
        return Err(format!(
            "the learning rate of {} goes down to 0 over {} epochs, so it cannot be trained for {wanted}: leave --epochs out, or start a new run from its weights by --init-from",
            folder.display(),
            config.num_epochs
        )
        .into());
    }
    config.num_epochs = wanted;
    let freeze = args.fine_tuning.freeze(Some(&config));
    if freeze != config.freeze {
        let before = fine_tuning::in_one_word(&config.freeze);
        let now = fine_tuning::in_one_word(&freeze);
        warn(&format!(
            "frozen from here on: {now}; up to epoch {done} it was {before}, so that config.json alone does not repeat this run"
        ));
        config
            .earlier
            .push(format!("to epoch {done} with {before} frozen"));
        config.freeze = freeze;
    }
    training::check(&config)?;
    if config.num_epochs <= done {
        return Err(format!(
            "{} has done its {done} epochs: say --epochs with a larger number to train it longer",
            folder.display()
        )
        .into());
    }
    let selected = select(args, Some(&config))?;
    let algorithms = convolutions(
        args,
        (&config.architecture, config.batch_size),
        &selected,
        Some(&config),
    )?;
    if algorithms != config.convolutions {
        let before = in_words(&config.convolutions);
        config
            .earlier
            .push(format!("to epoch {done} with convolutions {before}"));
        config.convolutions = algorithms;
        if args.conv.is_some() {
            warn("the run goes on with other convolutions: it will not end in the same bytes");
        }
    }
    let here = (selected.backend.id, selected.info.id.as_str());
    if here != (config.backend.as_str(), config.device.as_str()) {
        let before = format!("{} {}", config.backend, config.device);
        warn(&format!(
            "the run was on {before} and goes on on {} {}: it will not end in the same bytes",
            selected.backend.id, selected.info.id
        ));
        config.earlier.push(format!("to epoch {done} on {before}"));
        config.backend = selected.backend.id.into();
        config.device = selected.info.id.clone();
        config.hardware = selected.info.name.clone();
    }
    let recorded = &config.dataset;
    let dataset = data::recorded(
        &recorded.id,
        config.architecture.input(),
        recorded.fit,
        &recorded.classes,
        args.data_dir.as_deref(),
    )?;
    let options = load_options(args, &config);
    let splits = load(&dataset, recorded.limit, recorded.valid_fraction, &options)?;
    let found = [splits.train.len(), splits.test.len()];
    if found != [recorded.num_train, recorded.num_test] {
        return Err(format!(
            "{} was trained on {} and tested on {} images of {}, and {} holds {} and {}: say by --data-dir where the same data is",
            folder.display(),
            recorded.num_train,
            recorded.num_test,
            dataset.id,
            splits.origin,
            found[0],
            found[1]
        )
        .into());
    }
    let beginning = training::initial(&config, &selected.device)?;
    run.write_config(&config)?;
    Ok(Plan {
        config,
        splits,
        selected,
        run,
        checkpoint: Some(checkpoint),
        beginning,
    })
}

/// Whether a model takes the same images and tells the same classes as another.
fn fits(model: &ClassifierConfig, other: &ClassifierConfig) -> bool {
    model.input() == other.input() && model.num_classes() == other.num_classes()
}

fn refuse_imported(folder: &Path, config: &RunConfig) -> Result<(), RunError> {
    match config.imported_from {
        Some(_) => Err(RunError::Imported {
            path: folder.into(),
            model: config.model.clone(),
        }),
        None => Ok(()),
    }
}

/// The backend and device that the command line names, or else those of an earlier run.
fn select(args: &Args, old: Option<&RunConfig>) -> Result<Selected, Box<dyn Error>> {
    let (backend, device) = match (&args.backend, old) {
        (Some(backend), _) => (backend.as_str(), args.device.as_deref()),
        (None, Some(old)) => {
            let device = args.device.as_deref().unwrap_or(&old.device);
            (old.backend.as_str(), Some(device))
        }
        (None, None) => ("auto", args.device.as_deref()),
    };
    Ok(super::select(backend, device)?)
}

/// The images.
fn load(
    dataset: &DatasetSpec,
    limit: Option<usize>,
    valid_fraction: f64,
    options: &LoadOptions,
) -> Result<Splits, TrainError> {
    let splits = timed("reading the data", || {
        Splits::load(dataset, limit, valid_fraction, options)
    })?;
    detail(|| format!("data {} from {}", dataset.id, splits.origin));
    Ok(splits)
}

/// How the convolutions are computed: as the command line says, or else as in an earlier run on the
/// same backend, or else the fastest.
fn convolutions(
    args: &Args,
    (architecture, batch_size): (&ClassifierConfig, usize),
    selected: &Selected,
    old: Option<&RunConfig>,
) -> Result<Vec<ConvAlgorithm>, ModelError> {
    let layers = graph(architecture)?.convolutions();
    let earlier = old.filter(|old| {
        let old_graph = graph(&old.architecture);
        let same_layers = old_graph.is_ok_and(|graph| graph.convolutions() == layers);
        args.conv.is_none()
            && old.backend == selected.backend.id
            && old.batch_size == batch_size
            && same_layers
    });
    Ok(match earlier {
        Some(old) => {
            detail(|| "convolutions as in the earlier run".into());
            old.convolutions.clone()
        }
        None => {
            let conv = args.conv.unwrap_or(Conv::Auto);
            let backend = selected.backend.id;
            let chosen = conv.choose(backend, &layers, Purpose::Training(batch_size));
            for (layer, algorithm) in layers.iter().zip(&chosen) {
                let [height, width] = layer.input;
                let [rows, columns] = layer.kernel;
                detail(|| {
                    format!(
                        "convolution {rows}×{columns} from {}×{height}×{width} to {} maps: {} (--conv {conv})",
                        layer.in_channels,
                        layer.out_channels,
                        algorithm.name()
                    )
                });
            }
            chosen
        }
    })
}

fn load_options(args: &Args, config: &RunConfig) -> LoadOptions {
    LoadOptions {
        data_dir: args.data_dir.clone(),
        seed: config.seed,
        show_progress: !is_quiet(),
        cache: args.cache.size(),
        whole: config.refinements.random_crop > 0.0,
    }
}

/// What is trained on what and where, before the first epoch.
fn opening(
    args: &Args,
    config: &RunConfig,
    splits: &Splits,
    selected: &Selected,
    run: &RunDir,
) -> Result<String, Box<dyn Error>> {
    let dataset = &config.dataset;
    let valid = match dataset.num_valid {
        0 => String::new(),
        images => format!(", {} for validation", thousands(images)),
    };
    let reason = selected.reason.as_ref();
    let beginning: String = training::beginning_in_words(config)?
        .into_iter()
        .map(|(name, words)| format!("{name:<9}{words}\n"))
        .collect();
    let convolutions = match config.convolutions.as_slice() {
        [] => String::new(),
        algorithms => format!("layers   convolutions: {}\n", in_words(algorithms)),
    };
    let frozen = training::frozen(&config.architecture, &config.freeze)?;
    let memory = match bytes_of_a_step(&config.architecture, config.batch_size, &frozen)? {
        Some(bytes) => format!(
            "memory   about {} MB: batch normalisation takes each batch of {} as a whole\n",
            thousands(bytes / 1_000_000),
            config.batch_size
        ),
        None => String::new(),
    };
    let pictures = match data::is_folder(&dataset.id) {
        true => {
            let options = load_options(args, config);
            format!("pictures {}\n", splits.pictures_in_words(dataset, &options))
        }
        false => String::new(),
    };
    Ok(format!(
        "model    {}, {} parameters\n{convolutions}{beginning}\
         recipe   {}\n{memory}\
         data     {}, {} images to train on{valid}, {} to test on ({})\n{pictures}\
         backend  {} on {}, {}{}\n\
         run      {}\n",
        config.model,
        thousands(num_params(&config.architecture)?),
        config.recipe_in_words(),
        dataset.id,
        thousands(dataset.num_train),
        thousands(dataset.num_test),
        splits.origin,
        selected.backend.id,
        selected.info.id,
        selected.info.name,
        reason.map_or(String::new(), |reason| format!(" (auto: {reason})")),
        run.path().display(),
    ))
}

/// The first Ctrl-C ends the training after the current batch; the second ends the program.
fn stop_on_ctrl_c(interrupter: &Interrupter) -> Result<(), ctrlc::Error> {
    let interrupter = interrupter.clone();
    let asked = AtomicBool::new(false);
    ctrlc::set_handler(move || {
        if asked.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
        warn(
            "stopping after this batch; press Ctrl-C again to stop at once, back to the last epoch",
        );
        interrupter.stop(Some("asked for by the user"));
    })
}

/// A training's error with what can be done about it.
fn with_advice(error: TrainError, folder: &Path) -> Box<dyn Error> {
    let kept = folder.join(run::CHECKPOINT).is_file();
    match error {
        TrainError::NotFinite { .. } if kept => {
            let folder = folder.display();
            format!("{error}; {folder} keeps the epochs before").into()
        }
        TrainError::Data(_) if kept => format!(
            "{error}; to go on then: zoo train --resume {}",
            quoted(folder)
        )
        .into(),
        other => other.into(),
    }
}
