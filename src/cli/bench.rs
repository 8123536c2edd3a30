use super::backends::BackendsArgs;
use super::config::ConfigArgs;
use super::data::{PicturesArgs, pictures_words};
use super::verbosity::draw_target;
use super::{Outcome, own_path, print, print_json, table, trimmed, warn};
use burn_zoo::backend::{self, Selected};
use burn_zoo::bench::{Alone, Effort, Measured, Subject, measure, measure_convolution, median};
use burn_zoo::convolution::{Conv, in_words};
use burn_zoo::summary::graph;
use burn_zoo::{bench, child, data};
use burn_zoo_models::{ClassifierConfig, ConvAlgorithm, ConvShape, MODELS};
use comfy_table::CellAlignment;
use indicatif::ProgressBar;
use serde::Serialize;
use std::error::Error;
use std::process::{Command, ExitCode};
use std::time::Duration;

const EXAMPLES: &str = "\
Examples:
  zoo bench                                   # mlp-relu on every backend with a device
  zoo bench cnn --backends flex,wgpu --batch-size 256
  zoo bench cnn --layers --json";

#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The models, by their names in `zoo list` [default: mlp-relu]
    #[arg(value_name = "MODEL")]
    models: Vec<String>,
    #[command(flatten)]
    backends: BackendsArgs,
    /// Whose images' shape and classes the model takes; the pixels are drawn
    #[arg(long, default_value = "fashion-mnist")]
    dataset: String,
    #[command(flatten)]
    pictures: PicturesArgs,
    /// Images a step [default: the model's recipe]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    batch_size: Option<u32>,
    /// How convolutions are computed: auto (the fastest measured), direct, im2col, frequency
    #[arg(long, value_name = "ALGORITHM", default_value = "auto")]
    conv: Conv,
    /// Measure training, inference and each layer for about so long each
    #[arg(long, default_value_t = 4.0, allow_negative_numbers = true)]
    seconds: f64,
    /// Measure each layer by itself too, convolutions by every algorithm
    #[arg(long)]
    layers: bool,
    /// How long one backend may take for one model
    #[arg(long, value_name = "SECONDS", default_value_t = 1800)]
    timeout: u64,
    #[command(flatten)]
    _file: ConfigArgs,
    /// Print JSON, with every sample
    #[arg(long)]
    json: bool,
    /// Measure every convolution of the zoo, or of the models named, by every algorithm on each backend,
    /// and print the table that `--conv auto` reads, as CSV
    #[arg(long, conflicts_with_all = ["conv", "batch_size", "layers", "json", "dataset", "image_shape", "fit"])]
    convolutions: bool,
    /// Measure one model on one backend in this process, which began at that time
    #[arg(long, hide = true, value_name = "NANOSECONDS")]
    measure: Option<u128>,
    /// With --measure: the first step alone
    #[arg(long, hide = true)]
    first_step: bool,
}

#[derive(Serialize)]
struct Report {
    machine: Machine,
    rows: Vec<Row>,
}

#[derive(Serialize)]
struct Machine {
    cpu: String,
    os: &'static str,
    zoo: &'static str,
    burn: &'static str,
}

/// One model on one backend.
#[derive(Serialize)]
struct Row {
    model: &'static str,
    dataset: String,
    batch_size: usize,
    backend: &'static str,
    device: String,
    hardware: String,
    /// Of the CPU; a GPU has its own.
    threads: usize,
    /// Why nothing was measured.
    trouble: Option<String>,
    #[serde(flatten)]
    measured: Option<Measured>,
}

