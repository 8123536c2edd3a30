//! Sheets of small images: what a model saw, what it learned, what it made of an image.

use super::{
    Canvas, Draw, GREY, GRID, INK, LEFT, MIDDLE, PNG_MAGIC, Place, PlotError, RIGHT, averaged_page,
    chunk, fitted, png,
};
use burn_zoo_models::ImageShape;
use plotters::prelude::*;
use std::fs::File;
use std::io::{self, ErrorKind, Read as _};
use std::path::{Path, PathBuf};

/// A small image with what stands below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tile {
    /// Columns of pixels.
    pub width: usize,
    /// Rows of pixels.
    pub height: usize,
    /// Red, green and blue, row by row.
    pub colours: Vec<[u8; 3]>,
    /// Short lines of text.
    pub labels: Vec<String>,
}

/// Which colour stands for which value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Scale {
    /// Blue below 0, white at 0, red above; with the largest size of a value.
    Diverging(f32),
    /// From 0, dark, to the largest value, yellow.
    Sequential(f32),
}

/// Small images of one size in rows, below a title and a caption.
#[derive(Debug, Clone, Default)]
pub struct Sheet {
    /// One line.
    pub title: String,
    /// What one sees, line by line.
    pub caption: Vec<String>,
    /// Which colour stands for which value, where colours do.
    pub scale: Option<Scale>,
    /// An image to compare the others with, larger and on their left.
    pub beside: Option<Tile>,
    /// The images.
    pub tiles: Vec<Tile>,
    /// Images in a row.
    pub columns: usize,
    /// The side that an image is about as large as.
    pub side: u32,
}

/// Why a sheet is not written.
#[derive(Debug, thiserror::Error)]
pub enum SheetError {
    /// There is another file of that name.
    #[error("{} is no picture that this program drew, and stays: choose another place", .0.display())]
    Foreign(PathBuf),
    /// The system does not take it.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
}

impl Tile {
    /// Channels-first pixels, grey or red, green and blue, as a data set has them.
    pub fn of_pixels(shape: ImageShape, pixels: &[u8], labels: Vec<String>) -> Self {
        let size = shape.height * shape.width;
        let channel = |channel: usize| channel.min(shape.channels - 1) * size;
        let colours = (0..size).map(|at| [0, 1, 2].map(|c| pixels[channel(c) + at]));
        Self {
            width: shape.width,
            height: shape.height,
            colours: colours.collect(),
            labels,
        }
    }
}

impl Scale {
    /// The colour of a value; grey where it is not a number.
    pub fn colour(self, value: f32) -> [u8; 3] {
        let share = match self {
            Self::Diverging(most) => 0.5 + 0.5 * value / most.max(f32::MIN_POSITIVE),
            Self::Sequential(most) => value / most.max(f32::MIN_POSITIVE),
        };
        if share.is_nan() {
            return [GREY.0, GREY.1, GREY.2];
        }
        let RGBColor(red, green, blue) = match self {
            // The ends of ColorBrewer's RdBu, whose middle is white.
            Self::Diverging(_) => DerivedColorMap::new(&[
                RGBColor(5, 48, 97),
                RGBColor(67, 147, 195),
                RGBColor(255, 255, 255),
                RGBColor(214, 96, 77),
                RGBColor(103, 0, 31),
            ])
            .get_color(share),
            Self::Sequential(_) => ViridisRGB::get_color(share),
        };
        [red, green, blue]
    }

    /// The values at both ends.
    fn ends(self) -> [f32; 2] {
        match self {
            Self::Diverging(most) => [-most, most],
            Self::Sequential(most) => [0.0, most],
        }
    }
}

/// From the page's edge to what stands on it.
const MARGIN: u32 = 32;
/// Room for the title.
const TITLE: u32 = 52;
/// A line of the caption.
const LINE: u32 = 20;
/// The bar of colours with its room.
const BAR: u32 = 30;
/// A line below an image.
const LABEL: u32 = 17;
/// The narrowest page: room for the caption.
const NARROWEST: u32 = 640;
/// The side that the image beside the others is about as large as.
const BESIDE: u32 = 168;

/// Draws a sheet as a PNG.
///
/// # Errors
/// [`PlotError`], where there are no images.
pub fn sheet(sheet: &Sheet) -> Result<Vec<u8>, PlotError> {
    if sheet.tiles.is_empty() {
        return Err(PlotError::Empty("images"));
    }
    let layout = Layout::new(sheet);
    let size = (layout.width, layout.height);
    let mut page = averaged_page(size, &Page { sheet, layout })?;
    for (tile, frame) in layout.frames(sheet) {
        frame.paint(tile, &mut page, layout.width);
    }
    let mut file = png(size, &page)?;
    file.splice(HEADER..HEADER, mark());
    Ok(file)
}

