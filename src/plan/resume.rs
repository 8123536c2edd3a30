//! A run to go on with.

use super::check::{Checked, check};
use super::places::{Places, Wanted};
use super::{Plan, PlanError, ResumeRequest, load, looks_at_the_whole_batch, refuse_imported};
use crate::convolution::in_words;
use crate::data::{self, DatasetSpec, LoadOptions, Splits};
use crate::run::{DeviceConfig, RunConfig, RunDir};
use crate::training::{self, Checkpoint, Start, in_one_word};
use burn_zoo_models::Schedule;

/// Plans to go on with a run exactly where it stopped.
///
/// # Errors
/// [`PlanError`].
pub fn resume(request: ResumeRequest) -> Result<Plan, PlanError> {
    let folder = request.run.as_path();
    let run = RunDir::open_to_train(folder)?;
    let mut config = run.config()?;
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
    let done = checkpoint.position.epochs;
    let mut warnings = Vec::new();
    set_num_epochs(&request, &mut config)?;
    set_frozen(&request, &mut config, done, &mut warnings);
    check(&Checked::from(&config))?;
    if config.num_epochs <= done {
        return Err(PlanError::Done {
            run: folder.into(),
            done,
        });
    }
    let places = set_places(&request, &mut config, done, &mut warnings)?;
    warnings.extend(places.warnings(looks_at_the_whole_batch(&config)?));
    let splits = read_again(&request, &config)?;
    warnings.extend(splits.warnings.iter().cloned());
    let beginning = training::initial(&Start::from(&config), &places.first.selected.device)?;
    run.write_config(&config)?;
    Ok(Plan {
        config,
        splits,
        selected: places.first.selected,
        further: places.further,
        run,
        warnings,
        checkpoint: Some(checkpoint),
        beginning,
    })
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

/// Writes down where the run goes on, and what of that differs from before.
fn set_places(
    request: &ResumeRequest,
    config: &mut RunConfig,
    done: usize,
    warnings: &mut Vec<String>,
) -> Result<Places, PlanError> {
    let wanted = Wanted {
        backend: request.backend.as_deref(),
        device: request.device.as_deref(),
        devices: &request.devices,
        shares: &request.shares,
        conv: request.conv,
        zoo: request.files.zoo.as_deref(),
    };
    let start = Start::from(&*config);
    let places = Places::choose(&wanted, &start, config.batch_size, Some(config))?;
    Checked::from(&*config).check_parts(places.fewest())?;
    let (place, before) = (config.place_in_words(), config.devices());
    let first = &places.first;
    config.convolutions = first.convolutions.clone();
    config.backend = first.selected.backend.id.into();
    config.device = first.selected.info.id.clone();
    config.further_devices = places.record();
    let now = config.place_in_words();
    let is_other =
        |(before, now): (&DeviceConfig, &DeviceConfig)| before.convolutions != now.convolutions;
    // Of further devices only where they are the same with the same parts.
    let compared = if now == place { before.len() } else { 1 };
    if before
        .iter()
        .zip(&config.devices())
        .take(compared)
        .any(is_other)
    {
        let before = in_words(&before[0].convolutions);
        let earlier = format!("to epoch {done} with convolutions {before}");
        config.earlier.push(earlier);
        if request.conv.is_some() {
            warnings.push(
                "the run goes on with other convolutions: it will not end in the same bytes".into(),
            );
        }
    }
    if now != place {
        warnings.push(format!(
            "the run was on {place} and goes on on {now}: it will not end in the same bytes"
        ));
        config.earlier.push(format!("to epoch {done} on {place}"));
        config.hardware = first.selected.info.name.clone();
    }
    Ok(places)
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
