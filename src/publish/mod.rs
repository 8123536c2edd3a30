//! Trained weights on their way into the models' crate: files with their story, the list of them
//! in Rust, and the model cards.
//!
//! | file | what it holds |
//! |---|---|
//! | `models/weights/MODEL/ID.safetensors` | the weights as 16-bit floats, and their [`Story`] |
//! | the other files of `models/weights/MODEL` | a crate that holds the bytes |
//! | `models/src/pretrained/list.rs` | the stories as constants, for those who import the models |
//! | `models/README.md` | the stories as tables, for those who read |
//!
//! All others follow from the first, and [`check`] verifies that they do.

mod cards;
mod error;
mod list;
mod package;
mod story;

pub use error::PublishError;
pub use story::{SeedResult, Story};

use crate::backend::{Infer, Selected};
use crate::convolution::in_turn;
use crate::data::{self, ImageBatcher, ImageLoader, LoadOptions, Order, Split};
use crate::evaluate;
use crate::run::{RunConfig, RunDir, WEIGHTS};
use crate::summary::graph;
use crate::system::files::{self, FileError};
use crate::weights::Weights;
use burn::tensor::{DType, TensorData};
use burn_zoo_models::{
    Classifier, ConvAlgorithm, Network, NetworkConfig, Precision, Recipe, Refinements,
};
use safetensors::{Dtype, tensor::TensorView};
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use story::Published;

/// The folder of the weights, in the repository; each model has one of its own in it.
const FOLDER: &str = "models/weights";

/// Publishes the weights of runs: those of one model and recipe are the seeds of one set of weights, of
/// which the first's are published. Weights that are published already stay if their own seed is not among
/// the runs, and so do the results of other seeds: the runs are added.
///
/// # Errors
/// [`PublishError::Unfit`] where a run is unfinished, was not trained on all of the data set by one of the
/// model's recipes, or computed its products in another precision than the others; [`PublishError`] where a
/// file cannot be read or written.
pub fn publish(root: &Path, runs: &[PathBuf], selected: &Selected) -> Result<(), PublishError> {
    let mut sets: Vec<(String, Vec<(&Path, RunConfig)>)> = Vec::new();
    for path in runs {
        let config = RunDir::open(path)?.config()?;
        let id = name(path, &config)?;
        match sets.iter_mut().find(|(known, _)| *known == id) {
            Some((_, runs)) => {
                same_precision(path, &config, &recipe(&runs[0].1))?;
                runs.push((path, config));
            }
            None => sets.push((id, vec![(path, config)])),
        }
    }
    for (id, runs) in sets {
        let (_, config) = &runs[0];
        let folder = root.join(FOLDER).join(&config.model);
        let path = folder.join(format!("{id}.safetensors"));
        let published = match path.exists() {
            true => Some(Published::read(&path)?.story),
            false => None,
        };
        // Weights by a recipe that is the model's no more give way.
        let published = published.filter(|story| is_of(story, config));
        if let Some(story) = &published {
            same_precision(runs[0].0, config, &story.recipe)?;
        }
        let test_set = TestSet::load(config, selected)?;
        let results = test_set.results(&runs)?;
        let is_anew = |seed: u64| results.iter().any(|result| result.seed == seed);
        let mut known = published
            .as_ref()
            .map_or(Vec::new(), |story| story.results.clone());
        known.retain(|result| !is_anew(result.seed));
        let bytes = match published {
            Some(story) if !is_anew(story.results[0].seed) => {
                let results = [known, results].concat();
                Story { results, ..story }.with_tensors_of(&path)?
            }
            _ => {
                let results = [results, known].concat();
                file(id, runs[0].0, config, &test_set, results)?
            }
        };
        files::create_folders(&folder)?;
        files::write_whole(&path, &bytes)?;
    }
    for (path, text) in followers(root)? {
        if let Some(folder) = path.parent() {
            files::create_folders(folder)?;
        }
        files::write_whole(&path, text.as_bytes())?;
    }
    Ok(())
}

/// Checks that the crates of weights, the list and the model cards are those of the weights.
///
/// # Errors
/// [`PublishError::Stale`] for the first that is not; [`PublishError`] where a file cannot be read.
pub fn check(root: &Path) -> Result<(), PublishError> {
    for (path, text) in followers(root)? {
        if !path.exists() || files::read(&path)? != text.as_bytes() {
            return Err(PublishError::Stale(path));
        }
    }
    Ok(())
}

