//! How much the program says beside its results: `--quiet` and `--verbose`.

use super::options::in_options;
use burn_zoo::backend;
use indicatif::ProgressDrawTarget;
use log::{Level, LevelFilter, Log, Metadata, Record};
use std::io::Write;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

#[derive(Clone, Copy, clap::Args)]
pub(super) struct Verbosity {
    /// Print results, warnings and errors only: no progress, no opening lines
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// Print decisions, their reasons and how long steps took to standard error
    #[arg(short, long, global = true)]
    verbose: bool,
}

/// Whether another process of the same training says all that there is to say.
static SILENT: AtomicBool = AtomicBool::new(false);

/// Leaves it to another process to print and to warn.
pub(super) fn be_silent() {
    SILENT.store(true, Ordering::Relaxed);
    log::set_max_level(LevelFilter::Off);
}

pub(super) fn is_silent() -> bool {
    SILENT.load(Ordering::Relaxed)
}

/// As the command line has it. Not set in tests, nor before it was read.
static CHOSEN: OnceLock<Verbosity> = OnceLock::new();

impl Verbosity {
    /// Makes it that of the program.
    pub fn choose(self) {
        let _ = CHOSEN.set(self);
        if log::set_logger(&Notes).is_ok() {
            log::set_max_level(match self.quiet {
                true => LevelFilter::Warn,
                // The finest, for what CubeCL tells of its kernels.
                false => LevelFilter::Trace,
            });
        }
    }
}

pub(super) fn is_quiet() -> bool {
    is_silent() || CHOSEN.get().is_some_and(|chosen| chosen.quiet)
}

/// Where progress is drawn: on standard error, where that is a terminal that can, and nobody wants quiet.
pub(super) fn draw_target() -> ProgressDrawTarget {
    match is_quiet() {
        true => ProgressDrawTarget::hidden(),
        false => ProgressDrawTarget::stderr(),
    }
}

/// Writes the library's notes to standard error, and counts the kernels that others tell of.
struct Notes;

impl Log for Notes {
    fn enabled(&self, about: &Metadata<'_>) -> bool {
        let of_the_zoo =
            about.target().starts_with("burn_zoo") || about.target().starts_with("zoo");
        let verbose = CHOSEN.get().is_some_and(|chosen| chosen.verbose);
        of_the_zoo && (verbose || about.level() <= Level::Info)
    }

    fn log(&self, note: &Record<'_>) {
        if !self.enabled(note.metadata()) {
            backend::count_kernels(note);
        } else {
            let kind = match note.level() {
                Level::Error | Level::Warn => "warning",
                _ => "note",
            };
            let sentence = in_options(&note.args().to_string());
            let _ = writeln!(std::io::stderr(), "{kind}: {sentence}");
        }
    }

    fn flush(&self) {}
}
