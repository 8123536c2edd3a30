//! A folder in memory for the files that the targets read, as the zoo's readers are given paths.

use burn_zoo::data::{LoadOptions, Split, find};
use burn_zoo_models::{ClassifierConfig, ImageShape, MlpConfig};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = PathBuf::from(format!("/dev/shm/burn-zoo-fuzz-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("memory has room for a folder");
    folder
});

/// The folder of this process.
pub fn folder() -> &'static Path {
    &FOLDER
}

/// Writes a file into the folder.
pub fn file(name: &str, bytes: &[u8]) -> PathBuf {
    let path = FOLDER.join(name);
    fs::write(&path, bytes).expect("memory has room for a file");
    path
}

/// Two files from one input, whose first two bytes are the length of the first.
pub fn halves(bytes: &[u8]) -> (&[u8], &[u8]) {
    let Some((length, rest)) = bytes.split_first_chunk::<2>() else {
        return (bytes, &[]);
    };
    rest.split_at(rest.len().min(u16::from_le_bytes(*length) as usize))
}

/// Loads a data set from the folder, and every image of it.
pub fn load(dataset: &str, split: Split) {
    let options = LoadOptions {
        data_dir: Some(folder().into()),
        ..LoadOptions::default()
    };
    let spec = find(dataset).expect("it is in the table");
    match spec.load(split, &options) {
        Ok(loaded) => {
            let images = loaded.images;
            assert!(!images.is_empty(), "a split without images is refused");
            let size = spec.shape.channels * spec.shape.height * spec.shape.width;
            for (index, &label) in images.labels().iter().enumerate() {
                assert_eq!(images.image(index).expect("it is in memory").len(), size);
                assert!(usize::from(label) < spec.classes.len());
            }
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// The model of the weights in the corpus: `mlp-relu` with 5 hidden units, for images of 1×2×2 and 3 classes.
pub static SMALL_MLP: LazyLock<ClassifierConfig> = LazyLock::new(|| {
    let config = MlpConfig::new(ImageShape::new(1, 2, 2), 3).with_hidden(vec![5]);
    ClassifierConfig::Mlp(config)
});
