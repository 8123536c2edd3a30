use super::*;
use crate::draw::testing::{png_size, texts};

fn names(n: usize) -> Vec<String> {
    (0..n).map(|index| format!("class {index}")).collect()
}

#[test]
fn a_confusion_matrix_shows_names_counts_and_accuracy() {
    let classes = ["cat & dog".to_string(), "bird".to_string()];
    let counts = [vec![1500, 7], vec![93, 400]];
    let picture = confusion_matrix("a title", &classes, &counts).unwrap();
    let texts = texts(&picture.svg);
    for text in ["1500", "7", "93", "400", "a title"] {
        assert!(texts.contains(&text), "{text}");
    }
    for name in ["cat &amp; dog", "bird"] {
        assert_eq!(texts.iter().filter(|text| **text == name).count(), 2);
    }
    assert!(texts.contains(&"accuracy 95.00 % (1,900 of 2,000 images)"));
    let (width, height) = png_size(&picture.png);
    let size = format!("<svg width=\"{width}\" height=\"{height}\"");
    assert!(picture.svg.starts_with(&size));
}

#[test]
fn confusion_matrices_of_any_usual_size_are_drawn() {
    for n in [1, 2, 10, 50] {
        let counts = vec![vec![123; n]; n];
        let picture = confusion_matrix("a title", &names(n), &counts).unwrap();
        let (width, height) = png_size(&picture.png);
        assert!(width.max(height) < 1000, "{n}: {width} × {height}");
    }
}

#[test]
fn cells_too_small_for_their_counts_stay_without() {
    let matrix = |count| {
        let counts = vec![vec![count; 30]; 30];
        confusion_matrix("", &names(30), &counts).unwrap().svg
    };
    assert!(texts(&matrix(77)).contains(&"77"));
    assert!(!texts(&matrix(7_777_777)).contains(&"7777777"));
}

#[test]
fn a_class_without_images_gets_an_empty_row() {
    let counts = [vec![0, 0], vec![0, u64::MAX]];
    confusion_matrix("a title", &names(2), &counts).unwrap();
    let none = confusion_matrix("a title", &names(2), &vec![vec![0; 2]; 2]).unwrap();
    assert!(texts(&none.svg).contains(&"no images"));
}

#[test]
fn a_long_class_name_is_not_cut_off() {
    let name = "a class with an uncommonly long name";
    let mut classes = names(10);
    classes[3] = name.to_string();
    let picture = confusion_matrix("", &classes, &vec![vec![1; 10]; 10]).unwrap();
    let texts = texts(&picture.svg);
    assert_eq!(texts.iter().filter(|text| **text == name).count(), 2);
    let (width, height) = png_size(&picture.png);
    assert!(width.min(height) > 900);
}

#[test]
fn a_matrix_of_the_wrong_shape_is_an_error_in_one_sentence() {
    let error = |n, counts: &[Vec<u64>]| {
        let error = confusion_matrix("", &names(n), counts).unwrap_err();
        error.to_string()
    };
    let needs = "a confusion matrix of 2 classes needs 2 rows of 2 counts, but ";
    assert_eq!(
        error(2, &[vec![0, 0]]),
        format!("{needs}there are 1") // rows
    );
    assert_eq!(
        error(2, &[vec![0, 0], vec![0]]),
        format!("{needs}row 1 has 1")
    );
    assert!(error(0, &[]).contains("nothing to draw"));
    assert!(error(1000, &[]).contains("the most is 128"));
}

#[test]
fn text_on_a_cell_contrasts_with_it() {
    let [light, dark] = [0.0, 1.0].map(|share| ink_on(ColourScale::Share.colour(share)));
    assert!(matches!(light, Paint::Class("ink")), "{light:?}");
    assert!(matches!(dark, Paint::Colour([255, 255, 255])), "{dark:?}");
}
