//! Reports: what came of a comparison or of runs as one page for the browser, with everything in it.
//!
//! Data become views, plain words and places (`comparison`, `run`, `chart`), and the templates in
//! `templates/` write them as HTML. The page loads nothing and runs no script.

mod chart;
mod comparison;
mod curves;
mod figures;
mod run;

use chart::Key;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior};
use serde::Serialize;

pub use comparison::of_comparison;
pub use run::{EvaluationError, Run, of_runs};

/// Why there is no report. Each message is one sentence.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// A template does not fit what it is given.
    #[error("the report cannot be written: {0}")]
    Template(#[from] minijinja::Error),
    /// There is nothing to report on.
    #[error("there is nothing to report on: name at least one run")]
    Empty,
}

/// What every page begins with; it tells the program's own reports from other files.
pub const BEGINNING: &str =
    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta name=\"generator\" content=\"burn-zoo\">\n";

/// The templates. Text is escaped in those whose names end with `.html`.
const TEMPLATES: [(&str, &str); 5] = [
    ("page.html", include_str!("templates/page.html")),
    ("style.css", include_str!("templates/style.css")),
    ("charts.html", include_str!("templates/charts.html")),
    ("comparison.html", include_str!("templates/comparison.html")),
    ("runs.html", include_str!("templates/runs.html")),
];

/// A term and what it is.
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

/// A figure to be seen first, with what it is of and a remark on it.
#[derive(Debug, Serialize)]
struct Headline {
    name: String,
    figure: String,
    unit: &'static str,
    remark: String,
}

/// Charts with the looks of what is in them.
#[derive(Debug, Serialize)]
struct Charts<T> {
    keys: Vec<Key>,
    charts: Vec<T>,
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
