//! Looking for the files in the places on this machine.

use super::file_set::{FileSet, Form};
use super::lying::holds;
use super::official_file::{Listing, OfficialFile, plain};
use super::places::Places;
use crate::data::error::DataError;
use crate::data::spec::DatasetSpec;
use crate::data::split::Split;
use std::fs;
use std::path::{Path, PathBuf};

/// A folder that holds the files of a split.
pub(super) struct Found<'a> {
    pub folder: PathBuf,
    /// The form in which they are there.
    pub form: &'a Form,
    /// Where it was found, in words.
    pub origin: String,
    /// Whether the user named it with `--data-dir`, and so accepts what it holds.
    pub given: bool,
}

impl<'a> Found<'a> {
    pub fn new(form: &'a Form, folder: PathBuf, origin: &str, given: bool) -> Self {
        let read = match form.title {
            "" => String::new(),
            title => format!(", {title}"),
        };
        Self {
            origin: format!("folder {}, {origin}{read}", folder.display()),
            folder,
            form,
            given,
        }
    }
}

/// Looks for a folder that holds all files of `splits`. If there is none, it says for each place which file is missing
/// there.
///
/// # Errors
/// If `--data-dir` is not a folder.
pub(super) fn look<'a>(
    spec: &DatasetSpec,
    set: &'a FileSet,
    splits: &[Split],
    places: &Places,
) -> Result<Result<Found<'a>, Vec<String>>, DataError> {
    if let Some(given) = &places.given {
        if !given.is_dir() {
            let path = given.clone();
            let dataset = spec.id.clone();
            return Err(DataError::NotAFolder { dataset, path });
        }
        // It is taken even if files are missing: reading it later names the first of them.
        let best = best(spec, set, splits, given)?;
        let found = Found::new(best.form, best.folder, "named by the user", true);
        return Ok(Ok(found));
    }

    let package = set.package.as_ref().filter(|_| places.packages);
    let candidates = [
        places
            .variable
            .as_ref()
            .map(|folder| (folder.clone(), "given by BURN_ZOO_DATA".to_owned())),
        places
            .cache
            .as_ref()
            .map(|folder| (folder.join(&spec.id), "the cache folder".to_owned())),
        package.map(|package| {
            let origin = format!("installed by Debian's package {}", package.name);
            (PathBuf::from(package.folder), origin)
        }),
    ];
    let mut tried = Vec::new();
    if places.variable.is_none() {
        tried.push("BURN_ZOO_DATA is not set".to_owned());
    }
    for (place, origin) in candidates.into_iter().flatten() {
        let best = best(spec, set, splits, &place)?;
        let Some(missing) = best.missing.first() else {
            return Ok(Ok(Found::new(best.form, best.folder, &origin, false)));
        };
        let other = match holds(&place) {
            Some(other) => format!(", which holds {other}"),
            None => String::new(),
        };
        tried.push(format!(
            "no {} in {}, {}{other}",
            missing.name,
            best.folder.display(),
            origin.replace("installed by", "where it would be installed by")
        ));
    }
    Ok(Err(tried))
}

/// A folder, the form in which it holds a data set, and the files of the wanted splits that are missing in it.
struct Candidate<'a> {
    folder: PathBuf,
    form: &'a Form,
    missing: Vec<&'static OfficialFile>,
    /// Whether files of the other split are missing.
    others_missing: bool,
    /// Whether no file is there.
    empty: bool,
}

/// The folder in `place` that holds the files, in the form that comes first, or else the one in which the fewest are
/// missing.
///
/// The files may be in `place` itself, in the folders in which programs keep them, or in any folder in it, unless that
/// is named after another data set.
fn best<'a>(
    spec: &DatasetSpec,
    set: &'a FileSet,
    splits: &[Split],
    place: &Path,
) -> Result<Candidate<'a>, DataError> {
    let usual = usual_folders(spec, set, place);
    let mut candidates: Vec<Candidate<'a>> = Vec::new();
    for folder in &usual {
        candidates.extend(in_folder(set, splits, folder));
    }
    if !candidates.iter().any(Candidate::is_whole) {
        let below = other_folders(set, place);
        let below = below.iter().filter(|folder| !usual.contains(folder));
        let below: Vec<_> = below.flat_map(|it| in_folder(set, splits, it)).collect();
        let mut whole: Vec<&PathBuf> = below
            .iter()
            .filter(|it| it.is_whole())
            .map(|it| &it.folder)
            .collect();
        whole.dedup();
        if whole.len() > 1 {
            let shown = |folder: &&PathBuf| {
                let below = folder.strip_prefix(place).unwrap_or(folder);
                below.display().to_string()
            };
            return Err(DataError::Ambiguous {
                dataset: spec.id.clone(),
                place: place.to_owned(),
                folders: whole.iter().map(shown).collect(),
            });
        }
        candidates.extend(below);
    }
    let nowhere = || Candidate::nowhere(set, splits, place);
    let candidates = candidates.into_iter().filter(|it| !it.empty);
    // The first of the least.
    let best = candidates.min_by_key(|it| (it.missing.len(), it.others_missing));
    best.or_else(nowhere).ok_or_else(|| DataError::NoFiles {
        dataset: spec.id.clone(),
    })
}

