//! `zoo train`.

mod belongs;
mod convolutions;
mod devices;
mod diverged;
mod durability;
mod earlier_run;
mod fine_tuning;
mod layers;
mod pictures;
mod precision;
#[cfg(all(feature = "mpi", unix))]
mod ranks;
mod refused;
mod resume;
mod run_folder;
mod signals;

use crate::support::*;
use tempfile::tempdir;

/// Asserts that `epochs[0]` epochs and the rest by resuming end as all do in one go.
fn resumes_exactly(words: &str, epochs: [usize; 2]) {
    let folder = tempdir().unwrap();
    let [first, all] = epochs;
    let whole = trained(folder.path(), "whole", &format!("{words} --epochs {all}"));
    let parts = trained(folder.path(), "parts", &format!("{words} --epochs {first}"));
    succeeds(&format!("train --epochs {all} --resume"), &parts);
    assert_same_run(&whole, &parts);
    assert_eq!(names(&parts), RUN_FILES);
}
