//! Finding the classes in a folder, and their pictures.

use crate::data::error::DataError;
use crate::data::problems::FolderProblem;
use crate::numbers::thousands;
use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The largest number of classes. More folders than this are hardly classes that someone has named, and labels have 16
/// bits.
const MOST_CLASSES: usize = 10_000;
/// Names of files that are not pictures.
const OTHERS: [&str; 6] = [
    "readme",
    "license",
    "licence",
    "copying",
    "thumbs.db",
    "desktop.ini",
];
/// Endings of the names of files that are not pictures.
const OTHER_SUFFIXES: [&str; 11] = [
    "txt", "md", "rst", "csv", "tsv", "json", "xml", "yaml", "yml", "html", "pdf",
];

/// The classes in a folder and their pictures.
pub(super) struct Scan {
    /// The names of the classes, in alphabetical order.
    pub classes: Vec<String>,
    /// For each class, the pictures to train on, or, without a folder `test`, to train and test on.
    pub train: Vec<Vec<PathBuf>>,
    /// For each class, the pictures in the folder `test`, if there is one.
    pub test: Option<Vec<Vec<PathBuf>>>,
    pub unused: Unused,
}

/// Finds the classes in a folder and their pictures. No picture is read.
pub(super) fn scan(path: &Path) -> Result<Scan, DataError> {
    // A folder `train` with pictures in it is a class like any other.
    match holds_folders(&path.join("train"))? {
        true => scan_splits(path),
        false => scan_classes(path),
    }
}

/// Scans a folder with a folder for each class.
fn scan_classes(path: &Path) -> Result<Scan, DataError> {
    let mut unused = Unused::default();
    let (classes, train) = classes_to_train_on(path, &mut unused)?;
    if let Some(class) = train.iter().position(|pictures| pictures.len() == 1) {
        let class = path.join(&classes[class]);
        return Err(wrong(&class, FolderProblem::OnePicture));
    }
    Ok(Scan {
        classes,
        train,
        test: None,
        unused,
    })
}

/// Scans a folder with the folders `train` and `test`, each with a folder for each class.
fn scan_splits(path: &Path) -> Result<Scan, DataError> {
    let mut unused = Unused::default();
    let [train, test] = ["train", "test"].map(|name| path.join(name));
    if !test.is_dir() {
        return Err(wrong(path, FolderProblem::NoTest));
    }
    let others = entries(path)?.into_iter().map(|entry| entry.path);
    let others = others.filter(|other| *other != train && *other != test);
    others.for_each(|other| unused.add(other));
    let (classes, train) = classes_to_train_on(&train, &mut unused)?;
    let tested = class_folders(&test, &mut unused)?;
    if tested.is_empty() {
        return Err(wrong(&test, FolderProblem::NoClasses));
    }
    let mut test = vec![Vec::new(); classes.len()];
    for (name, folder) in tested {
        match classes.iter().position(|class| *class == name) {
            Some(class) => test[class] = pictures_in(&folder, &mut unused)?,
            None => return Err(wrong(&folder, FolderProblem::NotInTrain)),
        }
    }
    Ok(Scan {
        classes,
        train,
        test: Some(test),
        unused,
    })
}

/// The files and folders that are not used, as they are not pictures of a class.
#[derive(Debug, Clone, Default)]
pub(super) struct Unused {
    count: usize,
    first: Option<PathBuf>,
}

impl Unused {
    fn add(&mut self, path: PathBuf) {
        self.count += 1;
        self.first.get_or_insert(path);
    }

    /// A sentence about them, if there are any.
    pub(super) fn in_words(&self) -> Option<String> {
        let first = self.first.as_ref()?.display();
        Some(match self.count {
            1 => format!(
                "{first} is not used, as it is hidden, is not in the folder of a class, or has a name that pictures do not have"
            ),
            count => format!(
                "{first} and {} more are not used, as they are hidden, are not in the folder of a class, or have names that pictures do not have",
                thousands(count - 1)
            ),
        })
    }
}

/// An entry of a folder.
struct Entry {
    path: PathBuf,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Folder,
    Picture,
    Other,
}

