//! A training from its first batch to its last, by Burn's learner.

use super::beginning::Beginning;
use super::checkpoint::{Checkpoint, Position};
use super::curves::{draw_curves, title};
use super::epochs::{Ended, Epochs, State};
use super::error::TrainError;
use super::frozen::names_of_head;
use super::joined::Joined;
use super::optimizer::SharedAdam;
use super::progress::{Display, Progress};
use super::rate::ScheduledRate;
use super::replicas::{Part, Replicas};
use super::sharing::Sharing;
use crate::backend::{self, Preparation, Selected};
use crate::data::{Augmentation, ImageBatcher, ImageDataset, ImageLoader, Order, Split, Splits};
use crate::run::{RunConfig, RunDir};
use crate::tensorboard::EventFile;
use burn::data::dataloader::DataLoader;
use burn::train::logger::InMemoryMetricLogger;
use burn::train::metric::{AccuracyMetric, LossMetric};
use burn::train::renderer::CliMetricsRenderer;
use burn::train::renderer::tui::TuiMetricsRendererWrapper;
use burn::train::{Interrupter, Learner, SupervisedTraining, TrainingStrategy};
use burn_flex::{Flex, FlexDevice};
use burn_zoo_models::{Network, NetworkConfig};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Instant;

/// Makes the files again that follow from a checkpoint, which a process that was killed just after
/// writing it could not make.
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
    checkpoint.load_weights(run, model)?;
    if checkpoint.position.batches == 0 && checkpoint.position.epochs > 0 {
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
    /// Further devices that take a part of each batch.
    pub further: Vec<Part>,
    /// Further processes that do.
    pub joined: Option<Joined>,
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

/// How a training ended.
#[derive(Debug)]
pub struct TrainOutcome {
    /// The run folder.
    pub folder: PathBuf,
    /// Whether it ended by itself.
    pub ended: Ended,
    /// Where it stands.
    pub position: Position,
}

/// Trains a model until the configuration's epochs are done or the session is interrupted.
///
/// # Errors
/// [`TrainError::Diverged`] and [`TrainError::Run`]; the folder then resumes from its last
/// checkpoint. [`TrainError::Data`] where a picture can no longer be read; the folder then resumes from the
/// batch before.
pub fn train(
    config: &RunConfig,
    splits: &Splits,
    beginning: Beginning,
    session: Session,
) -> Result<TrainOutcome, TrainError> {
    let trainee = beginning.trainee();
    let Session {
        run,
        selected,
        further,
        joined,
        checkpoint,
        display,
        show_progress,
        tensorboard,
        interrupter,
    } = session;
    let preparation = preparation(&selected, &further);
    let device = selected.device.clone();
    // The parts of a batch go to their devices from the host.
    let loads_on = match further.as_slice() {
        [] => device.clone(),
        _ => backend::host(),
    };
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
        None => {
            adam.begin(&trainee);
            (trainee, Position::default())
        }
    };
    let trainee = match &joined {
        Some(joined) => joined.as_first(trainee)?,
        None => trainee,
    };
    let events = tensorboard.map(|folder| EventFile::create(&folder, &run, &position.rows));
    let events = events.transpose().map_err(TrainError::from);
    let events = match &joined {
        Some(joined) => joined.ranks.agree(events)?,
        None => events?,
    };

    let batcher = |images: &Arc<ImageDataset>| {
        ImageBatcher::new(images.clone(), config.dataset.normalisation())
    };
    let evaluation = |images: &Arc<ImageDataset>| {
        let batcher = batcher(images);
        let loader = ImageLoader::new(batcher, config.batch_size, Order::InOrder, device.clone());
        let loader = match &joined {
            Some(joined) => loader.of_images(joined.part_of_split(images.len())),
            None => loader,
        };
        Arc::new(loader.prepared(preparation))
    };
    let train = ImageLoader::new(
        batcher(&splits.train),
        config.batch_size,
        Order::Shuffled(config.seed),
        loads_on,
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
    let train = match &joined {
        Some(joined) => train.with_part(joined.part.clone()),
        None => train,
    };
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
            .map(|valid| (Split::Valid, evaluation(valid))),
    );
    evaluated.push((Split::Test, evaluation(&splits.test)));
    let first: Arc<dyn DataLoader<_, _>> = evaluated[0].1.clone();
    let failure = train.failure();

    let training = SupervisedTraining::new(run.path(), Arc::new(train), first)
        .num_epochs(config.num_epochs)
        .with_interrupter(interrupter.clone())
        // Burn's own logs would stand in the run folder, one line a batch.
        .with_application_logger(None)
        .with_metric_logger(InMemoryMetricLogger::new());
    let training = match display {
        Display::Lines | Display::JsonLines | Display::Events | Display::Nothing => {
            training.renderer(CliMetricsRenderer::new())
        }
        Display::Dashboard => training
            .renderer(TuiMetricsRendererWrapper::new(interrupter, None))
            .metrics((LossMetric::<Flex>::new(), AccuracyMetric::<Flex>::new())),
    };
    let sharing = match joined {
        Some(joined) => Sharing::Ranks(joined),
        None if further.is_empty() => Sharing::Alone,
        None => {
            let images: usize = further.iter().map(|part| part.images).sum();
            let own = config.batch_size - images;
            Sharing::Devices(Replicas::new(&trainee, &selected, own, &further))
        }
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
            sharing,
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
    Ok(TrainOutcome {
        folder: run.path().into(),
        ended,
        position,
    })
}

/// How batches are best prepared for several devices.
fn preparation(first: &Selected, further: &[Part]) -> Preparation {
    let further = further.iter().map(|part| part.selected.preparation());
    let mut all = std::iter::once(first.preparation()).chain(further);
    // Where one computes on this CPU by threads that wait by spinning, no others are to be in their way.
    let by_one = all.clone().find(|it| *it == Preparation::ByOneThread);
    let ahead = all.clone().find(|it| *it == Preparation::Ahead);
    by_one.or(ahead).or(all.next()).expect("there is a device")
}
