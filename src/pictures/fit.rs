//! How a picture becomes an image of the shape that a model takes.

use super::resize::{Area, resized};
use burn_zoo_models::{Fit, ImageShape};
use image::imageops::{self, FilterType};
use image::{ImageBuffer, Pixel};

/// The picture in the middle of an image of the shape, as large as it fits, channels first.
pub(super) fn padded<P>(picture: &ImageBuffer<P, Vec<u8>>, ground: P, shape: ImageShape) -> Vec<u8>
where
    P: Pixel<Subpixel = u8> + 'static,
{
    let (width, height) = (shape.width as u32, shape.height as u32);
    let [across, down] = [width, height].map(f64::from);
    let scale = (across / f64::from(picture.width())).min(down / f64::from(picture.height()));
    let scaled = |side: u32| ((f64::from(side) * scale).round() as u32).max(1);
    let (inner_width, inner_height) = (scaled(picture.width()), scaled(picture.height()));
    let inner = imageops::resize(picture, inner_width, inner_height, FilterType::CatmullRom);
    let mut image = ImageBuffer::from_pixel(width, height, ground);
    let (left, top) = ((width - inner_width) / 2, (height - inner_height) / 2);
    imageops::replace(&mut image, &inner, left.into(), top.into());
    let image = image.into_raw();
    let channel = |channel: usize| image.iter().skip(channel).step_by(shape.channels).copied();
    (0..shape.channels).flat_map(channel).collect()
}

/// The middle of a picture of interleaved bytes, channels first.
pub(super) fn middle<const C: usize>(
    bytes: &[u8],
    size @ [width, _]: [usize; 2],
    shape: ImageShape,
) -> Vec<u8> {
    let (size_then, window) = resizing(size, shape);
    resized::<C>(bytes, width, Area::whole(size), size_then, window)
}

/// The width and height that a picture of a size is resized to, and the window of that which is cut out
/// to be an image of a shape: torchvision's whole numbers.
fn resizing([width, height]: [usize; 2], shape: ImageShape) -> ([usize; 2], Area) {
    let [across, down] = Fit::covered(shape);
    let [image_width, image_height] = [shape.width, shape.height];
    let size = match across * height >= down * width {
        true => [across, across * height / width],
        false => [down * width / height, down],
    };
    let [left, top] = [
        half_to_even(size[0] - image_width),
        half_to_even(size[1] - image_height),
    ];
    let window = Area {
        left,
        top,
        width: image_width,
        height: image_height,
    };
    (size, window)
}

/// Half of a number, that of an odd one rounded to the even neighbour, as Python's `round` does.
fn half_to_even(number: usize) -> usize {
    let half = number / 2;
    half + number % 2 * (half % 2)
}

#[cfg(test)]
mod tests {
    use super::super::Picture;
    use super::*;
    use image::{DynamicImage, GrayImage, ImageFormat, RgbImage};
    use sha2::{Digest, Sha256};
    use std::io::Cursor;

    #[test]
    fn sizes_and_windows_are_rounded_as_torchvision_does() {
        for (size, image, expected, [left, top]) in [
            // int(256 · 500 / 375) and round((341 − 224) / 2), half to even.
            ([500, 375], [224, 224], [341, 256], [58, 16]),
            ([375, 500], [224, 224], [256, 341], [16, 58]),
            ([100, 100], [224, 224], [256, 256], [16, 16]),
            ([1000, 1], [32, 32], [37_000, 37], [18_484, 2]),
            // An image twice as wide as high is covered by its width.
            ([500, 375], [224, 112], [256, 192], [16, 40]),
            ([900, 100], [224, 112], [1152, 128], [464, 8]),
        ] {
            let (found, window) = resizing(size, ImageShape::new(3, image[1], image[0]));
            assert_eq!((found, [window.left, window.top]), (expected, [left, top]));
            assert_eq!([window.width, window.height], image);
        }
        assert_eq!([0, 1, 2, 3, 5, 7].map(half_to_even), [0, 0, 1, 2, 2, 4]);
    }
    type Sum = (&'static str, [u8; 8]);
    type Shape = [usize; 3];

    /// What torchvision makes of pictures: of their middle, and of parts.
    #[allow(clippy::type_complexity)] // As the file has it.
    const TORCHVISION: (
        [([usize; 2], Shape, &str, [u8; 8]); 11],
        [([usize; 2], [usize; 4], Shape, &str, [u8; 8]); 5],
    ) = include!("../../tests/crops.in");

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
        let values =
            values.flat_map(|(x, y)| (0..channels).map(move |channel| value(x, y, channel)));
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
}
