//! Trains and compares the models of [`burn_zoo_models`] on any Burn backend, chosen at run time.
//!
//! Data flows one way: files → [`data`] (a `Dataset`, then a loader) → images and targets → a model
//! → logits → figures → a [`run`] folder. Backends are chosen in [`backend`] alone. The command
//! line is the program's, `src/cli`: a change of it compiles nothing of this library again.
#![warn(missing_docs)]

pub mod architecture;
pub mod backend;
pub mod bench;
pub mod child;
pub mod compare;
pub mod convolution;
pub mod data;
pub mod doctor;
pub mod draw;
pub mod evaluate;
pub mod exchange;
pub mod import;
pub mod jobs;
pub mod numbers;
pub mod parity;
pub mod pictures;
pub mod plan;
pub mod predict;
pub mod publish;
pub mod ranks;
pub mod report;
pub mod run;
pub mod runs;
pub mod summary;
pub mod system;
pub mod tensorboard;
pub mod trained;
pub mod training;
pub mod tuning;
pub mod visualize;

pub use burn_zoo_steps::weights;

/// The version of Burn that Cargo.toml pins.
pub const BURN: &str = "0.21.0";
