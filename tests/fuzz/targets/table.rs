#![no_main]
//! A table of MNIST's pixels, as on Kaggle.

use burn_zoo::data::Split;
use burn_zoo_fuzz::{file, load};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    file("mnist_test.csv", bytes);
    load("mnist", Split::Test);
});
