//! Following the instructions of a pickle, without calling anything.

use std::collections::HashMap;
use std::ops::Range;

/// The most values and instructions of a pickle. A batch of CIFAR-10 has 20,000 labels and names of files.
const MOST: usize = 400_000;

/// The functions that make arrays, by their modules, which NumPy has renamed, and their names.
const ALLOWED: [(&[&str], &str); 6] = [
    (
        &["numpy.core.multiarray", "numpy._core.multiarray"],
        "_reconstruct",
    ),
    (
        &["numpy.core.multiarray", "numpy._core.multiarray"],
        "scalar",
    ),
    (
        &["numpy.core.numeric", "numpy._core.numeric"],
        "_frombuffer",
    ),
    (&["numpy"], "ndarray"),
    (&["numpy"], "dtype"),
    (&["_codecs"], "encode"),
];

/// The place of a value.
pub(super) type Id = usize;

#[derive(Debug, Clone)]
pub(super) enum Value {
    Mark,
    Integer(i64),
    /// Bytes of the pickle, or a text.
    Bytes(Range<usize>),
    List(Vec<Id>),
    Dictionary(Vec<(Id, Id)>),
    Tuple(Vec<Id>),
    /// The name of an allowed function.
    Function(&'static str),
    /// What a function would make of its arguments, and the state that it is then given.
    Made {
        function: Id,
        arguments: Id,
        state: Option<Id>,
    },
    /// A number with a fraction, a truth value, or nothing.
    Other,
}

const CUT: &str = "is a pickle that is cut short or damaged";

/// The values of a pickle, and the place of the one that it describes.
///
/// # Errors
/// The problem, continuing "the file …".
pub(super) fn follow(bytes: &[u8]) -> Result<(Vec<Value>, Id), String> {
    if !bytes.starts_with(&[0x80]) {
        return Err("is no pickle in one of the protocols 2 to 5".into());
    }
    let mut machine = Machine {
        bytes,
        at: 0,
        values: Vec::new(),
        stack: Vec::new(),
        memo: HashMap::new(),
    };
    for _ in 0..MOST {
        if !machine.step()? {
            let top = machine.pop()?;
            if !machine.stack.is_empty() {
                return Err(CUT.into());
            }
            if machine.at < bytes.len() {
                return Err("goes on after its pickle".into());
            }
            return Ok((machine.values, top));
        }
    }
    Err("is a pickle of more values than a batch has".into())
}

struct Machine<'a> {
    bytes: &'a [u8],
    at: usize,
    values: Vec<Value>,
    stack: Vec<Id>,
    memo: HashMap<usize, Id>,
}

