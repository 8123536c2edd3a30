//! Where in a folder the classes are: in the folder itself, in folders of splits, or in a folder around either.

use super::listing::{Listing, canonical, list};
use super::words::split_of;
use crate::data::error::DataError;
use crate::data::problems::FolderProblem;
use crate::data::split::Split;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// The most folders around the one with the classes.
const MOST_AROUND: usize = 16;
/// The most folders within a folder in which pictures are looked for.
const MOST_WITHIN: usize = 4;

/// Where the classes are.
pub(super) struct Layout {
    /// The folder with the classes or the splits: the one that the user names, or one within.
    pub root: PathBuf,
    /// The folders of the splits; none where the classes are not split.
    pub splits: Vec<(Split, PathBuf)>,
    /// What the user should know about it.
    pub notes: Vec<String>,
}

/// Finds the classes of a folder.
pub(super) fn layout(path: &Path) -> Result<Layout, DataError> {
    let root = unwrapped(path)?;
    let (mut splits, mut flat) = (Vec::new(), Vec::new());
    for folder in list(&root)?.folders {
        let Some(split) = named_split(&folder) else {
            continue;
        };
        match is_split(&list(&folder)?) {
            true => splits.push((split, folder)),
            false => flat.push((split, folder)),
        }
    }
    let wrong = |place: &Path, problem| {
        Err(DataError::Folder {
            path: place.to_owned(),
            problem,
        })
    };
    let all = || splits.iter().chain(&flat);
    for wanted in Split::ALL {
        let mut same = all().filter(|(split, _)| *split == wanted);
        if let (Some((_, one)), Some((_, other))) = (same.next(), same.next())
            && all().any(|(split, _)| *split != wanted)
        {
            let [one, other] = [one, other].map(|path| name_of(path));
            let split = wanted.in_words();
            return wrong(&root, FolderProblem::TwoOfASplit { split, one, other });
        }
    }
    let names: Vec<String> = all().map(|(_, path)| name_of(path)).collect();
    let has = |wanted| splits.iter().any(|(split, _)| *split == wanted);
    let mut notes = Vec::new();
    if has(Split::Train) {
        if let Some((_, empty)) = flat.first() {
            return wrong(empty, FolderProblem::NoClasses);
        }
        if splits.len() == 1 {
            return wrong(&root, FolderProblem::NoTest(names[0].clone()));
        }
    } else if let Some((_, other)) = splits.first() {
        return wrong(&root, FolderProblem::NoTrain(name_of(other)));
    } else if names.len() > 1 {
        return wrong(&root, FolderProblem::SplitsWithoutClasses(names));
    } else if let [(Split::Test | Split::Valid, folder)] = flat.as_slice() {
        notes.push(format!(
            "{} is taken for a class, as it holds pictures and no folders of classes",
            folder.display()
        ));
    }
    for (_, folder) in &mut splits {
        *folder = unwrapped(folder)?;
    }
    splits.sort_by_key(|(split, _)| *split);
    Ok(Layout {
        root,
        splits,
        notes,
    })
}

/// Whether a folder with the name of a split is one, as it holds folders of classes.
fn is_split(listing: &Listing) -> bool {
    match listing.folders.len() {
        0 => false,
        1 => !listing.holds_pictures(),
        _ => true,
    }
}

/// The folder with several folders or splits within that is the only one in the only one … in this folder; or this
/// folder, if there is none.
fn unwrapped(path: &Path) -> Result<PathBuf, DataError> {
    let mut at = path.to_owned();
    for _ in 0..MOST_AROUND {
        let listing = list(&at)?;
        if listing.holds_pictures() && at != path {
            break;
        }
        let folders = match listing.folders.iter().any(|it| named_split(it).is_some()) {
            true => listing.folders.clone(),
            false => two_with_pictures(&listing)?,
        };
        match folders.as_slice() {
            [] => break,
            [only] if named_split(only).is_none() || is_wrapped_again(&at, only) => {
                if listing.holds_pictures() || canonical(&at)?.starts_with(canonical(only)?) {
                    break;
                }
                at = only.clone();
            }
            _ => return Ok(at),
        }
    }
    Ok(path.to_owned())
}

/// The first two folders in which there are pictures, at any depth: others may hold labels.
fn two_with_pictures(listing: &Listing) -> Result<Vec<PathBuf>, DataError> {
    let mut found = Vec::new();
    for folder in &listing.folders {
        if found.len() < 2 && holds_pictures_within(folder, MOST_WITHIN)? {
            found.push(folder.clone());
        }
    }
    Ok(found)
}

fn holds_pictures_within(folder: &Path, depth: usize) -> Result<bool, DataError> {
    let listing = list(folder)?;
    if listing.holds_pictures() {
        return Ok(true);
    }
    if depth > 0 {
        for folder in &listing.folders {
            if holds_pictures_within(folder, depth - 1)? {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// Whether the folder of a split holds another of the same name, as archives that were unpacked into a folder do.
fn is_wrapped_again(folder: &Path, within: &Path) -> bool {
    named_split(folder).is_some() && named_split(folder) == named_split(within)
}

fn named_split(folder: &Path) -> Option<Split> {
    folder
        .file_name()
        .and_then(OsStr::to_str)
        .and_then(split_of)
}

pub(super) fn name_of(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}
