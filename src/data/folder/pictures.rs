//! The pictures in a folder, by class and split.

use super::contents::Contents;
use super::read::{all_of, progress_bar};
use super::scan::{ByClass, Scan, composed, scan};
use super::split::{by_content, by_position};
use super::unused::Unused;
use crate::data::digest::Digest;
use crate::data::error::DataError;
use crate::data::split::{HoldOut, Split};
use crate::pictures::{Picture, PictureError};
use crate::system::files::shown;
use rayon::prelude::*;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// The pictures in a folder, by class and split. None is decoded yet.
#[derive(Debug)]
pub(super) struct Folder {
    /// The folder that the user names.
    path: PathBuf,
    /// The folder with the classes or the splits: the same, or one within.
    pub(super) root: PathBuf,
    /// For each class, the pictures to train on in the order of their names; without a test set, those to test on too.
    train: ByClass,
    /// For each class, the pictures for validation, if the user keeps them apart.
    valid: Option<ByClass>,
    /// For each class, the pictures to test on, if the user keeps them apart.
    test: Option<ByClass>,
    splits: Vec<(Split, PathBuf)>,
    unused: Unused,
    notes: Vec<String>,
    contents: OnceLock<Contents>,
}

/// How the splits are to be made.
#[derive(Debug, Clone, Copy)]
pub(super) struct Drawing {
    pub seed: u64,
    pub hold_out: HoldOut,
}

