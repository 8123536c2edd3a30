//! The measurement of a model on a backend.

use super::layers::{self, LayerTime};
use super::subject::{BenchError, Subject};
use super::trial::Trial;
use crate::backend::Selected;
use crate::plan::Places;
use crate::system::memory;
use crate::tuning::{Effort, sample};
use burn_zoo_models::ConvAlgorithm;
use serde::{Deserialize, Serialize};
use std::time::{Duration, Instant};

/// The results of a measurement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// The convolutions' algorithms in training.
    pub convolutions: Vec<ConvAlgorithm>,
    /// The convolutions' algorithms in inference.
    pub infer_convolutions: Vec<ConvAlgorithm>,
    /// From the start of the process to the end of the first training step.
    pub first_step_s: f64,
    /// Seconds of each training step.
    pub train_step_s: Vec<f64>,
    /// Seconds of each batch's inference, until the predicted classes are on the host.
    pub infer_step_s: Vec<f64>,
    /// The devices that share each batch of training, where there are several, and their images of each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub devices: Vec<(String, usize)>,
    /// The most memory that the process held in training.
    pub peak_memory_bytes: Option<u64>,
    /// The memory that it then held on the GPU, if there is one and its driver reports it.
    pub gpu_memory_bytes: Option<u64>,
    /// Each layer by itself.
    pub layers: Vec<LayerTime>,
}

/// Measures a model on a device.
///
/// Several devices that share each batch are `shared`; the first of them infers, and is the one that is `selected`.
///
/// `since_start` is the time from the start of the process until this call.
///
/// # Errors
/// [`BenchError`] where the model does not fit the data set's images, or the device does not multiply as asked.
pub fn measure(
    subject: &Subject,
    selected: &Selected,
    shared: Option<&Places>,
    effort: Effort,
    since_start: Duration,
    with_layers: bool,
) -> Result<Measured, BenchError> {
    let begun = Instant::now();
    let Subject {
        spec,
        dataset,
        batch_size,
        ..
    } = *subject;
    let mut trial = Trial::new(subject, selected)?;
    if let Some(places) = shared {
        trial = trial.shared(places);
    }
    trial.train();
    let first_step_s = (since_start + begun.elapsed()).as_secs_f64();
    let train_step_s = sample(effort, || trial.train());
    let peak_memory_bytes = memory::peak();
    let gpu_memory_bytes = memory::on_gpu();
    let convolutions = trial.convolutions();
    let infer_convolutions = trial.infer_convolutions.clone();
    let inference = trial.inference();
    drop(trial);
    let answer = inference.answers();
    let infer_step_s = sample(effort, || {
        std::hint::black_box(answer());
    });

    let layers = match with_layers {
        true => {
            let architecture = dataset.architecture(spec);
            layers::measure(
                &architecture,
                batch_size,
                &convolutions,
                &selected.device,
                effort,
            )?
        }
        false => Vec::new(),
    };
    let parts = shared.into_iter().flat_map(Places::all);
    let devices = parts.map(|part| (part.selected.name(), part.images));
    let devices = devices.collect();
    Ok(Measured {
        devices,
        convolutions,
        infer_convolutions,
        first_step_s,
        train_step_s,
        infer_step_s,
        peak_memory_bytes,
        gpu_memory_bytes,
        layers,
    })
}
