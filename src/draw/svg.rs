//! SVG as text: the elements that drawings consist of, and the document around them.

use super::error::DrawError;
use super::font;
use super::pixels::Pixels;
use super::png;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::fmt::{self, Display, Write};

/// The style sheet that a page needs for line charts, bar charts and the swatches of legends.
///
/// It holds everything but the colours. The page gives `color` to the classes `c0` to `c6`, `fill` to `ink`
/// and `soft`, and `stroke` to `grid`, `axis` and `whisker`.
pub(crate) const CHART_CSS: &str = include_str!("charts.css");

/// From the left and from the top.
pub type Place = [f64; 2];

/// Elements, each drawn over those before it.
#[derive(Debug, Default)]
pub struct Svg {
    elements: String,
}

/// The colour of an area or of letters.
#[derive(Debug, Clone, Copy)]
pub enum Paint<'a> {
    /// The style sheet's colour for this class.
    Class(&'a str),
    /// Red, green and blue.
    Colour([u8; 3]),
}

/// Which part of a text stands at its place.
#[derive(Debug, Clone, Copy)]
pub enum Anchor {
    Start,
    Middle,
    End,
}

/// A line of text.
#[derive(Debug, Clone, Copy)]
pub struct Text<'a> {
    pub content: &'a str,
    /// The anchor's place, at half the height of a capital letter.
    pub at: Place,
    pub size: f64,
    pub anchor: Anchor,
    pub paint: Paint<'a>,
    /// Whether it is read from bottom to top.
    pub upright: bool,
}

impl<'a> Text<'a> {
    /// A text in the colour of ink, with its middle at a place.
    pub fn new(content: &'a str, size: f64, at: Place) -> Self {
        Self {
            content,
            at,
            size,
            anchor: Anchor::Middle,
            paint: Paint::Class("ink"),
            upright: false,
        }
    }

    /// The text with another part of it at its place.
    pub fn anchor(self, anchor: Anchor) -> Self {
        Self { anchor, ..self }
    }

    /// The text in another colour.
    pub fn paint(self, paint: Paint<'a>) -> Self {
        Self { paint, ..self }
    }

    /// The text read from bottom to top.
    pub fn upright(self) -> Self {
        Self {
            upright: true,
            ..self
        }
    }
}

impl Svg {
    /// The elements so far.
    pub fn elements(&self) -> &str {
        &self.elements
    }

    /// Elements with a class in common.
    pub fn group(&mut self, class: &str, draw: impl FnOnce(&mut Self)) {
        self.write(format_args!("<g class=\"{class}\">"));
        draw(self);
        self.write(format_args!("</g>\n"));
    }

    /// Elements that are moved to the right and down.
    pub fn moved(&mut self, [x, y]: Place, draw: impl FnOnce(&mut Self)) {
        self.write(format_args!(
            "<g transform=\"translate({} {})\">",
            Short(x),
            Short(y)
        ));
        draw(self);
        self.write(format_args!("</g>\n"));
    }

    /// The tooltip of the group that it is the first element of.
    pub fn tooltip(&mut self, text: &str) {
        self.write(format_args!("<title>{}</title>", Escaped(text)));
    }

    /// A description of the whole for those who cannot see it.
    pub fn description(&mut self, text: &str) {
        self.write(format_args!("<desc>{}</desc>", Escaped(text)));
    }

    /// A line through places; of a single one there is none.
    pub fn polyline(&mut self, class: &str, places: &[Place]) {
        if places.len() < 2 {
            return;
        }
        self.write(format_args!("<polyline class=\"{class}\" points=\""));
        for (index, [x, y]) in places.iter().enumerate() {
            let gap = if index > 0 { " " } else { "" };
            self.write(format_args!("{gap}{},{}", Short(*x), Short(*y)));
        }
        self.write(format_args!("\"/>"));
    }

    /// Straight strokes, each from one place to another.
    pub fn strokes(&mut self, class: &str, strokes: &[[Place; 2]]) {
        self.write(format_args!("<path class=\"{class}\" d=\""));
        for [from, to] in strokes {
            let [x, y, to_x, to_y] = [from[0], from[1], to[0], to[1]].map(Short);
            self.write(format_args!("M{x} {y}L{to_x} {to_y}"));
        }
        self.write(format_args!("\"/>\n"));
    }

    /// A filled rectangle from its upper left corner, with rounded corners where `radius` is not 0.
    pub fn rectangle(
        &mut self,
        [x, y]: Place,
        [width, height]: [f64; 2],
        radius: f64,
        paint: Paint,
    ) {
        let [x, y, width, height] = [x, y, width, height].map(Short);
        self.write(format_args!(
            "<rect{paint} x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\""
        ));
        if radius > 0.0 {
            self.write(format_args!(" rx=\"{}\"", Short(radius)));
        }
        self.write(format_args!("/>"));
    }

    /// The edges of a rectangle.
    pub fn frame(&mut self, [x, y]: Place, [width, height]: [f64; 2]) {
        let [left, top, right, bottom] = [x + 0.5, y + 0.5, x + width - 0.5, y + height - 0.5];
        let [a, b, c, d] = [[left, top], [right, top], [right, bottom], [left, bottom]];
        self.strokes("axis", &[[a, b], [b, c], [c, d], [d, a]]);
    }

