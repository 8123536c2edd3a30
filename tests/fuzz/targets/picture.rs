#![no_main]
//! A picture: as what it is recognised, its pixels, and the image that a network sees.

use burn_zoo::pictures::{Fit, Picture};
use burn_zoo_fuzz::file;
use burn_zoo_models::ImageShape;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let recognised = Picture::check(&file("picture", bytes)).is_ok();
    let Ok(picture) = Picture::from_bytes(bytes) else {
        return;
    };
    assert!(recognised, "what is read is recognised");
    picture.has_light_border();
    for channels in [1, 3] {
        let shape = ImageShape::new(channels, 4, 4);
        for fit in [Fit::Pad, Fit::Crop] {
            assert_eq!(picture.to_pixels(shape, fit).len(), channels * 16);
        }
    }
});
