//! The data sets: which there are, where they are found, and how their images become batches.
//!
//! [`DATASETS`] is the table of data sets. To add one, write a file beside `fashion_mnist.rs` and a line in the table;
//! one with MNIST's files also has its checksums in `official/known.rs`.
//! Pictures of the user's own are a data set too, called `folder:PATH`.
//!
//! Data flow one way: files, pictures or a seed → [`ImageDataset`] → [`ImageLoader`] → [`ImageBatch`]. A data set knows
//! nothing about backends. It can also be used with Burn's own `DataLoaderBuilder`, as `examples/burn_dataloader.rs`
//! shows.
//!
//! The modules, each using only those above it:
//! - `split`, `names`, `cache_size`, `shuffle`, `digest`: the parts of a data set, what it is called, the memory for
//!   pictures, shuffling, and telling contents apart;
//! - `problems`, `error`: what can go wrong;
//! - `folder_picture`, `images`: a picture that may be in memory, and the images of a split;
//! - `spec`: a data set, and how its images are obtained;
//! - `official`, `folder`: official files that are found or downloaded, and folders of pictures;
//! - `fashion_mnist`, `mnist`, `kmnist`, `cifar10`, `synthetic`: one file for each data set;
//! - `table`: all data sets, and finding one by its name;
//! - `splits`: the images of a run, with the part held out for validation;
//! - `random_crop`, `augmentation`: random changes of training images;
//! - `batcher`, `ahead`, `loader`: batches, preparing them in advance, and epochs of them.

mod ahead;
mod augmentation;
mod batcher;
mod cache_size;
mod cifar10;
mod digest;
mod error;
mod fashion_mnist;
mod folder;
mod folder_picture;
mod images;
mod kmnist;
mod loader;
mod mnist;
mod names;
mod official;
mod problems;
mod random_crop;
mod shuffle;
mod spec;
mod split;
mod splits;
mod synthetic;
mod table;

pub use augmentation::Augmentation;
pub use batcher::ImageBatcher;
pub use burn_zoo_steps::ImageBatch;
pub use cache_size::CacheSize;
pub use error::DataError;
pub use folder::check_shape;
pub use images::{ImageDataset, ImageItem};
pub use loader::{Failure, ImageLoader, Order};
pub use names::{UNKNOWN, is_folder, short_name, unnamed};
pub(crate) use official::{cache_folder, is_offline};
pub use problems::{DownloadProblem, FileProblem, FolderProblem};
pub use spec::{Background, DatasetSpec, LoadOptions, Loaded, Unreadable, Verified};
pub use split::{HoldOut, Split};
pub use splits::Splits;
pub use table::{DATASETS, background, choose, find, recorded, usual};
