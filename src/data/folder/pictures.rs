//! The pictures in a folder, by class and split.

use super::scan::{Scan, Unused, scan};
use super::split::{num_held_out, part};
use crate::data::error::DataError;
use crate::data::split::Split;
use std::path::{Path, PathBuf};

/// The pictures in a folder, by class and split. None is read yet.
#[derive(Debug, Clone)]
pub(super) struct Folder {
    path: PathBuf,
    /// For each class, the pictures to train on in the order of their names; without a test set, those to test on too.
    train: Vec<Vec<PathBuf>>,
    /// For each class, the pictures to test on, if the user keeps them apart.
    test: Option<Vec<Vec<PathBuf>>>,
    unused: Unused,
}

impl Folder {
    /// Finds the pictures in a folder; returns the names of the classes too.
    pub(super) fn open(path: PathBuf) -> Result<(Vec<String>, Self), DataError> {
        let Scan {
            classes,
            train,
            test,
            unused,
        } = scan(&path)?;
        let folder = Self {
            path,
            train,
            test,
            unused,
        };
        Ok((classes, folder))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The number of pictures of a class in a split.
    pub(super) fn count_of(&self, class: usize, split: Split) -> usize {
        let all = self.train[class].len();
        match (split, &self.test) {
            (Split::Valid, _) => 0,
            (Split::Train, Some(_)) => all,
            (Split::Test, Some(test)) => test[class].len(),
            (Split::Train, None) => all - num_held_out(all),
            (Split::Test, None) => num_held_out(all),
        }
    }

    /// The number of pictures in a split.
    pub(super) fn count(&self, split: Split) -> usize {
        let classes = 0..self.train.len();
        classes.map(|class| self.count_of(class, split)).sum()
    }

    /// The pictures of a class in a split, in the order of their names.
    fn of_class(&self, class: usize, split: Split, seed: u64) -> Vec<&Path> {
        let all = &self.train[class];
        let pictures: Vec<&PathBuf> = match (&self.test, split) {
            (_, Split::Valid) => Vec::new(),
            (Some(_), Split::Train) => all.iter().collect(),
            (Some(test), Split::Test) => test[class].iter().collect(),
            (None, _) => {
                let part = part(all.len(), class, split, seed).into_iter();
                part.map(|index| &all[index]).collect()
            }
        };
        pictures.into_iter().map(PathBuf::as_path).collect()
    }

    /// The pictures of a split with their labels. The classes alternate, each as often as it has pictures, so that the
    /// first few images of a split are of all classes.
    pub(super) fn pictures(&self, split: Split, seed: u64) -> Vec<(u16, &Path)> {
        let mut turns = Vec::with_capacity(self.count(split));
        for class in 0..self.train.len() {
            let pictures = self.of_class(class, split, seed);
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

    /// How the pictures are split, in words.
    pub(super) fn split_in_words(&self) -> &'static str {
        match self.test {
            Some(_) => "its folders train and test",
            None => "a fifth of each class held out to test on, drawn from the seed",
        }
    }

    /// A sentence about the files and folders that are not used, if there are any.
    pub(super) fn unused(&self) -> Option<String> {
        self.unused.in_words()
    }

    /// A sentence about the classes without pictures to test on, if there are any.
    pub(super) fn untested(&self, classes: &[String]) -> Option<String> {
        let test = self.test.as_ref()?.iter().zip(classes);
        let untested = test.filter(|(pictures, _)| pictures.is_empty());
        let untested: Vec<&str> = untested.map(|(_, class)| class.as_str()).collect();
        (!untested.is_empty()).then(|| {
            format!(
                "{} has no pictures of {}, so results measured on it say nothing about them",
                self.path.join("test").display(),
                untested.join(", ")
            )
        })
    }
}
