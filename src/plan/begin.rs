//! A new run.

use super::check::check_batches;
use super::company::{self, agreed};
use super::settings::{Settings, same_data, settle};
use super::{Plan, PlanError, TrainRequest, load, looks_at_the_whole_batch};
use crate::data::{self, LoadOptions, Splits};
use crate::ranks::Ranks;
use crate::run::{RunConfig, RunDir};
use crate::system::timed;
use crate::training::{self, Beginning};
use std::path::Path;

/// Plans a new run: reads its images, draws its weights or takes them over, and makes its folder.
///
/// # Errors
/// [`PlanError`].
pub fn begin(request: TrainRequest) -> Result<Plan, PlanError> {
    begin_with(request, None)
}

/// [`begin`] for one of several processes that share each batch. Rank 0 makes the folder.
///
/// # Errors
/// [`PlanError`], on all ranks where one has it.
pub fn begin_with(mut request: TrainRequest, ranks: Option<Ranks>) -> Result<Plan, PlanError> {
    if let Some(ranks) = &ranks {
        let own = (
            &mut request.backend,
            &mut request.device,
            &request.devices[..],
        );
        let zoo = request.files.zoo.as_deref();
        company::place(ranks, own, request.earlier.as_ref(), zoo)?;
        request.rank = Some((ranks.rank(), ranks.count()));
    }
    let prepared = agreed(ranks.as_ref(), prepare(&request))?;
    let Prepared {
        settings,
        splits,
        beginning,
        mut config,
        warnings,
    } = prepared;
    let joined = ranks.map(|ranks| company::join(ranks, &mut config, &settings.places));
    let joined = joined.transpose()?;
    let ranks = joined.as_ref().map(|joined| &joined.ranks);
    let run = match ranks.is_none_or(Ranks::is_first) {
        true => make_folder(&request, &config),
        false => of_first_rank(&config),
    };
    let run = agreed(ranks, run)?;
    Ok(Plan {
        config,
        splits,
        selected: settings.places.first.selected,
        further: settings.places.further,
        joined,
        run,
        warnings,
        checkpoint: None,
        beginning,
    })
}

/// A new run but for its folder.
struct Prepared {
    settings: Settings,
    splits: Splits,
    beginning: Beginning,
    config: RunConfig,
    warnings: Vec<String>,
}

fn prepare(request: &TrainRequest) -> Result<Prepared, PlanError> {
    let settings = settle(request)?;
    let splits = load(
        &settings.dataset,
        (settings.limit, settings.valid_fraction, settings.seed),
        LoadOptions {
            hold_out: settings.hold_out,
            skip_unreadable: settings.skip_unreadable,
            // Mended later, a picture would be another one, and the run could not go on.
            check_all: true,
            ..LoadOptions::default()
        },
        &request.files,
        settings.recipe.refinements.random_crop,
    )?;
    if let (Some(wanted), Some(found)) = (&request.data_digest, &splits.digest)
        && wanted != found
    {
        return Err(PlanError::OtherDigest {
            origin: splits.origin,
            found: found.clone(),
            wanted: wanted.clone(),
        });
    }
    check_batches(settings.recipe.batch_size, splits.train.len())?;
    let mut beginning = timed("drawing the initial weights", || {
        training::initial(&settings.start(), &settings.places.first.selected)
    })?;
    if let Some(origin) = &settings.origin {
        let new_head = settings
            .has_new_head()
            .then_some((settings.dataset.classes.len(), settings.seed));
        beginning = origin.begin(beginning, new_head)?;
    }
    let config = settings.record(&splits, beginning.weights().sha256());
    let mut warnings = splits.warnings.clone();
    warnings.extend(settings.places.warnings(looks_at_the_whole_batch(&config)?));
    warnings.extend(other_images(request, &settings, &splits));
    if settings.origin.is_none() && !config.freeze.is_empty() {
        warnings.push(
            "‘freeze’ without ‘init_from’ keeps weights that were drawn and never trained as they are".into(),
        );
    }
    Ok(Prepared {
        settings,
        splits,
        beginning,
        config,
        warnings,
    })
}

/// The folder that rank 0 makes, as another rank has it.
fn of_first_rank(config: &RunConfig) -> Result<RunDir, PlanError> {
    let run = RunDir::of_first_rank(Path::new(""));
    run.write_config(config)?;
    Ok(run)
}

fn make_folder(request: &TrainRequest, config: &RunConfig) -> Result<RunDir, PlanError> {
    let name = format!(
        "{}-{}-{}-seed{}",
        config.model,
        data::short_name(&config.dataset.id),
        config.backend,
        config.seed
    );
    let run = RunDir::create(request.out.as_deref(), &name)?;
    if let Err(error) = run.write_config(config) {
        run.discard(request.out.as_deref());
        return Err(error.into());
    }
    Ok(run)
}

/// The warning that a run cannot be repeated, as its data set has other images now.
fn other_images(request: &TrainRequest, settings: &Settings, splits: &Splits) -> Option<String> {
    let earlier = same_data(request, &settings.dataset)?;
    let recorded = &earlier.dataset;
    let count = |splits: &Splits| {
        let valid = splits.valid.as_ref().map_or(0, |valid| valid.len());
        splits.train.len() + valid + splits.test.len()
    };
    let [before, now] = [
        recorded.num_train + recorded.num_valid + recorded.num_test,
        count(splits),
    ];
    if recorded.limit == settings.limit && before != now {
        return Some(format!(
            "the run to repeat had {before} images of {}, and {} holds {now}: name the place of the same data by ‘data_dir’",
            settings.dataset.id, splits.origin
        ));
    }
    let is_other = matches!(
        (&recorded.digest, &splits.digest),
        (Some(before), Some(now)) if before != now
    );
    is_other.then(|| {
        format!(
            "the run to repeat had other images of {} than those in {}: name the place of the same data by ‘data_dir’",
            settings.dataset.id, splits.origin
        )
    })
}
