//! Reads the tensors of a file that PyTorch or the zoo wrote.

use super::{
    ExchangeError, NUM_BATCHES, RUNNING_MEAN, from_pytorch, parameters, pickle, to_pytorch,
};
use crate::summary::graph;
use crate::weights::{Weights, WeightsError};
use burn::tensor::{DType, TensorData};
use burn_flex::{Flex, FlexDevice};
use burn_store::TensorSnapshot;
use burn_store::pytorch::PytorchReader;
use burn_zoo_models::{ClassifierConfig, NetworkConfig};
use safetensors::{Dtype, SafeTensors};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::{self, Cursor, Read, Seek};
use std::path::{Path, PathBuf};

/// The tensors of a file by their names, in PyTorch's layout.
///
/// Nothing of a file is run: of a pickle, tensors and dictionaries are read and all else is left out.
pub struct StateDict {
    path: PathBuf,
    contents: Contents,
}

enum Contents {
    /// A file of the zoo's own.
    Zoo(Weights),
    Safetensors(BTreeMap<String, TensorData>),
    Pytorch(HashMap<String, TensorSnapshot>),
}

/// The prefixes that PyTorch's wrappers add to the names of the wrapped model.
const WRAPPERS: [&str; 2] = ["module.", "_orig_mod."];

impl StateDict {
    /// Opens a safetensors or PyTorch file; its contents decide which.
    ///
    /// # Errors
    /// [`ExchangeError::Io`]; [`ExchangeError::Unreadable`] where it is neither, is cut short, or holds
    /// what cannot be read faithfully.
    pub fn open(path: &Path) -> Result<Self, ExchangeError> {
        let io = |source| ExchangeError::Io {
            path: path.into(),
            source,
        };
        let unreadable = |reason| ExchangeError::Unreadable {
            path: path.into(),
            reason,
        };
        let bytes = std::fs::read(path).map_err(io)?;
        let contents = match bytes.get(8) {
            Some(b'{') => safetensors(&bytes),
            _ => pytorch(path, &bytes),
        };
        Ok(Self {
            path: path.into(),
            contents: contents.map_err(unreadable)?,
        })
    }

    /// The weights of a model.
    ///
    /// They may stand under a prefix (`module.`) or in a dictionary of the file (`model_state_dict`);
    /// `key` names it where there are several.
    ///
    /// # Errors
    /// [`ExchangeError::DoesNotFit`], naming the tensors that are missing, unexpected, of another shape
    /// or no floats; [`ExchangeError::Unreadable`] where a tensor's values are damaged.
    pub fn weights(
        &self,
        architecture: &ClassifierConfig,
        key: Option<&str>,
    ) -> Result<Weights, ExchangeError> {
        let misfit = |reason| ExchangeError::DoesNotFit {
            path: self.path.clone(),
            reason,
        };
        let model = architecture.init_with_seed::<Flex>(0, &FlexDevice);
        let model = model.map_err(|error| misfit(error.to_string()))?;
        if let Contents::Zoo(weights) = &self.contents {
            weights.apply(model).map_err(|error| match error {
                WeightsError::DoesNotFit(reason) => misfit(reason),
                other => misfit(other.to_string()),
            })?;
            return Ok(weights.clone());
        }
        let found = self.shapes();
        let expected = to_pytorch(architecture, &Weights::of(&model));
        let prefix = prefix(&found, architecture, key).map_err(misfit)?;
        check(&found, &expected, &prefix).map_err(misfit)?;
        from_pytorch(architecture, |name| self.tensor(&format!("{prefix}{name}")))
    }

