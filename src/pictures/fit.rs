//! Padding or cropping a picture to the shape of the images that a model takes.

use super::resize::{Area, resized};
use burn_zoo_models::{Fit, ImageShape};
use image::imageops::{self, FilterType};
use image::{ImageBuffer, Pixel};

/// An image of this shape with the picture in its middle, as large as fits, and `background` around it;
/// channels first.
pub(super) fn padded<P>(
    picture: &ImageBuffer<P, Vec<u8>>,
    background: P,
    shape: ImageShape,
) -> Vec<u8>
where
    P: Pixel<Subpixel = u8> + 'static,
{
    let (width, height) = (shape.width as u32, shape.height as u32);
    let size = [picture.width() as usize, picture.height() as usize];
    let inside = inside(size, shape);
    let (inner_width, inner_height) = (inside.width as u32, inside.height as u32);
    let inner = imageops::resize(picture, inner_width, inner_height, FilterType::CatmullRom);
    let mut image = ImageBuffer::from_pixel(width, height, background);
    imageops::replace(&mut image, &inner, inside.left as i64, inside.top as i64);
    let image = image.into_raw();
    let channel = |channel: usize| image.iter().skip(channel).step_by(shape.channels).copied();
    (0..shape.channels).flat_map(channel).collect()
}

/// The part of a padded image that a picture of this width and height fills.
pub(super) fn inside([width, height]: [usize; 2], shape: ImageShape) -> Area {
    let [across, down] = [shape.width as f64, shape.height as f64];
    let scale = (across / width as f64).min(down / height as f64);
    let scaled = |side: usize| ((side as f64 * scale).round() as usize).max(1);
    let (width, height) = (scaled(width), scaled(height));
    Area {
        left: (shape.width - width) / 2,
        top: (shape.height - height) / 2,
        width,
        height,
    }
}

/// The middle of a picture, whose bytes are interleaved, as an image of this shape; channels first.
pub(super) fn middle<const C: usize>(
    bytes: &[u8],
    size @ [width, _]: [usize; 2],
    shape: ImageShape,
) -> Vec<u8> {
    let (size_then, window) = resizing(size, shape);
    resized::<C>(bytes, width, Area::whole(size), size_then, window)
}

/// The width and height that a picture of this size is resized to, and the window of the result that becomes
/// the image: the same whole numbers as in torchvision.
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

/// Half of a number. The half of an odd number is rounded to the even neighbour, as Python's `round` does.
fn half_to_even(number: usize) -> usize {
    let half = number / 2;
    half + number % 2 * (half % 2)
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
