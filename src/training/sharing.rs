//! Who computes a step: one device, several of this process, or several processes.

use super::error::TrainError;
use super::joined::Joined;
use super::replicas::{Replicas, StepOutput};
use super::tally::figures;
use crate::backend::{Infer, Train};
use crate::data::{Failure, ImageBatch};
use burn::optim::GradientsParams;
use burn::tensor::Tensor;
use burn::train::ClassificationOutput;
use burn_zoo_steps::Trainee;

/// Who computes a step.
pub(super) enum Sharing {
    /// The learner's device alone.
    Alone,
    /// Several devices of this process.
    Devices(Replicas),
    /// Several processes.
    Ranks(Joined),
}

/// Where in a training a step is.
pub(super) struct At {
    /// The epoch, from 1.
    pub epoch: usize,
    /// The batches of the epoch before it.
    pub batches: usize,
    /// The batches of the epoch.
    pub total: usize,
}

/// A step on a batch.
pub(super) struct Step {
    pub gradients: GradientsParams,
    /// The mean loss, and how many images were classified rightly.
    pub figures: Tensor<Infer, 1>,
    pub images: usize,
    /// For the dashboard, which several processes do not have.
    pub item: Option<ClassificationOutput<Infer>>,
    /// Whether a process was asked to stop after it.
    pub stops: bool,
}

impl Sharing {
    /// A step of the whole batch, this process's part of which is given; `None` after the last of the epoch, or where
    /// the loader failed. `own` computes a part on the learner's device.
    ///
    /// # Errors
    /// [`TrainError`] where a device, or another process, has failed: the step does not count.
    pub fn step(
        &self,
        at: &At,
        trainee: impl FnOnce() -> Trainee<Train>,
        own: impl FnOnce(ImageBatch<Train>) -> StepOutput,
        batch: Option<ImageBatch<Train>>,
        failure: &Failure,
        stops: bool,
    ) -> Result<Option<Step>, TrainError> {
        match (self, batch) {
            (Self::Alone, Some(batch)) => Ok(Some(Step::of(own(batch)))),
            (Self::Devices(replicas), Some(batch)) => {
                let output = replicas.step(&trainee(), batch, own);
                let output = output.map_err(|failed| failed.at(at.epoch, at.batches + 1))?;
                Ok(Some(Step::of(output)))
            }
            // Also where this process has no batch, and the others do not know it yet.
            (Self::Ranks(joined), batch) if at.batches < at.total => {
                let own = match batch {
                    Some(batch) => joined.own(|| own(batch)),
                    None => Err(failure.check().expect_err("the epoch has more").into()),
                };
                let step = joined.step(&trainee(), own, stops)?;
                Ok(Some(Step {
                    gradients: step.gradients,
                    figures: step.figures,
                    images: joined.batch_size,
                    item: None,
                    stops: step.stops,
                }))
            }
            _ => Ok(None),
        }
    }
}

impl Step {
    fn of(output: StepOutput) -> Self {
        let [images] = output.item.targets.dims();
        Self {
            gradients: output.grads,
            figures: figures(&output.item),
            images,
            item: Some(output.item),
            stops: false,
        }
    }
}
