//! Picture files, decoded and made into the images that a model takes.
//!
//! PNG, JPEG, GIF, BMP and WebP are read, recognised by their first bytes; of an animation, the first frame.
//!
//! The modules, each using only those above it:
//! - `error`: why a file could not be read, and how large a picture may be;
//! - `resize`: resizing a part of a picture;
//! - `fit`: padding or cropping a picture to an image's shape;
//! - `decode`: from a file's bytes to upright pixels without transparency;
//! - `picture`: the picture in memory, and what can be made of it.

mod decode;
mod error;
mod fit;
mod picture;
mod resize;

pub use burn_zoo_models::Fit;
pub use decode::is_named_as_a_picture;
pub use error::{PictureError, PictureProblem};
pub use picture::Picture;
pub(crate) use resize::{Area, resized};

#[cfg(test)]
mod tests;
