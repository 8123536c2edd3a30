//! The names of a comparison's rows.

use crate::compare::Row;

/// A row's backend, with the device where the model has several rows of that backend.
pub(super) fn name(row: &Row, rows: &[Row]) -> String {
    let same = rows.iter().filter(|other| other.backend == row.backend);
    match same.count() {
        1 => row.backend.clone(),
        _ => format!("{} {}", row.backend, row.device),
    }
}
