//! Picture files, decoded and made into the images that a model takes.
//!
//! PNG, JPEG, GIF, BMP and WebP are read, recognised by their first bytes; of an animation, the first frame.
//!
//! The modules, each using only those above it:
//! - `error`: why a file could not be read, and how large a picture may be;
//! - `kind`: whether a file is a picture, and one that can be read;
//! - `resize`: resizing a part of a picture;
//! - `fit`: padding or cropping a picture to an image's shape;
//! - `jpeg`, `exif`: whether a JPEG file is whole, and how a camera was held;
//! - `transparency`: the ground behind transparent parts;
//! - `room`: the memory for decoding, which threads share;
//! - `decode`: from a file's bytes to upright pixels without transparency;
//! - `picture`: the picture in memory, and what can be made of it;
//! - `ground`: a thing without the ground that it was photographed on.

mod decode;
mod error;
mod exif;
mod fit;
mod ground;
mod jpeg;
mod kind;
mod picture;
mod resize;
mod room;
mod transparency;

pub use burn_zoo_models::Fit;
pub use error::{PictureError, PictureProblem};
pub use ground::{OnBlack, Thing};
pub use kind::{FOLDER, FileKind, HIDDEN, NO_ENDING, NO_FILE, is_named_as_a_picture, kind};
pub use picture::Picture;
pub(crate) use resize::{Area, resized};

#[cfg(test)]
mod tests;
