//! The settings of a new training, before its images are read and its weights drawn.

use super::check::{Checked, check, not_text};
use super::places::{Places, Wanted};
use super::{PlanError, TrainRequest};
use crate::architecture::{self, ArchitectureError};
use crate::data::{self, DatasetSpec, HoldOut, Splits};
use crate::run::{AdamSettings, BURN, DatasetConfig, FORMAT, RunConfig};
use crate::training::{Origin, Source, Start};
use burn_zoo_models::{ClassifierConfig, ModelError, ModelSpec, Normalisation, Recipe};

/// Every setting of a new training.
pub struct Settings {
    /// The model's entry in the zoo.
    pub model: &'static ModelSpec,
    /// The model's settings.
    pub architecture: ClassifierConfig,
    /// The data set.
    pub dataset: DatasetSpec,
    /// How pixels become the model's input.
    pub normalisation: Normalisation,
    /// Use only this many images of the training and of the test set.
    pub limit: Option<usize>,
    /// The share of the training set held out for validation.
    pub valid_fraction: f64,
    /// Whether the pictures of a folder that cannot be read are left out.
    pub skip_unreadable: bool,
    /// How images are held out of a folder's: as in the run to repeat, if it is of before.
    pub hold_out: HoldOut,
    /// The recipe.
    pub recipe: Recipe,
    /// Adam's settings, with the recipe's learning rate.
    pub adam: AdamSettings,
    /// The seed.
    pub seed: u64,
    /// Where it computes.
    pub places: Places,
    /// The weights to begin with, where they are not drawn.
    pub origin: Option<Origin>,
    /// The modules that are not trained.
    pub freeze: Vec<String>,
    /// The learning rate of all but the last layer, where it has another.
    pub backbone_learning_rate: Option<f64>,
}

/// The recipe that a request changes: the earlier run's, or else the model's own.
///
/// # Errors
/// [`ModelError`] where there is no such model.
pub fn base_recipe(request: &TrainRequest) -> Result<Recipe, ModelError> {
    let spec = model(request)?;
    Ok(match &request.earlier {
        None => spec.recipe,
        Some(earlier) => Recipe {
            initialisation: spec.recipe.initialisation,
            learning_rate: earlier.adam.learning_rate,
            batch_size: earlier.batch_size,
            num_epochs: earlier.num_epochs,
            refinements: earlier.refinements,
        },
    })
}

/// The model of a request.
///
/// # Errors
/// [`ModelError`] where there is no such model.
pub fn model(request: &TrainRequest) -> Result<&'static ModelSpec, ModelError> {
    let earlier = request.earlier.as_ref().map(|earlier| &earlier.model);
    let model = request.model.as_ref().or(earlier);
    burn_zoo_models::find(model.map_or("mlp-relu", String::as_str))
}

