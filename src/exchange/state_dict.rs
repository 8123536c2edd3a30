//! Reads the tensors of a file that PyTorch or the zoo wrote.

use super::assign::{assign, shape_of};
use super::foreign::{self, Foreign};
use super::names::{Naming, wanted};
use super::{ExchangeError, parameters, transposed};
use crate::summary::graph;
use crate::weights::{Weights, is_of_the_zoo};
use burn_zoo_models::{ClassifierConfig, Normalisation, Parameter};
use std::collections::BTreeSet;
use std::fs::File;
use std::path::{Path, PathBuf};

/// The tensors of a file by their names, in PyTorch's layout.
///
/// Nothing of a file is run: of a pickle, tensors and dictionaries are read and all else is left out.
pub struct StateDict {
    path: PathBuf,
    contents: Contents,
}

enum Contents {
    /// A file of the zoo's own.
    Zoo(Weights),
    Foreign(Foreign),
}

/// A model's weights, taken from a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Taken {
    /// The weights.
    pub weights: Weights,
    /// The tensors beside them that were passed over, as they are none of a network's weights.
    pub passed_over: Vec<String>,
    /// The modules that have other names in the file than in the model: the file's and the model's.
    pub renamed: Vec<(String, String)>,
}

/// The most classes that a model can have: as many as labels can tell apart.
const MOST_CLASSES: usize = u16::MAX as usize;

impl StateDict {
    /// Opens a safetensors or PyTorch file, or the index of several; its contents decide which.
    ///
    /// # Errors
    /// [`ExchangeError::Io`]; [`ExchangeError::Unreadable`] where it is neither, is cut short, or holds
    /// what cannot be read faithfully.
    pub fn open(path: &Path) -> Result<Self, ExchangeError> {
        let io = |source| ExchangeError::Io {
            path: path.into(),
            source,
        };
        let unreadable = |reason| ExchangeError::Unreadable {
            path: path.into(),
            reason,
        };
        File::open(path).map_err(io)?;
        let metadata = foreign::safetensors_metadata(path).map_err(unreadable)?;
        let contents = match metadata {
            Some(metadata) if is_of_the_zoo(&metadata) => {
                let bytes = std::fs::read(path).map_err(io)?;
                let own = Weights::from_safetensors(&bytes);
                let (weights, _) = own.map_err(|error| unreadable(error.to_string()))?;
                Contents::Zoo(weights)
            }
            _ => Contents::Foreign(foreign::open(path).map_err(unreadable)?),
        };
        Ok(Self {
            path: path.into(),
            contents,
        })
    }

    /// The weights of a model.
    ///
    /// They may stand under a prefix (`module.`) or in a dictionary of the file (`model_state_dict`), and have the
    /// names of another `nn.Sequential` of the same layers; `naming` says what else their names are.
    ///
    /// # Errors
    /// [`ExchangeError::DoesNotFit`], naming the tensors that are missing, unexpected, of another shape
    /// or no floats; [`ExchangeError::Unreadable`] where a tensor's values are damaged.
    pub fn weights(
        &self,
        architecture: &ClassifierConfig,
        naming: &Naming,
    ) -> Result<Taken, ExchangeError> {
        let graph = graph(architecture).map_err(|error| self.misfit(error.to_string()))?;
        let foreign = match &self.contents {
            Contents::Zoo(weights) => {
                let parameters: Vec<_> = graph.parameters().collect();
                check(weights, &parameters).map_err(|reason| self.misfit(reason))?;
                return Ok(Taken {
                    weights: weights.clone(),
                    passed_over: Vec::new(),
                    renamed: Vec::new(),
                });
            }
            Contents::Foreign(foreign) => foreign,
        };
        let found = assign(&foreign.tensors, &wanted(&graph, false), naming);
        let found = found.map_err(|reason| self.misfit(reason))?;
        let mut weights = Weights::default();
        for (own, stored) in parameters(architecture).into_iter().zip(&found.stored) {
            let data = foreign.tensors[stored].read();
            let data = data.map_err(|reason| ExchangeError::Unreadable {
                path: self.path.clone(),
                reason: format!("is damaged: the values of {stored} cannot be had: {reason}"),
            })?;
            weights.insert(own.name, transposed(data));
        }
        Ok(Taken {
            weights,
            passed_over: found.passed_over,
            renamed: found.renamed,
        })
    }