/// Writes a sheet's file, whole or not at all; in place of a sheet that is there already, but of no
/// other file.
///
/// # Errors
/// [`SheetError`].
pub fn write_sheet(path: &Path, png: &[u8]) -> Result<(), SheetError> {
    let failed = |source| SheetError::Write {
        path: path.into(),
        source,
    };
    if !may_be_replaced(path).map_err(failed)? {
        return Err(SheetError::Foreign(path.into()));
    }
    crate::system::files::write_whole(path, png).map_err(|error| failed(error.source))
}

/// Where a PNG's header ends.
const HEADER: usize = 33;

/// What tells a sheet from other PNG files.
fn mark() -> Vec<u8> {
    chunk(b"tEXt", b"Software\0burn-zoo")
}

fn may_be_replaced(path: &Path) -> io::Result<bool> {
    let mark = mark();
    let mut start = Vec::new();
    match File::open(path) {
        Ok(file) => file
            .take((HEADER + mark.len()) as u64)
            .read_to_end(&mut start)?,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(true),
        Err(error) => return Err(error),
    };
    Ok(start.starts_with(&PNG_MAGIC) && start.ends_with(&mark))
}

/// Where an image is painted.
#[derive(Debug, Clone, Copy)]
struct Frame {
    left: u32,
    top: u32,
    width: u32,
    height: u32,
}

impl Frame {
    /// Paints an image, each of its pixels a block, or the nearest of them where it is larger.
    fn paint(self, tile: &Tile, page: &mut [u8], page_width: u32) {
        for y in 0..self.height {
            let row = (y as usize * tile.height / self.height as usize) * tile.width;
            for x in 0..self.width {
                let column = x as usize * tile.width / self.width as usize;
                let at = ((self.top + y) * page_width + self.left + x) as usize * 3;
                page[at..at + 3].copy_from_slice(&tile.colours[row + column]);
            }
        }
    }
}

/// How large an image of these sides is drawn to be about as large as `side`: by a whole number of
/// times where it is smaller, so that all its pixels are alike.
fn drawn(tile: &Tile, side: u32) -> (u32, u32) {
    let (width, height) = (tile.width as u32, tile.height as u32);
    let larger = width.max(height).max(1);
    match side / larger {
        0 => (
            (width * side / larger).max(1),
            (height * side / larger).max(1),
        ),
        times => (width * times, height * times),
    }
}

#[derive(Debug, Clone, Copy)]
struct Layout {
    width: u32,
    height: u32,
    /// Of the image beside the others.
    beside: (u32, u32),
    /// Of the images.
    tile: (u32, u32),
    /// From one image to the next.
    step: (u32, u32),
    columns: u32,
    /// Where the image beside and the first image begin.
    lefts: [u32; 2],
    top: u32,
}

impl Layout {
    fn new(sheet: &Sheet) -> Self {
        let labels = sheet.tiles.iter().map(|tile| tile.labels.len()).max();
        let labels = labels.unwrap_or(0) as u32;
        let count = sheet.tiles.len() as u32;
        let columns = (sheet.columns as u32).clamp(1, count);
        let rows = count.div_ceil(columns);
        let tile = drawn(&sheet.tiles[0], sheet.side);
        // Labels may be wider than their image.
        let gap = if labels > 0 { [20, 12] } else { [7, 7] };
        let below = if labels > 0 { 5 + labels * LABEL } else { 0 };
        let step = (tile.0 + gap[0], tile.1 + below + gap[1]);
        let grid = (columns * step.0 - gap[0], rows * step.1 - gap[1]);

        let beside = sheet.beside.as_ref();
        let label_beside = beside.map_or(0, |tile| 5 + tile.labels.len() as u32 * LABEL);
        let beside = beside.map_or((0, 0), |tile| drawn(tile, BESIDE));
        let between = if beside.0 > 0 { 28 } else { 0 };
        let content = beside.0 + between + grid.0;
        let width = (content + 2 * MARGIN).max(NARROWEST);
        let left = (width - content) / 2;
        let lines = sheet.caption.len() as u32 * LINE;
        let bar = if sheet.scale.is_some() { BAR } else { 0 };
        let top = TITLE + lines + bar + 14;
        Self {
            width,
            height: top + grid.1.max(beside.1 + label_beside) + MARGIN,
            beside,
            tile,
            step,
            columns,
            lefts: [left, left + beside.0 + between],
            top,
        }
    }

