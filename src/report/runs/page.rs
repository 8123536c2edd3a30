//! The page of one run or of several.

use super::Run;
use super::evaluation::{EvaluationView, evaluation};
use crate::bench::median;
use crate::convolution::in_words;
use crate::data;
use crate::data::Split;
use crate::draw::{LegendEntry, Style};
use crate::numbers::{number, thousands};
use crate::report::curves::{Course, of_splits, overlaid};
use crate::report::error::ReportError;
use crate::report::figures::{count, listed, percent};
use crate::report::html::render;
use crate::report::table::{Cell, Column};
use crate::report::view::{Curves, Fact, Figure, Headline};
use crate::run::RunConfig;
use crate::summary::num_params;
use crate::training::beginning_in_words;
use serde::Serialize;

/// Of more epochs, the table has every second, or third, and so on.
const MOST_EPOCHS: usize = 1_000;

/// The page, with the names that `runs.html` uses.
#[derive(Serialize)]
struct View {
    kind: &'static str,
    zoo: &'static str,
    title: String,
    lead: String,
    headlines: Vec<Headline>,
    /// Empty for one run, which needs no table.
    columns: Vec<Column>,
    legend: Vec<LegendEntry>,
    overlaid: Vec<Figure>,
    runs: Vec<RunView>,
}

#[derive(Serialize)]
struct RunView {
    swatch: String,
    name: String,
    cells: Vec<Cell>,
    remarks: Vec<String>,
    curves: Curves,
    /// Which epochs are in the table: "every epoch".
    every: String,
    epochs: Vec<Epoch>,
    evaluation: Option<EvaluationView>,
    facts: Vec<Fact>,
    command: Option<String>,
}

#[derive(Serialize)]
struct Epoch {
    epoch: usize,
    split: String,
    loss: String,
    accuracy: String,
    speed: String,
    seconds: String,
}

/// The report of one run, or of several with their curves overlaid: one
/// self-contained HTML page.
///
/// # Errors
/// [`ReportError::Empty`] without runs; the others, which would be a defect of this
/// program.
pub fn of_runs(runs: &[Run]) -> Result<String, ReportError> {
    let first = runs.first().ok_or(ReportError::Empty)?;
    let names = names(runs);
    let on = |run: &Run| {
        format!(
            "{} on {}",
            run.config.model,
            data::short_name(&run.config.dataset.id)
        )
    };
    let several = runs.len() > 1;
    let courses = runs.iter().zip(&names).enumerate();
    let courses = courses.map(|(number, (run, name))| Course {
        style: Style::new(number),
        name: name.clone(),
        metrics: &run.metrics,
    });
    let courses: Vec<Course> = courses.collect();
    let legend = courses
        .iter()
        .map(|course| LegendEntry::new(course.style, &course.name));
    let views = runs.iter().zip(&courses);
    let views = views.map(|(run, course)| view(run, course));
    let view = View {
        kind: if several {
            "training runs"
        } else {
            "training run"
        },
        zoo: env!("CARGO_PKG_VERSION"),
        title: match several {
            true => count(runs.len(), "training run"),
            false => on(first),
        },
        lead: match several {
            true => {
                let mut all: Vec<String> = runs.iter().map(on).collect();
                all.dedup();
                format!("{}.", listed(&all))
            }
            false => lead(&first.config),
        },
        headlines: if several {
            Vec::new()
        } else {
            headlines(first)
        },
        columns: if several { columns() } else { Vec::new() },
        legend: legend.collect(),
        overlaid: if several {
            overlaid(&courses).iter().map(Figure::from).collect()
        } else {
            Vec::new()
        },
        runs: views.collect::<Result<_, _>>()?,
    };
    render("runs.html", view)
}

/// The runs' names: their folders' where these differ, or else their paths.
pub fn names(runs: &[Run]) -> Vec<String> {
    let name = |run: &Run| match run.folder.file_name() {
        Some(name) => name.to_string_lossy().into_owned(),
        None => run.folder.display().to_string(),
    };
    let names: Vec<String> = runs.iter().map(name).collect();
    let is_unique = |name: &String| names.iter().filter(|other| *other == name).count() == 1;
    match names.iter().all(is_unique) {
        true => names,
        false => runs
            .iter()
            .map(|run| run.folder.display().to_string())
            .collect(),
    }
}

fn lead(config: &RunConfig) -> String {
    format!(
        "Trained on {} images on {} with the seed {}: {}.",
        thousands(config.dataset.num_train),
        config.place_in_words(),
        config.seed,
        config.recipe_in_words()
    )
}

/// The most important figures.
fn headlines(run: &Run) -> Vec<Headline> {
    let Some(test) = run.last(Split::Test) else {
        return Vec::new();
    };
    let mut headlines = vec![
        Headline {
            name: "test accuracy".into(),
            figure: percent(test.accuracy),
            unit: "%",
            remark: format!("after epoch {} of {}", test.epoch, run.config.num_epochs),
        },
        Headline {
            name: "test loss".into(),
            figure: format!("{:.4}", test.loss),
            unit: "nats",
            remark: "the mean cross-entropy".into(),
        },
    ];
    if let (Some(speed), Some(seconds)) = (speed(run), trained_s(run)) {
        headlines.push(Headline {
            name: "training".into(),
            figure: number(speed),
            unit: "images/s",
            remark: format!("{} s in all, without the evaluations", number(seconds)),
        });
    }
    headlines
}

