//! The files and folders that are left out, counted by their kind.

use crate::numbers::thousands;
use crate::system::files::shown;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The most kinds of which each is named.
const MOST_KINDS: usize = 8;

/// The files and folders that are not used, by their kind: the number of each, and the first.
#[derive(Debug, Clone, Default)]
pub(super) struct Unused(BTreeMap<String, (usize, PathBuf)>);

/// The kind of folders that systems and other programs keep.
pub(super) const OF_ANOTHER_PROGRAM: &str = "of another program or of the system";
/// The kind of folders with small copies of pictures.
pub(super) const THUMBNAILS: &str = "of thumbnails";
/// The kind of pictures and folders that belong to no class.
pub(super) const IN_NO_CLASS: &str = "in no folder of a class";
/// The kind of links that lead to other classes, or to a folder around them.
pub(super) const LEADS_ELSEWHERE: &str = "a link to another class or back up";
/// The kind of links to folders that are read already.
pub(super) const READ_ALREADY: &str = "a link to a folder that is read already";

impl Unused {
    pub(super) fn add(&mut self, kind: &str, path: PathBuf) {
        let (count, _) = self.0.entry(kind.to_owned()).or_insert((0, path));
        *count += 1;
    }

    /// A sentence about them, if there are any; their names are those below `root`.
    pub(super) fn in_words(&self, root: &Path) -> Option<String> {
        let name = |path: &Path| shown(path.strip_prefix(root).unwrap_or(path));
        let total: usize = self.0.values().map(|(count, _)| count).sum();
        if total == 1 {
            let (kind, (_, path)) = self.0.first_key_value()?;
            return Some(format!("{} is not used ({kind})", shown(path)));
        }
        let mut kinds: Vec<_> = self.0.iter().collect();
        kinds.sort_by_key(|(_, (count, _))| std::cmp::Reverse(*count));
        let mut words: Vec<String> = kinds
            .iter()
            .take(MOST_KINDS)
            .map(|(kind, (count, first))| match count {
                1 => format!("{} ({kind})", name(first)),
                _ => format!("{} ({kind}) and {} more", name(first), thousands(count - 1)),
            })
            .collect();
        let rest = kinds.iter().skip(MOST_KINDS);
        let rest: usize = rest.map(|(_, (count, _))| count).sum();
        if rest > 0 {
            words.push(format!("{} of other kinds", thousands(rest)));
        }
        (total > 0).then(|| {
            format!(
                "{} files and folders in {} are not used: {}",
                thousands(total),
                shown(root),
                words.join(", ")
            )
        })
    }
}
