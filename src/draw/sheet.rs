//! Sheets of small images: what a model saw, the weights it learned, its feature maps of an image.

use super::error::DrawError;
use super::pixels::Pixels;
use super::png;
use super::scale::ColourScale;
use super::svg::{Anchor, Paint, Svg, Text};
use burn_zoo_models::ImageShape;

/// A small image with text below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tile {
    /// The image.
    pub pixels: Pixels,
    /// Short lines of text.
    pub labels: Vec<String>,
}

/// Small images of one size in rows, below a title and a caption.
#[derive(Debug, Clone, Default)]
pub struct Sheet {
    /// One line.
    pub title: String,
    /// A description of the images, line by line.
    pub caption: Vec<String>,
    /// Which colour stands for which value, where colours do.
    pub scale: Option<ColourScale>,
    /// An image to compare the others with, larger and on their left.
    pub beside: Option<Tile>,
    /// The images.
    pub tiles: Vec<Tile>,
    /// The number of images in a row.
    pub columns: usize,
    /// The length of the side that an image is drawn with, at most.
    pub side: u32,
}

/// The text in a sheet's PNG by which it is recognised, with its name.
const MARK: [&str; 2] = ["Software", "burn-zoo"];
/// Where a PNG's header ends and that text stands: its length, its kind, name and text.
const HEADER: usize = 33;

/// From the page's edge to its content.
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
/// The side that the image beside the others is drawn with, at most.
const BESIDE: u32 = 168;

impl Tile {
    /// A tile of an image as a data set has it: channels first, either grey or red, green and blue.
    pub fn of_image(shape: ImageShape, values: &[u8], labels: Vec<String>) -> Self {
        Self {
            pixels: Pixels::of_image(shape, values),
            labels,
        }
    }
}

impl Sheet {
    /// The sheet as a PNG file.
    ///
    /// # Errors
    /// [`DrawError::Empty`] without images; [`DrawError::Rendering`], which would be a defect of this program.
    pub fn png(&self) -> Result<Vec<u8>, DrawError> {
        png::encode(&png::render(&self.svg()?)?, Some(MARK))
    }

    fn svg(&self) -> Result<String, DrawError> {
        if self.tiles.is_empty() {
            return Err(DrawError::Empty("images"));
        }
        let layout = Layout::new(self);
        let mut svg = Svg::default();
        let width = f64::from(layout.width);
        let (room, centre) = (width - f64::from(MARGIN), width / 2.0);
        svg.fitted(Text::new(&self.title, 20.0, [centre, 30.0]), room);
        let mut y = f64::from(TITLE) + 8.0;
        for line in &self.caption {
            svg.fitted(Text::new(line, 14.0, [centre, y]), room);
            y += f64::from(LINE);
        }
        if let Some(scale) = self.scale {
            draw_scale(&mut svg, scale, [centre, y + 4.0])?;
        }
        if let Some(tile) = &self.beside {
            layout.draw(&mut svg, tile, BESIDE, [layout.lefts[0], layout.top])?;
        }
        for (tile, index) in self.tiles.iter().zip(0..) {
            let left = layout.lefts[1] + index % layout.columns * layout.step[0];
            let top = layout.top + index / layout.columns * layout.step[1];
            layout.draw(&mut svg, tile, self.side, [left, top])?;
        }
        Ok(svg.document([layout.width, layout.height]))
    }
}

/// Whether a file that begins with these bytes is the PNG of a sheet.
pub fn is_sheet(start: &[u8]) -> bool {
    let [name, text] = MARK;
    let text = [b"tEXt", name.as_bytes(), b"\0", text.as_bytes()].concat();
    start.starts_with(b"\x89PNG\r\n\x1a\n")
        && start
            .get(HEADER + 4..)
            .is_some_and(|rest| rest.starts_with(&text))
}

/// The size that an image is drawn with. One that is larger than `side` is drawn smaller, and one that is
/// smaller by a whole number of times larger, so that all its pixels are alike.
fn drawn_size(pixels: &Pixels, side: u32) -> [u32; 2] {
    let size = [pixels.width as u32, pixels.height as u32];
    let longer = pixels.side().max(1);
    match side / longer {
        0 => size.map(|length| (length * side / longer).max(1)),
        times => size.map(|length| length * times),
    }
}

#[derive(Debug, Clone, Copy)]
struct Layout {
    width: u32,
    height: u32,
    /// From one image to the next.
    step: [u32; 2],
    columns: u32,
    /// Where the image beside the others and the first of them begin.
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
        let tile = drawn_size(&sheet.tiles[0].pixels, sheet.side);
        // Labels may be wider than their image.
        let gap = if labels > 0 { [20, 12] } else { [7, 7] };
        let below = if labels > 0 { 5 + labels * LABEL } else { 0 };
        let step = [tile[0] + gap[0], tile[1] + below + gap[1]];
        let grid = [columns * step[0] - gap[0], rows * step[1] - gap[1]];

