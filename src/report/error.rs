//! Why there is no report.

use crate::draw::DrawError;

/// Why there is no report. Each message is one sentence.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// A template does not fit what it is given.
    #[error("the report cannot be written: {0}")]
    Template(#[from] minijinja::Error),
    /// An image could not be encoded.
    #[error(transparent)]
    Drawing(#[from] DrawError),
    /// There is nothing to report on.
    #[error("there is nothing to report on: name at least one run")]
    Empty,
}
