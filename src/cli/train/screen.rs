//! The lines that `zoo train` prints before and after the epochs.

use super::super::options::in_options;
use super::super::verbosity::is_quiet;
use super::super::{print, quoted, warn};
use burn_zoo::convolution::in_words;
use burn_zoo::data;
use burn_zoo::numbers::thousands;
use burn_zoo::plan::Plan;
use burn_zoo::run::RunConfig;
use burn_zoo::summary::{bytes_of_a_step, num_params};
use burn_zoo::system::files::as_text;
use burn_zoo::training::{self, Display, Ended, TrainError, TrainOutcome};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Prints what is about to be trained.
pub(super) fn begin(plan: &Plan, display: Display) -> Result<(), TrainError> {
    match display {
        Display::JsonLines => print_event(&Event::Start {
            run: plan.run.path(),
            parameters: num_params(&plan.config.architecture)?,
            epochs_done: plan.epochs_done(),
            config: &plan.config,
        }),
        _ if is_quiet() => {}
        _ => print(&opening(plan)?),
    }
    Ok(())
}

/// The model, the recipe, the data and the place of a training, a line each.
fn opening(plan: &Plan) -> Result<String, TrainError> {
    let Plan {
        config,
        splits,
        selected,
        run,
        ..
    } = plan;
    let dataset = &config.dataset;
    let valid = match dataset.num_valid {
        0 => String::new(),
        images => format!(", {} for validation", thousands(images)),
    };
    let reason = selected.reason.as_ref();
    let images = match config.devices().as_slice() {
        [_] => String::new(),
        devices => format!("; {} images of each batch", devices[0].images),
    };
    let others: String = config
        .further_devices
        .iter()
        .map(|it| {
            let host = it.host.as_ref();
            let host = host.map_or(String::new(), |host| format!(" of {host}"));
            format!(
                "         {} on {}{host}, {}; {}\n",
                it.backend, it.device, it.hardware, it.images
            )
        })
        .collect();
    let beginning: String = training::beginning_in_words(config)?
        .into_iter()
        .map(|(name, words)| format!("{name:<9}{words}\n"))
        .collect();
    let convolutions = match config.convolutions.as_slice() {
        [] => String::new(),
        algorithms => format!("layers   convolutions: {}\n", in_words(algorithms)),
    };
    let frozen = training::frozen(&config.architecture, &config.freeze)?;
    let memory = match bytes_of_a_step(&config.architecture, config.batch_size, &frozen)? {
        Some(bytes) => format!(
            "memory   about {} MB: batch normalisation takes each batch of {} as a whole\n",
            thousands(bytes / 1_000_000),
            config.batch_size
        ),
        None => String::new(),
    };
    let pictures = match data::is_folder(&dataset.id) {
        true => format!(
            "classes  {}\npictures {} to {}; {}\n",
            classes_in_words(&dataset.classes),
            dataset.fit.in_words(),
            config.architecture.input(),
            in_options(&splits.place_in_words())
        ),
        false => String::new(),
    };
    Ok(format!(
        "model    {}, {} parameters\n{convolutions}{beginning}\
         recipe   {}\n{memory}\
         data     {}, {} images to train on{valid}, {} to test on ({})\n{pictures}\
         backend  {} on {}, {}{}{images}\n{others}\
         run      {}\n",
        config.model,
        thousands(num_params(&config.architecture)?),
        config.recipe_in_words(),
        dataset.id,
        thousands(dataset.num_train),
        thousands(dataset.num_test),
        splits.origin,
        selected.backend.id,
        selected.info.id,
        selected.info.name,
        reason.map_or(String::new(), |reason| format!(" (auto: {reason})")),
        run.path().display(),
    ))
}

/// The most classes that are all named.
const MOST_NAMED: usize = 12;

/// "cat, dog", or of many classes the first, and how many more there are.
fn classes_in_words(classes: &[String]) -> String {
    match classes.len().saturating_sub(MOST_NAMED) {
        0 => classes.join(", "),
        more => format!(
            "{} and {} more",
            classes[..MOST_NAMED].join(", "),
            thousands(more)
        ),
    }
}

/// Prints how the training ended, and how to go on.
pub(super) fn end(outcome: &TrainOutcome, display: Display, events: Option<&Option<PathBuf>>) {
    let TrainOutcome {
        folder,
        ended,
        position,
    } = outcome;
    let interrupted = *ended == Ended::Interrupted;
    if display == Display::JsonLines {
        return print_event(&Event::End {
            ended: if interrupted {
                "interrupted"
            } else {
                "finished"
            },
            run: folder,
            epochs_done: position.epochs,
            batches_done: position.batches,
        });
    }
    let run = quoted(folder);
    if interrupted {
        // With where the event files are.
        let events = match events {
            None => String::new(),
            Some(None) => " --tensorboard".into(),
            Some(Some(folder)) => format!(" --tensorboard={}", quoted(folder)),
        };
        let place = match (position.epochs, position.batches) {
            (0, 0) => "before the first batch".into(),
            (epochs, 0) => format!("after epoch {epochs}"),
            (epochs, batches) => format!("in epoch {} after batch {batches}", epochs + 1),
        };
        let sentence = format!("interrupted {place}; to go on: zoo train{events} --resume {run}");
        match is_quiet() {
            true => warn(&sentence),
            false => print(&format!("{sentence}\n")),
        }
    } else if is_quiet() {
        print(&format!("{}\n", folder.display()));
    } else {
        print(&format!(
            "curves: {}   measure it: zoo evaluate {run}\n",
            folder.join("curves.png").display(),
        ));
    }
}

/// A line of `--json`; those of the epochs are the training's own.
#[derive(Serialize)]
#[serde(tag = "event", rename_all = "lowercase")]
enum Event<'a> {
    Start {
        #[serde(serialize_with = "as_text")]
        run: &'a Path,
        parameters: usize,
        epochs_done: usize,
        config: &'a RunConfig,
    },
    End {
        ended: &'static str,
        #[serde(serialize_with = "as_text")]
        run: &'a Path,
        epochs_done: usize,
        /// Of the next epoch.
        batches_done: usize,
    },
}

fn print_event(event: &Event<'_>) {
    let line = serde_json::to_string(event).expect("an event is valid JSON");
    print(&format!("{line}\n"));
}
