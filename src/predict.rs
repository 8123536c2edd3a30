//! Classifying pictures.

use crate::backend::{Infer, Selected};
use crate::data::{self, Background, DataError, ImageBatcher, ImageDataset, ImageLoader, Order};
use crate::evaluate;
use crate::pictures::{Picture, Thing};
use crate::trained::Trained;
use burn_zoo_models::{Classifier, ImageShape};
use image::{Pixel, Rgb};
use std::ops::ControlFlow;
use std::sync::Arc;

/// A picture as a model sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Channels-first pixels of the model's shape.
    pub pixels: Vec<u8>,
    /// How they were made of the picture's.
    pub change: Change,
    /// Why the model's answer may mean nothing.
    pub doubt: Option<Doubt>,
}

/// What is done to a picture's pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Nothing.
    None,
    /// The picture became its negative.
    Negative,
    /// Each pixel became its distance from the colour of the ground: red, green and blue.
    FromGround([u8; 3]),
}

/// Why a model's answer to a picture may mean nothing. The message continues a sentence that begins with the picture's
/// name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Doubt {
    /// There is nothing in the picture.
    #[error("is blank: all that the model sees of it has nearly the same colour")]
    Blank,
    /// The ground reaches the corners or the border in other colours.
    #[error(
        "does not look like the images that the model was trained on: its ground is not of one colour, or the thing is cut off"
    )]
    Ground,
    /// The thing is very small.
    #[error(
        "does not look like the images that the model was trained on: the thing fills {0} % of it, so cut the picture closer"
    )]
    Small(u8),
    /// The thing is very large.
    #[error(
        "does not look like the images that the model was trained on: the thing fills {0} % of it, so leave more ground around it"
    )]
    Large(u8),
}

impl Seen {
    /// Whether what is dark in the picture is light in the image.
    pub fn is_inverted(&self) -> bool {
        match self.change {
            Change::None => false,
            Change::Negative => true,
            Change::FromGround(ground) => Rgb(ground).to_luma().0[0] > 127,
        }
    }
}

/// The picture as the model sees it: its negative if `invert` says so, or just as it is. Where that says nothing, a
/// picture for a model of Fashion-MNIST, whose images are of light things on black, becomes the distance of each pixel
/// from the colour of the picture's ground, unless it is such an image.
pub fn seen(picture: Picture, trained: &Trained, invert: Option<bool>) -> Seen {
    let (shape, fit) = (trained.architecture.input(), trained.fit);
    let is_on_black = data::background(&trained.dataset) == Background::Black;
    let edge: Vec<_> = picture.edge(shape, fit).collect();
    let doubted = |pixels: Vec<u8>, change: Change| Seen {
        doubt: match is_on_black {
            _ if is_blank(&pixels, shape) => Some(Doubt::Blank),
            true => doubt(&pixels, shape, &edge),
            false => None,
        },
        pixels,
        change,
    };
    match invert {
        Some(true) => doubted(picture.inverted().to_pixels(shape, fit), Change::Negative),
        None if is_on_black => match picture.thing(shape, fit) {
            Thing::Already => doubted(picture.to_pixels(shape, fit), Change::None),
            Thing::Nothing => Seen {
                pixels: picture.to_pixels(shape, fit),
                change: Change::None,
                doubt: Some(Doubt::Blank),
            },
            Thing::OnGround(on_black) => {
                let pixels = on_black.pixels.repeat(shape.channels);
                let mut seen = doubted(pixels, Change::FromGround(on_black.ground));
                if on_black.grain > GRAIN {
                    seen.doubt = Some(Doubt::Ground);
                }
                seen
            }
        },
        _ => doubted(picture.to_pixels(shape, fit), Change::None),
    }
}

/// How far the border may be from the ground's colour, as a share of how far the thing is.
///
/// In `tests/photographs.py` it is less for nearly all things on wood, and more for nearly all textures without a thing.
const GRAIN: f64 = 0.4;