    /// Every image with its place.
    fn frames(self, sheet: &Sheet) -> impl Iterator<Item = (&Tile, Frame)> {
        let frame = |left, top, (width, height)| Frame {
            left,
            top,
            width,
            height,
        };
        let beside = sheet.beside.iter();
        let beside = beside.map(move |tile| (tile, frame(self.lefts[0], self.top, self.beside)));
        let tiles = sheet.tiles.iter().zip(0..).map(move |(tile, index)| {
            let left = self.lefts[1] + index % self.columns * self.step.0;
            let top = self.top + index / self.columns * self.step.1;
            (tile, frame(left, top, self.tile))
        });
        beside.chain(tiles)
    }
}

/// All of a sheet but the images' pixels.
struct Page<'a> {
    sheet: &'a Sheet,
    layout: Layout,
}

impl Draw for Page<'_> {
    fn draw<DB: DrawingBackend>(&self, canvas: &Canvas<DB>) -> Result<(), PlotError> {
        let width = f64::from(self.layout.width);
        let (room, centre) = (width - f64::from(MARGIN), width / 2.0);
        canvas.fitted(&self.sheet.title, 20.0, room, (centre, 30.0), MIDDLE)?;
        let mut y = f64::from(TITLE) + 8.0;
        for line in &self.sheet.caption {
            canvas.fitted(line, 14.0, room, (centre, y), MIDDLE)?;
            y += f64::from(LINE);
        }
        if let Some(scale) = self.sheet.scale {
            draw_bar(canvas, scale, (centre, y + 4.0))?;
        }
        for (tile, frame) in self.layout.frames(self.sheet) {
            let [left, top, width, height] =
                [frame.left, frame.top, frame.width, frame.height].map(f64::from);
            let (from, to) = (
                (left - 1.0, top - 1.0),
                (left + width + 1.0, top + height + 1.0),
            );
            canvas.rectangle(from, to, GRID)?;
            let room = width.max(f64::from(self.layout.step.0) - 4.0);
            for (line, index) in tile.labels.iter().zip(0..) {
                let place = (
                    left + width / 2.0,
                    top + height + 14.0 + f64::from(index * LABEL),
                );
                let (text, size) = fitted(line, 13.0, room)?;
                canvas.text(&text, size, place, MIDDLE, INK)?;
            }
        }
        Ok(())
    }
}

/// Draws a bar with a scale's colours, its ends' values beside it.
fn draw_bar<DB: DrawingBackend>(
    canvas: &Canvas<DB>,
    scale: Scale,
    (centre, y): Place,
) -> Result<(), PlotError> {
    let (steps, width) = (120, 240.0);
    let left = centre - width / 2.0;
    let [low, high] = scale.ends();
    for index in 0..steps {
        let share = (index as f32 + 0.5) / steps as f32;
        let [red, green, blue] = scale.colour(low + share * (high - low));
        let x = left + width * f64::from(index) / f64::from(steps);
        let to = (x + width / f64::from(steps), y + 7.0);
        canvas.rectangle((x, y - 7.0), to, RGBColor(red, green, blue))?;
    }
    let (a, b) = ((left, y - 7.0), (left + width, y + 7.0));
    canvas.line(&[a, (b.0, a.1), b, (a.0, b.1), a], 0.7, GREY)?;
    canvas.text(&figure(low), 13.0, (left - 8.0, y), RIGHT, INK)?;
    canvas.text(&figure(high), 13.0, (left + width + 8.0, y), LEFT, INK)
}

