//! Which modules of a network are not trained.

use super::error::TrainError;
use crate::summary::graph;
use burn_zoo_models::{ClassifierConfig, Graph, Parameter};
use std::collections::BTreeSet;

/// The name for all of a network but its head, in a run's list of what is frozen.
pub const BACKBONE: &str = "backbone";
/// The word for an empty list of what is frozen.
pub const NONE: &str = "none";

/// A list of frozen modules as one word: "none" or their names.
pub fn in_one_word(freeze: &[String]) -> String {
    match freeze {
        [] => NONE.into(),
        names => names.join(","),
    }
}

/// The names of the parameters of a network's last layer.
pub fn names_of_head(graph: &Graph) -> Vec<String> {
    let head = graph.head().into_iter();
    let parameters = head.flat_map(|node| &node.parameters);
    parameters.map(|own| own.name.clone()).collect()
}

/// The names of the parameters that a run's list of what is frozen means, running statistics of batch
/// normalisation among them: each entry is a module, with all within it, or [`BACKBONE`].
///
/// # Errors
/// A sentence, where an entry is no module of the network or nothing is left to train.
pub fn frozen(
    architecture: &ClassifierConfig,
    freeze: &[String],
) -> Result<BTreeSet<String>, TrainError> {
    let graph = graph(architecture)?;
    let head = names_of_head(&graph);
    let mut frozen = BTreeSet::new();
    for wanted in freeze {
        let is_meant = |own: &&Parameter| match wanted.as_str() {
            BACKBONE => !head.contains(&own.name),
            module => {
                let rest = own.name.strip_prefix(module);
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            }
        };
        let meant = graph.parameters().filter(is_meant);
        let meant: Vec<String> = meant.map(|own| own.name.clone()).collect();
        if meant.is_empty() {
            return Err(TrainError::BadSetting(format!(
                "`freeze` {wanted} names no module of the model: it has {BACKBONE} (all but the last layer), {}",
                modules(&graph).join(", ")
            )));
        }
        frozen.extend(meant);
    }
    let learned = graph.parameters().filter(|own| own.is_learned);
    if learned.into_iter().all(|own| frozen.contains(&own.name)) {
        return Err(TrainError::BadSetting(format!(
            "`freeze` {} leaves nothing to train: leave out one of them",
            freeze.join(",")
        )));
    }
    Ok(frozen)
}

/// The outermost modules of a network, in their order.
fn modules(graph: &Graph) -> Vec<String> {
    let mut modules: Vec<String> = Vec::new();
    for own in graph.parameters() {
        let module = own.name.split('.').next().unwrap_or_default();
        if !modules.iter().any(|known| known == module) {
            modules.push(module.into());
        }
    }
    modules
}
