//! Weights to and from PyTorch, by the names and layouts of the lecture's own code, and models to
//! ONNX, to Burn's own format and to Rust source.
//!
//! | zoo | PyTorch |
//! |---|---|
//! | MLP: `hidden.0`, `hidden.1`, …, `output` | `nn.Sequential`: `1`, `3`, …, the last |
//! | CNN: `conv1` … `conv4`, `dense1`, `dense2` | `CustomModel`: the same; without `dense1`, `dense` |
//! | VGG: `stages.0.0`, …, `dense1`, `dense2` | torchvision's: `features.0`, …, `classifier.0`, `classifier.2` |
//! | dense weights `[in, out]` | `[out, in]` |
//!
//! The names are those of the model's [graph](burn_zoo_models::Graph).

mod assign;
mod burnpack;
mod classes;
mod description;
mod foreign;
mod names;
mod onnx;
mod places;
mod pytorch_file;
mod rust;
mod state_dict;

pub use burnpack::{to_burnpack, to_burnpack_for_rust};
pub use classes::read_classes;
pub use names::{Naming, Rename};
pub use onnx::to_onnx;
pub use rust::{BurnVersion, module_name, to_rust};
pub use state_dict::{StateDict, Taken};

use crate::summary::graph;
use crate::trained::Trained;
use crate::weights::{Weights, safetensors_file};
use burn::tensor::TensorData;
use burn_zoo_models::{ClassifierConfig, Parameter};
use std::io;
use std::path::PathBuf;

/// Why a file of weights cannot be taken over. Each message is one sentence.
#[derive(Debug, thiserror::Error)]
pub enum ExchangeError {
    /// The file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// It is neither a safetensors nor a PyTorch file, or a damaged one.
    #[error("{} {reason}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The problem.
        reason: String,
    },
    /// Its tensors are not the model's.
    #[error("{} does not fit the model: {reason}", path.display())]
    DoesNotFit {
        /// The file.
        path: PathBuf,
        /// Which tensors are missing, unexpected or of another shape.
        reason: String,
    },
}

/// The parameters of an architecture, in PyTorch's order.
fn parameters(architecture: &ClassifierConfig) -> Vec<Parameter> {
    let graph = graph(architecture).expect("an architecture with weights makes a model");
    graph.parameters().cloned().collect()
}

/// A tensor in the other's layout: dense weights, the only ones of two dimensions, are transposed.
fn transposed(data: TensorData) -> TensorData {
    let [rows, columns] = *data.shape.as_slice() else {
        return data;
    };
    let data = data.convert::<f32>();
    let values = data.as_slice::<f32>().expect("they were converted");
    let mut transposed = Vec::with_capacity(values.len());
    for column in 0..columns {
        transposed.extend((0..rows).map(|row| values[row * columns + column]));
    }
    TensorData::new(transposed, [columns, rows])
}

/// A model's weights by PyTorch's names, in PyTorch's layout and order.
///
/// Weights of another architecture are left out.
pub fn to_pytorch(architecture: &ClassifierConfig, weights: &Weights) -> Vec<(String, TensorData)> {
    let tensors = parameters(architecture).into_iter();
    tensors
        .filter_map(|own| Some((own.pytorch, transposed(weights.get(&own.name)?.clone()))))
        .collect()
}

/// A model's weights from tensors by PyTorch's names, in PyTorch's layout; `tensor` gives them.
///
/// # Errors
/// Those of `tensor`.
pub fn from_pytorch<E>(
    architecture: &ClassifierConfig,
    mut tensor: impl FnMut(&str) -> Result<TensorData, E>,
) -> Result<Weights, E> {
    let mut weights = Weights::default();
    for own in parameters(architecture) {
        weights.insert(own.name, transposed(tensor(&own.pytorch)?.convert::<f32>()));
    }
    Ok(weights)
}

/// The end of the name of a batch normalisation's running mean in PyTorch.
const RUNNING_MEAN: &str = ".running_mean";
/// The end of the name of its count of batches, which PyTorch wants in a state dict.
const NUM_BATCHES: &str = ".num_batches_tracked";

/// The same with PyTorch's count of batches for each batch normalisation. It is 0, for the zoo does not
/// count them; PyTorch reads it only where there is no momentum.
fn with_counts(tensors: Vec<(String, TensorData)>) -> Vec<(String, TensorData)> {
    let mut counted = Vec::new();
    let mut count = None;
    for (name, data) in tensors {
        if let Some(module) = name.strip_suffix(RUNNING_MEAN) {
            count = Some(format!("{module}{NUM_BATCHES}"));
        }
        let is_last = name.ends_with(".running_var");
        counted.push((name, data));
        if let Some(name) = count.take_if(|_| is_last) {
            counted.push((name, TensorData::new(vec![0i64], Vec::<usize>::new())));
        }
    }
    counted
}

