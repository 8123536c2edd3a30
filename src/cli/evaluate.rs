use super::data::{CacheArgs, SkipArgs};
use super::model::{ModelArgs, Opened};
use super::verbosity::is_quiet;
use super::{Outcome, print, print_json, table, trimmed, warn};
use burn_zoo::data::Splits;
use burn_zoo::data::{self, HoldOut, LoadOptions, Split};
use burn_zoo::draw::{self, DrawError};
use burn_zoo::evaluate::{self, Answers, ClassScore, class_scores};
use burn_zoo::numbers::{cell, thousands};
use burn_zoo::run::RunDir;
use burn_zoo::system::files::write_whole;
use burn_zoo::system::timed;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use comfy_table::CellAlignment;
use serde::Serialize;
use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const EXAMPLES: &str = "\
Examples:
  zoo evaluate runs/cnn                       # on the test set, with the last weights
  zoo evaluate runs/cnn --split valid --weights best
  zoo evaluate mlp-relu-3.fashion-mnist --backend ndarray --json";

#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    #[command(flatten)]
    model: ModelArgs,
    /// The split to evaluate on
    #[arg(long, value_parser = split(), default_value = Split::Test.name())]
    split: Split,
    #[command(flatten)]
    cache: CacheArgs,
    #[command(flatten)]
    skip: SkipArgs,
    /// The folder with the data set's files
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Images in a batch [default: 1024, fewer if images are larger than 3x32x32]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    batch_size: Option<u32>,
    /// Write the class, the prediction and the logits of every image to this CSV file
    #[arg(long, value_name = "FILE")]
    predictions: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

fn split() -> impl TypedValueParser<Value = Split> {
    PossibleValuesParser::new(Split::ALL.map(Split::name)).map(|name| {
        let mut all = Split::ALL.into_iter();
        all.find(|split| split.name() == name)
            .expect("a name of one of them")
    })
}

#[derive(Serialize)]
struct Report {
    run: String,
    model: String,
    dataset: String,
    split: Split,
    weights: &'static str,
    weights_sha256: String,
    epoch: Option<usize>,
    backend: &'static str,
    device: String,
    images: usize,
    loss: f64,
    accuracy: f64,
    images_per_second: f64,
    classes: Vec<ClassScore>,
    /// Rows are the true classes, columns the predicted ones.
    confusion: Vec<Vec<u64>>,
}

pub(super) fn run(args: Args) -> Outcome {
    let opened = args.model.open()?;
    let Opened {
        trained, selected, ..
    } = &opened;
    let config = trained.run.as_ref();
    let dataset = data::recorded(
        &trained.dataset,
        trained.architecture.input(),
        trained.fit,
        &trained.classes,
        args.data_dir.as_deref(),
    )?;
    let options = LoadOptions {
        data_dir: args.data_dir,
        seed: config.map_or(0, |config| config.seed),
        show_progress: !is_quiet(),
        cache: args.cache.size(),
        skip_unreadable: args.skip.skip_unreadable
            || config.is_some_and(|config| config.dataset.skips_unreadable()),
        hold_out: config.map_or(HoldOut::default(), |config| config.dataset.hold_out()),
        ..LoadOptions::default()
    };
    let (limit, valid_fraction) = config.map_or((None, 0.0), |config| {
        (config.dataset.limit, config.dataset.valid_fraction)
    });
    let splits = timed("reading the data", || {
        Splits::load(&dataset, limit, valid_fraction, &options)
    })?;
    log::debug!("data {} from {}", dataset.id, splits.origin);
    splits.warnings.iter().for_each(|warning| warn(warning));
    let own = config.filter(|config| config.imported_from.is_none());
    if let Some(difference) = own.and_then(|config| config.dataset.difference(&splits)) {
        warn(&format!(
            "{} {difference}: it may be measured on what it was trained on",
            trained.name
        ));
    }
    let images = match args.split {
        Split::Train => splits.train,
        Split::Test => splits.test,
        Split::Valid => splits.valid.ok_or_else(|| {
            format!(
                "{} has no validation split, as it was trained without --valid-fraction and its data set has none: use train or test",
                trained.name
            )
        })?,
    };
    let num_images = images.len();
    let batcher = trained.batcher(images);
    let default = evaluate::batch_size(trained.architecture.input());
    let batch_size = args.batch_size.map_or(default, |size| size as usize);
    let model = opened.model_as_trained(num_images, batch_size)?;
    let answers = timed("the pass", || {
        evaluate::answers(&model, &batcher, batch_size, selected)
    })?;
    if let Some(path) = &args.predictions {
        write_predictions(path, &trained.classes, &answers)?;
    }
    let confusion = answers.confusion(trained.classes.len());
    let tally = answers.tally();
    let report = Report {
        run: trained.name.clone(),
        model: trained.model.clone(),
        dataset: trained.dataset.clone(),
        split: args.split,
        weights: match config {
            Some(_) => args.model.trained.file(),
            None => "the zoo's weights",
        },
        weights_sha256: evaluate::weights_of(&model).sha256(),
        epoch: trained.epoch,
        backend: selected.backend.id,
        device: selected.info.id.clone(),
        images: tally.images,
        loss: tally.mean_loss(),
        accuracy: tally.accuracy(),
        images_per_second: tally.images_per_second(),
        classes: class_scores(&trained.classes, &confusion),
        confusion,
    };
    if config.is_some()
        && let Err(error) = write_confusion(&RunDir::open(trained.name.as_ref())?, &report)
    {
        warn(&format!(
            "the confusion matrix is not in the run folder: {error}"
        ));
    }
    if args.json {
        print_json(&report)?;
    } else {
        print(&text(&report));
    }
    Ok(ExitCode::SUCCESS)
}