/// Settles every setting of a request.
///
/// # Errors
/// [`PlanError`], naming the setting.
pub fn settle(request: &TrainRequest) -> Result<Settings, PlanError> {
    let earlier = request.earlier.as_ref();
    let model = model(request)?;
    if let Some(path) = request
        .init_from
        .as_ref()
        .filter(|it| it.to_str().is_none())
    {
        return Err(not_text("init_from", path).into());
    }
    let source = source(request)?;
    let dataset = dataset(request, model, source.as_ref())?;
    let normalisation = normalisation(request, model, &dataset, source.as_ref());
    let architecture = architecture(request, model, &dataset, source.as_ref())?;
    let origin = source.map(|source| source.origin(&architecture));
    let origin = origin.transpose()?;
    let recipe = match request.recipe {
        Some(recipe) => recipe,
        None => base_recipe(request)?,
    };
    let adam = AdamSettings {
        learning_rate: recipe.learning_rate,
        ..earlier.map_or(AdamSettings::new(recipe.learning_rate), |it| it.adam)
    };
    let freeze = request.freeze.clone();
    let freeze = freeze.or(earlier.map(|earlier| earlier.freeze.clone()));
    let freeze = freeze.unwrap_or_default();
    let backbone_learning_rate = request
        .backbone_learning_rate
        .or(earlier.and_then(|earlier| earlier.backbone_learning_rate));
    // Before drivers are asked, which may take a while.
    let checked = Checked {
        model: model.id,
        architecture: &architecture,
        normalisation,
        batch_size: recipe.batch_size,
        num_epochs: recipe.num_epochs,
        learning_rate: adam.learning_rate,
        backbone_learning_rate,
        refinements: &recipe.refinements,
        freeze: &freeze,
    };
    check(&checked)?;
    let seed = request.seed.or(earlier.map(|earlier| earlier.seed));
    let seed = seed.unwrap_or(42);
    let wanted = Wanted {
        backend: request.backend.as_deref(),
        device: request.device.as_deref(),
        devices: &request.devices,
        shares: &request.shares,
        conv: request.conv,
        tune: request.tune,
        zoo: request.files.zoo.as_deref(),
        rank: request.rank,
    };
    let start = Start {
        architecture: &architecture,
        seed,
        convolutions: &[],
        freeze: &freeze,
        label_smoothing: recipe.refinements.label_smoothing,
        precision: recipe.refinements.precision,
    };
    let places = Places::choose(&wanted, &start, recipe.batch_size, earlier)?;
    checked.check_parts(places.fewest())?;
    let recorded = earlier.map(|earlier| &earlier.dataset);
    let limit = recorded.and_then(|dataset| dataset.limit);
    let valid_fraction = recorded.map(|dataset| dataset.valid_fraction);
    let repeated = same_data(request, &dataset).map(|earlier| &earlier.dataset);
    let hold_out = repeated.filter(|dataset| data::is_folder(&dataset.id));
    let hold_out = hold_out.map_or(HoldOut::ByContent, DatasetConfig::hold_out);
    let skip_unreadable =
        request.skip_unreadable || repeated.is_some_and(DatasetConfig::skips_unreadable);
    Ok(Settings {
        model,
        architecture,
        dataset,
        normalisation,
        limit: request.limit.or(limit),
        valid_fraction: request.valid_fraction.or(valid_fraction).unwrap_or(0.0),
        skip_unreadable,
        hold_out,
        recipe,
        adam,
        seed,
        places,
        origin,
        freeze,
        backbone_learning_rate,
    })
}

/// Where the weights to begin with are.
fn source(request: &TrainRequest) -> Result<Option<Source>, PlanError> {
    let earlier = request.earlier.as_ref();
    let path = request.init_from.as_deref();
    let path = path.or(earlier.and_then(|earlier| earlier.init_from.as_deref()));
    Ok(path.map(Source::open).transpose()?)
}

fn dataset(
    request: &TrainRequest,
    model: &'static ModelSpec,
    source: Option<&Source>,
) -> Result<DatasetSpec, PlanError> {
    let earlier = request.earlier.as_ref();
    let name = request.dataset.as_deref();
    let name = name.or(earlier.map(|earlier| earlier.dataset.id.as_str()));
    let name = name.unwrap_or("fashion-mnist");
    // Other pictures become the images that the earlier run's pictures became.
    let both = earlier.filter(|it| data::is_folder(&it.dataset.id) && data::is_folder(name));
    let shape = both.map(|earlier| earlier.architecture.input());
    let fit = both.map(|earlier| earlier.dataset.fit);
    let taken_over = source.and_then(Source::preprocessing);
    Ok(data::choose(
        name,
        request.files.data_dir.as_deref(),
        request.image_shape.or(shape),
        request.fit.or(fit),
        taken_over.unwrap_or_else(|| data::usual(&[model])),
    )?)
}

/// As requested; or as an earlier run of the same model had it; or as the weights to begin with expect it; or as
/// is usual for the model and the data set.
fn normalisation(
    request: &TrainRequest,
    model: &ModelSpec,
    dataset: &DatasetSpec,
    source: Option<&Source>,
) -> Normalisation {
    let earlier = request.earlier.as_ref();
    let same_model = earlier.filter(|it| it.model == model.id && request.init_from.is_none());
    let normalisation = same_model.map(|earlier| earlier.dataset.normalisation());
    let normalisation = normalisation.or(source.and_then(Source::normalisation));
    let normalisation = normalisation.filter(|own| own.fits(dataset.shape.channels));
    let usual = normalisation.unwrap_or_else(|| dataset.normalisation_for(model));
    Normalisation::new(
        request.mean.unwrap_or(usual.mean),
        request.std.unwrap_or(usual.std),
    )
}