/// The files that follow from the weights.
fn followers(root: &Path) -> Result<Vec<(PathBuf, String)>, PublishError> {
    let folder = root.join(FOLDER);
    let mut published = Vec::new();
    for of_model in entries(&folder)? {
        for path in entries(&of_model)? {
            if path.extension().is_some_and(|end| end == "safetensors") {
                published.push(Published::read(&path)?);
            }
        }
    }
    // In the order of the table of models, the tuned weights first.
    let place = |weights: &Published| {
        let mut models = burn_zoo_models::MODELS.iter();
        let model = models.position(|spec| spec.id == weights.story.model);
        (model, weights.story.id.clone())
    };
    published.sort_by_key(place);
    let speed = files::read(&root.join("docs/speed.csv"))?;
    let mut followers = vec![
        (
            root.join("models/src/pretrained/list.rs"),
            list::rust(&published),
        ),
        (
            root.join("models/README.md"),
            cards::markdown(&published, &String::from_utf8_lossy(&speed))?,
        ),
    ];
    for of_model in published.chunk_by(|a, b| a.story.model == b.story.model) {
        let folder = folder.join(&of_model[0].story.model);
        let files = package::files(of_model).into_iter();
        followers.extend(files.map(|(name, text)| (folder.join(name), text)));
    }
    Ok(followers)
}

/// What is in a folder.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, PublishError> {
    let failed = |error| FileError::new("read", folder, error);
    let entries = fs::read_dir(folder).map_err(failed)?;
    let paths = entries.map(|entry| Ok(entry.map_err(failed)?.path()));
    paths.collect()
}

/// The name of a run's weights.
fn name(path: &Path, config: &RunConfig) -> Result<String, PublishError> {
    let unfit = |reason: String| PublishError::Unfit {
        run: path.into(),
        reason,
    };
    let spec = burn_zoo_models::find(&config.model)?;
    let dataset = data::find(&config.dataset.id)?;
    let recorded = &config.dataset;
    let images = [recorded.num_train, recorded.num_test];
    if images != [dataset.num_train, dataset.num_test] || recorded.num_valid > 0 {
        return Err(unfit(format!(
            "it was trained on {} and tested on {} images, and {} has {} and {}",
            images[0], images[1], dataset.id, dataset.num_train, dataset.num_test
        )));
    }
    if config.init_from.is_some() || config.imported_from.is_some() {
        return Err(unfit("it did not begin with weights of its seed".into()));
    }
    let recipe = in_full_precision(recipe(config));
    let suffix = match recipe {
        _ if recipe == spec.tuned => "",
        _ if recipe == spec.recipe => ".lecture",
        _ => {
            return Err(unfit(format!(
                "its recipe is neither of those of {}",
                spec.id
            )));
        }
    };
    Ok(format!("{}.{}{suffix}", spec.id, dataset.id))
}

/// The recipe with products in 32 bits: weights by one recipe have one name, whatever they were trained in.
fn in_full_precision(recipe: Recipe) -> Recipe {
    let refinements = Refinements {
        precision: Precision::F32,
        ..recipe.refinements
    };
    Recipe {
        refinements,
        ..recipe
    }
}

/// Checks that a run computed its products as those that it goes with: the results of its seed stand among theirs.
fn same_precision(path: &Path, config: &RunConfig, others: &Recipe) -> Result<(), PublishError> {
    let [own, theirs] = [config.refinements, others.refinements].map(|r| r.precision);
    match own == theirs {
        true => Ok(()),
        false => Err(PublishError::Unfit {
            run: path.into(),
            reason: format!(
                "it was trained with products in {}, and the others by this recipe in {}",
                own.name(),
                theirs.name()
            ),
        }),
    }
}

fn recipe(config: &RunConfig) -> Recipe {
    Recipe {
        initialisation: config.architecture.initialisation(),
        learning_rate: config.adam.learning_rate,
        batch_size: config.batch_size,
        num_epochs: config.num_epochs,
        refinements: config.refinements,
    }
}

