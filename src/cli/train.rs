use super::data::PicturesArgs;
use super::recipe::{self, RecipeArgs};
use super::{Outcome, own_path, print, quoted, warn};
use crate::backend::{self, Selected};
use crate::convolution::{Conv, Purpose, in_words};
use crate::data::{self, LoadOptions};
use crate::numbers::thousands;
use crate::run::{self, DatasetConfig, RunConfig, RunDir, RunError};
use crate::summary::num_params;
use crate::training::{
    self, AdamSettings, Checkpoint, Display, Ended, Session, Splits, TrainError,
};
use crate::weights::Weights;
use burn::train::Interrupter;
use burn_zoo_models::{ClassifierConfig, ConvAlgorithm, ModelError, Schedule};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

#[derive(clap::Args)]
pub(super) struct Args {
    /// The model, by its name in `zoo list` [default: mlp-relu]
    model: Option<String>,
    /// The data set: fashion-mnist, cifar-10, synthetic, synthetic-rgb, or folder:PATH for pictures of
    /// your own, PATH/CLASS/… or PATH/train/CLASS/… and PATH/test/CLASS/… [default: fashion-mnist]
    #[arg(long)]
    dataset: Option<String>,
    #[command(flatten)]
    pictures: PicturesArgs,
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
        "dataset", "image_shape", "seed", "limit", "valid_fraction", "out", "config",
    ], conflicts_with_all = RecipeArgs::FIXED)]
    resume: Option<PathBuf>,
    /// Repeat a run: take from its config.json what is not said here
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Begin with the last weights of a run (trained or imported) instead of drawn ones
    #[arg(long, value_name = "DIR", conflicts_with = "resume")]
    init_from: Option<PathBuf>,
    /// Show Burn's dashboard
    #[arg(long)]
    tui: bool,
}

pub(super) fn run(args: Args) -> Outcome {
    if args.tui && !std::io::IsTerminal::is_terminal(&std::io::stdout()) {
        return Err(
            "--tui needs a terminal: leave it out where the output is a file or a pipe".into(),
        );
    }
    let plan = match &args.resume {
        Some(_) => resume(&args)?,
        None => begin(&args)?,
    };
    let Plan {
        config,
        splits,
        selected,
        run,
        checkpoint,
        trainee,
    } = plan;
    let interrupter = Interrupter::new();
    stop_on_ctrl_c(&interrupter)?;
    print(&opening(&config, &splits, &selected, &run)?);
    let folder = run.path().to_owned();
    let session = Session {
        run,
        selected,
        checkpoint,
        display: if args.tui {
            Display::Dashboard
        } else {
            Display::Lines
        },
        interrupter,
    };
    let trained = training::train(&config, &splits, trainee, session)
        .map_err(|error| with_advice(error, &folder))?;
    let position = trained.position;
    if trained.ended == Ended::Interrupted {
        print(&format!(
            "interrupted in epoch {} after batch {}; to go on: zoo train --resume {}\n",
            position.epochs + 1,
            position.batches,
            quoted(&folder)
        ));
        return Ok(ExitCode::from(130));
    }
    print(&format!(
        "curves: {}   measure it: zoo evaluate {}\n",
        folder.join("curves.png").display(),
        quoted(&folder)
    ));
    Ok(ExitCode::SUCCESS)
}

/// All that a training needs.
struct Plan {
    config: RunConfig,
    splits: Splits,
    selected: Selected,
    run: RunDir,
    checkpoint: Option<Checkpoint>,
    trainee: training::Trainee<backend::Train>,
}

