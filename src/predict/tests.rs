//! What a model sees of a picture, and what it says of that.

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
