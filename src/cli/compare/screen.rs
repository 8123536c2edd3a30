//! The progress of a comparison on standard error.

use super::super::verbosity::{draw_target, is_quiet};
use burn_zoo::compare::{ComparisonDir, Event, Part, Plan, Row, Step};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use std::collections::HashMap;
use std::io::{IsTerminal, Write};
use std::time::Duration;

/// The lines before the first step.
pub(super) fn opening(folder: &ComparisonDir) -> String {
    let Plan {
        models,
        subjects,
        seeds,
        dataset,
        ..
    } = folder.plan();
    let models: Vec<&str> = models
        .iter()
        .map(|planned| planned.model.as_str())
        .collect();
    let backends: Vec<&str> = subjects
        .iter()
        .map(|subject| subject.backend.as_str())
        .collect();
    let skipped: Vec<String> = folder
        .comparison
        .skipped
        .iter()
        .map(|why| format!("\nskipped: {why}"))
        .collect();
    format!(
        "compare  {} on {} with {}, {} ({} left)\nfolder   {}{}",
        models.join(", "),
        backends.join(", "),
        dataset,
        match seeds.len() {
            1 => "1 seed".into(),
            count => format!("{count} seeds"),
        },
        match folder.left().len() {
            1 => "1 step".into(),
            steps => format!("{steps} steps"),
        },
        folder.path().display(),
        skipped.concat()
    )
}

/// The progress of all backends: on a terminal one line for each model and backend, elsewhere one line for each finished
/// step.
pub(super) struct Screen {
    bars: HashMap<(String, String), ProgressBar>,
    is_terminal: bool,
}

impl Screen {
    pub fn new(folder: &ComparisonDir) -> Self {
        let is_terminal = std::io::stderr().is_terminal();
        let screen = MultiProgress::with_draw_target(draw_target());
        let style =
            ProgressStyle::with_template("{prefix} {bar:16.cyan/blue} {pos:>2}/{len:2} {wide_msg}");
        let style = style.expect("the template is valid");
        let steps = folder.plan().steps();
        let left = folder.left();
        let rows = &folder.comparison.rows;
        let widest =
            |of: fn(&Row) -> &String| rows.iter().map(|row| of(row).len()).max().unwrap_or(0);
        let (models, backends) = (widest(|row| &row.model), widest(|row| &row.backend));
        let bars = rows.iter().map(|row| {
            let is_of = |step: &&Step| (&step.model, &step.backend) == (&row.model, &row.backend);
            let total = steps.iter().filter(is_of).count();
            let done = total - left.iter().filter(is_of).count();
            let bar = screen.add(ProgressBar::new(total as u64).with_style(style.clone()));
            bar.set_prefix(format!("{:models$}  {:backends$}", row.model, row.backend));
            bar.set_position(done as u64);
            let idle = if done == total { "done" } else { "waits" };
            bar.set_message(row.troubles.last().cloned().unwrap_or(idle.into()));
            ((row.model.clone(), row.backend.clone()), bar)
        });
        Self {
            bars: bars.collect(),
            is_terminal,
        }
    }

    pub fn show(&mut self, event: &Event) {
        let (Event::Begins(step) | Event::Epoch(step, _) | Event::Ends(step, _)) = event;
        let Some(bar) = self.bars.get(&(step.model.clone(), step.backend.clone())) else {
            return;
        };
        match event {
            Event::Begins(_) => {
                bar.set_message(step.part.to_string());
                bar.enable_steady_tick(Duration::from_millis(200));
            }
            Event::Epoch(_, figures) => {
                if let Part::Training(seed) = step.part {
                    bar.set_message(format!("seed {seed}, epoch {figures}"));
                }
            }
            Event::Ends(_, trouble) => {
                bar.inc(1);
                bar.disable_steady_tick();
                let outcome = trouble.map_or("done".into(), |trouble| format!("FAILED: {trouble}"));
                bar.set_message(format!("{}: {outcome}", step.part));
                if !self.is_terminal && !is_quiet() {
                    let (model, backend, part) = (&step.model, &step.backend, step.part);
                    let line = format!("{model} on {backend}: {part}: {outcome}");
                    let _ = writeln!(std::io::stderr(), "{line}");
                }
            }
        }
    }

    pub fn finish(&self) {
        for bar in self.bars.values() {
            bar.abandon();
        }
    }
}
