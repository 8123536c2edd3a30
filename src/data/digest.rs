//! Digests of contents: what a data set is, wherever it lies, and what a picture is, whatever it is called.

use sha2::{Digest as _, Sha256};
use std::fmt::Write;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// SHA-256 of contents.
pub(super) type Digest = [u8; 32];

/// The digest of a file's bytes.
pub(super) fn of_file(path: &Path) -> io::Result<Digest> {
    let mut file = File::open(path)?;
    let mut hasher = Sha256::new();
    let mut block = vec![0; 1 << 16];
    loop {
        match file.read(&mut block)? {
            0 => return Ok(hasher.finalize().into()),
            read => hasher.update(&block[..read]),
        }
    }
}

/// The digest of several parts in their order.
pub(super) fn of_parts<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Digest {
    let mut hasher = Sha256::new();
    for part in parts {
        // With its length, so that no two lists of parts are the same bytes.
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    hasher.finalize().into()
}

/// A digest in hexadecimal digits.
pub(super) fn hex(digest: &Digest) -> String {
    digest.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// A number that a content, a purpose and a seed draw, evenly from all 64-bit numbers. It depends on nothing else, so
/// that other contents that come or go do not change it.
pub(super) fn drawn(content: &Digest, purpose: &str, seed: u64) -> u64 {
    let mut hasher = Sha256::new();
    hasher.update(purpose.as_bytes());
    hasher.update(seed.to_le_bytes());
    hasher.update(content);
    let drawn: Digest = hasher.finalize().into();
    let mut first = [0; 8];
    first.copy_from_slice(&drawn[..8]);
    u64::from_be_bytes(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_and_draws_are_those_of_another_implementation() {
        // Computed by tests/folders.py.
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.png");
        std::fs::write(&path, b"abc").unwrap();
        let content = of_file(&path).unwrap();
        assert_eq!(
            hex(&content),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert_eq!(drawn(&content, "test", 42), 16_045_728_947_431_714_177);
        assert_eq!(drawn(&content, "valid", 42), 532_586_262_164_643_342);
        assert_eq!(drawn(&content, "test", 43), 8_956_114_141_159_053_538);
        assert_ne!(of_parts([&b"ab"[..], b"c"]), of_parts([&b"a"[..], b"bc"]));
    }
}
