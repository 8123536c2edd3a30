//! Finding the classes in a folder, and their pictures.

use super::layout::{Layout, layout, name_of};
use super::listing::{Listing, canonical, list};
use super::unused::{IN_NO_CLASS, LEADS_ELSEWHERE, READ_ALREADY, THUMBNAILS, Unused};
use super::words::{is_of_thumbnails, split_of};
use crate::data::error::DataError;
use crate::data::problems::FolderProblem;
use crate::data::split::Split;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use unicode_normalization::UnicodeNormalization;

/// The largest number of classes. More folders than this are hardly classes that someone has named, and labels have 16
/// bits.
const MOST_CLASSES: usize = 10_000;

/// The pictures of each class.
pub(super) type ByClass = Vec<Vec<PathBuf>>;

/// The classes in a folder and their pictures.
pub(super) struct Scan {
    /// The folder with the classes or the splits.
    pub root: PathBuf,
    /// The names of the classes, in alphabetical order.
    pub classes: Vec<String>,
    /// For each class, the pictures to train on, or, without a folder `test`, to train and test on.
    pub train: ByClass,
    /// For each class, the pictures in the folder for validation, if there is one.
    pub valid: Option<ByClass>,
    /// For each class, the pictures in the folder `test`, if there is one.
    pub test: Option<ByClass>,
    /// The folders of the splits.
    pub splits: Vec<(Split, PathBuf)>,
    pub unused: Unused,
    /// What the user should know about the folders.
    pub notes: Vec<String>,
}

/// Finds the classes in a folder and their pictures. Of the files, only the first bytes are read.
pub(super) fn scan(path: &Path) -> Result<Scan, DataError> {
    let Layout {
        root,
        splits,
        notes,
    } = layout(path)?;
    let mut scanner = Scanner {
        whole: canonical(path)?,
        unused: Unused::default(),
        notes,
        seen: HashMap::new(),
    };
    // What lies in the folders around.
    let around = root.ancestors().skip(1);
    for folder in around.take_while(|folder| folder.starts_with(path)) {
        scanner.leave_beside(folder, &[&root])?;
    }
    let (classes, train, [valid, test]) = match splits.first() {
        Some((Split::Train, folder)) => {
            let used: Vec<&Path> = splits.iter().map(|(_, folder)| folder.as_path()).collect();
            scanner.leave_beside(&root, &used)?;
            let (classes, train) = scanner.classes_to_train_on(folder)?;
            let mut other = |wanted| {
                let mut folders = splits.iter();
                let folder = folders.find(|(split, _)| *split == wanted);
                folder.map(|(_, folder)| scanner.same_classes(folder, &classes))
            };
            let others = [other(Split::Valid), other(Split::Test)];
            let [valid, test] = others.map(Option::transpose);
            (classes, train, [valid?, test?])
        }
        _ => {
            let (classes, train) = scanner.classes_to_train_on(&root)?;
            (classes, train, [None, None])
        }
    };
    if test.is_none()
        && let Some(class) = train.iter().position(|pictures| pictures.len() == 1)
    {
        let folder = splits.first().map_or(&root, |(_, folder)| folder);
        let class = folder.join(&classes[class]);
        return Err(wrong(&class, FolderProblem::OnePicture));
    }
    Ok(Scan {
        root,
        classes,
        train,
        valid,
        test,
        splits,
        unused: scanner.unused,
        notes: scanner.notes,
    })
}

struct Scanner {
    /// The folder that the user names, without links.
    whole: PathBuf,
    unused: Unused,
    notes: Vec<String>,
    /// The folders of classes, without links, and how they were reached.
    seen: HashMap<PathBuf, PathBuf>,
}

impl Scanner {
    /// Counts what lies in a folder beside those that are used, or that hold those, as unused.
    fn leave_beside(&mut self, around: &Path, used: &[&Path]) -> Result<(), DataError> {
        let listing = list(around)?;
        listing.leave_others(&mut self.unused);
        self.leave_files(&listing);
        for folder in listing.folders {
            if !used.iter().any(|used| used.starts_with(&folder)) {
                self.unused.add(IN_NO_CLASS, folder);
            }
        }
        Ok(())
    }

    /// Counts the files of a folder as unused.
    fn leave_files(&mut self, listing: &Listing) {
        for file in &listing.files {
            self.unused.add(IN_NO_CLASS, file.clone());
        }
    }

