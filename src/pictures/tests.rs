//! Pictures from files and bytes, and the images made of them.

mod pillow;
mod torchvision;

use super::*;
use burn_zoo_models::ImageShape;
use image::{DynamicImage, GrayImage, ImageFormat, Luma, Rgb, RgbImage, Rgba, RgbaImage};
use std::io::{self, Cursor};

const GREY: ImageShape = ImageShape::new(1, 28, 28);
const COLOUR: ImageShape = ImageShape::new(3, 32, 32);

fn encoded(image: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    image.into().write_to(&mut file, format).unwrap();
    file.into_inner()
}

fn png(image: impl Into<DynamicImage>) -> Picture {
    Picture::from_bytes(&encoded(image, ImageFormat::Png)).unwrap()
}

/// No two rows and no two columns alike.
fn grey(width: u32, height: u32) -> GrayImage {
    GrayImage::from_fn(width, height, |x, y| Luma([(7 * x + 11 * y + x * y) as u8]))
}

fn colour(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        Rgb([(8 * x) as u8, (8 * y) as u8, (x * y) as u8])
    })
}

#[test]
fn a_picture_of_the_models_size_comes_through_bit_by_bit() {
    let image = grey(28, 28);
    assert_eq!(
        png(image.clone()).to_pixels(GREY, Fit::Pad),
        image.into_raw()
    );
    let image = colour(32, 32);
    let pixels = png(image.clone()).to_pixels(COLOUR, Fit::Pad);
    for (channel, plane) in pixels.chunks_exact(32 * 32).enumerate() {
        let expected = image.pixels().map(|pixel| pixel.0[channel]);
        assert!(plane.iter().copied().eq(expected), "channel {channel}");
    }
}

#[test]
fn every_format_is_known_by_its_content() {
    for (format, name) in [
        (ImageFormat::Png, "PNG"),
        (ImageFormat::Bmp, "BMP"),
        (ImageFormat::WebP, "WebP"),
        (ImageFormat::Gif, "GIF"),
        (ImageFormat::Jpeg, "JPEG"),
    ] {
        let red = RgbImage::from_pixel(40, 30, Rgb([250, 10, 10]));
        let picture = Picture::from_bytes(&encoded(red, format)).unwrap();
        assert_eq!((picture.format(), picture.size()), (name, (40, 30)));
        let pixels = picture.to_pixels(COLOUR, Fit::Pad);
        for (value, expected) in [(pixels[500], 250), (pixels[1500], 10)] {
            assert!(value.abs_diff(expected) < 9, "{name}: {value}");
        }
    }
}

#[test]
fn colours_become_grey_by_their_luma_and_grey_becomes_three_equal_channels() {
    let green = RgbImage::from_pixel(28, 28, Rgb([0, 255, 0]));
    assert_eq!(png(green).to_pixels(GREY, Fit::Pad)[0], 182);
    let pixels = png(grey(32, 32)).to_pixels(COLOUR, Fit::Pad);
    let planes: Vec<_> = pixels.chunks_exact(32 * 32).collect();
    assert_eq!(planes[0], grey(32, 32).as_raw().as_slice());
    assert!(planes[0] == planes[1] && planes[1] == planes[2]);
}

#[test]
fn a_picture_keeps_its_proportions_on_a_ground_of_its_borders_colour() {
    // A black square on light grey, twice as wide as high.
    let wide = GrayImage::from_fn(112, 56, |x, y| {
        let inside = (40..68).contains(&x) && (12..40).contains(&y);
        Luma([if inside { 0 } else { 200 }])
    });
    let pixels = png(wide).to_pixels(GREY, Fit::Pad);
    assert!(pixels[..7 * 28].iter().all(|&value| value == 200));
    assert!(pixels[21 * 28..].iter().all(|&value| value == 200));
    let row = |y: usize| pixels[y * 28..][..28].iter().filter(|&&v| v < 100).count();
    let column = |x: usize| (0..28).filter(|y| pixels[y * 28 + x] < 100).count();
    assert_eq!((row(14), column(14)), (7, 7), "{pixels:?}");
    assert_eq!(png(grey(5000, 1)).to_pixels(GREY, Fit::Pad).len(), 28 * 28);
    assert_eq!(
        png(grey(1, 1)).to_pixels(COLOUR, Fit::Pad),
        [0; 3 * 32 * 32]
    );
}

#[test]
fn what_is_transparent_becomes_white_or_black_behind_what_is_light() {
    let on_nothing = |value: u8| {
        let image = RgbaImage::from_fn(28, 28, |x, _| match x {
            0..14 => Rgba([value, value, value, 255]),
            _ => Rgba([77, 77, 77, 0]),
        });
        png(image).to_pixels(GREY, Fit::Pad)
    };
    assert_eq!(on_nothing(40)[10..18], [40, 40, 40, 40, 255, 255, 255, 255]);
    assert_eq!(on_nothing(250)[10..18], [250, 250, 250, 250, 0, 0, 0, 0]);
    let half = RgbaImage::from_pixel(28, 28, Rgba([100, 100, 100, 51]));
    // 100 · 51/255 + 255 · 204/255
    assert_eq!(png(half).to_pixels(GREY, Fit::Pad)[0], 224);
}