/// Refuses a time to measure for that is none.
pub(super) fn check_seconds(seconds: f64) -> Result<(), String> {
    match seconds > 0.0 && seconds < 1e6 {
        true => Ok(()),
        false => Err(format!(
            "--seconds {seconds} is no time to measure for: it must be greater than 0"
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
    let effort = Effort {
        time: Duration::from_secs_f64(args.seconds),
        samples: if args.first_step { 0 } else { 200 },
    };
    if args.convolutions {
        return convolutions(&args, effort);
    }
    let mut subjects = Vec::new();
    for spec in specs {
        subjects.push(Subject {
            spec,
            dataset: &dataset,
            batch_size: args
                .batch_size
                .map_or(spec.recipe.batch_size, |size| size as usize),
            conv: args.conv,
        });
    }
    if let Some(began) = args.measure {
        let selected = args.backends.only()?;
        let since_start = bench::clock().saturating_sub(began);
        let since_start = Duration::from_nanos(since_start.try_into().unwrap_or(0));
        print_json(&measure(
            &subjects[0],
            &selected,
            effort,
            since_start,
            args.layers,
        )?)?;
        return Ok(ExitCode::SUCCESS);
    }

    let (backends, skipped) = args.backends.chosen()?;
    skipped
        .iter()
        .for_each(|sentence| warn(&format!("not measured: {sentence}")));
    let progress = ProgressBar::with_draw_target(None, draw_target());
    progress.enable_steady_tick(Duration::from_millis(500));
    let mut rows = Vec::new();
    for subject in &subjects {
        for selected in &backends {
            progress.set_message(format!("{} on {}", subject.spec.id, selected.backend.id));
            let (measured, trouble) = match measure_in_child(&args, subject, selected) {
                Ok(measured) => (Some(measured), None),
                Err(trouble) => (None, Some(trouble)),
            };
            rows.push(Row {
                model: subject.spec.id,
                dataset: dataset.id.clone(),
                batch_size: subject.batch_size,
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
        false => print(&text(&report)),
    }
    Ok(match report.rows.iter().all(|row| row.measured.is_some()) {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

/// Has a child process measure: its memory is then that model's alone, its start is cold, and a
/// driver's crash or hang is a row of the table.
fn measure_in_child(
    args: &Args,
    subject: &Subject,
    selected: &Selected,
) -> Result<Measured, String> {
    let mut command = Command::new(own_path());
    command
        .args(["bench", subject.spec.id, "--dataset", &subject.dataset.id])
        .args(["--batch-size", &subject.batch_size.to_string()])
        .args(["--conv", &subject.conv.to_string()])
        .args(["--seconds", &args.seconds.to_string()])
        .args([
            "--backends",
            selected.backend.id,
            "--device",
            &selected.info.id,
        ]);
    command.args(pictures_words(subject.dataset));
    if args.layers {
        command.arg("--layers");
    }
    command.args(["--measure", &bench::clock().to_string()]);
    let ended = child::run(&mut command, Duration::from_secs(args.timeout));
    if let Some(trouble) = ended.trouble {
        return Err(format!("the process {trouble}"));
    }
    serde_json::from_str(&ended.stdout).map_err(|error| format!("what it said {error}"))
}

fn text(report: &Report) -> String {
    let mut summary = table(&[
        "model",
        "data",
        "batch",
        "backend",
        "device",
        "convolutions",
        "first step",
        "training",
        "inference",
        "peak memory",
    ]);
    summary.add_row(["", "", "", "", "", "", "s", "images/s", "images/s", "MB"]);
    let mut layers = table(&[
        "model",
        "backend",
        "layer",
        "algorithm",
        "training",
        "inference",
        "",
    ]);
    layers.add_row(["", "", "", "", "ms", "ms", ""]);
    let mut sentences = String::new();
    let mut any_layers = false;
    for row in &report.rows {
        let mut cells = vec![
            row.model.to_owned(),
            data::short_name(&row.dataset).into(),
            row.batch_size.to_string(),
            row.backend.into(),
            row.device.clone(),
        ];
        match &row.measured {
            Some(measured) => {
                let speed = |seconds: &[f64]| {
                    let speed = row.batch_size as f64 / median(seconds);
                    burn_zoo::numbers::thousands(speed.round())
                };
                cells.extend([
                    match measured.convolutions == measured.infer_convolutions {
                        true => in_words(&measured.convolutions),
                        false => format!(
                            "{}; inference {}",
                            in_words(&measured.convolutions),
                            in_words(&measured.infer_convolutions)
                        ),
                    },
                    format!("{:.2}", measured.first_step_s),
                    speed(&measured.train_step_s),
                    speed(&measured.infer_step_s),
                    measured
                        .peak_memory_bytes
                        .map_or("-".into(), |bytes| format!("{:.0}", bytes as f64 / 1e6)),
                ]);
            }
            None => cells.resize(10, "-".into()),
        }
        summary.add_row(cells);
        if let Some(trouble) = &row.trouble {
            sentences += &format!("{} on {}: {trouble}\n", row.model, row.backend);
        }
        for layer in row.measured.iter().flat_map(|measured| &measured.layers) {
            any_layers = true;
            layers.add_row([
                row.model.to_owned(),
                row.backend.into(),
                layer.layer.clone(),
                layer.algorithm.map_or("", ConvAlgorithm::name).into(),
                format!("{:.2}", layer.train_s * 1e3),
                format!("{:.2}", layer.infer_s * 1e3),
                match layer.algorithm {
                    Some(_) if layer.used => "in training".into(),
                    _ => String::new(),
                },
            ]);
        }
    }
    for (table, columns) in [(&mut summary, 6..10), (&mut layers, 4..6)] {
        for index in columns {
            if let Some(column) = table.column_mut(index) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
    }
    let mut text = format!(
        "{}; medians; the first step counts from the start of the process\n\n{}\n{sentences}",
        report.machine.cpu,
        trimmed(&summary)
    );
    if any_layers {
        text += &format!(
            "each layer by itself, a batch forward and backward, and forward alone: a diagnostic, their sum is not a step's time\n\n{}",
            trimmed(&layers)
        );
    }
    text
}

/// The shapes that `--conv auto` is to know: every convolution of the zoo, or of these models, and
/// whether it is its model's first layer.
fn shapes(models: &[String]) -> Result<Vec<(ConvShape, bool)>, Box<dyn Error>> {
    let mut shapes = Vec::new();
    let specs = match models {
        [] => MODELS.iter().collect(),
        ids => ids
            .iter()
            .map(|id| burn_zoo_models::find(id))
            .collect::<Result<Vec<_>, _>>()?,
    };
    for dataset in ["fashion-mnist", "cifar-10"] {
        let dataset = data::find(dataset)?;
        for spec in &specs {
            let architecture: ClassifierConfig = dataset.architecture(spec);
            for (index, shape) in graph(&architecture)?.convolutions().into_iter().enumerate() {
                if !shapes.contains(&(shape, index == 0)) {
                    shapes.push((shape, index == 0));
                }
            }
        }
    }
    Ok(shapes)
}

fn convolutions(args: &Args, effort: Effort) -> Outcome {
    let (backends, skipped) = args.backends.chosen()?;
    skipped
        .iter()
        .for_each(|sentence| warn(&format!("not measured: {sentence}")));
    let shapes = shapes(&args.models)?;
    let total = backends.len() * shapes.len() * ConvAlgorithm::ALL.len();
    let progress = ProgressBar::with_draw_target(Some(total as u64), draw_target());
    let mut csv = csv::Writer::from_writer(std::io::stdout());
    for selected in &backends {
        for (shape, is_first) in &shapes {
            for algorithm in ConvAlgorithm::ALL {
                let alone = Alone {
                    shape,
                    algorithm,
                    is_first: *is_first,
                };
                if let Some(row) = measure_convolution(&alone, selected, effort) {
                    csv.serialize(row)?;
                    csv.flush()?; // it takes minutes, and may be interrupted
                }
                progress.inc(1);
            }
        }
    }
    progress.finish_and_clear();
    Ok(ExitCode::SUCCESS)
}
