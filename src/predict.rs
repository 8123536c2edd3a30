//! Classifying pictures.

use crate::backend::{Infer, Selected};
use crate::data::{self, Background, DataError, ImageBatcher, ImageDataset, ImageLoader, Order};
use crate::evaluate;
use crate::pictures::{OnBlack, Picture};
use crate::trained::Trained;
use burn_zoo_models::{Classifier, ImageShape};
use image::{Pixel, Rgb};
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
        None if is_on_black && !picture.is_on_black(shape, fit) => {
            match picture.on_black(shape, fit) {
                Some(OnBlack {
                    pixels,
                    ground,
                    grain,
                }) => {
                    let pixels = pixels.repeat(shape.channels);
                    let mut seen = doubted(pixels, Change::FromGround(ground));
                    if grain > GRAIN {
                        seen.doubt = Some(Doubt::Ground);
                    }
                    seen
                }
                None => Seen {
                    pixels: picture.to_pixels(shape, fit),
                    change: Change::None,
                    doubt: Some(Doubt::Blank),
                },
            }
        }
        _ => doubted(picture.to_pixels(shape, fit), Change::None),
    }
}

/// How far the border may be from the ground's colour, as a share of how far the thing is.
///
/// On wood it was at most 0.24 in `tests/photographs.py`; where there is no thing on a ground, it was at least 0.31.
const GRAIN: f64 = 1.0 / 3.0;

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
    let answers = evaluate::pass(model, &loader, |_, _| {})?;
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
mod tests {
    use super::*;
    use crate::pictures::Fit;
    use burn_zoo_models::{Normalisation, find};
    use image::{DynamicImage, GrayImage, ImageFormat, Luma, RgbImage};
    use std::io::Cursor;

    fn trained(dataset: &str, input: ImageShape) -> Trained {
        Trained {
            name: "a run".into(),
            model: "mlp-relu".into(),
            architecture: find("mlp-relu").unwrap().config(input, 10),
            dataset: dataset.into(),
            classes: vec![String::new(); 10],
            fit: Fit::Pad,
            normalisation: Normalisation::LECTURE,
            weights: Default::default(),
            run: None,
            epoch: None,
        }
    }

    const GREY: ImageShape = ImageShape::new(1, 28, 28);

    fn picture(image: impl Into<DynamicImage>) -> Picture {
        let mut file = Cursor::new(Vec::new());
        image.into().write_to(&mut file, ImageFormat::Png).unwrap();
        Picture::from_bytes(file.get_ref()).unwrap()
    }

    /// An image like Fashion-MNIST's.
    fn shirt() -> GrayImage {
        GrayImage::from_fn(28, 28, |x, y| {
            let is_inside = (7..21).contains(&x) && (3..26).contains(&y);
            let value = 90 + (x * 7 + y * 13) % 160;
            Luma([if is_inside { value.max(91) as u8 } else { 0 }])
        })
    }

    /// The shirt in a colour on a ground, which covers it as much as the image is dark.
    fn photograph(ground: [u8; 3], colour: [u8; 3]) -> RgbImage {
        let shirt = shirt();
        let brightest = shirt.iter().copied().max().map_or(1.0, f64::from);
        RgbImage::from_fn(28, 28, |x, y| {
            let share = f64::from(shirt.get_pixel(x, y).0[0]) / brightest;
            let mixed = |channel: usize| {
                let [ground, colour] = [ground, colour].map(|of| f64::from(of[channel]));
                (ground + share * (colour - ground)).round() as u8
            };
            Rgb([mixed(0), mixed(1), mixed(2)])
        })
    }