/// The entries of a folder in the order of their names. Symbolic links are followed.
fn entries(folder: &Path) -> Result<Vec<Entry>, DataError> {
    let found = fs::read_dir(folder).map_err(|cause| unreadable(folder, cause))?;
    let mut paths = Vec::new();
    for entry in found {
        paths.push(entry.map_err(|cause| unreadable(folder, cause))?.path());
    }
    paths.sort();
    let entries = paths.into_iter().map(|path| {
        let name = path.file_name().unwrap_or_default();
        let kind = if is_hidden(name) {
            Kind::Other
        } else {
            let kind = fs::metadata(&path).map_err(|cause| unreadable(&path, cause))?;
            match kind {
                kind if kind.is_dir() => Kind::Folder,
                kind if kind.is_file() && !is_no_picture(name) => Kind::Picture,
                _ => Kind::Other,
            }
        };
        Ok(Entry { path, kind })
    });
    entries.collect()
}

fn is_hidden(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".")
}

/// Whether the name of a file says that it is not a picture.
fn is_no_picture(name: &OsStr) -> bool {
    let name = name.to_string_lossy().to_lowercase();
    let suffix = name.rsplit_once('.').map(|(_, suffix)| suffix);
    OTHERS.contains(&name.as_str()) || suffix.is_some_and(|suffix| OTHER_SUFFIXES.contains(&suffix))
}

fn holds_folders(folder: &Path) -> Result<bool, DataError> {
    if !folder.is_dir() {
        return Ok(false);
    }
    let mut entries = entries(folder)?.into_iter();
    Ok(entries.any(|entry| entry.kind == Kind::Folder))
}

/// The names and folders of the classes in a folder.
fn class_folders(folder: &Path, unused: &mut Unused) -> Result<Vec<(String, PathBuf)>, DataError> {
    let here = canonical(folder)?;
    let mut classes = Vec::new();
    for Entry { path, kind } in entries(folder)? {
        // A link to this folder or one around it would be a class with the pictures of all others.
        if kind != Kind::Folder || here.starts_with(canonical(&path)?) {
            unused.add(path);
            continue;
        }
        let name = path.file_name().and_then(OsStr::to_str);
        match name.filter(|name| !name.contains(char::is_control)) {
            Some(name) => classes.push((name.to_owned(), path)),
            None => return Err(wrong(&path, FolderProblem::Name)),
        }
    }
    Ok(classes)
}

/// The names of the classes in a folder and the pictures of each.
fn classes_to_train_on(
    folder: &Path,
    unused: &mut Unused,
) -> Result<(Vec<String>, Vec<Vec<PathBuf>>), DataError> {
    let classes = class_folders(folder, unused)?;
    let problem = match classes.as_slice() {
        [] => Some(FolderProblem::NoClasses),
        [(name, _)] => Some(FolderProblem::OneClass(name.clone())),
        many if many.len() > MOST_CLASSES => Some(FolderProblem::TooManyClasses {
            found: many.len(),
            most: MOST_CLASSES,
        }),
        _ => None,
    };
    if let Some(problem) = problem {
        return Err(wrong(folder, problem));
    }
    let mut names = Vec::new();
    let mut pictures = Vec::new();
    for (name, folder) in classes {
        names.push(name);
        pictures.push(pictures_in(&folder, unused)?);
    }
    Ok((names, pictures))
}

/// The pictures of a class, of which there must be at least one.
fn pictures_in(class: &Path, unused: &mut Unused) -> Result<Vec<PathBuf>, DataError> {
    let mut found = Vec::new();
    collect(class, &mut HashSet::new(), unused, &mut found)?;
    match found.as_slice() {
        [] => Err(wrong(class, FolderProblem::NoPictures)),
        _ => Ok(found),
    }
}

/// Collects the pictures in a folder and in the folders within it. Each folder is read once, even if several links
/// lead to it.
fn collect(
    folder: &Path,
    seen: &mut HashSet<PathBuf>,
    unused: &mut Unused,
    found: &mut Vec<PathBuf>,
) -> Result<(), DataError> {
    if !seen.insert(canonical(folder)?) {
        return Ok(());
    }
    for Entry { path, kind } in entries(folder)? {
        match kind {
            Kind::Folder => collect(&path, seen, unused, found)?,
            Kind::Picture => found.push(path),
            Kind::Other => unused.add(path),
        }
    }
    Ok(())
}

fn canonical(path: &Path) -> Result<PathBuf, DataError> {
    fs::canonicalize(path).map_err(|cause| unreadable(path, cause))
}

pub(super) fn wrong(path: &Path, problem: FolderProblem) -> DataError {
    DataError::Folder {
        path: path.to_owned(),
        problem,
    }
}

pub(super) fn unreadable(path: &Path, cause: io::Error) -> DataError {
    DataError::Read {
        path: path.to_owned(),
        cause,
    }
}
