//! A picture as SVG and as PNG.

use super::error::DrawError;
use super::png;

/// One picture in both formats, ready to be written to files.
#[derive(Debug, Clone)]
pub struct Picture {
    /// The text of an SVG file.
    pub svg: String,
    /// The bytes of a PNG file.
    pub png: Vec<u8>,
}

impl Picture {
    /// Renders an SVG document.
    pub(super) fn new(svg: String) -> Result<Self, DrawError> {
        let png = png::encode(&png::render(&svg)?, None)?;
        Ok(Self { svg, png })
    }
}
