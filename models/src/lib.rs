//! The MLPs and CNNs of a university lecture on convolutional neural networks, for Burn 0.21.
//!
//! Each architecture is defined once, generic over Burn's `Backend`: its layers, and the way of the images
//! through them. All else that is known of it (the sizes of its layers, their names, what PyTorch calls
//! them, multiplications, feature maps) follows from a trial run of that way without data: [`Graph`]. The
//! crate has tensors and modules only, no backend, no training, no files. A model takes images
//! `[N, C, H, W]` and gives logits `[N, num_classes]`.
//!
//! There are three ways in. The architecture only, by name from the table [`MODELS`], or with your own
//! settings by [`MlpConfig`], [`CnnConfig`], [`VggConfig`], [`ResnetConfig`]:
//! ```
//! use burn_core::tensor::Tensor;
//! use burn_flex::Flex;
//! use burn_zoo_models::{ImageShape, Network, NetworkConfig, find};
//!
//! let device = Default::default();
//! let spec = find("cnn-maxpool")?;
//! let config = spec.config(ImageShape::new(1, 28, 28), 10);
//! let model = config.init_with_seed::<Flex>(42, &device)?;
//! let logits = model.forward(Tensor::zeros([2, 1, 28, 28], &device));
//! assert_eq!(logits.dims(), [2, 10]);
//! # Ok::<(), burn_zoo_models::ModelError>(())
//! ```
//! With trained weights, where the feature `pretrained` is on: `Mlp::<B>::pretrained(&weights, &device)`
//! for one of the constants of `pretrained`; then `with_classes` for classes of your own.
//!
//! Inside another module, as every model is one:
//! ```
//! use burn_core::{module::Module, tensor::{Tensor, backend::Backend}};
//! # extern crate burn_core as burn;
//! use burn_nn::Linear;
//! use burn_zoo_models::{Cnn, Network};
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
//! backend; see [`Initialisation`]. An architecture of your own gets all that by [`Network`] and
//! [`NetworkConfig`]; `tests/own_architecture.rs` has one.
#![warn(missing_docs)]

// Burn's derives speak of the crate `burn`; its core is all this crate needs of it.
extern crate burn_core as burn;

mod cnn;
mod conv;
mod error;
mod graph;
mod image_shape;
mod init;
mod maps;
mod mlp;
mod network;
mod norm;
mod normalisation;
pub mod parameters;
mod preprocessing;
#[cfg(feature = "pretrained")]
pub mod pretrained;
mod recipe;
mod registry;
mod resnet;
mod vgg;

pub use cnn::{Cnn, CnnConfig, Downsampling};
pub use conv::{ConvAlgorithm, ConvPlan, ConvShape, Convolution};
pub use error::ModelError;
pub use graph::{Graph, Node, Op, Parameter, PytorchNames, Window};
pub use image_shape::ImageShape;
pub use init::{Initialisation, WeightRng};
pub use maps::{Activation, Maps};
pub use mlp::{Mlp, MlpConfig};
pub use network::{Network, NetworkConfig, Plan, Purpose};
pub use norm::{BatchNorm2d, Running};
pub use normalisation::{Normalisation, PerChannel};
pub use preprocessing::{Fit, Preprocessing};
#[cfg(feature = "pretrained")]
pub use pretrained::{PretrainedError, Weights};
pub use recipe::{Recipe, Refinements, Schedule};
pub use registry::{Classifier, ClassifierConfig, MODELS, ModelSpec, Registered, find};
pub use resnet::{Resnet, ResnetConfig};
pub use vgg::{Vgg, VggConfig};
