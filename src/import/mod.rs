//! Weights from elsewhere become a run: a file's tensors are found as a model's, and what the file does not say (the data
//! set, its classes, how images were normalised) is asked for, guessed from shapes or measured.

mod error;
mod find;
mod normalisation;
mod request;

pub use error::ImportError;
pub use normalisation::{Normalised, Trial};
pub use request::{Guess, ImportRequest};

use crate::architecture::{Change, changed};
use crate::data;
use crate::exchange::{StateDict, Taken};
use crate::run::{self, AdamSettings, DatasetConfig, RunConfig, RunDir, WEIGHTS};
use crate::summary::graph;
use crate::weights::{Metadata, Weights};
use burn_zoo_models::{ClassifierConfig, Graph, MODELS, ModelSpec, Refinements};
use find::{Found, find};
use request::Known;
use std::path::{Path, PathBuf};

/// A run that was made of a file.
#[derive(Debug)]
pub struct Imported {
    /// The run folder.
    pub run: PathBuf,
    /// Its configuration.
    pub config: RunConfig,
    /// Its weights and biases.
    pub num_params: usize,
    /// What was guessed of the data set.
    pub guess: Guess,
    /// Where the normalisation is from.
    pub normalised: Normalised,
    /// The tensors that were passed over, as they are none of a network's weights.
    pub passed_over: Vec<String>,
    /// The modules that have other names in the file than in the model: the file's and the model's.
    pub renamed: Vec<(String, String)>,
    /// The zoo's other models that the tensors would fit as well.
    pub also_fits: Vec<&'static str>,
    /// The tensors with values that are not finite.
    pub not_finite: Vec<String>,
}

/// Makes a run of a file.
///
/// # Errors
/// [`ImportError`]; nothing is written then.
pub fn import(request: &ImportRequest) -> Result<Imported, ImportError> {
    let spec = burn_zoo_models::find(&request.model)?;
    if request.file.to_str().is_none() {
        return Err(ImportError::Name(request.file.clone()));
    }
    let state = StateDict::open(&request.file)?;
    let file = state.normalisation();
    let Found {
        mut dataset,
        images,
        architecture,
        taken,
        guess,
    } = find(request, spec, &state)?;
    // It may hold the weights once more.
    drop(state);
    let known = Known {
        given: [request.mean, request.std],
        file,
    };
    let Taken {
        weights,
        passed_over,
        renamed,
    } = taken;
    let trained = dataset.trained_by(spec, &architecture, weights);
    let normalised = normalisation::choose(request, &known, images, &trained)?;
    let weights = trained.weights;
    dataset.mean = normalised.normalisation().mean;
    dataset.std = normalised.normalisation().std;
    let channels = architecture.input().channels;
    let checked = dataset.normalisation().check(channels);
    checked.map_err(ImportError::Normalisation)?;
    let not_finite = weights.names().filter(|name| {
        let data = weights.get(name);
        data.is_some_and(|data| data.iter::<f32>().any(|value| !value.is_finite()))
    });
    let not_finite = not_finite.map(String::from).collect();
    let also_fits = also_fits(spec, &architecture, &request.set)?;
    let num_params = graph(&architecture)?.num_params();
    let name = match dataset.id.as_str() {
        data::UNKNOWN => format!("{}-imported", spec.id),
        id => format!("{}-{}-imported", spec.id, data::short_name(id)),
    };
    let config = config(spec, dataset, architecture, &weights, &request.file);
    let run = RunDir::create(request.out.as_deref(), &name)?;
    let path = run.path().to_owned();
    let written = run.write_config(&config);
    if let Err(error) = written.and_then(|()| run.write_weights(WEIGHTS, &weights, Metadata::new()))
    {
        run.discard(request.out.as_deref());
        return Err(error.into());
    }
    Ok(Imported {
        run: path,
        config,
        num_params,
        guess,
        normalised,
        passed_over,
        renamed,
        also_fits,
        not_finite,
    })
}

/// The zoo's other models whose tensors have the same names and shapes: they compute something else of them.
fn also_fits(
    spec: &ModelSpec,
    architecture: &ClassifierConfig,
    set: &[Change],
) -> Result<Vec<&'static str>, ImportError> {
    let own = graph(architecture)?;
    let tensors = |graph: &Graph| {
        let tensors = graph.parameters().cloned();
        tensors
            .map(|own| (own.pytorch, own.shape))
            .collect::<Vec<_>>()
    };
    let others = MODELS.iter().filter(|other| {
        let config = other.config(architecture.input(), architecture.num_classes());
        let other_graph = changed(&config, set)
            .ok()
            .and_then(|config| graph(&config).ok());
        // By the same settings it may be the same network, too.
        other.id != spec.id
            && other_graph.is_some_and(|it| it != own && tensors(&it) == tensors(&own))
    });
    Ok(others.map(|other| other.id).collect())
}

/// A run's configuration as if it had been trained elsewhere.
fn config(
    spec: &ModelSpec,
    dataset: DatasetConfig,
    architecture: ClassifierConfig,
    weights: &Weights,
    file: &Path,
) -> RunConfig {
    RunConfig {
        format: run::FORMAT,
        zoo: env!("CARGO_PKG_VERSION").into(),
        burn: run::BURN.into(),
        model: spec.id.into(),
        architecture,
        dataset,
        adam: AdamSettings::new(spec.recipe.learning_rate),
        batch_size: spec.recipe.batch_size,
        num_epochs: 0,
        refinements: Refinements::NONE,
        seed: 0,
        backend: "none".into(),
        device: "none".into(),
        hardware: "none".into(),
        initial_weights_sha256: weights.sha256(),
        convolutions: Vec::new(),
        init_from: None,
        new_head: false,
        freeze: Vec::new(),
        backbone_learning_rate: None,
        imported_from: Some(file.into()),
        further_devices: Vec::new(),
        earlier: Vec::new(),
    }
}
