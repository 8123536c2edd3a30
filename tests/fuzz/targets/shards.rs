#![no_main]
//! The index of weights in several files, then one of those files.

use burn_zoo::exchange::{Naming, StateDict};
use burn_zoo_fuzz::{SMALL_MLP, file, halves};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let (index, weights) = halves(bytes);
    file("shard", weights);
    if let Ok(found) = StateDict::open(&file("model.safetensors.index.json", index)) {
        let _ = found.weights(&SMALL_MLP, &Naming::default());
    }
});
