//! How much the program says beside its results: `--quiet` and `--verbose`.

use indicatif::ProgressDrawTarget;
use std::io::Write;
use std::sync::OnceLock;
use std::time::Instant;

#[derive(Clone, Copy, clap::Args)]
pub(super) struct Verbosity {
    /// Say nothing but results, warnings and errors: no progress, no opening lines
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// Tell on standard error what was decided and why, and how long it took
    #[arg(short, long, global = true)]
    verbose: bool,
}

/// As the command line has it. Not set in tests, nor before it was read.
static CHOSEN: OnceLock<Verbosity> = OnceLock::new();

impl Verbosity {
    /// Makes it that of the program.
    pub fn choose(self) {
        let _ = CHOSEN.set(self);
    }
}

pub(super) fn is_quiet() -> bool {
    CHOSEN.get().is_some_and(|chosen| chosen.quiet)
}

/// Where progress is drawn: on standard error, where that is a terminal that can, and nobody wants quiet.
pub(super) fn draw_target() -> ProgressDrawTarget {
    match is_quiet() {
        true => ProgressDrawTarget::hidden(),
        false => ProgressDrawTarget::stderr(),
    }
}

/// Writes what only `--verbose` tells to standard error.
pub(super) fn detail(text: impl FnOnce() -> String) {
    if CHOSEN.get().is_some_and(|chosen| chosen.verbose) {
        let _ = writeln!(std::io::stderr(), "note: {}", text());
    }
}

/// Does something, and tells how long it took: `timed("reading the data", || …)`.
pub(super) fn timed<T>(what: &str, run: impl FnOnce() -> T) -> T {
    let begun = Instant::now();
    let done = run();
    detail(|| format!("{what} took {:.2} s", begun.elapsed().as_secs_f64()));
    done
}
