//! Downloading the files of a data set into the cache folder.

use super::check::{Verdict, by_file};
use super::contents::{digest, packed_like};
use super::download::{
    DownloadSettings, download, download_error, keep, sweep, temporary_file, write_error,
};
use super::file_set::{FileSet, Remote};
use super::official_file::OfficialFile;
use super::places::Places;
use super::sniff::stand_in;
use super::sums::{SUMS, recorded_sums};
use crate::data::error::DataError;
use crate::data::problems::DownloadProblem;
use crate::data::spec::DatasetSpec;
use flate2::bufread::GzDecoder;
use std::fs::{self, File};
use std::io::{BufReader, Read, Seek, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// Downloads the files that are missing or damaged in the cache folder; returns the folder.
pub(super) fn fetch(
    spec: &DatasetSpec,
    set: &FileSet,
    places: &Places,
) -> Result<PathBuf, DataError> {
    if places.offline {
        return Err(DataError::Offline {
            dataset: spec.id.clone(),
        });
    }
    let cache = places.cache.as_ref().ok_or(DataError::NoCacheFolder)?;
    let folder = cache.join(&spec.id);
    fs::create_dir_all(&folder).map_err(|cause| write_error(&folder, cause))?;
    sweep(&folder);
    let recorded = recorded_sums(&folder);
    let is_sound = |file: &OfficialFile| {
        let verdict = by_file(&spec.id, file, &folder, &recorded);
        verdict.is_ok_and(|verdict| verdict == Verdict::Official)
    };
    match &set.remote {
        Remote::Files { base } => {
            for file in set.files() {
                if !is_sound(file) {
                    let address = places.address(base, &format!("{}.gz", file.name));
                    fetch_file(file, &address, &folder, &places.download)?;
                }
            }
        }
        Remote::Archive { base, name, md5 } => {
            if !set.files().iter().all(is_sound) {
                let address = places.address(base, name);
                fetch_archive(set, &address, md5, &folder, &places.download)?;
            }
        }
    }
    Ok(folder)
}

/// Downloads one compressed file and checks its contents.
fn fetch_file(
    file: &OfficialFile,
    address: &str,
    folder: &Path,
    settings: &DownloadSettings,
) -> Result<(), DataError> {
    // A compressed file is at most a little longer than its contents.
    let target = download(address, folder, file.bytes + (1 << 20), settings)?;
    let expected = file.sum.or(file.packed).unwrap_or_default();
    check_start(address, &target)?;
    let contents = GzDecoder::new(reopen(&target)?);
    let mut contents = contents.take(file.bytes as u64 + 1);
    let found = match file.sum {
        Some(sum) => packed_like(sum, &mut contents),
        None => packed_like(expected, &mut reopen(&target)?),
    };
    let found = found
        .map_err(|cause| download_error(address, DownloadProblem::Archive(cause.to_string())))?;
    check_sum(address, found, expected)?;
    // The present file is damaged, or nothing would be downloaded; a plain one would be read instead of the new
    // compressed one.
    while let Some(path) = file.path_in(folder) {
        fs::remove_file(&path).map_err(|cause| write_error(&path, cause))?;
    }
    keep(target, &folder.join(format!("{}.gz", file.name)))
}

/// Downloads the archive, checks it, and unpacks the files of the data set and no others.
fn fetch_archive(
    set: &FileSet,
    address: &str,
    md5: &str,
    folder: &Path,
    settings: &DownloadSettings,
) -> Result<(), DataError> {
    let bytes: usize = set.files().iter().map(|file| file.bytes).sum();
    let archive = download(address, folder, bytes + (1 << 20), settings)?;
    check_start(address, &archive)?;
    let (_, found) = digest::<md5::Md5>(&mut reopen(&archive)?)
        .map_err(|cause| write_error(archive.path(), cause))?;
    check_sum(address, found, md5)?;

    let problem = |text: String| download_error(address, DownloadProblem::Archive(text));
    let broken = |cause: std::io::Error| problem(cause.to_string());
    let mut unpacked: Vec<(&OfficialFile, NamedTempFile)> = Vec::new();
    let mut entries = tar::Archive::new(GzDecoder::new(reopen(&archive)?));
    for entry in entries.entries().map_err(broken)? {
        let mut entry = entry.map_err(broken)?;
        let path = entry.path().map_err(broken)?.into_owned();
        // Only the name is used, not the folder, so that an archive cannot write a file elsewhere.
        let wanted = set
            .files()
            .iter()
            .find(|file| path.file_name().is_some_and(|name| name == file.name));
        let Some(file) = wanted.filter(|_| entry.header().entry_type().is_file()) else {
            continue;
        };
        let mut target = temporary_file(folder)?;
        let length = entry.size();
        if length != file.bytes as u64 {
            let name = file.name;
            return Err(problem(format!("its {name} has {length} bytes")));
        }
        std::io::copy(&mut entry, &mut target).map_err(broken)?;
        unpacked.push((file, target));
    }
    for file in set.files() {
        let count = unpacked.iter().filter(|(f, _)| f.name == file.name).count();
        if count != 1 {
            return Err(problem(format!("it holds {count} files {}", file.name)));
        }
    }

    // The checksums are written first: if the program is interrupted after that, they show which files are missing or
    // old.
    let mut sums = temporary_file(folder)?;
    for (file, target) in &unpacked {
        let (_, sum) = digest::<sha2::Sha256>(&mut reopen(target)?)
            .map_err(|cause| write_error(target.path(), cause))?;
        writeln!(sums, "{sum}  {}", file.name).map_err(|cause| write_error(folder, cause))?;
    }
    keep(sums, &folder.join(SUMS))?;
    for (file, target) in unpacked {
        keep(target, &folder.join(file.name))?;
    }
    Ok(())
}

/// Checks that a download is no page that a server, or a network that wants a sign-in, gives instead of the file.
fn check_start(address: &str, target: &NamedTempFile) -> Result<(), DataError> {
    let mut start = Vec::new();
    let read = reopen(target)?.take(512).read_to_end(&mut start);
    read.map_err(|cause| write_error(target.path(), cause))?;
    match stand_in(&start) {
        Some(problem) => Err(download_error(
            address,
            DownloadProblem::Archive(format!("it {problem}")),
        )),
        None => Ok(()),
    }
}

/// Checks the checksum of a download.
fn check_sum(address: &str, found: String, expected: &str) -> Result<(), DataError> {
    if found == expected {
        return Ok(());
    }
    let expected = expected.to_owned();
    Err(download_error(
        address,
        DownloadProblem::Checksum { found, expected },
    ))
}

/// A second reader of a temporary file, at its beginning.
fn reopen(file: &NamedTempFile) -> Result<BufReader<File>, DataError> {
    let mut handle = file
        .reopen()
        .map_err(|cause| write_error(file.path(), cause))?;
    handle
        .rewind()
        .map_err(|cause| write_error(file.path(), cause))?;
    Ok(BufReader::new(handle))
}
