//! How a camera was held, as a file's EXIF says.

use super::jpeg::{SCAN, segments};
use flate2::read::ZlibDecoder;
use image::ImageFormat;
use image::metadata::Orientation;
use std::io::Read;

/// The tag of the orientation.
const ORIENTATION: usize = 0x112;
/// What stands before EXIF in a segment of a JPEG file, and, against the rules, in other files too.
const PREFIX: &[u8] = b"Exif\0\0";
/// The most bytes of EXIF that are unpacked from a text.
const MOST_BYTES: u64 = 1 << 20;

/// The orientation that a file's EXIF has, if it says one.
pub(super) fn orientation(bytes: &[u8], format: ImageFormat) -> Option<Orientation> {
    let exif = match format {
        ImageFormat::Jpeg => of_jpeg(bytes)?.to_vec(),
        ImageFormat::Png => of_png(bytes)?,
        ImageFormat::WebP => of_webp(bytes)?.to_vec(),
        _ => return None,
    };
    of_exif(&exif)
}

/// The first EXIF of a JPEG file.
fn of_jpeg(bytes: &[u8]) -> Option<&[u8]> {
    const APPLICATION: u8 = 0xe1;
    segments(bytes)
        .take_while(|(marker, _)| *marker != SCAN)
        .find(|(marker, segment)| *marker == APPLICATION && segment.starts_with(PREFIX))
        .map(|(_, segment)| segment)
}

/// The EXIF of a PNG file, before the pixels or after them: a chunk of its own, or, as ImageMagick wrote it before there
/// was one, a text in hexadecimal digits.
fn of_png(bytes: &[u8]) -> Option<Vec<u8>> {
    let chunks = || chunks(bytes.get(8..).unwrap_or_default());
    if let Some((_, exif)) = chunks().find(|(name, _)| name == b"eXIf") {
        return Some(exif.to_vec());
    }
    chunks().find_map(|(name, text)| {
        let keyword: &[u8] = b"Raw profile type exif\0";
        let text = text.strip_prefix(keyword)?;
        let text = match &name {
            b"tEXt" => text.to_vec(),
            b"zTXt" => {
                let mut unpacked = Vec::new();
                let mut packed = ZlibDecoder::new(text.get(1..)?).take(MOST_BYTES);
                packed.read_to_end(&mut unpacked).ok()?;
                unpacked
            }
            _ => return None,
        };
        // A line with the profile's name, one with its length, then the digits.
        let text = String::from_utf8(text).ok()?;
        let digits = text.split('\n').skip(3).flat_map(str::chars);
        let digits = digits.filter_map(|digit| digit.to_digit(16));
        let digits: Vec<u8> = digits.map(|digit| digit as u8).collect();
        let bytes = digits.chunks_exact(2).map(|pair| 16 * pair[0] + pair[1]);
        Some(bytes.collect())
    })
}

fn of_webp(bytes: &[u8]) -> Option<&[u8]> {
    // Data of an odd length are followed by a byte that is not counted.
    let mut rest = bytes.get(12..)?;
    loop {
        let (name, after) = rest.split_first_chunk::<4>()?;
        let (length, after) = after.split_first_chunk()?;
        let length = u32::from_le_bytes(*length) as usize;
        if name == b"EXIF" {
            return after.get(..length);
        }
        rest = after.get(length + length % 2..)?;
    }
}

/// The names and data of a PNG file's chunks.
fn chunks(mut rest: &[u8]) -> impl Iterator<Item = ([u8; 4], &[u8])> {
    std::iter::from_fn(move || {
        let (length, after) = rest.split_first_chunk()?;
        let (name, after) = after.split_first_chunk()?;
        let (data, after) = after.split_at_checked(u32::from_be_bytes(*length) as usize)?;
        // After the data comes a checksum; the file may end before it.
        rest = after.get(4..).unwrap_or_default();
        Some((*name, data))
    })
}

/// The orientation in EXIF: a number of any width in its first directory.
fn of_exif(exif: &[u8]) -> Option<Orientation> {
    let exif = exif.strip_prefix(PREFIX).unwrap_or(exif);
    let is_little = match exif.get(..4)? {
        b"II*\0" => true,
        b"MM\0*" => false,
        _ => return None,
    };
    let number = |at: usize, length: usize| -> Option<usize> {
        let bytes = exif.get(at..at.checked_add(length)?)?.iter();
        let add = |number: usize, byte: &u8| number << 8 | usize::from(*byte);
        Some(match is_little {
            true => bytes.rev().fold(0, add),
            false => bytes.fold(0, add),
        })
    };
    let directory = number(4, 4)?;
    let entry = (0..number(directory, 2)?)
        .map(|index| directory + 2 + 12 * index)
        .find(|&entry| number(entry, 2) == Some(ORIENTATION))?;
    if number(entry + 4, 4)? != 1 {
        return None;
    }
    let length = match number(entry + 2, 2)? {
        3 | 8 => 2,
        4 | 9 | 13 => 4,
        _ => return None,
    };
    let value = number(entry + 8, length)?;
    Orientation::from_exif(u8::try_from(value).ok()?)
}
