//! Tables of figures: the columns and their cells.

use crate::numbers::NONE;
use serde::Serialize;

/// A column.
#[derive(Serialize)]
pub struct Column {
    pub name: String,
    pub unit: &'static str,
    /// Whether it holds words, which are aligned to the left.
    pub words: bool,
}

/// A cell.
#[derive(Serialize)]
pub struct Cell {
    pub figure: String,
    pub remark: String,
    pub words: bool,
    pub fastest: bool,
    pub bad: bool,
}

impl Column {
    pub fn figures(name: impl Into<String>, unit: &'static str) -> Self {
        Self {
            name: name.into(),
            unit,
            words: false,
        }
    }

    pub fn words(name: impl Into<String>) -> Self {
        Self {
            words: true,
            ..Self::figures(name, "")
        }
    }
}

impl Cell {
    pub fn figure(figure: impl Into<String>) -> Self {
        Self {
            figure: figure.into(),
            remark: String::new(),
            words: false,
            fastest: false,
            bad: false,
        }
    }

    pub fn words(words: impl Into<String>) -> Self {
        Self {
            words: true,
            ..Self::figure(words)
        }
    }

    pub fn optional(figure: Option<String>) -> Self {
        Self::figure(figure.unwrap_or(NONE.into()))
    }

    pub fn remark(mut self, remark: impl Into<String>) -> Self {
        self.remark = remark.into();
        self
    }
}
