//! Reading every picture of a folder, and describing what there is.

use super::pictures::Folder;
use super::read::{all_of, progress_bar};
use crate::data::error::DataError;
use crate::data::spec::{DatasetSpec, LoadOptions};
use crate::data::split::Split;
use crate::numbers::thousands;
use crate::pictures::Picture;
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Reads every picture; returns lines that say how many there are of each class, and in which formats and sizes.
pub(super) fn verify(
    folder: &Folder,
    spec: &DatasetSpec,
    options: &LoadOptions,
) -> Result<Vec<String>, DataError> {
    let [train, test] = [Split::Train, Split::Test].map(|split| {
        let pictures = folder.pictures(split, options.seed).into_iter();
        pictures.map(|(_, path)| path).collect::<Vec<_>>()
    });
    let mut paths = [train, test].concat();
    paths.sort_unstable();
    let bar = progress_bar(paths.len(), options.show_progress);
    let seen = all_of(paths.par_iter().map(|path| {
        let picture = Picture::read(path)?;
        bar.inc(1);
        Ok((picture.format(), picture.size()))
    }))?;
    bar.finish_and_clear();

    let mut lines = vec![format!("{}: {}", spec.id, folder.split_in_words())];
    let longest = spec.classes.iter().map(|name| name.chars().count()).max();
    let width = longest.unwrap_or(0).max("all".len());
    let counts = |name: &str, [train, test]: [usize; 2]| {
        let [train, test] = [train, test].map(thousands);
        format!("{name:<width$}  {train:>9} to train on  {test:>9} to test on")
    };
    let splits = [Split::Train, Split::Test];
    for (class, name) in spec.classes.iter().enumerate() {
        let count = splits.map(|split| folder.count_of(class, split));
        lines.push(counts(name, count));
    }
    lines.push(counts("all", splits.map(|split| folder.count(split))));
    let mut formats = BTreeMap::new();
    for (format, _) in &seen {
        *formats.entry(*format).or_insert(0_usize) += 1;
    }
    let formats = formats.iter();
    let formats = formats.map(|(format, count)| format!("{} {format}", thousands(count)));
    let formats: Vec<String> = formats.collect();
    lines.push(format!("formats: {}", formats.join(", ")));
    lines.push(sizes_in_words(seen.iter().map(|(_, size)| *size)));
    lines.extend(folder.unused());
    lines.extend(folder.untested(&spec.classes));
    Ok(lines)
}

/// "sizes: 3 different, from 28 × 28 to 640 × 480 pixels".
fn sizes_in_words(sizes: impl Iterator<Item = (u32, u32)>) -> String {
    let mut sizes: Vec<(u32, u32)> = sizes.collect();
    sizes.sort_by_key(|&(width, height)| (u64::from(width) * u64::from(height), width));
    sizes.dedup();
    let shown = |(width, height): &(u32, u32)| format!("{width} × {height}");
    match sizes.as_slice() {
        [] => "no sizes".into(),
        [size] => format!("sizes: all {} pixels (width × height)", shown(size)),
        [smallest, .., largest] => format!(
            "sizes: {} different, from {} to {} pixels (width × height)",
            thousands(sizes.len()),
            shown(smallest),
            shown(largest)
        ),
    }
}