    /// The number of classes of the model in the file, by the shape of its last layer; the
    /// architecture's own number of them does not matter.
    ///
    /// # Errors
    /// [`ExchangeError::DoesNotFit`] where the file has no such layer.
    pub fn num_classes(
        &self,
        architecture: &ClassifierConfig,
        naming: &Naming,
    ) -> Result<usize, ExchangeError> {
        let graph = graph(architecture).map_err(|error| self.misfit(error.to_string()))?;
        let head = graph.head().and_then(|head| head.parameters.first());
        let head = head.ok_or_else(|| self.misfit("the model has no last layer".into()))?;
        let (name, shape, axis) = match &self.contents {
            // A dense weight is [in, out] in the zoo and [out, in] in PyTorch.
            Contents::Zoo(weights) => {
                let found = weights.get(&head.name);
                (head.name.clone(), found.map(|data| data.shape.to_vec()), 1)
            }
            Contents::Foreign(foreign) => {
                let wanted = wanted(&graph, true);
                let found = shape_of(&head.pytorch, &foreign.tensors, &wanted, naming);
                let (name, shape) = found.map_err(|reason| self.misfit(reason))?;
                (name, shape, 0)
            }
        };
        match shape.as_deref() {
            Some(shape @ [_, _]) if shape[axis] > MOST_CLASSES => Err(self.misfit(format!(
                "{name} is for {} classes, and a model has at most {MOST_CLASSES}",
                shape[axis]
            ))),
            Some(shape @ [_, _]) => Ok(shape[axis]),
            Some(shape) => Err(self.misfit(format!("{name} has the shape {shape:?}"))),
            None => Err(self.misfit(format!("{name} is missing"))),
        }
    }

    /// How images became the model's input, where the file says it in one way.
    pub fn normalisation(&self) -> Option<Normalisation> {
        match &self.contents {
            Contents::Foreign(Foreign { normalisations, .. }) => match normalisations[..] {
                [only] => Some(only),
                _ => None,
            },
            Contents::Zoo(_) => None,
        }
    }

    fn misfit(&self, reason: String) -> ExchangeError {
        let name = self.path.file_stem().unwrap_or_default().to_string_lossy();
        let is_number = |text: &str| text.parse::<u32>().is_ok();
        // model-00001-of-00003
        let is_one_of_several = name.split_once("-of-").is_some_and(|(before, behind)| {
            is_number(behind) && before.rsplit('-').next().is_some_and(is_number)
        });
        let reason = match is_one_of_several {
            true => {
                format!("{reason}; it is one of several files: give the .index.json beside them")
            }
            false => reason,
        };
        ExchangeError::DoesNotFit {
            path: self.path.clone(),
            reason,
        }
    }
}

/// Whether weights are those of a model, by their names and shapes.
fn check(weights: &Weights, parameters: &[&Parameter]) -> Result<(), String> {
    let mut misfits = Vec::new();
    for own in parameters {
        match weights.get(&own.name) {
            None => misfits.push(format!("{} is missing", own.name)),
            Some(found) if *found.shape != *own.shape => misfits.push(format!(
                "{} has the shape {:?} instead of {:?}",
                own.name,
                found.shape.to_vec(),
                own.shape
            )),
            Some(_) => {}
        }
    }
    let known: BTreeSet<&str> = parameters.iter().map(|own| own.name.as_str()).collect();
    let unexpected = weights.names().filter(|name| !known.contains(name));
    misfits.extend(unexpected.map(|name| format!("{name} is unexpected")));
    match misfits.is_empty() {
        true => Ok(()),
        false => Err(misfits.join(", ")),
    }
}

#[cfg(test)]
mod tests;
