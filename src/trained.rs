//! A trained model to use: a run's, or one that comes with the zoo.

use crate::backend::{Infer, Selected};
use crate::convolution::{Conv, Purpose};
use crate::data::{
    self, DataError, HoldOut, ImageBatcher, ImageDataset, LoadOptions, Loaded, Split,
};
use crate::pictures::Fit;
use crate::run::{RunConfig, RunDir, RunError};
use crate::summary::graph;
use crate::weights::{Weights, WeightsError};
use burn::tensor::backend::Backend;
use burn_flex::{Flex, FlexDevice};
use burn_zoo_models::{
    Classifier, ClassifierConfig, ConvAlgorithm, ModelError, NetworkConfig, Normalisation,
    PretrainedError,
};
use std::ops::Deref;
use std::path::Path;
use std::sync::Arc;

/// Why there is no such model. Each message is one sentence.
#[derive(Debug, thiserror::Error)]
pub enum TrainedError {
    /// The run cannot be read.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The run's settings make no model.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// Weights that come with the zoo are damaged.
    #[error(transparent)]
    Pretrained(#[from] PretrainedError),
    /// The weights belong to another model.
    #[error(transparent)]
    Weights(#[from] WeightsError),
    /// There is neither a run nor weights of that name.
    #[error(
        "{name} is neither a run folder nor the name of weights that come with the zoo; those are {}",
        nearest.join(", ")
    )]
    Unknown {
        /// The name asked for.
        name: String,
        /// The names of the zoo's weights, the nearest first.
        nearest: Vec<&'static str>,
    },
}

/// A model's settings and weights, and what its images and answers mean.
#[derive(Debug, Clone)]
pub struct Trained {
    /// As it was asked for.
    pub name: String,
    /// Its name in the zoo.
    pub model: String,
    /// Its settings.
    pub architecture: ClassifierConfig,
    /// The data set that it was trained on.
    pub dataset: String,
    /// The classes, in order of the logits.
    pub classes: Vec<String>,
    /// How pictures become its images.
    pub fit: Fit,
    /// How pixels become its input.
    pub normalisation: Normalisation,
    /// The run's configuration; the zoo's own weights have none.
    pub run: Option<RunConfig>,
    /// The epoch after which a run's weights were these.
    pub epoch: Option<usize>,
    pub(crate) weights: Weights,
}

/// A model on a backend's device.
///
/// Behind `dyn`, so that code that drops it does not compile how tensors are freed: with wgpu, all of its kernels.
pub type Placed = Box<dyn Deref<Target = Classifier<Infer>>>;

impl Trained {
    /// The model of that name: a run folder, with the weights of one of its files, or else weights
    /// that come with the zoo.
    ///
    /// # Errors
    /// As [`of_run`](Self::of_run); [`TrainedError::Unknown`] where it is neither.
    pub fn open(name: &str, file: &str) -> Result<Self, TrainedError> {
        let folder = Path::new(name);
        if folder.exists() {
            return Self::of_run(folder, file);
        }
        match burn_zoo_models::Weights::find(name) {
            Ok(weights) => Self::published(weights),
            Err(PretrainedError::Unknown { nearest, .. }) => Err(TrainedError::Unknown {
                name: name.into(),
                nearest,
            }),
            Err(error) => Err(error.into()),
        }
    }

    /// The model of weights that come with the zoo.
    ///
    /// # Errors
    /// [`TrainedError::Pretrained`] where their file is damaged.
    pub fn published(published: &burn_zoo_models::Weights) -> Result<Self, TrainedError> {
        let mut weights = Weights::default();
        for (name, data) in published.parameters()? {
            weights.insert(name, data);
        }
        Ok(Self {
            name: published.id.into(),
            model: published.model.into(),
            architecture: published.config(),
            dataset: published.dataset.into(),
            classes: published
                .classes
                .iter()
                .map(|&class| class.into())
                .collect(),
            // As for a data set whose images are no pictures.
            fit: Fit::Pad,
            normalisation: published.normalisation,
            run: None,
            epoch: None,
            weights,
        })
    }

