#![no_main]
//! The names of classes.

use burn_zoo::exchange::read_classes;
use burn_zoo_fuzz::file;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = read_classes(&file("classes", bytes));
});
