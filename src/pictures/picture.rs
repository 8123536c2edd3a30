//! Pictures as people have them, made into images as a model takes them.
//!
//! PNG, JPEG, GIF, BMP and WebP, told apart by their content; of an animation, the first frame.

mod fit;
mod resize;

pub use burn_zoo_models::Fit;
pub(crate) use resize::{Area, resized};

use crate::numbers::thousands;
use crate::run::io_reason;
use burn_zoo_models::ImageShape;
use image::imageops;
use image::metadata::Orientation;
use image::{
    DynamicImage, GrayImage, ImageBuffer, ImageDecoder, ImageError, ImageFormat, ImageReader,
    Limits, Pixel, Rgb, RgbImage,
};
use std::error::Error;
use std::fs::File;
use std::io::{self, BufRead, Cursor, ErrorKind, Read};
use std::path::Path;

/// The most bytes that are read of a file.
const MOST_BYTES: u64 = 256 << 20;
/// The bytes at the beginning of a file that tell its format.
const BEGINNING: u64 = 64;
/// The most pixels of a picture; a header may promise any number.
const MOST_PIXELS: u64 = 100_000_000;
/// The most bytes that a decoder may use: eight a pixel, as four channels of 16 bits have.
const MOST_MEMORY: u64 = 8 * MOST_PIXELS;
/// Of 255, a mean luma that is hard to see on white.
const LIGHT: u64 = 191;

/// Why there is no picture. The message is one sentence.
#[derive(Debug, thiserror::Error)]
#[error("{file} {problem}")]
pub struct PictureError {
    /// The file.
    pub file: String,
    /// What is wrong with it.
    pub problem: PictureProblem,
}

/// What is wrong with a picture; reads on from the file's name.
#[derive(Debug, thiserror::Error)]
pub enum PictureProblem {
    /// The system does not give the file's bytes.
    #[error("cannot be read: {}", io_reason(.0))]
    Read(#[from] io::Error),
    /// A folder.
    #[error("is a folder, where a picture is wanted: name a file in it")]
    Folder,
    /// No bytes.
    #[error("is empty: it has no bytes")]
    Empty,
    /// Another kind of file.
    #[error("is no picture that can be read: give PNG, JPEG, GIF, BMP or WebP")]
    NotAPicture,
    /// A picture whose bytes make no sense.
    #[error("is damaged ({0}): copy or save it anew")]
    Damaged(String),
    /// A picture that breaks off.
    #[error("ends too early: copy or save it anew")]
    CutOff,
    /// More bytes than are read.
    #[error("is larger than {} MiB: make it smaller", MOST_BYTES >> 20)]
    TooManyBytes,
    /// More pixels than are read.
    #[error(
        "has {} × {} pixels, which is more than {} in all: make it smaller",
        thousands(.0), thousands(.1), thousands(MOST_PIXELS)
    )]
    TooManyPixels(u32, u32),
    /// A picture, or what comes with it, that takes more memory than is given.
    #[error("takes more than {} MB to read: make it smaller", thousands(MOST_MEMORY / 1_000_000))]
    TooMuchMemory,
}

/// A picture in memory, upright and without transparency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    pixels: RgbImage,
    format: &'static str,
}

impl Picture {
    /// Reads a picture from a file.
    ///
    /// # Errors
    /// [`PictureError`], which names the file.
    pub fn read(path: &Path) -> Result<Self, PictureError> {
        let picture = match path.is_dir() {
            true => Err(PictureProblem::Folder),
            false => File::open(path)
                .map_err(PictureProblem::Read)
                .and_then(Self::from_reader),
        };
        picture.map_err(|problem| PictureError {
            file: path.display().to_string(),
            problem,
        })
    }

    /// Looks whether a file is there and begins as a picture does, without reading on.
    ///
    /// # Errors
    /// [`PictureError`], which names the file.
    pub fn check(path: &Path) -> Result<(), PictureError> {
        let begins = || {
            let mut file = File::open(path)?;
            let found = file.metadata()?;
            if found.is_dir() {
                return Err(PictureProblem::Folder);
            }
            if found.len() > MOST_BYTES {
                return Err(PictureProblem::TooManyBytes);
            }
            let mut beginning = Vec::new();
            file.by_ref().take(BEGINNING).read_to_end(&mut beginning)?;
            format_of(&beginning).map(|_| ())
        };
        begins().map_err(|problem| PictureError {
            file: path.display().to_string(),
            problem,
        })
    }

    /// Reads a picture to the end of a stream, such as standard input.
    ///
    /// # Errors
    /// [`PictureProblem`].
    pub fn from_reader(reader: impl Read) -> Result<Self, PictureProblem> {
        let mut bytes = Vec::new();
        let read = reader.take(MOST_BYTES + 1).read_to_end(&mut bytes)?;
        match read as u64 > MOST_BYTES {
            true => Err(PictureProblem::TooManyBytes),
            false => Self::from_bytes(&bytes),
        }
    }

