//! The loop over the epochs, as a strategy of Burn's `SupervisedTraining`.
//!
//! Burn's own loop has no place to resume in the middle of an epoch, to keep figures that are exact
//! over short batches, or to save the optimiser's state by the parameters' names; the rest (learner,
//! optimiser, dashboard, interruption) is Burn's.

use super::beginning::weights_of;
use super::checkpoint::{Checkpoint, Position, write_followers};
use super::curves::{REDRAW, draw_curves};
use super::error::TrainError;
use super::joined::Joined;
use super::optimizer::SharedAdam;
use super::progress::Progress;
use super::rate::ScheduledRate;
use super::sharing::{At, Sharing};
use super::tally::{NotFinite, Pending};
use crate::backend::{self, Device, Infer, Train};
use crate::data::{Failure, ImageLoader, Split};
use crate::evaluate::{self, Tally};
use crate::numbers::Figure;
use crate::ranks::RanksError;
use crate::run::{MetricsRow, RunDir};
use crate::system::caught;
use crate::tensorboard::EventFile;
use crate::weights::Weights;
use burn::data::dataloader::Progress as Done;
use burn::module::{AutodiffModule, Module};
use burn::optim::GradientsParams;
use burn::train::{
    EventProcessorTraining, InferenceStep, Learner, LearnerEvent, LearningComponentsMarker,
    SupervisedLearningStrategy, SupervisedTrainingEventProcessor, TrainLoader, TrainingComponents,
    TrainingItem, ValidLoader,
};
use burn_zoo_models::{Network, Precision};
use burn_zoo_steps::{Trainee, are_finite};
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// The components of Burn's learner.
pub(super) type Components =
    LearningComponentsMarker<Train, ScheduledRate, Trainee<Train>, SharedAdam>;

/// A split to evaluate after each epoch.
pub(super) type Evaluated = (Split, Arc<ImageLoader<Infer>>);

/// How a training ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Ended {
    /// All epochs are done.
    Finished,
    /// The user stopped it; it can be resumed.
    Interrupted,
}

pub(super) struct Epochs {
    pub run: Arc<RunDir>,
    pub adam: SharedAdam,
    pub device: Device,
    pub batches_per_epoch: usize,
    /// Why an epoch of the training set ended early.
    pub failure: Failure,
    pub evaluated: Vec<Evaluated>,
    pub title: String,
    /// Whether Burn's dashboard is shown, and needs every batch.
    pub dashboard: bool,
    pub state: Mutex<State>,
}

pub(super) struct State {
    pub position: Position,
    pub progress: Progress,
    /// For TensorBoard, where it is wanted.
    pub events: Option<EventFile>,
    /// Who computes a step.
    pub sharing: Sharing,
    /// When the curves were last drawn.
    pub drawn: Instant,
    pub ended: Option<Result<Ended, TrainError>>,
}

/// How much may wait on the device: figures of this many batches, or of this much time.
const PENDING_BATCHES: usize = 16;
const PENDING_TIME: Duration = Duration::from_millis(250);

type Processor = SupervisedTrainingEventProcessor<Components>;

impl SupervisedLearningStrategy<Components> for Epochs {
    fn fit(
        &self,
        mut components: TrainingComponents<Components>,
        mut learner: Learner<Components>,
        train: TrainLoader<Components>,
        _: ValidLoader<Components>,
        _: usize,
    ) -> (Trainee<Train>, Processor) {
        let mut state = self.state.lock().expect("nothing else holds it");
        let ended = self.run(&mut state, &mut components, &mut learner, &train);
        state.progress.finish();
        state.ended = Some(ended);
        (learner.model(), components.event_processor)
    }
}

