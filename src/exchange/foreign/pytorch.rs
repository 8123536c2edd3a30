//! Reads the files of torch.save by the crate `pytorch-reader`, which runs nothing of them and bounds what a hostile
//! file can make it do.

use super::tensor::{
    Elements, Foreign, NEITHER, Source, Tensor, add, cannot, is_of_images, normalisation,
};
use burn::tensor::DType;
use burn_zoo_models::Normalisation;
use pytorch_reader::{OpCode, PickleError, PickleValue, PytorchError, PytorchReader};
use std::fs::File;
use std::io::{self, BufReader, ErrorKind};
use std::path::Path;
use zip::{CompressionMethod, ZipArchive};

/// Opens a file.
///
/// # Errors
/// The problem, continuing "the file …".
pub(super) fn open(path: &Path) -> Result<Foreign, String> {
    look_into_archive(path)?;
    let reader = PytorchReader::new(path).map_err(|error| refusal(path, &error))?;
    let file_length = std::fs::metadata(path).map_err(cannot)?.len();
    let tensors = reader.into_tensors().into_iter().map(|(name, tensor)| {
        let tensor = Tensor {
            shape: tensor.shape().to_vec(),
            elements: elements(tensor.dtype()),
            source: Source::Pytorch {
                tensor,
                file_length,
            },
        };
        (name, tensor)
    });
    let mut foreign = Foreign {
        tensors: tensors.collect(),
        normalisations: Vec::new(),
    };
    if let Ok(entries) = PytorchReader::read_pickle_data(path, None) {
        if let (true, Some(kind)) = (foreign.tensors.is_empty(), object(&entries)) {
            let what = format!("holds no tensors of PyTorch's, but objects such as {kind}");
            return Err(format!("{what}; {}", readable(path)));
        }
        look_for_normalisations(&entries, true, &mut foreign.normalisations);
    }
    Ok(foreign)
}

fn elements(dtype: pytorch_reader::DType) -> Elements {
    use pytorch_reader::DType as Theirs;
    Elements::Floats(match dtype {
        Theirs::F64 => DType::F64,
        Theirs::F32 => DType::F32,
        Theirs::F16 => DType::F16,
        Theirs::BF16 => DType::BF16,
        other => return Elements::Others(format!("{other:?}")),
    })
}

/// The kind of some object of Python's in a file.
fn object(value: &PickleValue) -> Option<&str> {
    match value {
        PickleValue::Unsupported(kind) => Some(kind),
        PickleValue::Dict(entries) => entries.values().find_map(object),
        PickleValue::List(values) => values.iter().find_map(object),
        _ => None,
    }
}

/// Looks for a mean and a standard deviation in the dictionaries of a file that may speak of images. They are no deeper
/// than `pytorch-reader` lets dictionaries be.
fn look_for_normalisations(value: &PickleValue, of_images: bool, found: &mut Vec<Normalisation>) {
    let PickleValue::Dict(entries) = value else {
        return;
    };
    if of_images {
        add(found, normalisation(|name| numbers(entries.get(name)?)));
    }
    for (key, value) in entries {
        look_for_normalisations(value, is_of_images(key), found);
    }
}

fn numbers(value: &PickleValue) -> Option<Vec<f64>> {
    match value {
        PickleValue::Float(number) => Some(vec![*number]),
        PickleValue::Int(number) => Some(vec![*number as f64]),
        PickleValue::List(values) => {
            let values: Option<Vec<_>> = values.iter().map(numbers).collect();
            values.map(|values| values.concat())
        }
        _ => None,
    }
}

