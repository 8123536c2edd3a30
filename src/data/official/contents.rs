//! Reading whole files, plain or compressed by gzip, and their checksums.

use super::gunzip::Gunzip;
use super::sniff::stand_in;
use crate::data::error::DataError;
use crate::data::problems::FileProblem;
use sha2::digest::Digest;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

/// The uncompressed contents of the file at `path`, but at most `limit` bytes and one more, which shows that it is
/// too long without a small compressed file filling the memory.
///
/// The first bytes tell whether the file is compressed, not its name, as some programs unpack a `.gz` file without
/// renaming it.
pub(in crate::data) fn read(
    dataset: &str,
    path: &Path,
    limit: usize,
) -> Result<Vec<u8>, DataError> {
    let mut contents = open(dataset, path)?.take(limit as u64 + 1);
    let mut bytes = Vec::new();
    match contents.read_to_end(&mut bytes) {
        Ok(0) => Err(file_error(dataset, path, FileProblem::Empty)),
        Ok(_) => match stand_in(&bytes) {
            Some(problem) => Err(file_error(dataset, path, problem)),
            None => Ok(bytes),
        },
        Err(cause) => Err(read_error(dataset, path, cause)),
    }
}

/// Length and SHA-256 of the uncompressed contents of the file at `path`, or of its first `limit` bytes.
pub(in crate::data) fn checksum(
    dataset: &str,
    path: &Path,
    limit: usize,
) -> Result<(usize, String), DataError> {
    let mut contents = open(dataset, path)?.take(limit as u64);
    digest::<sha2::Sha256>(&mut contents).map_err(|cause| read_error(dataset, path, cause))
}

/// The checksum of the uncompressed contents of the file at `path`, or of its first `limit` bytes, of the same kind as
/// another: SHA-256, or MD5 if the other has its 32 digits.
pub(super) fn checksum_like(
    other: &str,
    dataset: &str,
    path: &Path,
    limit: usize,
) -> Result<String, DataError> {
    if other.len() != MD5_DIGITS {
        return Ok(checksum(dataset, path, limit)?.1);
    }
    let mut contents = open(dataset, path)?.take(limit as u64);
    let sum = digest::<md5::Md5>(&mut contents);
    Ok(sum.map_err(|cause| read_error(dataset, path, cause))?.1)
}

/// As [`checksum_like`], of the bytes as they are in the file, or of `contents`.
pub(super) fn packed_like(other: &str, contents: &mut impl Read) -> io::Result<String> {
    Ok(match other.len() {
        MD5_DIGITS => digest::<md5::Md5>(contents)?.1,
        _ => digest::<sha2::Sha256>(contents)?.1,
    })
}

/// The hexadecimal digits of an MD5 checksum.
const MD5_DIGITS: usize = 32;

/// The length of `contents`, read to the end, and its checksum in hexadecimal digits.
pub(in crate::data) fn digest<D: Digest>(contents: &mut impl Read) -> io::Result<(usize, String)> {
    let mut hasher = D::new();
    let mut length = 0;
    let mut buffer = vec![0; 1 << 16];
    loop {
        match contents.read(&mut buffer)? {
            0 => return Ok((length, hexadecimal(&hasher.finalize()))),
            count => {
                hasher.update(&buffer[..count]);
                length += count;
            }
        }
    }
}

/// The error of this problem with the file at `path`.
pub(in crate::data) fn file_error(dataset: &str, path: &Path, problem: FileProblem) -> DataError {
    DataError::File {
        dataset: dataset.to_owned(),
        path: path.to_owned(),
        problem,
    }
}

pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The uncompressed contents of the file at `path`.
pub(super) fn open(dataset: &str, path: &Path) -> Result<Box<dyn Read>, DataError> {
    let unreadable = |cause| DataError::Read {
        path: path.to_owned(),
        cause,
    };
    // Checked before opening the file, as opening a named pipe would wait for ever.
    if !fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(file_error(dataset, path, FileProblem::NotAFile));
    }
    let mut reader = BufReader::with_capacity(1 << 16, File::open(path).map_err(unreadable)?);
    let compressed = reader
        .fill_buf()
        .map_err(unreadable)?
        .starts_with(&[0x1f, 0x8b]);
    Ok(if compressed {
        Box::new(Gunzip::new(reader))
    } else {
        Box::new(reader)
    })
}

/// The error of a failed read. The decoder reports damaged data by kinds of error that reading a plain file does not
/// have.
pub(super) fn read_error(dataset: &str, path: &Path, cause: io::Error) -> DataError {
    match cause.kind() {
        io::ErrorKind::UnexpectedEof => file_error(dataset, path, FileProblem::GzipCut),
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => {
            file_error(dataset, path, FileProblem::GzipDamaged)
        }
        _ => DataError::Read {
            path: path.to_owned(),
            cause,
        },
    }
}