    /// Reads a picture from a file's bytes.
    ///
    /// # Errors
    /// [`PictureProblem`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, PictureProblem> {
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
        Ok(Self {
            pixels: without_transparency(image),
            format: name,
        })
    }

    /// Width and height in pixels.
    pub fn size(&self) -> (u32, u32) {
        self.pixels.dimensions()
    }

    /// The file's format: PNG, JPEG, GIF, BMP or WebP.
    pub fn format(&self) -> &'static str {
        self.format
    }

    /// The picture as a data set has its images: channels-first bytes `[C, H, W]`, 0 black to 255
    /// white; grey by its luma for one channel, else red, green and blue.
    ///
    /// It keeps its proportions, by which things are told apart. [Padded](Fit::Pad), a picture of the
    /// wanted size comes through as it is.
    ///
    /// # Panics
    /// Where the shape's channels are neither 1 nor 3.
    pub fn to_pixels(&self, shape: ImageShape, fit: Fit) -> Vec<u8> {
        match (fit, shape.channels) {
            (Fit::Pad, 1) => fit::padded(&self.grey(), self.border().to_luma(), shape),
            (Fit::Pad, 3) => fit::padded(&self.pixels, self.border(), shape),
            (Fit::Crop, 1) => fit::middle::<1>(&self.grey(), self.sides(), shape),
            (Fit::Crop, 3) => fit::middle::<3>(&self.pixels, self.sides(), shape),
            (_, channels) => panic!("an image has 1 or 3 channels, not {channels}"),
        }
    }

    /// A part of the picture, resized to an image of a shape whatever its proportions.
    ///
    /// # Panics
    /// As [`to_pixels`](Self::to_pixels), and where the part sticks out.
    pub(crate) fn part(&self, part: Area, shape: ImageShape) -> Vec<u8> {
        let [width, _] = self.sides();
        let to = [shape.width, shape.height];
        match shape.channels {
            1 => resized::<1>(&self.grey(), width, part, to, Area::whole(to)),
            3 => resized::<3>(&self.pixels, width, part, to, Area::whole(to)),
            channels => panic!("an image has 1 or 3 channels, not {channels}"),
        }
    }

    fn grey(&self) -> GrayImage {
        imageops::grayscale(&self.pixels)
    }

    /// Width and height in pixels.
    pub(crate) fn sides(&self) -> [usize; 2] {
        [self.pixels.width() as usize, self.pixels.height() as usize]
    }

    /// The bytes that it takes.
    pub(crate) fn num_bytes(&self) -> usize {
        self.pixels.len()
    }

    /// Whether its border is light: such a picture shows dark things on a light ground, as paper and
    /// photographs of goods do, and unlike Fashion-MNIST.
    pub fn has_light_border(&self) -> bool {
        self.border().to_luma().0[0] > 127
    }

    /// Its negative.
    pub fn inverted(mut self) -> Self {
        imageops::invert(&mut self.pixels);
        self
    }

    /// The border's colour: of each channel the value in the middle, which a thing that touches the
    /// border here and there does not change.
    fn border(&self) -> Rgb<u8> {
        let (right, bottom) = (self.pixels.width() - 1, self.pixels.height() - 1);
        let pixels = self.pixels.enumerate_pixels();
        let border = pixels.filter(|(x, y, _)| [0, right].contains(x) || [0, bottom].contains(y));
        let border: Vec<_> = border.map(|(_, _, pixel)| pixel.0).collect();
        Rgb([0, 1, 2].map(|channel| {
            let mut values: Vec<u8> = border.iter().map(|pixel| pixel[channel]).collect();
            let middle = (values.len() - 1) / 2;
            *values.select_nth_unstable(middle).1
        }))
    }
}

/// Whether a file's name ends as one of a picture does, in a format that is read or not.
pub fn is_named_as_a_picture(path: &Path) -> bool {
    path.extension()
        .is_some_and(|suffix| ImageFormat::from_extension(suffix).is_some())
}

/// The format of a file by its first bytes, and the format's name.
fn format_of(bytes: &[u8]) -> Result<(ImageFormat, &'static str), PictureProblem> {
    if bytes.is_empty() {
        return Err(PictureProblem::Empty);
    }
    let format = image::guess_format(bytes).map_err(|_| PictureProblem::NotAPicture)?;
    let name = name_of(format).ok_or(PictureProblem::NotAPicture)?;
    Ok((format, name))
}

fn name_of(format: ImageFormat) -> Option<&'static str> {
    match format {
        ImageFormat::Png => Some("PNG"),
        ImageFormat::Jpeg => Some("JPEG"),
        ImageFormat::Gif => Some("GIF"),
        ImageFormat::Bmp => Some("BMP"),
        ImageFormat::WebP => Some("WebP"),
        _ => None,
    }
}

/// What a decoder says.
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

/// Whether a JPEG goes on to its end marker. Its decoder makes do with less, and what is missing is grey.
fn jpeg_has_an_end(bytes: &[u8]) -> bool {
    const END: u8 = 0xd9;
    let mut rest = bytes.get(2..).unwrap_or_default();
    // The system's own search, as there are many bytes between the markers.
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

/// The picture on a ground: white, as goods are shown, or black where what is to be seen is so light
/// that it would be lost on white.
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
    let ground = if light > seen * LIGHT { 0 } else { 255 };
    let laid = |value: u8, opacity: u8| {
        let [value, opacity] = [value, opacity].map(u32::from);
        ((value * opacity + ground * (255 - opacity) + 127) / 255) as u8
    };
    ImageBuffer::from_fn(image.width(), image.height(), |x, y| {
        let [red, green, blue, opacity] = image.get_pixel(x, y).0;
        Rgb([red, green, blue].map(|value| laid(value, opacity)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{Luma, Rgba, RgbaImage};

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
        let jpeg = encoded(colour(90, 60), ImageFormat::Jpeg);
        let cut = Picture::from_bytes(&jpeg[..jpeg.len() - 1]);
        assert!(matches!(cut, Err(PictureProblem::CutOff)));
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
                "is no picture",
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

    #[test]
    fn names_of_pictures_are_those_of_any_format() {
        for (name, expected) in [
            ("a.png", true),
            ("a.JPG", true),
            ("a.jpeg", true),
            ("a.tif", true),
            ("a.txt", false),
            ("png", false),
            (".DS_Store", false),
        ] {
            assert_eq!(is_named_as_a_picture(Path::new(name)), expected, "{name}");
        }
    }
}
