//! A run to go on with.

use super::check::{Checked, check};
use super::company::{self, agreed};
use super::places::{Places, Wanted};
use super::{Plan, PlanError, ResumeRequest, load, looks_at_the_whole_batch, refuse_imported};
use crate::convolution::in_words;
use crate::data::{self, DatasetSpec, LoadOptions, Splits};
use crate::ranks::Ranks;
use crate::run::{CHECKPOINT, CONFIG, RunConfig, RunDir, RunError};
use crate::training::{self, Beginning, Checkpoint, Part, Start, in_one_word};
use burn_zoo_models::Schedule;

/// Plans to go on with a run exactly where it stopped.
///
/// # Errors
/// [`PlanError`].
pub fn resume(request: ResumeRequest) -> Result<Plan, PlanError> {
    resume_with(request, None)
}

/// [`resume`] for one of several processes that share each batch. Rank 0 has the folder.
///
/// # Errors
/// [`PlanError`], on all ranks where one has it.
pub fn resume_with(mut request: ResumeRequest, ranks: Option<Ranks>) -> Result<Plan, PlanError> {
    let (run, mut config, checkpoint) = match &ranks {
        None => open(&request)?,
        Some(ranks) => open_for_all(&request, ranks)?,
    };
    if let Some(ranks) = &ranks {
        let own = (
            &mut request.backend,
            &mut request.device,
            &request.devices[..],
        );
        company::place(ranks, own, Some(&config), request.files.zoo.as_deref())?;
        request.rank = Some((ranks.rank(), ranks.count()));
    }
    let done = checkpoint.position.epochs;
    let mut warnings = Vec::new();
    let settled = settle(&request, &mut config, done, &mut warnings);
    let (places, splits, beginning) = agreed(ranks.as_ref(), settled)?;
    let before = config.clone();
    set_first(&mut config, &places);
    let joined = ranks.map(|ranks| company::join(ranks, &mut config, &places));
    let joined = joined.transpose()?;
    note_places(&request, &before, &mut config, done, &mut warnings);
    warnings.extend(places.warnings(looks_at_the_whole_batch(&config)?));
    warnings.extend(splits.warnings.iter().cloned());
    let ranks = joined.as_ref().map(|joined| &joined.ranks);
    agreed(ranks, run.write_config(&config).map_err(PlanError::from))?;
    Ok(Plan {
        config,
        splits,
        selected: places.first.selected,
        further: places.further,
        joined,
        run,
        warnings,
        checkpoint: Some(checkpoint),
        beginning,
    })
}

fn open(request: &ResumeRequest) -> Result<(RunDir, RunConfig, Checkpoint), PlanError> {
    let folder = request.run.as_path();
    let run = RunDir::open_to_train(folder)?;
    let config = run.config()?;
    if let Some(wanted) = request.model.clone().filter(|it| *it != config.model) {
        return Err(PlanError::OtherModel {
            run: folder.into(),
            wanted,
            found: config.model,
        });
    }
    refuse_imported(folder, &config)?;
    let checkpoint = Checkpoint::read(&run)?;
    training::restore(&config, &run, &checkpoint)?;
    Ok((run, config, checkpoint))
}

/// Has rank 0 open the run, and gives all what it reads.
fn open_for_all(
    request: &ResumeRequest,
    ranks: &Ranks,
) -> Result<(RunDir, RunConfig, Checkpoint), PlanError> {
    let opened = match ranks.is_first() {
        true => open(request).map(Some),
        false => Ok(None),
    };
    let opened = ranks.agree(opened)?;
    let files = match &opened {
        Some((run, ..)) => [CONFIG, CHECKPOINT].map(|name| run.read(name)),
        None => [Ok(Vec::new()), Ok(Vec::new())],
    };
    let [config, checkpoint] = files.map(|file| -> Result<Vec<u8>, PlanError> {
        let bytes = ranks.agree(file.map_err(PlanError::from))?;
        Ok(ranks.broadcast(bytes)?)
    });
    let (config, checkpoint) = (config?, checkpoint?);
    let own = match opened {
        Some(opened) => Ok(opened),
        None => read_as_first(request, &config, &checkpoint),
    };
    ranks.agree(own)
}

fn read_as_first(
    request: &ResumeRequest,
    config: &[u8],
    checkpoint: &[u8],
) -> Result<(RunDir, RunConfig, Checkpoint), PlanError> {
    let run = RunDir::of_first_rank(&request.run);
    let config = serde_json::from_slice(config).map_err(|error| RunError::BadConfig {
        path: request.run.join(CONFIG),
        reason: error.to_string(),
    })?;
    let checkpoint = Checkpoint::from_bytes(&run, checkpoint)?;
    Ok((run, config, checkpoint))
}

