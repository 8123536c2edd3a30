//! A module's parameters by name: to host memory, to safetensors files and back.

use burn::module::Module;
use burn::tensor::{DType, TensorData, backend::Backend};
use burn_zoo_models::parameters::{NamedTensors, fill, read};
use safetensors::{Dtype, SafeTensors};
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Why a weights file cannot be read. Each message continues "`FILE` …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WeightsError {
    /// It is not a safetensors file, or is cut short.
    #[error("is not a whole safetensors file ({0})")]
    NotSafetensors(String),
    /// Tensors or metadata are not the ones that were written.
    #[error("is damaged: it does not have the SHA-256 that the zoo wrote with it")]
    Damaged,
    /// The tensors do not fit the model.
    #[error("does not fit the model: {0}")]
    DoesNotFit(String),
}

/// Parameters by name, on the host as 32-bit floats; in order of their names.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Weights {
    tensors: NamedTensors,
}

/// The metadata of a file of weights, by name.
pub type Metadata = BTreeMap<String, String>;

/// The entry of a file's metadata that holds all of ours: safetensors does not keep the order of
/// several, and equal weights are to be equal files.
const ENTRY: &str = "burn-zoo";
/// The name of the SHA-256 over tensors and metadata.
const SHA256: &str = "sha256";

impl Weights {
    /// The parameters of a module, read from its device.
    pub fn of<B: Backend>(module: &impl Module<B>) -> Self {
        let mut weights = Self::default();
        for (name, data) in read(module) {
            weights.insert(name, data);
        }
        weights
    }

    /// Adds a tensor.
    pub fn insert(&mut self, name: String, data: TensorData) {
        self.tensors.insert(name, data.convert::<f32>());
    }

    /// Takes the tensors whose names begin with `prefix`, without the prefix.
    pub fn with_prefix(&self, prefix: &str) -> Self {
        let tensors = self.tensors.iter().filter_map(|(name, data)| {
            let name = name.strip_prefix(prefix)?;
            Some((name.to_owned(), data.clone()))
        });
        Self {
            tensors: tensors.collect(),
        }
    }

    /// The tensor of that name.
    pub fn get(&self, name: &str) -> Option<&TensorData> {
        self.tensors.get(name)
    }

    /// The names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tensors.keys().map(String::as_str)
    }

    /// SHA-256 over names, shapes and values (little-endian), in order of the names: equal for equal
    /// weights on every backend and machine.
    pub fn sha256(&self) -> String {
        self.sha256_with(&Metadata::new())
    }

    fn sha256_with(&self, metadata: &Metadata) -> String {
        let mut hash = Sha256::new();
        for (name, value) in metadata {
            hash.update(format!("{name}={value}\n"));
        }
        for (name, data) in &self.tensors {
            hash.update(format!("{name} {:?}\n", data.shape.as_slice()));
            hash.update(little_endian(data));
        }
        hex(&hash.finalize())
    }

    /// A safetensors file's bytes, with metadata and the SHA-256 over both.
    pub fn to_safetensors(&self, metadata: Metadata) -> Vec<u8> {
        let sha256 = self.sha256_with(&metadata);
        let mut entry = metadata;
        entry.insert(SHA256.into(), sha256);
        let entry = serde_json::to_string(&entry).expect("names and values are text");
        let header = BTreeMap::from([(ENTRY.to_owned(), entry)]);
        safetensors_file(&self.tensors, &header)
    }

    /// Reads the bytes of a file that [`to_safetensors`](Self::to_safetensors) made.
    ///
    /// # Errors
    /// [`WeightsError`] where the bytes are no safetensors file of 32-bit floats, or not the ones
    /// that were written.
    pub fn from_safetensors(bytes: &[u8]) -> Result<(Self, Metadata), WeightsError> {
        let not_safetensors =
            |error: safetensors::SafeTensorError| WeightsError::NotSafetensors(error.to_string());
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(not_safetensors)?;
        let file = SafeTensors::deserialize(bytes).map_err(not_safetensors)?;
        let mut weights = Self::default();
        for (name, view) in file.iter() {
            if view.dtype() != Dtype::F32 {
                return Err(WeightsError::DoesNotFit(format!(
                    "the tensor {name} is of {:?}, not F32",
                    view.dtype()
                )));
            }
            let values: Vec<f32> = view
                .data()
                .chunks_exact(4)
                .map(|four| f32::from_le_bytes([four[0], four[1], four[2], four[3]]))
                .collect();
            let data = TensorData::new(values, view.shape().to_vec());
            weights.tensors.insert(name.to_owned(), data);
        }
        let mut metadata = entry(&header)?;
        let sha256 = metadata.remove(SHA256);
        if sha256 != Some(weights.sha256_with(&metadata)) {
            return Err(WeightsError::Damaged);
        }
        Ok((weights, metadata))
    }

    /// The module with these values in place of its own.
    ///
    /// # Errors
    /// [`WeightsError::DoesNotFit`], naming the tensors that are missing, unexpected or of another
    /// shape; the module is then unchanged.
    pub fn apply<B: Backend, M: Module<B>>(&self, module: M) -> Result<M, WeightsError> {
        fill(module, &self.tensors).map_err(|misfits| WeightsError::DoesNotFit(misfits.to_string()))
    }
}

