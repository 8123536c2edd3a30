//! A file's tensors as a model's by their names.

use super::foreign::{Elements, Tensor};
use super::{NUM_BATCHES, RUNNING_MEAN};
use burn_zoo_models::Graph;
use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

/// How the tensors of a file are found that are a model's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Naming {
    /// The key of the dictionary that holds them, where several do.
    pub key: Option<String>,
    /// Modules that have another name in the file than in the model.
    pub rename: Vec<Rename>,
    /// The names of tensors that are left out; `*` stands for any letters.
    pub ignore: Vec<String>,
    /// Whether tensors are taken by their shapes where their names are others.
    pub match_shapes: bool,
}

/// A module's name in a file and in the model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rename {
    from: Vec<String>,
    to: Vec<String>,
}

impl FromStr for Rename {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = |name: &str| name.split('.').map(String::from).collect::<Vec<_>>();
        match text.split_once('=') {
            Some((from, to)) if !from.is_empty() => Ok(Self {
                from: parts(from),
                to: match to {
                    "" => Vec::new(),
                    to => parts(to),
                },
            }),
            _ => Err("give the name in the file and that in the model: net.0=1".into()),
        }
    }
}

/// A tensor that a model needs.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    /// Its name in PyTorch.
    pub name: String,
    /// Its shape in PyTorch; of the last layer, the number of classes is left open where any will do.
    pub shape: Vec<Option<usize>>,
}

/// The tensors that a model needs, in its order. With `any_classes`, the last layer's outputs are left open.
pub(super) fn wanted(graph: &Graph, any_classes: bool) -> Vec<Wanted> {
    let head: BTreeSet<&str> = graph.head().map_or_else(BTreeSet::new, |head| {
        head.parameters
            .iter()
            .map(|own| own.name.as_str())
            .collect()
    });
    let wanted = graph.parameters().map(|own| {
        // A dense layer's weight is the other way round than PyTorch's.
        let is_dense = own.shape.len() == 2;
        let sides = own.shape.iter().map(|&side| Some(side));
        let mut shape: Vec<_> = match is_dense {
            true => sides.rev().collect(),
            false => sides.collect(),
        };
        if any_classes && head.contains(own.name.as_str()) {
            shape[0] = None;
        }
        Wanted {
            name: own.pytorch.clone(),
            shape,
        }
    });
    wanted.collect()
}

impl Wanted {
    pub fn fits(&self, shape: &[usize]) -> bool {
        self.shape.len() == shape.len()
            && (self.shape.iter().zip(shape))
                .all(|(own, found)| own.is_none_or(|own| own == *found))
    }

    pub fn shape_in_words(&self) -> String {
        let sides = self.shape.iter();
        let sides: Vec<_> = sides
            .map(|side| side.map_or("any".into(), |side| side.to_string()))
            .collect();
        format!("[{}]", sides.join(", "))
    }
}

/// A file's tensor as it is looked at.
#[derive(Clone)]
pub(super) struct Candidate<'a> {
    /// Its name in the file.
    pub stored: &'a str,
    /// The same after renaming.
    pub name: String,
    pub tensor: &'a Tensor,
}

/// A file's tensors that are a model's.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Assignment {
    /// The names in the file, in the model's order.
    pub stored: Vec<String>,
    /// The tensors beside them that are none of a network's weights.
    pub passed_over: Vec<String>,
    /// The modules that have other names in the file than in the model: the file's and the model's.
    pub renamed: Vec<(String, String)>,
}

/// A file's tensors without those that are left out, by their names after renaming.
pub(super) fn candidates<'a>(
    tensors: &'a BTreeMap<String, Tensor>,
    naming: &Naming,
) -> Result<Vec<Candidate<'a>>, String> {
    let mut used = vec![false; naming.rename.len()];
    let mut names = BTreeMap::new();
    let mut candidates = Vec::new();
    for (stored, tensor) in tensors {
        if naming.ignore.iter().any(|pattern| is_like(stored, pattern)) {
            continue;
        }
        let renames = naming.rename.iter().zip(&mut used);
        // Each name is changed once, so that 0=1 and 1=2 do not chase each other.
        let renamed = renames.into_iter().find_map(|(rename, used)| {
            let renamed = rename.of(stored)?;
            *used = true;
            Some(renamed)
        });
        let name = renamed.unwrap_or_else(|| stored.clone());
        if let Some(other) = names.insert(name.clone(), stored) {
            return Err(format!("{other} and {stored} would both be {name}"));
        }
        candidates.push(Candidate {
            stored,
            name,
            tensor,
        });
    }
    let unused = naming.rename.iter().zip(&used).find(|(_, used)| !**used);
    match unused {
        Some((rename, _)) => Err(format!(
            "no tensor's name has {}, which ‘rename’ names",
            rename.from.join(".")
        )),
        None => Ok(candidates),
    }
}

