//! From a file's bytes to pixels: upright, and without transparency.

use super::error::{MOST_MEMORY, MOST_PIXELS, PictureProblem};
use super::kind::format_of;
use image::metadata::Orientation;
use image::{
    DynamicImage, ImageBuffer, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits, Pixel,
    Rgb, RgbImage,
};
use std::error::Error;
use std::io::{BufRead, Cursor, ErrorKind};

/// A mean brightness, of at most 255, from which on a thing is hard to see on white.
const LIGHT: u64 = 191;

/// The pixels of a file's bytes, and the name of its format.
pub(super) fn decoded(bytes: &[u8]) -> Result<(RgbImage, &'static str), PictureProblem> {
    let (format, name) = format_of(bytes)?;
    if format == ImageFormat::Jpeg && !jpeg_has_an_end(bytes) {
        return Err(PictureProblem::CutOff);
    }
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = Limits::default();
    limits.max_alloc = Some(MOST_MEMORY);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(problem)?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MOST_PIXELS {
        return Err(PictureProblem::TooManyPixels(width, height));
    }
    // Cameras store how they were held beside the pixels; a picture without that is upright.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut image = DynamicImage::from_decoder(decoder).map_err(problem)?;
    image.apply_orientation(orientation);
    Ok((without_transparency(image), name))
}

/// The problem that a decoder's error means.
fn problem(error: ImageError) -> PictureProblem {
    match error {
        ImageError::Limits(_) => PictureProblem::TooMuchMemory,
        ImageError::IoError(error) if error.kind() == ErrorKind::UnexpectedEof => {
            PictureProblem::CutOff
        }
        error => {
            let said = error
                .source()
                .map_or(error.to_string(), |cause| cause.to_string());
            let words: Vec<_> = said.split_whitespace().collect();
            PictureProblem::Damaged(words.join(" "))
        }
    }
}

/// Whether a JPEG file reaches its end marker. The decoder accepts files that do not, and fills the missing part
/// with grey.
fn jpeg_has_an_end(bytes: &[u8]) -> bool {
    const END: u8 = 0xd9;
    let mut rest = bytes.get(2..).unwrap_or_default();
    // `skip_until` searches fast, which counts as there are many bytes between the markers.
    while rest.skip_until(0xff).is_ok() {
        let [marker, segment @ ..] = rest else {
            return false;
        };
        // Within a scan, 0xff is followed by 0, or by the number of a restart.
        if matches!(marker, 0 | 0xd0..=0xd7 | 0xff) {
            continue;
        }
        let length = match (*marker, segment) {
            (END, _) => return true,
            (_, [high, low, ..]) => u16::from_be_bytes([*high, *low]),
            _ => return false,
        };
        rest = segment.get(usize::from(length)..).unwrap_or_default();
    }
    false
}

/// The picture on a white background, as shops show their goods, or on a black one if its visible part is so
/// light that it would be lost on white.
fn without_transparency(image: DynamicImage) -> RgbImage {
    if !image.color().has_alpha() {
        return image.into_rgb8();
    }
    let image = image.into_rgba8();
    let (mut seen, mut light) = (0, 0);
    for pixel in image.pixels() {
        let opacity = u64::from(pixel.0[3]);
        seen += opacity;
        light += opacity * u64::from(pixel.to_luma().0[0]);
    }
    let background = if light > seen * LIGHT { 0 } else { 255 };
    let blended = |value: u8, opacity: u8| {
        let [value, opacity] = [value, opacity].map(u32::from);
        ((value * opacity + background * (255 - opacity) + 127) / 255) as u8
    };
    ImageBuffer::from_fn(image.width(), image.height(), |x, y| {
        let [red, green, blue, opacity] = image.get_pixel(x, y).0;
        Rgb([red, green, blue].map(|value| blended(value, opacity)))
    })
}
