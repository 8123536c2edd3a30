//! `zoo train`.

mod fine_tuning;
mod print_config;
mod screen;

use super::backends::DevicesArgs;
use super::config::is_toml;
use super::data::{CacheArgs, NormalisationArgs, PicturesArgs, SkipArgs, dataset_help};
use super::interrupt::{INTERRUPTED, Stop, stop_on_ctrl_c};
use super::model::SetArgs;
use super::recipe::{self, RecipeArgs};
use super::tuning::TuneArgs;
use super::verbosity::{be_silent, is_quiet, is_silent};
use super::{Outcome, own_path, print, quoted, warn};
use burn::train::Interrupter;
use burn_zoo::convolution::Conv;
use burn_zoo::plan::{self, Files, Monitor, PlanError, ResumeRequest, TrainRequest};
use burn_zoo::ranks::{self, Ranks};
use burn_zoo::run;
use burn_zoo::training::{Display, Ended, TrainError};
use fine_tuning::FineTuningArgs;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const EXAMPLES: &str = "\
Examples:
  zoo train                                   # the lecture's MLP on Fashion-MNIST
  zoo train cnn-maxpool --recipe tuned --valid-fraction 0.1
  zoo train cnn --print-config > cnn.toml     # then: zoo train --config cnn.toml
  zoo train --resume runs/cnn --epochs 20     # on from where it stopped
  zoo train cnn --backend libtorch --devices 0,1    # each batch shared by two GPUs
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
        ", PATH/CLASS/… or PATH/train/CLASS/…, PATH/test/CLASS/… and PATH/val/CLASS/… [default: fashion-mnist]",
    ))]
    dataset: Option<String>,
    #[command(flatten)]
    layers: SetArgs,
    #[command(flatten)]
    pictures: PicturesArgs,
    #[command(flatten)]
    normalisation: NormalisationArgs,
    #[command(flatten)]
    fine_tuning: FineTuningArgs,
    #[command(flatten)]
    cache: CacheArgs,
    #[command(flatten)]
    skip: SkipArgs,
    /// The backend: auto, or one of `zoo backends` [default: auto]
    #[arg(long)]
    backend: Option<String>,
    /// The backend's device, from `zoo backends`
    #[arg(long)]
    device: Option<String>,
    #[command(flatten)]
    devices: DevicesArgs,
    /// How convolutions are computed: auto (the fastest measured), direct, im2col, frequency
    /// [default: auto]
    #[arg(long, value_name = "ALGORITHM")]
    conv: Option<Conv>,
    #[command(flatten)]
    tuning: TuneArgs,
    #[command(flatten)]
    recipe: RecipeArgs,
    /// Random seed for weights, image order and augmentation [default: 42]
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
    /// Resume a run exactly where it stopped; with --epochs, train for that many epochs in all
    #[arg(long, value_name = "DIR", conflicts_with_all = [
        "set", "dataset", "image_shape", "fit", "mean", "std", "seed", "limit", "valid_fraction", "skip_unreadable", "out", "config",
        "print_config",
    ], conflicts_with_all = recipe::fixed())]
    resume: Option<PathBuf>,
    /// Read the settings that are not given here from a run's config.json, which repeats that run, or from a
    /// TOML file of these options: batch-size = 128. Paths in it are relative to the current folder
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Print all settings as a TOML file for --config, without training
    #[arg(long, conflicts_with_all = ["json", "tui"])]
    print_config: bool,
    /// Write event files for TensorBoard, into the run folder or a folder of their own
    #[arg(long, value_name = "DIR", num_args = 0..=1, require_equals = true)]
    tensorboard: Option<Option<PathBuf>>,
    /// Show Burn's dashboard
    #[arg(long)]
    tui: bool,
    /// Print one line of JSON for each event
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
    if args.print_config {
        let request = args.request()?;
        let settings = plan::settle(&request)?;
        print(&print_config::toml(&args, &request, &settings)?);
        return Ok(ExitCode::SUCCESS);
    }
    let interrupter = Interrupter::new();
    let begun = stop_after_batch(&interrupter)?;
    let ranks = connected(&args, &interrupter)?;
    let follows = ranks.as_ref().is_some_and(|ranks| !ranks.is_first());
    if follows {
        be_silent();
    }
    match train(&args, ranks, interrupter, &begun) {
        // Rank 0 is told of every failure, and says so: a launcher that sees another one fail would kill it before.
        _ if follows => Ok(ExitCode::SUCCESS),
        outcome => outcome,
    }
}

/// This process among those that an MPI launcher started, if one did.
fn connected(args: &Args, interrupter: &Interrupter) -> Result<Option<Ranks>, Box<dyn Error>> {
    let launched = ranks::launched();
    let several = launched.is_some_and(|it| it.count.is_none_or(|count| count > 1));
    if let Some(launched) = launched.filter(|_| several && !ranks::BUILT_IN) {
        warn(&format!(
            "an MPI launcher started this process as number {}, but MPI is not built in, and each process trains by itself: build with `--features mpi` to have them share each batch",
            launched.rank
        ));
    }
    if args.tui && several && ranks::BUILT_IN {
        return Err("--tui shows the training of one process: leave it out under mpirun".into());
    }
    let interrupter = interrupter.clone();
    let connected = Ranks::connect()?;
    Ok(connected.map(|ranks| ranks.stopped_by(move || interrupter.should_stop())))
}

