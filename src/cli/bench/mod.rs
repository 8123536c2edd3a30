mod convolutions;
mod report;
mod tune;

use super::backends::{BackendsArgs, DevicesArgs};
use super::config::ConfigArgs;
use super::data::{PicturesArgs, dataset_request};
use super::options::in_options;
use super::recipe::precision;
use super::verbosity::draw_target;
use super::{Outcome, own_path, print, print_json, warn};
use burn_zoo::backend::{self, Selected};
use burn_zoo::bench::Measured;
use burn_zoo::convolution::Conv;
use burn_zoo::data::{self, DatasetSpec};
use burn_zoo::jobs::{self, BenchJob, Job, JobError};
use burn_zoo::tuning::Effort;
use burn_zoo_models::{ModelSpec, Precision};
use indicatif::ProgressBar;
use report::{Machine, Report, Row};
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

const EXAMPLES: &str = "\
Examples:
  zoo bench                                   # mlp-relu on every backend with a device
  zoo bench cnn --backends flex,wgpu --batch-size 256
  zoo bench cnn --devices flex:cpu,libtorch:cpu    # both share each batch of training
  zoo bench cnn --layers --json
  zoo bench cnn --tune --backends wgpu        # which algorithm for its convolutions?";

#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// Models, by their names in `zoo list` [default: mlp-relu]
    #[arg(value_name = "MODEL")]
    models: Vec<String>,
    #[command(flatten)]
    backends: BackendsArgs,
    #[command(flatten)]
    devices: DevicesArgs,
    /// Data set that determines the shape of the images and the number of classes; the pixels are artificial
    #[arg(long, default_value = "fashion-mnist")]
    dataset: String,
    #[command(flatten)]
    pictures: PicturesArgs,
    /// Batch size [default: the recipe's]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    batch_size: Option<u32>,
    /// Algorithm of convolutions: auto (the fastest that was measured), direct, im2col, frequency
    #[arg(long, value_name = "ALGORITHM", default_value = "auto")]
    conv: Conv,
    /// The floats in which convolutions and dense layers multiply in training
    #[arg(long, value_name = "PRECISION", default_value = "f32", value_parser = precision())]
    precision: Precision,
    /// Duration in seconds of each measurement: training, inference, each layer
    #[arg(long, default_value_t = 4.0, allow_negative_numbers = true)]
    seconds: f64,
    /// Also measure each layer by itself, convolutions with every algorithm
    #[arg(long)]
    layers: bool,
    /// Time limit for one model on one backend
    #[arg(long, value_name = "SECONDS", default_value_t = 1800)]
    timeout: u64,
    #[command(flatten)]
    _file: ConfigArgs,
    /// Print JSON with every sample
    #[arg(long)]
    json: bool,
    /// Measure anew which algorithm computes the models' convolutions fastest on each backend's device, within --timeout
    /// for each, and keep it for --conv auto
    #[arg(long, conflicts_with_all = ["conv", "layers", "json", "convolutions", "seconds"])]
    tune: bool,
    /// Measure each convolution of all models, or of the named ones, with every algorithm on each backend, and print
    /// the table that `--conv auto` reads, as CSV
    #[arg(long, conflicts_with_all = ["conv", "batch_size", "layers", "json", "dataset", "image_shape", "fit", "devices", "shares"])]
    convolutions: bool,
}

/// Refuses a time that is not positive.
pub(super) fn check_seconds(seconds: f64) -> Result<(), String> {
    match seconds > 0.0 && seconds < 1e6 {
        true => Ok(()),
        false => Err(format!(
            "--seconds {seconds:e} is no time to measure for: it must be greater than 0 and less than a million"
        )),
    }
}

pub(super) fn run(args: Args) -> Outcome {
    check_seconds(args.seconds)?;
    let ids = match args.models.as_slice() {
        [] => &["mlp-relu".to_owned()],
        ids => ids,
    };
    let specs = ids.iter().map(|id| burn_zoo_models::find(id));
    let specs = specs.collect::<Result<Vec<_>, _>>()?;
    let dataset = args
        .pictures
        .find(&args.dataset, None, data::usual(&specs))?;
    if args.convolutions {
        let specs = match args.models.as_slice() {
            [] => burn_zoo_models::MODELS.iter().collect(),
            _ => specs,
        };
        return convolutions::run(&specs, &args.backends, Effort::for_seconds(args.seconds));
    }
    if args.tune {
        return tune::run(&args, &specs, &dataset);
    }
    let sharing = args.devices.sharing();
    let (backends, skipped) = match args.backends.are_all() && !sharing.is_none() {
        // One row, of devices that say themselves what backends they are of.
        true => {
            let mut all = backend::select_all(None, &sharing.devices, Some(&own_path()))?;
            (all.drain(..1).collect(), Vec::new())
        }
        false => args.backends.chosen()?,
    };
    skipped
        .iter()
        .for_each(|sentence| warn(&format!("not measured: {sentence}")));
    let progress = ProgressBar::with_draw_target(None, draw_target());
    progress.enable_steady_tick(Duration::from_millis(500));
    let mut rows = Vec::new();
    for spec in specs {
        let asked = args.batch_size.map(|size| size as usize);
        let batch_size = asked.unwrap_or(spec.recipe.batch_size);
        for selected in &backends {
            progress.set_message(format!("{} on {}", spec.id, selected.backend.id));
            let measured = measure_in_child(&args, spec, &dataset, batch_size, selected);
            let (measured, trouble) = match measured {
                Ok(measured) => (Some(measured), None),
                Err(error) => (None, Some(error.to_string())),
            };
            rows.push(Row {
                model: spec.id,
                dataset: dataset.id.clone(),
                batch_size,
                backend: selected.backend.id,
                device: selected.info.id.clone(),
                hardware: selected.info.name.clone(),
                threads: backend::threads(),
                trouble,
                measured,
            });
        }
    }
    progress.finish_and_clear();
    let report = Report {
        machine: Machine {
            cpu: backend::cpu_name(),
            os: std::env::consts::OS,
            zoo: env!("CARGO_PKG_VERSION"),
            burn: burn_zoo::run::BURN,
        },
        rows,
    };
    match args.json {
        true => print_json(&report)?,
        false => print(&in_options(&report::text(&report))),
    }
    Ok(match report.rows.iter().all(|row| row.measured.is_some()) {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

/// Measures in a child process: its memory is then the memory of this model alone, its start is cold, and a driver that
/// crashes or hangs costs one row of the table and not the run.
fn measure_in_child(
    args: &Args,
    spec: &ModelSpec,
    dataset: &DatasetSpec,
    batch_size: usize,
    selected: &Selected,
) -> Result<Measured, JobError> {
    let job = Job::Bench(BenchJob {
        model: spec.id.into(),
        place: selected.place(),
        sharing: args.devices.sharing(),
        dataset: dataset_request(dataset, None),
        batch_size,
        conv: args.conv,
        precision: args.precision,
        seconds: args.seconds,
        first_step_only: false,
        layers: args.layers,
        started: SystemTime::now(),
    });
    let limit = Duration::from_secs(args.timeout);
    jobs::ask(&mut jobs::command(&own_path(), None), &job, limit, || false)
}
