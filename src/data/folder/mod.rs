//! Pictures of the user's own: a folder with a folder for each class.
//!
//! Either `PATH/train/CLASS/…`, `PATH/test/CLASS/…` and perhaps `PATH/val/CLASS/…`; or `PATH/CLASS/…`, of which a fifth
//! of each class is held out to test on, drawn from the contents of the pictures and the seed. A class has the name of
//! its folder, and its pictures may be in folders within that. What is not a picture is left out and counted; what is
//! one and cannot be read is an error, unless it is to be skipped.
//!
//! The modules, each using only those above it:
//! - `shape`: the shapes of images that pictures can become;
//! - `words`: the meaning of folders' names: splits, and folders of other programs;
//! - `unused`: what is left out, by its kind;
//! - `listing`: what lies in a folder;
//! - `layout`: where in a folder the classes are, and which folders are splits;
//! - `scan`: finding the classes and their pictures;
//! - `split`: which of them are held out to test on;
//! - `read`: reading many pictures in parallel;
//! - `contents`: the digests of the pictures;
//! - `pictures`: the pictures of each class and split;
//! - `doubts`: pictures in several places, and classes of very different size;
//! - `verify`: reading every picture and describing what there is;
//! - `supply`: a data set whose images come from the folder, and how it is opened.

mod contents;
mod doubts;
mod layout;
mod listing;
mod pictures;
mod read;
mod scan;
mod shape;
mod split;
mod supply;
mod unused;
mod verify;
mod words;

pub(super) use shape::SHAPE;
pub use shape::check_shape;
pub(super) use supply::spec;

#[cfg(test)]
mod tests;
