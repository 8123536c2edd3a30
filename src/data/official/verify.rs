//! Checking that the files are complete and official.

use super::contents::{checksum, file_error};
use super::file_set::FileSet;
use super::find::{Found, look, not_found};
use super::places::Places;
use super::sums::{expected_sum, recorded_sums};
use crate::data::error::DataError;
use crate::data::images::ImageDataset;
use crate::data::problems::FileProblem;
use crate::data::spec::DatasetSpec;
use crate::data::split::Split;
use crate::numbers::thousands;
use std::path::Path;

/// Reads and checks every file; returns a line for each thing that was checked.
pub(super) fn verify(
    spec: &DatasetSpec,
    set: &FileSet,
    places: &Places,
) -> Result<Vec<String>, DataError> {
    let found = look(spec, set, &[Split::Train, Split::Test], places)?
        .map_err(|tried| not_found(spec, set, places, tried, None))?;
    let mut lines = vec![format!("{}: {}", spec.id, found.origin)];
    let mut whole = true;
    for split in [Split::Train, Split::Test] {
        let images = (set.read)(spec, &found.folder, split)?;
        let warning = check_count(spec, split, &images, &found)?;
        lines.push(match warning {
            None => {
                let counts = check_classes(spec, set, split, &images, &found.folder)?;
                format!("{split}: {} images, {counts}", thousands(images.len()))
            }
            Some(_) => {
                whole = false;
                format!(
                    "{split}: {} of {} images, a subset",
                    thousands(images.len()),
                    thousands(spec.count(split))
                )
            }
        });
    }
    let recorded = recorded_sums(&found.folder);
    for file in set.files {
        let path = file.find_in(&found.folder, &spec.id)?;
        let (_, sum) = checksum(&spec.id, &path, file.bytes + 1)?;
        let verdict = match expected_sum(file, &recorded) {
            Some(expected) if expected == sum => "the official contents",
            Some(_) if !whole => "not the official contents",
            Some(expected) => {
                let expected = expected.to_owned();
                let problem = FileProblem::Checksum {
                    found: sum,
                    expected,
                };
                return Err(file_error(&spec.id, &path, problem));
            }
            None => "no official checksum to compare with",
        };
        lines.push(format!("{}: {verdict}, SHA-256 {sum}", file.name));
    }
    Ok(lines)
}

/// Fewer images than in the official data set are an error, or, in a folder that the user named, a warning.
pub(super) fn check_count(
    spec: &DatasetSpec,
    split: Split,
    images: &ImageDataset,
    found: &Found,
) -> Result<Option<String>, DataError> {
    let expected = spec.count(split);
    if images.len() == expected {
        return Ok(None);
    }
    if !found.given {
        return Err(DataError::Incomplete {
            dataset: spec.id.clone(),
            split,
            folder: found.folder.clone(),
            found: images.len(),
            expected,
        });
    }
    let kind = split.in_words();
    Ok(Some(format!(
        "{} at {}: {} of {} {kind} images, so results measured on them are for this subset only",
        spec.id,
        found.folder.display(),
        thousands(images.len()),
        thousands(expected)
    )))
}

/// Checks that every class has equally many images, and returns how many, in words. Files with an official checksum are
/// not checked in this way, as their classes may differ and the checksum already covers their labels.
fn check_classes(
    spec: &DatasetSpec,
    set: &FileSet,
    split: Split,
    images: &ImageDataset,
    folder: &Path,
) -> Result<String, DataError> {
    let expected = spec.count(split) / spec.classes.len();
    let counts = images.class_counts(spec.classes.len());
    let Some(class) = counts.iter().position(|&count| count != expected) else {
        return Ok(format!("{} of each class", thousands(expected)));
    };
    let mut files = set.files.iter().filter(|file| file.split == split);
    if files.all(|file| file.sha256.is_some()) {
        let [least, most] = [counts.iter().min(), counts.iter().max()];
        let [least, most] = [least, most].map(|count| thousands(count.copied().unwrap_or(0)));
        return Ok(format!("{least} to {most} of a class"));
    }
    Err(DataError::ClassCount {
        dataset: spec.id.clone(),
        split,
        folder: folder.to_owned(),
        class,
        found: counts[class],
        expected,
    })
}
