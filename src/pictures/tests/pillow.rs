//! Pictures beside Pillow's, from pillow.py.

use super::*;

type File = (&'static str, &'static [u8], (u32, u32), &'static [u8]);

const PILLOW: &[File] = include!("pillow.in");

/// The files whose names begin so.
fn files(beginning: &str) -> impl Iterator<Item = &'static File> {
    let files: Vec<_> = PILLOW
        .iter()
        .filter(|(name, ..)| name.starts_with(beginning))
        .collect();
    assert!(!files.is_empty(), "{beginning}");
    files.into_iter()
}

/// The pixels, interleaved.
fn pixels(picture: &Picture) -> Vec<u8> {
    let (width, height) = picture.size();
    let shape = ImageShape::new(3, height as usize, width as usize);
    let planes = picture.to_pixels(shape, Fit::Pad);
    let size = planes.len() / 3;
    let pixel = |at: usize| [planes[at], planes[size + at], planes[2 * size + at]];
    (0..size).flat_map(pixel).collect()
}

fn farthest(some: &[u8], others: &[u8]) -> u8 {
    assert_eq!(some.len(), others.len());
    let pairs = some.iter().zip(others);
    pairs
        .map(|(one, other)| one.abs_diff(*other))
        .max()
        .unwrap()
}

#[test]
fn pictures_have_pillows_pixels_turned_and_on_the_ground_that_their_edge_suggests() {
    for (name, file, size, expected) in PILLOW {
        let picture = Picture::from_bytes(file).unwrap_or_else(|error| panic!("{name} {error}"));
        assert_eq!(picture.size(), *size, "{name}");
        let farthest = farthest(&pixels(&picture), expected);
        // Two decoders of JPEG differ by a few levels, and two ways to blend by one.
        let most = if name.starts_with("jpeg") { 6 } else { 1 };
        assert!(farthest <= most, "{name}: {farthest}");
    }
}

#[test]
fn a_jpeg_without_its_end_marker_is_read_if_all_pixels_are_there_and_only_then() {
    for (name, file, _, _) in files("jpeg") {
        let whole = Picture::from_bytes(file).unwrap();
        let scan = file.windows(2).position(|two| two == [0xff, 0xda]).unwrap();
        for length in scan + 4..file.len() {
            let mut read = Vec::new();
            for filling in [&[][..], &[0; 3000], &[0xff; 3000]] {
                let cut = [&file[..length], filling].concat();
                match Picture::from_bytes(&cut) {
                    Ok(picture) => {
                        assert!(picture == whole, "{name}: {length} of {}", file.len());
                        read.push(());
                    }
                    Err(error) => {
                        assert!(matches!(error, PictureProblem::CutOff), "{name} {error}");
                    }
                }
            }
            // Of the end marker, two bytes, one, or the last bits before it.
            if length + 2 >= file.len() {
                assert_eq!(read.len(), 3, "{name}: {length} of {}", file.len());
            } else if length + 4 < file.len() {
                assert!(read.is_empty(), "{name}: {length} of {}", file.len());
            }
        }
    }
}