impl Epochs {
    fn run(
        &self,
        state: &mut State,
        components: &mut TrainingComponents<Components>,
        learner: &mut Learner<Components>,
        train: &TrainLoader<Components>,
    ) -> Result<Ended, TrainError> {
        while state.position.epochs < components.num_epochs {
            let passed = self.train(state, components, learner, train);
            let passed = passed.and_then(|ended| match ended {
                Ended::Interrupted => Ok(None),
                Ended::Finished => self.rows(state, components, learner),
            });
            match passed {
                Ok(Some(rows)) => {
                    let ended = self.end_epoch(state, learner, rows);
                    let ended = match &state.sharing {
                        Sharing::Ranks(joined) => joined.ranks.agree(ended),
                        _ => ended,
                    };
                    match ended {
                        Err(error) if is_lost(&error) => return Ok(Ended::Interrupted),
                        ended => ended?,
                    }
                }
                Ok(None) => {
                    self.stop(state, learner)?;
                    return Ok(Ended::Interrupted);
                }
                // As if it had been asked to stop, as it was: the others may be gone.
                Err(error) if is_lost(&error) => {
                    log::warn!("{error}");
                    self.stop(state, learner)?;
                    return Ok(Ended::Interrupted);
                }
                // When the picture is whole again, the run goes on with its batch.
                Err(error @ TrainError::Data(_)) => {
                    self.stop(state, learner)?;
                    return Err(error);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(Ended::Finished)
    }

    /// Writes a checkpoint in the middle of an epoch, also between its last batch and its evaluation.
    fn stop(&self, state: &mut State, learner: &Learner<Components>) -> Result<(), TrainError> {
        let model = self.weights(state, learner)?;
        self.checkpoint(state, learner, &model)
    }

    /// Writes a checkpoint after a device failed, if what it holds is within reach; the run has an earlier one otherwise.
    fn stop_after(&self, error: &TrainError, state: &mut State, learner: &Learner<Components>) {
        let stopped = caught(|| self.stop(state, learner));
        match stopped {
            Ok(Ok(())) => {}
            Ok(Err(other)) => log::warn!("{other} (after: {error})"),
            Err(reason) => log::warn!("no checkpoint could be made: {reason} (after: {error})"),
        }
    }

    /// The weights, if they are such that a run can go on with: the checkpoint before is worth more than one without.
    fn weights(&self, state: &State, learner: &Learner<Components>) -> Result<Weights, TrainError> {
        let weights = weights_of(&learner.model());
        match weights.not_finite() {
            None => Ok(weights),
            Some((name, value)) => Err(TrainError::Diverged {
                figure: format!("a weight of {name} is {value}"),
                epoch: state.position.epochs + 1,
                batch: state.position.batches,
            }),
        }
    }

    /// The training pass of the next epoch, or what is left of it.
    fn train(
        &self,
        state: &mut State,
        components: &mut TrainingComponents<Components>,
        learner: &mut Learner<Components>,
        train: &TrainLoader<Components>,
    ) -> Result<Ended, TrainError> {
        let State {
            position,
            progress,
            sharing,
            ..
        } = state;
        let epoch = position.epochs + 1;
        let total = self.batches_per_epoch;
        progress.start_epoch(epoch, total);
        progress.update(epoch, position.batches, total, &position.tally);

        let mut pending = Pending::default();
        let mut read = |position: &mut Position, pending: &mut Pending| {
            let first = position.batches - pending.len() + 1;
            let not_finite = |NotFinite { batch, loss }| TrainError::Diverged {
                figure: format!("the loss is {loss}"),
                epoch,
                batch: first + batch,
            };
            pending.read(&mut position.tally).map_err(not_finite)?;
            progress.update(epoch, position.batches, total, &position.tally);
            Ok::<_, TrainError>(())
        };

        let taken = |sharing: &Sharing| match sharing {
            Sharing::Ranks(joined) => joined.ranks.taken().as_secs_f64(),
            _ => 0.0,
        };
        let taken_before = taken(sharing);
        let seconds_before = position.tally.seconds;
        let started = Instant::now();
        let mut last_read = started;
        let mut batches = train.iter();
        loop {
            // Before the next batch is read, and before the evaluation.
            let asked = components.interrupter.should_stop();
            if asked && !matches!(sharing, Sharing::Ranks(_)) {
                position.tally.seconds = seconds_before + started.elapsed().as_secs_f64();
                read(position, &mut pending)?;
                return Ok(Ended::Interrupted);
            }
            let at = At {
                epoch,
                batches: position.batches,
                total,
            };
            let own = |batch| learner.train_step(batch);
            let batch = batches.next();
            let step = match sharing.step(&at, || learner.model(), own, batch, &self.failure, asked)
            {
                Ok(Some(step)) => step,
                Ok(None) => break,
                Err(error) => {
                    position.tally.seconds = seconds_before + started.elapsed().as_secs_f64();
                    // Out of reach where the learner's device is what failed.
                    let read = caught(|| read(position, &mut pending));
                    if let Ok(Ok(())) = read
                        && !is_lost(&error)
                    {
                        self.stop_after(&error, state, learner);
                    }
                    return Err(error);
                }
            };
            learner.lr_step();
            pending.add(step.figures, step.images);
            if takes(&learner.model(), &step.gradients, &at)? {
                learner.optimizer_step(step.gradients);
            }
            position.batches += 1;
            if let Some(item) = step.item.filter(|_| self.dashboard) {
                let done = batches.progress();
                let item = self.item(item, done, epoch, position.batches, components, learner);
                components
                    .event_processor
                    .process_train(LearnerEvent::ProcessedItem(item));
            }
            if step.stops {
                position.tally.seconds = seconds_before + started.elapsed().as_secs_f64();
                read(position, &mut pending)?;
                return Ok(Ended::Interrupted);
            }
            // Ranks read together, as one that finds a loss that is not finite is missing in the next sum.
            let together = matches!(sharing, Sharing::Ranks(_));
            if together || pending.len() >= PENDING_BATCHES || last_read.elapsed() > PENDING_TIME {
                position.tally.seconds = seconds_before + started.elapsed().as_secs_f64();
                read(position, &mut pending)?;
                last_read = Instant::now();
            }
            if let Sharing::Ranks(joined) = sharing
                && joined.unlike
            {
                as_first(joined, learner)?;
            }
        }
        backend::sync(&self.device);
        if let Sharing::Ranks(_) = sharing {
            let share = (taken(sharing) - taken_before) / started.elapsed().as_secs_f64();
            log::debug!(
                "epoch {epoch}: {:.1} % of the training pass went into sums over the ranks and waiting for them",
                100.0 * share
            );
        }
        position.tally.seconds = seconds_before + started.elapsed().as_secs_f64();
        read(position, &mut pending)?;
        self.failure.check()?;
        if self.dashboard {
            components
                .event_processor
                .process_train(LearnerEvent::EndEpoch(epoch));
        }
        Ok(Ended::Finished)
    }

    fn item<T>(
        &self,
        item: T,
        done: Done,
        epoch: usize,
        batch: usize,
        components: &TrainingComponents<Components>,
        learner: &Learner<Components>,
    ) -> TrainingItem<T> {
        let epochs = Done::new(epoch, components.num_epochs);
        TrainingItem::new(item, done, epochs, Some(batch), Some(learner.lr_current()))
    }

    /// The figures of the epoch whose training pass is done; `None` where the evaluation was interrupted.
    fn rows(
        &self,
        state: &mut State,
        components: &mut TrainingComponents<Components>,
        learner: &mut Learner<Components>,
    ) -> Result<Option<Vec<MetricsRow>>, TrainError> {
        let epoch = state.position.epochs + 1;
        if let Sharing::Ranks(joined) = &state.sharing {
            let trainee = learner.model();
            joined.compare(&trainee)?;
            // Each rank has seen its own images, and those of rank 0 make the running statistics.
            if trainee.model.looks_at_the_whole_batch() {
                as_first(joined, learner)?;
            }
        }
        let interrupter = components.interrupter.clone();
        // In 32 bits, as everything that reads the weights does.
        let trainee = learner.model().valid();
        let model = trainee.with_precision(Precision::F32);
        let mut rows = vec![row(epoch, Split::Train, &state.position.tally)];
        for (index, (split, loader)) in self.evaluated.iter().enumerate() {
            state.progress.evaluating(*split);
            let mut batches = 0;
            let mut pass = || {
                evaluate::pass(&model.model, loader, |batch, done| {
                    // The dashboard has room for one split beside the training set.
                    if self.dashboard && index == 0 {
                        batches += 1;
                        let output = model.step(batch.clone());
                        let item = self.item(output, done, epoch, batches, components, learner);
                        components
                            .event_processor
                            .process_valid(LearnerEvent::ProcessedItem(item));
                    }
                    match interrupter.should_stop() {
                        true => ControlFlow::Break(()),
                        false => ControlFlow::Continue(()),
                    }
                })
            };
            let (tally, stops) = match &state.sharing {
                Sharing::Ranks(joined) => {
                    let own = joined.evaluated(pass);
                    joined.evaluation(own, interrupter.should_stop())?
                }
                _ => (pass()?.tally(), interrupter.should_stop()),
            };
            if stops {
                return Ok(None);
            }
            if self.dashboard && index == 0 {
                components
                    .event_processor
                    .process_valid(LearnerEvent::EndEpoch(epoch));
            }
            let row = row(epoch, *split, &tally);
            if !row.loss.is_finite() {
                return Err(TrainError::Diverged {
                    figure: format!("the loss of the {split} set is {}", row.loss),
                    epoch,
                    batch: state.position.batches,
                });
            }
            rows.push(row);
        }
        Ok(Some(rows))
    }

    /// Writes the results of the epoch: the checkpoint first, from which the rest can be made again.
    fn end_epoch(
        &self,
        state: &mut State,
        learner: &Learner<Components>,
        rows: Vec<MetricsRow>,
    ) -> Result<(), TrainError> {
        let model = self.weights(state, learner)?;
        let position = &mut state.position;
        position.epochs += 1;
        position.batches = 0;
        position.tally = Tally::default();
        // By validation where there is any; never by the test set.
        let judge = rows.iter().find(|row| row.split == Split::Valid);
        let loss = judge.unwrap_or(&rows[0]).loss;
        // An earlier version may have written one that is no number.
        let is_best = |(_, Figure(best)): (_, Figure)| best.is_nan() || loss < best;
        if position.best.is_none_or(is_best) {
            position.best = Some((position.epochs, Figure(loss)));
        }
        // Before the checkpoint: a run that goes on from an earlier one makes void what is here.
        if let Some(events) = &mut state.events {
            events.add(&rows)?;
        }
        position.rows.extend_from_slice(&rows);

        self.checkpoint(state, learner, &model)?;
        write_followers(&self.run, &state.position, &model)?;
        // When nothing can be lost any more of what is said to be done.
        state.progress.end_epoch(&rows);
        if state.drawn.elapsed() > REDRAW {
            draw_curves(&self.run, &self.title, &state.position.rows)?;
            state.drawn = Instant::now();
        }
        Ok(())
    }

    fn checkpoint(
        &self,
        state: &mut State,
        learner: &Learner<Components>,
        model: &Weights,
    ) -> Result<(), TrainError> {
        if let Sharing::Ranks(joined) = &state.sharing
            && !joined.ranks.is_first()
        {
            return Ok(());
        }
        let trainee = learner.model();
        Checkpoint::write(&self.run, &mut state.position, model, &trainee, &self.adam)?;
        Ok(())
    }
}

/// Whether this process was asked to end, and the others do not answer.
fn is_lost(error: &TrainError) -> bool {
    matches!(error, TrainError::Ranks(RanksError::Lost))
}

/// Gives the learner the weights of rank 0.
fn as_first(joined: &Joined, learner: &mut Learner<Components>) -> Result<(), TrainError> {
    let trainee = joined.as_first(learner.model())?;
    if !joined.ranks.is_first() {
        learner.load_model(trainee.into_record());
    }
    Ok(())
}

/// Whether the optimizer takes a step: where the loss is scaled, only if its gradients are finite, which the scale follows.
fn takes(
    trainee: &Trainee<Train>,
    gradients: &GradientsParams,
    at: &At,
) -> Result<bool, TrainError> {
    let Some(scale) = trainee.loss_scale().get() else {
        return Ok(true);
    };
    let are_finite = are_finite(trainee, gradients);
    trainee.loss_scale().follow(are_finite);
    match are_finite || scale.factor > 1.0 {
        true => Ok(are_finite),
        false => Err(TrainError::Diverged {
            figure: "no scale of the loss keeps the gradients finite in f16".into(),
            epoch: at.epoch,
            batch: at.batches + 1,
        }),
    }
}

fn row(epoch: usize, split: Split, tally: &Tally) -> MetricsRow {
    MetricsRow {
        epoch,
        split,
        loss: tally.mean_loss(),
        accuracy: tally.accuracy(),
        images_per_second: tally.images_per_second(),
        seconds: tally.seconds,
    }
}
