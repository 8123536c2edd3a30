//! Reads safetensors files tensor by tensor.
//!
//! The header is read here and not by the crate `safetensors`, which wants the whole file in memory and refuses it for
//! one tensor of a kind that it does not know.

use super::json::Named;
use super::tensor::{Elements, Foreign, Source, Tensor, add, cannot, normalisation};
use burn::tensor::DType;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::{Arc, Mutex};

/// The largest header that the format allows.
const LARGEST_HEADER: u64 = 100_000_000;
/// The bytes before the header, which hold its length.
const BEFORE_HEADER: u64 = 8;
/// The name of the entry that is no tensor.
const METADATA: &str = "__metadata__";

/// What a file says of itself.
pub(super) struct Header {
    pub metadata: BTreeMap<String, String>,
    tensors: BTreeMap<String, Entry>,
    /// Where the values begin in the file.
    begin: u64,
}

#[derive(Deserialize)]
struct Entry {
    dtype: String,
    shape: Vec<usize>,
    data_offsets: [u64; 2],
}

/// Reads a file's header and checks that its values are all there.
///
/// # Errors
/// As [`open`].
pub(super) fn header(path: &Path) -> Result<Header, String> {
    let broken = |reason: String| format!("is not a whole safetensors file ({reason})");
    let mut file = File::open(path).map_err(cannot)?;
    let file_length = file.metadata().map_err(cannot)?.len();
    let mut length = [0; BEFORE_HEADER as usize];
    file.read_exact(&mut length).map_err(cannot)?;
    let length = u64::from_le_bytes(length);
    let begin = length.saturating_add(BEFORE_HEADER);
    if length > LARGEST_HEADER || begin > file_length {
        return Err(broken(format!("its header would have {length} bytes")));
    }
    let mut text = vec![0; length as usize];
    file.read_exact(&mut text).map_err(cannot)?;
    let entries: Named<Value> =
        serde_json::from_slice(&text).map_err(|error| broken(error.to_string()))?;
    let mut metadata = BTreeMap::new();
    let mut tensors = BTreeMap::new();
    for (name, value) in entries.0 {
        let wrong = |error: serde_json::Error| broken(format!("{name}: {error}"));
        match name.as_str() {
            METADATA => metadata = serde_json::from_value(value).map_err(wrong)?,
            _ => {
                let entry: Entry = serde_json::from_value(value).map_err(wrong)?;
                tensors.insert(name, entry);
            }
        }
    }
    check(&tensors, file_length - begin).map_err(broken)?;
    Ok(Header {
        metadata,
        tensors,
        begin,
    })
}

/// Whether the tensors' bytes are all there, one tensor's behind the other's.
fn check(tensors: &BTreeMap<String, Entry>, num_bytes: u64) -> Result<(), String> {
    let mut in_order: Vec<_> = tensors.iter().collect();
    in_order.sort_by_key(|(_, entry)| entry.data_offsets);
    let mut at = 0;
    for (name, entry) in in_order {
        let [begin, end] = entry.data_offsets;
        if begin != at || end < begin {
            return Err(format!("the bytes of {name} are not where they should be"));
        }
        at = end;
        let size = |dtype: DType| {
            let mut sides = entry.shape.iter().map(|&side| side as u64);
            sides.try_fold(dtype.size() as u64, u64::checked_mul)
        };
        if let Elements::Floats(dtype) = elements(&entry.dtype)
            && size(dtype) != Some(end - begin)
        {
            return Err(format!("{name} has another size than its shape"));
        }
    }
    match at == num_bytes {
        true => Ok(()),
        false => Err(format!("it has {num_bytes} of {at} bytes of values")),
    }
}

fn elements(dtype: &str) -> Elements {
    Elements::Floats(match dtype {
        "F64" => DType::F64,
        "F32" => DType::F32,
        "F16" => DType::F16,
        "BF16" => DType::BF16,
        other => return Elements::Others(other.into()),
    })
}

/// Opens a file.
///
/// # Errors
/// The problem, continuing "the file …".
pub(super) fn open(path: &Path) -> Result<Foreign, String> {
    let Header {
        metadata,
        tensors,
        begin,
    } = header(path)?;
    let file = Arc::new(Mutex::new(File::open(path).map_err(cannot)?));
    let tensors = tensors.into_iter().map(|(name, entry)| {
        let [from, to] = entry.data_offsets;
        let tensor = Tensor {
            shape: entry.shape,
            elements: elements(&entry.dtype),
            source: Source::Bytes {
                file: file.clone(),
                begin: begin + from,
                length: to - from,
            },
        };
        (name, tensor)
    });
    let mut foreign = Foreign {
        tensors: tensors.collect(),
        normalisations: Vec::new(),
    };
    let number = |name: &str| numbers(metadata.get(name)?);
    add(&mut foreign.normalisations, normalisation(number));
    Ok(foreign)
}

/// "0.5", "0.485, 0.456, 0.406", with or without brackets.
fn numbers(text: &str) -> Option<Vec<f64>> {
    let text = text.trim().trim_start_matches(['[', '(']);
    let parts = text.trim_end_matches([']', ')']).split(',');
    parts.map(|part| part.trim().parse().ok()).collect()
}
