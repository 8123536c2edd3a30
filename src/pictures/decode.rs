//! From a file's bytes to pixels: upright, and without transparency.

use super::error::{MOST_MEMORY, MOST_PIXELS, PictureProblem};
use super::kind::format_of;
use super::room::{self, Room};
use super::transparency::without_transparency;
use super::{exif, jpeg};
use image::metadata::Orientation;
use image::{
    ColorType, DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits, RgbImage,
};
use std::error::Error;
use std::io::{Cursor, ErrorKind};

/// The pixels of a file's bytes, the name of its format, and the room that they take.
pub(super) fn decoded(bytes: &[u8]) -> Result<(RgbImage, &'static str, Room), PictureProblem> {
    let (format, name) = format_of(bytes)?;
    let is_endless = format == ImageFormat::Jpeg && !jpeg::has_an_end(bytes);
    let ended;
    let mut decoder = match opened(bytes, format) {
        Err(PictureProblem::Damaged(_)) if is_endless => return Err(PictureProblem::CutOff),
        decoder => decoder?,
    };
    let room = room::wait_for(memory(&decoder, bytes, format));
    if is_endless {
        ended = jpeg::ended(bytes).ok_or(PictureProblem::CutOff)?;
        decoder = opened(&ended, format)?;
    }
    // Cameras store how they were held beside the pixels; a picture without that is upright.
    let orientation = exif::orientation(bytes, format).unwrap_or(Orientation::NoTransforms);
    let mut image = DynamicImage::from_decoder(decoder).map_err(problem)?;
    image.apply_orientation(orientation);
    Ok((without_transparency(image), name, room))
}

/// A decoder of a picture that is not too large.
fn opened(bytes: &[u8], format: ImageFormat) -> Result<impl ImageDecoder, PictureProblem> {
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = Limits::default();
    limits.max_alloc = Some(MOST_MEMORY);
    reader.limits(limits);
    let decoder = reader.into_decoder().map_err(problem)?;
    let (width, height) = decoder.dimensions();
    match u64::from(width) * u64::from(height) > MOST_PIXELS {
        true => Err(PictureProblem::TooManyPixels(width, height)),
        false => Ok(decoder),
    }
}

/// The most memory that decoding a picture takes, in bytes.
fn memory(decoder: &impl ImageDecoder, bytes: &[u8], format: ImageFormat) -> u64 {
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    let color = decoder.color_type();
    // The pixels upright, or without transparency, and grey.
    let mut more = 3 + 1;
    if color.has_alpha() && color != ColorType::Rgba8 {
        more += 4;
    }
    if format == ImageFormat::Jpeg && jpeg::keeps_coefficients(bytes) {
        more += 2 * 3;
    }
    decoder.total_bytes() + more * pixels
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
