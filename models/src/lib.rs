//! The MLPs and CNNs of a university lecture on convolutional neural networks, for Burn 0.21.
//!
//! Each architecture is defined once, generic over Burn's `Backend`: tensors and modules only, no
//! backend, no training, no files. A model takes images `[N, C, H, W]` and gives logits
//! `[N, num_classes]`.
//!
//! There are three ways in. The architecture only, by name from the table [`MODELS`], or with your own
//! settings by [`MlpConfig`], [`CnnConfig`], [`VggConfig`]:
//! ```
//! use burn_core::tensor::Tensor;
//! use burn_flex::Flex;
//! use burn_zoo_models::{ImageShape, find};
//!
//! let device = Default::default();
//! let spec = find("cnn-maxpool")?;
//! let config = spec.config(ImageShape::new(1, 28, 28), 10);
//! let model = config.init::<Flex>(42, &device)?;
//! let logits = model.forward(Tensor::zeros([2, 1, 28, 28], &device));
//! assert_eq!(logits.dims(), [2, 10]);
//! # Ok::<(), burn_zoo_models::ModelError>(())
//! ```
//! With trained weights, where the feature `pretrained` is on: `Mlp::<B>::pretrained(&weights, &device)`
//! for one of the constants of `Weights`; then `with_classes` for classes of your own.
//!
//! Inside another module, as every model is one:
//! ```
//! use burn_core::{module::Module, tensor::{Tensor, backend::Backend}};
//! # extern crate burn_core as burn;
//! use burn_nn::Linear;
//! use burn_zoo_models::Cnn;
//!
//! #[derive(Module, Debug)]
//! struct Graded<B: Backend> {
//!     look: Cnn<B>,
//!     grade: Linear<B>,
//! }
//!
//! impl<B: Backend> Graded<B> {
//!     fn forward(&self, images: Tensor<B, 4>) -> Tensor<B, 2> {
//!         self.grade.forward(self.look.forward(images))
//!     }
//! }
//! ```
//!
//! Initial weights are drawn on the host from the seed, so that one seed gives the same bytes on every
//! backend; see [`Initialisation`].
#![warn(missing_docs)]

// Burn's derives speak of the crate `burn`; its core is all this crate needs of it.
extern crate burn_core as burn;

mod classifier;
mod cnn;
mod conv;
mod error;
mod image_shape;
mod init;
mod layer;
mod mlp;
pub mod parameters;
#[cfg(feature = "pretrained")]
pub mod pretrained;
mod recipe;
mod vgg;
mod zoo;

pub use classifier::{Classifier, ClassifierConfig};
pub use cnn::{Cnn, CnnConfig, Downsampling};
pub use conv::{ConvAlgorithm, ConvShape, Convolution};
pub use error::ModelError;
pub use image_shape::ImageShape;
pub use init::{Initialisation, WeightRng};
pub use layer::Layer;
pub use mlp::{Activation, Mlp, MlpConfig};
#[cfg(feature = "pretrained")]
pub use pretrained::{PretrainedError, Weights};
pub use recipe::{Recipe, Refinements, Schedule};
pub use vgg::{Vgg, VggConfig};
pub use zoo::{MODELS, ModelSpec, find};