/// The metadata of a file of weights, from its header and the number of bytes behind it: whether the
/// values are those that were written is not asked, only whether they are all there.
///
/// # Errors
/// [`WeightsError::NotSafetensors`]; [`WeightsError::Damaged`] where it says nothing.
pub fn metadata_of(header: &[u8], num_bytes: u64) -> Result<Metadata, WeightsError> {
    let header: safetensors::tensor::Metadata = serde_json::from_slice(header)
        .map_err(|error| WeightsError::NotSafetensors(error.to_string()))?;
    if header.data_len() as u64 != num_bytes {
        let expected = header.data_len();
        let reason = format!("its tensors have {num_bytes} bytes instead of {expected}");
        return Err(WeightsError::NotSafetensors(reason));
    }
    let mut metadata = entry(&header)?;
    metadata.remove(SHA256);
    Ok(metadata)
}

/// All of ours in a header.
fn entry(header: &safetensors::tensor::Metadata) -> Result<Metadata, WeightsError> {
    let entries = header.metadata().as_ref();
    let entry = entries.and_then(|entries| entries.get(ENTRY));
    let entry = entry.and_then(|entry| serde_json::from_str(entry).ok());
    entry.ok_or(WeightsError::Damaged)
}

/// Whether the metadata in a safetensors file's header are those of a file that [`Weights::to_safetensors`] made.
pub fn is_of_the_zoo(metadata: &BTreeMap<String, String>) -> bool {
    metadata.contains_key(ENTRY)
}

/// A hash as it is written.
pub fn hex(hash: &[u8]) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The bytes of a safetensors file of 32-bit floats and 64-bit integers: as the crate `safetensors` writes them, but with
/// the header's entries in order, so that equal weights are equal files, and without a copy of the tensors beside.
pub fn safetensors_file<'a>(
    tensors: impl IntoIterator<Item = (&'a String, &'a TensorData)>,
    metadata: &BTreeMap<String, String>,
) -> Vec<u8> {
    let mut tensors: Vec<_> = tensors.into_iter().collect();
    // Those of large elements come first, so that all lie at multiples of their elements' sizes.
    tensors.sort_by_key(|(name, data)| (data.dtype != DType::I64, *name));
    let text = |text: &str| serde_json::to_string(text).expect("a text is valid JSON");
    let entries = metadata
        .iter()
        .map(|(key, value)| format!("{}:{}", text(key), text(value)));
    let entries = entries.collect::<Vec<_>>().join(",");
    let mut header = format!("{{\"__metadata__\":{{{entries}}}");
    let mut end = 0;
    for (name, data) in &tensors {
        let (dtype, size) = match data.dtype {
            DType::I64 => ("I64", 8),
            _ => ("F32", 4),
        };
        let begin = end;
        end += data.num_elements() * size;
        let shape = data.shape.as_slice().iter().map(usize::to_string);
        let shape = shape.collect::<Vec<_>>().join(",");
        header += &format!(
            ",{}:{{\"dtype\":\"{dtype}\",\"shape\":[{shape}],\"data_offsets\":[{begin},{end}]}}",
            text(name)
        );
    }
    header.push('}');
    // Values begin at a multiple of eight.
    header += &" ".repeat(header.len().next_multiple_of(8) - header.len());
    let mut file = Vec::with_capacity(8 + header.len() + end);
    file.extend((header.len() as u64).to_le_bytes());
    file.extend(header.as_bytes());
    for (_, data) in tensors {
        file.extend_from_slice(&little_endian(data));
    }
    file
}

