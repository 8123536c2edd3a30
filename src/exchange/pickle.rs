//! A look at a pickle before burn-store reads it.
//!
//! burn-store 0.21 leaves out the strides of a tensor, so that one that is not contiguous (a model in
//! the memory format channels_last, a transposed view) comes out scrambled, and fills what is missing
//! of a tensor's bytes with zeros. This finds both, so that such files are refused. It walks through
//! the pickle's instructions on a stack as Python does, but makes and calls nothing.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::rc::Rc;

/// The tensors that a pickle describes.
#[derive(Debug, Default)]
pub(super) struct Pickled {
    /// The sizes in bytes of the storages that tensors are views of, by their keys.
    pub storages: BTreeMap<String, u64>,
    /// The length of the pickle in bytes.
    pub length: usize,
}

#[derive(Debug, Clone)]
enum Value {
    Mark,
    Integer(i64),
    Text(String),
    Global(String),
    Tuple(Rc<Vec<Value>>),
    /// A storage, with the number of its elements.
    Storage(i64),
    Other,
}

/// Reads the pickle at the start of `bytes`.
///
/// # Errors
/// The problem, continuing "the file …".
pub(super) fn look(bytes: &[u8]) -> Result<Pickled, String> {
    let mut walk = Walk {
        bytes,
        at: 0,
        stack: Vec::new(),
        memo: HashMap::new(),
        pickled: Pickled::default(),
    };
    loop {
        match walk.step()? {
            Next::More => {}
            Next::End => {
                walk.pickled.length = walk.at;
                return Ok(walk.pickled);
            }
        }
    }
}

enum Next {
    More,
    End,
}

struct Walk<'a> {
    bytes: &'a [u8],
    at: usize,
    stack: Vec<Value>,
    memo: HashMap<usize, Value>,
    pickled: Pickled,
}

const CUT: &str = "is cut short or no pickle of PyTorch's";

