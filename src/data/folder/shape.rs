//! The shapes of images that pictures can become.

use burn_zoo_models::ImageShape;

/// The shape unless the user gives another: that of CIFAR-10's images.
pub(in crate::data) const SHAPE: ImageShape = ImageShape::new(3, 32, 32);
/// The longest side of an image, in pixels.
const LONGEST_SIDE: usize = 4096;

/// Checks that pictures can become images of this shape.
///
/// # Errors
/// A sentence that says why they cannot.
pub fn check_shape(shape: ImageShape) -> Result<(), String> {
    let sides = [shape.height, shape.width];
    if ![1, 3].contains(&shape.channels) {
        return Err(format!(
            "images of {shape} have neither 1 channel (grey) nor 3 (red, green, blue)"
        ));
    }
    if !sides.iter().all(|side| (1..=LONGEST_SIDE).contains(side)) {
        return Err(format!(
            "images of {shape} have a side that is not 1 to {LONGEST_SIDE} pixels long"
        ));
    }
    Ok(())
}
