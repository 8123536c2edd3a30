//! Reading many pictures in parallel.

use crate::data::error::DataError;
use crate::pictures::PictureError;
use indicatif::{ProgressBar, ProgressStyle};
use rayon::prelude::*;

/// The results for all pictures, in their order; or the error of the first that cannot be read, with the names of the
/// others.
pub(super) fn all_of<T: Send>(
    pictures: impl IndexedParallelIterator<Item = Result<T, PictureError>>,
) -> Result<Vec<T>, DataError> {
    let pictures: Vec<Result<T, PictureError>> = pictures.collect();
    let (mut good, mut bad) = (Vec::with_capacity(pictures.len()), Vec::new());
    for picture in pictures {
        match picture {
            Ok(picture) => good.push(picture),
            Err(error) => bad.push(error),
        }
    }
    let mut bad = bad.into_iter();
    match bad.next() {
        None => Ok(good),
        Some(first) => Err(DataError::Pictures {
            first,
            others: bad.map(|error| error.file).collect(),
        }),
    }
}

pub(super) fn progress_bar(count: usize, show: bool) -> ProgressBar {
    if !show {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} {eta}");
    ProgressBar::new(count as u64)
        .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        .with_message("reading pictures")
}
