//! Whether a file is a picture, by its first bytes and its name, and whether it can be read.

use super::error::PictureProblem;
use image::ImageFormat;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

/// The bytes at the beginning of a file that are enough to recognise its format.
pub(super) const BEGINNING: u64 = 1024;

/// What a file of a folder is.
#[derive(Debug)]
pub enum FileKind {
    /// A picture that begins as one of this format, which can be read.
    Picture(&'static str),
    /// A picture by its first bytes or by its name that cannot be read, and why.
    Unreadable(PictureProblem),
    /// No picture. The word tells files of a kind from others, for counting them: the ending of the name, such as
    /// `.mp4`, or [`HIDDEN`], [`NO_ENDING`], [`FOLDER`] or [`NO_FILE`].
    Other(String),
}

/// The word for hidden files, whatever they hold.
pub const HIDDEN: &str = "hidden";
/// The word for files that are no pictures and have names without an ending.
pub const NO_ENDING: &str = "without an ending";
/// The word for folders.
pub const FOLDER: &str = "folder";
/// The word for pipes and devices.
pub const NO_FILE: &str = "not a file";

/// Names' endings of pictures in formats that can be read.
const READABLE: [&str; 11] = [
    "png", "apng", "jpg", "jpeg", "jpe", "jfif", "pjpeg", "pjp", "gif", "bmp", "webp",
];
/// Names' endings of pictures in formats that cannot be read, and what the formats are called.
const UNREADABLE: [(&str, &[&str]); 20] = [
    ("HEIC", &["heic", "heif", "heics", "heifs", "hif"]),
    ("AVIF", &["avif", "avifs"]),
    ("TIFF", &["tif", "tiff", "btf"]),
    (
        RAW,
        &[
            "3fr", "arw", "cr2", "cr3", "crw", "dcr", "dng", "erf", "iiq", "k25", "kdc", "mef",
            "mos", "mrw", "nef", "nrw", "orf", "pef", "raf", "rw2", "rwl", "sr2", "srf", "srw",
            "x3f",
        ],
    ),
    ("SVG", &["svg", "svgz"]),
    ("JPEG XL", &["jxl"]),
    (
        "JPEG 2000",
        &["jp2", "j2k", "j2c", "jpc", "jpf", "jpx", "jpm"],
    ),
    ("JPEG XR", &["jxr", "wdp", "hdp"]),
    ("JPEG-LS", &["jls"]),
    ("ICO", &["ico"]),
    ("PNM", &["pbm", "pgm", "ppm", "pnm", "pam", "pfm"]),
    ("Photoshop", &["psd", "psb"]),
    ("GIMP", &["xcf"]),
    ("TGA", &["tga", "icb", "vda", "vst"]),
    ("PCX", &["pcx"]),
    ("DDS", &["dds"]),
    ("OpenEXR", &["exr"]),
    ("HDR", &["hdr"]),
    ("QOI", &["qoi"]),
    ("DICOM", &["dcm", "dicom"]),
];
const RAW: &str = "RAW";

/// What a file is, by its first bytes and its name. The content counts: a picture named as a text is a picture, and a
/// web page named as a picture is a picture that cannot be read.
pub fn kind(path: &Path) -> FileKind {
    let name = path.file_name().unwrap_or_default();
    if name.as_encoded_bytes().starts_with(b".") {
        return FileKind::Other(HIDDEN.into());
    }
    let beginning = match beginning(path) {
        Ok(Some(beginning)) => beginning,
        Ok(None) if path.is_dir() => return FileKind::Other(FOLDER.into()),
        Ok(None) => return FileKind::Other(NO_FILE.into()),
        // Without an ending, nothing says that it is no picture.
        Err(error) if is_named_as_a_picture(path) || path.extension().is_none() => {
            return FileKind::Unreadable(PictureProblem::Read(error));
        }
        Err(_) => return FileKind::Other(ending(path)),
    };
    match format_of(&beginning) {
        Ok((_, name)) => FileKind::Picture(name),
        Err(problem @ PictureProblem::OtherFormat(format)) => {
            // RAW files are TIFF files by their first bytes.
            FileKind::Unreadable(match unreadable_by_name(path) {
                Some(RAW) if format == "TIFF" => PictureProblem::OtherFormat(RAW),
                _ => problem,
            })
        }
        Err(_) if !is_named_as_a_picture(path) => FileKind::Other(ending(path)),
        Err(PictureProblem::NotAPicture) => FileKind::Unreadable(
            unreadable_by_name(path)
                .map_or(PictureProblem::NotAPicture, PictureProblem::OtherFormat),
        ),
        Err(problem) => FileKind::Unreadable(problem),
    }
}

/// The first bytes of a file; none of what is not a file, and might never end.
fn beginning(path: &Path) -> io::Result<Option<Vec<u8>>> {
    if !fs::metadata(path)?.is_file() {
        return Ok(None);
    }
    let mut beginning = Vec::new();
    File::open(path)?
        .take(BEGINNING)
        .read_to_end(&mut beginning)?;
    Ok(Some(beginning))
}

/// Whether a file's name has the ending of a picture format, be it one that can be read or not.
pub fn is_named_as_a_picture(path: &Path) -> bool {
    has_ending(path, &READABLE) || unreadable_by_name(path).is_some()
}

/// The format that a file's name claims, if that is one that cannot be read.
fn unreadable_by_name(path: &Path) -> Option<&'static str> {
    let mut formats = UNREADABLE.into_iter();
    let (format, _) = formats.find(|(_, endings)| has_ending(path, endings))?;
    Some(format)
}

