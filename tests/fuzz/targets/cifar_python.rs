#![no_main]
//! CIFAR-10's batches for Python, which are pickles.

use burn_zoo::data::Split;
use burn_zoo_fuzz::{file, load};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    file("test_batch", bytes);
    load("cifar-10", Split::Test);
});
