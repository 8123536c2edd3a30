//! What makes a folder's results doubtful: the same picture in several places, and classes of very different size.

use super::contents::name_below;
use super::pictures::{Drawing, Folder};
use crate::data::digest::Digest;
use crate::data::split::Split;
use crate::numbers::thousands;
use std::collections::HashMap;
use std::path::Path;

/// A class with this many times the pictures of another is mentioned.
const MANY_TIMES: usize = 10;

/// Sentences about pictures that occur several times, as far as that matters: in images to train on and to test on, or
/// in two classes.
pub(super) fn repeated(folder: &Folder, drawing: Drawing) -> Vec<String> {
    let contents = folder.contents(false);
    let name = |path: &Path| name_below(&folder.root, path);
    let mut first: HashMap<Digest, (usize, &Path)> = HashMap::new();
    let mut trained: HashMap<Digest, &Path> = HashMap::new();
    let mut in_classes = Pairs::default();
    let mut sentences = Vec::new();
    for split in [Split::Train, Split::Valid, Split::Test] {
        let mut in_splits = Pairs::default();
        let mut number = 0;
        let by_class = folder.by_class(split, drawing);
        for (class, pictures) in by_class.into_iter().enumerate() {
            for path in pictures {
                number += 1;
                let content = contents.of(path);
                match split {
                    Split::Train => drop(trained.entry(content).or_insert(path)),
                    _ => in_splits.add(trained.get(&content).copied(), path),
                }
                let (other, before) = *first.entry(content).or_insert((class, path));
                in_classes.add((other != class).then_some(before), path);
            }
        }
        if let Some((one, other)) = in_splits.first {
            sentences.push(format!(
                "{} of the {} {} images are images to train on too ({} is {}), so results measured on them are too good",
                thousands(in_splits.count),
                thousands(number),
                split.in_words(),
                name(other),
                name(one)
            ));
        }
    }
    if let Some((one, other)) = in_classes.first {
        sentences.push(format!(
            "{} of the pictures in {} are in two classes ({} is {})",
            thousands(in_classes.count),
            folder.root.display(),
            name(other),
            name(one)
        ));
    }
    sentences
}

/// Pairs of equal pictures: their number, and the first.
#[derive(Default)]
struct Pairs<'a> {
    count: usize,
    first: Option<(&'a Path, &'a Path)>,
}

impl<'a> Pairs<'a> {
    fn add(&mut self, before: Option<&'a Path>, path: &'a Path) {
        if let Some(before) = before {
            self.count += 1;
            self.first.get_or_insert((before, path));
        }
    }
}

/// A sentence about classes of which one has many times the images of another.
pub(super) fn imbalance(classes: &[String], counts: &[usize]) -> Option<String> {
    let all = || classes.iter().zip(counts);
    let (least, few) = all().min_by_key(|(_, count)| **count)?;
    let (most, many) = all().max_by_key(|(_, count)| **count)?;
    let total: usize = counts.iter().sum();
    (*many >= MANY_TIMES * *few && many > few).then(|| {
        format!(
            "the classes are of very different size: {most} has {} images to train on and {least} {}, and {:.0} % of all are {most}, so look at the classes' own scores (zoo evaluate), not only at the accuracy",
            thousands(many),
            thousands(few),
            100.0 * *many as f64 / total.max(1) as f64
        )
    })
}