fn has_ending(path: &Path, endings: &[&str]) -> bool {
    let ending = path.extension();
    ending.is_some_and(|ending| endings.iter().any(|one| ending.eq_ignore_ascii_case(one)))
}

/// The ending of a file's name in small letters, with its dot.
fn ending(path: &Path) -> String {
    let ending = path.extension().unwrap_or_default();
    let ending = OsStr::to_string_lossy(ending).to_lowercase();
    match ending.is_empty() {
        true => NO_ENDING.into(),
        false => format!(".{}", ending.escape_debug()),
    }
}

/// The format of a file by its first bytes, and the format's name.
pub(super) fn format_of(bytes: &[u8]) -> Result<(ImageFormat, &'static str), PictureProblem> {
    if bytes.is_empty() {
        return Err(PictureProblem::Empty);
    }
    if let Some(format) = readable(bytes) {
        return Ok(format);
    }
    Err(match unreadable(bytes) {
        Some(format) => PictureProblem::OtherFormat(format),
        None if begins_text(bytes, "<!doctype html") || begins_text(bytes, "<html") => {
            PictureProblem::WebPage
        }
        None if bytes.starts_with(b"version https://git-lfs") => PictureProblem::LfsPointer,
        None => PictureProblem::NotAPicture,
    })
}

fn readable(bytes: &[u8]) -> Option<(ImageFormat, &'static str)> {
    Some(match image::guess_format(bytes).ok()? {
        format @ ImageFormat::Png => (format, "PNG"),
        format @ ImageFormat::Jpeg => (format, "JPEG"),
        format @ ImageFormat::Gif => (format, "GIF"),
        // A text may begin with the same two letters.
        format @ ImageFormat::Bmp if !is_text(bytes) => (format, "BMP"),
        format @ ImageFormat::WebP => (format, "WebP"),
        _ => return None,
    })
}