/// A file format of state dicts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// safetensors, as `safetensors.torch.load_file` reads it.
    Safetensors,
    /// A zip archive with a pickle, as `torch.load` reads it.
    Pytorch,
}

/// A file's bytes with weights that `load_state_dict` of the lecture's model takes.
///
/// # Errors
/// [`io::Error`] where a tensor is too large for the format.
pub fn to_file(trained: &Trained, format: Format) -> io::Result<Vec<u8>> {
    let tensors = with_counts(to_pytorch(&trained.architecture, &trained.weights));
    match format {
        Format::Pytorch => pytorch_file::write(&tensors),
        Format::Safetensors => {
            let entries = description::entries(trained).into_iter();
            // As safetensors.torch writes it; transformers insists on it.
            let entries = entries.chain([("format", "pt".into())]);
            let metadata = entries
                .map(|(key, value)| (key.to_owned(), value))
                .collect();
            let tensors = tensors.iter().map(|(name, data)| (name, data));
            Ok(safetensors_file(tensors, &metadata))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::DATASETS;
    use burn_flex::{Flex, FlexDevice};
    use burn_zoo_models::{ImageShape, MODELS, NetworkConfig, find};
    use std::collections::HashMap;

    /// A model with weights drawn from a seed, as if it had been trained on the first data set with
    /// images of this shape.
    pub(super) fn trained(id: &str, [channels, height, width]: [usize; 3]) -> Trained {
        let shape = ImageShape::new(channels, height, width);
        let dataset = DATASETS.iter().find(|spec| spec.shape == shape).unwrap();
        let architecture = dataset.architecture(find(id).unwrap());
        Trained {
            name: id.into(),
            model: id.into(),
            weights: weights(&architecture),
            architecture,
            dataset: dataset.id.to_string(),
            classes: dataset.classes.iter().map(ToString::to_string).collect(),
            fit: dataset.fit,
            normalisation: dataset.normalisation,
            run: None,
            epoch: None,
        }
    }

    fn architecture(id: &str) -> ClassifierConfig {
        find(id).unwrap().config(ImageShape::new(1, 28, 28), 10)
    }

    fn weights(architecture: &ClassifierConfig) -> Weights {
        Weights::of(&architecture.init_with_seed::<Flex>(7, &FlexDevice).unwrap())
    }

    #[test]
    fn every_parameter_of_every_model_has_a_name_in_pytorch_and_comes_back() {
        for spec in MODELS {
            let architecture = architecture(spec.id);
            let weights = weights(&architecture);
            let theirs: HashMap<_, _> = to_pytorch(&architecture, &weights).into_iter().collect();
            assert_eq!(theirs.len(), weights.names().count(), "{}", spec.id);
            let back = from_pytorch(&architecture, |name| theirs.get(name).cloned().ok_or(()));
            assert_eq!(back.unwrap(), weights, "{}", spec.id);
        }
    }

    #[test]
    fn names_and_shapes_are_the_lectures() {
        let names = |id: &str| {
            let architecture = architecture(id);
            let tensors = to_pytorch(&architecture, &weights(&architecture)).into_iter();
            let weights = tensors.filter(|(name, _)| name.ends_with(".weight"));
            weights
                .map(|(name, data)| (name, data.shape.to_vec()))
                .collect::<Vec<_>>()
        };
        let named = |name: &str, shape: &[usize]| (format!("{name}.weight"), shape.to_vec());
        assert_eq!(
            names("mlp-relu-2"),
            [
                named("1", &[256, 784]),
                named("3", &[256, 256]),
                named("5", &[10, 256])
            ]
        );
        assert_eq!(names("cnn-simple")[4], named("dense", &[10, 4096]));
        assert_eq!(
            names("cnn")[3..],
            [
                named("conv4", &[256, 128, 7, 7]),
                named("dense1", &[128, 4096]),
                named("dense2", &[10, 128])
            ]
        );
    }

    #[test]
    fn a_file_of_either_format_is_read_back_bit_by_bit() {
        let folder = tempfile::tempdir().unwrap();
        for id in ["mlp-relu-3", "cnn-simple", "cnn-strided"] {
            let trained = trained(id, [1, 28, 28]);
            for format in [Format::Safetensors, Format::Pytorch] {
                let path = folder.path().join("file");
                let bytes = to_file(&trained, format).unwrap();
                std::fs::write(&path, bytes).unwrap();
                let state = StateDict::open(&path).unwrap();
                let read = state.weights(&trained.architecture, &Naming::default());
                assert_eq!(read.unwrap().weights, trained.weights, "{id}, {format:?}");
                let says = (format == Format::Safetensors).then_some(trained.normalisation);
                assert_eq!(state.normalisation(), says);
            }
        }
    }
}
