//! What the learner trains: a model of the zoo with its loss.

use crate::data::ImageBatch;
use burn::module::Module;
use burn::nn::loss::CrossEntropyLossConfig;
use burn::tensor::backend::{AutodiffBackend, Backend};
use burn::train::{ClassificationOutput, InferenceStep, TrainOutput, TrainStep};
use burn_zoo_models::Classifier;

/// A model with the cross-entropy of its logits as the loss to make smaller.
#[derive(Module, Debug)]
pub struct Trainee<B: Backend> {
    /// The model.
    pub model: Classifier<B>,
}

impl<B: Backend> Trainee<B> {
    fn forward(&self, batch: ImageBatch<B>) -> ClassificationOutput<B> {
        let logits = self.model.forward(batch.images);
        let loss = CrossEntropyLossConfig::new()
            .init(&logits.device())
            .forward(logits.clone(), batch.targets.clone());
        ClassificationOutput::new(loss, logits, batch.targets)
    }
}

impl<B: AutodiffBackend> TrainStep for Trainee<B> {
    type Input = ImageBatch<B>;
    type Output = ClassificationOutput<B::InnerBackend>;

    fn step(&self, batch: ImageBatch<B>) -> TrainOutput<Self::Output> {
        let ClassificationOutput {
            loss,
            output,
            targets,
        } = self.forward(batch);
        // Without its graph, whose memory the backward pass then frees.
        let item = ClassificationOutput::new(loss.clone().inner(), output.inner(), targets.inner());
        TrainOutput::new(self, loss.backward(), item)
    }
}

impl<B: Backend> InferenceStep for Trainee<B> {
    type Input = ImageBatch<B>;
    type Output = ClassificationOutput<B>;

    fn step(&self, batch: ImageBatch<B>) -> ClassificationOutput<B> {
        self.forward(batch)
    }
}
