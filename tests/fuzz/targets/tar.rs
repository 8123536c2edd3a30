#![no_main]
//! CIFAR-10's archive, not compressed: the target `gzip` holds what is.

use burn_zoo::data::Split;
use burn_zoo_fuzz::{file, load};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    file("cifar-10-binary.tar.gz", bytes);
    load("cifar-10", Split::Test);
});
