//! The curves of a run, drawn while it trains.

use super::error::TrainError;
use crate::data::{self, Split};
use crate::draw;
use crate::run::{MetricsRow, RunConfig, RunDir};
use std::time::Duration;

pub(super) fn title(config: &RunConfig) -> String {
    format!(
        "{} on {}, {}, seed {}",
        config.model,
        data::short_name(&config.dataset.id),
        config.backend,
        config.seed
    )
}

/// Curves that are older than this are drawn again at the end of an epoch.
pub(super) const REDRAW: Duration = Duration::from_secs(10);

/// Draws loss and accuracy by epoch into the run folder.
pub(super) fn draw_curves(
    run: &RunDir,
    title: &str,
    rows: &[MetricsRow],
) -> Result<(), TrainError> {
    let mut splits: Vec<Split> = Vec::new();
    for row in rows {
        if !splits.contains(&row.split) {
            splits.push(row.split);
        }
    }
    let points: Vec<Vec<draw::CurvePoint>> = splits
        .iter()
        .map(|split| {
            let rows = rows.iter().filter(|row| row.split == *split);
            rows.map(|row| draw::CurvePoint {
                epoch: row.epoch,
                loss: row.loss,
                accuracy: row.accuracy,
            })
            .collect()
        })
        .collect();
    if points.is_empty() {
        return Ok(()); // interrupted in the first epoch
    }
    let curves: Vec<_> = splits
        .iter()
        .zip(&points)
        .map(|(split, points)| draw::Curve {
            name: split.name(),
            points,
        })
        .collect();
    let picture = draw::curves(title, &curves)?;
    run.write("curves.svg", picture.svg.as_bytes())?;
    run.write("curves.png", &picture.png)?;
    Ok(())
}
