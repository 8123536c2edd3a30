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
//! With trained weights, by the feature of the model's name (`vgg-small`), or `pretrained` for those of all models:
//! ```
//! # use burn_core::tensor::Tensor;
//! # use burn_flex::Flex;
//! # #[cfg(feature = "vgg-small")]
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use burn_zoo_models::{Network, Vgg, pretrained::vgg_small};
//!
//! let device = Default::default();
//! let weights = vgg_small::FASHION_MNIST;
//! let model = Vgg::<Flex>::pretrained(&weights, &device)?;
//! let pixels = Tensor::<Flex, 4>::zeros([1, 1, 28, 28], &device); // in [0, 1]
//! let logits = model.forward(weights.normalise(pixels));
//! let model = model.with_classes(4, 42)?; // a new head, for classes of your own
//! # assert_eq!((logits.dims(), model.head().len()), ([1, 10], 2));
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "vgg-small"))]
//! # fn main() {}
//! ```
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
//! # Fine-tuning
//!
//! [`with_classes`](Network::with_classes) puts a new head on a network, and [`frozen`](Network::frozen) freezes
//! what is to stay, by the names of the parameters; your optimizer then changes the rest:
//! ```
//! # use burn_autodiff::Autodiff;
//! # use burn_flex::Flex;
//! # use burn_zoo_models::{ImageShape, Network, NetworkConfig, find};
//! # let config = find("resnet-20")?.config(ImageShape::new(3, 32, 32), 10);
//! let model = config.init_with_seed::<Autodiff<Flex>>(42, &Default::default())?;
//! // … weights are loaded …
//! let model = model.with_classes(3, 42)?;
//! let head = model.head();
//! let model = model.frozen(|name| !head.contains(name)); // the head learns alone
//! // … steps of an optimizer …
//! let model = model.frozen(|_| false); // all layers learn
//! # Ok::<(), burn_zoo_models::ModelError>(())
//! ```
//! A frozen [`BatchNorm2d`] uses its running statistics in training too, and leaves them as they are; so it does
//! where Burn's own `no_grad` freezes a whole module. Load weights on the backend that trains: Burn 0.21 takes
//! those for frozen that were loaded on another one and moved by its `train()`, until `frozen(|_| false)` thaws
//! them.
//!
//! PyTorch's files are read by the crate burn-store, and the names of `resnet-18` are torchvision's:
//! ```text
//! model.load_from(&mut PytorchStore::from_file("resnet18.pth"))?;
//!
//! let store = SafetensorsStore::from_file("resnet18.safetensors");
//! let store = store.with_from_adapter(PyTorchToBurnAdapter);
//! model.load_from(&mut store.skip_enum_variants(true))?;
//! ```
//! `examples/downstream/src/bin/fine_tune.rs` of the repository is such a program.
//!
//! # Features
//!
//! None is on by default. Each brings the trained weights of the model of its name, from a crate of their own, and the
//! module `pretrained`, which checks and reads them: `mlp-sigmoid`, `mlp-relu`, `mlp-relu-2`, `mlp-relu-3` (0.8 to 1.3
//! MB each), `cnn-simple` (8.6 MB), `cnn` (10.5 MB), `cnn-maxpool`, `cnn-avgpool`, `cnn-strided` (4.3 to 4.5 MB each),
//! `vgg-small` (0.9 MB), `resnet-20` (0.6 MB). `pretrained` brings all of them; a program contains those that it names.
//! `weights` is what they have in common: the module without weights.
//!
//! # Versions
//!
//! The first two numbers of the crate's version are those of the Burn that it is for: 0.21 is generic over the backend, and
//! 0.22, the same models with the same weights, has devices that are chosen at run time.
//!
//! # Initial weights and other architectures
//!
//! Initial weights are drawn on the host from the seed, so that one seed gives the same bytes on every
//! backend; see [`Initialisation`]. An architecture of your own gets all that by [`Network`] and
//! [`NetworkConfig`]; `tests/own_architecture.rs` has one.
#![warn(missing_docs)]
#![cfg_attr(docsrs, feature(doc_cfg))]

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
mod nearest;
mod network;
mod norm;
mod normalisation;
pub mod parameters;
mod prepared;
mod preprocessing;
#[cfg(feature = "weights")]
pub mod pretrained;
mod recipe;
mod registry;
mod resnet;
mod trial;
mod vgg;

pub use cnn::{Cnn, CnnConfig, Downsampling};
pub use conv::{ConvAlgorithm, ConvPlan, ConvShape, Convolution};
pub use error::ModelError;
pub use graph::{Graph, Node, Op, Parameter, PytorchNames, Window};
pub use image_shape::ImageShape;
pub use init::{Initialisation, WeightRng};
pub use maps::{Activation, Maps};
pub use mlp::{Mlp, MlpConfig};
pub use nearest::nearest_first;
pub use network::{Network, NetworkConfig, Plan, Purpose};
pub use norm::{BatchNorm2d, Running};
pub use normalisation::{Normalisation, PerChannel};
pub use prepared::Prepared;
pub use preprocessing::{Fit, Preprocessing};
#[cfg(feature = "weights")]
pub use pretrained::{PretrainedError, Weights};
pub use recipe::{Precision, Recipe, Refinements, Schedule};
pub use registry::{Classifier, ClassifierConfig, MODELS, ModelSpec, Registered, find};
pub use resnet::{Resnet, ResnetConfig};
pub use vgg::{Vgg, VggConfig};
