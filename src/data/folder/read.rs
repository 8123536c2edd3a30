//! Reading many pictures in parallel.

use crate::pictures::PictureError;
use indicatif::{ProgressBar, ProgressStyle};
use rayon::prelude::*;

/// The results for all pictures, in their order, and the errors of those that cannot be read.
pub(super) fn all_of<T: Send>(
    pictures: impl IndexedParallelIterator<Item = Result<T, PictureError>>,
) -> (Vec<Option<T>>, Vec<PictureError>) {
    let pictures: Vec<Result<T, PictureError>> = pictures.collect();
    let mut bad = Vec::new();
    let good = pictures.into_iter().map(|picture| match picture {
        Ok(picture) => Some(picture),
        Err(error) => {
            bad.push(error);
            None
        }
    });
    (good.collect(), bad)
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
