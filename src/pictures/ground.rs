//! A thing without the ground that it was photographed on.

use super::fit::inside;
use super::picture::Picture;
use super::resize::Area;
use burn_zoo_models::{Fit, ImageShape};

/// The least contrast of a thing and its ground, of at most 255: with less, a picture shows nothing.
const CONTRAST: f64 = 12.0;

/// A thing on black: how far each pixel's colour is from that of the ground, the farthest in white.
#[derive(Debug, Clone, PartialEq)]
pub struct OnBlack {
    /// Grey pixels, row by row.
    pub pixels: Vec<u8>,
    /// The colour of the ground: red, green and blue.
    pub ground: [u8; 3],
    /// How far half of the border is from that colour at least, as a share of the farthest distance.
    pub grain: f64,
}

/// What a picture is to a model whose images are of light things on black.
#[derive(Debug, Clone, PartialEq)]
pub enum Thing {
    /// Such an image already: grey, and from black to nearly white.
    Already,
    /// Nothing: the picture has hardly any contrast.
    Nothing,
    /// A thing on a ground.
    OnGround(OnBlack),
}

impl Picture {
    /// The thing in the picture on black, of a shape's height and width, as Fashion-MNIST's images are made of
    /// photographs on white.
    ///
    /// The ground's colour is the median of the border's. What half of the border is away from it, as grain and shadows
    /// are, counts as the ground.
    pub fn thing(&self, shape: ImageShape, fit: Fit) -> Thing {
        let ground = self.border().0;
        let ImageShape { height, width, .. } = shape;
        let planes = self.to_pixels(ImageShape::new(3, height, width), fit);
        if is_on_black(&planes, ground) {
            return Thing::Already;
        }
        let mut squares = vec![0.0; height * width];
        for (plane, ground) in planes.chunks_exact(height * width).zip(ground) {
            for (square, value) in squares.iter_mut().zip(plane) {
                *square += f64::from(value.abs_diff(ground)).powi(2);
            }
        }
        // As far as black is from white is 255.
        let distances: Vec<f64> = squares.iter().map(|sum| (sum / 3.0).sqrt()).collect();
        let border = self.edge(shape, fit);
        let mut border: Vec<f64> = border.map(|(x, y)| distances[y * width + x]).collect();
        let middle = (border.len() - 1) / 2;
        let grain = *border.select_nth_unstable_by(middle, f64::total_cmp).1;
        let farthest = distances.iter().copied().fold(0.0, f64::max);
        let most = farthest - grain;
        let scaled = |distance: &f64| ((distance - grain) * 255.0 / most).round() as u8;
        match most >= CONTRAST {
            true => Thing::OnGround(OnBlack {
                pixels: distances.iter().map(scaled).collect(),
                ground,
                grain: grain / farthest,
            }),
            false => Thing::Nothing,
        }
    }

    /// The outermost pixels of its image, column and row, without what it is padded with.
    pub(crate) fn edge(
        &self,
        shape: ImageShape,
        fit: Fit,
    ) -> impl Iterator<Item = (usize, usize)> + use<> {
        let inside = match fit {
            Fit::Pad => inside(self.sides(), shape),
            Fit::Crop => Area::whole([shape.width, shape.height]),
        };
        let Area {
            left,
            top,
            width,
            height,
        } = inside;
        let (right, bottom) = (left + width - 1, top + height - 1);
        let all = (top..=bottom).flat_map(move |y| (left..=right).map(move |x| (x, y)));
        all.filter(move |(x, y)| [left, right].contains(x) || [top, bottom].contains(y))
    }
}

/// Whether an image, of three planes, is of a light thing on black, as Fashion-MNIST's images are.
fn is_on_black(planes: &[u8], ground: [u8; 3]) -> bool {
    const BLACK: u8 = 8;
    const WHITE: u8 = 240;
    const GREY: u8 = 12;
    let size = planes.len() / 3;
    let pixels = || (0..size).map(|at| [0, 1, 2].map(|channel| planes[channel * size + at]));
    let is_grey =
        |[red, green, blue]: [u8; 3]| red.max(green).max(blue) - red.min(green).min(blue) <= GREY;
    ground.iter().all(|&value| value <= BLACK)
        && pixels().all(is_grey)
        && pixels().any(|[_, green, _]| green >= WHITE)
}