/// A number of three digits that count, with a minus as long as a plus.
fn figure(value: f32) -> String {
    let decimals = match value.abs() {
        0.0 => 0,
        size if size < 1e-3 => return format!("{value:.1e}").replace('-', "−"),
        size if size < 1.0 => 3,
        size if size < 10.0 => 2,
        size if size < 100.0 => 1,
        _ => 0,
    };
    format!("{value:.decimals$}").replace('-', "−")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tile(colour: [u8; 3]) -> Tile {
        Tile {
            width: 2,
            height: 3,
            colours: vec![[0; 3], colour, colour, colour, colour, [255; 3]],
            labels: vec!["Sneaker 99 %".into()],
        }
    }

    /// Width, height and RGB pixels of a PNG.
    fn decoded(png: &[u8]) -> (u32, u32, image::RgbImage) {
        let image = image::load_from_memory(png).unwrap().into_rgb8();
        (image.width(), image.height(), image)
    }

    #[test]
    fn an_image_of_one_channel_is_grey_and_of_three_in_colour() {
        let grey = Tile::of_pixels(ImageShape::new(1, 1, 2), &[7, 9], Vec::new());
        assert_eq!(grey.colours, [[7; 3], [9; 3]]);
        let colour = Tile::of_pixels(ImageShape::new(3, 2, 1), &[1, 2, 3, 4, 5, 6], Vec::new());
        assert_eq!(colour.colours, [[1, 3, 5], [2, 4, 6]]);
        assert_eq!((colour.width, colour.height), (1, 2));
    }

    #[test]
    fn every_image_is_on_the_sheet_in_its_own_colours() {
        let colours = [[200, 10, 20], [10, 200, 30], [40, 50, 210]];
        let png = sheet(&Sheet {
            title: "three".into(),
            caption: vec!["a line".into()],
            tiles: colours.map(tile).into(),
            columns: 2,
            side: 60,
            ..Sheet::default()
        })
        .unwrap();
        let (_, _, image) = decoded(&png);
        for colour in colours {
            let count = image.pixels().filter(|pixel| pixel.0 == colour).count();
            // Four pixels of 20 × 20 each.
            assert_eq!(count, 4 * 400, "{colour:?}");
        }
    }

    #[test]
    fn a_sheet_is_as_large_as_its_images_and_what_stands_around_them() {
        let of = |count, columns, labels: bool| {
            let mut tile = tile([9; 3]);
            if !labels {
                tile.labels.clear();
            }
            let sheet_of = Sheet {
                tiles: vec![tile; count],
                columns,
                side: 60,
                ..Sheet::default()
            };
            let (width, height, _) = decoded(&sheet(&sheet_of).unwrap());
            (width, height)
        };
        let (width, height) = of(40, 20, false);
        assert_eq!(width, 20 * 47 - 7 + 2 * MARGIN);
        assert_eq!(of(60, 20, false), (width, height + 67));
        assert_eq!(of(1, 20, false).0, NARROWEST);
        assert!(of(40, 20, true).1 > height);
        assert!(sheet(&Sheet::default()).is_err());
    }

    #[test]
    fn zero_is_white_on_a_diverging_scale_and_signs_are_of_different_colours() {
        let scale = Scale::Diverging(2.0);
        assert_eq!(scale.colour(0.0), [255; 3]);
        let ([red, _, blue], [other_red, _, other_blue]) = (scale.colour(1.0), scale.colour(-1.0));
        assert!(red > blue && other_blue > other_red);
        assert_eq!(scale.colour(2.0), scale.colour(9.0));
        let [dark, light] = [0.0, 3.0].map(|value| Scale::Sequential(3.0).colour(value));
        assert!(dark[1] < 50 && light[1] > 200, "{dark:?} {light:?}");
        for scale in [Scale::Diverging(0.0), Scale::Sequential(0.0)] {
            for value in [0.0, 1.0, f32::NAN, f32::INFINITY, -f32::INFINITY] {
                scale.colour(value);
            }
        }
    }

    #[test]
    fn a_sheet_replaces_a_sheet_and_no_other_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kernels.png");
        let mut content = Sheet {
            tiles: vec![tile([1, 2, 3])],
            columns: 1,
            side: 30,
            ..Sheet::default()
        };
        let first = sheet(&content).unwrap();
        write_sheet(&path, &first).unwrap();
        content.title = "another".into();
        let second = sheet(&content).unwrap();
        write_sheet(&path, &second).unwrap();
        assert!(std::fs::read(&path).unwrap() == second && first != second);

        let own = png((1, 1), &[1, 2, 3]).unwrap();
        for foreign in [&own[..], b"", b"a thesis"] {
            std::fs::write(&path, foreign).unwrap();
            let error = write_sheet(&path, &first).unwrap_err();
            assert!(matches!(error, SheetError::Foreign(_)), "{error}");
            assert_eq!(std::fs::read(&path).unwrap(), foreign);
        }
    }

    #[test]
    fn figures_have_three_digits() {
        let figures = [0.0, 0.0001234, 0.31, -0.31, 1.234, 12.34, 123.4].map(figure);
        let expected = ["0", "1.2e−4", "0.310", "−0.310", "1.23", "12.3", "123"];
        assert_eq!(figures, expected);
    }
}
