//! The folders that the program writes to, and the size of their contents.

use super::finding::{Finding, Section};
use crate::backend;
use crate::data::{self, DATASETS};
use crate::system::files::io_reason;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

pub(super) fn section() -> Section {
    Section {
        title: "folders",
        findings: vec![
            cache(
                "data sets",
                "data sets cannot be downloaded",
                data::cache_folder(),
                |folder| {
                    let folders = DATASETS.iter().map(|spec| folder.join(&spec.id));
                    folders.map(|folder| size(&folder)).sum()
                },
            ),
            cache(
                "kernels",
                "GPU backends compile their kernels anew in every process",
                backend::kernels_folder(),
                size,
            ),
            runs(),
        ],
    }
}

/// A folder in the user's cache folder, with the size of its contents.
fn cache(
    about: &str,
    consequence: &str,
    folder: Option<PathBuf>,
    size: impl Fn(&Path) -> u64,
) -> Finding {
    let Some(folder) = folder else {
        return Finding::note(about, format!("there is no cache folder, so {consequence}"))
            .cure("set HOME or XDG_CACHE_HOME");
    };
    match try_to_write(&folder) {
        Ok(()) => Finding::ok(
            about,
            format!("{}, {}", folder.display(), in_words(size(&folder))),
        ),
        Err(error) => Finding::note(
            about,
            format!(
                "{} cannot be written to ({}), so {consequence}",
                folder.display(),
                io_reason(&error)
            ),
        )
        .cure("name another cache folder by XDG_CACHE_HOME, or make this one yours"),
    }
}

fn runs() -> Finding {
    match try_to_write(Path::new("runs")) {
        Ok(()) => Finding::ok("runs", "can be made under runs/ here"),
        Err(error) => Finding::note(
            "runs",
            format!("cannot be made under runs/ here ({})", io_reason(&error)),
        )
        .cure("change to a folder of your own, or name one by ‘out’"),
    }
}

/// Tries to write into a folder or, if it does not exist yet, into the existing folder above it; leaves nothing
/// behind.
fn try_to_write(folder: &Path) -> io::Result<()> {
    let here = Path::new(".");
    let existing = folder
        .ancestors()
        .find(|folder| fs::symlink_metadata(folder).is_ok());
    tempfile::tempfile_in(existing.unwrap_or(here)).map(drop)
}

/// The bytes of all files under a folder; symbolic links are not followed.
fn size(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let sizes = entries.map(|entry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => size(&entry.path()),
        Ok(metadata) => metadata.len(),
        Err(_) => 0,
    });
    sizes.sum()
}

/// "30.9 MB".
fn in_words(bytes: u64) -> String {
    match bytes {
        0..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_does_not_exist_yet_is_judged_by_the_one_above_it() {
        let folder = tempfile::tempdir().unwrap();
        try_to_write(&folder.path().join("cache/burn-zoo")).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        let file = folder.path().join("file");
        fs::write(&file, "no folder").unwrap();
        try_to_write(&file.join("burn-zoo")).unwrap_err();
    }

    #[test]
    fn all_files_under_a_folder_count() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("a/b")).unwrap();
        fs::write(folder.path().join("a/one"), [0; 700_000]).unwrap();
        fs::write(folder.path().join("a/b/two"), [0; 800_000]).unwrap();
        assert_eq!(in_words(size(folder.path())), "1.5 MB");
        assert_eq!(in_words(size(&folder.path().join("c"))), "0.0 MB");
    }
}
