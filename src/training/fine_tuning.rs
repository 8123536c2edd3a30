//! What a training begins with that was trained elsewhere, and which of it stays as it is.

use super::{Beginning, TrainError};
use crate::data;
use crate::exchange::{ExchangeError, StateDict};
use crate::numbers::thousands;
use crate::run::{RunConfig, WEIGHTS};
use crate::summary::graph;
use crate::trained::{Trained, TrainedError};
use crate::weights::{Weights, WeightsError};
use burn_zoo_models::{
    ClassifierConfig, Graph, ImageShape, ModelSpec, Network, Normalisation, Parameter,
    Preprocessing,
};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The name for all of a network but its head, in a run's list of what is frozen.
pub const BACKBONE: &str = "backbone";

/// Why weights cannot be begun with. Each message is one sentence.
#[derive(Debug, thiserror::Error)]
pub enum OriginError {
    /// The run, or the weights that come with the zoo, cannot be read.
    #[error(transparent)]
    Trained(#[from] TrainedError),
    /// The file cannot be read, or holds no weights of the model.
    #[error(transparent)]
    File(#[from] ExchangeError),
    /// The weights are of another model, or of one for other images.
    #[error(
        "the weights of {} cannot be begun with: {source}; all but the last layer must be of the same shapes",
        path.display()
    )]
    DoesNotFit {
        /// The run or file.
        path: PathBuf,
        /// What does not fit.
        source: WeightsError,
    },
}

/// Weights to begin a training with: those of a run, of the zoo, or of a file of PyTorch's or the zoo's.
pub struct Origin {
    path: PathBuf,
    /// The classes that its head tells apart, where it names them.
    classes: Option<Vec<String>>,
    num_classes: usize,
    weights: Weights,
}

/// Where weights to begin with are read from, before it is known for which images.
pub struct Source {
    path: PathBuf,
    contents: Contents,
}

enum Contents {
    Trained(Box<Trained>),
    File(StateDict),
}

impl Source {
    /// A run folder, for its last weights; the name of weights that come with the zoo; or a file.
    ///
    /// # Errors
    /// [`OriginError`] where it cannot be read.
    pub fn open(path: &Path) -> Result<Self, OriginError> {
        let contents = match path.is_file() {
            true => Contents::File(StateDict::open(path)?),
            false => {
                let trained = Trained::open(&path.display().to_string(), WEIGHTS)?;
                Contents::Trained(Box::new(trained))
            }
        };
        Ok(Self {
            path: path.into(),
            contents,
        })
    }

    /// How pictures became the images that it was trained on; a file does not say.
    pub fn preprocessing(&self) -> Option<Preprocessing> {
        match &self.contents {
            Contents::Trained(trained) => Some(Preprocessing::new(
                trained.architecture.input(),
                trained.fit,
                trained.normalisation,
            )),
            Contents::File(_) => None,
        }
    }

    /// The weights of a model for images of a shape; of a file, for as many classes as it has.
    ///
    /// # Errors
    /// [`OriginError`] where a file holds no weights of the model.
    pub fn origin(self, spec: &ModelSpec, input: ImageShape) -> Result<Origin, OriginError> {
        Ok(match self.contents {
            Contents::Trained(trained) => Origin {
                path: self.path,
                num_classes: trained.classes.len(),
                weights: trained.weights().clone(),
                classes: Some(trained.classes).filter(|names| !are_numbers(names)),
            },
            Contents::File(state) => {
                let num_classes = state.num_classes(&spec.config(input, 1), None)?;
                Origin {
                    path: self.path,
                    classes: None,
                    num_classes,
                    weights: state.weights(&spec.config(input, num_classes), None)?,
                }
            }
        })
    }
}

impl Origin {
    /// Where they are from.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether its head tells these classes apart: it names the same, or names none and has as many.
    pub fn has_head_for(&self, classes: &[String]) -> bool {
        match &self.classes {
            Some(own) => own == classes,
            None => self.num_classes == classes.len(),
        }
    }

    /// The model of a run with these weights in place of its own; where the run has a new head, all but those of
    /// its last layer, which is drawn from the run's seed as PyTorch draws layers.
    ///
    /// # Errors
    /// [`OriginError::DoesNotFit`], naming the tensors.
    pub fn begin(&self, beginning: Beginning, config: &RunConfig) -> Result<Beginning, TrainError> {
        let trainee = beginning.trainee();
        let mut model = trainee.model.clone();
        let mut weights = self.weights.clone();
        if config.new_head {
            let head = names_of_head(model.graph());
            model = model.with_classes(config.dataset.classes.len(), config.seed)?;
            let own = Weights::of(&model);
            for name in head {
                let drawn = own.get(&name).expect("a parameter of the head");
                weights.insert(name, drawn.clone());
            }
        }
        let model = weights.apply(model);
        let model = model.map_err(|source| OriginError::DoesNotFit {
            path: self.path.clone(),
            source,
        })?;
        Ok(Beginning::of(trainee.with_model(model)))
    }
}

/// Whether classes have the names that an import gives where none are said.
fn are_numbers(names: &[String]) -> bool {
    let mut names = names.iter().enumerate();
    names.all(|(class, name)| *name == data::unnamed(class))
}

/// What a run begins with, what of that stays as it is, and how pixels become its input, where that is not the
/// lecture's way: names and sentences.
///
/// # Errors
/// [`TrainError`] where the configuration makes no model.
pub fn beginning_in_words(config: &RunConfig) -> Result<Vec<(&'static str, String)>, TrainError> {
    let mut words = Vec::new();
    let graph = graph(&config.architecture)?;
    if let Some(path) = &config.init_from {
        let which = match path.is_dir() {
            true => "the last of",
            false => "those of",
        };
        let head = match (config.new_head, graph.head()) {
            (true, Some(head)) => format!(
                "; the last layer, {}, is drawn anew for {} classes",
                head.name,
                config.dataset.classes.len()
            ),
            (false, Some(head)) if path.is_file() => format!(
                "; its last layer, {}, is taken to tell the same classes apart, in their order",
                head.name
            ),
            _ => String::new(),
        };
        words.push(("weights", format!("{which} {}{head}", path.display())));
    }
    if !config.freeze.is_empty() {
        let frozen = frozen(&config.architecture, &config.freeze)?;
        let learned = graph.parameters().filter(|own| own.is_learned);
        let frozen = learned.filter(|own| frozen.contains(&own.name));
        let count: usize = frozen.map(|own| own.shape.iter().product::<usize>()).sum();
        words.push((
            "frozen",
            format!(
                "{}: {} of {} parameters take no step, and batch normalisation there uses the statistics it came with and leaves them",
                config.freeze.join(", "),
                thousands(count),
                thousands(graph.num_params()),
            ),
        ));
    }
    let normalisation @ Normalisation { mean, std } = config.dataset.normalisation();
    if normalisation != Normalisation::LECTURE {
        let sentence = format!("normalised by a mean of {mean} and a standard deviation of {std}");
        words.push(("pixels", sentence));
    }
    Ok(words)
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
                "--freeze {wanted} names no module of the model: it has {BACKBONE} (all but the last layer), {}",
                modules(&graph).join(", ")
            )));
        }
        frozen.extend(meant);
    }
    let learned = graph.parameters().filter(|own| own.is_learned);
    if learned.into_iter().all(|own| frozen.contains(&own.name)) {
        return Err(TrainError::BadSetting(format!(
            "--freeze {} leaves nothing to train: leave out one of them",
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
