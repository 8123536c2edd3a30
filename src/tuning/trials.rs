//! The trials of a child process: each layer by each algorithm, checked and timed.

use super::alone::{Alone, measure_convolution};
use super::exact::{TOLERANCE, difference};
use super::sampling::Effort;
use crate::backend::Selected;
use crate::convolution::Measurement;
use crate::jobs::TuneJob;
use crate::system::caught;
use burn_zoo_models::ConvAlgorithm;
use serde::{Deserialize, Serialize};

/// One layer by one algorithm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    /// The layer's number in the job.
    pub layer: usize,
    /// The algorithm.
    pub algorithm: ConvAlgorithm,
    /// How it went.
    pub outcome: Outcome,
}

/// How a trial went.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It computes what it should, this fast.
    Measured(Measurement),
    /// It computes something else: so far off, relative to the largest value.
    Wrong(#[serde(with = "crate::numbers::figure")] f64),
    /// It failed, for example for lack of memory.
    Failed(String),
}

/// The order of the algorithms. The one that is fastest on most GPUs is first, as there may not be time for all; the
/// backend's own is last, as some tune every kernel of it for seconds.
const IN_TURN: [ConvAlgorithm; 3] = [
    ConvAlgorithm::Frequency,
    ConvAlgorithm::Im2col,
    ConvAlgorithm::Direct,
];

/// How long each layer is timed, forward and backward, and forward alone.
const SECONDS: f64 = 0.2;

/// Tries each layer of a job by each algorithm that serves it, and tells of each.
pub fn trials(job: &TuneJob, selected: &Selected, mut each: impl FnMut(Trial)) {
    for algorithm in IN_TURN {
        for (layer, (shape, is_first)) in job.layers.iter().enumerate() {
            if !algorithm.serves(shape) {
                continue;
            }
            let alone = Alone {
                shape,
                algorithm,
                is_first: *is_first,
            };
            let outcome = caught(|| measured(&alone, job.batch_size, selected));
            let outcome = outcome.unwrap_or_else(Outcome::Failed);
            each(Trial {
                layer,
                algorithm,
                outcome,
            });
        }
    }
}

fn measured(alone: &Alone<'_>, batch_size: usize, selected: &Selected) -> Outcome {
    let off = difference(alone, batch_size, &selected.device);
    if off.is_nan() || off > TOLERANCE {
        return Outcome::Wrong(off);
    }
    let effort = Effort::for_seconds(SECONDS);
    match measure_convolution(alone, batch_size, selected, effort) {
        Some(measurement) => Outcome::Measured(measurement),
        None => Outcome::Failed("only square images and kernels are measured".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend;
    use crate::jobs::Place;
    use burn_zoo_models::ConvShape;

    #[test]
    fn every_algorithm_is_checked_and_timed_on_every_layer_in_the_order_that_promises_most() {
        let first = ConvShape {
            in_channels: 1,
            out_channels: 3,
            input: [8; 2],
            kernel: [3; 2],
            stride: [1; 2],
            dilation: [1; 2],
            padding: [[1; 2]; 2],
            groups: 1,
        };
        let second = ConvShape {
            in_channels: 3,
            out_channels: 2,
            stride: [2; 2],
            padding: [[0; 2]; 2],
            ..first
        };
        let job = TuneJob {
            place: Place {
                backend: "flex".into(),
                device: "cpu".into(),
            },
            layers: vec![(first, true), (second, false)],
            batch_size: 5,
        };
        let selected = backend::select_place(&job.place, None).unwrap();
        let mut done = Vec::new();
        trials(&job, &selected, |trial| {
            let Outcome::Measured(row) = &trial.outcome else {
                panic!("{trial:?}")
            };
            assert!(row.training > 0.0 && row.inference > 0.0);
            assert_eq!(row.batch_size, 5);
            done.push((trial.algorithm, trial.layer));
        });
        let expected = IN_TURN.map(|algorithm| [(algorithm, 0), (algorithm, 1)]);
        assert_eq!(done, expected.as_flattened());
    }
}
