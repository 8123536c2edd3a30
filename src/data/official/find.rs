//! Looking for the files in the places on this machine.

use super::file_set::{FileSet, OfficialFile};
use super::places::Places;
use crate::data::error::DataError;
use crate::data::spec::DatasetSpec;
use crate::data::split::Split;
use std::path::{Path, PathBuf};

/// A folder that holds the files of a split.
pub(super) struct Found {
    pub folder: PathBuf,
    /// Where it was found, in words.
    pub origin: String,
    /// Whether the user named it with `--data-dir`, and so accepts what it holds.
    pub given: bool,
}

/// Looks for a folder that holds all files of `splits`. If there is none, it says for each place which file is missing
/// there.
///
/// # Errors
/// If `--data-dir` is not a folder.
pub(super) fn look(
    spec: &DatasetSpec,
    set: &FileSet,
    splits: &[Split],
    places: &Places,
) -> Result<Result<Found, Vec<String>>, DataError> {
    if let Some(given) = &places.given {
        if !given.is_dir() {
            let path = given.clone();
            let dataset = spec.id.clone();
            return Err(DataError::NotAFolder { dataset, path });
        }
        // It is taken even if files are missing: reading it later names the first of them.
        let folder = best_folder(spec, set, splits, given).0;
        let origin = format!("folder {}, named by the user", folder.display());
        return Ok(Ok(Found {
            folder,
            origin,
            given: true,
        }));
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
        match best_folder(spec, set, splits, &place) {
            (folder, None) => {
                return Ok(Ok(Found {
                    origin: format!("folder {}, {origin}", folder.display()),
                    folder,
                    given: false,
                }));
            }
            (folder, Some(missing)) => tried.push(format!(
                "no {} in {}, {}",
                missing.name,
                folder.display(),
                origin.replace("installed by", "where it would be installed by")
            )),
        }
    }
    Ok(Err(tried))
}

/// The folder in `place` in which the fewest files are missing, and the first of these files.
///
/// The files may be in `place` itself or in its subfolder named after the data set, or, in either of them, in the
/// folder of the official archive.
fn best_folder<'a>(
    spec: &DatasetSpec,
    set: &'a FileSet,
    splits: &[Split],
    place: &Path,
) -> (PathBuf, Option<&'a OfficialFile>) {
    let missing = |folder: &Path| -> Vec<&'a OfficialFile> {
        let wanted = set.files.iter().filter(|f| splits.contains(&f.split));
        wanted.filter(|f| f.path_in(folder).is_none()).collect()
    };
    let mut others = vec![place.join(&spec.id)];
    if let Some(name) = set.subfolder {
        others.push(place.join(name));
        others.push(place.join(&spec.id).join(name));
    }
    let mut best = (place.to_owned(), missing(place));
    for folder in others {
        let missing = missing(&folder);
        if missing.len() < best.1.len() {
            best = (folder, missing);
        }
    }
    (best.0, best.1.first().copied())
}

/// The folder that holds the files of both splits.
pub(super) fn path(
    spec: &DatasetSpec,
    set: &FileSet,
    places: &Places,
) -> Result<PathBuf, DataError> {
    let found = look(spec, set, &[Split::Train, Split::Test], places)?
        .map_err(|tried| not_found(spec, set, places, tried, None))?;
    for file in set.files {
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
    let names: Vec<&str> = set.files.iter().map(|file| file.name).collect();
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
