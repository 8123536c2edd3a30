//! Trains a model from Rust, evaluates it and prints its curves: `cargo run --release --example train_from_rust`.
//!
//! The images are synthetic, so that nothing is downloaded; `dataset: Some("fashion-mnist".into())` takes real ones.

use burn_zoo::convolution::{Conv, Purpose};
use burn_zoo::evaluate::{answers, batch_size};
use burn_zoo::plan::{self, Monitor, TrainRequest};
use burn_zoo::run::{RunDir, WEIGHTS};
use burn_zoo::trained::Trained;
use burn_zoo_models::Recipe;
use std::error::Error;
use std::sync::Arc;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let plan = plan::begin(TrainRequest {
        model: Some("mlp-relu".into()),
        dataset: Some("synthetic".into()),
        backend: Some("flex".into()),
        recipe: Some(Recipe {
            num_epochs: 3,
            batch_size: 32,
            ..burn_zoo_models::find("mlp-relu")?.recipe
        }),
        limit: Some(512),
        out: Some(folder.path().join("run")),
        ..TrainRequest::default()
    })?;
    plan.warnings
        .iter()
        .for_each(|it| eprintln!("warning: {it}"));
    let selected = plan.selected.clone();
    let outcome = plan.train(Monitor::default())?;

    for row in RunDir::open(&outcome.folder)?.metrics()? {
        let (epoch, split, loss) = (row.epoch, &row.split, row.loss);
        println!(
            "epoch {epoch}  {split:5}  loss {loss:.4}  accuracy {:.3}",
            row.accuracy
        );
    }

    let trained = Trained::of_run(&outcome.folder, WEIGHTS)?;
    let test = trained.test_set(None, false)?.images;
    let batch_size = batch_size(trained.architecture.input());
    let purpose = Purpose::Inference {
        images: test.len(),
        batch_size,
    };
    let model = trained.as_trained_on(&selected, Conv::Auto, purpose)?;
    let batcher = trained.batcher(Arc::new(test));
    let tally = answers(&model, &batcher, batch_size, &selected)?.tally();
    println!(
        "{} test images: accuracy {:.3}",
        tally.images,
        tally.accuracy()
    );
    Ok(())
}
