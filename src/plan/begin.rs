//! A new run.

use super::check::check_batches;
use super::settings::{Settings, same_data, settle};
use super::{Plan, PlanError, TrainRequest, load};
use crate::data;
use crate::run::{DatasetConfig, RunConfig, RunDir};
use crate::system::timed;
use crate::training;

/// Plans a new run: reads its images, draws its weights or takes them over, and makes its folder.
///
/// # Errors
/// [`PlanError`].
pub fn begin(request: TrainRequest) -> Result<Plan, PlanError> {
    let settings = settle(&request)?;
    let splits = load(
        &settings.dataset,
        (settings.limit, settings.valid_fraction, settings.seed),
        &request.files,
        settings.recipe.refinements.random_crop,
    )?;
    check_batches(settings.recipe.batch_size, splits.train.len())?;
    let mut beginning = timed("drawing the initial weights", || {
        training::initial(&settings.start(), &settings.selected.device)
    })?;
    if let Some(origin) = &settings.origin {
        let new_head = settings
            .has_new_head()
            .then_some((settings.dataset.classes.len(), settings.seed));
        beginning = origin.begin(beginning, new_head)?;
    }
    let config = settings.record(&splits, beginning.weights().sha256());
    let mut warnings = splits.warnings.clone();
    warnings.extend(other_images(&request, &settings, &config));
    if settings.origin.is_none() && !config.freeze.is_empty() {
        warnings.push(
            "‘freeze’ without ‘init_from’ keeps weights that were drawn and never trained as they are".into(),
        );
    }
    let name = format!(
        "{}-{}-{}-seed{}",
        config.model,
        data::short_name(&config.dataset.id),
        config.backend,
        config.seed
    );
    let run = RunDir::create(request.out.as_deref(), &name)?;
    if let Err(error) = run.write_config(&config) {
        run.discard(request.out.as_deref());
        return Err(error.into());
    }
    Ok(Plan {
        config,
        splits,
        selected: settings.selected,
        run,
        warnings,
        checkpoint: None,
        beginning,
    })
}

/// The warning that a run cannot be repeated, as its data set has other images now.
fn other_images(request: &TrainRequest, settings: &Settings, config: &RunConfig) -> Option<String> {
    let earlier = &same_data(request, &settings.dataset)?.dataset;
    let count = |dataset: &DatasetConfig| dataset.num_train + dataset.num_valid + dataset.num_test;
    let [before, now] = [earlier, &config.dataset].map(count);
    (earlier.limit == settings.limit && before != now).then(|| {
        format!(
            "the run to repeat had {before} images of {}, and {} holds {now}: name the place of the same data by ‘data_dir’",
            settings.dataset.id, config.dataset.origin
        )
    })
}
