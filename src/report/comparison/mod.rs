//! The page of a comparison.

mod charts;
mod fastest;
mod names;
mod table;

use super::error::ReportError;
use super::figures::{count, listed};
use super::html::render;
use super::table::{Cell, Column};
use super::view::{Fact, Figure, Headline};
use crate::compare::{Comparison, Machine, Row};
use crate::data;
use crate::draw::{LegendEntry, Style};
use crate::numbers::{number, thousands};
use fastest::headline;
use names::name;
use serde::Serialize;
use table::{Context, Fill, columns};

/// The page, with the names that `comparison.html` uses.
#[derive(Serialize)]
struct View {
    kind: &'static str,
    zoo: &'static str,
    title: String,
    lead: String,
    headlines: Vec<Headline>,
    columns: Vec<Column>,
    models: Vec<Model>,
    note: String,
    facts: Vec<Fact>,
    skipped: Vec<String>,
    command: String,
}

#[derive(Serialize)]
struct Model {
    name: String,
    setting: String,
    rows: Vec<RowView>,
    legend: Vec<LegendEntry>,
    bars: Vec<Figure>,
    curves: Vec<Figure>,
}

#[derive(Serialize)]
struct RowView {
    swatch: String,
    backend: String,
    place: String,
    mark: &'static str,
    cells: Vec<Cell>,
    troubles: Vec<String>,
}

/// The report of a comparison: one self-contained HTML page.
///
/// # Errors
/// [`ReportError::Template`], which would be a defect of this program.
pub fn of_comparison(comparison: &Comparison) -> Result<String, ReportError> {
    let Comparison { rows, machine, .. } = comparison;
    let models = rows.chunk_by(|a, b| a.model == b.model);
    let columns = columns(comparison);
    let view = View {
        kind: "comparison of backends",
        zoo: env!("CARGO_PKG_VERSION"),
        title: format!("Backends on {}", data::short_name(&comparison.dataset)),
        lead: lead(comparison),
        headlines: models.clone().filter_map(headline).collect(),
        models: models
            .map(|rows| model(comparison, rows, &columns))
            .collect(),
        columns: columns.into_iter().map(|(column, _)| column).collect(),
        note: note(comparison),
        facts: facts(machine),
        skipped: comparison.skipped.clone(),
        command: comparison.command.clone(),
    };
    render("comparison.html", view)
}

/// The subject of the comparison in a sentence or two.
fn lead(comparison: &Comparison) -> String {
    let names = |name: fn(&Row) -> &str| {
        let mut names: Vec<String> = Vec::new();
        for row in &comparison.rows {
            if names.iter().all(|known| known != name(row)) {
                names.push(name(row).into());
            }
        }
        names
    };
    let models = names(|row| &row.model);
    let backends = names(|row| &row.backend);
    let dataset = data::short_name(&comparison.dataset);
    let on = match models.as_slice() {
        [] => "No model".into(),
        models => listed(models),
    };
    let on = format!("{on} on {}", listed(&backends));
    let seeds: Vec<String> = comparison.seeds.iter().map(u64::to_string).collect();
    let trained = match comparison.num_train {
        0 => format!(", with images of the shape of {dataset}; nothing was trained to the end."),
        images => format!(
            ", trained on {} images of {dataset} with the {} {} and tested on {}.",
            thousands(images),
            if seeds.len() == 1 { "seed" } else { "seeds" },
            listed(&seeds),
            thousands(comparison.num_test)
        ),
    };
    let bad = comparison.rows.iter().filter(|row| !row.holds()).count();
    let all = count(comparison.rows.len(), "row");
    let verdict = match bad {
        0 => String::new(),
        1 => format!(" One of {all} has faults, which the table lists."),
        _ => format!(" {bad} of {all} have faults, which the table lists."),
    };
    format!("{on}{trained}{verdict}")
}

