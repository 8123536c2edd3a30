//! A file's tensors as a model's by their places and shapes, where their names are others.

use super::foreign::Elements;
use super::names::{Assignment, Candidate, Wanted, is_no_weight, is_under, several};
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

/// Tensors that fit by their shapes.
pub(super) struct Found {
    pub assignment: Assignment,
    /// Whether they stand in an `nn.Sequential`, whose order is the network's, so that nothing is guessed.
    pub in_sequence: bool,
}

/// A module of a file: its name, and its tensors by the last parts of their names.
struct Module<'a> {
    name: &'a str,
    tensors: BTreeMap<&'a str, &'a Candidate<'a>>,
}

/// A module that a model has: its name, and its tensors by the last parts of their names.
struct WantedModule<'a> {
    name: &'a str,
    tensors: BTreeMap<&'a str, &'a Wanted>,
}

/// The tensors that fit a model by their shapes; `None` where no tensors do.
///
/// # Errors
/// That the file holds several models.
pub(super) fn of(
    candidates: &[Candidate<'_>],
    wanted: &[Wanted],
    key: Option<&str>,
) -> Result<Option<Found>, String> {
    let wanted_modules = wanted_modules(wanted);
    let mut fitting: BTreeMap<Vec<String>, (&str, Found)> = BTreeMap::new();
    for prefix in prefixes(candidates, key) {
        if let Some(found) = under(prefix, candidates, wanted, &wanted_modules) {
            // Of prefixes of the same tensors, the shortest.
            let entry = fitting.entry(found.assignment.stored.clone());
            entry.or_insert((prefix, found));
        }
    }
    match fitting.len() {
        0 | 1 => Ok(fitting.into_values().next().map(|(_, found)| found)),
        _ => {
            let prefixes: Vec<&str> = fitting.values().map(|(prefix, _)| *prefix).collect();
            Err(several(&prefixes))
        }
    }
}

/// All that the names of tensors begin with, up to a point; the shorter first.
fn prefixes<'a>(candidates: &'a [Candidate<'_>], key: Option<&str>) -> BTreeSet<&'a str> {
    let mut prefixes = BTreeSet::new();
    for candidate in candidates {
        let name = candidate.name.as_str();
        let ends = name.match_indices('.').map(|(at, _)| &name[..=at]);
        prefixes.extend([""].into_iter().chain(ends));
    }
    prefixes.retain(|prefix| is_under(prefix, key));
    prefixes
}

/// The model's tensors, if they are all that stand under a prefix.
fn under(
    prefix: &str,
    candidates: &[Candidate<'_>],
    wanted: &[Wanted],
    wanted_modules: &[WantedModule<'_>],
) -> Option<Found> {
    let (modules, passed_over) = modules(prefix, candidates)?;
    let in_order = in_order(&modules, wanted_modules)?;
    let all_fit = |pairs: &Pairs<'_, '_>| pairs.iter().all(|(module, own)| module.fits(own));
    let (pairs, in_sequence) = match in_sequence(&in_order, wanted_modules).filter(all_fit) {
        Some(pairs) => (pairs, true),
        None => (by_shape(&in_order, wanted_modules)?, false),
    };
    let mut stored = BTreeMap::new();
    let mut renamed = Vec::new();
    for (module, own) in pairs {
        for (last, wanted) in &own.tensors {
            let candidate = module.tensors.get(last)?;
            stored.insert(wanted.name.as_str(), candidate.stored.to_owned());
        }
        if module.name != own.name {
            renamed.push((format!("{prefix}{}", module.name), own.name.to_owned()));
        }
    }
    let stored: Option<Vec<String>> = wanted
        .iter()
        .map(|own| stored.remove(own.name.as_str()))
        .collect();
    Some(Found {
        assignment: Assignment {
            stored: stored?,
            passed_over,
            renamed,
        },
        in_sequence,
    })
}

/// The modules under a prefix, by their names, and the tensors there that are no weights; `None` where a tensor is in no
/// module.
fn modules<'a>(
    prefix: &str,
    candidates: &'a [Candidate<'a>],
) -> Option<(BTreeMap<&'a str, Module<'a>>, Vec<String>)> {
    let mut passed_over = Vec::new();
    let mut modules: BTreeMap<&str, Module<'_>> = BTreeMap::new();
    for candidate in candidates {
        let Some(name) = candidate.name.strip_prefix(prefix) else {
            continue;
        };
        if name.ends_with("num_batches_tracked") {
            continue;
        }
        if is_no_weight(name, candidate.tensor) {
            passed_over.push(candidate.stored.to_owned());
            continue;
        }
        let (module, last) = name.rsplit_once('.')?;
        let module = modules.entry(module).or_insert(Module {
            name: module,
            tensors: BTreeMap::new(),
        });
        module.tensors.insert(last, candidate);
    }
    Some((modules, passed_over))
}

/// As many modules as a model has, in the order of their names' numbers.
fn in_order<'a>(
    modules: &'a BTreeMap<&str, Module<'a>>,
    wanted: &[WantedModule<'_>],
) -> Option<Vec<&'a Module<'a>>> {
    let mut in_order: Vec<&Module<'_>> = modules.values().collect();
    in_order.sort_by(|one, other| by_numbers(one.name, other.name));
    (in_order.len() == wanted.len()).then_some(in_order)
}

/// The shapes that differ where an `nn.Sequential` has as many modules as the model, of the same kinds.
pub(super) fn differing(
    candidates: &[Candidate<'_>],
    wanted: &[Wanted],
    key: Option<&str>,
) -> Option<String> {
    let wanted_modules = wanted_modules(wanted);
    prefixes(candidates, key).into_iter().find_map(|prefix| {
        let (modules, _) = modules(prefix, candidates)?;
        let pairs = in_sequence(&in_order(&modules, &wanted_modules)?, &wanted_modules)?;
        // Of the model's own names, it has been said.
        if pairs.iter().all(|(module, own)| module.name == own.name) {
            return None;
        }
        let mut differing = Vec::new();
        for (module, own) in pairs {
            for (last, wanted) in &own.tensors {
                let found = module.tensors.get(last)?;
                let shape = &found.tensor.shape;
                match wanted.fits(shape) {
                    true => {}
                    false if shape.len() != wanted.shape.len() => return None,
                    false => differing.push(format!(
                        "{} has the shape {shape:?} instead of {}",
                        found.name,
                        wanted.shape_in_words()
                    )),
                }
            }
        }
        Some(differing.join(", "))
    })
}

/// A model's modules, in its order.
fn wanted_modules(wanted: &[Wanted]) -> Vec<WantedModule<'_>> {
    let mut modules: Vec<WantedModule<'_>> = Vec::new();
    for own in wanted {
        let (name, last) = own.name.rsplit_once('.').unwrap_or(("", &own.name));
        if modules.last().is_none_or(|module| module.name != name) {
            modules.push(WantedModule {
                name,
                tensors: BTreeMap::new(),
            });
        }
        let module = modules.last_mut().expect("one was added");
        module.tensors.insert(last, own);
    }
    modules
}

impl Module<'_> {
    fn fits(&self, own: &WantedModule<'_>) -> bool {
        self.tensors.len() == own.tensors.len()
            && own.tensors.iter().all(|(last, wanted)| {
                self.tensors.get(last).is_some_and(|candidate| {
                    matches!(candidate.tensor.elements, Elements::Floats(_))
                        && wanted.fits(&candidate.tensor.shape)
                })
            })
    }
}

type Pairs<'a, 'b> = Vec<(&'a Module<'a>, &'a WantedModule<'b>)>;

/// Modules of one `nn.Sequential`, or of as many of the same names as the model has, in order.
fn in_sequence<'a, 'b>(
    modules: &[&'a Module<'a>],
    wanted: &'a [WantedModule<'b>],
) -> Option<Pairs<'a, 'b>> {
    let place = |name: &str| -> Option<String> {
        let (parent, place) = name.rsplit_once('.').unwrap_or(("", name));
        place.parse::<usize>().ok()?;
        Some(parent.to_owned())
    };
    let theirs: Vec<String> = modules
        .iter()
        .map(|module| place(module.name))
        .collect::<Option<_>>()?;
    let is_one = theirs.iter().all(|parent| *parent == theirs[0]);
    let ours: Option<Vec<String>> = wanted.iter().map(|module| place(module.name)).collect();
    let mut modules = modules.to_vec();
    if !is_one {
        // Modules of several, as the model has them: each parent's in its order, the parents in the model's.
        let ours = ours?;
        let rank = |module: &Module<'_>| {
            let parent = place(module.name)?;
            ours.iter().position(|own| *own == parent)
        };
        if modules.iter().any(|module| rank(module).is_none()) {
            return None;
        }
        modules.sort_by_key(|module| rank(module));
        let in_order = modules.iter().map(|module| place(module.name));
        if !in_order.eq(ours.into_iter().map(Some)) {
            return None;
        }
    }
    Some(modules.into_iter().zip(wanted).collect())
}

