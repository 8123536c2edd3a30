//! The table of a comparison: its columns, and how a row fills them.

use super::fastest::speeds;
use crate::bench::median;
use crate::compare::{Comparison, Row};
use crate::convolution::in_words;
use crate::numbers::{NONE, mean_and_deviation, number};
use crate::parity::in_a_word;
use crate::report::figures::{megabytes, percent, spread};
use crate::report::table::{Cell, Column};

/// The data for a cell beside its row.
pub struct Context<'a> {
    /// The rows of the same model.
    pub rows: &'a [Row],
    /// The accuracy that the time is measured to.
    pub time_to: f64,
}

/// Makes the cell of a row.
pub type Fill = fn(&Row, &Context) -> Cell;

/// The columns and how they are filled, without those that would be empty; the first is the row's name.
pub fn columns(comparison: &Comparison) -> Vec<(Column, Fill)> {
    let rows = &comparison.rows;
    let trained = comparison.num_train > 0;
    let time_to = comparison.time_to.unwrap_or_default();
    let time_to = format!("time to {}\u{a0}%", (1e4 * time_to).round() / 100.0);
    let with_convolutions = rows.iter().any(|row| !row.convolutions.is_empty());
    let on_gpu = rows.iter().any(|row| row.gpu_memory_bytes.is_some());
    let columns: [(bool, Column, Fill); 12] = [
        (true, Column::words("backend"), |row, _| {
            Cell::words(&row.backend)
        }),
        (
            true,
            Column::figures("training", "images/s"),
            |row, context| speed(row, context.rows, Row::training),
        ),
        (
            true,
            Column::figures("inference", "images/s"),
            |row, context| speed(row, context.rows, Row::inference),
        ),
        (trained, Column::figures("epoch", "s"), |row, _| {
            Cell::optional(row.epoch_s().map(number))
        }),
        (
            comparison.time_to.is_some(),
            Column::figures(time_to, "s"),
            |row, context| match row.time_to(context.time_to) {
                Some(seconds) => Cell::figure(number(seconds)),
                None if row.runs.iter().all(|run| run.metrics.is_empty()) => Cell::figure(NONE),
                None => Cell::figure("not reached"),
            },
        ),
        (trained, Column::figures("test accuracy", "%"), |row, _| {
            accuracy(row)
        }),
        (true, Column::words("parity"), |row, _| parity(row)),
        (true, Column::figures("peak memory", "MB"), |row, _| {
            Cell::optional(row.peak_memory_bytes.map(megabytes))
        }),
        (on_gpu, Column::figures("GPU memory", "MB"), |row, _| {
            Cell::optional(row.gpu_memory_bytes.map(megabytes))
        }),
        (true, Column::figures("first step, cold", "s"), |row, _| {
            Cell::optional(row.first_step_cold_s.map(number))
        }),
        (
            true,
            Column::figures("first step, kernels kept", "s"),
            |row, _| Cell::optional(row.first_step_cached_s.map(number)),
        ),
        (
            with_convolutions,
            Column::words("convolutions"),
            |row, _| match in_words(&row.convolutions) {
                words if words.is_empty() => Cell::words(NONE),
                // "3 × direct" stays in one line.
                words => Cell::words(words.replace(" × ", "\u{a0}×\u{a0}")),
            },
        ),
    ];
    let there = columns.into_iter().filter(|(is_there, ..)| *is_there);
    there.map(|(_, column, fill)| (column, fill)).collect()
}

/// The median speed with the range of the samples.
fn speed(row: &Row, rows: &[Row], samples: fn(&Row) -> Vec<f64>) -> Cell {
    let values = samples(row);
    let Some([low, high]) = spread(&values) else {
        return Cell::figure(NONE);
    };
    let others = speeds(rows, samples);
    Cell {
        fastest: others.len() > 1 && std::ptr::eq(others[0].0, row),
        ..Cell::figure(number(median(&values)))
    }
    .remark(format!("{} – {}", number(low), number(high)))
}

fn accuracy(row: &Row) -> Cell {
    let accuracies = row.accuracies();
    match mean_and_deviation(&accuracies) {
        Some((mean, deviation)) => {
            let deviation = deviation.map_or(String::new(), |deviation| {
                format!(" ± {}", percent(deviation))
            });
            Cell::figure(format!("{}{deviation}", percent(mean)))
                .remark(format!("n = {}", accuracies.len()))
        }
        None => Cell::figure(NONE),
    }
}

fn parity(row: &Row) -> Cell {
    let Some(parity) = &row.parity else {
        return Cell::words(NONE);
    };
    let cell = Cell {
        bad: !parity.holds,
        ..Cell::words(in_a_word(parity.holds, parity.arithmetic))
    };
    cell.remark(format!("gradient off by {}", relative(parity.gradient)))
}

/// A relative error as `zoo parity` prints it.
fn relative(error: f64) -> String {
    match error.is_finite() {
        true => format!("{error:.1e}"),
        false => "no number".into(),
    }
}
