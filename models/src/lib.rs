//! The MLPs and CNNs of a university lecture on convolutional neural networks, for Burn 0.21.
//!
//! Each architecture is defined once, generic over Burn's `Backend`: tensors and modules only, no
//! backend, no training, no files. A model takes images `[N, C, H, W]` and gives logits
//! `[N, num_classes]`.
//!
//! By name, from the table [`MODELS`]:
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
//! Or one architecture with your own settings: [`MlpConfig`], [`CnnConfig`].
//!
//! The weights are drawn on the host from the seed, so that one seed gives the same bytes on every
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
mod zoo;

pub use classifier::{Classifier, ClassifierConfig};
pub use cnn::{Cnn, CnnConfig, Downsampling};
pub use conv::{ConvAlgorithm, ConvShape, Convolution};
pub use error::ModelError;
pub use image_shape::ImageShape;
pub use init::{Initialisation, WeightRng};
pub use layer::Layer;
pub use mlp::{Activation, Mlp, MlpConfig};
pub use zoo::{MODELS, ModelSpec, Recipe, find};
