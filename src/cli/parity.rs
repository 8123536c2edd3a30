use super::backends::BackendsArgs;
use super::config::ConfigArgs;
use super::data::{PicturesArgs, pictures_words};
use super::verbosity::{draw_target, is_quiet};
use super::{Outcome, own_path, print, print_json, table, trimmed, warn};
use burn_zoo::backend::{self, Selected};
use burn_zoo::convolution::{Conv, Purpose, in_words};
use burn_zoo::data::{self, DatasetSpec, LoadOptions};
use burn_zoo::parity::{
    self, Observation, Quantity, Reference, Report, Row, Task, Verdict, observe,
};
use burn_zoo::summary::graph;
use burn_zoo::{child, numbers::thousands};
use burn_zoo_models::{ClassifierConfig, ConvAlgorithm, MODELS, ModelError, ModelSpec};
use comfy_table::CellAlignment;
use indicatif::ProgressBar;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Duration;

const EXAMPLES: &str = "\
Examples:
  zoo parity --all                            # every model, every backend with a device
  zoo parity cnn --backends flex,libtorch --dataset fashion-mnist
  zoo parity cnn --conv frequency --batch-size 64 --steps 2";

#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The models, by their names in `zoo list`
    #[arg(value_name = "MODEL", required_unless_present = "all")]
    models: Vec<String>,
    /// Every model
    #[arg(long, conflicts_with = "models")]
    all: bool,
    #[command(flatten)]
    backends: BackendsArgs,
    /// How convolutions are computed: auto (the fastest measured), direct, im2col, frequency
    #[arg(long, value_name = "ALGORITHM", default_value = "auto")]
    conv: Conv,
    /// The data set that the images are from, or folder:PATH for pictures of your own
    #[arg(long, default_value = "synthetic")]
    dataset: String,
    #[command(flatten)]
    pictures: PicturesArgs,
    /// The folder with the data set's files
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Images a step
    #[arg(long, value_name = "N", default_value_t = 4)]
    batch_size: usize,
    /// Steps of Adam, at least 2
    #[arg(long, value_name = "N", default_value_t = 3)]
    steps: usize,
    /// Of the weights and the images' order
    #[arg(long, default_value_t = 42)]
    seed: u64,
    /// How long one backend may take for one model
    #[arg(long, value_name = "SECONDS", default_value_t = 600)]
    timeout: u64,
    #[command(flatten)]
    _file: ConfigArgs,
    /// Print JSON, with every comparison
    #[arg(long)]
    json: bool,
    /// Do the steps of one model on one backend in this process, and write what they come to
    #[arg(long, hide = true, value_name = "FILE")]
    observe: Option<PathBuf>,
    /// With --observe: the first step's batch
    #[arg(long, hide = true, value_name = "N")]
    first_batch: Option<usize>,
    /// With --observe: without fusing kernels
    #[arg(long, hide = true)]
    unfused: bool,
}

impl Args {
    fn load_options(&self) -> LoadOptions {
        LoadOptions {
            data_dir: self.data_dir.clone(),
            seed: self.seed,
            show_progress: !is_quiet(),
            ..LoadOptions::default()
        }
    }

    fn convolutions(
        &self,
        backend: &str,
        architecture: &ClassifierConfig,
    ) -> Result<Vec<ConvAlgorithm>, ModelError> {
        let layers = graph(architecture)?.convolutions();
        let purpose = Purpose::Training(self.batch_size);
        Ok(self.conv.choose(backend, &layers, purpose))
    }

    fn task(&self, spec: &ModelSpec, dataset: &DatasetSpec) -> Result<Task, Box<dyn Error>> {
        let options = self.load_options();
        Ok(parity::task(
            spec,
            dataset,
            self.batch_size,
            self.steps,
            self.first_batch,
            &options,
        )?)
    }
}

/// What a row comes to.
fn word(row: &Row) -> &'static str {
    match &row.verdict {
        None => "FAILED",
        Some(verdict) if verdict.holds() => "same",
        Some(_) => "DIFFERENT",
    }
}