#[cfg(test)]
pub(in crate::data) mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    /// `bytes`, compressed.
    pub(in crate::data) fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    /// The message of reading a file with these bytes, after checking that it names the file.
    fn message(bytes: &[u8]) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("some-file.gz");
        fs::write(&path, bytes).unwrap();
        let message = read("fashion-mnist", &path, 1_000).unwrap_err().to_string();
        assert!(
            message.starts_with(&path.display().to_string()),
            "{message}"
        );
        assert!(
            message.contains("zoo data fetch fashion-mnist"),
            "{message}"
        );
        message
    }

    #[test]
    fn plain_and_compressed_files_read_alike_whatever_their_names() {
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in [
            ("plain", b"hello".to_vec()),
            ("plain.gz", b"hello".to_vec()),
            ("packed", gzip(b"hello")),
            ("packed.gz", gzip(b"hello")),
            ("two-members.gz", [gzip(b"hel"), gzip(b"lo")].concat()),
            ("padded.gz", [gzip(b"hello"), vec![0; 513]].concat()),
            ("filled.gz", [gzip(b"hello"), vec![0; 1 << 17]].concat()),
            (
                "padded-members.gz",
                [gzip(b"hel"), vec![0; 9], gzip(b"lo"), vec![0]].concat(),
            ),
        ] {
            let path = folder.path().join(name);
            fs::write(&path, bytes).unwrap();
            assert_eq!(read("x", &path, 5).unwrap(), b"hello");
            let sum = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
            assert_eq!(checksum("x", &path, 99).unwrap(), (5, sum.to_owned()));
        }
    }

    #[test]
    fn no_more_than_one_byte_beyond_the_limit_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bomb.gz");
        fs::write(&path, gzip(&vec![0; 1 << 20])).unwrap();
        assert_eq!(read("x", &path, 10).unwrap().len(), 11);
    }

    #[test]
    fn a_truncated_gzip_is_an_error_naming_the_file() {
        let whole = gzip(&[1, 2, 3, 4].repeat(20));
        for kept in [2, 12, whole.len() - 9, whole.len() - 1] {
            let text = message(&whole[..kept]);
            assert!(text.contains("gzip file that ends too early"), "{text}");
        }
    }

    #[test]
    fn a_damaged_gzip_is_an_error_naming_the_file() {
        let mut wrong_sum = gzip(b"hello");
        let end = wrong_sum.len();
        wrong_sum[end - 8] ^= 1;
        let trailing = [gzip(b"hello"), b"and something else".to_vec()].concat();
        let after_zeros = [gzip(b"hello"), vec![0; 9], b"more".to_vec()].concat();
        for bytes in [wrong_sum, trailing, after_zeros] {
            let text = message(&bytes);
            assert!(text.contains("damaged gzip"), "{text}");
        }
    }

    #[test]
    fn a_page_or_a_pointer_in_a_files_place_is_said_to_be_one() {
        let pointer =
            b"version https://git-lfs.github.com/spec/v1\noid sha256:0123\nsize 26421880\n";
        let text = message(pointer);
        assert!(text.contains("is a Git LFS pointer"), "{text}");
        assert!(text.contains("`git lfs pull`"), "{text}");
        assert!(message(&gzip(pointer)).contains("is a Git LFS pointer"));
        for page in [
            "<!DOCTYPE html>\n<html><title>Not found</title>",
            "\u{feff}\r\n  <HTML>",
            "<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>",
            "<!-- a comment --><html>",
        ] {
            let text = message(page.as_bytes());
            assert!(text.contains("is a web page"), "{text}");
            assert!(message(&gzip(page.as_bytes())).contains("is a web page"));
        }
        let text = message(b"<html>\x1b[2J\x07 bell");
        assert!(!text.contains('\x1b') && !text.contains('\x07'), "{text:?}");
    }

    #[test]
    fn an_empty_file_is_an_error_naming_the_file() {
        assert!(message(b"").contains("is empty"));
        assert!(message(&gzip(b"")).contains("is empty"));
    }

    #[test]
    fn a_folder_in_a_files_place_is_an_error_naming_it() {
        let folder = tempfile::tempdir().unwrap();
        let error = read("x", folder.path(), 10).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("is not a file"), "{text}");
        assert!(text.contains(&folder.path().display().to_string()));
    }

    #[cfg(unix)]
    #[test]
    fn an_unreadable_file_is_an_error_naming_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("loop");
        std::os::unix::fs::symlink(&path, &path).unwrap();
        let text = read("x", &path, 10).unwrap_err().to_string();
        assert!(text.contains("loop cannot be read ("), "{text}");
    }
}
