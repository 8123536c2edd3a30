//! Drawings: data becomes plain numbers (where an axis, a line or a cell stands), the numbers become SVG,
//! and a PNG is that SVG rendered.
//!
//! * `axis`, `style`, `scale` and `font` say where ticks stand, how series look, which colour a value has and
//!   how wide text is;
//! * `svg` writes elements, `png` renders them and encodes pixels;
//! * `lines` and `bars` are the charts of reports; `curves` puts two line charts into the picture of a run;
//!   `confusion` draws a confusion matrix and `sheet` small images in rows.
//!
//! Everything stays in memory: the caller decides where a picture is written. The font is built in and no
//! other is used, so a PNG is the same wherever it is made.

mod axis;
mod bars;
mod confusion;
mod curves;
mod font;
mod lines;
mod pixels;
mod png;
mod scale;
mod sheet;
mod style;
mod svg;

pub(crate) use bars::{BarChart, BarValue};
pub use confusion::confusion_matrix;
pub use curves::{Curve, CurvePoint, curves};
pub(crate) use lines::{Along, LineChart, Point, Series};
pub use pixels::Pixels;
pub use scale::ColourScale;
pub(crate) use sheet::is_sheet;
pub use sheet::{Sheet, Tile};
pub(crate) use style::{LegendEntry, Style};

/// The style sheet that a page needs for [`LineChart::svg`], [`BarChart::svg`] and [`Style::swatch`].
///
/// It holds everything but the colours. The page gives `color` to the classes `c0` to `c6`, `fill` to `ink`
/// and `soft`, and `stroke` to `grid`, `axis` and `whisker`.
pub(crate) const CHART_CSS: &str = include_str!("charts.css");

/// One picture in both formats, ready to be written to files.
#[derive(Debug, Clone)]
pub struct Picture {
    /// The text of an SVG file.
    pub svg: String,
    /// The bytes of a PNG file.
    pub png: Vec<u8>,
}

/// Why there is no picture. Each message is one sentence.
#[derive(Debug, thiserror::Error)]
pub enum DrawError {
    /// There are no values.
    #[error("there is nothing to draw: the {0} hold no values")]
    Empty(&'static str),
    /// The counts are not a square of the classes' number.
    #[error(
        "a confusion matrix of {classes} classes needs {classes} rows of {classes} counts, but {found}"
    )]
    Shape {
        /// The number of classes.
        classes: usize,
        /// The number of rows or counts instead.
        found: String,
    },
    /// There are more classes than a picture can show.
    #[error("a confusion matrix of {0} classes cannot be read as a picture; the most is {most}", most = confusion::MOST_CLASSES)]
    TooManyClasses(usize),
    /// The SVG could not be rendered, or the PNG not encoded.
    #[error("the picture could not be rendered as a PNG: {0}")]
    Rendering(String),
}

impl Picture {
    /// Renders an SVG document.
    fn new(svg: String) -> Result<Self, DrawError> {
        let png = png::encode(&png::render(&svg)?, None)?;
        Ok(Self { svg, png })
    }
}

#[cfg(test)]
mod testing {
    /// The width and height that a PNG's header gives.
    pub fn png_size(png: &[u8]) -> (u32, u32) {
        assert!(png.starts_with(b"\x89PNG\r\n\x1a\n"));
        assert_eq!(&png[12..16], b"IHDR");
        assert!(png.ends_with(b"\0\0\0\0IEND\xae\x42\x60\x82"));
        let number = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
        (number(16), number(20))
    }

    /// The texts of an SVG, in the order drawn.
    pub fn texts(svg: &str) -> Vec<&str> {
        svg.split("<text")
            .skip(1)
            .map(|text| text.split(['>', '<']).nth(1).unwrap().trim())
            .collect()
    }
}