    /// The number of classes of the model in the file, by the shape of its last layer; the
    /// architecture's own number of them does not matter.
    ///
    /// # Errors
    /// [`ExchangeError::DoesNotFit`] where the file has no such layer.
    pub fn num_classes(
        &self,
        architecture: &ClassifierConfig,
        key: Option<&str>,
    ) -> Result<usize, ExchangeError> {
        let misfit = |reason| ExchangeError::DoesNotFit {
            path: self.path.clone(),
            reason,
        };
        let graph = graph(architecture).map_err(|error| misfit(error.to_string()))?;
        let head = graph.head().and_then(|head| head.parameters.first());
        let head = head.ok_or_else(|| misfit("the model has no last layer".into()))?;
        let (name, shape, axis) = match &self.contents {
            // A dense weight is [in, out] in the zoo and [out, in] in PyTorch.
            Contents::Zoo(weights) => {
                let found = weights.get(&head.name);
                (head.name.clone(), found.map(|data| data.shape.to_vec()), 1)
            }
            _ => {
                let found = self.shapes();
                let prefix = prefix(&found, architecture, key).map_err(misfit)?;
                let name = format!("{prefix}{}", head.pytorch);
                let shape = found.get(name.as_str()).map(|(shape, _)| shape.clone());
                (name, shape, 0)
            }
        };
        match shape.as_deref() {
            Some(shape @ [_, _]) => Ok(shape[axis]),
            Some(shape) => Err(misfit(format!("{name} has the shape {shape:?}"))),
            None => Err(misfit(format!("{name} is missing"))),
        }
    }

    fn shapes(&self) -> BTreeMap<&str, (Vec<usize>, DType)> {
        match &self.contents {
            Contents::Zoo(_) => BTreeMap::new(),
            Contents::Safetensors(tensors) => tensors
                .iter()
                .map(|(name, data)| (name.as_str(), (data.shape.to_vec(), data.dtype)))
                .collect(),
            Contents::Pytorch(tensors) => tensors
                .iter()
                .map(|(name, snapshot)| (name.as_str(), (snapshot.shape.to_vec(), snapshot.dtype)))
                .collect(),
        }
    }

    fn tensor(&self, name: &str) -> Result<TensorData, ExchangeError> {
        let data = match &self.contents {
            Contents::Zoo(weights) => weights.get(name).cloned().ok_or_else(String::new),
            Contents::Safetensors(tensors) => tensors.get(name).cloned().ok_or_else(String::new),
            Contents::Pytorch(tensors) => match tensors.get(name) {
                Some(snapshot) => snapshot.to_data().map_err(|error| error.to_string()),
                None => Err(String::new()),
            },
        };
        data.map_err(|reason| ExchangeError::Unreadable {
            path: self.path.clone(),
            reason: format!("holds {name}, but not its values: {reason}"),
        })
    }
}

fn safetensors(bytes: &[u8]) -> Result<Contents, String> {
    match Weights::from_safetensors(bytes) {
        Ok((weights, _)) => return Ok(Contents::Zoo(weights)),
        Err(WeightsError::NotSafetensors(reason)) => {
            return Err(format!("is not a whole safetensors file ({reason})"));
        }
        Err(_) => {} // not the zoo's own
    }
    let file = SafeTensors::deserialize(bytes);
    let file = file.map_err(|error| format!("is not a whole safetensors file ({error})"))?;
    let mut tensors = BTreeMap::new();
    for (name, view) in file.iter() {
        let dtype = match view.dtype() {
            Dtype::F64 => DType::F64,
            Dtype::F32 => DType::F32,
            Dtype::F16 => DType::F16,
            Dtype::BF16 => DType::BF16,
            Dtype::I64 => DType::I64,
            Dtype::I32 => DType::I32,
            other => return Err(format!("holds {name} as {other:?}, which is not read")),
        };
        let data = TensorData::from_bytes_vec(view.data().to_vec(), view.shape().to_vec(), dtype);
        tensors.insert(name.to_owned(), data);
    }
    Ok(Contents::Safetensors(tensors))
}

fn pytorch(path: &Path, bytes: &[u8]) -> Result<Contents, String> {
    match zip::ZipArchive::new(Cursor::new(bytes)) {
        Ok(archive) => look_into_archive(archive)?,
        Err(_) => look_into_legacy(bytes)?,
    }
    let reader = PytorchReader::new(path);
    let reader = reader.map_err(|error| format!("is no state dict of PyTorch's: {error}"))?;
    Ok(Contents::Pytorch(reader.into_tensors()))
}

