//! Unpacking gzip as `gzip` and Python do: one member after the other, and zero bytes behind the last one, with which
//! tapes and some copying programs fill a block, are passed over.

use flate2::bufread::GzDecoder;
use std::io::{self, BufRead, Read};

/// The contents of a gzip file.
pub(super) struct Gunzip<R: BufRead> {
    /// The member that is being read; none only between two of them.
    member: Option<GzDecoder<R>>,
    /// Whether the last member has been read to its end.
    ended: bool,
}

impl<R: BufRead> Gunzip<R> {
    pub(super) fn new(reader: R) -> Self {
        Self {
            member: Some(GzDecoder::new(reader)),
            ended: false,
        }
    }
}

impl<R: BufRead> Read for Gunzip<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while !self.ended && !buffer.is_empty() {
            let Some(member) = &mut self.member else {
                break;
            };
            let count = member.read(buffer)?;
            if count > 0 {
                return Ok(count);
            }
            let Some(mut reader) = self.member.take().map(GzDecoder::into_inner) else {
                break;
            };
            self.ended = is_at_end(&mut reader)?;
            self.member = Some(GzDecoder::new(reader));
        }
        Ok(0)
    }
}

/// The first byte of a member.
const MAGIC: u8 = 0x1f;

/// Passes over zero bytes; whether nothing follows them. What follows must be another member.
fn is_at_end(reader: &mut impl BufRead) -> io::Result<bool> {
    loop {
        let bytes = reader.fill_buf()?;
        if bytes.is_empty() {
            return Ok(true);
        }
        let zeros = bytes.iter().take_while(|&&byte| byte == 0).count();
        let only_zeros = zeros == bytes.len();
        reader.consume(zeros);
        if !only_zeros {
            return match reader.fill_buf()? {
                [MAGIC, ..] => Ok(false),
                _ => Err(io::ErrorKind::InvalidData.into()),
            };
        }
    }
}