impl Rename {
    /// The name with the first place of the one module's parts in it changed; `None` where it has no such place.
    fn of(&self, name: &str) -> Option<String> {
        let parts: Vec<&str> = name.split('.').collect();
        let from = self.from.as_slice();
        let at = parts
            .windows(from.len())
            .position(|window| window == from)?;
        let to = self.to.iter().map(String::as_str);
        let before = parts[..at].iter().copied();
        let behind = parts[at + from.len()..].iter().copied();
        Some(before.chain(to).chain(behind).collect::<Vec<_>>().join("."))
    }
}

/// Whether a name is like a pattern, in which `*` stands for any letters.
fn is_like(name: &str, pattern: &str) -> bool {
    let Some((before, rest)) = pattern.split_once('*') else {
        return name == pattern;
    };
    let Some(name) = name.strip_prefix(before) else {
        return false;
    };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let last = parts.pop().expect("a split has a part");
    let mut left = name;
    for part in parts {
        match left.split_once(part) {
            Some((_, behind)) => left = behind,
            None => return false,
        }
    }
    left.ends_with(last)
}

/// The prefixes that PyTorch's wrappers add to the names of the wrapped model.
const WRAPPERS: [&str; 2] = ["module.", "_orig_mod."];

/// Why no tensors are a model's by their names.
pub(super) enum Misfit {
    /// Those of several models are.
    Several(String),
    /// Some are missing, unexpected or of another kind.
    Tensors(String),
}

/// The tensors of the model's own names, under one prefix.
pub(super) fn by_name(
    candidates: &[Candidate<'_>],
    wanted: &[Wanted],
    key: Option<&str>,
) -> Result<Assignment, Misfit> {
    let prefix = prefix(candidates, wanted, key)?;
    let found: BTreeMap<&str, &Candidate<'_>> = candidates
        .iter()
        .map(|candidate| (candidate.name.as_str(), candidate))
        .collect();
    let mut assignment = Assignment::default();
    let mut misfits = Vec::new();
    let mut names = BTreeSet::new();
    let (mut is_wider, mut is_missing) = (false, false);
    for (place, own) in wanted.iter().enumerate() {
        let name = format!("{prefix}{}", own.name);
        match found.get(name.as_str()) {
            None => {
                is_missing = true;
                misfits.push(format!("{name} is missing"));
            }
            Some(other) if !own.fits(&other.tensor.shape) => {
                // Another width, and not of the last layer, which has as many outputs as there are classes.
                is_wider |= own.shape.len() == 1 && place + 1 < wanted.len();
                misfits.push(format!(
                    "{name} has the shape {:?} instead of {}",
                    other.tensor.shape,
                    own.shape_in_words()
                ));
            }
            Some(other) => match &other.tensor.elements {
                Elements::Floats(_) => assignment.stored.push(other.stored.into()),
                Elements::Others(kind) => {
                    misfits.push(format!("{name} holds {kind} instead of floats"));
                }
            },
        }
        names.insert(name);
    }
    // A checkpoint holds more than the model; what stands beside the model's tensors is the model's.
    let mut container = prefix.as_str();
    while let Some(outer) = WRAPPERS
        .iter()
        .find_map(|wrapper| container.strip_suffix(wrapper))
    {
        container = outer;
    }
    let is_fitting = misfits.is_empty();
    // PyTorch counts the batches of a batch normalisation, and with its usual momentum never reads it.
    let is_count = |name: &str| {
        let module = name.strip_suffix(NUM_BATCHES);
        module.is_some_and(|module| names.contains(&format!("{module}{RUNNING_MEAN}")))
    };
    for other in candidates {
        let name = other.name.as_str();
        if !name.starts_with(container) || names.contains(name) || is_count(name) {
            continue;
        }
        match is_no_weight(&name[container.len()..], other.tensor) {
            true => assignment.passed_over.push(other.stored.into()),
            false => misfits.push(format!("{name} is unexpected")),
        }
    }
    match misfits.is_empty() {
        true => Ok(assignment),
        false if is_fitting => Err(Misfit::Tensors(format!(
            "{}: if the network computes the same without, leave it out by ‘ignore’",
            misfits.join(", ")
        ))),
        false if is_wider && !is_missing => Err(Misfit::Tensors(format!(
            "{}: ‘set’ changes the model's own settings",
            misfits.join(", ")
        ))),
        false => Err(Misfit::Tensors(misfits.join(", "))),
    }
}

/// Whether a tensor beside a model's is certainly none of a network's weights: what counts, what averages weights, and
/// what is no float.
pub(super) fn is_no_weight(name: &str, tensor: &Tensor) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name);
    matches!(tensor.elements, Elements::Others(_))
        || last == "_extra_state"
        || last == "n_averaged"
        || last.starts_with("ema_")
        || last.ends_with("_ema")
}

