//! Trained weights that come with the crate, each with its story: [`Weights::ALL`].
//!
//! ```
//! use burn_core::tensor::Tensor;
//! use burn_flex::Flex;
//! use burn_zoo_models::{Mlp, Network, pretrained::mlp_relu_3};
//!
//! let device = Default::default();
//! let weights = mlp_relu_3::FASHION_MNIST;
//! let model = Mlp::<Flex>::pretrained(&weights, &device)?;
//! let black = Tensor::<Flex, 4>::zeros([1, 1, 28, 28], &device);
//! let logits = model.forward(weights.normalise(black));
//! let class = logits.argmax(1).into_scalar() as usize;
//! println!("{}", weights.classes[class]);
//! # Ok::<(), burn_zoo_models::PretrainedError>(())
//! ```
//!
//! The files are safetensors of 16-bit floats, which are widened to 32 bits when they are read;
//! [`Weights::accuracy`] is measured with them as they are.

// Without a model there is nothing to list.
#[cfg_attr(not(feature = "pretrained"), allow(unused_imports))]
mod list;

pub use list::*;

use crate::parameters::{self, NamedTensors};
use crate::{
    ClassifierConfig, ImageShape, ModelError, Normalisation, Recipe, Registered, find,
    nearest_first,
};
use burn::module::Module;
use burn::tensor::{Tensor, TensorData, backend::Backend};
use half::f16;
use safetensors::{Dtype, SafeTensors};
use sha2::{Digest, Sha256};
use std::marker::PhantomData;

/// Why weights that come with the crate cannot be had. Each message is one sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PretrainedError {
    /// No weights of that name are published.
    #[error("no weights are called `{id}`; there are {}", nearest.join(", "))]
    Unknown {
        /// The name asked for.
        id: String,
        /// The published names, the nearest first.
        nearest: Vec<&'static str>,
    },
    /// The file in the crate is not the one that was published.
    #[error("the file of the weights {id} is damaged: {reason}; fetch the crate anew")]
    Damaged {
        /// The weights.
        id: &'static str,
        /// The problem.
        reason: String,
    },
    /// The model's settings do not fit each other.
    #[error(transparent)]
    Model(#[from] ModelError),
}

/// Trained weights of the architecture with settings `C`, and their story.
///
/// Each set is a constant of its model's module, so that weights of another architecture than wanted do not
/// compile:
/// ```compile_fail
/// # use burn_flex::Flex;
/// use burn_zoo_models::{Cnn, Network, pretrained::mlp_relu};
///
/// Cnn::<Flex>::pretrained(&mlp_relu::FASHION_MNIST, &Default::default());
/// ```
/// Those of [`Weights::ALL`] are for programs that choose among them at run time.
#[derive(Debug, PartialEq)]
#[non_exhaustive]
pub struct Weights<C = ClassifierConfig> {
    /// Their name: the model's, the data set's and, where it is the lecture's, the recipe's.
    pub id: &'static str,
    /// The model, by its name in [`MODELS`](crate::MODELS).
    pub model: &'static str,
    /// The data set that they were trained on, all of its training images.
    pub dataset: &'static str,
    /// The shape of the images.
    pub input: ImageShape,
    /// The classes, in order of the logits.
    pub classes: &'static [&'static str],
    /// How pixels become the model's input.
    pub normalisation: Normalisation,
    /// How they were trained.
    pub recipe: Recipe,
    /// The random seed of the training.
    pub seed: u64,
    /// The share of the data set's test images that are classified rightly, 0 to 1.
    pub accuracy: f64,
    /// The mean cross-entropy over the test images, in nats.
    pub loss: f64,
    /// The accuracies of the same recipe with other seeds, 32-bit weights, these weights' seed first.
    pub accuracies: &'static [f64],
    /// SHA-256 of the file.
    pub sha256: &'static str,
    /// The licence of the weights.
    pub licence: &'static str,
    /// The command that made them: the same bytes on the same backend.
    pub command: &'static str,
    /// Where that was: backend, device, hardware and the versions of zoo and Burn.
    pub trained_on: &'static str,
    file: &'static [u8],
    architecture: PhantomData<fn() -> C>,
}

impl<C> Clone for Weights<C> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<C> Copy for Weights<C> {}

impl Weights {
    /// The weights of that name.
    ///
    /// # Errors
    /// [`PretrainedError::Unknown`], with all the names, the nearest first.
    pub fn find(id: &str) -> Result<&'static Self, PretrainedError> {
        let mut all = Self::ALL.iter();
        all.find(|weights| weights.id == id).ok_or_else(|| {
            let nearest = nearest_first(id, Self::ALL.iter().map(|weights| weights.id));
            PretrainedError::Unknown {
                id: id.into(),
                nearest,
            }
        })
    }
}

impl<C> Weights<C> {
    /// The same weights, as one of [`Weights::ALL`].
    pub const fn of_any_architecture(self) -> Weights {
        Weights {
            id: self.id,
            model: self.model,
            dataset: self.dataset,
            input: self.input,
            classes: self.classes,
            normalisation: self.normalisation,
            recipe: self.recipe,
            seed: self.seed,
            accuracy: self.accuracy,
            loss: self.loss,
            accuracies: self.accuracies,
            sha256: self.sha256,
            licence: self.licence,
            command: self.command,
            trained_on: self.trained_on,
            file: self.file,
            architecture: PhantomData,
        }
    }

    /// The size of the file in bytes.
    pub fn file_size(&self) -> usize {
        self.file.len()
    }

