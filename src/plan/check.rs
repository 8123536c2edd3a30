//! Settings that nothing can be trained with, refused before data or drivers are asked.

use crate::data::DatasetSpec;
use crate::numbers::thousands;
use crate::run::RunConfig;
use crate::summary::graph;
use crate::training::{BACKBONE, TrainError, frozen};
use burn_zoo_models::{ClassifierConfig, ModelSpec, Node, Normalisation, Op, Recipe, Refinements};
use std::collections::BTreeSet;
use std::path::Path;

/// More than anybody trains, and so few that the steps of a run can be counted.
const MOST_EPOCHS: usize = 1_000_000_000;

/// The settings that are checked against each other.
pub(super) struct Checked<'a> {
    pub model: &'a str,
    pub architecture: &'a ClassifierConfig,
    pub normalisation: Normalisation,
    pub batch_size: usize,
    pub num_epochs: usize,
    pub learning_rate: f64,
    pub backbone_learning_rate: Option<f64>,
    pub refinements: &'a Refinements,
    pub freeze: &'a [String],
}

impl<'a> From<&'a RunConfig> for Checked<'a> {
    fn from(config: &'a RunConfig) -> Self {
        Self {
            model: &config.model,
            architecture: &config.architecture,
            normalisation: config.dataset.normalisation(),
            batch_size: config.batch_size,
            num_epochs: config.num_epochs,
            learning_rate: config.adam.learning_rate,
            backbone_learning_rate: config.backbone_learning_rate,
            refinements: &config.refinements,
            freeze: &config.freeze,
        }
    }
}

impl Checked<'_> {
    /// Checks the parts of a batch on several devices, of which the smallest has this many images.
    ///
    /// # Errors
    /// [`TrainError::BadSetting`] where a part is too small for the model.
    pub fn check_parts(&self, fewest: usize) -> Result<(), TrainError> {
        let frozen = frozen(self.architecture, self.freeze)?;
        match fewest == 1 && self.batch_size > 1 && normalises_one_value(self.architecture, &frozen)
        {
            true => Err(TrainError::BadSetting(format!(
                "‘batch_size’ {} leaves a device one image, too few for {}: its batch normalisation would see one value a channel, so make the batches or the smallest of ‘shares’ larger",
                self.batch_size, self.model
            ))),
            false => Ok(()),
        }
    }
}

/// Checks the settings against each other.
///
/// # Errors
/// [`TrainError::BadSetting`], naming the setting.
pub(super) fn check(settings: &Checked<'_>) -> Result<(), TrainError> {
    let bad = |reason| Err(TrainError::BadSetting(reason));
    if settings.num_epochs == 0 {
        return bad("‘num_epochs’ 0 trains nothing: it must be at least 1".into());
    }
    if settings.num_epochs > MOST_EPOCHS {
        return bad(format!(
            "‘num_epochs’ {} is more than the {} that a run can have",
            settings.num_epochs,
            thousands(MOST_EPOCHS)
        ));
    }
    if settings.batch_size == 0 {
        return bad("‘batch_size’ 0 holds no image: it must be at least 1".into());
    }
    let frozen = frozen(settings.architecture, settings.freeze)?;
    if settings.batch_size == 1 && normalises_one_value(settings.architecture, &frozen) {
        return bad(format!(
            "‘batch_size’ 1 is too small for {}: its batch normalisation would see one value a channel, so make the batches or the images larger",
            settings.model
        ));
    }
    let rates = [
        ("learning_rate", Some(settings.learning_rate)),
        ("backbone_learning_rate", settings.backbone_learning_rate),
    ];
    for (setting, rate) in rates {
        let Some(rate) = rate else { continue };
        if !rate.is_finite() || rate <= 0.0 {
            let freeze = match setting {
                "learning_rate" => String::new(),
                _ => format!("; to keep the backbone as it is, use ‘freeze’ {BACKBONE}"),
            };
            return bad(format!(
                "‘{setting}’ {rate} is not a learning rate: it must be a number greater than 0{freeze}"
            ));
        }
        let decay = settings.refinements.weight_decay;
        if !(0.0..1.0).contains(&(decay * rate)) {
            return bad(format!(
                "‘weight_decay’ {decay} times ‘{setting}’ {rate} is not a share of a weight: it must be at least 0 and less than 1"
            ));
        }
    }
    let input = settings.architecture.input();
    if let Err(reason) = settings.normalisation.check(input.channels) {
        return bad(format!("‘mean’ and ‘std’: {reason}"));
    }
    settings
        .refinements
        .check(input)
        .map_err(TrainError::BadSetting)
}

/// Whether batch normalisation that is trained sees images of one pixel.
fn normalises_one_value(architecture: &ClassifierConfig, frozen: &BTreeSet<String>) -> bool {
    let sees_one = |node: &Node| {
        let is_frozen = node.parameters.iter().all(|own| frozen.contains(&own.name));
        node.op == Op::BatchNorm2d && node.output[1..] == [1, 1] && !is_frozen
    };
    graph(architecture).is_ok_and(|graph| graph.nodes().iter().any(sees_one))
}

/// Checks a recipe of a model's own for a data set.
///
/// # Errors
/// [`TrainError::BadSetting`], naming the setting.
pub fn check_recipe(
    model: &ModelSpec,
    dataset: &DatasetSpec,
    recipe: &Recipe,
) -> Result<(), TrainError> {
    check(&Checked {
        model: model.id,
        architecture: &dataset.architecture(model),
        normalisation: dataset.normalisation_for(model),
        batch_size: recipe.batch_size,
        num_epochs: recipe.num_epochs,
        learning_rate: recipe.learning_rate,
        backbone_learning_rate: None,
        refinements: &recipe.refinements,
        freeze: &[],
    })
}

/// A path that config.json cannot hold.
pub(super) fn not_text(setting: &str, path: &Path) -> TrainError {
    TrainError::BadSetting(format!(
        "‘{setting}’ {} is not UTF-8, in which the run's configuration is written: give the file or folder another name",
        path.display()
    ))
}

/// Checks the batches against the images that there are.
///
/// # Errors
/// [`TrainError::BadSetting`] where not one batch would be whole.
pub(super) fn check_batches(batch_size: usize, num_train: usize) -> Result<(), TrainError> {
    match batch_size > num_train {
        true => Err(TrainError::BadSetting(format!(
            "‘batch_size’ {batch_size} is larger than the training set of {num_train} images, so that not one batch is whole: make it smaller"
        ))),
        false => Ok(()),
    }
}
