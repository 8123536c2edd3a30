//! One model on one device, in training and in inference, on artificial images.

use crate::backend::{self, Device, Infer, Selected, Train};
use crate::convolution::{Conv, Purpose, in_turn};
use crate::data::{DatasetSpec, ImageBatch};
use crate::plan::Places;
use crate::summary::graph;
use crate::training::Replicas;
use crate::tuning::values;
use burn::module::AutodiffModule;
use burn::optim::adaptor::OptimizerAdaptor;
use burn::optim::{Adam, Optimizer};
use burn::tensor::{Tensor, TensorData};
use burn::train::TrainStep;
use burn_zoo_models::{
    Classifier, ConvAlgorithm, ConvPlan, ModelError, ModelSpec, Network, NetworkConfig,
};
use burn_zoo_steps::{AdamSettings, Trainee};

/// A model in training on a device: with its loss, Adam, and a batch of artificial images.
pub struct Trial {
    trainee: Trainee<Train>,
    optimizer: OptimizerAdaptor<Adam, Trainee<Train>, Train>,
    learning_rate: f64,
    batch: ImageBatch<Train>,
    device: Device,
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
    /// [`ModelError`] where the model does not fit the data set's images.
    pub fn new(
        spec: &ModelSpec,
        dataset: &DatasetSpec,
        batch_size: usize,
        conv: Conv,
        selected: &Selected,
    ) -> Result<Self, ModelError> {
        let device = &selected.device;
        let architecture = dataset.architecture(spec);
        let shapes = graph(&architecture)?.convolutions();
        let measured = selected.measured();
        let choose = |purpose| conv.choose(&measured, &shapes, purpose);
        let model = architecture.init_with_seed::<Train>(0, device)?;
        let model = model.with_algorithms(in_turn(&choose(Purpose::Training(batch_size))));
        let input = architecture.input();
        let classes = (0..batch_size).map(|i| (i % architecture.num_classes()) as i32);
        let classes = TensorData::new(classes.collect(), [batch_size]);
        let adam = AdamSettings::new(spec.recipe.learning_rate);
        Ok(Self {
            trainee: Trainee::new(model),
            optimizer: adam.config().init(),
            learning_rate: adam.learning_rate,
            batch: ImageBatch {
                images: values(
                    [batch_size, input.channels, input.height, input.width],
                    device,
                ),
                targets: Tensor::from_data(classes, device),
            },
            device: device.clone(),
            replicas: None,
            infer_convolutions: choose(Purpose::Inference(batch_size)),
        })
    }

    /// The same in training on several devices, the first of which has been there before.
    pub(super) fn shared(mut self, places: &Places) -> Self {
        let Places { first, further, .. } = places;
        let algorithms = in_turn(&first.convolutions);
        let model = self.trainee.model.clone().with_algorithms(algorithms);
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
        backend::sync(&self.device);
    }

    /// The model with its present weights, for inference.
    pub fn inference(&self) -> Inference {
        let model = self.trainee.valid().model;
        Inference {
            model: model.with_algorithms(in_turn(&self.infer_convolutions)),
            images: self.batch.images.clone().inner(),
        }
    }

    /// The convolutions' algorithms in training.
    pub(super) fn convolutions(&self) -> Vec<ConvAlgorithm> {
        let convolutions = self.trainee.model.convolutions().iter();
        convolutions.map(ConvPlan::algorithm).collect()
    }
}

impl Inference {
    /// The predicted classes of the batch, on the host.
    pub fn answer(&self) -> TensorData {
        self.model
            .forward(self.images.clone())
            .argmax(1)
            .into_data()
    }
}
