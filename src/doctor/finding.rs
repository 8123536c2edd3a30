//! The findings of the doctor.

use serde::Serialize;

/// How good or bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Mark {
    /// As it should be.
    Ok,
    /// Worth knowing, but no obstacle to what was asked for.
    Note,
    /// This machine cannot train as asked because of it.
    Problem,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How good or bad it is.
    pub mark: Mark,
    /// The subject of the finding: a backend, a file, a folder.
    pub about: String,
    /// The state that was found.
    pub found: String,
    /// The remedy.
    pub cure: Option<String>,
}

/// The findings on one subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Section {
    /// The subject.
    pub title: &'static str,
    /// The findings, in the order in which they are printed.
    pub findings: Vec<Finding>,
}

impl Finding {
    pub(super) fn new(mark: Mark, about: impl Into<String>, found: impl Into<String>) -> Self {
        Self {
            mark,
            about: about.into(),
            found: found.into(),
            cure: None,
        }
    }

    pub(super) fn ok(about: impl Into<String>, found: impl Into<String>) -> Self {
        Self::new(Mark::Ok, about, found)
    }

    pub(super) fn note(about: impl Into<String>, found: impl Into<String>) -> Self {
        Self::new(Mark::Note, about, found)
    }

    pub(super) fn cure(self, cure: impl Into<String>) -> Self {
        Self {
            cure: Some(cure.into()),
            ..self
        }
    }
}

impl Mark {
    /// The mark of something wrong: it is a problem only if the user asked for it.
    pub(super) fn of_trouble(asked_for: bool) -> Self {
        match asked_for {
            true => Self::Problem,
            false => Self::Note,
        }
    }
}