/// A tensor's 32-bit floats or 64-bit integers as safetensors and PyTorch store them: its own bytes, where the machine
/// has them in this order, for weights may be as large as the memory.
pub fn little_endian(data: &TensorData) -> Cow<'_, [u8]> {
    debug_assert!(matches!(data.dtype, DType::I64 | DType::F32));
    if cfg!(target_endian = "little") {
        return Cow::Borrowed(data.as_bytes());
    }
    Cow::Owned(match data.dtype {
        DType::I64 => data.iter::<i64>().flat_map(i64::to_le_bytes).collect(),
        _ => data.iter::<f32>().flat_map(f32::to_le_bytes).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn_flex::{Flex, FlexDevice};
    use burn_zoo_models::{Classifier, ImageShape, NetworkConfig, find};
    use safetensors::tensor::TensorView;
    use std::collections::HashMap;

    fn model(id: &str, seed: u64) -> Classifier<Flex> {
        let config = find(id).unwrap().config(ImageShape::new(1, 28, 28), 10);
        config.init_with_seed(seed, &FlexDevice).unwrap()
    }

    #[test]
    fn parameters_go_by_the_architectures_own_names() {
        let names: Vec<String> = Weights::of(&model("mlp-relu-2", 1))
            .names()
            .map(String::from)
            .collect();
        let mut expected: Vec<_> = ["hidden.0", "hidden.1", "output"]
            .iter()
            .flat_map(|layer| [format!("{layer}.bias"), format!("{layer}.weight")])
            .collect();
        expected.sort();
        assert_eq!(names, expected);
    }

    #[test]
    fn weights_survive_a_file_in_the_same_bytes() {
        let weights = Weights::of(&model("cnn-strided", 1));
        let bytes = weights.to_safetensors(Metadata::from([("epoch".into(), "3".into())]));
        let (read, metadata) = Weights::from_safetensors(&bytes).unwrap();
        assert_eq!(read, weights);
        assert_eq!(metadata["epoch"], "3");
        let other = read.apply(model("cnn-strided", 2)).unwrap();
        assert_eq!(Weights::of(&other).sha256(), weights.sha256());
        assert_ne!(
            Weights::of(&model("cnn-strided", 2)).sha256(),
            weights.sha256()
        );
    }

    #[test]
    fn files_are_byte_for_byte_those_of_the_crate_safetensors() {
        let mut tensors = read(&model("cnn-maxpool", 3));
        tensors.insert(
            "the \"count\" of batches".into(),
            TensorData::from([3i64, 4]),
        );
        tensors.insert(
            "a scalar".into(),
            TensorData::new(vec![1.0f32], Vec::<usize>::new()),
        );
        let metadata = BTreeMap::from([("format".to_owned(), "pt: \"ä\"".to_owned())]);
        let views = tensors.iter().map(|(name, data)| {
            let dtype = match data.dtype {
                DType::I64 => Dtype::I64,
                _ => Dtype::F32,
            };
            let view = TensorView::new(dtype, data.shape.to_vec(), data.as_bytes());
            (name, view.unwrap())
        });
        let theirs = HashMap::from_iter(metadata.clone());
        let theirs = safetensors::serialize(views, Some(theirs)).unwrap();
        assert!(safetensors_file(&tensors, &metadata) == theirs);
    }

    #[test]
    fn every_flipped_byte_and_every_cut_is_noticed() {
        let mut weights = Weights::default();
        weights.insert("a".into(), TensorData::from([1.0f32, 2.0]));
        weights.insert("b".into(), TensorData::from([3.0f32]));
        let whole = weights.to_safetensors(Metadata::from([("epoch".into(), "3".into())]));
        for cut in 0..whole.len() {
            assert!(
                Weights::from_safetensors(&whole[..cut]).is_err(),
                "cut at {cut}"
            );
        }
        for flipped in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[flipped] ^= 1;
            let read = Weights::from_safetensors(&bytes);
            assert!(read.is_err(), "flipped at {flipped}");
        }
    }

    #[test]
    fn equal_weights_make_equal_files() {
        let metadata = || Metadata::from(["a", "b", "c"].map(|name| (name.into(), name.into())));
        let files = [1, 1].map(|seed| {
            let weights = Weights::of(&model("mlp-relu", seed));
            weights.to_safetensors(metadata())
        });
        assert!(files[0] == files[1]);
    }

    #[test]
    fn weights_of_another_model_are_refused_tensor_by_tensor() {
        let weights = Weights::of(&model("mlp-relu", 1));
        let error = weights
            .apply(model("mlp-relu-2", 1))
            .unwrap_err()
            .to_string();
        assert!(error.contains("hidden.1.weight is missing"), "{error}");
        let error = Weights::of(&model("mlp-relu-2", 1)).apply(model("mlp-relu", 1));
        let error = error.unwrap_err().to_string();
        assert!(error.contains("hidden.1.bias is unexpected"), "{error}");
        let config = find("mlp-relu")
            .unwrap()
            .config(ImageShape::new(3, 32, 32), 10);
        let colour = config.init_with_seed::<Flex>(1, &FlexDevice).unwrap();
        let error = weights.apply(colour).unwrap_err().to_string();
        let expected = "hidden.0.weight has the shape [784, 256] instead of [3072, 256]";
        assert!(error.contains(expected), "{error}");
    }
}
