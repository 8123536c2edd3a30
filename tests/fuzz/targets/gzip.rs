#![no_main]
//! MNIST's files, compressed: the labels, then the images.

use burn_zoo::data::Split;
use burn_zoo_fuzz::{file, halves, load};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let (labels, images) = halves(bytes);
    file("t10k-labels-idx1-ubyte.gz", labels);
    file("t10k-images-idx3-ubyte.gz", images);
    load("mnist", Split::Test);
});
