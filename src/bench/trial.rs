//! One model on one device, in training and in inference, on artificial images.

use super::subject::{BenchError, Subject};
use crate::backend::{self, Infer, Selected, Train};
use crate::convolution::{Conv, Purpose};
use crate::data::ImageBatch;
use crate::plan::Places;
use crate::summary::graph;
use crate::training::Replicas;
use crate::tuning::values;
use burn::module::AutodiffModule;
use burn::optim::adaptor::OptimizerAdaptor;
use burn::optim::{Adam, Optimizer};
use burn::tensor::{Tensor, TensorData};
use burn::train::TrainStep;
use burn_zoo_models::{Classifier, ConvAlgorithm, ConvPlan, Network, NetworkConfig, Precision};
use burn_zoo_steps::{AdamSettings, Trainee};

/// A model in training on a device: with its loss, Adam, and a batch of artificial images.
pub struct Trial {
    trainee: Trainee<Train>,
    optimizer: OptimizerAdaptor<Adam, Trainee<Train>, Train>,
    learning_rate: f64,
    batch: ImageBatch<Train>,
    selected: Selected,
    /// The devices that share each batch, where there are several.
    replicas: Option<Replicas>,
    /// The convolutions' algorithms in inference.
    pub(super) infer_convolutions: Vec<ConvAlgorithm>,
}

/// A model in inference on a device.
pub struct Inference {
    model: Classifier<Infer>,
    images: Tensor<Infer, 4>,
}

impl Trial {
    /// Initialises the model and a batch.
    ///
    /// # Errors
    /// [`BenchError`] where the model does not fit the data set's images, or the device does not multiply as asked.
    pub fn new(subject: &Subject<'_>, selected: &Selected) -> Result<Self, BenchError> {
        let Subject {
            spec,
            dataset,
            batch_size,
            conv,
            precision,
        } = *subject;
        selected.check_precision(precision)?;
        let device = &selected.device;
        let architecture = dataset.architecture(spec);
        let shapes = graph(&architecture)?.convolutions();
        let measured = selected.measured();
        let choose = |conv: Conv, purpose| conv.choose(&measured, &shapes, purpose);
        let in_training = conv.in_precision(precision).map_err(BenchError::Conv)?;
        let model = architecture.init_with_seed::<Train>(0, device)?;
        let model = selected.suited(model, &choose(in_training, Purpose::Training(batch_size)));
        let input = architecture.input();
        let classes = (0..batch_size).map(|i| (i % architecture.num_classes()) as i32);
        let classes = TensorData::new(classes.collect(), [batch_size]);
        let adam = AdamSettings::new(spec.recipe.learning_rate);
        Ok(Self {
            trainee: Trainee::new(model)
                .with_most_saved(selected.most_saved())
                .with_precision(precision),
            optimizer: adam.config().init(),
            learning_rate: adam.learning_rate,
            batch: ImageBatch {
                images: values(
                    [batch_size, input.channels, input.height, input.width],
                    device,
                ),
                targets: Tensor::from_data(classes, device),
            },
            selected: selected.clone(),
            replicas: None,
            infer_convolutions: choose(conv, without_end(batch_size)),
        })
    }

    /// The same in training on several devices, the first of which has been there before.
    pub(super) fn shared(mut self, places: &Places) -> Self {
        let Places { first, further, .. } = places;
        let model = self.trainee.model.clone();
        let model = first.selected.suited(model, &first.convolutions);
        self.trainee = self.trainee.with_model(model);
        let replicas = Replicas::new(&self.trainee, &first.selected, first.images, further);
        self.replicas = Some(replicas);
        self
    }

    /// Does one training step, and waits until the device has finished it.
    ///
    /// # Panics
    /// Where one of several devices fails.
    pub fn train(&mut self) {
        let own = |batch| TrainStep::step(&self.trainee, batch);
        let output = match &self.replicas {
            None => own(self.batch.clone()),
            Some(replicas) => replicas
                .step(&self.trainee, self.batch.clone(), own)
                .unwrap_or_else(|failure| panic!("{failure}")),
        };
        let trainee = self.trainee.clone();
        self.trainee = self
            .optimizer
            .step(self.learning_rate, trainee, output.grads);
        backend::sync(&self.selected.device);
    }

    /// The model with its present weights, for inference, in 32 bits.
    pub fn inference(&self) -> Inference {
        let model = self.trainee.valid().model.with_precision(Precision::F32);
        Inference {
            model: self.selected.suited(model, &self.infer_convolutions),
            images: self.batch.images.clone().inner(),
        }
    }

    /// The convolutions' algorithms in training.
    pub(super) fn convolutions(&self) -> Vec<ConvAlgorithm> {
        let convolutions = self.trainee.model.convolutions().iter();
        convolutions.map(ConvPlan::algorithm).collect()
    }
}

/// Batch after batch, so that the preparation of kernels does not count.
fn without_end(batch_size: usize) -> Purpose {
    Purpose::Inference {
        images: usize::MAX,
        batch_size,
    }
}

impl Inference {
    /// A function that gives the predicted classes of the batch, on the host. As for the batches of an evaluation, the
    /// kernels are prepared once.
    pub fn answers(&self) -> impl Fn() -> TensorData {
        let model = self.model.prepared();
        move || {
            let logits = model.forward(self.images.clone());
            logits.argmax(1).into_data()
        }
    }
}
