//! Reports: the results of a comparison or of runs as one self-contained HTML page.
//!
//! `comparison` and `runs` turn data into views of plain words and charts ([`crate::draw`]), and the
//! templates in `templates/` write them as HTML. The page loads nothing and runs no script.

mod comparison;
mod curves;
mod figures;
mod runs;
mod table;

use crate::draw::{BarChart, CHART_CSS, DrawError, LegendEntry, LineChart};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior};
use serde::Serialize;

pub use comparison::of_comparison;
pub use runs::{EvaluationError, Run, of_runs};

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

/// The beginning of every page, by which the program recognises its own reports.
pub const BEGINNING: &str =
    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta name=\"generator\" content=\"burn-zoo\">\n";

/// The templates. Text is escaped in those whose names end with `.html`.
const TEMPLATES: [(&str, &str); 6] = [
    ("page.html", include_str!("templates/page.html")),
    ("style.css", include_str!("templates/style.css")),
    ("charts.css", CHART_CSS),
    ("charts.html", include_str!("templates/charts.html")),
    ("comparison.html", include_str!("templates/comparison.html")),
    ("runs.html", include_str!("templates/runs.html")),
];

/// A term and its value.
#[derive(Debug, Serialize)]
struct Fact {
    name: &'static str,
    value: String,
}

impl Fact {
    fn new(name: &'static str, value: impl Into<String>) -> Self {
        let value = value.into();
        Self { name, value }
    }
}

/// A figure to be seen first, with the name of what it measures and a remark.
#[derive(Debug, Serialize)]
struct Headline {
    name: String,
    figure: String,
    unit: &'static str,
    remark: String,
}

/// A chart with its heading.
#[derive(Debug, Serialize)]
struct Figure {
    title: String,
    svg: String,
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
struct Curves {
    legend: Vec<LegendEntry>,
    charts: Vec<Figure>,
}

fn render(template: &str, view: impl Serialize) -> Result<String, ReportError> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_syntax(
        SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .build()?,
    );
    for (name, source) in TEMPLATES {
        environment.add_template(name, source)?;
    }
    let body = environment.get_template(template)?.render(Serde(view))?;
    Ok(format!("{BEGINNING}{body}"))
}
