//! Comparing images with the official ones, whatever the form in which they were found.
//!
//! Of MNIST and the data sets made like it, the official checksums are those of files whose contents follow from the
//! images and labels, so that these are checked themselves. Of other data sets, the files are.

use super::archive::is_published;
use super::contents::{checksum, checksum_like, digest, hexadecimal};
use super::file_set::{FileSet, Form};
use super::find::Found;
use super::idx::{IMAGES_MAGIC, LABELS_MAGIC};
use super::known::Known;
use super::official_file::{Listing, OfficialFile, plain};
use super::sums::recorded_sums;
use crate::data::error::DataError;
use crate::data::images::ImageDataset;
use crate::data::problems::FileProblem;
use crate::data::spec::DatasetSpec;
use crate::data::split::Split;
use sha2::digest::Digest;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// What a comparison with the official images found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// They are the official ones.
    Official,
    /// They are the official ones in another order.
    Reordered,
    /// There is nothing to compare them with.
    Unknown,
    /// They are others. If a file shows it, its path and the problem.
    Other(Option<(PathBuf, FileProblem)>),
}

/// Compares the images of a split with the official ones.
///
/// # Errors
/// [`DataError::AnotherDataset`] if they are those of another data set, or of the other split.
pub(super) fn compare(
    spec: &DatasetSpec,
    set: &FileSet,
    split: Split,
    images: &ImageDataset,
    found: &Found,
) -> Result<Verdict, DataError> {
    let Some(known) = set.known else {
        return by_files(&spec.id, found.form, &found.folder, split);
    };
    let [pixels, labels] = sums(images)?;
    let is = |sum: &str, official: Option<&str>| official == Some(sum);
    let [official_pixels, official_labels] = known.sums(split);
    if is(&pixels, official_pixels) && is(&labels, official_labels) {
        return Ok(Verdict::Official);
    }
    for other in set.relatives {
        for part in [Split::Train, Split::Test] {
            let own = other.id == known.id && part == split;
            let [other_pixels, other_labels] = other.sums(part);
            let [has_pixels, has_labels] = [is(&pixels, other_pixels), is(&labels, other_labels)];
            let what = match [has_pixels, has_labels] {
                _ if own => continue,
                [false, false] => continue,
                [true, true] => format!("the {} images", part.in_words()),
                [true, false] => format!("the pixels of the {} images", part.in_words()),
                [false, true] => format!("the labels of the {} images", part.in_words()),
            };
            return Err(another(
                known,
                split,
                found,
                other,
                &what,
                "by their checksums",
            ));
        }
    }
    if found.form.title.is_empty() {
        for other in set.relatives.iter().filter(|other| other.id != known.id) {
            if published(&other.files, &found.folder, split)? {
                let what = format!("a file of the {} images", split.in_words());
                return Err(another(
                    known,
                    split,
                    found,
                    other,
                    &what,
                    "by its checksum",
                ));
            }
        }
    }
    let all = images.len() == spec.count(split);
    if !all && !images.is_empty() {
        let (_, first) = digest::<sha2::Sha256>(&mut &*images.image(0)?).unwrap_or_default();
        for other in set.relatives {
            for part in [Split::Train, Split::Test] {
                let own = other.id == known.id && part == split;
                if !own && is(&first, other.first(part)) {
                    let what = format!("the first of the {} images", part.in_words());
                    return Err(another(known, split, found, other, &what, "by its pixels"));
                }
            }
        }
    }
    let verdict = match [official_pixels, official_labels] {
        [Some(_), Some(_)] => Verdict::Other(None),
        _ if found.form.title.is_empty() => by_files(&spec.id, found.form, &found.folder, split)?,
        _ => Verdict::Unknown,
    };
    if verdict == Verdict::Official {
        return Ok(verdict);
    }
    if all
        && let Some(official) = known.any_order(split)
        && in_any_order(images)? == official
    {
        return Ok(Verdict::Reordered);
    }
    if let Some(other) = named(set.relatives, &found.folder).filter(|it| it.id != known.id) {
        return Err(another(
            known,
            split,
            found,
            other,
            &format!("the {} images", split.in_words()),
            "by the folder's name, as their contents are not known: rename it if this is wrong",
        ));
    }
    Ok(match verdict {
        Verdict::Other(None) if !all => Verdict::Unknown,
        verdict => verdict,
    })
}