/// Checks the pickle of an archive and that every storage is whole.
fn look_into_archive<R: Read + Seek>(mut archive: zip::ZipArchive<R>) -> Result<(), String> {
    let names: Vec<String> = archive.file_names().map(String::from).collect();
    let pickled = names.iter().find(|name| name.ends_with("data.pkl"));
    let pickled = pickled.ok_or("is a zip archive, but none of PyTorch's: it has no data.pkl")?;
    let folder = pickled.trim_end_matches("data.pkl").to_owned();
    let damaged = |error: io::Error| format!("is damaged ({error})");
    let mut read = |name: &str| -> Result<Vec<u8>, String> {
        let entry = archive.by_name(name);
        let mut entry = entry.map_err(|error| format!("has no {name} ({error})"))?;
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).map_err(damaged)?; // checks the checksum
        Ok(bytes)
    };
    let pickled = pickle::look(&read(pickled)?)?;
    for (key, needed) in pickled.storages {
        let name = format!("{folder}data/{key}");
        let found = read(&name)?.len() as u64;
        if found < needed {
            return Err(format!("is damaged: {name} has {found} of {needed} bytes"));
        }
    }
    Ok(())
}

/// The first bytes of a file in the format before PyTorch 1.6: a pickle of its magic number.
const LEGACY: &[u8] = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.";

/// Checks the pickles of a file in the format before PyTorch 1.6: magic number, version, system, the
/// state dict, the keys of the storages, and then their bytes, each after its length.
fn look_into_legacy(bytes: &[u8]) -> Result<(), String> {
    if !bytes.starts_with(LEGACY) {
        return Err("is neither a safetensors file nor one that torch.save wrote".into());
    }
    let mut rest = bytes;
    let mut storages = BTreeMap::new();
    for _ in 0..5 {
        let pickled = pickle::look(rest)?;
        rest = &rest[pickled.length..];
        storages.extend(pickled.storages);
    }
    let needed: u64 = storages.values().map(|bytes| bytes + 8).sum();
    if (rest.len() as u64) < needed {
        return Err(format!(
            "is cut short: it has {} of {needed} bytes of values",
            rest.len()
        ));
    }
    Ok(())
}

/// The prefix of the model's tensors in the file.
fn prefix(
    found: &BTreeMap<&str, (Vec<usize>, DType)>,
    architecture: &ClassifierConfig,
    key: Option<&str>,
) -> Result<String, String> {
    let names = parameters(architecture).into_iter();
    let names: Vec<String> = names.map(|own| own.pytorch).collect();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for stored in found.keys() {
        for name in &names {
            if let Some(prefix) = stored.strip_suffix(name.as_str())
                && (prefix.is_empty() || prefix.ends_with('.'))
                && key.is_none_or(|key| prefix.starts_with(&format!("{key}.")))
            {
                *counts.entry(prefix).or_default() += 1;
            }
        }
    }
    let most = counts.values().max();
    let best: Vec<&str> = counts
        .iter()
        .filter(|(_, count)| Some(*count) == most)
        .map(|(prefix, _)| *prefix)
        .collect();
    match best[..] {
        [only] => Ok(only.to_owned()),
        [] => {
            let some = |names: &mut dyn Iterator<Item = &str>| {
                let names: Vec<_> = names.take(4).collect();
                names.join(", ")
            };
            let stored = match found.len() {
                0 => "no tensors at all".into(),
                count => format!("{count} others: {}, …", some(&mut found.keys().copied())),
            };
            Err(format!(
                "it has none of the model's tensors {}, …{}, but {stored}",
                some(&mut names.iter().map(String::as_str)),
                key.map_or(String::new(), |key| format!(" under {key:?}")),
            ))
        }
        _ => Err(format!(
            "it holds several models, under {}: name one by ‘key’",
            best.iter()
                .map(|prefix| prefix.trim_end_matches('.'))
                .collect::<Vec<_>>()
                .join(", ")
        )),
    }
}

