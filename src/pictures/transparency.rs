//! The ground on which a picture with transparent parts is shown.

use image::{DynamicImage, ImageBuffer, Pixel, Rgb, RgbImage, RgbaImage};

/// An opacity, of at most 255, from which on a pixel is visible.
const VISIBLE: u8 = 128;
/// A mean brightness, of at most 255, from which on a thing is hard to see on white.
const LIGHT: u64 = 191;
/// The share of a rectangle that is visible, in percent, from which on its edge is a picture's and not a thing's.
const RECTANGLE: u64 = 95;
/// The share of an edge, in percent, that has nearly one colour if a thing is shown on a ground of that colour,
const EVEN: u64 = 90;
/// how far nearly is, of at most 255,
const NEARLY: u8 = 12;
/// and a brightness from which on such a ground is white.
const WHITE: u8 = 240;
/// How far the colour of a thing is from that of its ground, at least.
const APART: u8 = 40;

/// The picture without transparency, on the ground that its edge to the transparent parts suggests.
pub(super) fn without_transparency(image: DynamicImage) -> RgbImage {
    if !image.color().has_alpha() {
        return image.into_rgb8();
    }
    let image = image.into_rgba8();
    let ground = ground(&image).map(u32::from);
    let blended = |value: u8, ground: u32, opacity: u8| {
        let [value, opacity] = [value, opacity].map(u32::from);
        ((value * opacity + ground * (255 - opacity) + 127) / 255) as u8
    };
    ImageBuffer::from_fn(image.width(), image.height(), |x, y| {
        let [red, green, blue, opacity] = image.get_pixel(x, y).0;
        Rgb([
            blended(red, ground[0], opacity),
            blended(green, ground[1], opacity),
            blended(blue, ground[2], opacity),
        ])
    })
}

/// The colour behind the picture.
///
/// A picture with a transparent margin, such as a frame that is smaller than its canvas, goes on in the median colour of
/// its edge, as one does that is padded. So does one with a white edge of any shape, if there is something else within.
/// A thing that was cut out is shown on white, as shops show their goods, or on black if its edge is so light that it
/// would be lost on white.
fn ground(image: &RgbaImage) -> [u8; 3] {
    let edge = Edge::of(image);
    if edge.pixels > 0 {
        let colour = edge.median();
        let (mut visible, mut apart) = (0_u64, 0_u64);
        for pixel in image.pixels().filter(|pixel| pixel.0[3] >= VISIBLE) {
            visible += 1;
            apart += u64::from(distance(pixel.0, colour) >= APART);
        }
        let is_rectangle = 100 * visible >= RECTANGLE * edge.area();
        let is_white = || {
            let mut even = 0;
            for_edge(image, |pixel| {
                even += u64::from(distance(pixel, colour) <= NEARLY);
            });
            colour.iter().all(|&value| value >= WHITE) && 100 * even >= EVEN * edge.pixels
        };
        // There is no ground where there is no thing on it.
        if 100 * apart >= visible && (is_rectangle || is_white()) {
            return colour;
        }
    }
    let (mut seen, mut light) = (0, 0);
    let mut add = |pixel: [u8; 4]| {
        let opacity = u64::from(pixel[3]);
        seen += opacity;
        light += opacity * u64::from(Rgb([pixel[0], pixel[1], pixel[2]]).to_luma().0[0]);
    };
    match edge.pixels {
        0 => image.pixels().for_each(|pixel| add(pixel.0)),
        _ => for_edge(image, add),
    }
    [if light > seen * LIGHT { 0 } else { 255 }; 3]
}

/// How far a pixel's colour is from another, in the channel in which it is farthest.
fn distance(pixel: [u8; 4], colour: [u8; 3]) -> u8 {
    let channels = pixel.iter().zip(colour);
    let distances = channels.map(|(value, other)| value.abs_diff(other));
    distances.max().unwrap_or(0)
}

/// The visible pixels beside transparent ones.
struct Edge {
    pixels: u64,
    /// How many pixels have each value, of each channel.
    values: [[u64; 256]; 3],
    /// The smallest rectangle around all visible pixels: left, top, right and bottom.
    around: [u32; 4],
}

impl Edge {
    fn of(image: &RgbaImage) -> Self {
        let mut edge = Self {
            pixels: 0,
            values: [[0; 256]; 3],
            around: [u32::MAX, u32::MAX, 0, 0],
        };
        for_edge(image, |pixel| {
            edge.pixels += 1;
            for (values, value) in edge.values.iter_mut().zip(pixel) {
                values[usize::from(value)] += 1;
            }
        });
        for (x, y, pixel) in image.enumerate_pixels() {
            if pixel.0[3] >= VISIBLE {
                let [left, top, right, bottom] = edge.around;
                edge.around = [left.min(x), top.min(y), right.max(x), bottom.max(y)];
            }
        }
        edge
    }

    fn area(&self) -> u64 {
        let [left, top, right, bottom] = self.around.map(u64::from);
        (right + 1 - left) * (bottom + 1 - top)
    }

    fn median(&self) -> [u8; 3] {
        let middle = self.pixels.div_ceil(2);
        self.values.map(|values| {
            let mut passed = 0;
            let reaches = |count: &u64| {
                passed += count;
                passed >= middle
            };
            values.iter().position(reaches).unwrap_or(0) as u8
        })
    }
}

/// Calls a function for every visible pixel beside a transparent one.
fn for_edge(image: &RgbaImage, mut each: impl FnMut([u8; 4])) {
    let (width, height) = image.dimensions();
    let is_transparent = |x: u32, y: u32| image.get_pixel(x, y).0[3] < VISIBLE;
    for (x, y, pixel) in image.enumerate_pixels() {
        if pixel.0[3] >= VISIBLE
            && ((x > 0 && is_transparent(x - 1, y))
                || (y > 0 && is_transparent(x, y - 1))
                || (x + 1 < width && is_transparent(x + 1, y))
                || (y + 1 < height && is_transparent(x, y + 1)))
        {
            each(pixel.0);
        }
    }
}
