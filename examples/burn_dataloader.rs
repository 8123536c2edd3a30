//! The zoo's data sets in Burn's own data loader: `cargo run --release --example burn_dataloader`.
//!
//! `ImageDataset` is a `Dataset` of Burn and `ImageBatcher` a `Batcher`, so that `DataLoaderBuilder` makes batches of any
//! data set of the zoo. The images here are drawn from a seed; `data::find("fashion-mnist")` or
//! `data::find("folder:PATH")` would do as well.

use burn::data::dataloader::DataLoaderBuilder;
use burn_flex::{Flex, FlexDevice};
use burn_zoo::data::{self, ImageBatcher, LoadOptions, Split};
use std::error::Error;
use std::sync::Arc;

fn main() -> Result<(), Box<dyn Error>> {
    let dataset = data::find("synthetic")?;
    let images = dataset.load(Split::Train, &LoadOptions::default())?.images;
    let images = Arc::new(images.truncated(1000));

    let batcher = ImageBatcher::new(images.clone(), dataset.normalisation);
    let loader = DataLoaderBuilder::<Flex, _, _>::new(batcher)
        .batch_size(256)
        .shuffle(42)
        .num_workers(2)
        .set_device(FlexDevice)
        .build(images);

    println!("{}: {} images", dataset.title, loader.num_items());
    for batch in loader.iter() {
        // A batch is an error if the file of one of its images cannot be read.
        let batch = batch?;
        println!(
            "images {:?}, targets {:?}",
            batch.images.dims(),
            batch.targets.dims()
        );
    }
    Ok(())
}
