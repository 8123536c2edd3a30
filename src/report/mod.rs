//! Reports: the results of a comparison or of runs as one self-contained HTML page.
//!
//! `comparison` and `runs` turn data into views of plain words and charts ([`crate::draw`]), and the
//! templates in `templates/` write them as HTML. The page loads nothing and runs no script.

mod comparison;
mod curves;
mod error;
mod figures;
mod html;
mod runs;
mod table;
mod view;

pub use comparison::of_comparison;
pub use error::ReportError;
pub use html::BEGINNING;
pub use runs::{EvaluationError, Run, of_runs};