fn backend_of(row: &Row) -> String {
    match row.fusion {
        Some(false) => format!("{}, unfused", row.backend),
        _ => row.backend.clone(),
    }
}

pub(super) fn run(args: Args) -> Outcome {
    let models: Vec<&'static ModelSpec> = match args.all {
        true => MODELS.iter().collect(),
        false => args
            .models
            .iter()
            .map(|id| burn_zoo_models::find(id))
            .collect::<Result<_, _>>()?,
    };
    let dataset = args.pictures.find(
        &args.dataset,
        args.data_dir.as_deref(),
        data::usual(&models),
    )?;
    if let Some(file) = &args.observe {
        return observe_here(&args, models[0], &dataset, file);
    }
    let (subjects, skipped) = subjects(&args)?;
    for sentence in &skipped {
        warn(&format!("not compared: {sentence}"));
    }
    let progress = ProgressBar::with_draw_target(None, draw_target());
    progress.enable_steady_tick(Duration::from_millis(200));
    let folder = tempfile::tempdir()?;
    let mut rows = Vec::new();
    for spec in models {
        progress.set_message(format!("{} in float64", spec.id));
        let task = args.task(spec, &dataset)?;
        let reference = Reference::compute(&task)?;
        for (subject, fusion) in &subjects {
            progress.set_message(format!("{} on {}", spec.id, subject.backend.id));
            let seen = observe_in_child(
                &args,
                (spec, &dataset),
                task.first_batch,
                (subject, *fusion),
                folder.path(),
            );
            let (verdict, trouble) = match seen {
                Ok(seen) => (Some(Verdict::of(&seen, &reference)), None),
                Err(trouble) => (None, Some(trouble)),
            };
            rows.push(Row {
                model: spec.id.into(),
                first_batch: task.first_batch,
                initial_weights_sha256: reference.exact.initial_weights_sha256.clone(),
                backend: subject.backend.id.into(),
                device: subject.info.id.clone(),
                hardware: subject.info.name.clone(),
                convolutions: args.convolutions(subject.backend.id, &task.architecture)?,
                fusion: *fusion,
                trouble,
                verdict,
            });
        }
    }
    progress.finish_and_clear();
    let report = Report {
        dataset: dataset.id,
        batch_size: args.batch_size,
        steps: args.steps,
        seed: args.seed,
        skipped,
        rows,
    };
    if args.json {
        print_json(&report)?;
    } else {
        print(&text(&report));
    }
    Ok(match report.rows.iter().all(Row::holds) {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

/// A backend's device, and whether to fuse kernels there, where both can be done.
type Subject = (Selected, Option<bool>);

/// What is to be compared, and what cannot be.
fn subjects(args: &Args) -> Result<(Vec<Subject>, Vec<String>), Box<dyn Error>> {
    let (chosen, skipped) = args.backends.chosen()?;
    let subjects = chosen
        .into_iter()
        .flat_map(|subject| match backend::unfused(&subject.device) {
            Some(_) => vec![(subject.clone(), Some(true)), (subject, Some(false))],
            None => vec![(subject, None)],
        });
    Ok((subjects.collect(), skipped))
}

/// The child's part: the steps on one backend.
fn observe_here(args: &Args, spec: &ModelSpec, dataset: &DatasetSpec, file: &Path) -> Outcome {
    let Selected {
        backend, device, ..
    } = args.backends.only()?;
    let mut task = args.task(spec, dataset)?;
    task.convolutions = args.convolutions(backend.id, &task.architecture)?;
    let seen = match backend::unfused(&device) {
        Some(device) if args.unfused => device.observe(&task)?,
        _ => observe(&task, &device)?,
    };
    std::fs::write(file, seen.to_safetensors())?;
    Ok(ExitCode::SUCCESS)
}

/// Has a child process do the steps, so that a driver's crash or hang is a row of the table.
fn observe_in_child(
    args: &Args,
    (spec, dataset): (&ModelSpec, &DatasetSpec),
    first_batch: usize,
    (subject, fusion): (&Selected, Option<bool>),
    folder: &Path,
) -> Result<Observation, String> {
    let file = folder.join("observation");
    let _ = std::fs::remove_file(&file);
    let mut command = Command::new(own_path());
    command
        .args(["parity", spec.id, "--backends", subject.backend.id])
        .args(["--device", &subject.info.id, "--dataset", &args.dataset])
        .args(["--batch-size", &args.batch_size.to_string()])
        .args(["--steps", &args.steps.to_string()])
        .args(["--seed", &args.seed.to_string()])
        .args(["--first-batch", &first_batch.to_string()])
        .args(["--conv", &args.conv.to_string()])
        .arg("--observe")
        .arg(&file);
    if let Some(data_dir) = &args.data_dir {
        command.arg("--data-dir").arg(data_dir);
    }
    command.args(pictures_words(dataset));
    if fusion == Some(false) {
        command.arg("--unfused");
    }
    let ended = child::run(&mut command, Duration::from_secs(args.timeout));
    if let Some(trouble) = ended.trouble {
        return Err(format!("the process {trouble}"));
    }
    let bytes = std::fs::read(&file).map_err(|error| format!("it left nothing: {error}"))?;
    Observation::from_safetensors(&bytes).map_err(|error| format!("what it left {error}"))
}

fn text(report: &Report) -> String {
    let steps = format!("{} steps", report.steps);
    let mut table = table(&[
        "model",
        "weights",
        "backend",
        "convolutions",
        "device",
        "logits",
        "",
        "loss",
        "gradient",
        "",
        "1 step",
        "",
        &steps,
        "",
        "answers",
        "",
    ]);
    let units = [
        "", "SHA-256", "", "", "", "abs", "rel", "rel", "abs", "rel", "abs", "rel", "abs", "rel",
        "same", "",
    ];
    table.add_row(units);
    let mut sentences = String::new();
    for row in &report.rows {
        let sha256 = &row.initial_weights_sha256[..12];
        let mut cells = vec![
            row.model.clone(),
            sha256.into(),
            backend_of(row),
            in_words(&row.convolutions),
            row.device.clone(),
        ];
        if let Some(verdict) = &row.verdict {
            for (quantity, with_absolute) in [
                (Quantity::Logits, true),
                (Quantity::Loss, false),
                (Quantity::Gradient, true),
                (Quantity::FirstUpdate, true),
                (Quantity::Update, true),
            ] {
                let worst = verdict.worst(quantity);
                let figure = |figure: Option<f64>| {
                    figure.map_or("-".into(), |figure| format!("{figure:.1e}"))
                };
                if with_absolute {
                    cells.push(figure(worst.map(|worst| worst.largest_absolute)));
                }
                cells.push(figure(worst.map(|worst| worst.relative)));
            }
            cells.push(format!("{}/{}", verdict.same_answers, verdict.images));
        } else {
            cells.resize(15, "-".into());
        }
        cells.push(word(row).into());
        table.add_row(cells);
        let breaches = row.verdict.iter().flat_map(|verdict| &verdict.breaches);
        for sentence in row.trouble.iter().chain(breaches) {
            sentences += &format!("{} on {}: {sentence}\n", row.model, backend_of(row));
        }
    }
    for column in table.column_iter_mut().skip(5).take(10) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let different = report.rows.iter().filter(|row| !row.holds()).count();
    format!(
        "{} steps of {} images of {}, seed {}, against float64; of gradients and steps the parameter \
         nearest to its tolerance\n\n{}\n{sentences}{}\n",
        report.steps,
        thousands(report.batch_size),
        report.dataset,
        report.seed,
        trimmed(&table),
        match different {
            0 => "all compute the same function, as exactly as float32 allows".into(),
            _ => format!(
                "{different} of {} do not compute the same function",
                report.rows.len()
            ),
        }
    )
}
