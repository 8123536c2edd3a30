//! Training with Burn's `SupervisedTraining`, `Learner` and `Adam`, in a run folder that resumes
//! exactly.

mod checkpoint;
mod epochs;
mod fine_tuning;
mod optimizer;
mod progress;
mod rate;
mod tally;

pub use checkpoint::{Checkpoint, Position};
pub use epochs::Ended;
pub use fine_tuning::{
    BACKBONE, Origin, OriginError, Source, beginning_in_words, frozen, names_of_head,
};
pub use optimizer::SharedAdam;
pub use progress::Display;

use crate::backend::{Device, Selected, Train};
use crate::convolution::in_turn;
use crate::data::{
    self, Augmentation, CacheSize, ImageBatcher, ImageDataset, ImageLoader, LoadOptions, Order,
    Split,
};
use crate::numbers::thousands;
use crate::plot::{self, PlotError};
use crate::run::{DatasetConfig, MetricsRow, RunConfig, RunDir, RunError};
use crate::summary::graph;
use crate::tensorboard::EventFile;
use crate::weights::Weights;
use burn::data::dataloader::DataLoader;
use burn::train::logger::InMemoryMetricLogger;
use burn::train::metric::{AccuracyMetric, LossMetric};
use burn::train::renderer::CliMetricsRenderer;
use burn::train::renderer::tui::TuiMetricsRendererWrapper;
use burn::train::{Interrupter, Learner, SupervisedTraining, TrainingStrategy};
use burn_flex::{Flex, FlexDevice};
use burn_zoo_models::{Network, NetworkConfig, Node, Normalisation, Op};
use burn_zoo_steps::Trainee;
use epochs::{Epochs, State};
use progress::Progress;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rate::ScheduledRate;
use std::any::Any;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Why a training did not run or stopped. Each message is one sentence.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// A setting has a value that nothing can be trained with.
    #[error("{0}")]
    BadSetting(String),
    /// The loss became infinite or no number.
    #[error(
        "the loss is {loss} at epoch {epoch}, batch {batch}: a smaller --lr than this usually helps"
    )]
    NotFinite {
        /// The loss.
        loss: f32,
        /// The epoch, from 1.
        epoch: usize,
        /// The batch, from 1.
        batch: usize,
    },
    /// The model's settings do not fit the data.
    #[error(transparent)]
    Model(#[from] burn_zoo_models::ModelError),
    /// The data cannot be read.
    #[error(transparent)]
    Data(#[from] data::DataError),
    /// The run folder cannot be read or written.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The weights to begin with cannot be had.
    #[error(transparent)]
    Origin(#[from] OriginError),
    /// A picture cannot be drawn.
    #[error(transparent)]
    Plot(#[from] PlotError),
}

/// The images of a run.
#[derive(Debug, Clone)]
pub struct Splits {
    /// To train on.
    pub train: Arc<ImageDataset>,
    /// Held out of the training set, where asked for.
    pub valid: Option<Arc<ImageDataset>>,
    /// To report on.
    pub test: Arc<ImageDataset>,
    /// Where they were found.
    pub origin: String,
    /// What the user should know of them.
    pub warnings: Vec<String>,
}

impl Splits {
    /// Reads a data set and holds `valid_fraction` of its training images out for validation,
    /// drawn by the seed.
    ///
    /// # Errors
    /// [`TrainError::Data`]; [`TrainError::BadSetting`] where a split would be empty.
    pub fn load(
        dataset: &data::DatasetSpec,
        limit: Option<usize>,
        valid_fraction: f64,
        options: &LoadOptions,
    ) -> Result<Self, TrainError> {
        let bad = |what: String| Err(TrainError::BadSetting(what));
        if limit == Some(0) {
            return bad("--limit 0 leaves no image: it must be at least 1".into());
        }
        if !(0.0..1.0).contains(&valid_fraction) {
            return bad(format!(
                "--valid-fraction {valid_fraction} is not a share of the training set: it must be at least 0 and less than 1"
            ));
        }
        let loaded = dataset.load(Split::Train, options)?;
        let used = loaded.images.num_bytes() as u64;
        let left = LoadOptions {
            cache: CacheSize(options.cache.0.saturating_sub(used)),
            ..options.clone()
        };
        let loaded_test = dataset.load(Split::Test, &left)?;
        let limit = limit.unwrap_or(usize::MAX);
        let all = loaded.images.truncated(limit);
        let num_valid = (all.len() as f64 * valid_fraction).round() as usize;
        let (train, valid) = match num_valid {
            0 if valid_fraction > 0.0 => {
                let images = all.len();
                return bad(format!(
                    "--valid-fraction {valid_fraction} of {images} images is none: make it larger"
                ));
            }
            0 => (all, None),
            _ if num_valid >= all.len() => {
                let images = all.len();
                return bad(format!(
                    "--valid-fraction {valid_fraction} of {images} images is all of them, and leaves none to train on: make it smaller"
                ));
            }
            _ => {
                let (train, valid) = hold_out(&all, num_valid, options.seed);
                (train, Some(Arc::new(valid)))
            }
        };
        Ok(Self {
            train: Arc::new(train),
            valid,
            test: Arc::new(loaded_test.images.truncated(limit)),
            origin: loaded.origin,
            warnings: [loaded.warning, loaded_test.warning]
                .into_iter()
                .flatten()
                .collect(),
        })
    }

    /// How the pictures of a folder become images and whether they are in memory, in a line.
    pub fn pictures_in_words(&self, dataset: &DatasetConfig, options: &LoadOptions) -> String {
        let splits = [Some(&self.train), self.valid.as_ref(), Some(&self.test)];
        let splits = splits.into_iter().flatten();
        let all: usize = splits.clone().map(|images| images.len()).sum();
        let in_memory: usize = splits.map(|images| images.num_in_memory()).sum();
        let shape = self.train.shape();
        let place = match in_memory {
            _ if in_memory == all => "all in memory".into(),
            0 => "read as they are needed".into(),
            some => format!(
                "{} in memory (--cache {}), {} read as they are needed",
                thousands(some),
                options.cache,
                thousands(all - some)
            ),
        };
        format!("{} to {shape}; {place}", dataset.fit.in_words())
    }

    /// The record of these images for `config.json`.
    pub fn config(
        &self,
        dataset: &data::DatasetSpec,
        normalisation: Normalisation,
        limit: Option<usize>,
        valid_fraction: f64,
    ) -> DatasetConfig {
        DatasetConfig {
            id: dataset.id.clone(),
            origin: self.origin.clone(),
            classes: dataset.classes.clone(),
            fit: dataset.fit,
            mean: normalisation.mean,
            std: normalisation.std,
            limit,
            valid_fraction,
            num_train: self.train.len(),
            num_valid: self.valid.as_ref().map_or(0, |valid| valid.len()),
            num_test: self.test.len(),
        }
    }
}

/// The stream of ChaCha8 that draws the validation split; the epochs take the streams from 1 up.
const VALID_STREAM: u64 = u64::MAX;

fn hold_out(all: &ImageDataset, num_valid: usize, seed: u64) -> (ImageDataset, ImageDataset) {
    let mut indices: Vec<usize> = (0..all.len()).collect();
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(VALID_STREAM);
    data::shuffle(&mut indices, &mut rng);
    let (valid, train) = indices.split_at_mut(num_valid);
    // In the order of the files, as both would be without a split.
    valid.sort_unstable();
    train.sort_unstable();
    (all.subset(train), all.subset(valid))
}

/// Checks the settings against each other and the data.
///
/// # Errors
/// [`TrainError::BadSetting`], naming the option.
pub fn check(config: &RunConfig) -> Result<(), TrainError> {
    let RunConfig {
        adam,
        batch_size,
        num_epochs,
        dataset,
        refinements,
        ..
    } = config;
    let bad = |what| Err(TrainError::BadSetting(what));
    if *num_epochs == 0 {
        return bad("--epochs 0 trains nothing: it must be at least 1".into());
    }
    if *batch_size == 0 {
        return bad("--batch-size 0 holds no image: it must be at least 1".into());
    }
    let frozen = frozen(&config.architecture, &config.freeze)?;
    let one_value = |node: &Node| {
        let is_frozen = node.parameters.iter().all(|own| frozen.contains(&own.name));
        node.op == Op::BatchNorm2d && node.output[1..] == [1, 1] && !is_frozen
    };
    let normalised = graph(&config.architecture);
    if *batch_size == 1 && normalised.is_ok_and(|graph| graph.nodes().iter().any(one_value)) {
        return bad(format!(
            "--batch-size 1 is too small for {}: its batch normalisation would see one value a channel, so make the batches or the images larger",
            config.model
        ));
    }
    if *batch_size > dataset.num_train {
        return bad(format!(
            "--batch-size {batch_size} is larger than the training set of {} images, so that not one batch is whole: make it smaller",
            dataset.num_train
        ));
    }
    if !adam.learning_rate.is_finite() || adam.learning_rate <= 0.0 {
        return bad(format!(
            "--lr {} is no learning rate: it must be a number greater than 0",
            adam.learning_rate
        ));
    }
    if let Some(rate) = config.backbone_learning_rate
        && (!rate.is_finite() || rate <= 0.0)
    {
        return bad(format!(
            "--backbone-lr {rate} is no learning rate: it must be a number greater than 0; to leave the backbone as it is, say --freeze {BACKBONE}"
        ));
    }
    if let Err(reason) = dataset
        .normalisation()
        .check(config.architecture.input().channels)
    {
        return bad(format!("--mean and --std: {reason}"));
    }
    let decay = refinements.weight_decay;
    let rates = [Some(adam.learning_rate), config.backbone_learning_rate];
    for (option, rate) in ["--lr", "--backbone-lr"].into_iter().zip(rates) {
        let Some(rate) = rate else { continue };
        if !(0.0..1.0).contains(&(decay * rate)) {
            return bad(format!(
                "--weight-decay {decay} times {option} {rate} is no share of a weight: it must be at least 0 and less than 1"
            ));
        }
    }
    let smoothing = refinements.label_smoothing;
    if !(0.0..1.0).contains(&smoothing) {
        return bad(format!(
            "--label-smoothing {smoothing} is no share of the target: it must be at least 0 and less than 1"
        ));
    }
    let share = refinements.random_crop;
    if !(0.0..=1.0).contains(&share) {
        return bad(format!(
            "--random-crop {share} is no share of an image: it must be greater than 0 and at most 1, or 0 to cut out nothing"
        ));
    }
    let smaller_side = config
        .architecture
        .input()
        .height
        .min(config.architecture.input().width);
    for (option, size) in [("shift", refinements.shift), ("cutout", refinements.cutout)] {
        if size >= smaller_side {
            return bad(format!(
                "--{option} {size} leaves nothing of images {smaller_side} pixels high or wide: make it smaller"
            ));
        }
    }
    Ok(())
}

/// A model that is to be trained, with the weights to begin with.
///
/// Behind `dyn`, so that whoever lets it go does not compile how tensors are freed: with wgpu, all of its kernels.
pub struct Beginning(Box<dyn Any>);

impl Beginning {
    fn of(trainee: Trainee<Train>) -> Self {
        Self(Box::new(trainee))
    }

    fn trainee(self) -> Trainee<Train> {
        let trainee = self.0.downcast();
        *trainee.expect("only `of` makes one")
    }

    /// Its parameters, read from its device.
    pub fn weights(&self) -> Weights {
        let trainee: Option<&Trainee<Train>> = self.0.downcast_ref();
        weights_of(trainee.expect("only `of` makes one"))
    }
}

/// The model of a configuration with the initial weights of its seed, what it freezes frozen.
///
/// # Errors
/// [`TrainError::Model`] where its settings do not fit the images; [`TrainError::BadSetting`] as [`frozen`].
pub fn initial(config: &RunConfig, device: &Device) -> Result<Beginning, TrainError> {
    let model = config.architecture.init_with_seed(config.seed, device)?;
    let model = model.with_algorithms(in_turn(&config.convolutions));
    let frozen = frozen(&config.architecture, &config.freeze)?;
    let model = model.frozen(|name| frozen.contains(name));
    let trainee = Trainee::new(model).with_label_smoothing(config.refinements.label_smoothing);
    Ok(Beginning::of(trainee))
}

fn weights_of(trainee: &Trainee<Train>) -> Weights {
    Weights::of(&trainee.model)
}

/// Makes the files again that follow from a checkpoint, which a process that was killed just after
/// writing it did not come to.
///
/// # Errors
/// [`TrainError::Run`] where the checkpoint is not of the configuration's model; nothing is then
/// written.
pub fn restore(
    config: &RunConfig,
    run: &RunDir,
    checkpoint: &Checkpoint,
) -> Result<(), TrainError> {
    let model = config
        .architecture
        .init_with_seed::<Flex>(config.seed, &FlexDevice)?;
    checkpoint.weigh(run, model)?;
    if checkpoint.position.batches == 0 {
        checkpoint.write_followers(run)?;
        draw_curves(run, &title(config), &checkpoint.position.rows)?;
    }
    Ok(())
}

/// How a training is to be run, beside what it is.
pub struct Session {
    /// The run folder, held for training.
    pub run: RunDir,
    /// Where it computes.
    pub selected: Selected,
    /// Where to go on from; `None` begins a new run.
    pub checkpoint: Option<Checkpoint>,
    /// How it is shown.
    pub display: Display,
    /// Whether a bar on standard error shows how far it is, where that is a terminal.
    pub show_progress: bool,
    /// The folder that an event file for TensorBoard is written to, if any.
    pub tensorboard: Option<PathBuf>,
    /// Stops it after the current batch.
    pub interrupter: Interrupter,
}

/// What a training came to.
#[derive(Debug)]
pub struct Trained {
    /// Whether it ended by itself.
    pub ended: Ended,
    /// Where it stands.
    pub position: Position,
}

/// Trains a model until the configuration's epochs are done or the session is interrupted.
///
/// # Errors
/// [`TrainError::NotFinite`] and [`TrainError::Run`]; the folder then resumes from its last
/// checkpoint. [`TrainError::Data`] where a picture can no longer be read; the folder then resumes from the
/// batch before.
pub fn train(
    config: &RunConfig,
    splits: &Splits,
    beginning: Beginning,
    session: Session,
) -> Result<Trained, TrainError> {
    let trainee = beginning.trainee();
    let Session {
        run,
        selected,
        checkpoint,
        display,
        show_progress,
        tensorboard,
        interrupter,
    } = session;
    let preparation = selected.preparation();
    let device = selected.device;
    let run = Arc::new(run);
    let refinements = config.refinements;
    let adam = SharedAdam::new(&config.adam).with_weight_decay(refinements.weight_decay);
    let adam = match config.backbone_learning_rate {
        Some(rate) => {
            let head = names_of_head(trainee.model.graph());
            adam.with_backbone_rate(rate / config.adam.learning_rate, &head)
        }
        None => adam,
    };
    let (trainee, position) = match checkpoint {
        Some(checkpoint) => {
            let trainee = checkpoint.apply(&run, trainee, &adam, &device)?;
            (trainee, checkpoint.position)
        }
        None => (trainee, Position::default()),
    };
    let events = tensorboard.map(|folder| EventFile::create(&folder, &run, &position.rows));
    let events = events.transpose()?;

    let batcher = |images: &Arc<ImageDataset>| {
        ImageBatcher::new(images.clone(), config.dataset.normalisation())
    };
    let evaluation = |images: &Arc<ImageDataset>| {
        let batcher = batcher(images);
        let loader = ImageLoader::new(batcher, config.batch_size, Order::InOrder, device.clone());
        Arc::new(loader.prepared(preparation))
    };
    let train = ImageLoader::new(
        batcher(&splits.train),
        config.batch_size,
        Order::Shuffled(config.seed),
        device.clone(),
    )
    .starting_at(position.epochs + 1, position.batches)
    .augmented(
        Augmentation {
            random_crop: refinements.random_crop,
            flip: refinements.flip,
            shift: refinements.shift,
            cutout: refinements.cutout,
        },
        config.seed,
    )
    .prepared(preparation);
    let batches_per_epoch = train.num_batches();
    let rate = ScheduledRate {
        largest: config.adam.learning_rate,
        schedule: refinements.schedule,
        step: position.epochs * batches_per_epoch + position.batches,
        num_steps: config.num_epochs * batches_per_epoch,
    };
    let mut evaluated = Vec::new();
    evaluated.extend(
        splits
            .valid
            .as_ref()
            .map(|valid| ("valid", evaluation(valid))),
    );
    evaluated.push(("test", evaluation(&splits.test)));
    let first: Arc<dyn DataLoader<_, _>> = evaluated[0].1.clone();
    let failure = train.failure();

    let training = SupervisedTraining::new(run.path(), Arc::new(train), first)
        .num_epochs(config.num_epochs)
        .with_interrupter(interrupter.clone())
        // Burn's own logs would stand in the run folder, one line a batch.
        .with_application_logger(None)
        .with_metric_logger(InMemoryMetricLogger::new());
    let training = match display {
        Display::Lines | Display::JsonLines | Display::Nothing => {
            training.renderer(CliMetricsRenderer::new())
        }
        Display::Dashboard => training
            .renderer(TuiMetricsRendererWrapper::new(interrupter, None))
            .metrics((LossMetric::<Flex>::new(), AccuracyMetric::<Flex>::new())),
    };
    let epochs = Arc::new(Epochs {
        run: run.clone(),
        adam: adam.clone(),
        device,
        batches_per_epoch,
        failure,
        evaluated,
        title: title(config),
        dashboard: display == Display::Dashboard,
        state: Mutex::new(State {
            position,
            progress: Progress::new(display, show_progress, config.num_epochs),
            events,
            drawn: Instant::now(),
            ended: None,
        }),
    });
    let learner = Learner::new(trainee, adam, rate);
    training
        .with_training_strategy(TrainingStrategy::Custom(epochs.clone()))
        .launch(learner);

    let mut state = epochs.state.lock().expect("the training has ended");
    let ended = state.ended.take().expect("the training has ended")?;
    let position = std::mem::take(&mut state.position);
    draw_curves(&run, &title(config), &position.rows)?;
    Ok(Trained { ended, position })
}

fn title(config: &RunConfig) -> String {
    format!(
        "{} on {}, {}, seed {}",
        config.model,
        data::short_name(&config.dataset.id),
        config.backend,
        config.seed
    )
}

/// Curves that are older than this are drawn again at the end of an epoch.
const REDRAW: Duration = Duration::from_secs(10);

/// Draws loss and accuracy by epoch into the run folder.
fn draw_curves(run: &RunDir, title: &str, rows: &[MetricsRow]) -> Result<(), TrainError> {
    let mut splits: Vec<&str> = Vec::new();
    for row in rows {
        if !splits.contains(&row.split.as_str()) {
            splits.push(&row.split);
        }
    }
    let points: Vec<Vec<plot::Point>> = splits
        .iter()
        .map(|split| {
            let rows = rows.iter().filter(|row| row.split == *split);
            rows.map(|row| plot::Point {
                epoch: row.epoch,
                loss: row.loss,
                accuracy: row.accuracy,
            })
            .collect()
        })
        .collect();
    if points.is_empty() {
        return Ok(()); // interrupted in the first epoch
    }
    let curves: Vec<_> = splits
        .iter()
        .zip(&points)
        .map(|(name, points)| plot::Curve { name, points })
        .collect();
    let picture = plot::curves(title, &curves)?;
    run.write("curves.svg", picture.svg.as_bytes())?;
    run.write("curves.png", &picture.png)?;
    Ok(())
}
