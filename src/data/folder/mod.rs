//! Pictures of the user's own: a folder with a folder for each class.
//!
//! Either `PATH/train/CLASS/…` and `PATH/test/CLASS/…`; or `PATH/CLASS/…`, of which a fifth of each class is held out to
//! test on, drawn from the seed. A class has the name of its folder, and its pictures may be in folders within that.
//! Hidden files, and files whose names say that they are text or the like, are not used; every other file must be a
//! picture.
//!
//! The modules, each using only those above it:
//! - `shape`: the shapes of images that pictures can become;
//! - `scan`: finding the classes and their pictures;
//! - `split`: which of them are held out to test on;
//! - `pictures`: the pictures of each class and split;
//! - `read`: reading many pictures in parallel;
//! - `verify`: reading every picture and describing what there is;
//! - `supply`: a data set whose images come from the folder, and how it is opened.

mod pictures;
mod read;
mod scan;
mod shape;
mod split;
mod supply;
mod verify;

pub(super) use shape::SHAPE;
pub use shape::check_shape;
pub(super) use supply::spec;

#[cfg(test)]
mod tests;
