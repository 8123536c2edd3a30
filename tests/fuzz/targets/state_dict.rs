#![no_main]
//! Weights from elsewhere, by PyTorch or in safetensors, or the index of several files: the contents say which.

use burn_zoo::exchange::{Naming, StateDict};
use burn_zoo_fuzz::{SMALL_MLP, file};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(found) = StateDict::open(&file("weights", bytes)) else {
        return;
    };
    found.normalisation();
    for match_shapes in [false, true] {
        let naming = Naming {
            match_shapes,
            ..Naming::default()
        };
        let _ = found.num_classes(&SMALL_MLP, &naming);
        if let Ok(taken) = found.weights(&SMALL_MLP, &naming) {
            assert_eq!(taken.weights.names().count(), 4);
        }
    }
});
