//! How a series looks, and its line in a legend.

use super::svg::{Place, Svg};
use serde::Serialize;

/// How a series looks: its colour, and its marker and dash, which distinguish it without colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// The number of the colour, which is the CSS class `c0` to `c6`.
    pub colour: usize,
    /// The number of the marker and of the dash, which is the CSS class `d0` to `d4`.
    pub shape: usize,
}

impl Style {
    /// The style of the series with this number, from 0: 35 are different.
    pub fn new(number: usize) -> Self {
        Self {
            colour: number % 7,
            shape: number % 5,
        }
    }

    /// The style of a split, which is the same in every chart, whichever other splits are there. A series
    /// that is none of them gets the style of its number behind theirs.
    pub fn of_split(split: &str, number: usize) -> Self {
        Self::new(match split {
            "train" => 0,
            "test" => 1,
            "valid" => 2,
            _ => number + 3,
        })
    }

    /// A short line with its marker, as an SVG element for a page.
    pub fn swatch(self) -> String {
        let mut svg = Svg::default();
        self.draw_swatch(&mut svg, [1.0, 6.0], 28.0, true);
        format!(
            "<svg class=\"key\" viewBox=\"0 0 30 12\" aria-hidden=\"true\">{}</svg>",
            svg.elements()
        )
    }

    /// Draws a short line to the right of `from`, with a marker in its middle.
    pub fn draw_swatch(self, svg: &mut Svg, from: Place, length: f64, dashed: bool) {
        let [x, y] = from;
        svg.group(&self.colour_class(), |svg| {
            svg.polyline(&self.line_class(dashed), &[from, [x + length, y]]);
            svg.marker(self.shape, [x + length / 2.0, y]);
        });
    }

    /// The CSS class of the colour.
    pub fn colour_class(self) -> String {
        format!("c{}", self.colour)
    }

    /// The CSS classes of a line, with or without its dash.
    pub fn line_class(self, dashed: bool) -> String {
        match dashed {
            true => format!("line d{}", self.shape),
            false => "line".into(),
        }
    }
}

/// A name with its style, for the legend of a page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LegendEntry {
    /// How it looks in the charts.
    #[serde(skip)]
    pub style: Style,
    /// The name of the series.
    pub name: String,
    /// The style as an SVG element.
    pub swatch: String,
}

impl LegendEntry {
    /// The entry of a series.
    pub fn new(style: Style, name: impl Into<String>) -> Self {
        Self {
            style,
            name: name.into(),
            swatch: style.swatch(),
        }
    }
}
