//! The model in a file, and the data set that is asked for or that fits it.

use super::error::ImportError;
use super::request::{Guess, ImportRequest};
use crate::architecture::changed;
use crate::data::{self, DatasetSpec};
use crate::exchange::{StateDict, Taken, read_classes};
use crate::run::DatasetConfig;
use crate::trained::Trained;
use crate::weights::Weights;
use burn_zoo_models::{ClassifierConfig, ImageShape, ModelSpec, Normalisation};

/// The image shapes that are tried if none is given.
const COLOUR: ImageShape = ImageShape::new(3, 32, 32);
const GREY: ImageShape = ImageShape::new(1, 28, 28);

/// The contents of a file.
pub(super) struct Found {
    /// The data set, with the usual normalisation.
    pub dataset: DatasetConfig,
    /// The data set where it is one of the zoo's, or pictures of the user's.
    pub images: Option<DatasetSpec>,
    pub architecture: ClassifierConfig,
    pub taken: Taken,
    pub guess: Guess,
}

impl DatasetConfig {
    /// A model of these data as if it were a run's.
    pub(super) fn trained_by(
        &self,
        spec: &ModelSpec,
        architecture: &ClassifierConfig,
        weights: Weights,
    ) -> Trained {
        Trained {
            name: spec.id.into(),
            model: spec.id.into(),
            architecture: architecture.clone(),
            dataset: self.id.clone(),
            classes: self.classes.clone(),
            fit: self.fit,
            normalisation: self.normalisation(),
            run: None,
            epoch: None,
            weights,
        }
    }
}

/// Finds the model in a file, its data set and the names of its classes.
pub(super) fn find(
    request: &ImportRequest,
    spec: &ModelSpec,
    state: &StateDict,
) -> Result<Found, ImportError> {
    let usual = data::usual(&[spec]);
    let given = request.dataset.as_ref().map(|id| {
        let data_dir = request.data_dir.as_deref();
        data::choose(id, data_dir, request.image_shape, request.fit, usual)
    });
    let given = given.transpose()?;
    let architecture = |shape, num_classes| changed(&spec.config(shape, num_classes), &request.set);
    let shapes = match (request.image_shape, &given) {
        (Some(shape), _) => vec![shape],
        (None, Some(dataset)) => vec![dataset.shape],
        (None, None) => vec![usual.input, COLOUR, GREY],
    };
    let mut num_classes = None;
    for &shape in &shapes {
        let found = state.num_classes(&architecture(shape, 1)?, &request.naming);
        num_classes = num_classes.or(found.ok());
    }
    let Some(num_classes) = num_classes else {
        // Without a last layer; what else does not fit is said of the data set's model.
        let dataset = given.map_or_else(|| data::find("fashion-mnist"), Ok)?;
        return of_dataset(request, spec, state, &dataset, Guess::Nothing);
    };
    if let Some(dataset) = given {
        let classes = dataset.classes.len();
        // Where it fits with other classes; or else what does not fit is said tensor by tensor.
        let other = architecture(dataset.shape, num_classes)?;
        if classes != num_classes && state.weights(&other, &request.naming).is_ok() {
            return Err(ImportError::OtherClasses {
                file: request.file.clone(),
                found: num_classes,
                dataset: dataset.id,
                expected: classes,
            });
        }
        return of_dataset(request, spec, state, &dataset, Guess::Nothing);
    }
    if request.classes.is_none() && request.image_shape.is_none() {
        for id in ["fashion-mnist", "cifar-10"] {
            let dataset = data::find(id)?;
            if dataset.classes.len() == num_classes
                && let Ok(found) = of_dataset(request, spec, state, &dataset, Guess::Dataset)
            {
                return Ok(found);
            }
        }
    }
    let (classes, guess) = names(request, num_classes)?;
    let mut first_error = None;
    for shape in shapes {
        let architecture = architecture(shape, num_classes)?;
        match state.weights(&architecture, &request.naming) {
            Ok(taken) => {
                let own = spec.preprocessing.map(|own| own.normalisation);
                let own = own.filter(|own| own.fits(shape.channels));
                let normalisation = own.unwrap_or(Normalisation::LECTURE);
                return Ok(Found {
                    dataset: DatasetConfig {
                        id: data::UNKNOWN.into(),
                        origin: "not known".into(),
                        classes,
                        fit: request.fit.unwrap_or(usual.fit),
                        mean: normalisation.mean,
                        std: normalisation.std,
                        limit: None,
                        valid_fraction: 0.0,
                        num_train: 0,
                        num_valid: 0,
                        num_test: 0,
                        digest: None,
                        skipped: Vec::new(),
                    },
                    images: None,
                    architecture,
                    taken,
                    guess,
                });
            }
            Err(error) => {
                first_error.get_or_insert(error);
            }
        }
    }
    let source = first_error.expect("there is a shape");
    Err(match request.image_shape {
        Some(_) => source.into(),
        None => ImportError::PerhapsOtherImages {
            source,
            usual: usual.input,
        },
    })
}

/// The names of the classes, from their file or by their numbers.
fn names(request: &ImportRequest, num_classes: usize) -> Result<(Vec<String>, Guess), ImportError> {
    let Some(file) = &request.classes else {
        let names = (0..num_classes).map(data::unnamed).collect();
        return Ok((names, Guess::Classes));
    };
    let names = read_classes(file)?;
    match names.len() == num_classes {
        true => Ok((names, Guess::Nothing)),
        false => Err(ImportError::OtherNames {
            names: file.clone(),
            found: names.len(),
            file: request.file.clone(),
            expected: num_classes,
        }),
    }
}

/// The model in a file for the images and classes of a data set.
fn of_dataset(
    request: &ImportRequest,
    spec: &ModelSpec,
    state: &StateDict,
    dataset: &DatasetSpec,
    guess: Guess,
) -> Result<Found, ImportError> {
    let architecture = changed(&dataset.architecture(spec), &request.set)?;
    let taken = state.weights(&architecture, &request.naming)?;
    let normalisation = dataset.normalisation_for(spec);
    Ok(Found {
        dataset: DatasetConfig {
            id: dataset.id.clone(),
            origin: "not looked at".into(),
            classes: dataset.classes.clone(),
            fit: dataset.fit,
            mean: normalisation.mean,
            std: normalisation.std,
            limit: None,
            valid_fraction: 0.0,
            num_train: dataset.num_train,
            num_valid: 0,
            num_test: dataset.num_test,
            digest: None,
            skipped: Vec::new(),
        },
        images: Some(dataset.clone()),
        architecture,
        taken,
        guess,
    })
}