impl<'a> Candidate<'a> {
    fn is_whole(&self) -> bool {
        self.missing.is_empty()
    }

    fn of(form: &'a Form, listing: &Listing, splits: &[Split]) -> Self {
        let is_missing = |file: &&'static OfficialFile| file.path_among(listing).is_none();
        let is_wanted =
            |file: &&'static OfficialFile| file.splits.iter().any(|split| splits.contains(split));
        let missing: Vec<_> = form.files.iter().filter(is_missing).collect();
        Self {
            folder: listing.folder.clone(),
            form,
            empty: missing.len() == form.files.len(),
            others_missing: !missing.iter().all(is_wanted),
            missing: missing.into_iter().filter(is_wanted).collect(),
        }
    }

    /// Nothing is there, and the official files are missing.
    fn nowhere(set: &'a FileSet, splits: &[Split], place: &Path) -> Option<Self> {
        let listing = Listing::of(place);
        Some(Self::of(set.forms.first()?, &listing, splits))
    }
}

/// What a folder holds in each form.
fn in_folder<'a>(
    set: &'a FileSet,
    splits: &[Split],
    folder: &Path,
) -> impl Iterator<Item = Candidate<'a>> {
    let listing = Listing::of(folder);
    let forms = set.forms.iter();
    forms.map(move |form| Candidate::of(form, &listing, splits))
}

/// `place`, and the folders in it in which programs keep the files.
fn usual_folders(spec: &DatasetSpec, set: &FileSet, place: &Path) -> Vec<PathBuf> {
    let own = place.join(&spec.id);
    let mut folders = vec![place.to_owned(), own.clone()];
    for folder in set.folders {
        for place in [place, &own] {
            folders.push(place.join(folder));
            // As torchvision names them; the user may have named the one around `raw`.
            if let Some((first, _)) = folder.split_once('/') {
                folders.push(place.join(first));
            }
        }
    }
    folders
}

/// All folders in `place` and the folders `raw` in them, but for those named after another data set.
fn other_folders(set: &FileSet, place: &Path) -> Vec<PathBuf> {
    let own = set.known.map(|known| known.id);
    let others = set.relatives.iter().filter(|it| Some(it.id) != own);
    let others: Vec<_> = others.collect();
    let entries = fs::read_dir(place).into_iter().flatten().flatten();
    let folders = entries.filter(|entry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        let of_another = others.iter().any(|it| it.is_called(&plain(&name)));
        !name.starts_with('.') && !of_another && entry.path().is_dir()
    });
    let mut folders: Vec<PathBuf> = folders
        .map(|entry| entry.path())
        .take(MOST_FOLDERS)
        .collect();
    folders.sort();
    let all = folders.iter().flat_map(|it| [it.clone(), it.join("raw")]);
    all.collect()
}

/// The most folders that are looked into.
const MOST_FOLDERS: usize = 500;

/// The folder that holds the files of both splits.
pub(super) fn path(
    spec: &DatasetSpec,
    set: &FileSet,
    places: &Places,
) -> Result<PathBuf, DataError> {
    let found = look(spec, set, &[Split::Train, Split::Test], places)?
        .map_err(|tried| not_found(spec, set, places, tried, None))?;
    for file in found.form.files {
        file.find_in(&found.folder, &spec.id)?;
    }
    Ok(found.folder)
}

/// The error that the data set is in none of the places, with the ways to get it.
pub(super) fn not_found(
    spec: &DatasetSpec,
    set: &FileSet,
    places: &Places,
    tried: Vec<String>,
    download: Option<&DataError>,
) -> DataError {
    let download = download.map(|error| match error {
        DataError::Offline { .. } => {
            " and may not be downloaded, as BURN_ZOO_OFFLINE is set".to_owned()
        }
        DataError::Download { address, problem } => {
            format!(" and {address} could not be downloaded ({problem})")
        }
        other => format!(" and could not be downloaded ({other})"),
    });
    let names: Vec<&str> = set.files().iter().map(|file| file.name).collect();
    let install = match &set.package {
        Some(package) => format!("install Debian's package {}, or ", package.name),
        None => String::new(),
    };
    let cache = match &places.cache {
        Some(cache) => cache.join(&spec.id).display().to_string(),
        None => "the cache folder here".to_owned(),
    };
    let ways = format!(
        "{install}put its files ({}) into a folder and name that with ‘data_dir’ or BURN_ZOO_DATA, or run \
         `zoo data fetch {}` on a machine with internet access and copy the folder it names to {cache}",
        names.join(", "),
        spec.id
    );
    DataError::NotFound {
        dataset: spec.id.clone(),
        tried,
        download,
        ways,
    }
}
