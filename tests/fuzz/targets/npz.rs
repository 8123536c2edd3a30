#![no_main]
//! NumPy's arrays, as Keras keeps MNIST.

use burn_zoo::data::Split;
use burn_zoo_fuzz::{file, load};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    file("mnist.npz", bytes);
    load("mnist", Split::Test);
});
