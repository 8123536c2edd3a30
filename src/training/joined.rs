//! A training step on several ranks: each computes a part of the batch, and the gradients are added up for all of them
//! in one flat buffer, in the order of the parameters' names.

use super::error::TrainError;
use super::replicas::StepOutput;
use super::tally::figures;
use crate::backend::{Device, Infer, Train, read};
use crate::data::DataError;
use crate::evaluate::{Answers, Tally};
use crate::ranks::{Ranks, RanksError};
use crate::system::caught;
use crate::weights::{Weights, hex};
use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::{DType, Tensor, TensorData};
use burn::train::ClassificationOutput;
use burn_zoo_models::parameters::{ModulePath, replace};
use burn_zoo_steps::Trainee;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::ops::Range;

/// The ranks that share each step of a training.
pub struct Joined {
    /// The ranks.
    pub ranks: Ranks,
    /// The images of each batch that this rank computes.
    pub part: Range<usize>,
    /// The images of each batch.
    pub batch_size: usize,
    /// This rank's device.
    pub device: Device,
    /// Whether they compute on unlike devices, whose optimizers round differently: the weights of rank 0 then go to all
    /// others after each step.
    pub unlike: bool,
}

/// A step of all ranks, added up.
pub(super) struct Sum {
    /// The gradients of the whole batch, on this rank's device.
    pub gradients: GradientsParams,
    /// The mean loss of the batch, and how many images were classified rightly.
    pub figures: Tensor<Infer, 1>,
    /// Whether a rank was asked to stop after this step.
    pub stops: bool,
}

/// Behind the gradients in the buffer: loss, images classified rightly, ranks that stop, ranks that failed.
const FIGURES: usize = 4;

impl Joined {
    /// Adds up the parts of a batch: this rank's own output, or why it has none.
    ///
    /// # Errors
    /// On all ranks where one has failed, or where the others have ended: the step then counts on none.
    pub(super) fn step(
        &self,
        trainee: &Trainee<Train>,
        own: Result<StepOutput, TrainError>,
        stops: bool,
    ) -> Result<Sum, TrainError> {
        let share = self.part.len() as f64 / self.batch_size as f64;
        let layout = layout(trainee);
        let length = layout.values().sum::<usize>();
        let flat = own.and_then(|output| {
            let read = caught(|| flat(trainee, &layout, output, share));
            read.map_err(|reason| self.failed(reason))
        });
        let (mut buffer, failure) = match flat {
            Ok(buffer) => (buffer, None),
            Err(error) => (vec![0.0; length + FIGURES - 2], Some(error)),
        };
        let failed = failure.is_some();
        buffer.extend([stops, failed].map(|it| f32::from(u8::from(it))));
        let sums = self.ranks.sum(buffer)?;
        let (sums, figures) = sums.split_at(length);
        if figures[FIGURES - 1] > 0.0 {
            self.ranks.agree(failure.map_or(Ok(()), Err))?;
        }
        let on_device = |values: &[f32]| {
            let data = TensorData::new(values.to_vec(), [values.len()]);
            Tensor::<Infer, 1>::from_data(data, &self.device)
        };
        let mut gradients = GradientsParams::new();
        let mut spread = Spread {
            path: ModulePath::default(),
            begins: begins(&layout),
            values: on_device(sums),
            gradients: &mut gradients,
        };
        trainee.visit(&mut spread);
        Ok(Sum {
            gradients,
            figures: on_device(&figures[..2]),
            stops: figures[2] > 0.0,
        })
    }

    /// A failure of this rank's device.
    fn failed(&self, reason: String) -> TrainError {
        TrainError::DeviceUnfit {
            device: self.ranks.name(self.ranks.rank()),
            reason,
        }
    }

    /// Runs this rank's part of a step.
    ///
    /// # Errors
    /// [`TrainError::DeviceUnfit`] where the device fails.
    pub(super) fn own(&self, step: impl FnOnce() -> StepOutput) -> Result<StepOutput, TrainError> {
        caught(step).map_err(|reason| self.failed(reason))
    }