    /// One of five markers: disc, square, triangle, diamond, triangle downwards.
    pub fn marker(&mut self, shape: usize, [x, y]: Place) {
        // From the middle to the first corner, and from there on.
        const CORNERS: [(Place, &str); 4] = [
            ([-3.5, -3.5], "h7v7h-7z"),
            ([0.0, -4.6], "l4.4 8h-8.8z"),
            ([0.0, -5.0], "l5 5l-5 5l-5 -5z"),
            ([0.0, 4.6], "l4.4 -8h-8.8z"),
        ];
        match shape.checked_sub(1) {
            None => self.write(format_args!(
                "<circle class=\"marker\" cx=\"{}\" cy=\"{}\" r=\"4\"/>",
                Short(x),
                Short(y)
            )),
            Some(shape) => {
                let ([right, down], corners) = CORNERS[shape % CORNERS.len()];
                let [x, y] = [x + right, y + down].map(Short);
                self.write(format_args!(
                    "<path class=\"marker\" d=\"M{x} {y}{corners}\"/>"
                ));
            }
        }
    }

    /// An invisible disc that shows a tooltip where the mouse points at it.
    pub fn spot(&mut self, [x, y]: Place, tooltip: &str) {
        self.write(format_args!(
            "<circle class=\"spot\" cx=\"{}\" cy=\"{}\" r=\"5\"><title>{}</title></circle>\n",
            Short(x),
            Short(y),
            Escaped(tooltip)
        ));
    }

    /// A line of text.
    pub fn text(&mut self, text: Text) {
        let Text {
            at: [x, y],
            size,
            paint,
            ..
        } = text;
        let anchor = match text.anchor {
            Anchor::Start => "",
            Anchor::Middle => " text-anchor=\"middle\"",
            Anchor::End => " text-anchor=\"end\"",
        };
        // From the middle of a capital letter to the line that it stands on.
        let sink = 0.36 * size;
        let [x, y, sink, size] = [x, y, sink, size].map(Short);
        let place = match text.upright {
            true => format!("transform=\"translate({x} {y}) rotate(-90)\" y=\"{sink}\""),
            false => format!("x=\"{x}\" y=\"{}\"", Short(y.0 + sink.0)),
        };
        self.write(format_args!(
            "<text{paint} {place} font-size=\"{size}\"{anchor}>{}</text>\n",
            Escaped(text.content)
        ));
    }

    /// A line of text that is as large as it is meant to be, but never wider than `room`.
    pub fn fitted(&mut self, text: Text, room: f64) {
        let (content, size) = font::fitted(text.content, text.size, room);
        self.text(Text {
            content: &content,
            size,
            ..text
        });
    }

    /// An image of pixels, each of them a block.
    pub fn image(
        &mut self,
        [x, y]: Place,
        [width, height]: [f64; 2],
        pixels: &Pixels,
    ) -> Result<(), DrawError> {
        let [x, y, width, height] = [x, y, width, height].map(Short);
        self.write(format_args!(
            "<image x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" preserveAspectRatio=\"none\" \
             style=\"image-rendering:pixelated\" href=\"data:image/png;base64,{}\"/>\n",
            STANDARD.encode(png::encode(pixels, None)?)
        ));
        Ok(())
    }

    /// The elements as part of a page, which has [`CHART_CSS`] and the colours.
    pub fn on_page(&self, [width, height]: [f64; 2], label: &str) -> String {
        format!(
            "<svg class=\"chart\" viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">\n{}</svg>",
            Short(width),
            Short(height),
            Escaped(label),
            self.elements
        )
    }

    /// The elements as a file of their own, on a white ground.
    pub fn document(&self, [width, height]: [u32; 2]) -> String {
        format!(
            "<svg width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
             xmlns=\"http://www.w3.org/2000/svg\" font-family=\"{}\">\n<style>\n{CHART_CSS}{}</style>\n\
             <rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>\n{}</svg>\n",
            font::FAMILY,
            include_str!("picture.css"),
            self.elements
        )
    }

    fn write(&mut self, text: fmt::Arguments) {
        self.elements
            .write_fmt(text)
            .expect("a string takes all text");
    }
}

impl Display for Paint<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Class(class) => write!(formatter, " class=\"{class}\""),
            Self::Colour([red, green, blue]) => {
                write!(formatter, " fill=\"#{red:02x}{green:02x}{blue:02x}\"")
            }
        }
    }
}

/// A length to a hundredth: nobody sees less, and it keeps files small.
#[derive(Clone, Copy)]
struct Short(f64);

impl Display for Short {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        // Adding 0 turns -0 into 0.
        ((self.0 * 100.0).round() / 100.0 + 0.0).fmt(formatter)
    }
}

/// Text as XML and HTML may hold it, in an element or in an attribute.
struct Escaped<'a>(&'a str);

impl Display for Escaped<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        for letter in self.0.chars() {
            match letter {
                '&' => formatter.write_str("&amp;")?,
                '<' => formatter.write_str("&lt;")?,
                '>' => formatter.write_str("&gt;")?,
                '"' => formatter.write_str("&quot;")?,
                '\'' => formatter.write_str("&#39;")?,
                // XML forbids these.
                '\u{fffe}' | '\u{ffff}' => formatter.write_char(' ')?,
                letter if letter.is_control() => formatter.write_char(' ')?,
                letter => formatter.write_char(letter)?,
            }
        }
        Ok(())
    }
}