/// A new run, from the command line, an earlier run's configuration and the model's recipe, in this
/// order.
fn begin(args: &Args) -> Result<Plan, Box<dyn Error>> {
    let repeated = args.config.as_deref().map(run::read_config).transpose()?;
    let old = repeated.as_ref();
    if let (Some(file), Some(config)) = (&args.config, old) {
        let folder = file.parent().unwrap_or(Path::new("."));
        refuse_imported(folder, config)?;
    }
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
    let dataset = data::choose(dataset, args.data_dir.as_deref(), shape)?;
    // Also where its folder has moved, and so has another name.
    let same_data = old.filter(|old| args.dataset.is_none() || old.dataset.id == dataset.id);
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
            classes: Vec::new(),
            mean: dataset.mean,
            std: dataset.std,
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
        init_from: args
            .init_from
            .clone()
            .or(old.and_then(|config| config.init_from.clone())),
        imported_from: None,
        earlier: Vec::new(),
    };
    // What can be said without data or drivers is said before they are asked.
    training::check(&config)?;
    let selected = select(args, old)?;
    let splits = Splits::load(&dataset, limit, valid_fraction, &load_options(args, seed))?;
    config.dataset = splits.config(&dataset, limit, valid_fraction);
    training::check(&config)?;
    let same_images = same_data.map(|old| &old.dataset);
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
    config.convolutions = convolutions(
        args,
        (&config.architecture, config.batch_size),
        &selected,
        old,
    )?;
    let mut trainee = training::initial(&config, &selected.device)?;
    if let Some(folder) = &config.init_from {
        trainee = training::begin_from(&RunDir::open(folder)?, trainee)?;
    }
    config.initial_weights_sha256 = Weights::of(&trainee.model).sha256();
    config.backend = selected.backend.id.into();
    config.device = selected.info.id.clone();
    config.hardware = selected.info.name.clone();
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
        trainee,
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
        &recorded.classes,
        args.data_dir.as_deref(),
    )?;
    let options = load_options(args, config.seed);
    let splits = Splits::load(&dataset, recorded.limit, recorded.valid_fraction, &options)?;
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
    let trainee = training::initial(&config, &selected.device)?;
    run.write_config(&config)?;
    Ok(Plan {
        config,
        splits,
        selected,
        run,
        checkpoint: Some(checkpoint),
        trainee,
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
    Ok(backend::select(backend, device, &own_path())?)
}

/// How the convolutions are computed: as the command line says, or else as in an earlier run on the
/// same backend, or else the fastest.
fn convolutions(
    args: &Args,
    (architecture, batch_size): (&ClassifierConfig, usize),
    selected: &Selected,
    old: Option<&RunConfig>,
) -> Result<Vec<ConvAlgorithm>, ModelError> {
    let layers = architecture.convolutions()?;
    let earlier = old.filter(|old| {
        let same_layers = old.architecture.convolutions().as_ref() == Ok(&layers);
        args.conv.is_none()
            && old.backend == selected.backend.id
            && old.batch_size == batch_size
            && same_layers
    });
    Ok(match earlier {
        Some(old) => old.convolutions.clone(),
        None => {
            let conv = args.conv.unwrap_or(Conv::Auto);
            conv.choose(selected.backend.id, &layers, Purpose::Training(batch_size))
        }
    })
}

fn load_options(args: &Args, seed: u64) -> LoadOptions {
    LoadOptions {
        data_dir: args.data_dir.clone(),
        seed,
        show_progress: true,
    }
}

/// What is trained on what and where, before the first epoch.
fn opening(
    config: &RunConfig,
    splits: &Splits,
    selected: &Selected,
    run: &RunDir,
) -> Result<String, Box<dyn Error>> {
    splits.warnings.iter().for_each(|warning| warn(warning));
    let dataset = &config.dataset;
    let valid = match dataset.num_valid {
        0 => String::new(),
        images => format!(", {} for validation", thousands(images)),
    };
    let reason = selected.reason.as_ref();
    let init = config.init_from.as_ref();
    let init = init.map_or(String::new(), |run| {
        format!("weights  the last of {}\n", run.display())
    });
    let convolutions = match config.convolutions.as_slice() {
        [] => String::new(),
        algorithms => format!("layers   convolutions: {}\n", in_words(algorithms)),
    };
    Ok(format!(
        "model    {}, {} parameters\n{convolutions}{init}\
         recipe   {}\n\
         data     {}, {} images to train on{valid}, {} to test on ({})\n\
         backend  {} on {}, {}{}\n\
         run      {}\n",
        config.model,
        thousands(num_params(&config.architecture)?),
        recipe::in_words(config),
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
        other => other.into(),
    }
}
