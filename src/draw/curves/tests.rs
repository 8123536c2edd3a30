use super::*;
use crate::draw::confusion_matrix;
use crate::draw::testing::{png_size, texts};

fn points(epochs: usize, loss: impl Fn(usize) -> f64) -> Vec<CurvePoint> {
    (1..=epochs)
        .map(|epoch| CurvePoint {
            epoch,
            loss: loss(epoch),
            accuracy: 1.0 - 0.5 / epoch as f64,
        })
        .collect()
}

fn draw(points: &[CurvePoint]) -> Picture {
    let picture = curves(
        "a title",
        &[
            Curve {
                name: "train",
                points,
            },
            Curve {
                name: "test",
                points: &points[..points.len() / 2],
            },
        ],
    )
    .unwrap();
    assert_eq!(png_size(&picture.png), (1200, 480));
    picture
}

/// Only the SVG, which is made much faster.
fn draw_svg(points: &[CurvePoint]) -> String {
    let train = Curve {
        name: "train",
        points,
    };
    svg("a title", &[train]).unwrap()
}

#[test]
fn both_panels_name_every_split_in_their_legend() {
    let picture = draw(&points(10, |epoch| 1.0 / epoch as f64));
    let texts = texts(&picture.svg);
    for (text, times) in [("train", 2), ("test", 2), ("Epoch", 2), ("a title", 1)] {
        assert_eq!(texts.iter().filter(|other| **other == text).count(), times);
    }
    assert!(texts.contains(&"Loss") && texts.contains(&"Accuracy (%)"));
    assert!(
        picture
            .svg
            .starts_with("<svg width=\"1200\" height=\"480\"")
    );
}

#[test]
fn the_png_shows_the_lines_and_the_letters_of_the_svg() {
    let picture = draw(&points(10, |epoch| 1.0 / epoch as f64));
    let image = image::load_from_memory(&picture.png).unwrap().into_rgb8();
    let pixels = |colour| image.pixels().filter(|pixel| pixel.0 == colour).count();
    // Train, test, the letters and the ground, each of which has whole pixels.
    for (colour, least) in [
        ([0x00, 0x72, 0xb2], 500),
        ([0xd5, 0x5e, 0x00], 300),
        ([0x26; 3], 100),
        ([0xff; 3], 400_000),
    ] {
        assert!(pixels(colour) > least, "{colour:?}: {}", pixels(colour));
    }
}

#[test]
fn a_single_epoch_still_gives_a_picture() {
    let picture = draw(&points(1, |_| 0.4));
    assert!(picture.svg.contains("<circle"));
    assert!(texts(&picture.svg).contains(&"1"));
}

#[test]
fn two_hundred_epochs_are_drawn_without_markers() {
    let picture = draw(&points(200, |epoch| 2.3 / epoch as f64));
    assert_eq!(picture.svg.matches("<circle").count(), 2); // The legend's.
}

#[test]
fn a_loss_that_is_not_finite_or_huge_does_no_harm() {
    let bad = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, -1e300];
    for value in bad {
        draw_svg(&points(7, |epoch| if epoch == 3 { value } else { 0.5 }));
        draw_svg(&points(3, |_| value));
    }
    let mixed = |epoch: usize| bad[epoch % bad.len()];
    draw(&points(9, mixed));
    assert!(draw_svg(&points(3, |_| f64::NAN)).contains("no finite values"));
}

#[test]
fn a_loss_that_is_not_finite_breaks_the_line() {
    let broken = points(8, |epoch| if epoch == 4 { f64::NAN } else { 0.5 });
    let whole = points(8, |_| 0.5);
    let lines = |points: &[CurvePoint]| draw_svg(points).matches("<polyline").count();
    assert_eq!(lines(&broken), lines(&whole) + 1);
}

#[test]
fn equal_values_are_drawn() {
    for value in [0.0, 1e-12, 0.3, 100.0, -2.0, 1e30] {
        draw_svg(&points(5, |_| value));
    }
}

#[test]
fn extreme_epochs_do_no_harm() {
    for epochs in [vec![0], vec![usize::MAX], vec![0, usize::MAX], vec![3, 3]] {
        let point = |epoch| CurvePoint {
            epoch,
            loss: 1.0,
            accuracy: 0.5,
        };
        draw_svg(&epochs.into_iter().map(point).collect::<Vec<_>>());
    }
}

#[test]
fn curves_without_points_are_an_error_in_one_sentence() {
    let empty = Curve {
        name: "train",
        points: &[],
    };
    for none in [&[][..], &[empty]] {
        let error = curves("a title", none).unwrap_err().to_string();
        assert_eq!(error, "there is nothing to draw: the curves hold no values");
    }
}

#[test]
fn a_title_may_hold_anything() {
    let title = "a < b & \"c\"\0\n\u{ffff}".to_string() + &"long ".repeat(2000);
    let points = points(2, |_| 1.0);
    let train = Curve {
        name: &title,
        points: &points,
    };
    let picture = curves(&title, &[train]).unwrap();
    assert!(picture.svg.contains("a &lt; b &amp; &quot;c&quot;"));
    assert!(!picture.svg.contains('\0'));
    confusion_matrix(&title, std::slice::from_ref(&title), &[vec![1]]).unwrap();
}