impl Machine<'_> {
    /// The next `count` bytes.
    fn take(&mut self, count: usize) -> Result<Range<usize>, String> {
        let end = self
            .at
            .checked_add(count)
            .filter(|&end| end <= self.bytes.len());
        let range = self.at..end.ok_or(CUT)?;
        self.at = range.end;
        Ok(range)
    }

    /// A number of up to eight bytes, without a sign.
    fn number(&mut self, count: usize) -> Result<usize, String> {
        let range = self.take(count)?;
        let fold = |number: usize, &byte: &u8| number << 8 | usize::from(byte);
        Ok(self.bytes[range].iter().rev().fold(0, fold))
    }

    /// An integer of `count` bytes, with its sign.
    fn integer(&mut self, count: usize) -> Result<Value, String> {
        let range = self.take(count)?;
        if count > 8 {
            return Ok(Value::Other);
        }
        let fold = |number: u64, &byte: &u8| number << 8 | u64::from(byte);
        let number = self.bytes[range].iter().rev().fold(0, fold);
        let unused = 64 - 8 * count as u32;
        let number = (number as i64).checked_shl(unused).unwrap_or(0);
        Ok(Value::Integer(number.checked_shr(unused).unwrap_or(0)))
    }

    fn line(&mut self) -> Result<Range<usize>, String> {
        let rest = &self.bytes[self.at..];
        let length = rest.iter().position(|&byte| byte == b'\n').ok_or(CUT)?;
        let range = self.take(length)?;
        self.take(1)?;
        Ok(range)
    }

    fn text_after(&mut self, digits: usize) -> Result<Value, String> {
        let length = self.number(digits)?;
        Ok(Value::Bytes(self.take(length)?))
    }

    fn pop(&mut self) -> Result<Id, String> {
        let id = self.stack.pop().ok_or(CUT)?;
        match self.values[id] {
            Value::Mark => Err(CUT.into()),
            _ => Ok(id),
        }
    }

    /// Takes all values above the last mark, and the mark.
    fn pop_to_mark(&mut self) -> Result<Vec<Id>, String> {
        let is_mark = |&id: &Id| matches!(self.values[id], Value::Mark);
        let mark = self.stack.iter().rposition(is_mark).ok_or(CUT)?;
        let values = self.stack.split_off(mark + 1);
        self.stack.pop();
        Ok(values)
    }

    fn tuple(&mut self, count: usize) -> Result<Value, String> {
        let start = self.stack.len().checked_sub(count).ok_or(CUT)?;
        Ok(Value::Tuple(self.stack.split_off(start)))
    }

    fn push(&mut self, value: Value) {
        self.values.push(value);
        self.stack.push(self.values.len() - 1);
    }

    fn remember(&mut self, number: usize) -> Result<(), String> {
        let top = *self.stack.last().ok_or(CUT)?;
        self.memo.insert(number, top);
        Ok(())
    }

    fn recall(&mut self, number: usize) -> Result<(), String> {
        let id = *self.memo.get(&number).ok_or(CUT)?;
        self.stack.push(id);
        Ok(())
    }

    /// Adds values to the list on top of the stack.
    fn append(&mut self, items: Vec<Id>) -> Result<(), String> {
        let top = *self.stack.last().ok_or(CUT)?;
        match &mut self.values[top] {
            Value::List(list) => list.extend(items),
            _ => return Err(CUT.into()),
        }
        Ok(())
    }

    /// Adds keys and values to the dictionary on top of the stack.
    fn set(&mut self, items: Vec<Id>) -> Result<(), String> {
        let top = *self.stack.last().ok_or(CUT)?;
        let (pairs, rest) = items.as_chunks::<2>();
        match &mut self.values[top] {
            Value::Dictionary(entries) if rest.is_empty() => {
                entries.extend(pairs.iter().map(|[key, value]| (*key, *value)));
            }
            _ => return Err(CUT.into()),
        }
        Ok(())
    }

    /// The function of this name, if it is one of those that make arrays.
    fn function(&self, module: Range<usize>, name: Range<usize>) -> Result<Value, String> {
        let [module, name] = [module, name].map(|range| &self.bytes[range]);
        let is_it = |(modules, function): &&(&[&str], &str)| {
            let of = |it: &&str| it.as_bytes() == module;
            function.as_bytes() == name && modules.iter().any(of)
        };
        match ALLOWED.iter().find(is_it) {
            Some((_, name)) => Ok(Value::Function(name)),
            None => {
                let shown = |bytes: &[u8]| bytes[..bytes.len().min(60)].escape_ascii().to_string();
                Err(format!(
                    "is a pickle that would call {}.{}",
                    shown(module),
                    shown(name)
                ))
            }
        }
    }

    fn made(&mut self) -> Result<Value, String> {
        let arguments = self.pop()?;
        let function = self.pop()?;
        match (&self.values[function], &self.values[arguments]) {
            (Value::Function(_), Value::Tuple(_)) => Ok(Value::Made {
                function,
                arguments,
                state: None,
            }),
            _ => Err("is a pickle that would call what is no function".into()),
        }
    }

    /// One instruction; false after the last.
    fn step(&mut self) -> Result<bool, String> {
        let at = self.take(1)?.start;
        match self.bytes[at] {
            b'.' => return Ok(false),
            // The protocol's number, and the length of a part, which may be as it likes.
            0x80 => {
                self.take(1)?;
            }
            0x95 => {
                self.take(8)?;
            }
            b'(' => self.push(Value::Mark),
            b'K' => {
                let number = self.number(1)?;
                self.push(Value::Integer(number as i64));
            }
            b'M' => {
                let number = self.number(2)?;
                self.push(Value::Integer(number as i64));
            }
            b'J' => {
                let number = self.integer(4)?;
                self.push(number);
            }
            0x8a => {
                let count = self.number(1)?;
                let number = self.integer(count)?;
                self.push(number);
            }
            b'I' => {
                let range = self.line()?;
                let text = std::str::from_utf8(&self.bytes[range]).map_err(|_| CUT)?;
                let number = text.parse().map_err(|_| CUT)?;
                self.push(Value::Integer(number));
            }
            // Texts and bytes, with their length before them in one, four or eight bytes.
            b'U' | b'C' | 0x8c => {
                let text = self.text_after(1)?;
                self.push(text);
            }
            b'T' | b'B' | b'X' => {
                let text = self.text_after(4)?;
                self.push(text);
            }
            0x8d | 0x8e | 0x96 => {
                let text = self.text_after(8)?;
                self.push(text);
            }
            b'N' | 0x88 => self.push(Value::Other),
            0x89 => self.push(Value::Integer(0)),
            b'G' => {
                self.take(8)?;
                self.push(Value::Other);
            }
            b']' => self.push(Value::List(Vec::new())),
            b'}' => self.push(Value::Dictionary(Vec::new())),
            b')' => self.push(Value::Tuple(Vec::new())),
            instruction @ 0x85..=0x87 => {
                let tuple = self.tuple(usize::from(instruction - 0x84))?;
                self.push(tuple);
            }
            b't' => {
                let items = self.pop_to_mark()?;
                self.push(Value::Tuple(items));
            }
            b'l' => {
                let items = self.pop_to_mark()?;
                self.push(Value::List(items));
            }
            b'a' => {
                let item = self.pop()?;
                self.append(vec![item])?;
            }
            b'e' => {
                let items = self.pop_to_mark()?;
                self.append(items)?;
            }
            b's' => {
                let value = self.pop()?;
                let key = self.pop()?;
                self.set(vec![key, value])?;
            }
            b'u' => {
                let items = self.pop_to_mark()?;
                self.set(items)?;
            }
            b'c' => {
                let (module, name) = (self.line()?, self.line()?);
                let function = self.function(module, name)?;
                self.push(function);
            }
            0x93 => {
                let (name, module) = (self.pop()?, self.pop()?);
                let (Value::Bytes(module), Value::Bytes(name)) =
                    (&self.values[module], &self.values[name])
                else {
                    return Err(CUT.into());
                };
                let function = self.function(module.clone(), name.clone())?;
                self.push(function);
            }
            b'R' => {
                let made = self.made()?;
                self.push(made);
            }
            b'b' => {
                let given = self.pop()?;
                let top = *self.stack.last().ok_or(CUT)?;
                match &mut self.values[top] {
                    Value::Made { state, .. } if state.is_none() => *state = Some(given),
                    _ => return Err("is a pickle that would change what is no array".into()),
                }
            }
            b'q' => {
                let number = self.number(1)?;
                self.remember(number)?;
            }
            b'r' => {
                let number = self.number(4)?;
                self.remember(number)?;
            }
            0x94 => self.remember(self.memo.len())?,
            b'h' => {
                let number = self.number(1)?;
                self.recall(number)?;
            }
            b'j' => {
                let number = self.number(4)?;
                self.recall(number)?;
            }
            other => {
                return Err(format!(
                    "is a pickle with the instruction {other:#04x}, which no array needs"
                ));
            }
        }
        Ok(true)
    }
}
