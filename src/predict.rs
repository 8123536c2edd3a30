//! Classifying pictures.

use crate::backend::{Infer, Selected};
use crate::data::{self, Background, DataError, ImageBatcher, ImageDataset, ImageLoader, Order};
use crate::evaluate;
use crate::pictures::Picture;
use crate::trained::Trained;
use burn_zoo_models::{Classifier, ImageShape};
use std::ops::ControlFlow;
use std::sync::Arc;

/// A picture as a model sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Channels-first pixels of the model's shape.
    pub pixels: Vec<u8>,
    /// Whether it is the picture's negative.
    pub inverted: bool,
}

/// The picture as the model sees it: its negative if `invert` says so. Where that says nothing, a
/// picture that is dark on a light ground becomes its negative for a model of Fashion-MNIST, whose
/// images are light on black.
pub fn seen(picture: Picture, trained: &Trained, invert: Option<bool>) -> Seen {
    let negatives = data::background(&trained.dataset) == Background::Black;
    let inverted = invert.unwrap_or_else(|| negatives && picture.has_light_border());
    let picture = if inverted {
        picture.inverted()
    } else {
        picture
    };
    Seen {
        pixels: picture.to_pixels(trained.architecture.input(), trained.fit),
        inverted,
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
mod tests {
    use super::*;
    use crate::pictures::Fit;
    use burn_zoo_models::{Normalisation, find};

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

    fn picture(grey: u8) -> Picture {
        let image = image::GrayImage::from_pixel(28, 28, image::Luma([grey]));
        let mut file = std::io::Cursor::new(Vec::new());
        image.write_to(&mut file, image::ImageFormat::Png).unwrap();
        Picture::from_bytes(file.get_ref()).unwrap()
    }

    #[test]
    fn a_light_picture_becomes_its_negative_for_models_of_fashion_mnist_or_where_it_is_asked_for() {
        let grey = ImageShape::new(1, 28, 28);
        let models = [
            ("fashion-mnist", grey),
            ("folder:/pictures", grey),
            ("cifar-10", ImageShape::new(3, 28, 28)),
        ];
        for (dataset, input) in models {
            let trained = trained(dataset, input);
            for (value, invert, inverted) in [
                (250, None, dataset == "fashion-mnist"),
                (5, None, false),
                (250, Some(false), false),
                (5, Some(true), true),
            ] {
                let seen = seen(picture(value), &trained, invert);
                assert_eq!(seen.inverted, inverted, "{dataset} {value} {invert:?}");
                let expected = if inverted { 255 - value } else { value };
                assert_eq!(seen.pixels, vec![expected; input.num_values()]);
            }
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
