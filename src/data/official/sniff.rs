//! Telling files apart that have a data file's name and are something else.

use crate::data::problems::FileProblem;

/// How some kinds of files begin.
const BEGINNINGS: [(&[u8], &str); 16] = [
    (b"\x1f\x8b", "a gzip file inside a gzip file"),
    (b"PK\x03\x04", "a zip archive"),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"BZh", "a bzip2 file"),
    (b"\xfd7zXZ\0", "an xz file"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard file"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"PAR1", "a Parquet file"),
    (b"\x89HDF", "an HDF5 file"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"\x80\x02", "a Python pickle"),
    (b"\x80\x04", "a Python pickle"),
];

/// The problem with a file that begins like this if it is a web page or stands for another file, as no data do.
pub(super) fn stand_in(bytes: &[u8]) -> Option<FileProblem> {
    let start = &bytes[..bytes.len().min(512)];
    let text = String::from_utf8_lossy(start);
    let text = text.trim_start_matches('\u{feff}').trim_start();
    if text.starts_with("version https://git-lfs") {
        return Some(FileProblem::LfsPointer);
    }
    // Pages, and the XML with which stores of files say why they give none.
    let tag = text.strip_prefix('<')?.chars().next()?;
    let is_page = tag.is_ascii_alphabetic() || ['!', '?'].contains(&tag);
    is_page.then(|| FileProblem::WebPage(shown(text)))
}

/// The problem with a file that begins like this, if what it is instead of data can be told.
pub(in crate::data) fn foreign(bytes: &[u8]) -> Option<FileProblem> {
    let known = BEGINNINGS
        .iter()
        .find(|(start, _)| bytes.starts_with(start));
    if let Some((_, kind)) = known {
        return Some(FileProblem::Foreign((*kind).into()));
    }
    let tar = bytes.get(257..262).is_some_and(|magic| magic == b"ustar");
    if tar {
        return Some(FileProblem::Foreign("a tar archive".into()));
    }
    let start = &bytes[..bytes.len().min(64)];
    let text = std::str::from_utf8(start).ok()?;
    let is_text = text
        .chars()
        .all(|letter| !letter.is_control() || letter.is_whitespace());
    let is_text = is_text && !text.trim().is_empty();
    is_text.then(|| FileProblem::Foreign(format!("text that begins with “{}”", shown(text))))
}

/// The beginning of a text on one line, without control characters.
fn shown(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = words.join(" ");
    let safe = line.chars().filter(|letter| !letter.is_control());
    let start: String = safe.take(40).collect();
    match line.chars().count() > 40 {
        true => format!("{start}…"),
        false => start,
    }
}