/// The model's settings for the data: its own are those of an earlier run of the same model, or of a run of it whose
/// weights are taken over, or else the zoo's, each with the changes asked for.
fn architecture(
    request: &TrainRequest,
    model: &ModelSpec,
    dataset: &DatasetSpec,
    source: Option<&Source>,
) -> Result<ClassifierConfig, ArchitectureError> {
    let usual = dataset.architecture(model);
    let taken_over = source.and_then(Source::architecture);
    let taken_over = taken_over.filter(|_| request.init_from.is_some());
    let earlier = request.earlier.as_ref();
    let earlier = earlier.map(|earlier| (earlier.model.as_str(), &earlier.architecture));
    let own = [taken_over, earlier].into_iter().flatten();
    let own = own
        .filter(|(name, _)| *name == model.id)
        .map(|(_, own)| own);
    let own = own.map(|own| architecture::for_data_of(own, &usual)).next();
    architecture::changed(&own.unwrap_or(usual), &request.set)
}

/// The earlier run where its data are the same, also where their folder has moved and so has another name.
pub(super) fn same_data<'a>(
    request: &'a TrainRequest,
    dataset: &DatasetSpec,
) -> Option<&'a RunConfig> {
    let earlier = request.earlier.as_ref();
    earlier.filter(|it| request.dataset.is_none() || it.dataset.id == dataset.id)
}

impl Settings {
    /// Whether the last layer is drawn anew for other classes than those of the weights to begin with.
    pub(super) fn has_new_head(&self) -> bool {
        let origin = self.origin.as_ref();
        origin.is_some_and(|origin| !origin.has_head_for(&self.dataset.classes))
    }

    /// The model that training begins with.
    pub(super) fn start(&self) -> Start<'_> {
        Start {
            architecture: &self.architecture,
            seed: self.seed,
            convolutions: &self.places.first.convolutions,
            freeze: &self.freeze,
            label_smoothing: self.recipe.refinements.label_smoothing,
            precision: self.recipe.refinements.precision,
        }
    }

    /// The record of a run with these settings, images and initial weights.
    pub(super) fn record(&self, splits: &Splits, initial_weights_sha256: String) -> RunConfig {
        let first = &self.places.first;
        RunConfig {
            format: FORMAT,
            zoo: env!("CARGO_PKG_VERSION").into(),
            burn: BURN.into(),
            model: self.model.id.into(),
            architecture: self.architecture.clone(),
            dataset: DatasetConfig {
                id: self.dataset.id.clone(),
                origin: splits.origin.clone(),
                classes: self.dataset.classes.clone(),
                fit: self.dataset.fit,
                mean: self.normalisation.mean,
                std: self.normalisation.std,
                limit: self.limit,
                valid_fraction: self.valid_fraction,
                num_train: splits.train.len(),
                num_valid: splits.valid.as_ref().map_or(0, |valid| valid.len()),
                num_test: splits.test.len(),
                // Without one, images are held out by their positions.
                digest: match self.hold_out {
                    HoldOut::ByContent => splits.digest.clone(),
                    HoldOut::ByPosition => None,
                },
                skipped: splits.skipped.clone(),
            },
            adam: self.adam,
            batch_size: self.recipe.batch_size,
            num_epochs: self.recipe.num_epochs,
            refinements: self.recipe.refinements,
            seed: self.seed,
            backend: first.selected.backend.id.into(),
            device: first.selected.info.id.clone(),
            hardware: first.selected.info.name.clone(),
            initial_weights_sha256,
            convolutions: first.convolutions.clone(),
            init_from: self.origin.as_ref().map(|origin| origin.path().to_owned()),
            new_head: self.has_new_head(),
            freeze: self.freeze.clone(),
            backbone_learning_rate: self.backbone_learning_rate,
            imported_from: None,
            further_devices: self.places.record(),
            earlier: Vec::new(),
        }
    }
}
