//! Writes Burn's own file format, for programs that have the architecture and not the zoo.

use super::description::entries;
use super::rust::with_rust_names;
use crate::trained::Trained;
use crate::weights::Weights;
use burn::module::ParamId;
use burn_store::{BurnpackError, BurnpackStore, BurnpackWriter, TensorSnapshot};
use std::error::Error;

/// The bytes of a burnpack file, whose names are those of the bare architecture (`conv1.weight`), as
/// `Mlp`, `Cnn` or `Vgg` takes them by `load_from`.
///
/// Equal weights are equal files: the tensors have no `ParamId`, which would be another each time.
///
/// # Errors
/// [`BurnpackError`] where the file would be too large for the format.
pub fn to_burnpack(trained: &Trained) -> Result<Vec<u8>, BurnpackError> {
    file(trained, trained.weights())
}

/// The same for the structs of [`to_rust`](super::to_rust), by the names of their fields.
///
/// # Errors
/// [`BurnpackError`] where the file would be too large for the format;
/// [`WeightsError`](crate::weights::WeightsError) where the weights are not the architecture's.
pub fn to_burnpack_for_rust(trained: &Trained) -> Result<Vec<u8>, Box<dyn Error + Send + Sync>> {
    Ok(file(trained, &with_rust_names(trained)?)?)
}

fn file(trained: &Trained, weights: &Weights) -> Result<Vec<u8>, BurnpackError> {
    let tensors = weights.names().filter_map(|name| {
        let path = name.split('.').map(String::from).collect();
        let data = weights.get(name)?.clone();
        let mut tensor = TensorSnapshot::from_data(data, path, Vec::new(), ParamId::from(0));
        tensor.tensor_id = None;
        Some(tensor)
    });
    let mut writer = BurnpackWriter::new(tensors.collect());
    for (name, value) in BurnpackStore::default_metadata() {
        writer = writer.with_metadata(&name, &value);
    }
    for (name, value) in entries(trained) {
        writer = writer.with_metadata(name, &value);
    }
    Ok(writer.to_bytes()?.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::tests::trained;
    use burn_flex::{Flex, FlexDevice};
    use burn_store::{ModuleSnapshot, ModuleStore};
    use burn_zoo_models::{Classifier, MODELS, NetworkConfig};
    use std::fs;

    #[test]
    fn the_bare_architecture_reads_every_model_bit_by_bit() {
        let folder = tempfile::tempdir().unwrap();
        for spec in MODELS {
            let trained = trained(spec.id, [1, 28, 28]);
            let file = folder.path().join(format!("{}.bpk", spec.id));
            fs::write(&file, to_burnpack(&trained).unwrap()).unwrap();
            let other = 8; // than the seed that `trained` draws from
            let model = trained.architecture.init_with_seed(other, &FlexDevice);
            let mut model: Classifier<Flex> = model.unwrap();
            let mut store = BurnpackStore::from_file(&file);
            let tensors = store.get_all_snapshots().unwrap().values().cloned();
            // The sum of the architectures adds nothing to the names of the one that it is.
            let skip_enum_variants = true;
            let applied = model.apply(tensors.collect(), None, None, skip_enum_variants);
            assert!(applied.errors.is_empty() && applied.missing.is_empty());
            assert!(Weights::of(&model) == trained.weights, "{}", spec.id);
        }
    }

    #[test]
    fn equal_weights_are_equal_files() {
        let files = [(); 2].map(|()| to_burnpack(&trained("vgg-small", [1, 28, 28])).unwrap());
        assert!(files[0] == files[1]);
    }
}