        let beside = sheet.beside.as_ref();
        let label_beside = beside.map_or(0, |tile| 5 + tile.labels.len() as u32 * LABEL);
        let beside = beside.map_or([0, 0], |tile| drawn_size(&tile.pixels, BESIDE));
        let between = if beside[0] > 0 { 28 } else { 0 };
        let content = beside[0] + between + grid[0];
        let width = (content + 2 * MARGIN).max(NARROWEST);
        let left = (width - content) / 2;
        let lines = sheet.caption.len() as u32 * LINE;
        let bar = if sheet.scale.is_some() { BAR } else { 0 };
        let top = TITLE + lines + bar + 14;
        Self {
            width,
            height: top + grid[1].max(beside[1] + label_beside) + MARGIN,
            step,
            columns,
            lefts: [left, left + beside[0] + between],
            top,
        }
    }

    /// Draws an image with its edge and its labels.
    fn draw(self, svg: &mut Svg, tile: &Tile, side: u32, place: [u32; 2]) -> Result<(), DrawError> {
        let [left, top] = place.map(f64::from);
        let [width, height] = drawn_size(&tile.pixels, side).map(f64::from);
        let edge = [width + 2.0, height + 2.0];
        svg.rectangle([left - 1.0, top - 1.0], edge, 0.0, Paint::Class("edge"));
        let pixels = tile.pixels.clone().at_most(side);
        svg.image([left, top], [width, height], &pixels)?;
        let room = width.max(f64::from(self.step[0]) - 4.0);
        for (line, index) in tile.labels.iter().zip(0..) {
            let y = top + height + 14.0 + f64::from(index * LABEL);
            svg.fitted(Text::new(line, 13.0, [left + width / 2.0, y]), room);
        }
        Ok(())
    }
}

/// Draws a bar with a scale's colours, its ends' values beside it.
fn draw_scale(svg: &mut Svg, scale: ColourScale, [centre, y]: [f64; 2]) -> Result<(), DrawError> {
    let size = [240.0, 14.0];
    let left = (centre - size[0] / 2.0).round();
    let colours = scale.steps(size[0] as usize);
    let pixels = Pixels {
        width: colours.len(),
        height: 1,
        colours,
    };
    svg.image([left, y - 7.0], size, &pixels)?;
    svg.frame([left, y - 7.0], size);
    let [low, high] = scale.ends().map(figure);
    svg.text(Text::new(&low, 13.0, [left - 8.0, y]).anchor(Anchor::End));
    svg.text(Text::new(&high, 13.0, [left + size[0] + 8.0, y]).anchor(Anchor::Start));
    Ok(())
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
            pixels: Pixels {
                width: 2,
                height: 3,
                colours: vec![[0; 3], colour, colour, colour, colour, [255; 3]],
            },
            labels: vec!["Sneaker 99 %".into()],
        }
    }

    /// Width, height and RGB pixels of a PNG.
    fn decoded(png: &[u8]) -> (u32, u32, image::RgbImage) {
        let image = image::load_from_memory(png).unwrap().into_rgb8();
        (image.width(), image.height(), image)
    }

    #[test]
    fn every_image_is_on_the_sheet_in_its_own_colours() {
        let colours = [[200, 10, 20], [10, 200, 30], [40, 50, 210]];
        let sheet = Sheet {
            title: "three".into(),
            caption: vec!["a line".into()],
            tiles: colours.map(tile).into(),
            columns: 2,
            side: 60,
            ..Sheet::default()
        };
        let (_, _, image) = decoded(&sheet.png().unwrap());
        for colour in colours {
            let count = image.pixels().filter(|pixel| pixel.0 == colour).count();
            // Four pixels of 20 × 20 each.
            assert_eq!(count, 4 * 400, "{colour:?}");
        }
    }

    #[test]
    fn a_sheet_is_as_large_as_its_images_and_the_text_around_them() {
        let of = |count, columns, labels: bool| {
            let mut tile = tile([9; 3]);
            if !labels {
                tile.labels.clear();
            }
            let sheet = Sheet {
                tiles: vec![tile; count],
                columns,
                side: 60,
                ..Sheet::default()
            };
            let (width, height, _) = decoded(&sheet.png().unwrap());
            (width, height)
        };
        let (width, height) = of(40, 20, false);
        assert_eq!(width, 20 * 47 - 7 + 2 * MARGIN);
        assert_eq!(of(60, 20, false), (width, height + 67));
        assert_eq!(of(1, 20, false).0, NARROWEST);
        assert!(of(40, 20, true).1 > height);
        assert!(Sheet::default().png().is_err());
    }

    #[test]
    fn a_sheet_is_recognised_by_its_first_bytes_and_no_other_file_is() {
        let sheet = Sheet {
            tiles: vec![tile([1, 2, 3])],
            columns: 1,
            side: 30,
            ..Sheet::default()
        };
        let png = sheet.png().unwrap();
        assert!(is_sheet(&png) && is_sheet(&png[..HEADER + 8 + 17]));
        let other = png::encode(&sheet.tiles[0].pixels, None).unwrap();
        for foreign in [&other[..], b"", b"a thesis", &png[..HEADER + 20]] {
            assert!(!is_sheet(foreign));
        }
    }

    #[test]
    fn figures_have_three_digits() {
        let figures = [0.0, 0.0001234, 0.31, -0.31, 1.234, 12.34, 123.4].map(figure);
        let expected = ["0", "1.2e−4", "0.310", "−0.310", "1.23", "12.3", "123"];
        assert_eq!(figures, expected);
    }
}
