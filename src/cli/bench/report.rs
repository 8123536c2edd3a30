//! The output of `zoo bench`.

use super::super::{table, trimmed};
use burn_zoo::bench::{Measured, median};
use burn_zoo::convolution::in_words;
use burn_zoo::data;
use burn_zoo::numbers::thousands;
use burn_zoo_models::ConvAlgorithm;
use comfy_table::CellAlignment;
use serde::Serialize;

#[derive(Serialize)]
pub(super) struct Report {
    pub machine: Machine,
    pub rows: Vec<Row>,
}

#[derive(Serialize)]
pub(super) struct Machine {
    pub cpu: String,
    pub os: &'static str,
    pub zoo: &'static str,
    pub burn: &'static str,
}

/// One model on one backend.
#[derive(Serialize)]
pub(super) struct Row {
    pub model: &'static str,
    pub dataset: String,
    pub batch_size: usize,
    pub backend: &'static str,
    pub device: String,
    pub hardware: String,
    /// Threads on the CPU.
    pub threads: usize,
    /// The failure, if nothing was measured.
    pub trouble: Option<String>,
    #[serde(flatten)]
    pub measured: Option<Measured>,
}

/// The report as tables.
pub(super) fn text(report: &Report) -> String {
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
            match row.measured.as_ref().map(|it| it.devices.as_slice()) {
                None | Some([]) => row.device.clone(),
                Some(devices) => {
                    let devices = devices
                        .iter()
                        .map(|(name, images)| format!("{name} ({images})"));
                    devices.collect::<Vec<_>>().join(" + ")
                }
            },
        ];
        match &row.measured {
            Some(measured) => {
                let speed = |seconds: &[f64]| {
                    let speed = row.batch_size as f64 / median(seconds);
                    thousands(speed.round())
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
            "each layer by itself, for a batch: training is forward and backward, inference forward; a diagnostic, as the sum is not the time of a step\n\n{}",
            trimmed(&layers)
        );
    }
    text
}