/// Checks that an archive is whole: `pytorch-reader` checks a storage only where one tensor takes all of it.
fn look_into_archive(path: &Path) -> Result<(), String> {
    let file = File::open(path).map_err(cannot)?;
    let length = file.metadata().map_err(cannot)?.len();
    let Ok(mut archive) = ZipArchive::new(BufReader::new(file)) else {
        // In another format, or so damaged that `pytorch-reader` says it too.
        return Ok(());
    };
    let damaged = |reason: String| format!("is damaged ({reason})");
    let names = archive.file_names();
    let names: Result<Vec<_>, _> = names.collect();
    let names = names.map_err(|error| damaged(error.to_string()))?;
    let names: Vec<String> = names.iter().map(|name| name.to_string()).collect();
    if names.iter().any(|name| name.ends_with("constants.pkl")) {
        let what = "is a program of TorchScript, not a state dict";
        return Err(format!("{what}; {}", readable(path)));
    }
    let mut read = 0u64;
    for (index, name) in names.iter().enumerate() {
        let (crc32, compression) = match archive.by_index_raw(index) {
            Ok(entry) => (entry.crc32(), entry.compression()),
            Err(error) => return Err(damaged(error.to_string())),
        };
        // torch.save stores without compressing; a checksum of 0 is none, which it can be told to write.
        if crc32 == 0 || compression != CompressionMethod::Stored {
            continue;
        }
        let entry = archive.by_index(index);
        let mut entry = entry.map_err(|error| damaged(error.to_string()))?;
        read = read.saturating_add(entry.size());
        if read > length {
            return Err(damaged("its parts are larger than all of it".into()));
        }
        io::copy(&mut entry, &mut io::sink())
            .map_err(|error| damaged(format!("{name}: {error}")))?;
    }
    Ok(())
}

/// Why a file cannot be read, and what to do.
fn refusal(path: &Path, error: &PytorchError) -> String {
    let damaged = |reason: &dyn std::fmt::Display| format!("is damaged ({reason})");
    let of_python = |what: &str| format!("{what}; {}", readable(path));
    match error {
        PytorchError::Io(error) | PytorchError::Pickle(PickleError::Io(error)) => {
            match error.kind() {
                ErrorKind::UnexpectedEof => "is cut short".into(),
                _ => damaged(error),
            }
        }
        PytorchError::Pickle(error) => match error {
            PickleError::UnsupportedType(name) => of_python(&format!(
                "holds an object or a tensor of the kind {name}, which only Python can make"
            )),
            PickleError::UnexpectedOpCode(
                OpCode::SetItem
                | OpCode::SetItems
                | OpCode::Append
                | OpCode::Appends
                | OpCode::AddItems,
            ) => of_python(
                "holds a dictionary or a list of a class of its own, such as a defaultdict, which only Python can make",
            ),
            PickleError::InvalidData(reason) if reason.contains("dict key") => {
                of_python("holds a dictionary whose keys are neither texts nor whole numbers")
            }
            PickleError::UnsupportedOpCode(_) => {
                of_python("holds an object that only Python can make")
            }
            PickleError::InvalidData(reason)
                if ["memo bomb", "nesting exceeds", "byte limit"]
                    .iter()
                    .any(|bound| reason.contains(bound)) =>
            {
                format!("would take more memory than a file of weights may ({reason})")
            }
            other => damaged(other),
        },
        PytorchError::Zip(error) => damaged(error),
        PytorchError::InvalidFormat(reason) if reason.starts_with("not a PyTorch") => {
            NEITHER.into()
        }
        PytorchError::InvalidFormat(reason) if reason.starts_with("No data.pkl") => {
            "is a zip archive, but none of torch.save's: it has no data.pkl".into()
        }
        PytorchError::InvalidFormat(reason) => match reason.rsplit_once("PyTorch file, found ") {
            Some((_, kind)) => of_python(&format!("holds a {kind} instead of a state dict")),
            None => format!("cannot be read: {reason}"),
        },
        other => format!("cannot be read: {other}"),
    }
}

/// The command that makes a readable file of any that PyTorch can load: of dictionaries of every class, modules and
/// optimisers, at any depth, it keeps the tensors of floats.
fn readable(path: &Path) -> String {
    let path = path.display().to_string();
    let is_plain = |letter: char| letter.is_alphanumeric() || "/._-+=:,@% ".contains(letter);
    let file = match path.chars().all(is_plain) {
        true => path,
        false => "FILE".into(),
    };
    format!(
        "if you trust the file, for its code is run, this makes readable.pt of it: python3 -c \"import torch; \
         f = lambda v: {{str(k): f(x) for k, x in v.items()}} if hasattr(v, 'items') else f(v.state_dict()) \
         if hasattr(v, 'state_dict') else torch.as_tensor(v).to_dense().float() \
         if 'float' in str(getattr(v, 'dtype', '')) else 0; \
         torch.save(f(torch.load('{file}', 'cpu', weights_only=False)), 'readable.pt')\""
    )
}
