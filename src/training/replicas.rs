//! A training step on several devices: each computes a part of the batch with a replica of the model, and the gradients
//! are added up on the first.

use super::error::TrainError;
use crate::backend::{Device, Infer, Selected, Train, moved, read, read_int};
use crate::system::caught;
use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::optim::{GradientsAccumulator, GradientsParams};
use burn::tensor::{Int, Tensor};
use burn::train::{ClassificationOutput, TrainOutput, TrainStep};
use burn_zoo_models::ConvAlgorithm;
use burn_zoo_steps::{HostBatch, ImageBatch, Trainee};
use std::ops::Range;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

/// A device and its part of each batch.
#[derive(Debug, Clone)]
pub struct Part {
    /// The device.
    pub selected: Selected,
    /// The images of each batch that it computes.
    pub images: usize,
    /// The algorithm of each convolution there, for a batch of so many images.
    pub convolutions: Vec<ConvAlgorithm>,
}

/// The gradients of a step, and its loss and logits.
pub type StepOutput = TrainOutput<ClassificationOutput<Infer>>;

/// A device that failed in a step.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{} failed: {reason}", names[*index])]
pub struct DeviceFailure {
    /// The number of the device, from 0.
    index: usize,
    /// What it said.
    reason: String,
    /// All devices.
    names: Vec<String>,
}

impl DeviceFailure {
    /// The failure as the end of a training.
    pub(super) fn at(self, epoch: usize, batch: usize) -> TrainError {
        let mut others = self.names;
        let count = others.len();
        let device = others.remove(self.index);
        TrainError::Device {
            device: format!("{device} (device {} of {count})", self.index + 1),
            others,
            reason: self.reason,
            epoch,
            batch,
        }
    }
}

/// The devices that share each step of a training.
///
/// The learner has its model on the first and steps its optimizer there. Each of the others has a thread of its own for
/// the whole training, as some libraries keep threads and queues for each thread that calls them, and a replica of the
/// model, which gets the new weights with every step.
///
/// Layers that look at a whole batch, as batch normalisation does, see the images of their own device, as with PyTorch's
/// `DistributedDataParallel`; the running statistics are those of the first device.
pub struct Replicas {
    first: Device,
    /// Images of each batch on the first device.
    images: usize,
    further: Vec<Replica>,
    names: Vec<String>,
}

struct Replica {
    images: usize,
    /// `None` ends the thread.
    work: Option<Sender<Work>>,
    done: Receiver<Result<Done, String>>,
    thread: Option<JoinHandle<()>>,
}

struct Work {
    /// The learned weights by the parameters' ids.
    weights: GradientsParams,
    batch: HostBatch,
}

/// Both on the first device, the gradients and the loss times the part's share of the batch.
struct Done {
    gradients: GradientsParams,
    loss: Tensor<Infer, 1>,
    logits: Tensor<Infer, 2>,
}

impl Replicas {
    /// Replicas of a model on further devices beside the first, where it is.
    pub fn new(
        trainee: &Trainee<Train>,
        first: &Selected,
        images: usize,
        further: &[Part],
    ) -> Self {
        let batch_size = images + further.iter().map(|part| part.images).sum::<usize>();
        let names = std::iter::once(first).chain(further.iter().map(|part| &part.selected));
        Self {
            first: first.device.clone(),
            images,
            names: names.map(Selected::name).collect(),
            further: further
                .iter()
                .map(|part| Replica::start(trainee, first.device.clone(), part, batch_size))
                .collect(),
        }
    }

    /// A step on a batch, wherever that is; `own` computes the first device's part with the learner's model.
    ///
    /// # Errors
    /// [`DeviceFailure`] for the first device that failed, when all have ended.
    pub fn step(
        &self,
        trainee: &Trainee<Train>,
        batch: ImageBatch<Train>,
        own: impl FnOnce(ImageBatch<Train>) -> StepOutput,
    ) -> Result<StepOutput, DeviceFailure> {
        let (images, targets) = (batch.images.inner(), batch.targets.inner());
        let [batch_size, ..] = images.dims();
        let part = |range: Range<usize>| HostBatch {
            images: read(images.clone().slice([range.clone()])),
            targets: read_int(targets.clone().slice([range])),
        };
        let mut begin = self.images;
        for replica in &self.further {
            let work = Work {
                weights: weights(trainee),
                batch: part(begin..begin + replica.images),
            };
            begin += replica.images;
            let sender = replica.work.as_ref().expect("it has not been told to end");
            // A thread that has ended says so when it is asked for what it did.
            let _ = sender.send(work);
        }
        assert_eq!(begin, batch_size, "the parts are those of the batch");
        let own = caught(|| {
            let output = own(part(0..self.images).on(&self.first));
            Done::of(
                trainee,
                output,
                self.images as f64 / batch_size as f64,
                &self.first,
            )
        });
        let further = self.further.iter().map(Replica::done);
        let done: Vec<_> = std::iter::once(own).chain(further).collect();
        let mut gradients = GradientsAccumulator::new();
        let (mut losses, mut logits) = (Vec::new(), Vec::new());
        for (index, done) in done.into_iter().enumerate() {
            let done = done.map_err(|reason| DeviceFailure {
                index,
                reason,
                names: self.names.clone(),
            })?;
            gradients.accumulate(trainee, done.gradients);
            losses.push(done.loss);
            logits.push(done.logits);
        }
        let targets = Tensor::<Infer, 1, Int>::from_data(read_int(targets), &self.first);
        let loss = Tensor::cat(losses, 0).sum();
        Ok(TrainOutput {
            grads: gradients.grads(),
            item: ClassificationOutput::new(loss, Tensor::cat(logits, 0), targets),
        })
    }
}

