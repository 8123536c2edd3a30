//! Which of a file's tensors are a model's: by their names, by their places in an `nn.Sequential`, or by their shapes.

use super::foreign::Tensor;
use super::names::{Assignment, Misfit, Naming, Wanted, by_name, candidates, prefix};
use super::places;
use std::collections::BTreeMap;

/// Finds the tensors that a model needs.
///
/// # Errors
/// What does not fit, tensor by tensor.
pub(super) fn assign(
    tensors: &BTreeMap<String, Tensor>,
    wanted: &[Wanted],
    naming: &Naming,
) -> Result<Assignment, String> {
    let candidates = candidates(tensors, naming)?;
    let by_name = by_name(&candidates, wanted, naming.key.as_deref());
    let misfit = match by_name {
        Ok(assignment) => return Ok(assignment),
        Err(Misfit::Several(reason)) => return Err(reason),
        Err(Misfit::Tensors(reason)) => reason,
    };
    match places::of(&candidates, wanted, naming.key.as_deref())? {
        Some(found) if found.in_sequence || naming.match_shapes => Ok(found.assignment),
        Some(found) => Err(format!(
            "{misfit}; but all shapes fit in order, if {}: ‘match_shapes’ takes them so",
            in_words(&found.assignment.renamed)
        )),
        None => {
            let key = naming.key.as_deref();
            match places::differing(&candidates, wanted, key) {
                Some(differing) => Err(format!(
                    "{misfit}; by their order, {differing}: ‘set’ changes the model's own settings"
                )),
                None => Err(misfit),
            }
        }
    }
}

/// The name in a file of a model's tensor, and its shape, where the file has it; the other tensors may have other shapes
/// than the model's.
///
/// # Errors
/// What does not fit.
pub(super) fn shape_of(
    own: &str,
    tensors: &BTreeMap<String, Tensor>,
    wanted: &[Wanted],
    naming: &Naming,
) -> Result<(String, Option<Vec<usize>>), String> {
    if let Ok(found) = assign(tensors, wanted, naming) {
        let place = wanted.iter().position(|it| it.name == own);
        let stored = &found.stored[place.expect("it is one of the model's")];
        return Ok((stored.clone(), Some(tensors[stored].shape.clone())));
    }
    let candidates = candidates(tensors, naming)?;
    let prefix = prefix(&candidates, wanted, naming.key.as_deref())
        .map_err(|(Misfit::Several(reason) | Misfit::Tensors(reason))| reason)?;
    let name = format!("{prefix}{own}");
    let found = candidates.iter().find(|candidate| candidate.name == name);
    Ok((name, found.map(|found| found.tensor.shape.clone())))
}

/// "net.0 is 1, net.2 is 3".
pub(super) fn in_words(renamed: &[(String, String)]) -> String {
    let pairs = renamed.iter();
    let pairs: Vec<_> = pairs
        .map(|(file, own)| format!("{file} is {own}"))
        .collect();
    pairs.join(", ")
}
