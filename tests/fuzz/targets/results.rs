#![no_main]
//! The results of a comparison, and the report that is drawn of them.

use burn_zoo::compare;
use burn_zoo_fuzz::{file, folder};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    file(compare::RESULTS, bytes);
    let _ = compare::read(folder());
});