/// Writes a row for each image: its number in the split, its class, the answer, a logit for each class.
fn write_predictions(
    path: &Path,
    classes: &[String],
    answers: &Answers,
) -> Result<(), Box<dyn std::error::Error>> {
    let mut csv = csv::Writer::from_writer(Vec::new());
    let classes: Vec<Cow<str>> = classes.iter().map(|class| cell(class)).collect();
    let header = ["image", "class", "predicted"];
    csv.write_record(
        header
            .into_iter()
            .chain(classes.iter().map(|class| &**class)),
    )?;
    let logits = answers.logits.chunks(classes.len());
    let images = answers.targets.iter().zip(&answers.predicted).zip(logits);
    for (number, ((&target, &predicted), logits)) in images.enumerate() {
        let image = [
            number.to_string(),
            classes[target].to_string(),
            classes[predicted].to_string(),
        ];
        // As float32 has them, so that reading gives the same numbers.
        let logits = logits.iter().map(|&logit| (logit as f32).to_string());
        csv.write_record(image.into_iter().chain(logits))?;
    }
    write_whole(path, &csv.into_inner()?)?;
    Ok(())
}

/// Writes the confusion matrix into the run folder, as CSV and as a picture.
fn write_confusion(run: &RunDir, report: &Report) -> Result<(), Box<dyn std::error::Error>> {
    let names: Vec<String> = report
        .classes
        .iter()
        .map(|score| score.class.clone())
        .collect();
    let mut csv = csv::Writer::from_writer(Vec::new());
    let cells: Vec<String> = names.iter().map(|name| cell(name).into_owned()).collect();
    csv.write_record(std::iter::once("true \\ predicted").chain(cells.iter().map(String::as_str)))?;
    for (name, counts) in cells.iter().zip(&report.confusion) {
        let counts = counts.iter().map(u64::to_string);
        csv.write_record(std::iter::once(name.clone()).chain(counts))?;
    }
    let stem = format!("confusion-{}", report.split);
    run.write(&format!("{stem}.csv"), &csv.into_inner()?)?;
    let title = format!(
        "{} on {}, {} set",
        report.model,
        data::short_name(&report.dataset),
        report.split
    );
    let picture = match draw::confusion_matrix(&title, &names, &report.confusion) {
        Err(error @ DrawError::TooManyClasses { .. }) => {
            warn(&error.to_string());
            return Ok(());
        }
        picture => picture?,
    };
    run.write(&format!("{stem}.svg"), picture.svg.as_bytes())?;
    run.write(&format!("{stem}.png"), &picture.png)?;
    Ok(())
}

/// A confusion matrix of more classes is too wide for a terminal.
const MOST_COLUMNS: usize = 20;

fn text(report: &Report) -> String {
    let mut scores = table(&["class", "images", "precision", "recall", "F1"]);
    let percent =
        |share: Option<f64>| share.map_or("-".into(), |share| format!("{:.2} %", 100.0 * share));
    for score in &report.classes {
        scores.add_row([
            score.class.clone(),
            score.images.to_string(),
            percent(score.precision),
            percent(score.recall),
            percent(score.f1),
        ]);
    }
    let names: Vec<&str> = report
        .classes
        .iter()
        .map(|score| score.class.as_str())
        .collect();
    let mut header = vec!["true \\ predicted"];
    header.extend(&names);
    let mut confusion = table(&header);
    for (name, counts) in names.iter().zip(&report.confusion) {
        let counts = counts.iter().map(u64::to_string);
        confusion.add_row(std::iter::once((*name).to_owned()).chain(counts));
    }
    for table in [&mut scores, &mut confusion] {
        for column in table.column_iter_mut().skip(1) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let confusion = match names.len() {
        0..=MOST_COLUMNS => trimmed(&confusion),
        classes => format!(
            "the confusion matrix of {classes} classes: {}\n",
            Path::new(&report.run)
                .join(format!("confusion-{}.csv", report.split))
                .display()
        ),
    };
    format!(
        "{} on {}, {} set of {} images, {}{}, on {} {}\n\
         loss {:.4}   accuracy {:.2} %\n\n{}\n{}",
        report.model,
        report.dataset,
        report.split,
        thousands(report.images),
        report.weights,
        report
            .epoch
            .map_or(String::new(), |epoch| format!(" of epoch {epoch}")),
        report.backend,
        report.device,
        report.loss,
        100.0 * report.accuracy,
        trimmed(&scores),
        confusion,
    )
}
