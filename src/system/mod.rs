//! The operating system: files that are written whole, locks, memory, standard output, time.

pub mod files;
pub mod memory;
pub mod output;

use std::time::Instant;

/// Does something, and logs how long it took: `timed("reading the data", || …)`.
pub fn timed<T>(name: &str, run: impl FnOnce() -> T) -> T {
    let begun = Instant::now();
    let done = run();
    log::debug!("{name} took {:.2} s", begun.elapsed().as_secs_f64());
    done
}
