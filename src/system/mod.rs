//! The operating system: files that are written whole, locks, memory, standard output, time.

pub mod files;
pub mod memory;
pub mod output;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

/// Does something, and logs how long it took: `timed("reading the data", || …)`.
pub fn timed<T>(name: &str, run: impl FnOnce() -> T) -> T {
    let begun = Instant::now();
    let done = run();
    log::debug!("{name} took {:.2} s", begun.elapsed().as_secs_f64());
    done
}

/// The result, or the message of a panic.
pub(crate) fn caught<T>(compute: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(compute)).map_err(|panic| {
        let message = panic.downcast_ref::<String>().map(String::as_str);
        let message = message.or(panic.downcast_ref::<&str>().copied());
        let words = message.unwrap_or_default().split_whitespace();
        words.collect::<Vec<_>>().join(" ")
    })
}