    /// Pixels scaled to [0, 1], `[N, C, H, W]`, as the model takes them.
    ///
    /// The pictures must be like those of the data set: Fashion-MNIST's are white on black, one article
    /// of clothing that fills the picture.
    pub fn normalise<B: Backend>(&self, pixels: Tensor<B, 4>) -> Tensor<B, 4> {
        self.normalisation.normalise(pixels)
    }

    /// The parameters by name, as 32-bit floats, after a check that the file is the one published.
    ///
    /// # Errors
    /// [`PretrainedError::Damaged`].
    pub fn parameters(&self) -> Result<NamedTensors, PretrainedError> {
        let damaged = |reason: String| PretrainedError::Damaged {
            id: self.id,
            reason,
        };
        let sha256 = Sha256::digest(self.file);
        let sha256: String = sha256.iter().map(|byte| format!("{byte:02x}")).collect();
        if sha256 != self.sha256 {
            return Err(damaged(format!(
                "its SHA-256 is {sha256}, not {}",
                self.sha256
            )));
        }
        let file = SafeTensors::deserialize(self.file);
        let file = file.map_err(|error| damaged(error.to_string()))?;
        let tensors = file.iter().map(|(name, view)| {
            if view.dtype() != Dtype::F16 {
                return Err(damaged(format!("{name} is of {:?}, not F16", view.dtype())));
            }
            let (values, _) = view.data().as_chunks();
            let values = values.iter().map(|&two| f16::from_le_bytes(two).to_f32());
            let data = TensorData::new(values.collect::<Vec<_>>(), view.shape());
            Ok((name.to_owned(), data))
        });
        tensors.collect()
    }

    fn apply<B: Backend, M: Module<B>>(&self, module: M) -> Result<M, PretrainedError> {
        parameters::fill(module, &self.parameters()?).map_err(|misfits| PretrainedError::Damaged {
            id: self.id,
            reason: misfits.to_string(),
        })
    }
}

impl<C: Registered> Weights<C> {
    /// The settings of the model.
    pub fn config(&self) -> C {
        let spec = find(self.model).expect("published weights are those of a registered model");
        let config = spec.config(self.input, self.classes.len());
        C::of(config).expect("a list of weights names each model's own architecture")
    }

    /// The network of these weights, with them.
    ///
    /// # Errors
    /// [`PretrainedError::Damaged`].
    pub fn load<B: Backend>(&self, device: &B::Device) -> Result<C::Network<B>, PretrainedError> {
        let network = self.config().init_with_seed(self.seed, device)?;
        self.apply(network)
    }
}

#[cfg(all(test, feature = "pretrained"))]
mod tests {
    use super::*;
    use crate::{Mlp, Network};
    use burn_flex::Flex;

    #[test]
    fn every_set_of_weights_loads_into_its_model_and_is_found_by_its_name() {
        assert!(!Weights::ALL.is_empty());
        for weights in Weights::ALL {
            assert_eq!(Weights::find(weights.id).unwrap(), weights);
            let model = weights.load::<Flex>(&Default::default()).unwrap();
            let [channels, height, width] = [
                weights.input.channels,
                weights.input.height,
                weights.input.width,
            ];
            let pixels = Tensor::zeros([2, channels, height, width], &Default::default());
            let logits = model.forward(weights.normalise(pixels));
            assert_eq!(logits.dims(), [2, weights.classes.len()], "{}", weights.id);
            let logits: Vec<f32> = logits.into_data().iter().collect();
            assert!(
                logits.iter().all(|logit| logit.is_finite()),
                "{}",
                weights.id
            );
        }
    }

    #[test]
    fn the_story_is_that_of_the_file() {
        for weights in Weights::ALL {
            let (_, metadata) = SafeTensors::read_metadata(weights.file).unwrap();
            let story = &metadata.metadata().as_ref().unwrap()["burn-zoo"];
            let story: serde_json::Value = serde_json::from_str(story).unwrap();
            assert_eq!(story["id"], weights.id);
            assert_eq!(story["accuracy"], weights.accuracy, "{}", weights.id);
            assert_eq!(story["loss"], weights.loss, "{}", weights.id);
            assert_eq!(story["results"][0]["seed"], weights.seed, "{}", weights.id);
            let recipe: Recipe = serde_json::from_value(story["recipe"].clone()).unwrap();
            assert_eq!(recipe, weights.recipe, "{}", weights.id);
            let config: ClassifierConfig =
                serde_json::from_value(story["architecture"].clone()).unwrap();
            assert_eq!(config, weights.config(), "{}", weights.id);
        }
    }

    #[test]
    fn a_file_that_is_not_the_published_one_is_refused() {
        let cut = Weights {
            file: &Weights::ALL[0].file[1..],
            ..Weights::ALL[0]
        };
        let error = cut.parameters().unwrap_err().to_string();
        assert!(error.contains("is damaged: its SHA-256 is"), "{error}");
    }

    #[test]
    fn an_unknown_name_is_answered_by_the_nearest() {
        let error = Weights::find("mlp-relu.fashion").unwrap_err().to_string();
        assert!(
            error.contains("there are mlp-relu.fashion-mnist,"),
            "{error}"
        );
    }

    #[test]
    fn a_new_head_keeps_what_was_learned_below_it() {
        let weights = mlp_relu::FASHION_MNIST;
        let old = Mlp::<Flex>::pretrained(&weights, &Default::default()).unwrap();
        let new = old.clone().with_classes(3, 1).unwrap();
        let (old, new) = (parameters::read(&old), parameters::read(&new));
        for name in ["hidden.0.weight", "hidden.0.bias"] {
            assert_eq!(old[name], new[name]);
        }
        assert_eq!(new["output.weight"].shape.to_vec(), [256, 3]);
        assert_eq!(new["output.bias"].shape.to_vec(), [3]);
    }
}
