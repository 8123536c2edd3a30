//! Why there is no picture.

/// Why there is no picture. Each message is one sentence.
#[derive(Debug, thiserror::Error)]
pub enum DrawError {
    /// There are no values.
    #[error("there is nothing to draw: the {0} hold no values")]
    Empty(&'static str),
    /// The counts are not a square of the classes' number.
    #[error(
        "a confusion matrix of {classes} classes needs {classes} rows of {classes} counts, but {found}"
    )]
    Shape {
        /// The number of classes.
        classes: usize,
        /// The number of rows or counts instead.
        found: String,
    },
    /// There are more classes than a picture can show.
    #[error(
        "a confusion matrix of {classes} classes cannot be read as a picture; the most is {most}"
    )]
    TooManyClasses {
        /// The number of classes.
        classes: usize,
        /// The largest number that can be read.
        most: usize,
    },
    /// The SVG could not be rendered, or the PNG not encoded.
    #[error("the picture could not be rendered as a PNG: {0}")]
    Rendering(String),
}