/// The prefix of the model's tensors in the file.
pub(super) fn prefix(
    candidates: &[Candidate<'_>],
    wanted: &[Wanted],
    key: Option<&str>,
) -> Result<String, Misfit> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for candidate in candidates {
        for own in wanted {
            if let Some(prefix) = candidate.name.strip_suffix(own.name.as_str())
                && (prefix.is_empty() || prefix.ends_with('.'))
                && is_under(prefix, key)
            {
                *counts.entry(prefix).or_default() += 1;
            }
        }
    }
    let most = counts.values().max();
    let best: Vec<&str> = counts
        .iter()
        .filter(|(_, count)| Some(*count) == most)
        .map(|(prefix, _)| *prefix)
        .collect();
    match best[..] {
        [only] => Ok(only.to_owned()),
        [] => {
            let some = |names: &mut dyn Iterator<Item = &str>| {
                let names: Vec<_> = names.take(4).collect();
                names.join(", ")
            };
            let mut stored = candidates.iter().map(|candidate| candidate.name.as_str());
            let stored = match candidates.len() {
                0 => "no tensors at all".into(),
                count => format!("{count} others: {}, …", some(&mut stored)),
            };
            Err(Misfit::Tensors(format!(
                "it has none of the model's tensors {}, …{}, but {stored}",
                some(&mut wanted.iter().map(|own| own.name.as_str())),
                key.map_or(String::new(), |key| format!(" under {key:?}")),
            )))
        }
        [first, ref others @ ..] => {
            match others.iter().all(|other| is_same(candidates, first, other)) {
                // One dictionary under several keys.
                true => Ok(first.to_owned()),
                false => Err(Misfit::Several(several(&best))),
            }
        }
    }
}

/// Whether a prefix is that of a key's dictionary.
pub(super) fn is_under(prefix: &str, key: Option<&str>) -> bool {
    key.is_none_or(|key| {
        prefix
            .strip_prefix(key)
            .is_some_and(|rest| rest.starts_with('.'))
    })
}

/// That a file holds several models, under these prefixes.
pub(super) fn several(prefixes: &[&str]) -> String {
    let names: Vec<_> = prefixes
        .iter()
        .map(|prefix| match prefix.trim_end_matches('.') {
            "" => "no key",
            name => name,
        })
        .collect();
    format!(
        "it holds several models, under {}: name one by ‘key’",
        names.join(", ")
    )
}

/// Whether the tensors under two prefixes are the same.
fn is_same(candidates: &[Candidate<'_>], one: &str, other: &str) -> bool {
    let under = |prefix: &str| {
        let names = candidates.iter().filter_map(|candidate| {
            let name = candidate.name.strip_prefix(prefix)?;
            Some((name.to_owned(), candidate.tensor))
        });
        names.collect::<BTreeMap<_, _>>()
    };
    let [one, other] = [one, other].map(under);
    one.len() == other.len()
        && one
            .iter()
            .zip(&other)
            .all(|((name, tensor), (same, twin))| {
                name == same
                    && tensor.shape == twin.shape
                    && tensor.elements == twin.elements
                    && match tensor.elements {
                        Elements::Floats(_) => matches!(
                            (tensor.read(), twin.read()),
                            (Ok(one), Ok(other)) if one.as_bytes() == other.as_bytes()
                        ),
                        Elements::Others(_) => true,
                    }
            })
}
