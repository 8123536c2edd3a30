#![no_main]
//! A run's table of figures.

use burn_zoo::run::{CONFIG, METRICS, RunDir};
use burn_zoo_fuzz::{file, folder};
use libfuzzer_sys::fuzz_target;

fuzz_target!(init: {
    file(CONFIG, b"{}");
}, |bytes: &[u8]| {
    file(METRICS, bytes);
    let run = RunDir::open(folder()).expect("it has a configuration");
    if let Ok(rows) = run.metrics() {
        run.write_metrics(&rows).expect("memory has room");
        let again = run.metrics();
        assert!(rows.is_empty() || again.expect("it was written by the zoo").len() == rows.len());
    }
});