    /// The trainee with the weights of rank 0.
    ///
    /// # Errors
    /// [`RanksError::Lost`].
    pub(super) fn as_first(&self, trainee: Trainee<Train>) -> Result<Trainee<Train>, RanksError> {
        let own = match self.ranks.is_first() {
            true => bytes_of(&Weights::of(&trainee.model)),
            false => Vec::new(),
        };
        let bytes = self.ranks.broadcast(own)?;
        if self.ranks.is_first() {
            return Ok(trainee);
        }
        let mut rest = bytes.as_slice();
        let names = Weights::of(&trainee.model);
        let mut values: BTreeMap<String, TensorData> = BTreeMap::new();
        for name in names.names() {
            let shape = names.get(name).expect("a name of its own").shape.clone();
            let (own, others) = rest.split_at(4 * shape.num_elements());
            let floats = own.as_chunks::<4>().0.iter();
            let floats: Vec<f32> = floats.map(|it| f32::from_le_bytes(*it)).collect();
            values.insert(name.into(), TensorData::new(floats, shape));
            rest = others;
        }
        let model = trainee.model.clone();
        let model = replace(model, DType::F32, |name| values.remove(name));
        Ok(trainee.with_model(model))
    }

    /// Compares the learned weights of all ranks.
    ///
    /// # Errors
    /// [`RanksError::Other`] for the first that differs from rank 0.
    pub(super) fn compare(&self, trainee: &Trainee<Train>) -> Result<(), RanksError> {
        let layout = layout(trainee);
        let weights = Weights::of(trainee);
        let mut hash = Sha256::new();
        for name in layout.keys() {
            for value in weights
                .get(name)
                .into_iter()
                .flat_map(TensorData::iter::<f32>)
            {
                hash.update(value.to_le_bytes());
            }
        }
        let all = self.ranks.gather(hex(&hash.finalize()).into_bytes())?;
        match all.iter().position(|own| *own != all[0]) {
            None => Ok(()),
            Some(rank) => Err(RanksError::Other {
                rank: self.ranks.name(rank),
                reason: "its weights are not those of rank 0 after an epoch: a machine computes wrongly, or runs another build".into(),
            }),
        }
    }

    /// Evaluates this rank's part of a split.
    ///
    /// # Errors
    /// Where a picture cannot be read, and [`TrainError::DeviceUnfit`] where the device fails.
    pub(super) fn evaluated(
        &self,
        pass: impl FnOnce() -> Result<Answers, DataError>,
    ) -> Result<Tally, TrainError> {
        let passed = caught(pass).map_err(|reason| self.failed(reason))?;
        Ok(passed?.tally())
    }

    /// The part of a split that this rank evaluates.
    pub(super) fn part_of_split(&self, images: usize) -> Range<usize> {
        let (rank, count) = (self.ranks.rank(), self.ranks.count());
        images * rank / count..images * (rank + 1) / count
    }

    /// The figures of a whole split by those of the ranks' parts, and whether a rank was asked to stop.
    ///
    /// # Errors
    /// As the figures; and where another rank has none.
    pub(super) fn evaluation(
        &self,
        own: Result<Tally, TrainError>,
        stops: bool,
    ) -> Result<(Tally, bool), TrainError> {
        let own = self.ranks.agree(own)?;
        let values = [
            own.images as f64,
            own.loss,
            own.correct,
            f64::from(u8::from(stops)),
        ];
        let sums = self.ranks.sum_doubles(values.to_vec())?;
        let tally = Tally {
            images: sums[0] as usize,
            loss: sums[1],
            correct: sums[2],
            seconds: own.seconds,
        };
        Ok((tally, sums[3] > 0.0))
    }
}

