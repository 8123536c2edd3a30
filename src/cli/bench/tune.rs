//! `zoo bench --tune`: what `--conv auto` goes by on this machine's devices.

use super::super::{Outcome, own_path, print, warn};
use super::Args;
use burn_zoo::data::DatasetSpec;
use burn_zoo::summary::graph;
use burn_zoo::system::files::shown;
use burn_zoo::tuning::{Request, tune};
use burn_zoo_models::ModelSpec;
use std::process::ExitCode;
use std::time::Duration;

/// Measures each model's convolutions on each backend, prints a line for each, and keeps what was measured.
pub(super) fn run(args: &Args, specs: &[&ModelSpec], dataset: &DatasetSpec) -> Outcome {
    let (backends, skipped) = args.backends.chosen()?;
    skipped
        .iter()
        .for_each(|sentence| warn(&format!("not measured: {sentence}")));
    let zoo = own_path();
    let mut complete = true;
    for spec in specs {
        let layers = graph(&dataset.architecture(spec))?.convolutions();
        if layers.is_empty() {
            print(&format!("{} has no convolutions\n", spec.id));
            continue;
        }
        let asked = args.batch_size.map(|size| size as usize);
        let request = Request {
            layers: &layers,
            batch_size: asked.unwrap_or(spec.recipe.batch_size),
            again: true,
            limit: Duration::from_secs(args.timeout),
            zoo: &zoo,
        };
        for selected in &backends {
            print(&format!(
                "{} on {}, {}\n",
                spec.id, selected.backend.id, selected.info.name
            ));
            let tuned = tune(&request, selected, |shape, trial| {
                print(&format!("  {}\n", trial.in_words(shape)));
            })?;
            let Some(tuned) = tuned else { continue };
            complete &= tuned.cut_short.is_none() && tuned.left() == 0;
            if let Some(why) = tuned.cut_short {
                print(&format!("  {why}\n"));
            }
            if let Some(file) = tuned.file {
                print(&format!("  kept in {}\n", shown(&file)));
            }
        }
    }
    Ok(match complete {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}
