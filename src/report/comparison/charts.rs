//! The charts of a model: speeds and memory as bars, and the courses of its trainings.

use crate::bench::median;
use crate::compare::Row;
use crate::draw::{BarChart, BarValue, LegendEntry};
use crate::numbers::number;
use crate::report::curves::{Course, overlaid};
use crate::report::figures::spread;
use crate::report::view::Figure;

/// Speeds and memory, each row with the style of its legend entry.
pub fn bars(rows: &[Row], legend: &[LegendEntry]) -> Vec<Figure> {
    let chart = |title, unit, amount: fn(&Row) -> Amount| {
        let values = legend
            .iter()
            .zip(rows)
            .map(|(entry, row)| amount(row).of(entry, unit));
        BarChart::new(title, unit, &values.collect::<Vec<_>>())
    };
    let charts = [
        chart("Training", "images/s", |row| {
            Amount::median(&row.training())
        }),
        chart("Inference", "images/s", |row| {
            Amount::median(&row.inference())
        }),
        chart("Peak memory in training", "MB", |row| {
            Amount::megabytes(row.peak_memory_bytes)
        }),
        chart("Memory on the GPU", "MB", |row| {
            Amount::megabytes(row.gpu_memory_bytes)
        }),
    ];
    charts.iter().flatten().map(Figure::from).collect()
}

/// Accuracies and losses of all trainings.
pub fn curves(rows: &[Row], legend: &[LegendEntry]) -> Vec<Figure> {
    let courses = legend.iter().zip(rows).flat_map(|(entry, row)| {
        row.runs.iter().map(|run| Course {
            style: entry.style,
            name: format!("{}, seed {}", entry.name, run.seed),
            metrics: &run.metrics,
        })
    });
    let charts = overlaid(&courses.collect::<Vec<_>>());
    charts.iter().map(Figure::from).collect()
}

/// The quantity that a bar shows.
struct Amount {
    value: Option<f64>,
    spread: Option<[f64; 2]>,
}

impl Amount {
    /// The median of some values, and the range in which most of them lie.
    fn median(values: &[f64]) -> Self {
        Self {
            value: Some(median(values)).filter(|value| value.is_finite()),
            spread: spread(values),
        }
    }

    fn megabytes(bytes: Option<u64>) -> Self {
        Self {
            value: bytes.map(|bytes| bytes as f64 / 1e6),
            spread: None,
        }
    }

    fn of(self, entry: &LegendEntry, unit: &str) -> BarValue {
        let Self { value, spread } = self;
        let figure = match (value.map(number), spread.map(|ends| ends.map(number))) {
            (None, _) => "not measured".into(),
            (Some(value), None) => format!("{value} {unit}"),
            (Some(value), Some([low, high])) => {
                format!("{value} {unit}, most from {low} to {high}")
            }
        };
        BarValue {
            style: entry.style,
            name: entry.name.clone(),
            value,
            spread,
            tooltip: format!("{}: {figure}", entry.name),
        }
    }
}