/// Modules that fit by shape alone: each shape once, or several times under names that differ in their numbers only.
fn by_shape<'a, 'b>(
    modules: &[&'a Module<'a>],
    wanted: &'a [WantedModule<'b>],
) -> Option<Pairs<'a, 'b>> {
    let mut left: Vec<&Module<'_>> = modules.to_vec();
    let mut pairs = Vec::new();
    for own in wanted {
        let alike = wanted.iter().filter(|other| {
            let other = other.tensors.iter().map(|(last, it)| (last, &it.shape));
            other.eq(own.tensors.iter().map(|(last, it)| (last, &it.shape)))
        });
        let fitting: Vec<_> = modules.iter().filter(|module| module.fits(own)).collect();
        let in_series = fitting
            .iter()
            .all(|module| without_numbers(module.name) == without_numbers(fitting[0].name));
        if fitting.len() != alike.count() || !in_series {
            return None;
        }
        // They are in the order of their numbers.
        let first = left.iter().position(|module| module.fits(own))?;
        pairs.push((left.remove(first), own));
    }
    Some(pairs)
}

/// A name with each of its numbers as one letter.
fn without_numbers(name: &str) -> String {
    let mut without = String::new();
    for letter in name.chars() {
        match letter.is_ascii_digit() {
            true if without.ends_with('#') => {}
            true => without.push('#'),
            false => without.push(letter),
        }
    }
    without
}

/// Compares names as people do: 2 comes before 10.
fn by_numbers(one: &str, other: &str) -> Ordering {
    pieces(one).cmp(&pieces(other))
}

/// A name as texts and numbers in turn.
fn pieces(name: &str) -> Vec<(String, u128)> {
    let mut pieces = vec![(String::new(), 0u128)];
    let mut in_number = false;
    for letter in name.chars() {
        let digit = letter.to_digit(10);
        if digit.is_none() && in_number {
            pieces.push((String::new(), 0));
        }
        in_number = digit.is_some();
        let (text, number) = pieces.last_mut().expect("there is one");
        match digit {
            Some(digit) => *number = number.saturating_mul(10).saturating_add(digit.into()),
            None => text.push(letter),
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_in_the_order_of_their_numbers() {
        let mut names = ["net.10", "net.2", "fc1", "net.2.0", "fc10", "fc2"];
        names.sort_by(|one, other| by_numbers(one, other));
        assert_eq!(names, ["fc1", "fc2", "fc10", "net.2", "net.2.0", "net.10"]);
    }
}
