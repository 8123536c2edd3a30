//! Reading every picture of a folder, and describing what there is.

use super::contents::name_below;
use super::doubts::{imbalance, repeated};
use super::pictures::{Drawing, Folder};
use super::read::{all_of, progress_bar};
use crate::data::spec::{DatasetSpec, LoadOptions, Unreadable, Verified};
use crate::data::split::Split;
use crate::numbers::thousands;
use crate::pictures::Picture;
use rayon::prelude::*;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

/// Reads every picture; returns lines that say how many there are of each class, and in which formats and sizes, and
/// the pictures that cannot be read.
pub(super) fn verify(folder: &Folder, spec: &DatasetSpec, options: &LoadOptions) -> Verified {
    let drawing = Drawing {
        seed: options.seed,
        hold_out: options.hold_out,
    };
    let contents = folder.contents(options.show_progress);
    let by_class = Split::ALL.map(|split| folder.by_class(split, drawing));
    let mut paths: Vec<&Path> = by_class.iter().flatten().flatten().copied().collect();
    paths.sort_unstable();
    let bar = progress_bar(paths.len(), options.show_progress);
    let (seen, errors) = all_of(paths.par_iter().map(|path| {
        let seen = Picture::read_as(path, |picture| (picture.format(), picture.size()));
        bar.inc(1);
        seen
    }));
    bar.finish_and_clear();
    let bad = paths.iter().zip(&seen).filter(|(_, seen)| seen.is_none());
    let unreadable = bad.zip(errors).map(|((path, _), error)| Unreadable {
        file: name_below(&folder.root, path),
        problem: error.problem.to_string(),
    });
    let seen: Vec<_> = seen.iter().flatten().collect();

    let mut lines = vec![format!("{}: {}", spec.id, folder.origin(options.hold_out))];
    let longest = spec.classes.iter().map(|name| name.chars().count()).max();
    let width = longest.unwrap_or(0).max("all".len());
    let has_valid = folder.has(Split::Valid);
    let counts = |name: &str, [train, valid, test]: [usize; 3]| {
        let [train, valid, test] = [train, valid, test].map(thousands);
        let valid = match has_valid {
            true => format!("  {valid:>9} for validation"),
            false => String::new(),
        };
        format!("{name:<width$}  {train:>9} to train on{valid}  {test:>9} to test on")
    };
    let of_class = by_class.map(|split| split.iter().map(Vec::len).collect::<Vec<_>>());
    for (class, name) in spec.classes.iter().enumerate() {
        lines.push(counts(name, of_class.each_ref().map(|split| split[class])));
    }
    lines.push(counts(
        "all",
        of_class.each_ref().map(|split| split.iter().sum()),
    ));
    let mut formats = BTreeMap::new();
    for (format, _) in &seen {
        *formats.entry(*format).or_insert(0_usize) += 1;
    }
    let formats = formats.iter();
    let formats = formats.map(|(format, count)| format!("{} {format}", thousands(count)));
    let formats: Vec<String> = formats.collect();
    if !formats.is_empty() {
        lines.push(format!("formats: {}", formats.join(", ")));
    }
    lines.push(sizes_in_words(seen.iter().map(|(_, size)| *size)));
    lines.extend(folder.notes());
    for split in [Split::Valid, Split::Test] {
        lines.extend(folder.untested(split, &spec.classes));
    }
    lines.extend(repeated(folder, drawing));
    let mut times: HashMap<_, usize> = HashMap::new();
    for path in &paths {
        *times.entry(contents.of(path)).or_default() += 1;
    }
    let copies: usize = times.values().map(|times| times - 1).sum();
    if copies > 0 {
        lines.push(format!(
            "{} pictures are copies of others, byte by byte",
            thousands(copies)
        ));
    }
    lines.extend(imbalance(&spec.classes, &of_class[0]));
    Verified {
        lines,
        unreadable: unreadable.collect(),
    }
}

/// "sizes: 3 different, from 28 × 28 to 640 × 480 pixels".
fn sizes_in_words(sizes: impl Iterator<Item = (u32, u32)>) -> String {
    let mut sizes: Vec<(u32, u32)> = sizes.collect();
    sizes.sort_by_key(|&(width, height)| (u64::from(width) * u64::from(height), width));
    sizes.dedup();
    let shown = |(width, height): &(u32, u32)| format!("{width} × {height}");
    match sizes.as_slice() {
        [] => "no picture can be read".into(),
        [size] => format!("sizes: all {} pixels (width × height)", shown(size)),
        [smallest, .., largest] => format!(
            "sizes: {} different, from {} to {} pixels (width × height)",
            thousands(sizes.len()),
            shown(smallest),
            shown(largest)
        ),
    }
}