fn bytes_of(weights: &Weights) -> Vec<u8> {
    let tensors = weights.names().filter_map(|name| weights.get(name));
    let values = tensors.flat_map(TensorData::iter::<f32>);
    values.flat_map(f32::to_le_bytes).collect()
}

/// The learned parameters by their names, with the number of their values.
fn layout(trainee: &Trainee<Train>) -> BTreeMap<String, usize> {
    let mut visitor = Layout::default();
    trainee.visit(&mut visitor);
    visitor.layout
}

/// Where each parameter begins in the buffer.
fn begins(layout: &BTreeMap<String, usize>) -> BTreeMap<String, usize> {
    let begins = layout.iter().scan(0, |end, (name, length)| {
        let begin = *end;
        *end += length;
        Some((name.clone(), begin))
    });
    begins.collect()
}

/// This rank's gradients and figures as they go into the buffer, times its share of the batch.
fn flat(
    trainee: &Trainee<Train>,
    layout: &BTreeMap<String, usize>,
    output: StepOutput,
    share: f64,
) -> Vec<f32> {
    let StepOutput { mut grads, item } = output;
    let mut visitor = Flat {
        gradients: &mut grads,
        parts: BTreeMap::new(),
        path: ModulePath::default(),
    };
    trainee.visit(&mut visitor);
    let device = item.loss.device();
    let mut parts = visitor.parts;
    let zeros = |length| Tensor::<Infer, 1>::zeros([length], &device);
    let gradients = layout.iter().map(|(name, length)| {
        let gradient = parts.remove(name);
        gradient.unwrap_or_else(|| zeros(*length)) * share
    });
    let mut all: Vec<_> = gradients.collect();
    let item = ClassificationOutput::new(item.loss * share, item.output, item.targets);
    all.push(figures(&item));
    read(Tensor::cat(all, 0)).iter().collect()
}

#[derive(Default)]
struct Layout {
    path: ModulePath,
    layout: BTreeMap<String, usize>,
}

impl ModuleVisitor<Train> for Layout {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<Train, D>>) {
        if param.is_require_grad() {
            let length = param.lazy_shape().num_elements();
            self.layout.insert(self.path.name(), length);
        }
    }

    fn enter_module(&mut self, name: &str, container: &str) {
        self.path.enter(name, container);
    }

    fn exit_module(&mut self, _: &str, container: &str) {
        self.path.exit(container);
    }
}

/// Takes gradients, as vectors, by the names of their parameters.
struct Flat<'a> {
    path: ModulePath,
    gradients: &'a mut GradientsParams,
    parts: BTreeMap<String, Tensor<Infer, 1>>,
}

impl ModuleVisitor<Train> for Flat<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<Train, D>>) {
        if let Some(gradient) = self.gradients.remove::<Infer, D>(param.id) {
            let length = gradient.shape().num_elements();
            self.parts
                .insert(self.path.name(), gradient.reshape([length]));
        }
    }

    fn enter_module(&mut self, name: &str, container: &str) {
        self.path.enter(name, container);
    }

    fn exit_module(&mut self, _: &str, container: &str) {
        self.path.exit(container);
    }
}

/// Gives each learned parameter its part of the buffer as its gradient.
struct Spread<'a> {
    path: ModulePath,
    begins: BTreeMap<String, usize>,
    values: Tensor<Infer, 1>,
    gradients: &'a mut GradientsParams,
}

impl ModuleVisitor<Train> for Spread<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<Train, D>>) {
        if let Some(&begin) = self.begins.get(&self.path.name()) {
            let shape = param.lazy_shape();
            let gradient = self.values.clone().narrow(0, begin, shape.num_elements());
            self.gradients
                .register(param.id, gradient.reshape::<D, _>(shape));
        }
    }

    fn enter_module(&mut self, name: &str, container: &str) {
        self.path.enter(name, container);
    }

    fn exit_module(&mut self, _: &str, container: &str) {
        self.path.exit(container);
    }
}
