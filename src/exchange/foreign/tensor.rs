//! A tensor of a file from elsewhere, which is read when it is asked for.

use burn::tensor::{DType, TensorData};
use burn_zoo_models::{Normalisation, PerChannel};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::sync::{Arc, Mutex};

/// The tensors of a file, by their names, in PyTorch's layout.
#[derive(Default)]
pub struct Foreign {
    pub tensors: BTreeMap<String, Tensor>,
    /// The normalisations that the file's other entries speak of, each once.
    pub normalisations: Vec<Normalisation>,
}

/// A tensor that has not been read yet.
pub struct Tensor {
    pub shape: Vec<usize>,
    pub elements: Elements,
    pub(super) source: Source,
}

/// What a tensor's elements are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Elements {
    /// Floats, which weights are made of.
    Floats(DType),
    /// Anything else, by its name: it is never read.
    Others(String),
}

pub(super) enum Source {
    Pytorch {
        tensor: pytorch_reader::Tensor,
        file_length: u64,
    },
    /// Bytes of a file, from its beginning on.
    Bytes {
        file: Arc<Mutex<File>>,
        begin: u64,
        length: u64,
    },
}

/// The bytes that a tensor of any file may have.
const SURELY_HARMLESS: u64 = 64 << 20;
/// How many times as large as its whole file a larger one may be, as files can be compressed.
const EXPANSION: u64 = 8;

/// A file that is none of those that can be read here.
pub(super) const NEITHER: &str = "is neither a safetensors file nor one that torch.save wrote";

pub(super) fn cannot(error: std::io::Error) -> String {
    format!("cannot be read ({error})")
}

impl Tensor {
    /// Its values as 32-bit floats.
    ///
    /// # Errors
    /// The problem, continuing "its values cannot be had: …".
    pub fn read(&self) -> Result<TensorData, String> {
        let Elements::Floats(dtype) = self.elements else {
            return Err("they are no floats".into());
        };
        let bytes = match &self.source {
            Source::Pytorch {
                tensor,
                file_length,
            } => {
                // One value that stands for many, or bytes that unpack to many more, fill the memory.
                let length = tensor.byte_len() as u64;
                if length > SURELY_HARMLESS && length > EXPANSION * file_length {
                    let reason =
                        format!("{length} bytes, which a file of {file_length} cannot have");
                    return Err(format!("they would be {reason}"));
                }
                tensor.read().map_err(|error| error.to_string())?
            }
            Source::Bytes {
                file,
                begin,
                length,
            } => {
                let read = || {
                    let mut file = file.lock().unwrap_or_else(|broken| broken.into_inner());
                    file.seek(SeekFrom::Start(*begin))?;
                    let mut bytes = vec![0; *length as usize];
                    file.read_exact(&mut bytes)?;
                    Ok(bytes)
                };
                read().map_err(|error: std::io::Error| error.to_string())?
            }
        };
        if bytes.len() != self.shape.iter().product::<usize>() * dtype.size() {
            return Err("they are fewer than its shape has".into());
        }
        let data = TensorData::from_bytes_vec(bytes, self.shape.clone(), dtype);
        Ok(data.convert::<f32>())
    }
}

/// The names under which programs write down by what images were normalised.
const NORMALISATIONS: [[&str; 2]; 3] = [
    ["mean", "std"],
    ["image_mean", "image_std"],
    ["norm_mean", "norm_std"],
];

/// The normalisation that an entry's neighbours give, by their names and numbers: one for all channels, or three.
pub(super) fn normalisation(number: impl Fn(&str) -> Option<Vec<f64>>) -> Option<Normalisation> {
    let per_channel = |name: &str| match *number(name)?.as_slice() {
        [one] => Some(PerChannel::all(one as f32)),
        [red, green, blue] => Some(PerChannel::rgb(red as f32, green as f32, blue as f32)),
        _ => None,
    };
    NORMALISATIONS.iter().find_map(|[mean, std]| {
        let found = Normalisation::new(per_channel(mean)?, per_channel(std)?);
        // Of pixels in [0, 1]: other numbers speak of something else, or of other pixels.
        let is_of_pixels = (0..3).all(|channel| {
            (0.0..=1.0).contains(&found.mean.of(channel))
                && (f32::MIN_POSITIVE..=1.0).contains(&found.std.of(channel))
        });
        is_of_pixels.then_some(found)
    })
}

/// Whether the dictionary under a key may speak of images: its mean may else be that of losses.
pub(super) fn is_of_images(key: &str) -> bool {
    let key = key.to_lowercase();
    let words = [
        "norm",
        "image",
        "img",
        "transform",
        "process",
        "data",
        "cfg",
        "config",
        "arg",
        "param",
    ];
    words.iter().any(|word| key.contains(word))
}

/// Adds a normalisation that is not there yet.
pub(super) fn add(normalisations: &mut Vec<Normalisation>, found: Option<Normalisation>) {
    if let Some(found) = found.filter(|found| !normalisations.contains(found)) {
        normalisations.push(found);
    }
}
