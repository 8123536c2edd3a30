//! Whole epochs of the zoo's loader over the pictures of a folder, for `loader.py`:
//! `cargo bench --bench loader -- FOLDER EPOCHS CACHE`. It prints images a second, a line an epoch.

use burn::data::dataloader::DataLoader;
use burn_flex::{Flex, FlexDevice};
use burn_zoo::backend::Preparation;
use burn_zoo::data::{
    self, Augmentation, CacheSize, ImageBatcher, ImageLoader, LoadOptions, Order, Split,
};
use burn_zoo_models::{Fit, ImageShape, Normalisation};
use std::error::Error;
use std::sync::Arc;
use std::time::Instant;

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    // Cargo's own word comes last, and comes alone where all benches are run.
    let [folder, epochs, cache, ..] = words.as_slice() else {
        return Ok(());
    };
    let shape = ImageShape::new(3, 224, 224);
    let dataset = data::choose(
        &format!("folder:{folder}"),
        None,
        Some(shape),
        Some(Fit::Crop),
        data::usual(&[]),
    )?;
    let cache: CacheSize = cache.parse()?;
    let options = LoadOptions {
        cache,
        whole: true,
        ..LoadOptions::default()
    };
    let images = Arc::new(dataset.load(Split::Train, &options)?.images);
    let batcher = ImageBatcher::new(images, Normalisation::IMAGENET);
    let augmentation = Augmentation {
        random_crop: 0.08,
        flip: true,
        ..Augmentation::default()
    };
    let loader = ImageLoader::<Flex>::new(batcher, 32, Order::Shuffled(42), FlexDevice)
        .augmented(augmentation, 42)
        .prepared(Preparation::Ahead);
    for _ in 0..epochs.parse()? {
        let started = Instant::now();
        let images: usize = loader.iter().map(|batch| batch.images.dims()[0]).sum();
        loader.failure().check()?;
        println!("{}", images as f64 / started.elapsed().as_secs_f64());
    }
    Ok(())
}
