//! Templates that write views as HTML.

use super::error::ReportError;
use crate::draw::CHART_CSS;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior};
use serde::Serialize;

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

/// The page that a template makes of a view.
pub(super) fn render(template: &str, view: impl Serialize) -> Result<String, ReportError> {
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
