//! The results of a few training steps on a backend.

use crate::weights::{Metadata, Weights, WeightsError};
use crate::{AdamSettings, HostBatch, ImageBatch, Trainee, are_finite};
use burn::module::{AutodiffModule, Module, ModuleVisitor, Param};
use burn::optim::{GradientsParams, Optimizer};
use burn::tensor::backend::AutodiffBackend;
use burn::tensor::{Tensor, TensorData};
use burn::train::{ClassificationOutput, InferenceStep, TrainOutput, TrainStep};
use burn_zoo_models::parameters::{self, ModulePath};
use burn_zoo_models::{
    ClassifierConfig, ConvAlgorithm, ConvShape, ModelError, Network, NetworkConfig, Precision,
};
use std::collections::BTreeMap;

/// A few steps of training: everything that their outcome follows from.
#[derive(Debug, Clone)]
pub struct Task {
    /// The model's settings.
    pub architecture: ClassifierConfig,
    /// The algorithm of each convolution on the backend; none are named where all are its own.
    pub convolutions: Vec<ConvAlgorithm>,
    /// The initial weights.
    pub weights: Weights,
    /// Adam's settings.
    pub adam: AdamSettings,
    /// A batch a step.
    pub batches: Vec<HostBatch>,
    /// Which batch of the order is the first, from 0.
    pub first_batch: usize,
    /// The type of float of products.
    pub precision: Precision,
}

/// Tensors' values by their parameters' names.
pub type Tensors = BTreeMap<String, Vec<f64>>;

/// The results of a few training steps, read to the host.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Observation {
    /// SHA-256 of the initial weights' names, shapes and values.
    pub initial_weights_sha256: String,
    /// The logits of the first batch before the first step, `[N, num_classes]`.
    pub logits: Vec<f64>,
    /// The mean cross-entropy of each step's batch before that step, and last that of the first
    /// batch after all steps.
    pub losses: Vec<f64>,
    /// The gradients of the first step, of the parameters that got one.
    pub gradients: Tensors,
    /// The weights after the first step.
    pub after_first: Tensors,
    /// The weights after the last step.
    pub after_last: Tensors,
}

/// Why a task's steps cannot be done. Each message is one sentence.
#[derive(Debug, thiserror::Error)]
pub enum ObserveError {
    /// The task's settings make no model.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The task's weights do not fit its model.
    #[error("the weights to begin with: it {0}")]
    Weights(#[from] WeightsError),
}

/// Does a task's steps on a device as the zoo trains there, with Burn's Adam.
///
/// # Errors
/// [`ObserveError`] where the task's weights do not fit its model.
pub fn observe<B: AutodiffBackend>(
    task: &Task,
    device: &B::Device,
) -> Result<Observation, ObserveError> {
    observe_with::<B>(task, device, train_step)
}

/// Hands each of a model's layers its algorithm, for `with_algorithms`; those beyond the list have
/// the backend's own.
pub fn in_turn(algorithms: &[ConvAlgorithm]) -> impl FnMut(&ConvShape) -> ConvAlgorithm {
    let mut algorithms = algorithms.iter();
    move |_| algorithms.next().copied().unwrap_or(ConvAlgorithm::Direct)
}

/// A training step as the zoo does it.
pub fn train_step<B: AutodiffBackend>(
    trainee: &Trainee<B>,
    batch: ImageBatch<B>,
) -> TrainOutput<ClassificationOutput<B::InnerBackend>> {
    TrainStep::step(trainee, batch)
}

/// As [`observe`], with any `step`: tests plant defects there.
pub fn observe_with<B: AutodiffBackend>(
    task: &Task,
    device: &B::Device,
    step: impl Fn(&Trainee<B>, ImageBatch<B>) -> TrainOutput<ClassificationOutput<B::InnerBackend>>,
) -> Result<Observation, ObserveError> {
    let model = task.architecture.init_with_seed::<B>(0, device)?;
    let model = task.weights.apply(model)?;
    let model = model.with_algorithms(in_turn(&task.convolutions));
    let mut seen = Observation {
        initial_weights_sha256: Weights::of(&model).sha256(),
        ..Observation::default()
    };
    let mut trainee = Trainee::new(model).with_precision(task.precision);
    let mut adam = task.adam.config().init::<B, Trainee<B>>();
    for (index, batch) in task.batches.iter().enumerate() {
        let TrainOutput { grads, item } = loop {
            let output = step(&trainee, batch.clone().on(device));
            let is_scaled = trainee.loss_scale().get().is_some_and(|it| it.factor > 1.0);
            let are_finite = !is_scaled || are_finite(&trainee, &output.grads);
            trainee.loss_scale().follow(are_finite);
            if are_finite {
                break output;
            }
        };
        seen.losses.extend(values(item.loss.into_data()));
        if index == 0 {
            seen.logits = values(item.output.into_data());
            seen.gradients = gradients(&trainee, &grads);
        }
        trainee = adam.step(task.adam.learning_rate, trainee, grads);
        if index == 0 {
            seen.after_first = parameters(&trainee);
        }
    }
    seen.after_last = parameters(&trainee);
    if let Some(first) = task.batches.first() {
        let output = InferenceStep::step(&trainee.valid(), first.clone().on(device));
        seen.losses.extend(values(output.loss.into_data()));
    }
    Ok(seen)
}

fn values(data: TensorData) -> Vec<f64> {
    data.iter::<f64>().collect()
}

fn parameters<B: AutodiffBackend>(trainee: &Trainee<B>) -> Tensors {
    let parameters = parameters::read(&trainee.model).into_iter();
    parameters
        .map(|(name, data)| (name, values(data)))
        .collect()
}

/// The gradients by the names of the parameters.
pub fn gradients<B: AutodiffBackend>(trainee: &Trainee<B>, gradients: &GradientsParams) -> Tensors {
    let mut reader = Reader {
        path: ModulePath::default(),
        gradients,
        tensors: Tensors::new(),
    };
    trainee.model.visit(&mut reader);
    reader.tensors
}

struct Reader<'a> {
    path: ModulePath,
    gradients: &'a GradientsParams,
    tensors: Tensors,
}