/// The places, images and model to go on with.
fn settle(
    request: &ResumeRequest,
    config: &mut RunConfig,
    done: usize,
    warnings: &mut Vec<String>,
) -> Result<(Places, Splits, Beginning), PlanError> {
    set_num_epochs(request, config)?;
    set_frozen(request, config, done, warnings);
    check(&Checked::from(&*config))?;
    if config.num_epochs <= done {
        return Err(PlanError::Done {
            run: request.run.clone(),
            done,
        });
    }
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
    let places = Places::choose(
        &wanted,
        &Start::from(&*config),
        config.batch_size,
        Some(config),
    )?;
    Checked::from(&*config).check_parts(places.fewest())?;
    let splits = read_again(request, config)?;
    let first = &places.first;
    let start = Start {
        convolutions: &first.convolutions,
        ..Start::from(&*config)
    };
    let beginning = training::initial(&start, &first.selected)?;
    Ok((places, splits, beginning))
}

fn set_num_epochs(request: &ResumeRequest, config: &mut RunConfig) -> Result<(), PlanError> {
    let wanted = request.num_epochs.unwrap_or(config.num_epochs);
    if wanted != config.num_epochs && config.refinements.schedule != Schedule::Constant {
        return Err(PlanError::ScheduleEnds {
            run: request.run.clone(),
            planned: config.num_epochs,
            wanted,
        });
    }
    config.num_epochs = wanted;
    Ok(())
}

fn set_frozen(
    request: &ResumeRequest,
    config: &mut RunConfig,
    done: usize,
    warnings: &mut Vec<String>,
) {
    let Some(freeze) = request.freeze.clone().filter(|it| *it != config.freeze) else {
        return;
    };
    let [before, now] = [&config.freeze, &freeze].map(|freeze| in_one_word(freeze));
    warnings.push(format!(
        "frozen from here on: {now}; up to epoch {done} it was {before}, so that config.json alone does not repeat this run"
    ));
    let earlier = format!("to epoch {done} with {before} frozen");
    config.earlier.push(earlier);
    config.freeze = freeze;
}

/// Writes down where the run goes on, but for the devices of other processes.
fn set_first(config: &mut RunConfig, places: &Places) {
    let Part {
        selected,
        convolutions,
        ..
    } = &places.first;
    config.convolutions = convolutions.clone();
    config.backend = selected.backend.id.into();
    config.device = selected.info.id.clone();
    config.hardware = selected.info.name.clone();
    config.further_devices = places.record();
}

/// Writes down how the places differ from those before.
fn note_places(
    request: &ResumeRequest,
    before: &RunConfig,
    config: &mut RunConfig,
    done: usize,
    warnings: &mut Vec<String>,
) {
    let (place, now) = (before.place_in_words(), config.place_in_words());
    let devices = before.devices();
    // Of further devices only where they are the same with the same parts.
    let compared = if now == place { devices.len() } else { 1 };
    let mut pairs = devices.iter().zip(config.devices()).take(compared);
    if pairs.any(|(before, now)| before.convolutions != now.convolutions) {
        let before = in_words(&before.convolutions);
        let earlier = format!("to epoch {done} with convolutions {before}");
        config.earlier.push(earlier);
        if request.conv.is_some() {
            warnings.push(
                "the run goes on with other convolutions: it will not end in the same bytes".into(),
            );
        }
    }
    if now == place {
        config.hardware = before.hardware.clone();
        return;
    }
    warnings.push(format!(
        "the run was on {place} and goes on on {now}: it will not end in the same bytes"
    ));
    config.earlier.push(format!("to epoch {done} on {place}"));
}

/// The run's images.
fn read_again(request: &ResumeRequest, config: &RunConfig) -> Result<Splits, PlanError> {
    let recorded = &config.dataset;
    let dataset = data::recorded(
        &recorded.id,
        config.architecture.input(),
        recorded.fit,
        &recorded.classes,
        request.files.data_dir.as_deref(),
    )?;
    let splits = load(
        &dataset,
        (recorded.limit, recorded.valid_fraction, config.seed),
        LoadOptions {
            hold_out: recorded.hold_out(),
            skip_unreadable: recorded.skips_unreadable(),
            ..LoadOptions::default()
        },
        &request.files,
        config.refinements.random_crop,
    )?;
    match recorded.difference(&splits) {
        None => Ok(splits),
        Some(difference) => Err(PlanError::OtherImages {
            run: request.run.clone(),
            difference,
            damaged: damaged(&dataset),
        }),
    }
}

/// The pictures of a folder that cannot be read, in words: they may be all that has changed.
fn damaged(dataset: &DatasetSpec) -> String {
    let found = match data::is_folder(&dataset.id) {
        true => dataset.verify(&LoadOptions::default()).ok(),
        false => None,
    };
    let unreadable = found.map(|found| found.unreadable).unwrap_or_default();
    match unreadable.as_slice() {
        [] => String::new(),
        [first, rest @ ..] => {
            let others = match rest.len() {
                0 => String::new(),
                others => format!(", and {others} others cannot be read either"),
            };
            format!(" ({} {}{others})", first.file, first.problem)
        }
    }
}
