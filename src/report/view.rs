//! The parts that the pages of runs and of comparisons share.

use crate::draw::{BarChart, LegendEntry, LineChart};
use serde::Serialize;

/// A term and its value.
#[derive(Debug, Serialize)]
pub(super) struct Fact {
    pub name: &'static str,
    pub value: String,
}

impl Fact {
    pub fn new(name: &'static str, value: impl Into<String>) -> Self {
        let value = value.into();
        Self { name, value }
    }
}

/// A figure to be seen first, with the name of what it measures and a remark.
#[derive(Debug, Serialize)]
pub(super) struct Headline {
    pub name: String,
    pub figure: String,
    pub unit: &'static str,
    pub remark: String,
}

/// A chart with its heading.
#[derive(Debug, Serialize)]
pub(super) struct Figure {
    pub title: String,
    pub svg: String,
}

impl From<&LineChart> for Figure {
    fn from(chart: &LineChart) -> Self {
        Self {
            title: chart.title.clone(),
            svg: chart.svg(),
        }
    }
}

impl From<&BarChart> for Figure {
    fn from(chart: &BarChart) -> Self {
        Self {
            title: chart.title.clone(),
            svg: chart.svg(),
        }
    }
}

/// Charts with the legend of their lines.
#[derive(Debug, Serialize)]
pub(super) struct Curves {
    pub legend: Vec<LegendEntry>,
    pub charts: Vec<Figure>,
}
