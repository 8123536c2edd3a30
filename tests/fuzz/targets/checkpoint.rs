#![no_main]
//! A run's checkpoint, beside the configuration of its run.

use burn_zoo::run::{CHECKPOINT, CONFIG, RunDir};
use burn_zoo::training::{Checkpoint, Position};
use burn_zoo_fuzz::{file, folder};
use libfuzzer_sys::fuzz_target;

fuzz_target!(init: {
    let config = concat!(env!("CARGO_MANIFEST_DIR"), "/corpus/config/run");
    file(CONFIG, &std::fs::read(config).expect("seeds.py writes it"));
}, |bytes: &[u8]| {
    file(CHECKPOINT, bytes);
    let run = RunDir::open(folder()).expect("it has a configuration");
    let _ = Position::of(&run);
    let _ = Checkpoint::read(&run);
});
