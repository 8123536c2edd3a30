//! A picture in memory, and the images that a model takes of it.

use super::decode::decoded;
use super::error::{MOST_BYTES, PictureError, PictureProblem};
use super::fit;
use super::kind::{BEGINNING, format_of};
use super::resize::{Area, resized};
use burn_zoo_models::{Fit, ImageShape};
use image::{GrayImage, Pixel, Rgb, RgbImage, imageops};
use std::fs::File;
use std::io::Read;
use std::path::Path;

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
        Self::read_as(path, |picture| picture)
    }

    /// Reads a picture from a file and makes something of it. Other threads wait with their pictures while those in
    /// memory are large; `make` must read no other picture.
    ///
    /// # Errors
    /// [`PictureError`], which names the file.
    pub fn read_as<T>(path: &Path, make: impl FnOnce(Self) -> T) -> Result<T, PictureError> {
        let made = match path.is_dir() {
            true => Err(PictureProblem::Folder),
            false => File::open(path)
                .map_err(PictureProblem::Read)
                .and_then(bytes_of)
                .and_then(|bytes| Self::made(&bytes, make)),
        };
        made.map_err(|problem| PictureError {
            file: path.display().to_string(),
            problem,
        })
    }

    /// Checks that a file exists and begins like a picture, without reading the rest.
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

    /// Reads a picture from a stream, such as standard input, up to its end.
    ///
    /// # Errors
    /// [`PictureProblem`]; the caller knows the picture's name.
    pub fn from_reader(reader: impl Read) -> Result<Self, PictureProblem> {
        Self::from_bytes(&bytes_of(reader)?)
    }

    /// Reads a picture from a file's bytes.
    ///
    /// # Errors
    /// As [`from_reader`](Self::from_reader).
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, PictureProblem> {
        Self::made(bytes, |picture| picture)
    }

    fn made<T>(bytes: &[u8], make: impl FnOnce(Self) -> T) -> Result<T, PictureProblem> {
        let (pixels, format, _room) = decoded(bytes)?;
        Ok(make(Self { pixels, format }))
    }

    /// Width and height in pixels.
    pub fn size(&self) -> (u32, u32) {
        self.pixels.dimensions()
    }

    /// The file's format: PNG, JPEG, GIF, BMP or WebP.
    pub fn format(&self) -> &'static str {
        self.format
    }

    /// The picture as an image of a data set: channels-first bytes `[C, H, W]`, from 0 for black to 255 for
    /// white. One channel is grey (luma), three are red, green and blue.
    ///
    /// The picture is not stretched: it keeps its proportions. With [`Fit::Pad`], a picture that has the wanted
    /// size already stays as it is, byte by byte.
    ///
    /// # Panics
    /// If the shape has neither 1 nor 3 channels.
    pub fn to_pixels(&self, shape: ImageShape, fit: Fit) -> Vec<u8> {
        match (fit, shape.channels) {
            (Fit::Pad, 1) => fit::padded(&self.grey(), self.border().to_luma(), shape),
            (Fit::Pad, 3) => fit::padded(&self.pixels, self.border(), shape),
            (Fit::Crop, 1) => fit::middle::<1>(&self.grey(), self.sides(), shape),
            (Fit::Crop, 3) => fit::middle::<3>(&self.pixels, self.sides(), shape),
            (_, channels) => panic!("an image has 1 or 3 channels, not {channels}"),
        }
    }

    /// A part of the picture, resized to an image of this shape, which may change its proportions.
    ///
    /// # Panics
    /// As [`to_pixels`](Self::to_pixels), and if the part is not inside the picture.
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

    /// The bytes of memory that its pixels take.
    pub(crate) fn num_bytes(&self) -> usize {
        self.pixels.len()
    }

    /// Whether its border is light: then it shows dark things on a light background, as scanned paper and
    /// photographs of goods do, and unlike Fashion-MNIST.
    pub fn has_light_border(&self) -> bool {
        self.border().to_luma().0[0] > 127
    }

    /// The picture's negative.
    pub fn inverted(mut self) -> Self {
        imageops::invert(&mut self.pixels);
        self
    }

    /// The colour of the border: the median of each channel, which does not change if things in the picture
    /// touch the border in places.
    pub(super) fn border(&self) -> Rgb<u8> {
        let (right, bottom) = (self.pixels.width() - 1, self.pixels.height() - 1);
        let ends = |last: u32| if last == 0 { vec![0] } else { vec![0, last] };
        let (columns, rows) = (ends(right), ends(bottom));
        let across = rows.iter().flat_map(|&y| (0..=right).map(move |x| (x, y)));
        let down = columns
            .iter()
            .flat_map(|&x| (1..bottom).map(move |y| (x, y)));
        let border = across.chain(down);
        let border: Vec<_> = border.map(|(x, y)| self.pixels.get_pixel(x, y).0).collect();
        Rgb([0, 1, 2].map(|channel| {
            let mut values: Vec<u8> = border.iter().map(|pixel| pixel[channel]).collect();
            let middle = (values.len() - 1) / 2;
            *values.select_nth_unstable(middle).1
        }))
    }
}

/// The bytes of a stream, of which there may not be more than of a picture.
fn bytes_of(reader: impl Read) -> Result<Vec<u8>, PictureProblem> {
    let mut bytes = Vec::new();
    let read = reader.take(MOST_BYTES + 1).read_to_end(&mut bytes)?;
    match read as u64 > MOST_BYTES {
        true => Err(PictureProblem::TooManyBytes),
        false => Ok(bytes),
    }
}