    /// The model of a run folder, with the weights of one of its files.
    ///
    /// # Errors
    /// [`TrainedError::Run`] where the folder is no run, or the file is damaged or of another model.
    pub fn of_run(folder: &Path, file: &str) -> Result<Self, TrainedError> {
        let run = RunDir::open(folder)?;
        let config = run.config()?;
        let model = config
            .architecture
            .init_with_seed::<Flex>(config.seed, &FlexDevice)?;
        let (model, metadata) = run.load_weights(file, model)?;
        Ok(Self {
            name: folder.display().to_string(),
            weights: Weights::of(&model),
            model: config.model.clone(),
            architecture: config.architecture.clone(),
            dataset: config.dataset.id.clone(),
            classes: config.dataset.classes.clone(),
            fit: config.dataset.fit,
            normalisation: config.dataset.normalisation(),
            epoch: metadata.get("epoch").and_then(|epoch| epoch.parse().ok()),
            run: Some(config),
        })
    }

    /// The weights.
    pub fn weights(&self) -> &Weights {
        &self.weights
    }

    /// The model on a device.
    ///
    /// # Errors
    /// Never, for what [`of_run`](Self::of_run) gave.
    pub fn classifier<B: Backend>(
        &self,
        device: &B::Device,
    ) -> Result<Classifier<B>, WeightsError> {
        let model = self.architecture.init_with_seed(0, device);
        let model = model.map_err(|error| WeightsError::DoesNotFit(error.to_string()))?;
        self.weights.apply(model)
    }

    /// The model on a backend's device, its convolutions computed as asked for.
    ///
    /// # Errors
    /// Never, for what [`of_run`](Self::of_run) gave.
    pub fn on(
        &self,
        selected: &Selected,
        conv: Conv,
        purpose: Purpose,
    ) -> Result<Placed, TrainedError> {
        let layers = graph(&self.architecture)?.convolutions();
        self.by(
            conv.choose(&selected.measured(), &layers, purpose),
            selected,
        )
    }

    /// As [`on`](Self::on), but with [`Conv::Auto`] as in the run's training where the backend is the same: with the
    /// same roundings as when the run's own figures were measured.
    ///
    /// # Errors
    /// As [`on`](Self::on).
    pub fn as_trained_on(
        &self,
        selected: &Selected,
        conv: Conv,
        purpose: Purpose,
    ) -> Result<Placed, TrainedError> {
        match (conv, &self.run) {
            (Conv::Auto, Some(config)) if config.backend == selected.backend.id => {
                self.by(config.convolutions.clone(), selected)
            }
            _ => self.on(selected, conv, purpose),
        }
    }

    fn by(
        &self,
        algorithms: Vec<ConvAlgorithm>,
        selected: &Selected,
    ) -> Result<Placed, TrainedError> {
        let model = self.classifier::<Infer>(&selected.device)?;
        Ok(Box::new(Box::new(selected.suited(model, &algorithms))))
    }

    /// Makes batches of images as the model takes them.
    pub fn batcher(&self, images: Arc<ImageDataset>) -> ImageBatcher {
        ImageBatcher::new(images, self.normalisation)
    }

    /// The test set that the model was measured on, if it is on this machine; the reading of a folder of
    /// pictures shows its progress where asked to.
    ///
    /// # Errors
    /// [`DataError`] where it is not there; nothing is downloaded.
    pub fn test_set(
        &self,
        data_dir: Option<&Path>,
        show_progress: bool,
    ) -> Result<Loaded, DataError> {
        let input = self.architecture.input();
        let dataset = data::recorded(&self.dataset, input, self.fit, &self.classes, data_dir)?;
        let config = self.run.as_ref();
        let options = LoadOptions {
            data_dir: data_dir.map(Path::to_owned),
            seed: config.map_or(0, |config| config.seed),
            show_progress,
            skip_unreadable: config.is_some_and(|config| config.dataset.skips_unreadable()),
            hold_out: config.map_or(HoldOut::default(), |config| config.dataset.hold_out()),
            ..LoadOptions::default()
        };
        match dataset.path(&options) {
            Ok(_) | Err(DataError::NoFiles { .. }) => {}
            Err(error) => return Err(error),
        }
        let mut loaded = dataset.load(Split::Test, &options)?;
        let limit = config.and_then(|config| config.dataset.limit);
        loaded.images = loaded.images.truncated(limit.unwrap_or(usize::MAX));
        let recorded = config.and_then(|config| config.dataset.digest.as_ref());
        if let (true, Some(before), Some(now)) =
            (data::is_folder(&self.dataset), recorded, &loaded.digest)
            && before != now
        {
            loaded.warnings.push(format!(
                "{} was trained on other images of {} than those in {}: it may be measured on what it was trained on",
                self.name, self.dataset, loaded.origin
            ));
        }
        Ok(loaded)
    }
}
