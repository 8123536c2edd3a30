//! The progress of a training: a bar on a terminal, and one line for each epoch.

use crate::backend;
use crate::data::Split;
use crate::evaluate::Tally;
use crate::jobs;
use crate::numbers::thousands;
use crate::run::MetricsRow;
use crate::system::output;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;
use std::time::{Duration, Instant};

/// How a training is shown, beside its bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Display {
    /// A line an epoch on standard output.
    Lines,
    /// The same as JSON: one object a line.
    JsonLines,
    /// The same as the events of a [job](crate::jobs).
    Events,
    /// Nothing.
    Nothing,
    /// Burn's dashboard, which takes the whole terminal.
    Dashboard,
}

/// The metrics of an epoch as a line of JSON: `{"event": "epoch", "epoch": 1, "num_epochs": 10, "train":
/// {"loss": …, "accuracy": …, "images_per_second": …, "seconds": …}, "test": {…}}`.
#[derive(Serialize)]
struct EpochLine<'a> {
    event: &'static str,
    epoch: usize,
    num_epochs: usize,
    /// By the splits' names.
    #[serde(flatten)]
    splits: BTreeMap<&'a str, Figures>,
}

#[derive(Serialize)]
struct Figures {
    loss: f64,
    accuracy: f64,
    images_per_second: f64,
    seconds: f64,
}

pub(super) struct Progress {
    bar: ProgressBar,
    display: Display,
    num_epochs: usize,
    /// When this process began, and the share of the run that was done by then.
    started: Option<(Instant, f64)>,
    /// Whether the first figures of this process are still to come.
    begins: bool,
}

impl Progress {
    pub fn new(display: Display, show_progress: bool, num_epochs: usize) -> Self {
        let bar = match display {
            Display::Lines | Display::JsonLines if show_progress => {
                ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(10))
            }
            _ => ProgressBar::hidden(),
        };
        bar.set_style(style("{kernels}").with_key("kernels", kernels));
        // As kernels are compiled while no figures come.
        bar.enable_steady_tick(Duration::from_millis(200));
        Self {
            bar,
            display,
            num_epochs,
            started: None,
            begins: true,
        }
    }

    pub fn start_epoch(&mut self, epoch: usize, num_batches: usize) {
        self.bar.set_length(num_batches as u64);
        self.bar
            .set_prefix(format!("epoch {epoch}/{}", self.num_epochs));
    }

    pub fn update(&mut self, epoch: usize, batches: usize, num_batches: usize, tally: &Tally) {
        let done = epoch as f64 - 1.0 + batches as f64 / num_batches as f64;
        let (started, done_before) = *self.started.get_or_insert((Instant::now(), done));
        if self.begins && done > done_before {
            self.begins = false;
            self.bar.disable_steady_tick();
            self.bar.set_style(style("{msg}"));
            let backend::KernelWork { compiled, tuned } = backend::kernel_work();
            if compiled + tuned > 0 {
                log::debug!(
                    "the first figures took {:.1} s, {compiled} kernels having been compiled and {tuned} operations tuned",
                    started.elapsed().as_secs_f64()
                );
            }
        }
        let mut message = format!(
            "loss {:.4}  accuracy {:5.2} %  {} images/s",
            tally.mean_loss(),
            100.0 * tally.accuracy(),
            pace(tally.images_per_second())
        );
        if done > done_before {
            let seconds_an_epoch = started.elapsed().as_secs_f64() / (done - done_before);
            let left = seconds_an_epoch * (self.num_epochs as f64 - done);
            if let Ok(left) = Duration::try_from_secs_f64(left) {
                message += &format!("  {} left", minutes(left));
            }
        }
        self.bar.set_message(message);
        self.bar.set_position(batches as u64);
    }

    pub fn evaluating(&self, split: Split) {
        self.bar.set_message(format!("evaluating the {split} set"));
    }

    pub fn end_epoch(&self, rows: &[MetricsRow]) {
        let Some(first) = rows.first() else { return };
        let line = match self.display {
            Display::Lines => format!("epoch {}", self.line(first, rows)),
            Display::Events => jobs::event(&self.line(first, rows)).trim_end().into(),
            Display::JsonLines => self.json_line(first, rows),
            Display::Nothing | Display::Dashboard => return,
        };
        self.bar.suspend(|| output::print(&format!("{line}\n")));
    }

    fn json_line(&self, first: &MetricsRow, rows: &[MetricsRow]) -> String {
        let splits = rows.iter().map(|row| {
            let figures = Figures {
                loss: row.loss,
                accuracy: row.accuracy,
                images_per_second: row.images_per_second,
                seconds: row.seconds,
            };
            (row.split.name(), figures)
        });
        let line = EpochLine {
            event: "epoch",
            epoch: first.epoch,
            num_epochs: self.num_epochs,
            splits: splits.collect(),
        };
        serde_json::to_string(&line).expect("an epoch is valid JSON")
    }

    fn line(&self, first: &MetricsRow, rows: &[MetricsRow]) -> String {
        let mut line = format!("{:>2}/{}", first.epoch, self.num_epochs);
        for row in rows {
            line += &format!(
                "   {} loss {:.4}  accuracy {:5.2} %",
                row.split,
                row.loss,
                100.0 * row.accuracy
            );
        }
        let seconds: f64 = rows.iter().map(|row| row.seconds).sum();
        let pace = pace(first.images_per_second);
        line + &format!("   {pace} images/s   {seconds:.1} s")
    }

    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

/// A bar with this behind it.
fn style(behind: &str) -> ProgressStyle {
    let template = format!("{{prefix}} {{bar:30.cyan/blue}} {{pos}}/{{len}}  {behind}");
    ProgressStyle::with_template(&template).expect("the template is valid")
}

/// Writes that kernels are being compiled, where some are.
fn kernels(_: &ProgressState, bar: &mut dyn fmt::Write) {
    let compiled = backend::kernel_work().compiled;
    if compiled > 0 {
        let _ = write!(bar, "compiling and tuning kernels, {compiled} so far");
    }
}

/// A pace to a readable number of digits: 41,230 or 1.3.
fn pace(images_per_second: f64) -> String {
    match images_per_second {
        slow if slow < 100.0 => format!("{slow:.1}"),
        fast => thousands(fast.round() as usize),
    }
}

fn minutes(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds / 3600 {
        0 => format!("{}:{:02}", seconds / 60, seconds % 60),
        hours => format!("{hours}:{:02}:{:02}", seconds / 60 % 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_pace_keeps_a_digit_behind_the_point() {
        let paces = [0.52, 99.94, 100.0, 41_230.4].map(pace);
        assert_eq!(paces, ["0.5", "99.9", "100", "41,230"]);
    }

    #[test]
    fn time_left_is_told_in_minutes_or_hours() {
        let times = [5, 65, 3600, 36_061].map(|seconds| minutes(Duration::from_secs(seconds)));
        assert_eq!(times, ["0:05", "1:05", "1:00:00", "10:01:01"]);
    }
}