fn train(
    args: &Args,
    ranks: Option<Ranks>,
    interrupter: Interrupter,
    begun: &AtomicBool,
) -> Outcome {
    let plan = match &args.resume {
        Some(run) => plan::resume_with(args.resume_request(run), ranks)?,
        None => plan::begin_with(args.request()?, ranks)?,
    };
    begun.store(true, Ordering::Relaxed);
    plan.warnings.iter().for_each(|warning| warn(warning));
    let display = args.display();
    if !is_silent() {
        screen::begin(&plan, display)?;
    }
    let folder = plan.run.path().to_owned();
    let tensorboard = args.tensorboard.as_ref().filter(|_| !is_silent());
    let monitor = Monitor {
        display,
        show_progress: !is_quiet(),
        tensorboard: tensorboard.map(|events| events.clone().unwrap_or_else(|| folder.clone())),
        interrupter,
    };
    let outcome = plan.train(monitor);
    let outcome = outcome.map_err(|error| with_advice(error, &folder))?;
    if !is_silent() {
        screen::end(&outcome, display, args.tensorboard.as_ref());
    }
    Ok(match outcome.ended {
        Ended::Finished => ExitCode::SUCCESS,
        Ended::Interrupted => ExitCode::from(INTERRUPTED),
    })
}

impl Args {
    fn display(&self) -> Display {
        match self {
            _ if is_silent() => Display::Nothing,
            Self { tui: true, .. } => Display::Dashboard,
            Self { json: true, .. } => Display::JsonLines,
            _ if is_quiet() => Display::Nothing,
            _ => Display::Lines,
        }
    }

    /// The request for a new run.
    fn request(&self) -> Result<TrainRequest, PlanError> {
        // The settings in a TOML file are among the other options.
        let earlier = self.config.as_deref().filter(|file| !is_toml(file));
        let mut request = TrainRequest {
            earlier: earlier.map(plan::read_earlier).transpose()?,
            model: self.model.clone(),
            set: self.layers.set.clone(),
            dataset: self.dataset.clone(),
            image_shape: self.pictures.image_shape,
            fit: self.pictures.fit(),
            mean: self.normalisation.mean(),
            std: self.normalisation.std(),
            init_from: self.fine_tuning.init_from.clone(),
            freeze: self.fine_tuning.freeze(),
            backbone_learning_rate: self.fine_tuning.backbone_learning_rate,
            skip_unreadable: self.skip.skip_unreadable,
            data_digest: None,
            recipe: None,
            seed: self.seed,
            limit: self.limit,
            valid_fraction: self.valid_fraction,
            backend: self.backend.clone(),
            device: self.device.clone(),
            devices: self.devices.devices.clone(),
            rank: None,
            shares: self.devices.shares.clone(),
            conv: self.conv,
            tune: self.tune(),
            out: self.out.clone(),
            files: self.files(),
        };
        let base = match self.recipe.named(plan::model(&request)?) {
            Some(named) => named,
            None => plan::base_recipe(&request)?,
        };
        request.recipe = Some(self.recipe.changed(base));
        Ok(request)
    }

    fn resume_request(&self, run: &Path) -> ResumeRequest {
        ResumeRequest {
            run: run.into(),
            model: self.model.clone(),
            num_epochs: self.recipe.num_epochs,
            freeze: self.fine_tuning.freeze(),
            backend: self.backend.clone(),
            device: self.device.clone(),
            devices: self.devices.devices.clone(),
            rank: None,
            shares: self.devices.shares.clone(),
            conv: self.conv,
            tune: self.tune(),
            files: self.files(),
        }
    }

    fn tune(&self) -> Duration {
        match self.print_config {
            true => Duration::ZERO,
            false => self.tuning.limit(),
        }
    }

    fn files(&self) -> Files {
        Files {
            data_dir: self.data_dir.clone(),
            cache: self.cache.size(),
            show_progress: !is_quiet(),
            zoo: Some(own_path()),
        }
    }
}

/// The first Ctrl-C ends the training after the current batch; the second ends the program, and so does the first
/// before the training has begun, as is to be noted in what this returns.
pub(super) fn stop_after_batch(interrupter: &Interrupter) -> Result<Arc<AtomicBool>, String> {
    let interrupter = interrupter.clone();
    let begun = Arc::new(AtomicBool::new(false));
    let has_begun = begun.clone();
    let warning =
        "stopping after this batch; press Ctrl-C again to stop at once, back to the last epoch";
    stop_on_ctrl_c(move || match has_begun.load(Ordering::Relaxed) {
        true => {
            interrupter.stop(Some("asked for by the user"));
            Stop::InOrder(warning)
        }
        false => Stop::AtOnce("stopped before the training began"),
    })?;
    Ok(begun)
}

/// A training's error with advice on how to go on.
fn with_advice(error: TrainError, folder: &Path) -> Box<dyn Error> {
    let kept = folder.join(run::CHECKPOINT).is_file();
    match error {
        TrainError::Diverged { .. } if kept => {
            let folder = folder.display();
            format!("{error}; {folder} keeps what was trained before").into()
        }
        TrainError::Device { ref others, .. } if kept => format!(
            "{error}; to go on on the others: zoo train --resume {} --devices {}",
            quoted(folder),
            others.join(",")
        )
        .into(),
        TrainError::Ranks(_) | TrainError::DeviceUnfit { .. } if kept => format!(
            "{error}; to go on, on any number of ranks: zoo train --resume {}",
            quoted(folder)
        )
        .into(),
        TrainError::Data(_) if kept => format!(
            "{error}; to go on then: zoo train --resume {}",
            quoted(folder)
        )
        .into(),
        other => other.into(),
    }
}