/// The name of a picture format that cannot be read, if a file begins so.
fn unreadable(bytes: &[u8]) -> Option<&'static str> {
    const BEGINNINGS: [(&[u8], &str); 25] = [
        (b"IIRO", RAW),
        (b"IIRS", RAW),
        (b"MMOR", RAW),
        (b"IIU\0", RAW),
        (b"II\x1a\0\0\0HEAP", RAW),
        (b"FUJIFILMCCD-RAW", RAW),
        (b"FOVb", RAW),
        (b"\0MRM", RAW),
        (b"II*\0", "TIFF"),
        (b"MM\0*", "TIFF"),
        (b"II+\0", "TIFF"),
        (b"MM\0+", "TIFF"),
        (b"II\xbc\x01", "JPEG XR"),
        (b"\xff\x0a", "JPEG XL"),
        (b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL"),
        (b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG 2000"),
        (b"\xff\x4f\xff\x51", "JPEG 2000"),
        (b"8BPS", "Photoshop"),
        (b"gimp xcf", "GIMP"),
        (b"DDS ", "DDS"),
        (b"\x76\x2f\x31\x01", "OpenEXR"),
        (b"#?RADIANCE", "HDR"),
        (b"#?RGBE", "HDR"),
        (b"qoif", "QOI"),
        (b"BPG\xfb", "BPG"),
    ];
    let mut beginnings = BEGINNINGS.into_iter();
    if let Some((_, format)) = beginnings.find(|(beginning, _)| bytes.starts_with(beginning)) {
        return Some(format);
    }
    match bytes {
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => by_brand(bytes),
        [0, 0, 1, 0, 1..=255, 0, _, _, _, 0, ..] => Some("ICO"),
        // A text may begin with the same letters.
        [b'P', b'1'..=b'7', space, next, ..]
            if space.is_ascii_whitespace()
                && (next.is_ascii_digit() || matches!(next, b'#' | b'W')) =>
        {
            Some("PNM")
        }
        _ if bytes.get(128..132) == Some(b"DICM") => Some("DICOM"),
        _ if begins_text(bytes, "<svg") => Some("SVG"),
        _ if ["<?xml", "<!--", "<!doctype svg"]
            .iter()
            .any(|beginning| begins_text(bytes, beginning))
            && bytes.windows(4).any(|four| four == b"<svg") =>
        {
            Some("SVG")
        }
        _ => None,
    }
}

/// The picture format of a file in boxes, as videos are too, by the brands that its first box names.
fn by_brand(bytes: &[u8]) -> Option<&'static str> {
    let length = u32::from_be_bytes(bytes.first_chunk().copied()?) as usize;
    let brands = bytes.get(8..length.min(bytes.len()))?.chunks_exact(4);
    let has = |names: &[&[u8; 4]]| {
        brands
            .clone()
            .any(|brand| names.iter().any(|name| brand == *name))
    };
    let heic: &[&[u8; 4]] = &[
        b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1",
    ];
    match () {
        () if has(&[b"avif", b"avis"]) => Some("AVIF"),
        () if has(heic) => Some("HEIC"),
        () if has(&[b"crx "]) => Some(RAW),
        () => None,
    }
}

/// Whether a file begins with these words in letters of any case, after a byte order mark and space.
fn begins_text(bytes: &[u8], words: &str) -> bool {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let bytes = bytes.trim_ascii_start();
    let beginning = bytes.get(..words.len());
    beginning.is_some_and(|beginning| beginning.eq_ignore_ascii_case(words.as_bytes()))
}