impl Folder {
    /// Finds the pictures in a folder; returns the names of the classes too. They are in the order of those that are
    /// `expected`, if they are the same, also in another Unicode form.
    pub(super) fn open(
        path: PathBuf,
        expected: Option<&[String]>,
    ) -> Result<(Vec<String>, Self), DataError> {
        let mut found = scan(&path)?;
        let order = expected.and_then(|expected| order(&found.classes, expected));
        if let (Some(order), Some(expected)) = (order, expected) {
            found.classes = expected.to_vec();
            let ordered = |pictures: &mut ByClass| {
                *pictures = order
                    .iter()
                    .map(|&class| std::mem::take(&mut pictures[class]))
                    .collect();
            };
            ordered(&mut found.train);
            found.valid.iter_mut().for_each(&ordered);
            found.test.iter_mut().for_each(&ordered);
        }
        let Scan {
            root,
            classes,
            train,
            valid,
            test,
            splits,
            unused,
            notes,
        } = found;
        let folder = Self {
            path,
            root,
            train,
            valid,
            test,
            splits,
            unused,
            notes,
            contents: OnceLock::new(),
        };
        Ok((classes, folder))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it has a folder of this split.
    pub(super) fn has(&self, split: Split) -> bool {
        self.of_split(split).is_some()
    }

    /// The pictures that lie in the folder of a split; those to train on may lie in no such folder.
    fn of_split(&self, split: Split) -> Option<&ByClass> {
        match split {
            Split::Train => Some(&self.train),
            Split::Valid => self.valid.as_ref(),
            Split::Test => self.test.as_ref(),
        }
    }

    /// The number of pictures in the folder of a split, before others are held out of them.
    pub(super) fn num_files(&self, split: Split) -> usize {
        let classes = self.of_split(split).into_iter().flatten();
        classes.map(Vec::len).sum()
    }

    /// Every picture, of all splits.
    fn all(&self) -> impl Iterator<Item = &Path> {
        let splits = Split::ALL.into_iter();
        let classes = splits.flat_map(|split| self.of_split(split).into_iter().flatten());
        classes.flatten().map(PathBuf::as_path)
    }

    /// The contents of all pictures, which are read once.
    pub(super) fn contents(&self, show_progress: bool) -> &Contents {
        self.contents.get_or_init(|| {
            Contents::read(&self.all().collect::<Vec<_>>(), &self.root, show_progress)
        })
    }

    /// Every picture, of all splits, that cannot be read.
    pub(super) fn unreadable(&self, show_progress: bool) -> Vec<PictureError> {
        let mut paths: Vec<&Path> = self.all().collect();
        paths.sort_unstable();
        let bar = progress_bar(paths.len(), show_progress);
        let (_, unreadable) = all_of(paths.par_iter().map(|path| {
            let read = Picture::read_as(path, |_| ());
            bar.inc(1);
            read.map_err(|error| named(path, error))
        }));
        bar.finish_and_clear();
        unreadable
    }

    /// The pictures of a class in a split, in the order of their names.
    fn of_class(&self, class: usize, split: Split, drawing: Drawing) -> Vec<&Path> {
        let all = &self.train[class];
        let pictures: Vec<&PathBuf> = match (self.of_split(split), split) {
            (_, Split::Valid) if drawing.hold_out == HoldOut::ByPosition => Vec::new(),
            (Some(pictures), Split::Valid | Split::Test) => pictures[class].iter().collect(),
            (None, Split::Valid) => Vec::new(),
            _ if self.test.is_some() => all.iter().collect(),
            _ => match drawing.hold_out {
                HoldOut::ByContent => {
                    let contents = self.contents(false);
                    let contents: Vec<Digest> = all.iter().map(|path| contents.of(path)).collect();
                    let held_out = by_content(&contents, drawing.seed);
                    let pictures = all.iter().zip(held_out);
                    let pictures =
                        pictures.filter(|(_, is_test)| *is_test == (split == Split::Test));
                    pictures.map(|(path, _)| path).collect()
                }
                HoldOut::ByPosition => {
                    let part = by_position(all.len(), class, split, drawing.seed).into_iter();
                    part.map(|index| &all[index]).collect()
                }
            },
        };
        pictures.into_iter().map(PathBuf::as_path).collect()
    }

    /// The pictures of a split by class.
    pub(super) fn by_class(&self, split: Split, drawing: Drawing) -> Vec<Vec<&Path>> {
        let classes = 0..self.train.len();
        classes
            .map(|class| self.of_class(class, split, drawing))
            .collect()
    }

    /// The pictures of a split with their labels. The classes alternate, each as often as it has pictures, so that the
    /// first few images of a split are of all classes.
    pub(super) fn pictures(&self, split: Split, drawing: Drawing) -> Vec<(u16, &Path)> {
        let mut turns = Vec::new();
        for (class, pictures) in self.by_class(split, drawing).into_iter().enumerate() {
            let number = pictures.len() as f64;
            let pictures = pictures.into_iter().enumerate();
            turns.extend(pictures.map(|(index, path)| {
                let turn = (index as f64 + 0.5) / number;
                (turn, (class as u16, path))
            }));
        }
        turns.sort_by(|(turn, _), (other, _)| turn.total_cmp(other));
        turns.into_iter().map(|(_, picture)| picture).collect()
    }

    /// Where the pictures are and how they are split, in words.
    pub(super) fn origin(&self, hold_out: HoldOut) -> String {
        let used = self
            .splits
            .iter()
            .filter(|(split, _)| *split != Split::Valid || hold_out == HoldOut::ByContent);
        let names: Vec<String> = used
            .map(|(_, folder)| {
                let name = folder.strip_prefix(&self.root).unwrap_or(folder);
                name.display().to_string()
            })
            .collect();
        let held_out = "a fifth of each class held out to test on, drawn from the seed";
        let split = match (names.as_slice(), self.test.is_some()) {
            ([], _) => held_out.to_owned(),
            (names, true) => format!("its folders {}", and(names)),
            (names, false) => format!("its folders {}, {held_out}", and(names)),
        };
        format!("folder {}, {split}", self.root.display())
    }

    /// Sentences about what is not used, and what was guessed.
    pub(super) fn notes(&self) -> Vec<String> {
        let unused = self.unused.in_words(&self.root);
        unused.into_iter().chain(self.notes.clone()).collect()
    }

    /// A sentence about the classes without pictures in the folder of a split, if there are any.
    pub(super) fn untested(&self, split: Split, classes: &[String]) -> Option<String> {
        let pictures = self.of_split(split)?.iter().zip(classes);
        let lacking = pictures.filter(|(pictures, _)| pictures.is_empty());
        let lacking: Vec<&str> = lacking.map(|(_, class)| class.as_str()).collect();
        let (_, folder) = self.splits.iter().find(|(own, _)| *own == split)?;
        (!lacking.is_empty()).then(|| {
            format!(
                "{} has no pictures of {}, so results measured on it say nothing about them",
                folder.display(),
                lacking.join(", ")
            )
        })
    }
}

/// An error with a name that no other picture has.
pub(super) fn named(path: &Path, error: PictureError) -> PictureError {
    PictureError {
        file: shown(path),
        ..error
    }
}

/// "train and test", "train, val and test".
fn and(names: &[String]) -> String {
    match names {
        [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        names => names.concat(),
    }
}

/// For each expected class, which of the classes found it is; `None` if they are not the same.
fn order(found: &[String], expected: &[String]) -> Option<Vec<usize>> {
    let place = |name: &String| found.binary_search(&composed(name)).ok();
    let order: Option<Vec<usize>> = expected.iter().map(place).collect();
    let order = order.filter(|order| order.len() == found.len())?;
    let mut all = order.clone();
    all.sort_unstable();
    all.dedup();
    (all.len() == found.len()).then_some(order)
}