/// Whether an image's values are no farther apart than those of one without a thing, in each channel.
fn is_blank(pixels: &[u8], shape: ImageShape) -> bool {
    const BLANK: u8 = 8;
    let mut planes = pixels.chunks_exact(shape.height * shape.width);
    planes.all(|plane| {
        let (least, most) = (plane.iter().min(), plane.iter().max());
        least
            .zip(most)
            .is_none_or(|(least, most)| most - least <= BLANK)
    })
}

/// What speaks against an image among those of light things on black. `edge` are the outermost pixels of the picture in
/// it. The limits pass over all but two in a thousand of Fashion-MNIST's images.
fn doubt(pixels: &[u8], shape: ImageShape, edge: &[(usize, usize)]) -> Option<Doubt> {
    /// A value from which on a pixel is no ground.
    const LIT: u8 = 64;
    let plane = &pixels[..shape.height * shape.width];
    let percent = 100 * plane.iter().filter(|value| **value > LIT).count() / plane.len();
    let is_lit = |(x, y): &&(usize, usize)| plane[y * shape.width + x] > LIT;
    let lit_edge = edge.iter().filter(is_lit).count();
    let ends = |side: fn(&(usize, usize)) -> usize| {
        let values = || edge.iter().map(side);
        [values().min(), values().max()].map(Option::unwrap_or_default)
    };
    let (columns, rows) = (ends(|(x, _)| *x), ends(|(_, y)| *y));
    let corners = columns.map(|x| rows.map(|y| usize::from(is_lit(&&(x, y)))));
    let corners: usize = corners.as_flattened().iter().sum();
    match percent {
        ..3 => Some(Doubt::Small(percent as u8)),
        86.. => Some(Doubt::Large(percent as u8)),
        _ if corners > 1 || 10 * lit_edge > 6 * edge.len() => Some(Doubt::Ground),
        _ => None,
    }
}

/// The probability of each class for each image, of channels-first pixels, `batch_size` images at a
/// time.
///
/// # Errors
/// [`DataError::Lengths`] where an image has another shape than the model's.
pub fn probabilities(
    model: &Classifier<Infer>,
    trained: &Trained,
    images: &[Vec<u8>],
    batch_size: usize,
    selected: &Selected,
) -> Result<Vec<Vec<f64>>, DataError> {
    if images.is_empty() {
        return Ok(Vec::new());
    }
    let images = unlabelled(trained.architecture.input(), images)?;
    let batcher = ImageBatcher::new(Arc::new(images), trained.normalisation);
    let device = selected.device.clone();
    let loader = ImageLoader::<Infer>::new(batcher, batch_size, Order::InOrder, device)
        .prepared(selected.preparation());
    let answers = evaluate::pass(model, &loader, |_, _| ControlFlow::Continue(()))?;
    let logits = answers.logits.chunks_exact(trained.classes.len());
    Ok(logits.map(softmax).collect())
}

/// Images whose classes nobody knows; the labels are never looked at.
pub(crate) fn unlabelled(shape: ImageShape, images: &[Vec<u8>]) -> Result<ImageDataset, DataError> {
    ImageDataset::new(shape, images.concat(), vec![0; images.len()])
}

/// e^x / Σ e^x, which stays finite for large x.
pub fn softmax(logits: &[f64]) -> Vec<f64> {
    let largest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let powers: Vec<f64> = logits.iter().map(|logit| (logit - largest).exp()).collect();
    let sum: f64 = powers.iter().sum();
    powers.iter().map(|power| power / sum).collect()
}

/// The classes' numbers, the most probable first.
pub fn ranked(probabilities: &[f64]) -> Vec<usize> {
    let mut classes: Vec<usize> = (0..probabilities.len()).collect();
    classes.sort_by(|&a, &b| probabilities[b].total_cmp(&probabilities[a]));
    classes
}

#[cfg(test)]
mod tests;
