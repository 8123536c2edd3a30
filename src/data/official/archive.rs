//! Reading the files of a data set out of the archive in which they are published, without unpacking it.

use super::contents::{file_error, open, packed_like, read_error};
use super::official_file::OfficialFile;
use crate::data::error::DataError;
use crate::data::problems::FileProblem;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// The contents of these files in the archive at `path`, in their order.
pub(in crate::data) fn read<'a>(
    dataset: &str,
    path: &Path,
    limit: usize,
    files: impl Iterator<Item = &'a OfficialFile>,
) -> Result<Vec<Vec<u8>>, DataError> {
    let files: Vec<&OfficialFile> = files.collect();
    let mut found: Vec<Option<Vec<u8>>> = files.iter().map(|_| None).collect();
    let error = |problem| file_error(dataset, path, problem);
    let broken = |cause: std::io::Error| match read_error(dataset, path, cause) {
        DataError::Read { cause, .. } => error(FileProblem::Archive(format!(
            "is no archive, or a damaged one ({cause})"
        ))),
        other => other,
    };
    let mut start = Vec::new();
    open(dataset, path)?
        .take(1 << 10)
        .read_to_end(&mut start)
        .map_err(broken)?;
    if let Some(problem) = super::sniff::stand_in(&start) {
        return Err(error(problem));
    }
    if start.is_empty() {
        return Err(error(FileProblem::Empty));
    }
    // An archive has headings and padding, too; more than that is none of the authors'.
    let contents = open(dataset, path)?.take(limit as u64);
    let mut archive = tar::Archive::new(contents);
    for entry in archive.entries().map_err(broken)? {
        let mut entry = entry.map_err(broken)?;
        // Only the name is used, not the folder.
        let name = entry.path().map_err(broken)?.into_owned();
        let is_wanted = |file: &&OfficialFile| name.file_name().is_some_and(|it| it == file.name);
        let Some(which) = files.iter().position(is_wanted) else {
            continue;
        };
        if !entry.header().entry_type().is_file() {
            continue;
        }
        let file = files[which];
        if entry.size() > file.bytes as u64 {
            return Err(error(FileProblem::Archive(format!(
                "holds a file {} of {} bytes, more than the official one has",
                file.name,
                entry.size()
            ))));
        }
        if found[which].is_some() {
            let text = format!("holds two files {}", file.name);
            return Err(error(FileProblem::Archive(text)));
        }
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).map_err(broken)?;
        if (bytes.len() as u64) < entry.size() {
            return Err(error(FileProblem::Archive("ends too early".into())));
        }
        found[which] = Some(bytes);
    }
    let all = files.iter().zip(found).map(|(file, bytes)| {
        bytes.ok_or_else(|| {
            let text = format!("is an archive without the file {}", file.name);
            error(FileProblem::Archive(text))
        })
    });
    all.collect()
}

/// Whether the file at `path` is the one that was published, compressed, with this checksum.
pub(super) fn is_published(path: &Path, sum: &str) -> Result<bool, DataError> {
    let found = File::open(path).and_then(|file| packed_like(sum, &mut { file }));
    found
        .map(|found| found == sum)
        .map_err(|cause| DataError::Read {
            path: path.to_owned(),
            cause,
        })
}
