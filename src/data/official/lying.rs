//! Saying what lies in a folder that does not hold what was looked for.

use std::fs;
use std::path::Path;

/// What files with these endings are, and what can be done with them.
const KINDS: [(&[&str], &str); 8] = [
    (
        &["zip", "7z", "rar", "tar", "tgz", "bz2", "xz", "zst"],
        "an archive: unpack it there",
    ),
    (
        &["parquet", "arrow"],
        "a table as Hugging Face keeps it, which is not read: save its images by numpy.savez as x_train, y_train, x_test and y_test",
    ),
    (
        &["tfrecord"],
        "a file of TensorFlow Datasets, which is not read: save its images by numpy.savez as x_train, y_train, x_test and y_test",
    ),
    (
        &["pt", "pth"],
        "a file of PyTorch's, as torchvision once kept its images, which is not read: use the folder raw beside it",
    ),
    (
        &["mat", "h5", "hdf5", "npy", "pkl", "pickle"],
        "which is not read: save its images by numpy.savez as x_train, y_train, x_test and y_test",
    ),
    (
        &["png", "jpg", "jpeg", "bmp", "gif", "webp"],
        "a picture: a folder of pictures is the data set folder:PATH",
    ),
    (
        &["part", "crdownload", "download"],
        "an unfinished download",
    ),
    (&["csv"], "a table that is not called as it is on Kaggle"),
];

/// What `folder` holds, in words; none if it is empty or cannot be listed.
pub(super) fn holds(folder: &Path) -> Option<String> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries.flatten(),
        Err(cause) if cause.kind() == std::io::ErrorKind::PermissionDenied => {
            return Some("files that may not be listed: check its permissions".into());
        }
        Err(_) => return None,
    };
    let names = entries.map(|entry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        (entry.path().is_dir(), name)
    });
    let mut names: Vec<(bool, String)> = names.filter(|(_, name)| !name.starts_with('.')).collect();
    names.sort();
    if names.is_empty() {
        return None;
    }
    let told = names.iter().find_map(|(is_folder, name)| {
        let kind = told(name).filter(|_| !is_folder)?;
        Some(format!("{} ({kind})", quoted(name)))
    });
    if let Some(told) = told {
        return Some(match names.len() - 1 {
            0 => told,
            1 => format!("{told} and another"),
            others => format!("{told} and {others} others"),
        });
    }
    let shown = names.iter().take(MOST).map(|(is_folder, name)| {
        let kind = if *is_folder { "the folder " } else { "" };
        format!("{kind}{}", quoted(name))
    });
    let shown: Vec<String> = shown.collect();
    Some(match names.len().saturating_sub(MOST) {
        0 => shown.join(", "),
        others => format!("{} and {others} more", shown.join(", ")),
    })
}

/// The most names that are written out.
const MOST: usize = 5;

fn told(name: &str) -> Option<&'static str> {
    let name = name.to_lowercase();
    let (stem, ending) = name.rsplit_once('.')?;
    let kind = |ending: &str| {
        let found = KINDS.iter().find(|(endings, _)| endings.contains(&ending));
        found.map(|(_, kind)| *kind)
    };
    // TensorFlow's files end in their number: x.tfrecord-00000-of-00001; archives in .tar.gz.
    let start = ending.split('-').next().unwrap_or(ending);
    let packed = (ending == "gz").then(|| stem.rsplit_once('.')).flatten();
    kind(start).or_else(|| kind(packed?.1))
}

/// A name on one line, without control characters.
fn quoted(name: &str) -> String {
    name.escape_debug().collect()
}