/// The data set after which a folder is named, or the one around a folder `raw`.
fn named(known: &[&'static Known], folder: &Path) -> Option<&'static Known> {
    let mut parts = folder
        .components()
        .rev()
        .filter_map(|part| part.as_os_str().to_str());
    let last = parts.next()?;
    let name = match plain(last).as_str() {
        "raw" => plain(parts.next()?),
        name => name.to_owned(),
    };
    known.iter().copied().find(|it| it.is_called(&name))
}

fn another(
    known: &Known,
    split: Split,
    found: &Found,
    other: &Known,
    what: &str,
    how: &str,
) -> DataError {
    let cure = match other.id == known.id {
        true => "put the official files there under their own names".to_owned(),
        false => format!(
            "train on it as the data set {}, or name the folder that holds {} with ‘data_dir’",
            other.id, known.title
        ),
    };
    DataError::AnotherDataset {
        folder: found.folder.clone(),
        found: format!("{what} of {} ({how})", other.title),
        wanted: format!("the {} images of {}", split.in_words(), known.title),
        cure,
    }
}

/// Whether one of these files lies in the folder as it was published, compressed.
fn published(files: &[OfficialFile], folder: &Path, split: Split) -> Result<bool, DataError> {
    let listing = Listing::of(folder);
    for file in files.iter().filter(|file| file.splits.contains(&split)) {
        let Some(sum) = file.packed else { continue };
        let path = file.path_among(&listing).filter(|path| path.is_file());
        if let Some(path) = path
            && is_published(&path, sum)?
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Compares the files of a split with their checksums.
fn by_files(dataset: &str, form: &Form, folder: &Path, split: Split) -> Result<Verdict, DataError> {
    let recorded = recorded_sums(folder);
    let mut verdict = Verdict::Official;
    for file in form.files_of(split) {
        match by_file(dataset, file, folder, &recorded)? {
            Verdict::Official => {}
            Verdict::Other(problem) => return Ok(Verdict::Other(problem)),
            other => verdict = other,
        }
    }
    Ok(verdict)
}

/// Compares a file with its official checksum, or else with the one recorded when it was unpacked, or with that of the
/// compressed file beside it.
pub(super) fn by_file(
    dataset: &str,
    file: &OfficialFile,
    folder: &Path,
    recorded: &[(String, String)],
) -> Result<Verdict, DataError> {
    let path = file.find_in(folder, dataset)?;
    if file.is_archive() {
        return by_archive(file, path);
    }
    let recorded = recorded.iter().find(|(name, _)| name == file.name);
    let expected = match (file.sum, recorded) {
        (Some(sum), _) => Some(sum.to_owned()),
        (None, Some((_, sum))) => Some(sum.clone()),
        (None, None) => of_published(dataset, file, folder)?,
    };
    let Some(expected) = expected else {
        return Ok(Verdict::Unknown);
    };
    let found = checksum_like(&expected, dataset, &path, file.bytes + 1)?;
    Ok(match found == expected {
        true => Verdict::Official,
        false => Verdict::Other(Some((path, FileProblem::Checksum { found, expected }))),
    })
}

/// Compares an archive with the one that was published; one that a browser has unpacked on the way cannot be compared.
fn by_archive(file: &OfficialFile, path: PathBuf) -> Result<Verdict, DataError> {
    let Some(packed) = file.packed.filter(|_| is_gzip(&path)) else {
        return Ok(Verdict::Unknown);
    };
    Ok(match is_published(&path, packed)? {
        true => Verdict::Official,
        false => Verdict::Other(Some((path, FileProblem::OtherArchive))),
    })
}

fn is_gzip(path: &Path) -> bool {
    let mut start = [0; 2];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut start));
    read.is_ok() && start == [0x1f, 0x8b]
}

/// The checksum of the contents of the compressed file that was published, if it lies in the folder.
fn of_published(
    dataset: &str,
    file: &OfficialFile,
    folder: &Path,
) -> Result<Option<String>, DataError> {
    let Some(packed) = file.packed else {
        return Ok(None);
    };
    let paths = file.paths_among(&Listing::of(folder));
    for path in paths.iter().filter(|path| path.is_file()) {
        if is_published(path, packed)? {
            let (_, sum) = checksum(dataset, path, file.bytes + 1)?;
            return Ok(Some(sum));
        }
    }
    Ok(None)
}

/// The SHA-256 of the files that would hold these images and their labels.
fn sums(images: &ImageDataset) -> Result<[String; 2], DataError> {
    let shape = images.shape();
    let [count, height, width] = [images.len(), shape.height, shape.width].map(|it| it as u32);
    let mut pixels = sha2::Sha256::new();
    for number in [IMAGES_MAGIC, count, height, width] {
        pixels.update(number.to_be_bytes());
    }
    for index in 0..images.len() {
        pixels.update(images.image(index)?);
    }
    let labels: Vec<u8> = images.labels().iter().map(|&label| label as u8).collect();
    let labels = [
        &LABELS_MAGIC.to_be_bytes()[..],
        &count.to_be_bytes(),
        &labels,
    ]
    .concat();
    let labels = digest::<sha2::Sha256>(&mut &labels[..]).map(|(_, sum)| sum);
    Ok([hexadecimal(&pixels.finalize()), labels.unwrap_or_default()])
}

/// A checksum of the images with their labels that is the same in every order: the sum of the first sixteen bytes of
/// their SHA-256.
fn in_any_order(images: &ImageDataset) -> Result<String, DataError> {
    let mut sum = 0u128;
    for (index, &label) in images.labels().iter().enumerate() {
        let mut hasher = sha2::Sha256::new();
        hasher.update([label as u8]);
        hasher.update(images.image(index)?);
        let digest = hasher.finalize();
        let first = digest.first_chunk().copied().unwrap_or_default();
        sum = sum.wrapping_add(u128::from_le_bytes(first));
    }
    Ok(format!("{sum:032x}"))
}
