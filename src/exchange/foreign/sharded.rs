//! Weights in several files, and the index that says which tensor is in which: `model.safetensors.index.json`.

use super::json::Named;
use super::pytorch::open as open_pytorch;
use super::safetensors::open as open_safetensors;
use super::tensor::{Foreign, NEITHER, add, cannot};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read;
use std::path::{Component, Path};

/// The largest index that is read.
const LARGEST_INDEX: u64 = 100_000_000;

#[derive(Deserialize)]
struct Index {
    /// The file of each tensor.
    weight_map: Named<String>,
}

/// Opens the files that an index names, which stand beside it.
///
/// # Errors
/// The problem, continuing "the file …".
pub(super) fn open(path: &Path) -> Result<Foreign, String> {
    let mut text = Vec::new();
    let file = File::open(path).map_err(cannot)?;
    let mut file = file.take(LARGEST_INDEX);
    file.read_to_end(&mut text).map_err(cannot)?;
    let index: Index = serde_json::from_slice(&text)
        .map_err(|error| format!("{NEITHER}, nor the index of several such files ({error})"))?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let names: BTreeSet<&String> = index.weight_map.0.values().collect();
    let mut shards = BTreeMap::new();
    for name in names {
        let is_beside = Path::new(name).components().count() == 1
            && matches!(
                Path::new(name).components().next(),
                Some(Component::Normal(_))
            );
        if !is_beside {
            return Err(format!("names {name:?}, which is no file beside it"));
        }
        let shard = folder.join(name);
        let opened = match File::open(&shard) {
            Err(error) => Err(cannot(error)),
            Ok(_) if name.ends_with(".safetensors") => open_safetensors(&shard),
            Ok(_) => open_pytorch(&shard),
        };
        let opened = opened.map_err(|reason| format!("names {name}, which {reason}"))?;
        shards.insert(name.clone(), opened);
    }
    let mut all = Foreign::default();
    for shard in shards.values() {
        for found in &shard.normalisations {
            add(&mut all.normalisations, Some(*found));
        }
    }
    for (tensor, file) in index.weight_map.0 {
        let shard = shards.get_mut(&file).expect("every file was opened");
        let found = shard.tensors.remove(&tensor);
        let found =
            found.ok_or_else(|| format!("says that {tensor} is in {file}, and it is not"))?;
        all.tensors.insert(tensor, found);
    }
    Ok(all)
}
