//! Checking that the files are complete and official.

use super::check::{Verdict, by_file, compare};
use super::contents::{checksum, file_error};
use super::file_set::FileSet;
use super::find::{Found, look, not_found};
use super::places::Places;
use super::sums::recorded_sums;
use crate::data::error::DataError;
use crate::data::images::ImageDataset;
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
        let images = (found.form.read)(spec, found.form, &found.folder, split)?;
        let subset = check_count(spec, split, &images, &found)?.is_some();
        let verdict = compare(spec, set, split, &images, &found)?;
        if subset {
            whole = false;
            lines.push(format!(
                "{split}: {} of {} images, a subset",
                thousands(images.len()),
                thousands(spec.count(split))
            ));
            continue;
        }
        // The files of the official form are compared below, each for itself.
        let (by_contents, said) = match (verdict, found.form.title) {
            (Verdict::Other(Some((path, problem))), _) => {
                return Err(file_error(&spec.id, &path, problem));
            }
            (Verdict::Other(None), title) if !title.is_empty() => {
                return Err(other_contents(spec, split, &found));
            }
            (Verdict::Other(None), _) => (true, ""),
            (Verdict::Official, "") => (true, ""),
            (Verdict::Official, _) => (true, ", the official ones"),
            (Verdict::Reordered, _) => (true, ", the official ones in another order"),
            (Verdict::Unknown, "") => (false, ""),
            (Verdict::Unknown, _) => (false, ", with no official checksum to compare with"),
        };
        let counts = check_classes(spec, split, &images, &found.folder, by_contents)?;
        lines.push(format!(
            "{split}: {} images, {counts}{said}",
            thousands(images.len())
        ));
    }
    let recorded = recorded_sums(&found.folder);
    for file in found.form.files {
        let path = file.find_in(&found.folder, &spec.id)?;
        let (_, sum) = checksum(&spec.id, &path, file.bytes + 1)?;
        let verdict = match by_file(&spec.id, file, &found.folder, &recorded)? {
            Verdict::Official | Verdict::Reordered => "the official contents, ",
            Verdict::Other(_) if !whole => "not the official contents, ",
            Verdict::Other(Some((path, problem))) => {
                return Err(file_error(&spec.id, &path, problem));
            }
            // What was said of the images goes for it.
            Verdict::Unknown | Verdict::Other(None) if !found.form.title.is_empty() => "",
            Verdict::Unknown | Verdict::Other(None) => "no official checksum to compare with, ",
        };
        lines.push(format!("{}: {verdict}SHA-256 {sum}", file.name));
    }
    Ok(lines)
}

/// Fewer images than in the official data set, or others, are an error, or, in a folder that the user named, a warning.
pub(super) fn check(
    spec: &DatasetSpec,
    set: &FileSet,
    split: Split,
    images: &ImageDataset,
    found: &Found,
) -> Result<Option<String>, DataError> {
    let subset = check_count(spec, split, images, found)?;
    let verdict = compare(spec, set, split, images, found)?;
    match verdict {
        _ if subset.is_some() => Ok(subset),
        Verdict::Official | Verdict::Reordered | Verdict::Unknown => Ok(None),
        Verdict::Other(_) if found.given => Ok(Some(format!(
            "{} at {}: other {} images or labels than the official ones, so results measured on them are for these files only",
            spec.id,
            found.folder.display(),
            split.in_words(),
        ))),
        Verdict::Other(Some((path, problem))) => Err(file_error(&spec.id, &path, problem)),
        Verdict::Other(None) => Err(other_contents(spec, split, found)),
    }
}

fn other_contents(spec: &DatasetSpec, split: Split, found: &Found) -> DataError {
    DataError::OtherContents {
        dataset: spec.id.clone(),
        split,
        folder: found.folder.clone(),
    }
}

/// Fewer images than in the official data set.
fn check_count(
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

/// Checks that every class has equally many images, and returns how many, in words. Images with official checksums
/// (`by_sums`) are not checked in this way, as their classes may differ and the checksums cover their labels.
fn check_classes(
    spec: &DatasetSpec,
    split: Split,
    images: &ImageDataset,
    folder: &Path,
    by_sums: bool,
) -> Result<String, DataError> {
    let expected = spec.count(split) / spec.classes.len();
    let counts = images.class_counts(spec.classes.len());
    let Some(class) = counts.iter().position(|&count| count != expected) else {
        return Ok(format!("{} of each class", thousands(expected)));
    };
    if by_sums {
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
