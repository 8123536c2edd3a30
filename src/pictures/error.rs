//! Why a file could not be read as a picture.

use crate::numbers::thousands;
use crate::system::files::io_reason;
use std::io;

/// The largest file that is read, in bytes.
pub(super) const MOST_BYTES: u64 = 256 << 20;
/// The largest picture that is decoded, in pixels; a file's header may claim any number.
pub(super) const MOST_PIXELS: u64 = 100_000_000;
/// The most memory that a decoder may use, in bytes: 8 for each pixel, which four channels of 16 bits take.
pub(super) const MOST_MEMORY: u64 = 8 * MOST_PIXELS;

/// Why a file could not be read as a picture. The message is one sentence.
#[derive(Debug, thiserror::Error)]
#[error("{file} {problem}")]
pub struct PictureError {
    /// The file.
    pub file: String,
    /// The problem.
    pub problem: PictureProblem,
}

/// The problem with a picture. The message continues a sentence that begins with the file's name.
#[derive(Debug, thiserror::Error)]
pub enum PictureProblem {
    /// The operating system could not read the file.
    #[error("cannot be read: {}", io_reason(.0))]
    Read(#[from] io::Error),
    /// It is a folder.
    #[error("is a folder, not a picture: give the path of a picture in it")]
    Folder,
    /// The file has no bytes.
    #[error("is empty: it has no bytes")]
    Empty,
    /// The file has another format.
    #[error("is no picture in a format that can be read: PNG, JPEG, GIF, BMP and WebP can")]
    NotAPicture,
    /// It is a picture in a format that is not read.
    #[error("is {article} {0} picture, which cannot be read: save it as JPEG or PNG", article = article(.0))]
    OtherFormat(&'static str),
    /// It is a web page.
    #[error("is a web page, not a picture: download the picture anew")]
    WebPage,
    /// It stands for a file that Git LFS keeps elsewhere.
    #[error("is a pointer of Git LFS, not a picture: run `git lfs pull`")]
    LfsPointer,
    /// The picture cannot be decoded.
    #[error("is damaged ({0}): copy or save it anew")]
    Damaged(String),
    /// The end of the file is missing.
    #[error("ends too early: copy or save it anew")]
    CutOff,
    /// The file has more bytes than are read.
    #[error("is larger than {} MiB: make it smaller", MOST_BYTES >> 20)]
    TooManyBytes,
    /// The picture has more pixels than are decoded.
    #[error(
        "has {} × {} pixels, which is more than {} in all: make it smaller",
        thousands(.0), thousands(.1), thousands(MOST_PIXELS)
    )]
    TooManyPixels(u32, u32),
    /// Decoding it, with what else the file holds, takes more memory than is allowed.
    #[error("takes more than {} MB of memory to decode: make it smaller", thousands(MOST_MEMORY / 1_000_000))]
    TooMuchMemory,
}

/// The article of a format's name as it is spoken.
fn article(format: &str) -> &'static str {
    match format {
        "AVIF" | "SVG" | "ICO" | "OpenEXR" | "HDR" => "an",
        _ => "a",
    }
}
