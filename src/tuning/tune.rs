//! The parent's part: what is not known of a device is measured in a child process, within a limit, and kept.

use super::trials::{Outcome, Trial};
use crate::backend::Selected;
use crate::convolution::{self, LARGEST_BATCH, Measurement, Purpose};
use crate::jobs::{self, Job, JobError, TuneJob};
use crate::system::files::FileError;
use burn_zoo_models::ConvShape;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// What is to be measured.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// A model's convolutions, in their order.
    pub layers: &'a [ConvShape],
    /// The images in a batch.
    pub batch_size: usize,
    /// Whether what is known already is measured too.
    pub again: bool,
    /// How long it may take in all.
    pub limit: Duration,
    /// The program `zoo`, which is the child process.
    pub zoo: &'a Path,
}

impl Request<'_> {
    /// The layers to measure, each once, and whether each is the model's first.
    fn missing(&self, selected: &Selected) -> Vec<(ConvShape, bool)> {
        let numbers = match self.again {
            true => (0..self.layers.len()).collect(),
            false => {
                let purpose = Purpose::Training(self.batch_size);
                selected.measured().lacks(self.layers, purpose)
            }
        };
        let mut layers: Vec<(ConvShape, bool)> = Vec::new();
        for number in numbers {
            let shape = self.layers[number];
            if layers.iter().all(|(other, _)| *other != shape) {
                layers.push((shape, number == 0));
            }
        }
        layers
    }
}

/// What came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Tuned {
    /// The layers that were to be measured: each once.
    pub layers: Vec<ConvShape>,
    /// All trials, in their order.
    pub trials: Vec<Trial>,
    /// Why there are no more of them, if the child did not end by itself.
    pub cut_short: Option<String>,
    /// The file that keeps the measurements; `None` where there are none, or nowhere to keep them.
    pub file: Option<PathBuf>,
}

/// Measures the layers that nothing is known of on a device, in a child process that is stopped after the limit, and keeps
/// what was measured by then. `each` is told of every trial at once. `None` where all is known.
///
/// # Errors
/// [`FileError`] where the measurements cannot be kept.
pub fn tune(
    request: &Request<'_>,
    selected: &Selected,
    each: impl FnMut(&ConvShape, &Trial),
) -> Result<Option<Tuned>, FileError> {
    let layers = request.missing(selected);
    if layers.is_empty() {
        return Ok(None);
    }
    let mut tuned = ask(request, selected, layers, each);
    let measurements: Vec<_> = tuned.measurements().cloned().collect();
    if !measurements.is_empty() {
        tuned.file = convolution::keep(&selected.hardware(), &measurements)?;
    }
    Ok(Some(tuned))
}

/// Has a child process do the trials.
fn ask(
    request: &Request<'_>,
    selected: &Selected,
    layers: Vec<(ConvShape, bool)>,
    mut each: impl FnMut(&ConvShape, &Trial),
) -> Tuned {
    let job = Job::Tune(TuneJob {
        place: selected.place(),
        layers: layers.clone(),
        batch_size: request.batch_size.min(LARGEST_BATCH),
    });
    let layers: Vec<ConvShape> = layers.into_iter().map(|(shape, _)| shape).collect();
    let mut trials: Vec<Trial> = Vec::new();
    let heard = |trial: Trial| {
        if let Some(shape) = layers.get(trial.layer) {
            each(shape, &trial);
            trials.push(trial);
        }
    };
    let begun = Instant::now();
    let mut child = jobs::command(request.zoo, None);
    let ended: Result<(), _> = jobs::watch(&mut child, &job, request.limit, heard, || false);
    let cut_short = ended.err().map(|error| match error {
        _ if begun.elapsed() >= request.limit => {
            format!(
                "there was no time for more within {} s",
                request.limit.as_secs()
            )
        }
        JobError::Process(trouble) => format!("the process that measured {trouble}"),
        other => other.to_string(),
    });
    Tuned {
        layers,
        trials,
        cut_short,
        file: None,
    }
}

/// As [`tune`], with a note of what is measured and of each trial. Where nothing comes of it, that is said, and what is
/// known already has to do. A driver that computes on the CPU is left alone: it takes minutes for each kernel.
pub fn tune_and_tell(request: &Request<'_>, selected: &Selected) {
    if selected.info.software || request.limit.is_zero() {
        return;
    }
    let layers = request.missing(selected).len();
    if layers == 0 {
        return;
    }
    log::info!(
        "nobody has measured which algorithm computes {} fastest on {} ({}): measuring for up to {} s; ‘tune_seconds’ 0 leaves it",
        match layers {
            1 => "a convolution of this model".into(),
            _ => format!("{layers} convolutions of this model"),
        },
        selected.info.name,
        selected.backend.id,
        request.limit.as_secs()
    );
    let each = |shape: &ConvShape, trial: &Trial| match trial.outcome {
        Outcome::Measured(_) => log::info!("{}", trial.in_words(shape)),
        Outcome::Wrong(_) | Outcome::Failed(_) => log::warn!("{}", trial.in_words(shape)),
    };
    match tune(request, selected, each) {
        Ok(None) => {}
        Ok(Some(tuned)) => {
            let left = match tuned.left() {
                0 => String::new(),
                left => format!(
                    "; {left} convolutions without a measurement are computed by the nearest one's algorithm, or the backend's own"
                ),
            };
            if let Some(why) = &tuned.cut_short {
                log::info!("{why}{left}");
            }
        }
        Err(error) => log::warn!("the measurements of convolutions are not kept: {error}"),
    }
}

impl Trial {
    /// It in words: `3×3 from 32×14×14 to 64 maps by frequency: 12,300 images/s in training`.
    pub fn in_words(&self, shape: &ConvShape) -> String {
        let [height, width] = shape.input;
        let [rows, columns] = shape.kernel;
        let layer = format!(
            "convolution {rows}×{columns} from {}×{height}×{width} to {} maps by {}",
            shape.in_channels,
            shape.out_channels,
            self.algorithm.name()
        );
        match &self.outcome {
            Outcome::Measured(row) => format!(
                "{layer}: {:.0} images/s in training, {:.0} in inference",
                row.training, row.inference
            ),
            Outcome::Wrong(off) => format!(
                "{layer}: left out, as it is off by {off:.1e} of the largest value from float64"
            ),
            Outcome::Failed(why) => format!("{layer}: left out, as it failed: {why}"),
        }
    }
}

impl Tuned {
    /// What was measured.
    pub fn measurements(&self) -> impl Iterator<Item = &Measurement> {
        self.trials.iter().filter_map(|trial| match &trial.outcome {
            Outcome::Measured(measurement) => Some(measurement),
            Outcome::Wrong(_) | Outcome::Failed(_) => None,
        })
    }

    /// The number of layers without any measurement.
    pub fn left(&self) -> usize {
        let layers = self.layers.iter();
        let unmeasured = layers.filter(|shape| !self.measurements().any(|row| row.is_of(shape)));
        unmeasured.count()
    }
}

#[cfg(all(test, unix))]
mod tests;
