//! What the decoder of JPEG files does not say: whether all pixels are there.

use image::codecs::jpeg::JpegDecoder;
use image::{DynamicImage, ImageDecoder};
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{BufRead, Cursor};

/// The marker before the pixels, or a part of them.
pub(super) const SCAN: u8 = 0xda;
/// The marker at the end.
const END: u8 = 0xd9;

/// The markers of a JPEG file, each with its segment, up to the end marker, if there is one. Those that may stand within
/// the pixels are passed over.
pub(super) fn segments(bytes: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    let mut rest = bytes.get(2..).unwrap_or_default();
    std::iter::from_fn(move || {
        // `skip_until` searches fast, which counts as there are many bytes between the markers.
        while rest.skip_until(0xff).is_ok() {
            let [marker, segment @ ..] = rest else {
                return None;
            };
            // Within a scan, 0xff is followed by 0, or by the number of a restart.
            if matches!(marker, 0 | 0xd0..=0xd7 | 0xff) {
                continue;
            }
            if *marker == END {
                rest = &[];
                return Some((END, &[][..]));
            }
            let length = usize::from(u16::from_be_bytes(*segment.first_chunk()?));
            rest = segment.get(length..).unwrap_or_default();
            return Some((*marker, segment.get(2..length).unwrap_or_default()));
        }
        None
    })
}

/// Whether a JPEG file reaches its end marker. The decoder accepts files that do not, and fills the missing part
/// with grey.
pub(super) fn has_an_end(bytes: &[u8]) -> bool {
    segments(bytes).any(|(marker, _)| marker == END)
}

/// Whether a frame's marker says that its pixels come in several scans, each of which makes all of them finer.
fn is_progressive(marker: u8) -> bool {
    matches!(marker, 0xc2 | 0xc6 | 0xca | 0xce)
}

/// Whether the decoder keeps coefficients of the whole picture, beside its pixels.
pub(super) fn keeps_coefficients(bytes: &[u8]) -> bool {
    let mut scans = segments(bytes).filter(|(marker, _)| *marker == SCAN);
    segments(bytes).any(|(marker, _)| is_progressive(marker)) || scans.nth(1).is_some()
}

/// The bytes of a file without an end marker with one, if all its pixels are there: then it makes no difference what
/// follows them. What is missing would be read from what follows, and so be another picture each time.
pub(super) fn ended(bytes: &[u8]) -> Option<Vec<u8>> {
    let bytes = without_filling(bytes);
    if !all_scans_begin(bytes) {
        return None;
    }
    let followed_by = |byte: fn(usize) -> u8| {
        let more = |count: usize| (0..count).map(byte);
        let mut file = bytes.to_vec();
        file.extend(more(512));
        // Where each part of the pixels ends with the number of a restart, the next part might be missing.
        for restart in 0xd0..=0xd7 {
            file.extend([0xff, restart]);
            file.extend(more(64));
        }
        file.extend([0xff, END]);
        fingerprint(&file)
    };
    // A code of zeros has a meaning in every table. The next bit, if one is missing, is another in the others.
    let first = followed_by(|_| 0)?;
    let others: [fn(usize) -> u8; 3] = [|_| 0xaa, |_| 0x55, |at| ((at + 5) * 37 % 251) as u8];
    let is_whole = others.iter().all(|byte| followed_by(*byte) == Some(first));
    is_whole.then(|| [bytes, &[0xff, END]].concat())
}

/// A file without the zeros that a broken download is filled up with, or the 0xff of a memory card.
fn without_filling(bytes: &[u8]) -> &[u8] {
    let trimmed = |bytes: &[u8], value: u8| {
        let end = bytes.iter().rposition(|&byte| byte != value);
        end.map_or(0, |last| last + 1)
    };
    let bytes = &bytes[..trimmed(bytes, 0xff)];
    match trimmed(bytes, 0) {
        // Within the pixels, 0xff is followed by 0.
        end if end < bytes.len() && bytes[..end].ends_with(&[0xff]) => &bytes[..=end],
        end => &bytes[..end],
    }
}

/// Whether there is a scan, to the last bit, of every coefficient of every component.
fn all_scans_begin(bytes: &[u8]) -> bool {
    let mut whole: HashMap<u8, u64> = HashMap::new();
    for (marker, segment) in segments(bytes) {
        match (marker, segment) {
            (
                0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf,
                [_, _, _, _, _, _, rest @ ..],
            ) => {
                whole.extend(rest.chunks_exact(3).map(|component| (component[0], 0)));
            }
            (SCAN, [_, rest @ .., first, last, bits]) => {
                // The lower half is the bit at which the scan ends.
                if bits & 0xf != 0 || first > last || *last > 63 {
                    continue;
                }
                let coefficients = (u64::MAX >> (63 - last)) & (u64::MAX << first);
                for component in rest.chunks_exact(2) {
                    *whole.entry(component[0]).or_default() |= coefficients;
                }
            }
            _ => {}
        }
    }
    !whole.is_empty() && whole.values().all(|&coefficients| coefficients == u64::MAX)
}

/// A number that tells the pixels of a file from others, without keeping them.
fn fingerprint(bytes: &[u8]) -> Option<u64> {
    let decoder = JpegDecoder::new(Cursor::new(bytes)).ok()?;
    let size = decoder.dimensions();
    let pixels = DynamicImage::from_decoder(decoder).ok()?;
    let mut hasher = DefaultHasher::new();
    (size, pixels.as_bytes()).hash(&mut hasher);
    Some(hasher.finish())
}