impl Replica {
    fn start(trainee: &Trainee<Train>, first: Device, part: &Part, batch_size: usize) -> Self {
        let (work, works) = channel();
        let (says, done) = channel();
        let share = part.images as f64 / batch_size as f64;
        let (trainee, part_of_thread) = (trainee.clone(), part.clone());
        let compute = move || {
            let device = part_of_thread.selected.device.clone();
            let most_saved = part_of_thread.selected.most_saved();
            let made = caught(|| {
                let trainee = trainee.fork(&device).with_most_saved(most_saved);
                let Part {
                    selected,
                    convolutions,
                    ..
                } = &part_of_thread;
                let model = selected.suited(trainee.model.clone(), convolutions);
                trainee.with_model(model)
            });
            let mut replica = match made {
                Ok(replica) => replica,
                Err(reason) => {
                    let _ = says.send(Err(reason));
                    return;
                }
            };
            for Work { weights, batch } in works {
                let done = caught(|| {
                    let mut given = Given {
                        weights,
                        device: &device,
                    };
                    replica = replica.clone().map(&mut given);
                    let output = TrainStep::step(&replica, batch.on(&device));
                    Done::of(&replica, output, share, &first)
                });
                let failed = done.is_err();
                if says.send(done).is_err() || failed {
                    return;
                }
            }
        };
        let thread = std::thread::Builder::new().name(part.selected.name());
        Self {
            images: part.images,
            work: Some(work),
            done,
            thread: Some(thread.spawn(compute).expect("a thread can be had")),
        }
    }

    fn done(&self) -> Result<Done, String> {
        let done = self.done.recv();
        done.unwrap_or_else(|_| Err("its thread has ended".into()))
    }
}

impl Drop for Replica {
    fn drop(&mut self) {
        self.work = None;
        if let Some(thread) = self.thread.take() {
            // Its panics have been caught.
            let _ = thread.join();
        }
    }
}

impl Done {
    /// A part's results, weighed and on the first device.
    fn of(trainee: &Trainee<Train>, output: StepOutput, share: f64, first: &Device) -> Self {
        let StepOutput { mut grads, item } = output;
        trainee.visit(&mut Weighed {
            gradients: &mut grads,
            share,
            device: first,
        });
        Self {
            gradients: grads,
            loss: moved(item.loss * share, first),
            logits: moved(item.output, first),
        }
    }
}

/// The learned weights of a model, by their ids.
fn weights(trainee: &Trainee<Train>) -> GradientsParams {
    let mut weights = GradientsParams::new();
    trainee.visit(&mut Learned(&mut weights));
    weights
}

struct Learned<'a>(&'a mut GradientsParams);

impl ModuleVisitor<Train> for Learned<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<Train, D>>) {
        // All others stay as they are: frozen ones, and running statistics, which a replica does not use.
        if param.is_require_grad() {
            self.0.register(param.id, param.val().inner());
        }
    }
}

/// Puts weights in the place of a replica's.
struct Given<'a> {
    weights: GradientsParams,
    device: &'a Device,
}

impl ModuleMapper<Train> for Given<'_> {
    fn map_float<const D: usize>(
        &mut self,
        param: Param<Tensor<Train, D>>,
    ) -> Param<Tensor<Train, D>> {
        match self.weights.remove::<Infer, D>(param.id) {
            Some(weight) => {
                let weight = moved(weight, self.device);
                param.map(|_| Tensor::from_inner(weight).require_grad())
            }
            None => param,
        }
    }
}

/// Multiplies gradients by a share, and moves them.
struct Weighed<'a> {
    gradients: &'a mut GradientsParams,
    share: f64,
    device: &'a Device,
}

impl ModuleVisitor<Train> for Weighed<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<Train, D>>) {
        if let Some(gradient) = self.gradients.remove::<Infer, D>(param.id) {
            let gradient = moved(gradient * self.share, self.device);
            self.gradients.register(param.id, gradient);
        }
    }
}
