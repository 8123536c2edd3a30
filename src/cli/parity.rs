use super::backends::BackendsArgs;
use super::config::ConfigArgs;
use super::data::{PicturesArgs, dataset_request};
use super::model::SetArgs;
use super::options::in_options;
use super::recipe::precision;
use super::verbosity::{draw_target, is_quiet};
use super::{Outcome, own_path, print, print_json, table, trimmed, warn};
use burn_zoo::backend::Arithmetic;
use burn_zoo::convolution::{Conv, in_words};
use burn_zoo::data;
use burn_zoo::jobs::ParitySettings;
use burn_zoo::numbers::thousands;
use burn_zoo::parity::{ParityCheck, Quantity, Report, Row, in_a_word};
use burn_zoo_models::{MODELS, ModelSpec, Precision};
use comfy_table::CellAlignment;
use indicatif::ProgressBar;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

const EXAMPLES: &str = "\
Examples:
  zoo parity --all                            # every model, every backend with a device
  zoo parity cnn --backends flex,libtorch --dataset fashion-mnist
  zoo parity cnn --conv frequency --batch-size 64 --steps 2";

#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// Models, by their names in `zoo list`
    #[arg(value_name = "MODEL", required_unless_present = "all")]
    models: Vec<String>,
    /// Check all models
    #[arg(long, conflicts_with = "models")]
    all: bool,
    #[command(flatten)]
    layers: SetArgs,
    #[command(flatten)]
    backends: BackendsArgs,
    /// Algorithm of convolutions: auto (the fastest that was measured), direct, im2col, frequency
    #[arg(long, value_name = "ALGORITHM", default_value = "auto")]
    conv: Conv,
    /// Data set of the images, or folder:PATH for your own pictures
    #[arg(long, default_value_t = ParitySettings::default().dataset.name)]
    dataset: String,
    #[command(flatten)]
    pictures: PicturesArgs,
    /// Folder with the data set's files
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Batch size
    #[arg(long, value_name = "N", default_value_t = ParitySettings::default().batch_size)]
    batch_size: usize,
    /// Number of Adam steps, at least 2
    #[arg(long, value_name = "N", default_value_t = ParitySettings::default().steps)]
    steps: usize,
    /// Random seed for weights and image order
    #[arg(long, default_value_t = ParitySettings::default().seed)]
    seed: u64,
    /// Time limit for one model on one backend
    #[arg(long, value_name = "SECONDS", default_value_t = 600)]
    timeout: u64,
    #[command(flatten)]
    _file: ConfigArgs,
    /// The floats in which convolutions and dense layers multiply
    #[arg(long, value_name = "PRECISION", default_value = "f32", value_parser = precision())]
    precision: Precision,
    /// Hold products in TF32 (NVIDIA's GPUs by CUDA) or in 16 bits to the roundings of float32
    #[arg(long)]
    strict: bool,
    /// Print JSON with every comparison
    #[arg(long)]
    json: bool,
}

/// The models whose steps are smaller than their recipe's, a line each.
fn smaller_steps(report: &Report) -> String {
    let mut models: Vec<(&str, f64)> = Vec::new();
    for row in &report.rows {
        if let Some(rate) = row.smaller_learning_rate
            && models.iter().all(|(model, _)| *model != row.model)
        {
            models.push((&row.model, rate));
        }
    }
    let line = |(model, rate): &(&str, f64)| {
        format!(
            "{model}: steps with a learning rate of {rate:e}, as float32 cannot judge steps with the recipe's\n"
        )
    };
    models.iter().map(line).collect()
}

/// The last cell of a row.
fn word(row: &Row) -> &'static str {
    match &row.verdict {
        None => "FAILED",
        Some(verdict) => in_a_word(verdict.holds(), verdict.arithmetic),
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
    let (backends, skipped) = args.backends.chosen()?;
    for sentence in &skipped {
        warn(&format!("not compared: {sentence}"));
    }
    let settings = ParitySettings {
        dataset: dataset_request(&dataset, args.data_dir.as_deref()),
        set: args.layers.set,
        conv: args.conv,
        batch_size: args.batch_size,
        steps: args.steps,
        seed: args.seed,
        precision: args.precision,
        strict: args.strict,
    };
    let check = ParityCheck {
        settings: &settings,
        dataset: &dataset,
        limit: Duration::from_secs(args.timeout),
        zoo: &own_path(),
        show_progress: !is_quiet(),
    };
    let progress = ProgressBar::with_draw_target(None, draw_target());
    progress.enable_steady_tick(Duration::from_millis(200));
    let mut rows = Vec::new();
    for spec in models {
        let show = |step: &str| progress.set_message(step.to_owned());
        rows.extend(check.rows(spec, &backends, show)?);
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
        print(&in_options(&text(&report)));
    }
    Ok(match report.rows.iter().all(Row::holds) {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
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
    let mut sentences = smaller_steps(report);
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
    let in_tf32 = |row: &&Row| {
        let verdict = row.verdict.as_ref();
        verdict.is_some_and(|verdict| verdict.arithmetic == Arithmetic::Tf32)
    };
    if let Some(row) = report.rows.iter().find(in_tf32) {
        sentences += &format!(
            "TF32: {} rounds the factors of products to 11 bits; `--strict` holds it to float32\n",
            row.hardware
        );
    }
    format!(
        "{} steps of {} images of {}, seed {}, against float64; for gradients and steps, the parameter \
         nearest to its tolerance\n\n{}\n{sentences}{}\n",
        report.steps,
        thousands(report.batch_size),
        report.dataset,
        report.seed,
        trimmed(&table),
        match different {
            0 => "all compute the same function, as exactly as their arithmetic allows".into(),
            _ => format!(
                "{different} of {} were not shown to compute the same function",
                report.rows.len()
            ),
        }
    )
}