impl Walk<'_> {
    fn take(&mut self, count: usize) -> Result<&[u8], String> {
        let end = self.at.checked_add(count).ok_or(CUT)?;
        let taken = self.bytes.get(self.at..end).ok_or(CUT)?;
        self.at = end;
        Ok(taken)
    }

    /// A number of up to eight bytes, without a sign.
    fn number(&mut self, count: usize) -> Result<usize, String> {
        let bytes = self.take(count)?;
        Ok(bytes
            .iter()
            .rev()
            .fold(0, |number, &byte| number << 8 | usize::from(byte)))
    }

    /// An integer of `count` bytes, with its sign; one of more than eight bytes is none of ours.
    fn integer(&mut self, count: usize) -> Result<Value, String> {
        let bytes = self.take(count)?;
        if bytes.is_empty() || bytes.len() > 8 {
            return Ok(match bytes.is_empty() {
                true => Value::Integer(0),
                false => Value::Other,
            });
        }
        let unused = 64 - 8 * bytes.len() as u32;
        let number = bytes
            .iter()
            .rev()
            .fold(0u64, |number, &byte| number << 8 | u64::from(byte));
        Ok(Value::Integer((number << unused) as i64 >> unused))
    }

    fn text(&mut self, count: usize) -> Result<Value, String> {
        let bytes = self.take(count)?;
        Ok(Value::Text(String::from_utf8_lossy(bytes).into_owned()))
    }

    fn line(&mut self) -> Result<String, String> {
        let rest = &self.bytes[self.at..];
        let length = rest.iter().position(|&byte| byte == b'\n').ok_or(CUT)?;
        let line = String::from_utf8_lossy(&rest[..length]).into_owned();
        self.at += length + 1;
        Ok(line)
    }

    fn pop(&mut self) -> Result<Value, String> {
        self.stack.pop().ok_or_else(|| CUT.into())
    }

    /// Takes all values above the last mark, and the mark.
    fn pop_to_mark(&mut self) -> Result<Vec<Value>, String> {
        let mark = self
            .stack
            .iter()
            .rposition(|value| matches!(value, Value::Mark));
        let mark = mark.ok_or(CUT)?;
        let values = self.stack.split_off(mark + 1);
        self.stack.pop();
        Ok(values)
    }

    fn tuple(&mut self, count: usize) -> Result<Value, String> {
        let start = self.stack.len().checked_sub(count).ok_or(CUT)?;
        Ok(Value::Tuple(Rc::new(self.stack.split_off(start))))
    }

    fn remember(&mut self, number: usize) -> Result<(), String> {
        let top = self.stack.last().ok_or(CUT)?.clone();
        self.memo.insert(number, top);
        Ok(())
    }

    /// One instruction.
    fn step(&mut self) -> Result<Next, String> {
        let instruction = self.take(1)?[0];
        let pushed = match instruction {
            b'.' => return Ok(Next::End),
            b'(' => Value::Mark,
            b'K' => Value::Integer(self.number(1)? as i64),
            b'M' => Value::Integer(self.number(2)? as i64),
            b'J' => self.integer(4)?,
            0x8a => {
                let count = self.number(1)?;
                self.integer(count)?
            }
            0x8b => {
                let count = self.number(4)?;
                self.integer(count)?
            }
            // Texts and bytes, their length before them in one, four or eight bytes.
            b'U' | b'C' | 0x8c => {
                let count = self.number(1)?;
                self.text(count)?
            }
            b'T' | b'B' | b'X' => {
                let count = self.number(4)?;
                self.text(count)?
            }
            0x8d | 0x8e | 0x96 => {
                let count = self.number(8)?;
                self.text(count)?
            }
            b'c' => {
                let module = self.line()?;
                Value::Global(format!("{module}.{}", self.line()?))
            }
            0x93 => match (self.pop()?, self.pop()?) {
                (Value::Text(name), Value::Text(module)) => {
                    Value::Global(format!("{module}.{name}"))
                }
                _ => Value::Other,
            },
            b')' => self.tuple(0)?,
            0x85 => self.tuple(1)?,
            0x86 => self.tuple(2)?,
            0x87 => self.tuple(3)?,
            b't' => Value::Tuple(Rc::new(self.pop_to_mark()?)),
            b'l' | b'd' | 0x91 => {
                self.pop_to_mark()?;
                Value::Other
            }
            b'N' | 0x88 | 0x89 | b']' | b'}' | 0x8f => Value::Other,
            b'G' => {
                self.take(8)?;
                Value::Other
            }
            b'I' | b'L' | b'F' | b'S' | b'V' => {
                self.line()?;
                Value::Other
            }
            b'Q' => {
                let id = self.pop()?;
                self.storage(&id)?
            }
            b'R' => {
                let arguments = self.pop()?;
                let function = self.pop()?;
                called(&function, &arguments)?;
                Value::Other
            }
            0x81 => {
                self.pop()?;
                self.pop()?;
                Value::Other
            }
            0x92 => {
                self.pop()?;
                self.pop()?;
                self.pop()?;
                Value::Other
            }
            b'2' => self.stack.last().ok_or(CUT)?.clone(),
            b'h' => {
                let number = self.number(1)?;
                self.memo.get(&number).ok_or(CUT)?.clone()
            }
            b'j' => {
                let number = self.number(4)?;
                self.memo.get(&number).ok_or(CUT)?.clone()
            }
            b'q' => {
                let number = self.number(1)?;
                self.remember(number)?;
                return Ok(Next::More);
            }
            b'r' => {
                let number = self.number(4)?;
                self.remember(number)?;
                return Ok(Next::More);
            }
            0x94 => {
                self.remember(self.memo.len())?;
                return Ok(Next::More);
            }
            b'a' | b'b' | b'0' => {
                self.pop()?;
                return Ok(Next::More);
            }
            b's' => {
                self.pop()?;
                self.pop()?;
                return Ok(Next::More);
            }
            b'u' | b'e' | b'1' | 0x90 => {
                self.pop_to_mark()?;
                return Ok(Next::More);
            }
            0x80 => {
                self.take(1)?;
                return Ok(Next::More);
            }
            0x95 => {
                self.take(8)?;
                return Ok(Next::More);
            }
            other => {
                return Err(format!(
                    "is no pickle of PyTorch's: it has the instruction {other:#04x}"
                ));
            }
        };
        self.stack.push(pushed);
        Ok(Next::More)
    }

    /// A persistent id: `("storage", torch.FloatStorage, key, device, number of elements)`.
    fn storage(&mut self, id: &Value) -> Result<Value, String> {
        let Value::Tuple(id) = id else {
            return Ok(Value::Other);
        };
        let [
            _,
            Value::Global(kind),
            Value::Text(key),
            _,
            Value::Integer(count),
            ..,
        ] = &id[..]
        else {
            return Ok(Value::Other);
        };
        let kind = kind.rsplit('.').next().unwrap_or(kind);
        let size = match kind {
            "DoubleStorage" | "LongStorage" => 8,
            "FloatStorage" | "IntStorage" => 4,
            "HalfStorage" | "BFloat16Storage" | "ShortStorage" => 2,
            "CharStorage" | "ByteStorage" | "BoolStorage" => 1,
            _ => {
                return Err(format!(
                    "holds a tensor of the kind {kind}, which is not read"
                ));
            }
        };
        let bytes = u64::try_from(*count)
            .ok()
            .and_then(|count| count.checked_mul(size));
        let bytes = bytes.ok_or("holds a tensor of impossible size")?;
        self.pickled.storages.insert(key.clone(), bytes);
        Ok(Value::Storage(*count))
    }
}