/// Whether bytes are letters, signs and space alone.
fn is_text(bytes: &[u8]) -> bool {
    let control = |byte: &u8| byte.is_ascii_control() && !byte.is_ascii_whitespace();
    !bytes.iter().any(control)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind_of(name: &str, bytes: &[u8]) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        match kind(&path) {
            FileKind::Picture(format) => format.into(),
            FileKind::Unreadable(problem) => problem.to_string(),
            FileKind::Other(word) => format!("other: {word}"),
        }
    }

    #[test]
    fn pictures_that_cannot_be_read_are_told_from_files_that_are_none() {
        let png = b"\x89PNG\r\n\x1a\n";
        let dicom = [&[0; 128][..], b"DICM"].concat();
        for (name, bytes, expected) in [
            ("a.png", &png[..], "PNG"),
            ("a.jpg", png, "PNG"),
            ("a", png, "PNG"),
            ("a.txt", png, "PNG"),
            (".a.png", png, "other: hidden"),
            ("a.BMP", b"BM\x9a\0\0\0\0\0\0\0", "BMP"),
            (
                "bmw",
                b"BMW is a maker of cars.\n",
                "other: without an ending",
            ),
            ("a.webp", b"RIFF\0\0\0\0WEBPVP8 ", "WebP"),
            ("a.wav", b"RIFF\0\0\0\0WAVEfmt ", "other: .wav"),
            ("a.heic", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "is a HEIC"),
            ("a.jpg", b"\0\0\0\x18ftypmif1\0\0\0\0mif1heix", "is a HEIC"),
            (
                "a.avif",
                b"\0\0\0\x18ftypmif1\0\0\0\0mif1avif",
                "is an AVIF",
            ),
            (
                "a.mp4",
                b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom",
                "other: .mp4",
            ),
            ("a.MOV", b"\0\0\0\x14ftypqt  \0\0\0\0qt  ", "other: .mov"),
            ("a.cr3", b"\0\0\0\x18ftypcrx \0\0\0\x01crx isom", "is a RAW"),
            ("a.NEF", b"MM\0*\0\0\0\x08", "is a RAW"),
            ("a.tif", b"II*\0\x08\0\0\0", "is a TIFF"),
            ("a", b"II*\0\x08\0\0\0", "is a TIFF"),
            ("a.tiff", b"II+\0\x08\0\0\0", "is a TIFF"),
            ("a.svg", b"<svg xmlns=\"", "is an SVG"),
            ("a", b"\xef\xbb\xbf<?xml?>\n<!-- x -->\n<svg ", "is an SVG"),
            ("a.xml", b"<?xml?>\n<annotation>", "other: .xml"),
            ("a.pgm", b"P5\n28 28\n255\n", "is a PNM"),
            ("p1", b"P1 is a text", "other: without an ending"),
            ("a.dcm", &dicom, "is a DICOM"),
            ("a.ico", b"\0\0\x01\0\x02\0\x10\x10\0\0\x01\0", "is an ICO"),
            ("a.jxl", b"\xff\x0a\0", "is a JPEG XL"),
            ("a.tga", b"\0\0\x02\0\0", "is a TGA"),
            ("a.jpg", b"", "is empty"),
            ("a.log", b"", "other: .log"),
            ("a.jpg", b"\n<!DOCTYPE HTML>\n<html>", "is a web page"),
            ("a.html", b"<!DOCTYPE HTML>\n<html>", "other: .html"),
            (
                "a.png",
                b"version https://git-lfs.github.com/spec/v1",
                "is a pointer",
            ),
            (
                "a.png",
                b"not a picture",
                "is no picture in a format that can be read",
            ),
            ("a.ipynb", b"{}", "other: .ipynb"),
            ("Icon\r", b"", "other: without an ending"),
            (
                "a.jpg:Zone.Identifier",
                b"[ZoneTransfer]",
                "other: .identifier",
            ),
        ] {
            let found = kind_of(name, bytes);
            assert!(found.starts_with(expected), "{name} {bytes:?}: {found}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_is_not_waited_for_and_a_link_to_nothing_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("a.png.d");
        fs::create_dir(&inner).unwrap();
        assert!(matches!(kind(&inner), FileKind::Other(word) if word == FOLDER));
        let link = folder.path().join("a.png");
        std::os::unix::fs::symlink("nowhere", &link).unwrap();
        assert!(matches!(
            kind(&link),
            FileKind::Unreadable(PictureProblem::Read(_))
        ));
        let socket = folder.path().join("b.png");
        let _socket = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        assert!(matches!(kind(&socket), FileKind::Other(word) if word == NO_FILE));
    }

    #[test]
    fn names_of_pictures_are_those_of_any_format() {
        for (name, expected) in [
            ("a.png", true),
            ("a.JPG", true),
            ("a.jpeg", true),
            ("a.tif", true),
            ("a.HEIC", true),
            ("a.txt", false),
            ("png", false),
            (".DS_Store", false),
        ] {
            assert_eq!(is_named_as_a_picture(Path::new(name)), expected, "{name}");
        }
    }
}
