//! Writes a model as Rust source for Burn, for programs that want no dependency on the zoo: the structs of its modules,
//! `init` and `forward`.
//!
//! All follows from the model's own graph, from its trial run without data: the names of the parameters give the structs
//! ([`modules`]), the operations the forward pass ([`forward`]).

mod forward;
mod modules;
mod source;
mod statements;
mod version;

pub use version::BurnVersion;

use super::description::text;
use crate::summary;
use crate::trained::Trained;
use crate::weights::{Weights, WeightsError};
use burn_zoo_models::Op;

/// A model's name as that of a Rust file: `cnn_maxpool`.
pub fn module_name(model: &str) -> String {
    model.replace(|c: char| !c.is_ascii_alphanumeric(), "_")
}

/// The text of a Rust file for the weights of [`to_burnpack_for_rust`](super::to_burnpack_for_rust), which it says are in
/// the file `weights`.
///
/// # Errors
/// [`WeightsError::DoesNotFit`] where the architecture makes no model, or has something that is not written as Rust yet.
pub fn to_rust(
    trained: &Trained,
    version: BurnVersion,
    weights: &str,
) -> Result<String, WeightsError> {
    let graph = summary::graph(&trained.architecture);
    let graph = graph.map_err(|error| WeightsError::DoesNotFit(error.to_string()))?;
    let unwritten = |what: String| {
        WeightsError::DoesNotFit(format!("{what} cannot be written as Rust source yet"))
    };
    let network = modules::of(&graph).map_err(unwritten)?;
    let forward = forward::of(&graph, &network).map_err(unwritten)?;
    Ok(source::file(
        &source::About {
            model: &trained.model,
            weights,
            text: text(trained),
            classes: &trained.classes,
            num_classes: trained.architecture.num_classes(),
            version,
        },
        &graph,
        &network,
        &forward,
    ))
}

/// The weights by the names of the structs of [`to_rust`]: as the zoo's, but for batch normalisation, which is Burn's
/// own there and has `gamma` and `beta`.
///
/// # Errors
/// [`WeightsError::DoesNotFit`] where the architecture makes no model.
pub fn with_rust_names(trained: &Trained) -> Result<Weights, WeightsError> {
    let graph = summary::graph(&trained.architecture);
    let graph = graph.map_err(|error| WeightsError::DoesNotFit(error.to_string()))?;
    let mut named = Weights::default();
    for node in graph.nodes() {
        for parameter in &node.parameters {
            let own = &parameter.name;
            let data = trained.weights().get(own);
            let data = data.ok_or_else(|| WeightsError::DoesNotFit(format!("{own} is missing")))?;
            let name = match (&node.op, own.rsplit_once('.')) {
                (Op::BatchNorm2d, Some((module, "weight"))) => format!("{module}.gamma"),
                (Op::BatchNorm2d, Some((module, "bias"))) => format!("{module}.beta"),
                _ => own.clone(),
            };
            named.insert(name, data.clone());
        }
    }
    Ok(named)
}

#[cfg(test)]
mod tests;