impl<B: AutodiffBackend> ModuleVisitor<B> for Reader<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<B, D>>) {
        if let Some(gradient) = self.gradients.get::<B::InnerBackend, D>(param.id) {
            self.tensors
                .insert(self.path.name(), values(gradient.into_data()));
        }
    }

    fn enter_module(&mut self, name: &str, container: &str) {
        self.path.enter(name, container);
    }

    fn exit_module(&mut self, _: &str, container: &str) {
        self.path.exit(container);
    }
}

const LOGITS: &str = "logits";
const LOSSES: &str = "losses";
const GRADIENT: &str = "gradient.";
const AFTER_FIRST: &str = "after-first.";
const AFTER_LAST: &str = "after-last.";
const INITIAL: &str = "initial_weights_sha256";

impl Observation {
    /// A file's bytes, to hand an observation from one process to another; values as 32-bit floats.
    pub fn to_safetensors(&self) -> Vec<u8> {
        let mut weights = Weights::default();
        let mut insert = |name: String, values: &[f64]| {
            let data = TensorData::new(values.to_vec(), [values.len()]);
            weights.insert(name, data);
        };
        insert(LOGITS.into(), &self.logits);
        insert(LOSSES.into(), &self.losses);
        for (prefix, tensors) in [
            (GRADIENT, &self.gradients),
            (AFTER_FIRST, &self.after_first),
            (AFTER_LAST, &self.after_last),
        ] {
            for (name, values) in tensors {
                insert(format!("{prefix}{name}"), values);
            }
        }
        let initial = self.initial_weights_sha256.clone();
        weights.to_safetensors(Metadata::from([(INITIAL.into(), initial)]))
    }

    /// Reads what [`to_safetensors`](Self::to_safetensors) made.
    ///
    /// # Errors
    /// [`WeightsError`] where the bytes are cut short or damaged.
    pub fn from_safetensors(bytes: &[u8]) -> Result<Self, WeightsError> {
        let (weights, mut metadata) = Weights::from_safetensors(bytes)?;
        let tensors = |prefix: &str| -> Tensors {
            let tensors = weights.with_prefix(prefix);
            let values = |name: &str| (name.to_owned(), of(&tensors, name));
            tensors.names().map(values).collect()
        };
        Ok(Self {
            initial_weights_sha256: metadata.remove(INITIAL).unwrap_or_default(),
            logits: of(&weights, LOGITS),
            losses: of(&weights, LOSSES),
            gradients: tensors(GRADIENT),
            after_first: tensors(AFTER_FIRST),
            after_last: tensors(AFTER_LAST),
        })
    }
}

fn of(weights: &Weights, name: &str) -> Vec<f64> {
    weights.get(name).cloned().map(values).unwrap_or_default()
}
