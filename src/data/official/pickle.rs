//! The pickles in which CIFAR-10 comes for Python: a dictionary with the array `data` and the list `labels`.
//!
//! A pickle is a program for a machine with a stack, which can call anything. Here nothing is called: the few
//! instructions that describe dictionaries, lists, texts, numbers and NumPy's arrays are followed, as those of Python 2
//! and 3 write them in the protocols 2 to 5, and every other instruction or function is an error. The values are kept
//! in one list and refer to each other by their places there, so that no pickle takes more memory than a few times its
//! size, and none is too deep.

mod machine;

use super::arrays::Array;
use machine::{Id, Value, follow};

/// The value that a pickle describes.
#[derive(Debug)]
pub(in crate::data) struct Pickle<'a> {
    bytes: &'a [u8],
    values: Vec<Value>,
    top: Id,
}

impl<'a> Pickle<'a> {
    /// Follows the pickle.
    ///
    /// # Errors
    /// The problem, continuing "the file …".
    pub fn read(bytes: &'a [u8]) -> Result<Self, String> {
        let (values, top) = follow(bytes)?;
        Ok(Self { bytes, values, top })
    }

    /// The array of a dictionary under one of these names; an array of whole numbers is made of a list.
    ///
    /// # Errors
    /// The problem, continuing "the file …".
    pub fn array(&self, name: &str) -> Result<Array, String> {
        let Value::Dictionary(entries) = &self.values[self.top] else {
            return Err("is a pickle of something else than a dictionary".into());
        };
        let is_it = |key: &Id| self.data(*key).is_some_and(|text| text == name.as_bytes());
        let Some((_, value)) = entries.iter().rev().find(|(key, _)| is_it(key)) else {
            let keys = entries
                .iter()
                .take(8)
                .filter_map(|(key, _)| self.data(*key));
            let keys: Vec<String> = keys.map(|key| key.escape_ascii().to_string()).collect();
            return Err(format!(
                "is a pickle that has no {name} but {}",
                match keys.is_empty() {
                    true => "nothing".into(),
                    false => keys.join(", "),
                }
            ));
        };
        match &self.values[*value] {
            Value::List(items) => self.list(items, name),
            Value::Made { .. } => self
                .numpy(*value)
                .ok_or_else(|| format!("is a pickle whose {name} is no whole array of NumPy's")),
            _ => Err(format!("is a pickle whose {name} is no array")),
        }
    }

    fn list(&self, items: &[Id], name: &str) -> Result<Array, String> {
        let mut bytes = Vec::with_capacity(8 * items.len());
        for item in items {
            let number = self.integer(*item);
            let number = number
                .ok_or_else(|| format!("is a pickle whose {name} are not all whole numbers"))?;
            bytes.extend(number.to_le_bytes());
        }
        Ok(Array {
            kind: "<i8".into(),
            shape: vec![items.len()],
            bytes,
        })
    }

    fn text(&self, id: Id) -> Option<&[u8]> {
        match &self.values[id] {
            Value::Bytes(range) => self.bytes.get(range.clone()),
            _ => None,
        }
    }

    fn integer(&self, id: Id) -> Option<i64> {
        match &self.values[id] {
            Value::Integer(number) => Some(*number),
            // A scalar of NumPy's: its type and its bytes.
            Value::Made {
                function,
                arguments,
                state: None,
            } if matches!(self.values[*function], Value::Function("scalar")) => {
                let [kind, data] = self.tuple(*arguments)? else {
                    return None;
                };
                let kind = self.kind(*kind)?;
                let bytes = self.data(*data)?;
                let size: usize = kind.get(2..)?.parse().ok()?;
                let is_whole = ["u", "i"].contains(&kind.get(1..2)?);
                if !is_whole || kind.starts_with('>') || bytes.len() != size || size > 8 {
                    return None;
                }
                let fold = |number: u64, &byte: &u8| number << 8 | u64::from(byte);
                i64::try_from(bytes.iter().rev().fold(0, fold)).ok()
            }
            _ => None,
        }
    }

    fn tuple(&self, id: Id) -> Option<&[Id]> {
        match &self.values[id] {
            Value::Tuple(items) => Some(items),
            _ => None,
        }
    }

    /// Bytes, as they are in the pickle or, as Python 3 writes them for Python 2, as a text whose letters have their
    /// numbers.
    fn data(&self, id: Id) -> Option<Vec<u8>> {
        if let Some(bytes) = self.text(id) {
            return Some(bytes.to_vec());
        }
        let Value::Made {
            function,
            arguments,
            state: None,
        } = &self.values[id]
        else {
            return None;
        };
        if !matches!(self.values[*function], Value::Function("encode")) {
            return None;
        }
        let [text, encoding] = self.tuple(*arguments)? else {
            return None;
        };
        if !["latin1", "latin-1"].contains(&std::str::from_utf8(self.text(*encoding)?).ok()?) {
            return None;
        }
        let text = std::str::from_utf8(self.text(*text)?).ok()?;
        text.chars()
            .map(|letter| u8::try_from(letter).ok())
            .collect()
    }

    /// What a function made: the function's name, its arguments, and the state that it was given.
    fn made(&self, id: Id) -> Option<(&str, Id, Option<Id>)> {
        let Value::Made {
            function,
            arguments,
            state,
        } = &self.values[id]
        else {
            return None;
        };
        let Value::Function(function) = self.values[*function] else {
            return None;
        };
        Some((function, *arguments, *state))
    }

    /// A type of numbers as NumPy writes it: `<i8`.
    fn kind(&self, id: Id) -> Option<String> {
        let ("dtype", arguments, state) = self.made(id)? else {
            return None;
        };
        let name = self.text(*self.tuple(arguments)?.first()?)?;
        let name = std::str::from_utf8(name).ok()?;
        // The state's second value is the order of the bytes.
        let order = match state {
            Some(state) => std::str::from_utf8(self.text(*self.tuple(state)?.get(1)?)?).ok()?,
            None => "|",
        };
        Some(format!("{order}{name}"))
    }

    fn numpy(&self, id: Id) -> Option<Array> {
        let (function, arguments, state) = self.made(id)?;
        let (shape, kind, data, by_rows) = match (function, state) {
            ("_reconstruct", Some(state)) => {
                let [_, shape, kind, by_columns, data] = self.tuple(state)? else {
                    return None;
                };
                let by_rows = matches!(self.values[*by_columns], Value::Integer(0));
                (*shape, *kind, *data, by_rows)
            }
            ("_frombuffer", None) => {
                let [data, kind, shape, order] = self.tuple(arguments)? else {
                    return None;
                };
                (*shape, *kind, *data, self.text(*order)? == b"C")
            }
            _ => return None,
        };
        let shape: Option<Vec<usize>> = self
            .tuple(shape)?
            .iter()
            .map(|side| usize::try_from(self.integer(*side)?).ok())
            .collect();
        Some(Array {
            kind: self.kind(kind)?,
            shape: shape?,
            bytes: self.data(data)?,
        })
        .filter(|_| by_rows)
    }
}

#[cfg(test)]
mod tests;
