//! Weights to and from PyTorch, by the names and layouts of the lecture's own code, and models to
//! ONNX and to Burn's own format.
//!
//! | zoo | PyTorch |
//! |---|---|
//! | MLP: `hidden.0`, `hidden.1`, …, `output` | `nn.Sequential`: `1`, `3`, …, the last |
//! | CNN: `conv1` … `conv4`, `dense1`, `dense2` | `CustomModel`: the same; without `dense1`, `dense` |
//! | VGG: `stages.0.0`, …, `dense1`, `dense2` | torchvision's: `features.0`, …, `classifier.0`, `classifier.2` |
//! | dense weights `[in, out]` | `[out, in]` |

mod burnpack;
mod description;
mod onnx;
mod pickle;
mod pytorch_file;
mod state_dict;

pub use burnpack::to_burnpack;
pub use onnx::to_onnx;
pub use state_dict::StateDict;

use crate::weights::{Weights, safetensors_file};
use burn::tensor::TensorData;
use burn_zoo_models::ClassifierConfig;
use std::collections::HashMap;
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
        /// What is wrong with it.
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

/// The layers of an architecture with parameters, in order: their names here and in PyTorch.
fn layers(architecture: &ClassifierConfig) -> Vec<(String, String)> {
    match architecture {
        ClassifierConfig::Mlp(config) => {
            // Each dense layer is followed by its activation; Flatten is number 0.
            let hidden = (0..config.hidden.len())
                .map(|layer| (format!("hidden.{layer}"), format!("{}", 2 * layer + 1)));
            let output = ("output".into(), format!("{}", 2 * config.hidden.len() + 1));
            hidden.chain([output]).collect()
        }
        ClassifierConfig::Cnn(config) => {
            let same = |layer: &str| (layer.to_owned(), layer.to_owned());
            let mut layers: Vec<_> = ["conv1", "conv2", "conv3", "conv4"].map(same).into();
            match config.hidden {
                Some(_) => layers.extend(["dense1", "dense2"].map(same)),
                None => layers.push(("dense2".into(), "dense".into())),
            }
            layers
        }
        ClassifierConfig::Vgg(config) => {
            // Each convolution is followed by its ReLU, each stage by its pooling.
            let mut place = 0;
            let mut convs = Vec::new();
            for (number, stage) in config.stages.iter().enumerate() {
                for conv in 0..stage.len() {
                    convs.push((
                        format!("stages.{number}.{conv}"),
                        format!("features.{place}"),
                    ));
                    place += 2;
                }
                place += 1;
            }
            let dense = [("dense1", "classifier.0"), ("dense2", "classifier.2")];
            let dense = dense.map(|(ours, theirs)| (ours.into(), theirs.into()));
            convs.into_iter().chain(dense).collect()
        }
    }
}

/// The parameters of an architecture, in PyTorch's order: their names here and in PyTorch.
fn parameters(architecture: &ClassifierConfig) -> Vec<(String, String)> {
    let layers = layers(architecture).into_iter();
    layers
        .flat_map(|(ours, theirs)| {
            ["weight", "bias"].map(|kind| (format!("{ours}.{kind}"), format!("{theirs}.{kind}")))
        })
        .collect()
}

/// A tensor in the other's layout: dense weights, the only ones of two dimensions, are transposed.
fn transposed(data: &TensorData) -> TensorData {
    let [rows, columns] = *data.shape.as_slice() else {
        return data.clone();
    };
    let values: Vec<f32> = data.iter().collect();
    let transposed = (0..columns).flat_map(|column| {
        let values = &values;
        (0..rows).map(move |row| values[row * columns + column])
    });
    TensorData::new(transposed.collect::<Vec<f32>>(), [columns, rows])
}

/// A model's weights by PyTorch's names, in PyTorch's layout and order.
///
/// Weights of another architecture are left out.
pub fn to_pytorch(architecture: &ClassifierConfig, weights: &Weights) -> Vec<(String, TensorData)> {
    let tensors = parameters(architecture).into_iter();
    tensors
        .filter_map(|(ours, theirs)| Some((theirs, transposed(weights.get(&ours)?))))
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
    for (ours, theirs) in parameters(architecture) {
        weights.insert(ours, transposed(&tensor(&theirs)?.convert::<f32>()));
    }
    Ok(weights)
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
pub fn to_file(
    architecture: &ClassifierConfig,
    weights: &Weights,
    format: Format,
) -> io::Result<Vec<u8>> {
    let tensors = to_pytorch(architecture, weights);
    match format {
        Format::Pytorch => pytorch_file::write(&tensors),
        Format::Safetensors => {
            // What safetensors.torch writes; transformers insists on it.
            let metadata = HashMap::from([("format".to_owned(), "pt".to_owned())]);
            let tensors = tensors.iter().map(|(name, data)| (name, data));
            Ok(safetensors_file(tensors, metadata))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::DATASETS;
    use crate::trained::Trained;
    use burn_flex::{Flex, FlexDevice};
    use burn_zoo_models::{ImageShape, MODELS, find};

    /// A model with weights drawn from a seed, as if it had been trained on the first data set with
    /// images of this shape.
    pub(super) fn trained(id: &str, shape: [usize; 3]) -> Trained {
        let dataset = DATASETS.iter().find(|spec| spec.shape == shape).unwrap();
        let architecture = dataset.architecture(find(id).unwrap());
        Trained {
            name: id.into(),
            model: id.into(),
            weights: weights(&architecture),
            architecture,
            dataset: dataset.id.to_string(),
            classes: dataset.classes.iter().map(ToString::to_string).collect(),
            mean: dataset.mean,
            std: dataset.std,
            run: None,
            epoch: None,
        }
    }

    fn architecture(id: &str) -> ClassifierConfig {
        find(id).unwrap().config(ImageShape::new(1, 28, 28), 10)
    }

    fn weights(architecture: &ClassifierConfig) -> Weights {
        Weights::of(&architecture.init::<Flex>(7, &FlexDevice).unwrap())
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
            let architecture = architecture(id);
            let weights = weights(&architecture);
            for format in [Format::Safetensors, Format::Pytorch] {
                let path = folder.path().join("file");
                let bytes = to_file(&architecture, &weights, format).unwrap();
                std::fs::write(&path, bytes).unwrap();
                let read = StateDict::open(&path).unwrap().weights(&architecture, None);
                assert_eq!(read.unwrap(), weights, "{id}, {format:?}");
            }
        }
    }
}
