//! Weights from elsewhere that a training begins with.

use super::beginning::Beginning;
use super::error::{OriginError, TrainError};
use super::frozen::{frozen, names_of_head};
use crate::architecture::for_classes;
use crate::data;
use crate::exchange::{Naming, StateDict};
use crate::numbers::thousands;
use crate::run::{RunConfig, WEIGHTS};
use crate::summary::graph;
use crate::trained::Trained;
use crate::weights::Weights;
use burn_zoo_models::{ClassifierConfig, Network, Normalisation, Preprocessing};
use std::path::{Path, PathBuf};

/// Weights to begin a training with: those of a run, of the zoo, or of a file of PyTorch's or the zoo's.
pub struct Origin {
    path: PathBuf,
    /// The classes of its head, if it names them.
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

    /// How pixels became the input of the model that it was trained as; some files say it.
    pub fn normalisation(&self) -> Option<Normalisation> {
        match &self.contents {
            Contents::Trained(trained) => Some(trained.normalisation),
            Contents::File(state) => state.normalisation(),
        }
    }

    /// The model in the zoo that it was trained as, and its settings; a file does not say.
    pub fn architecture(&self) -> Option<(&str, &ClassifierConfig)> {
        match &self.contents {
            Contents::Trained(trained) => Some((&trained.model, &trained.architecture)),
            Contents::File(_) => None,
        }
    }

    /// The weights of a model; of a file, for as many classes as it has.
    ///
    /// # Errors
    /// [`OriginError`] where a file holds no weights of the model.
    pub fn origin(self, architecture: &ClassifierConfig) -> Result<Origin, OriginError> {
        Ok(match self.contents {
            Contents::Trained(trained) => Origin {
                path: self.path,
                num_classes: trained.classes.len(),
                weights: trained.weights().clone(),
                classes: Some(trained.classes).filter(|names| !are_numbers(names)),
            },
            Contents::File(state) => {
                let naming = Naming::default();
                let num_classes = state.num_classes(architecture, &naming)?;
                let taken = state.weights(&for_classes(architecture, num_classes), &naming)?;
                Origin {
                    path: self.path,
                    classes: None,
                    num_classes,
                    weights: taken.weights,
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

    /// Whether its head is for these classes: it names the same, or names none and has as many.
    pub fn has_head_for(&self, classes: &[String]) -> bool {
        match &self.classes {
            Some(own) => own == classes,
            None => self.num_classes == classes.len(),
        }
    }

    /// The model with these weights in place of its own; with a new head, of this many classes, all but those of the
    /// last layer, which is drawn from the seed as PyTorch draws layers.
    ///
    /// # Errors
    /// [`OriginError::DoesNotFit`], naming the tensors.
    pub fn begin(
        &self,
        beginning: Beginning,
        new_head: Option<(usize, u64)>,
    ) -> Result<Beginning, TrainError> {
        let trainee = beginning.trainee();
        let mut model = trainee.model.clone();
        let mut weights = self.weights.clone();
        if let Some((num_classes, seed)) = new_head {
            let head = names_of_head(model.graph());
            model = model.with_classes(num_classes, seed)?;
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

/// The initial weights of a run, its frozen modules and its normalisation, each only if it differs from the
/// lecture's: names and sentences.
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
