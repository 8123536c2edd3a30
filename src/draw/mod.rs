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
mod error;
mod font;
mod lines;
mod picture;
mod pixels;
mod png;
mod scale;
mod sheet;
mod style;
mod svg;

pub(crate) use bars::{BarChart, BarValue};
pub use confusion::confusion_matrix;
pub use curves::{Curve, CurvePoint, curves};
pub use error::DrawError;
pub(crate) use lines::{Along, LineChart, Point, Series};
pub use picture::Picture;
pub use pixels::Pixels;
pub(crate) use png::encode as encode_png;
pub use scale::ColourScale;
pub(crate) use sheet::is_sheet;
pub use sheet::{Sheet, Tile};
pub(crate) use style::{LegendEntry, Style};
pub(crate) use svg::CHART_CSS;

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