#[test]
fn dark_on_light_is_told_from_light_on_dark_though_something_touches_the_border() {
    let drawn = |ground: u8, thing: u8| {
        png(GrayImage::from_fn(60, 40, |x, _| {
            Luma([if (20..40).contains(&x) { thing } else { ground }])
        }))
    };
    assert!(drawn(240, 10).has_light_border());
    assert!(!drawn(10, 240).has_light_border());
    let inverted = drawn(240, 10).inverted();
    assert!(!inverted.has_light_border());
    assert_eq!(inverted, drawn(15, 245));
}

#[test]
fn a_photograph_is_turned_as_its_camera_says() {
    let mut jpeg = encoded(
        RgbImage::from_fn(64, 32, |x, _| Rgb([if x < 32 { 255 } else { 0 }; 3])),
        ImageFormat::Jpeg,
    );
    // An EXIF segment with the orientation 6: to be turned a quarter clockwise.
    let exif = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
    let length = (exif.len() as u16 + 2).to_be_bytes();
    let segment = [&[0xff, 0xe1][..], &length, exif].concat();
    jpeg.splice(2..2, segment);
    let picture = Picture::from_bytes(&jpeg).unwrap();
    assert_eq!(picture.size(), (32, 64));
    let pixels = picture.to_pixels(ImageShape::new(1, 64, 32), Fit::Pad);
    assert!(pixels[0] > 250 && pixels[63 * 32] < 5);
}

#[test]
fn a_picture_that_breaks_off_is_refused_wherever_it_does() {
    for format in [
        ImageFormat::Png,
        ImageFormat::Bmp,
        ImageFormat::WebP,
        ImageFormat::Gif,
        ImageFormat::Jpeg,
    ] {
        let whole = encoded(colour(90, 60), format);
        // The last bytes of a GIF or WebP may hold nothing of the picture.
        for length in [20, 200, whole.len() / 2, whole.len() - 20] {
            let result = Picture::from_bytes(&whole[..length]);
            let error = result.expect_err(&format!("{format:?} of {length} bytes"));
            assert!(
                matches!(error, PictureProblem::CutOff | PictureProblem::Damaged(_)),
                "{format:?}: {error}"
            );
        }
    }
}

#[test]
fn a_header_that_promises_billions_of_pixels_is_refused_before_any_is_made_room_for() {
    let mut png = encoded(grey(9, 9), ImageFormat::Png);
    png[16..24].copy_from_slice(&[0, 1, 0x86, 0xa0, 0, 1, 0x86, 0xa0]);
    let checksum = {
        let mut checksum = flate2::Crc::new();
        checksum.update(&png[12..29]);
        checksum.sum()
    };
    png[29..33].copy_from_slice(&checksum.to_be_bytes());
    let error = Picture::from_bytes(&png).unwrap_err().to_string();
    let expected = "has 100,000 × 100,000 pixels, which is more than 100,000,000 in all: make \
                    it smaller";
    assert_eq!(error, expected);

    let mut gif = encoded(colour(9, 9), ImageFormat::Gif);
    gif[6..10].fill(0xff);
    let mut bmp = encoded(grey(9, 9), ImageFormat::Bmp);
    bmp[18..26].copy_from_slice(&[0x60, 0xea, 0, 0, 0x60, 0xea, 0, 0]);
    let mut jpeg = encoded(grey(9, 9), ImageFormat::Jpeg);
    let frame = jpeg
        .windows(2)
        .position(|pair| pair == [0xff, 0xc0])
        .unwrap();
    jpeg[frame + 5..frame + 9].fill(0xff);
    for bomb in [gif, bmp, jpeg] {
        let error = Picture::from_bytes(&bomb).unwrap_err().to_string();
        assert!(error.contains("make it smaller"), "{error}");
    }
}

#[test]
fn what_is_no_picture_is_told_by_a_sentence_with_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    for (path, expected) in [
        (
            file("text.png", b"not a picture, but words"),
            "is no picture",
        ),
        (
            file("photo.tif", b"II*\0\x08\0\0\0\0\0\0\0\0\0\0\0"),
            "is a TIFF picture",
        ),
        (file("empty.png", b""), "is empty"),
        (folder.path().to_owned(), "is a folder"),
        (folder.path().join("none.png"), "there is no such file"),
    ] {
        let error = Picture::read(&path).unwrap_err().to_string();
        let name = path.display().to_string();
        assert!(
            error.starts_with(&name) && error.contains(expected),
            "{error}"
        );
        assert_eq!(error.lines().count(), 1);
    }
}

#[test]
fn a_stream_without_an_end_is_read_no_further_than_a_picture_may_be() {
    let error = Picture::from_reader(io::repeat(0)).unwrap_err();
    assert!(matches!(error, PictureProblem::TooManyBytes), "{error}");
}
