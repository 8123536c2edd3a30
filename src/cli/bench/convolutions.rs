//! `zoo bench --convolutions`: the table that `--conv auto` reads.

use super::super::backends::BackendsArgs;
use super::super::verbosity::draw_target;
use super::super::{Outcome, print, warn};
use burn_zoo::data;
use burn_zoo::summary::graph;
use burn_zoo::tuning::{Alone, Effort, measure_convolution};
use burn_zoo_models::{ClassifierConfig, ConvAlgorithm, ConvShape, ModelSpec};
use indicatif::ProgressBar;
use std::error::Error;
use std::process::ExitCode;

/// The images in a batch: one picture, fine-tuning, and as many as a large batch is computed in parts of.
const BATCH_SIZES: [usize; 4] = [1, 8, 32, 128];

/// Measures each convolution of the models with every algorithm on each backend, and prints CSV.
pub(super) fn run(specs: &[&ModelSpec], backends: &BackendsArgs, effort: Effort) -> Outcome {
    let (backends, skipped) = backends.chosen()?;
    skipped
        .iter()
        .for_each(|sentence| warn(&format!("not measured: {sentence}")));
    let shapes = shapes(specs)?;
    let total = backends.len() * shapes.len() * ConvAlgorithm::ALL.len() * BATCH_SIZES.len();
    let progress = ProgressBar::with_draw_target(Some(total as u64), draw_target());
    let mut is_first_row = true;
    for selected in &backends {
        for (shape, is_first) in &shapes {
            let by_size = BATCH_SIZES.iter();
            let ways = by_size.flat_map(|&size| ConvAlgorithm::ALL.map(|way| (size, way)));
            for (batch_size, algorithm) in ways {
                let alone = Alone {
                    shape,
                    algorithm,
                    is_first: *is_first,
                };
                if let Some(row) = measure_convolution(&alone, batch_size, selected, effort) {
                    // At once: a line takes minutes, and the run may be interrupted.
                    let mut csv = csv::WriterBuilder::new()
                        .has_headers(std::mem::take(&mut is_first_row))
                        .from_writer(Vec::new());
                    csv.serialize(row)?;
                    print(&String::from_utf8_lossy(&csv.into_inner()?));
                }
                progress.inc(1);
            }
        }
    }
    progress.finish_and_clear();
    Ok(ExitCode::SUCCESS)
}

/// The shapes of the models' convolutions, each once, and whether it is its model's first layer.
fn shapes(specs: &[&ModelSpec]) -> Result<Vec<(ConvShape, bool)>, Box<dyn Error>> {
    let mut shapes = Vec::new();
    for dataset in ["fashion-mnist", "cifar-10"] {
        let dataset = data::find(dataset)?;
        for spec in specs {
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
