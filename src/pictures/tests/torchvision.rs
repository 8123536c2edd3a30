//! Images of pictures beside those that torchvision makes, from tests/crops.py.

use super::*;
use sha2::{Digest, Sha256};

type Sum = (&'static str, [u8; 8]);
type Shape = [usize; 3];

/// Crops as torchvision computes them: centre crops and random resized crops.
#[allow(clippy::type_complexity)] // As the file has it.
const TORCHVISION: (
    [([usize; 2], Shape, &str, [u8; 8]); 11],
    [([usize; 2], [usize; 4], Shape, &str, [u8; 8]); 5],
) = include!("../../../tests/crops.in");

/// A picture drawn by the rule of tests/crops.py, as a PNG file.
fn picture([width, height]: [usize; 2], channels: usize) -> Picture {
    let value = |x: usize, y: usize, channel: usize| {
        let value = x * (7 + channel) + y * (11 + 2 * channel) + x * y / 5 + 60 * channel;
        match (x / 9 + y / 6).is_multiple_of(2) {
            true => (value % 256) as u8,
            false => 255 - (value % 256 / 2) as u8,
        }
    };
    let values = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
    let values = values.flat_map(|(x, y)| (0..channels).map(move |channel| value(x, y, channel)));
    let (values, [width, height]) = (values.collect(), [width, height].map(|side| side as u32));
    let image = match channels {
        1 => GrayImage::from_raw(width, height, values).map(DynamicImage::from),
        _ => RgbImage::from_raw(width, height, values).map(DynamicImage::from),
    };
    let mut file = Cursor::new(Vec::new());
    image
        .unwrap()
        .write_to(&mut file, ImageFormat::Png)
        .unwrap();
    Picture::from_bytes(file.get_ref()).unwrap()
}

#[track_caller]
fn assert_is(pixels: &[u8], (sha256, first): Sum) {
    assert_eq!(pixels[..8], first);
    let sum: Vec<String> = (Sha256::digest(pixels).iter())
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert_eq!(sum.concat(), sha256);
}

#[test]
fn a_pictures_middle_is_torchvisions_byte_by_byte() {
    for (size, [channels, height, width], sha256, first) in TORCHVISION.0 {
        let shape = ImageShape::new(channels, height, width);
        let pixels = picture(size, channels).to_pixels(shape, Fit::Crop);
        assert_is(&pixels, (sha256, first));
    }
}

#[test]
fn a_part_of_a_picture_is_torchvisions_byte_by_byte() {
    for (size, [left, top, width, height], [channels, rows, columns], sha256, first) in
        TORCHVISION.1
    {
        let part = Area {
            left,
            top,
            width,
            height,
        };
        let shape = ImageShape::new(channels, rows, columns);
        let pixels = picture(size, channels).part(part, shape);
        assert_is(&pixels, (sha256, first));
    }
}