/// The bytes of a file of a run's weights.
fn file(
    id: String,
    run: &Path,
    config: &RunConfig,
    test_set: &TestSet,
    results: Vec<SeedResult>,
) -> Result<Vec<u8>, PublishError> {
    let halves = halved(&weights(run, config)?);
    let mut widened = Weights::default();
    for (name, data) in &halves {
        widened.insert(name.clone(), data.clone());
    }
    let published = test_set.result(config, &widened)?;
    let recipe = recipe(config);
    let option = match id.ends_with(".lecture") {
        true => "",
        false => " --recipe tuned",
    };
    let precision = match recipe.refinements.precision {
        Precision::F32 => String::new(),
        other => format!(" --precision {}", other.name()),
    };
    let conv = conv_option(config)?;
    let story = Story {
        id,
        model: config.model.clone(),
        architecture: config.architecture.clone(),
        dataset: config.dataset.id.clone(),
        normalisation: config.dataset.normalisation(),
        recipe,
        accuracy: published.accuracy,
        loss: published.loss,
        results,
        command: format!(
            "zoo train {} --dataset {}{option}{precision} --seed {} --backend {}{conv}",
            config.model, config.dataset.id, config.seed, config.backend
        ),
        trained_on: format!(
            "{} {}, {}, zoo {}, Burn {}",
            config.backend, config.device, config.hardware, config.zoo, config.burn
        ),
    };
    let tensors = halves.iter().map(|(name, data)| {
        let view = TensorView::new(Dtype::F16, data.shape.to_vec(), data.as_bytes())
            .expect("a tensor's bytes have its shape's size");
        (name.as_str(), view)
    });
    Ok(story.with_tensors(tensors))
}

/// The option for the run's convolutions; if they use several algorithms, `auto` chose them.
fn conv_option(config: &RunConfig) -> Result<String, PublishError> {
    let algorithms = &config.convolutions;
    let first = match algorithms.first() {
        None if graph(&config.architecture)?.convolutions().is_empty() => return Ok(String::new()),
        None => ConvAlgorithm::Direct,
        Some(&first) => first,
    };
    Ok(
        match algorithms.iter().all(|&algorithm| algorithm == first) {
            true => format!(" --conv {}", first.name()),
            false => String::new(),
        },
    )
}

/// The last weights of a finished run.
fn weights(path: &Path, config: &RunConfig) -> Result<Weights, PublishError> {
    let (weights, metadata) = RunDir::open(path)?.read_weights(WEIGHTS)?;
    let epoch = metadata.get("epoch").and_then(|epoch| epoch.parse().ok());
    if epoch != Some(config.num_epochs) {
        return Err(PublishError::Unfit {
            run: path.into(),
            reason: format!("it has not done its {} epochs", config.num_epochs),
        });
    }
    Ok(weights)
}

/// Weights as 16-bit floats, in order of their names.
fn halved(weights: &Weights) -> Vec<(String, TensorData)> {
    let names = weights.names();
    names
        .map(|name| {
            let data = weights.get(name).expect("a name of its own").clone();
            (name.to_owned(), data.convert_dtype(DType::F16))
        })
        .collect()
}

/// A data set's test images, ready to be classified.
struct TestSet<'a> {
    loader: ImageLoader<Infer>,
    selected: &'a Selected,
}

impl<'a> TestSet<'a> {
    fn load(config: &RunConfig, selected: &'a Selected) -> Result<Self, PublishError> {
        let dataset = data::find(&config.dataset.id)?;
        let loaded = dataset.load(Split::Test, &LoadOptions::default())?;
        let batcher = ImageBatcher::new(loaded.images.into(), config.dataset.normalisation());
        let device = selected.device.clone();
        let loader = ImageLoader::<Infer>::new(batcher, 1024, Order::InOrder, device)
            .prepared(selected.preparation());
        Ok(Self { loader, selected })
    }

    /// The test results of the last weights of each run.
    fn results(&self, runs: &[(&Path, RunConfig)]) -> Result<Vec<SeedResult>, PublishError> {
        runs.iter()
            .map(|(path, config)| self.result(config, &weights(path, config)?))
            .collect()
    }

    /// The test results of weights of a run's model.
    fn result(&self, config: &RunConfig, weights: &Weights) -> Result<SeedResult, PublishError> {
        let device = &self.selected.device;
        let model: Classifier<Infer> = config.architecture.init_with_seed(config.seed, device)?;
        let model = weights.apply(model).map_err(|error| PublishError::Unfit {
            run: config.model.clone().into(),
            reason: error.to_string(),
        })?;
        let model = model.with_algorithms(in_turn(&config.convolutions));
        let to_the_end = |_: &_, _| ControlFlow::Continue(());
        let tally = evaluate::pass(&model, &self.loader, to_the_end)?.tally();
        Ok(SeedResult {
            seed: config.seed,
            accuracy: tally.accuracy(),
            loss: tally.mean_loss(),
        })
    }
}

/// Whether a run was trained like the weights of a story, except for the seed and the precision of products.
fn is_of(story: &Story, config: &RunConfig) -> bool {
    story.architecture == config.architecture
        && in_full_precision(story.recipe) == in_full_precision(recipe(config))
        && !story.results.is_empty()
}