fn model(comparison: &Comparison, rows: &[Row], columns: &[(Column, Fill)]) -> Model {
    let places = places(comparison);
    let legend = rows.iter().map(|row| {
        let number = places.iter().position(|known| *known == place_of(row));
        LegendEntry::new(Style::new(number.unwrap_or_default()), name(row, rows))
    });
    let legend: Vec<LegendEntry> = legend.collect();
    let context = Context {
        rows,
        time_to: comparison.time_to.unwrap_or_default(),
    };
    let views = rows.iter().zip(&legend).map(|(row, entry)| {
        let breaches = row.parity.iter().flat_map(|parity| &parity.breaches);
        let breaches = breaches.map(|breach| format!("parity: {breach}"));
        RowView {
            swatch: entry.swatch.clone(),
            backend: row.backend.clone(),
            place: match row.hardware.as_str() {
                "" => row.device.clone(),
                hardware => format!("{}: {hardware}", row.device),
            },
            mark: if row.troubles.is_empty() {
                ""
            } else {
                "FAILED"
            },
            cells: columns[1..]
                .iter()
                .map(|(_, fill)| fill(row, &context))
                .collect(),
            troubles: row.troubles.iter().cloned().chain(breaches).collect(),
        }
    });
    Model {
        name: rows[0].model.clone(),
        setting: setting(&rows[0], comparison),
        rows: views.collect(),
        bars: charts::bars(rows, &legend),
        curves: charts::curves(rows, &legend),
        legend,
    }
}

/// The settings that all rows of a model share.
fn setting(row: &Row, comparison: &Comparison) -> String {
    let batches = format!("batches of {}", thousands(row.batch_size));
    match comparison.num_train {
        0 => batches,
        _ => format!("{batches}, {}", count(row.num_epochs, "epoch")),
    }
}

fn place_of(row: &Row) -> (&str, &str) {
    (&row.backend, &row.device)
}

/// Every backend with its device, in the order of their first rows. The position gives the style, so that
/// each looks the same in the charts of all models.
fn places(comparison: &Comparison) -> Vec<(&str, &str)> {
    let mut places = Vec::new();
    for place in comparison.rows.iter().map(place_of) {
        if !places.contains(&place) {
            places.push(place);
        }
    }
    places
}

fn note(comparison: &Comparison) -> String {
    let mut note = "Speeds are medians over the measured steps, with the range from the 10 % to the 90 % quantile. \
         The first step is timed from the start of the process: cold, without kernels compiled \
         before, and again with the kernels that the cold start left. Memory is that of the training process. "
        .to_owned();
    if comparison.num_train > 0 {
        note += "An epoch is its training pass alone, the median over all epochs and seeds. \
             Accuracies are those after the last epoch, of the seeds that finished: mean ± standard deviation, n seeds. ";
    }
    if comparison.time_to.is_some() {
        note += "The time to an accuracy is the median over the seeds, of training alone. ";
    }
    note += "Parity: whether a backend's results are those of float64, as exactly as float32 allows (or TF32, where the table names it), and the \
         relative error of the gradient that is nearest to its tolerance. Only rows without faults can be the \
         fastest.";
    note
}

fn facts(machine: &Machine) -> Vec<Fact> {
    let memory = machine.memory_bytes.map(|bytes| {
        let gigabytes = bytes as f64 / 1e9;
        Fact::new("memory", format!("{} GB", number(gigabytes)))
    });
    let facts = [
        Some(Fact::new("CPU", &machine.cpu)),
        memory,
        Some(Fact::new("system", &machine.os)),
        Some(Fact::new("burn-zoo", &machine.zoo)),
        Some(Fact::new("Burn", &machine.burn)),
        Some(Fact::new("started", date(&machine.began))),
    ];
    facts.into_iter().flatten().collect()
}

/// "28 November 2026, 09:41 UTC" for "2026-11-28T09:41:07Z".
fn date(time: &str) -> String {
    match time.parse::<jiff::Timestamp>() {
        Ok(time) => time.strftime("%-d %B %Y, %H:%M UTC").to_string(),
        Err(_) => time.into(),
    }
}

#[cfg(test)]
mod tests;
