//! The fastest backend of a model, among the rows without fault.

use super::names::name;
use crate::bench::median;
use crate::compare::Row;
use crate::numbers::number;
use crate::report::view::Headline;

/// The backend on which a model trains fastest, and how much faster than on the next.
pub fn headline(rows: &[Row]) -> Option<Headline> {
    let speeds = speeds(rows, Row::training);
    let &(fastest, speed) = speeds.first()?;
    let remark = match speeds.get(1) {
        Some((next, slower)) => format!(
            "in training on {}, {:.2} × {}",
            name(fastest, rows),
            speed / slower,
            name(next, rows)
        ),
        None => format!("in training on {}", name(fastest, rows)),
    };
    Some(Headline {
        name: fastest.model.clone(),
        figure: number(speed),
        unit: "images/s",
        remark,
    })
}

/// The median speed of each row without fault, the fastest first.
pub fn speeds(rows: &[Row], speed: fn(&Row) -> Vec<f64>) -> Vec<(&Row, f64)> {
    let sound = rows.iter().filter(|row| row.holds());
    let speeds = sound.map(|row| (row, median(&speed(row))));
    let mut speeds: Vec<_> = speeds.filter(|(_, speed)| speed.is_finite()).collect();
    speeds.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    speeds
}