    /// The names of the classes in a folder, and the folders of each: several if a name is stored in several Unicode
    /// forms.
    fn class_folders(
        &mut self,
        folder: &Path,
    ) -> Result<BTreeMap<String, Vec<PathBuf>>, DataError> {
        let here = canonical(folder)?;
        let listing = list(folder)?;
        listing.leave_others(&mut self.unused);
        self.leave_files(&listing);
        let mut classes: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
        for path in listing.folders {
            // A link to this folder or one around it would be a class with the pictures of all others.
            let target = canonical(&path)?;
            if here.starts_with(&target) {
                self.unused.add(LEADS_ELSEWHERE, path);
                continue;
            }
            let Some(name) = path.file_name().and_then(OsStr::to_str) else {
                return Err(wrong(&path, FolderProblem::Name));
            };
            if name.contains(char::is_control) {
                return Err(wrong(&path, FolderProblem::ControlCharacter));
            }
            if let Some(other) = self.seen.insert(target, path.clone()) {
                self.notes.push(format!(
                    "{} and {} are the same folder, linked twice: its pictures are used twice",
                    other.display(),
                    path.display()
                ));
            }
            classes.entry(composed(name)).or_default().push(path);
        }
        for (name, folders) in &classes {
            if folders.len() > 1 {
                self.notes.push(format!(
                    "{} holds {} folders named {name}, in other Unicode forms: they are one class",
                    folder.display(),
                    folders.len()
                ));
            }
        }
        Ok(classes)
    }

    /// The names of the classes in a folder and the pictures of each.
    fn classes_to_train_on(&mut self, folder: &Path) -> Result<(Vec<String>, ByClass), DataError> {
        let classes = self.class_folders(folder)?;
        let problem = match classes.len() {
            0 => Some(FolderProblem::NoClasses),
            1 => classes.keys().next().cloned().map(FolderProblem::OneClass),
            found if found > MOST_CLASSES => Some(FolderProblem::TooManyClasses {
                found,
                most: MOST_CLASSES,
            }),
            _ => None,
        };
        if let Some(problem) = problem {
            return Err(wrong(folder, problem));
        }
        let mut names = Vec::new();
        let mut pictures = Vec::new();
        for (name, folders) in classes {
            names.push(name);
            pictures.push(self.pictures_in(&folders)?);
        }
        Ok((names, pictures))
    }

    /// The pictures of each of these classes in the folder of another split.
    fn same_classes(&mut self, folder: &Path, classes: &[String]) -> Result<ByClass, DataError> {
        let found = self.class_folders(folder)?;
        if found.is_empty() {
            return Err(wrong(folder, FolderProblem::NoClasses));
        }
        let mut pictures = vec![Vec::new(); classes.len()];
        for (name, folders) in found {
            match classes.binary_search(&name) {
                Ok(class) => pictures[class] = self.pictures_in(&folders)?,
                Err(_) => return Err(wrong(&folders[0], FolderProblem::NotInTrain)),
            }
        }
        Ok(pictures)
    }

    /// The pictures of a class, of which there must be at least one.
    fn pictures_in(&mut self, folders: &[PathBuf]) -> Result<Vec<PathBuf>, DataError> {
        let mut found = Vec::new();
        for folder in folders {
            let class = Class {
                path: folder,
                target: canonical(folder)?,
            };
            let mut seen = HashSet::from([class.target.clone()]);
            self.collect(&class, folder, &mut seen, &mut found)?;
        }
        found.sort();
        match found.as_slice() {
            [] => Err(wrong(&folders[0], FolderProblem::NoPictures)),
            _ => Ok(found),
        }
    }

    /// Collects the pictures in a folder of a class and in the folders within it. Each folder is read once, even if
    /// several links lead to it.
    fn collect(
        &mut self,
        class: &Class,
        folder: &Path,
        seen: &mut HashSet<PathBuf>,
        found: &mut Vec<PathBuf>,
    ) -> Result<(), DataError> {
        let listing = list(folder)?;
        let mut pictures = listing.pictures(&mut self.unused);
        let is_first = found.is_empty();
        let holds_pictures = !pictures.is_empty();
        found.append(&mut pictures);
        let mut within = Vec::new();
        for path in listing.folders {
            let target = canonical(&path)?;
            let leads_up = self.whole.starts_with(&target) || class.target.starts_with(&target);
            let is_others = target.starts_with(&self.whole) && !target.starts_with(&class.target);
            if leads_up || is_others {
                self.unused.add(LEADS_ELSEWHERE, path);
            } else if holds_pictures && is_of_thumbnails(&name_of(&path)) {
                self.unused.add(THUMBNAILS, path);
            } else if !seen.insert(target) {
                self.unused.add(READ_ALREADY, path);
            } else {
                within.push(path);
            }
        }
        if is_first && !holds_pictures && within.len() > 1 {
            let names: Vec<String> = within.iter().map(|path| name_of(path)).collect();
            let are_splits = names.iter().all(|name| split_of(name).is_some());
            return Err(wrong(
                class.path,
                match are_splits {
                    true => FolderProblem::SplitsInClass(names),
                    false => FolderProblem::OnlyFolders(names),
                },
            ));
        }
        for path in within {
            self.collect(class, &path, seen, found)?;
        }
        Ok(())
    }
}

/// A folder of a class.
struct Class<'a> {
    path: &'a Path,
    /// The same folder without links.
    target: PathBuf,
}

/// A name in the composed Unicode form (NFC), in which most systems store it.
pub(super) fn composed(name: &str) -> String {
    name.nfc().collect()
}

pub(super) fn wrong(path: &Path, problem: FolderProblem) -> DataError {
    DataError::Folder {
        path: path.to_owned(),
        problem,
    }
}