/// The median over the epochs.
fn speed(run: &Run) -> Option<f64> {
    let speeds = run.split(Split::Train).map(|row| row.images_per_second);
    Some(median(&speeds.collect::<Vec<_>>())).filter(|speed| speed.is_finite())
}

fn trained_s(run: &Run) -> Option<f64> {
    let seconds = run.split(Split::Train).map(|row| row.seconds);
    seconds.reduce(|sum, seconds| sum + seconds)
}

fn columns() -> Vec<Column> {
    vec![
        Column::words("run"),
        Column::words("model"),
        Column::words("data"),
        Column::words("backend"),
        Column::figures("seed", ""),
        Column::figures("epochs", ""),
        Column::figures("test accuracy", "%"),
        Column::figures("test loss", "nats"),
        Column::figures("train loss", "nats"),
        Column::figures("training", "images/s"),
        Column::figures("time", "s"),
    ]
}

/// The cells after the first.
fn cells(run: &Run) -> Vec<Cell> {
    let config = &run.config;
    let loss = |split| Cell::optional(run.last(split).map(|row| format!("{:.4}", row.loss)));
    let done = run.metrics.last().map_or(0, |row| row.epoch);
    let epochs = Cell::figure(done.to_string());
    vec![
        Cell::words(&config.model),
        Cell::words(data::short_name(&config.dataset.id)),
        Cell::words(config.place_in_words()),
        Cell::figure(config.seed.to_string()),
        match done == config.num_epochs {
            true => epochs,
            false => epochs.remark(format!("of {}", config.num_epochs)),
        },
        Cell::optional(run.last(Split::Test).map(|row| percent(row.accuracy))),
        loss(Split::Test),
        loss(Split::Train),
        Cell::optional(speed(run).map(number)),
        Cell::optional(trained_s(run).map(number)),
    ]
}

fn view(run: &Run, course: &Course) -> Result<RunView, ReportError> {
    let (legend, charts) = of_splits(&Course {
        name: String::new(),
        ..*course
    });
    let last = run.metrics.last().map_or(0, |row| row.epoch);
    let every = last.div_ceil(MOST_EPOCHS).max(1);
    let shown = run.metrics.iter();
    let shown = shown.filter(|row| row.epoch % every == 0 || row.epoch == last);
    let epochs = shown.map(|row| Epoch {
        epoch: row.epoch,
        split: row.split.to_string(),
        loss: format!("{:.4}", row.loss),
        accuracy: percent(row.accuracy),
        speed: number(row.images_per_second),
        seconds: number(row.seconds),
    });
    let evaluated = run.evaluation.as_ref();
    let evaluated = evaluated.map(|found| evaluation(&run.config, found));
    Ok(RunView {
        swatch: course.style.swatch(),
        name: course.name.clone(),
        cells: cells(run),
        remarks: run.remarks.clone(),
        curves: Curves {
            legend,
            charts: charts.iter().map(Figure::from).collect(),
        },
        every: match every {
            1 => "every epoch".into(),
            every => format!("one epoch in {}", thousands(every)),
        },
        epochs: epochs.collect(),
        evaluation: evaluated.transpose()?,
        facts: facts(run),
        command: run.command.clone(),
    })
}

fn facts(run: &Run) -> Vec<Fact> {
    let config = &run.config;
    let dataset = &config.dataset;
    let mut facts = vec![Fact::new(
        "model",
        match num_params(&config.architecture) {
            Ok(parameters) => format!("{}, {} parameters", config.model, thousands(parameters)),
            Err(_) => config.model.clone(),
        },
    )];
    let trained = config.imported_from.is_none();
    if trained {
        let valid = match dataset.num_valid {
            0 => String::new(),
            images => format!(", {} for validation", thousands(images)),
        };
        facts.push(Fact::new("recipe", config.recipe_in_words()));
        facts.push(Fact::new(
            "data",
            format!(
                "{}, {} images to train on{valid}, {} to test on ({})",
                dataset.id,
                thousands(dataset.num_train),
                thousands(dataset.num_test),
                dataset.origin
            ),
        ));
        facts.push(Fact::new(
            "backend",
            match config.further_devices.as_slice() {
                [] => format!(
                    "{} on {}, {}",
                    config.backend, config.device, config.hardware
                ),
                _ => config.place_in_words(),
            },
        ));
        facts.push(Fact::new("seed", config.seed.to_string()));
    }
    if !config.convolutions.is_empty() {
        facts.push(Fact::new("convolutions", in_words(&config.convolutions)));
    }
    let beginning = beginning_in_words(config).unwrap_or_default();
    facts.extend(
        beginning
            .into_iter()
            .map(|(name, words)| Fact::new(name, words)),
    );
    if !config.earlier.is_empty() {
        facts.push(Fact::new("earlier", config.earlier.join("; ")));
    }
    facts.push(Fact::new("run", run.folder.display().to_string()));
    facts.push(Fact::new("burn-zoo", &config.zoo));
    facts.push(Fact::new("Burn", &config.burn));
    facts
}