    #[test]
    fn a_thing_is_seen_alike_on_every_ground_by_models_of_fashion_mnist_and_as_it_is_by_others() {
        let model = trained("fashion-mnist", GREY);
        let own = seen(picture(shirt()), &model, None);
        assert_eq!((own.change, own.doubt), (Change::None, None));
        assert_eq!(own.pixels, *shirt().as_raw());
        let brightest = f64::from(*own.pixels.iter().max().unwrap());
        for (ground, colour) in [
            ([255, 255, 255], [0, 0, 0]),
            ([255, 255, 255], [230, 200, 60]),
            ([128, 128, 128], [255, 255, 255]),
            ([128, 128, 128], [20, 30, 80]),
            ([168, 122, 78], [10, 10, 12]),
            ([168, 122, 78], [190, 190, 250]),
            ([60, 90, 170], [190, 30, 40]),
            ([0, 0, 0], [100, 120, 100]),
        ] {
            let image = photograph(ground, colour);
            let seen = seen(picture(image.clone()), &model, None);
            assert_eq!(
                (seen.change, seen.doubt),
                (Change::FromGround(ground), None)
            );
            assert_eq!(seen.is_inverted(), ground[1] > 121);
            for (pixel, own) in seen.pixels.iter().zip(&own.pixels) {
                let expected = f64::from(*own) * 255.0 / brightest;
                assert!((f64::from(*pixel) - expected).abs() < 4.0, "{ground:?}");
            }
            let other = trained("folder:/pictures", ImageShape::new(3, 28, 28));
            let as_it_is = super::seen(picture(image.clone()), &other, None);
            assert_eq!(as_it_is.change, Change::None);
            assert!(as_it_is.pixels[..784].iter().eq(image.iter().step_by(3)));
        }
    }

    #[test]
    fn a_picture_is_left_as_it_is_or_becomes_its_negative_where_that_is_asked_for() {
        let model = trained("fashion-mnist", GREY);
        let mut negative = shirt();
        image::imageops::invert(&mut negative);
        let seen = |invert| seen(picture(negative.clone()), &model, invert);
        assert_eq!(seen(Some(false)).pixels, *negative.as_raw());
        assert_eq!(seen(Some(false)).doubt, Some(Doubt::Ground));
        assert_eq!(seen(Some(true)).pixels, *shirt().as_raw());
        assert_eq!(seen(Some(true)).change, Change::Negative);
    }

    #[test]
    fn what_is_blank_or_unlike_the_training_images_is_said() {
        let clothes = trained("fashion-mnist", GREY);
        let photographs = trained("cifar-10", ImageShape::new(3, 32, 32));
        for value in [0, 5, 128, 255] {
            let blank = || picture(GrayImage::from_pixel(28, 28, Luma([value])));
            for invert in [None, Some(true), Some(false)] {
                let doubts = [&clothes, &photographs].map(|model| seen(blank(), model, invert));
                assert!(doubts.iter().all(|seen| seen.doubt == Some(Doubt::Blank)));
            }
        }
        let square = |side: u32| {
            RgbImage::from_fn(280, 280, |x, y| {
                let is_inside = x.abs_diff(140) < side / 2 && y.abs_diff(140) < side / 2;
                Rgb(if is_inside {
                    [200, 30, 30]
                } else {
                    [90, 160, 80]
                })
            })
        };
        let halves = RgbImage::from_fn(280, 280, |x, y| match (x < 130, y < 130) {
            (true, _) => Rgb([20, 30, 40]),
            (false, true) => Rgb([220, 200, 90]),
            (false, false) => Rgb([30, 160, 40]),
        });
        for (image, doubt) in [
            (square(150), None),
            (square(40), Some(Doubt::Small(2))),
            (square(266), Some(Doubt::Large(86))),
            (halves, Some(Doubt::Ground)),
        ] {
            assert_eq!(seen(picture(image.clone()), &clothes, None).doubt, doubt);
            assert_eq!(seen(picture(image), &photographs, None).doubt, None);
        }
    }

    #[test]
    fn probabilities_are_the_softmax_and_stay_finite_for_large_logits() {
        let probabilities = softmax(&[1.0, 2.0, 3.0]);
        // e² / (e + e² + e³)
        assert!((probabilities[1] - 0.244_728_471_054_797_67).abs() < 1e-15);
        assert!((probabilities.iter().sum::<f64>() - 1.0).abs() < 1e-15);
        assert_eq!(softmax(&[5000.0, -5000.0]), [1.0, 0.0]);
        assert_eq!(ranked(&probabilities), [2, 1, 0]);
    }
}