/// Looks at a call that would make a tensor of a storage: `(storage, offset, shape, strides, …)`.
fn called(function: &Value, arguments: &Value) -> Result<(), String> {
    let Value::Global(function) = function else {
        return Ok(());
    };
    let (true, Value::Tuple(arguments)) = (
        function.starts_with("torch._utils._rebuild_tensor"),
        arguments,
    ) else {
        return Ok(());
    };
    let [
        Value::Storage(count),
        Value::Integer(offset),
        Value::Tuple(shape),
        Value::Tuple(strides),
        ..,
    ] = &arguments[..]
    else {
        return Err("holds a tensor that is not stored as PyTorch does it".into());
    };
    let integers = |values: &[Value]| -> Option<Vec<i64>> {
        let integer = |value: &Value| match value {
            Value::Integer(integer) if *integer >= 0 => Some(*integer),
            _ => None,
        };
        values.iter().map(integer).collect()
    };
    let (Some(shape), Some(strides)) = (integers(shape), integers(strides)) else {
        return Err("holds a tensor without a shape".into());
    };
    let mut elements = 1i64;
    let mut contiguous = shape.len() == strides.len();
    for (&size, &stride) in shape.iter().zip(&strides).rev() {
        contiguous &= size <= 1 || stride == elements;
        elements = elements
            .checked_mul(size)
            .ok_or("holds a tensor of impossible size")?;
    }
    if !contiguous && elements > 0 {
        return Err(format!(
            "holds a tensor of shape {shape:?} that is not contiguous in memory (its strides are {strides:?}; channels_last?): save it with {{name: tensor.contiguous() for name, tensor in state_dict.items()}}"
        ));
    }
    if *offset < 0 || offset.checked_add(elements).is_none_or(|end| end > *count) {
        return Err(format!(
            "holds a tensor of shape {shape:?} that is larger than what is stored of it"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::pytorch_file;
    use burn::tensor::TensorData;
    use burn_store::pytorch::PytorchReader;
    use std::io::{Cursor, Read, Write};
    use zip::{ZipArchive, ZipWriter, write::SimpleFileOptions};

    /// The pickle of one 2×3 tensor `a` and its archive, as the zoo writes them.
    fn archive() -> (Vec<u8>, Vec<u8>) {
        let data = TensorData::from([[1.0f32, 2.0, 3.0], [4.0, 5.0, 6.0]]);
        let archive = pytorch_file::write(&[("a".into(), data)]).unwrap();
        let mut pickle = Vec::new();
        let mut zip = ZipArchive::new(Cursor::new(&archive)).unwrap();
        let mut entry = zip.by_name("archive/data.pkl").unwrap();
        entry.read_to_end(&mut pickle).unwrap();
        drop(entry);
        (pickle, archive)
    }

    /// The bytes with the first occurrence of some in place of others.
    fn with(bytes: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
        let at = bytes.windows(old.len()).position(|window| window == old);
        let mut bytes = bytes.to_vec();
        let at = at.expect("the old bytes");
        bytes.splice(at..at + old.len(), new.iter().copied());
        bytes
    }

    /// A tuple of two small numbers.
    fn pair(first: u8, second: u8) -> Vec<u8> {
        [
            &b"(J"[..],
            &[first, 0, 0, 0],
            b"J",
            &[second, 0, 0, 0],
            b"t",
        ]
        .concat()
    }

    #[test]
    fn a_whole_pickle_tells_its_storages_and_its_length() {
        let (pickle, _) = archive();
        let pickled = look(&[&pickle[..], b"what follows"].concat()).unwrap();
        assert_eq!(pickled.length, pickle.len());
        assert_eq!(pickled.storages["0"], 24);
    }

    #[test]
    fn every_cut_is_noticed() {
        let (pickle, _) = archive();
        for cut in 0..pickle.len() {
            assert!(look(&pickle[..cut]).is_err(), "cut at {cut}");
        }
    }

    #[test]
    fn strides_that_burn_store_does_not_see_are_refused() {
        let (pickle, archive) = archive();
        // The same numbers column by column: [[1, 3, 5], [2, 4, 6]].
        let transposed = with(&pickle, &pair(3, 1), &pair(1, 2));
        let error = look(&transposed).unwrap_err();
        assert!(error.contains("[2, 3] that is not contiguous"), "{error}");

        // The reason for the refusal: as soon as burn-store reads strides, this fails and the refusal can
        // go.
        let mut old = ZipArchive::new(Cursor::new(&archive)).unwrap();
        let mut new = ZipWriter::new(Cursor::new(Vec::new()));
        for index in 0..old.len() {
            let mut entry = old.by_index(index).unwrap();
            new.start_file(entry.name(), SimpleFileOptions::default())
                .unwrap();
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).unwrap();
            let pickle = entry.name().ends_with("data.pkl");
            new.write_all(if pickle { &transposed } else { &bytes })
                .unwrap();
        }
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), new.finish().unwrap().into_inner()).unwrap();
        let reader = PytorchReader::new(file.path()).unwrap();
        let read = reader.get("a").unwrap().to_data().unwrap();
        assert_eq!(
            read.to_vec::<f32>().unwrap(),
            [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
        );
    }

    #[test]
    fn a_tensor_larger_than_its_storage_is_refused() {
        let (pickle, _) = archive();
        let larger = with(&pickle, &pair(2, 3), &pair(3, 3));
        assert!(
            look(&larger)
                .unwrap_err()
                .contains("larger than what is stored")
        );
    }

    #[test]
    fn tuples_of_tuples_take_no_more_room_than_their_pickle() {
        // A billion laughs: each tuple holds the one before twice.
        let mut pickle = b"\x80\x02)".to_vec();
        for _ in 0..200 {
            pickle.extend(b"2\x86");
        }
        pickle.push(b'.');
        assert_eq!(look(&pickle).unwrap().length, pickle.len());
    }
}