fn check(
    found: &BTreeMap<&str, (Vec<usize>, DType)>,
    expected: &[(String, TensorData)],
    prefix: &str,
) -> Result<(), String> {
    let mut misfits = Vec::new();
    let mut names = BTreeSet::new();
    for (name, data) in expected {
        let name = format!("{prefix}{name}");
        let shape = data.shape.to_vec();
        match found.get(name.as_str()) {
            None => misfits.push(format!("{name} is missing")),
            Some((other, _)) if *other != shape => {
                misfits.push(format!(
                    "{name} has the shape {other:?} instead of {shape:?}"
                ));
            }
            Some((_, dtype)) if !dtype.is_float() => {
                misfits.push(format!("{name} holds {dtype:?} instead of floats"));
            }
            Some(_) => {}
        }
        names.insert(name);
    }
    // A checkpoint holds more than the model; what stands beside the model's tensors is the model's.
    let mut container = prefix;
    while let Some(outer) = WRAPPERS
        .iter()
        .find_map(|wrapper| container.strip_suffix(wrapper))
    {
        container = outer;
    }
    // PyTorch counts the batches of a batch normalisation, and with its usual momentum never reads it.
    let is_count = |name: &str| {
        let module = name.strip_suffix(NUM_BATCHES);
        module.is_some_and(|module| names.contains(&format!("{module}{RUNNING_MEAN}")))
    };
    let unexpected = found
        .keys()
        .filter(|name| name.starts_with(container) && !names.contains(**name) && !is_count(name));
    misfits.extend(unexpected.map(|name| format!("{name} is unexpected")));
    match misfits.is_empty() {
        true => Ok(()),
        false => Err(misfits.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::{Format, pytorch_file, to_file};
    use crate::weights::Metadata;
    use burn_zoo_models::{ImageShape, find};

    fn architecture() -> ClassifierConfig {
        let spec = find("mlp-relu").unwrap();
        spec.config(ImageShape::new(1, 2, 2), 3)
    }

    fn weights(seed: u64) -> Weights {
        Weights::of(
            &architecture()
                .init_with_seed::<Flex>(seed, &FlexDevice)
                .unwrap(),
        )
    }

    /// The weights read from a file with models under these prefixes, each drawn with its index as seed.
    fn read(prefixes: &[&str], key: Option<&str>) -> Result<Weights, ExchangeError> {
        let models = prefixes.iter().enumerate();
        let tensors = models.flat_map(|(seed, prefix)| {
            let tensors = to_pytorch(&architecture(), &weights(seed as u64)).into_iter();
            tensors.map(move |(name, data)| (format!("{prefix}{name}"), data))
        });
        let bytes = pytorch_file::write(&tensors.collect::<Vec<_>>()).unwrap();
        weights_in(&bytes, key)
    }

    /// The weights in a file with these bytes.
    fn weights_in(bytes: &[u8], key: Option<&str>) -> Result<Weights, ExchangeError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        StateDict::open(file.path())?.weights(&architecture(), key)
    }

    #[test]
    fn of_several_models_the_key_names_one() {
        let error = read(&["model.", "ema."], None).unwrap_err().to_string();
        assert!(
            error.contains("several models, under ema, model: name one by ‘key’"),
            "{error}"
        );
        assert_eq!(read(&["model.", "ema."], Some("ema")).unwrap(), weights(1));
        let error = read(&["model.", "ema."], Some("best"))
            .unwrap_err()
            .to_string();
        assert!(error.contains("under \"best\""), "{error}");
    }

    #[test]
    fn wrappers_are_taken_off() {
        for prefix in ["", "module.", "_orig_mod.module.", "state.model.module."] {
            assert_eq!(read(&[prefix], None).unwrap(), weights(0), "{prefix}");
        }
    }

    #[test]
    fn a_file_of_the_zoos_own_is_taken_as_it_is() {
        let bytes = weights(5).to_safetensors(Metadata::new());
        assert_eq!(weights_in(&bytes, None).unwrap(), weights(5));
    }

    #[test]
    fn integers_are_no_weights() {
        let bytes = to_file(&architecture(), &weights(0), Format::Safetensors).unwrap();
        let at = bytes
            .windows(5)
            .position(|word| word == b"\"F32\"")
            .unwrap();
        let mut integers = bytes;
        integers[at + 1] = b'I';
        let error = weights_in(&integers, None).unwrap_err().to_string();
        assert!(error.contains("holds I32 instead of floats"), "{error}");
    }
}
