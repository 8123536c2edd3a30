//! The table that `zoo compare` prints.

use super::super::{table, trimmed};
use burn_zoo::bench::median;
use burn_zoo::compare::Comparison;
use burn_zoo::convolution::in_words;
use burn_zoo::numbers::{mean_and_deviation, thousands};
use burn_zoo::parity::in_a_word;
use comfy_table::CellAlignment;

/// The comparison as a table, with the failures below it.
pub(super) fn text(comparison: &Comparison) -> String {
    let time_to = comparison.time_to;
    let to = time_to.map(|accuracy| format!("to {} %", 100.0 * accuracy));
    let mut header = vec![
        "model",
        "backend",
        "device",
        "convolutions",
        "first step",
        "again",
        "training",
        "inference",
        "epoch",
        "memory",
        "test accuracy",
        "gradient",
        "parity",
    ];
    let mut units = vec![
        "", "", "", "", "s, cold", "s", "images/s", "images/s", "s", "MB", "%", "rel", "",
    ];
    if let Some(to) = &to {
        header.push(to);
        units.push("s");
    }
    let mut table = table(&header);
    table.add_row(units);
    let mut sentences = String::new();
    for row in &comparison.rows {
        let seconds = |seconds: Option<f64>, digits: usize| {
            seconds.map_or("-".into(), |seconds| format!("{seconds:.digits$}"))
        };
        let speed = |speeds: Vec<f64>| match speeds.is_empty() {
            true => "-".into(),
            false => thousands(median(&speeds).round()),
        };
        let mut cells = vec![
            row.model.clone(),
            row.backend.clone(),
            row.device.clone(),
            in_words(&row.convolutions),
            seconds(row.first_step_cold_s, 2),
            seconds(row.first_step_cached_s, 2),
            speed(row.training()),
            speed(row.inference()),
            seconds(row.epoch_s(), 1),
            match (row.peak_memory_bytes, row.gpu_memory_bytes) {
                (None, _) => "-".into(),
                (Some(bytes), None) => megabytes(bytes),
                (Some(bytes), Some(gpu)) => {
                    format!("{} + GPU {}", megabytes(bytes), megabytes(gpu))
                }
            },
            percent(&row.accuracies()),
        ];
        cells.extend(match &row.parity {
            None => ["-".into(), "-".into()],
            Some(parity) => [
                format!("{:.1e}", parity.gradient),
                in_a_word(parity.holds, parity.arithmetic).into(),
            ],
        });
        if let Some(accuracy) = time_to {
            cells.push(seconds(row.time_to(accuracy), 1));
        }
        table.add_row(cells);
        let breaches = row.parity.iter().flat_map(|parity| &parity.breaches);
        for sentence in row.troubles.iter().chain(breaches) {
            sentences += &format!("{} on {}: {sentence}\n", row.model, row.backend);
        }
    }
    for column in table.column_iter_mut().skip(4) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    for why in &comparison.skipped {
        sentences += &format!("skipped: {why}\n");
    }
    let seeds = match comparison.seeds.as_slice() {
        [seed] => format!("seed {seed}"),
        [first, .., last] => format!("seeds {first} to {last}"),
        [] => String::new(),
    };
    format!(
        "{}; {}, {seeds}; speeds are medians, accuracy is mean ± standard deviation over the seeds\n\n{}\n{sentences}",
        comparison.machine.cpu,
        comparison.dataset,
        trimmed(&table)
    )
}

fn megabytes(bytes: u64) -> String {
    thousands((bytes as f64 / 1e6).round())
}

fn percent(accuracies: &[f64]) -> String {
    match mean_and_deviation(accuracies) {
        None => "-".into(),
        Some((mean, None)) => format!("{:.2}", 100.0 * mean),
        Some((mean, Some(deviation))) => {
            format!("{:.2} ± {:.2}", 100.0 * mean, 100.0 * deviation)
        }
    }
}
