//! The state from which a run resumes exactly where it stopped.

use super::optimizer::{SharedAdam, Steps};
use crate::backend::{Device, Train};
use crate::evaluate::Tally;
use crate::numbers::Figure;
use crate::run::{BEST, CHECKPOINT, MetricsRow, RunDir, RunError, WEIGHTS};
use crate::weights::{Metadata, Weights, WeightsError};
use burn::tensor::backend::Backend;
use burn_zoo_models::Classifier;
use burn_zoo_steps::{Scale, Trainee};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Where in a run a checkpoint is from.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Position {
    /// Epochs done.
    pub epochs: usize,
    /// Batches done of the next epoch, where it was interrupted.
    pub batches: usize,
    /// The figures of those batches.
    pub tally: Tally,
    /// Adam's steps.
    pub steps: usize,
    /// Adam's steps with the parameters that it took fewer with, as they were frozen for a time.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fewer_steps: BTreeMap<String, usize>,
    /// The scale of the loss, where it is scaled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loss_scale: Option<Scale>,
    /// The figures of the epochs done.
    pub rows: Vec<MetricsRow>,
    /// The epoch of the best weights, from 1, and its loss.
    pub best: Option<(usize, Figure)>,
}

impl Position {
    /// Where a run's checkpoint is from, by its header alone: whether its values are those that were
    /// written is not asked.
    ///
    /// # Errors
    /// As [`RunDir::read_metadata`]; [`RunError::Weights`] where it does not say.
    pub fn of(run: &RunDir) -> Result<Self, RunError> {
        Self::from_metadata(run, &run.read_metadata(CHECKPOINT)?)
    }

    fn from_metadata(run: &RunDir, metadata: &Metadata) -> Result<Self, RunError> {
        let position = metadata.get(POSITION);
        let position = position.and_then(|json| serde_json::from_str(json).ok());
        position.ok_or_else(|| {
            let reason = "it does not say where in a run it is from";
            run.weights_error(CHECKPOINT, WeightsError::DoesNotFit(reason.into()))
        })
    }
}

/// The weights and Adam's moments at a position.
#[derive(Debug)]
pub struct Checkpoint {
    /// Where in the run it is from.
    pub position: Position,
    model: Weights,
    state: Weights,
}

/// The entry of a checkpoint's metadata that holds its [`Position`].
const POSITION: &str = "position";
const MODEL: &str = "model.";

impl Checkpoint {
    /// Reads a run's checkpoint.
    ///
    /// # Errors
    /// [`RunError::NoCheckpoint`]; [`RunError::Weights`] where it is damaged.
    pub fn read(run: &RunDir) -> Result<Self, RunError> {
        if !run.has(CHECKPOINT) {
            return Err(RunError::NoCheckpoint(run.path().into()));
        }
        let (state, metadata) = run.read_weights(CHECKPOINT)?;
        Self::of(run, state, &metadata)
    }

    /// A run's checkpoint as another process has read it: the bytes of its file.
    ///
    /// # Errors
    /// [`RunError::Weights`] where they are none.
    pub fn from_bytes(run: &RunDir, bytes: &[u8]) -> Result<Self, RunError> {
        let read = Weights::from_safetensors(bytes);
        let (state, metadata) = read.map_err(|error| run.weights_error(CHECKPOINT, error))?;
        Self::of(run, state, &metadata)
    }

    fn of(run: &RunDir, state: Weights, metadata: &Metadata) -> Result<Self, RunError> {
        Ok(Self {
            position: Position::from_metadata(run, metadata)?,
            model: state.with_prefix(MODEL),
            state,
        })
    }

    /// Writes a run's checkpoint.
    pub(super) fn write(
        run: &RunDir,
        position: &mut Position,
        model: &Weights,
        trainee: &Trainee<Train>,
        adam: &SharedAdam,
    ) -> Result<(), RunError> {
        let mut state = Weights::default();
        for name in model.names() {
            let data = model.get(name).expect("a name of its own").clone();
            state.insert(format!("{MODEL}{name}"), data);
        }
        let steps = adam.save(trainee, &mut state);
        position.loss_scale = trainee.loss_scale().get();
        (position.steps, position.fewer_steps) = (steps.most, steps.fewer);
        let json = serde_json::to_string(position).expect("a position is valid JSON");
        let metadata = Metadata::from([(POSITION.into(), json)]);
        run.write_weights(CHECKPOINT, &state, metadata)
    }

    /// Writes the weights and figures that follow from a checkpoint at an epoch's end.
    pub(super) fn write_followers(&self, run: &RunDir) -> Result<(), RunError> {
        write_followers(run, &self.position, &self.model)
    }

    /// The model with the checkpoint's weights.
    pub(super) fn load_weights<B: Backend>(
        &self,
        run: &RunDir,
        model: Classifier<B>,
    ) -> Result<Classifier<B>, RunError> {
        let loaded = self.model.apply(model);
        loaded.map_err(|error| run.weights_error(CHECKPOINT, error))
    }

    /// Puts weights and moments in the place of the model's and Adam's own.
    pub(super) fn apply(
        &self,
        run: &RunDir,
        trainee: Trainee<Train>,
        adam: &SharedAdam,
        device: &Device,
    ) -> Result<Trainee<Train>, RunError> {
        let model = self.load_weights(run, trainee.model.clone())?;
        let trainee = trainee.with_model(model);
        let steps = Steps {
            most: self.position.steps,
            fewer: self.position.fewer_steps.clone(),
        };
        adam.load(&trainee, &self.state, &steps, device);
        if let Some(scale) = self.position.loss_scale {
            trainee.loss_scale().set(scale);
        }
        Ok(trainee)
    }
}

/// Writes weights, best weights and figures of the epoch that a position is at the end of.
pub(super) fn write_followers(
    run: &RunDir,
    position: &Position,
    model: &Weights,
) -> Result<(), RunError> {
    let metadata = Metadata::from([("epoch".into(), position.epochs.to_string())]);
    run.write_weights(WEIGHTS, model, metadata.clone())?;
    if position
        .best
        .is_some_and(|(epoch, _)| epoch == position.epochs)
    {
        run.write_weights(BEST, model, metadata)?;
    }
    run.write_metrics(&position.rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_with_figures_that_are_not_finite_is_read_also_as_earlier_versions_wrote_it() {
        let earlier = r#"{"epochs": 1, "batches": 0, "steps": 4, "best": [1, null],
            "tally": {"images": 0, "loss": null, "correct": 0.0, "seconds": 0.0},
            "rows": [{"epoch": 1, "split": "test", "loss": null, "accuracy": 0.1,
                "images_per_second": 9.0, "seconds": 1.0}]}"#;
        let mut position: Position = serde_json::from_str(earlier).unwrap();
        assert!(position.rows[0].loss.is_nan() && position.tally.loss.is_nan());
        position.rows[0].loss = f64::INFINITY;
        let json = serde_json::to_string(&position).unwrap();
        let read: Position = serde_json::from_str(&json).unwrap();
        assert_eq!(read.rows, position.rows);
        assert!(read.best.is_some_and(|(_, Figure(best))| best.is_nan()));
    }
}
