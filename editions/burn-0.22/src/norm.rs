// Made by scripts/edition.py from models/: not to be edited.

//! Batch normalisation as PyTorch computes it.
//!
//! Burn's own layer of that name differs: its running variance forgets that the mean is taken
//! from the same values (PyTorch divides by n − 1), and a module's clones share their running statistics, so that
//! training one changes the others.

use burn::module::{
    Content, Module, ModuleDisplay, ModuleDisplayDefault, ModuleMapper, ModuleVisitor, Param,
    ParamId,
};
use burn::tensor::Device;
use burn::tensor::Tensor;
use burn_nn::Initializer;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How much of a running statistic is the last batch's; PyTorch's default.
const MOMENTUM: f64 = 0.1;

/// Batch normalisation of the channels of maps: Ioffe and Szegedy, "Batch Normalization", 2015.
///
/// On a backend with autodiff it trains: each channel is normalised by the mean and the variance of the
/// batch, which go into the running statistics. On any other it uses those.
///
/// A layer whose weight takes no gradient is frozen, by Burn's `no_grad` or by
/// [`Network::frozen`](crate::Network::frozen): it uses the running statistics in training too, and leaves them
/// as they are. In PyTorch that takes `eval()` of the layer besides `requires_grad_(False)`, without which a
/// frozen network's outputs still change while a head is trained on them.
#[derive(Module, Debug)]
pub struct BatchNorm2d {
    /// `[C]`, by which normalised values are multiplied.
    pub weight: Param<Tensor<1>>,
    /// `[C]`, which is then added.
    pub bias: Param<Tensor<1>>,
    /// `[C]`
    pub running_mean: Running,
    /// `[C]`, of which each batch's is its variance over n − 1 of n values.
    pub running_var: Running,
}

/// A statistic `[C]` that training changes, though not by a gradient.
///
/// A clone has a statistic of its own.
pub struct Running {
    id: ParamId,
    value: Mutex<Tensor<1>>,
}

impl BatchNorm2d {
    /// Added to a variance before its root is taken; PyTorch's default.
    pub const EPSILON: f64 = 1e-5;

    /// The layer for this many channels: it begins by leaving values as they are.
    pub fn new(channels: usize, device: &Device) -> Self {
        Self {
            // Not made yet, so that they are learned where a network of another backend goes on to train.
            weight: Initializer::Ones.init([channels], device),
            bias: Initializer::Zeros.init([channels], device),
            running_mean: Running::new(Tensor::zeros([channels], device)),
            running_var: Running::new(Tensor::ones([channels], device)),
        }
    }

    /// The number of channels.
    pub fn channels(&self) -> usize {
        self.weight.lazy_shape()[0]
    }

    /// Maps `[N, C, H, W]` to maps of the same shape.
    ///
    /// # Panics
    /// In training, where a channel of the batch has one value only, whose variance says nothing; PyTorch
    /// refuses that too. A frozen layer takes it.
    pub fn forward(&self, maps: Tensor<4>) -> Tensor<4> {
        let [n, c, h, w] = maps.dims();
        // A value for each row of a matrix, as flex and ndarray are slow at one for each matrix of a batch.
        let spread = |of_channel: Tensor<1>| {
            let of_channel: Tensor<2> = of_channel.unsqueeze();
            of_channel.expand([n, c]).reshape([n * c, 1])
        };
        let mean = |rows: Tensor<2>| {
            let of_row = rows.mean_dim(1).reshape([n, c]);
            of_row.mean_dim(0).flatten(0, 1)
        };
        let normalised = self.normalise(maps.reshape([n * c, h * w]), spread, mean);
        normalised.reshape([n, c, h, w])
    }

    /// As [`forward`](Self::forward), with maps `[H, W, N, C]`.
    pub(crate) fn forward_space_first(&self, maps: Tensor<4>) -> Tensor<4> {
        let [h, w, n, c] = maps.dims();
        // As a matrix with a value for each column: flex takes what is spread over three axes through every index.
        let spread = |of_channel: Tensor<1>| {
            let of_channel: Tensor<2> = of_channel.unsqueeze();
            of_channel.expand([n, c]).reshape([1, n * c])
        };
        let mean = |columns: Tensor<2>| {
            let of_column = columns.mean_dim(0).reshape([n, c]);
            of_column.mean_dim(0).flatten(0, 1)
        };
        let normalised = self.normalise(maps.reshape([h * w, n * c]), spread, mean);
        normalised.reshape([h, w, n, c])
    }

    /// The factor `[C]` and the summand `[C]` of each channel, where it does not train.
    pub(crate) fn scale_and_shift(&self) -> (Tensor<1>, Tensor<1>) {
        let scale = self.weight.val() / (self.running_var.value() + Self::EPSILON).sqrt();
        let shift = self.bias.val() - self.running_mean.value() * scale.clone();
        (scale, shift)
    }

    /// Normalises values, over which `spread` spreads those of channels, and whose means by channel `mean` takes.
    ///
    /// Sums go over one axis after the other, backward too: some backends add along an axis value by value, and
    /// thousands of roundings then add up.
    fn normalise(
        &self,
        values: Tensor<2>,
        spread: impl Fn(Tensor<1>) -> Tensor<2>,
        mean: impl Fn(Tensor<2>) -> Tensor<1>,
    ) -> Tensor<2> {
        // Without autodiff no tensor requires a gradient.
        if !self.weight.is_require_grad() {
            let (scale, shift) = self.scale_and_shift();
            return values * spread(scale) + spread(shift);
        }
        let (weight, bias) = (self.weight.val(), self.bias.val());
        let count = values.shape().num_elements() / self.channels();
        assert!(
            count > 1,
            "batch normalisation cannot train on one value a channel: use larger images or batches"
        );
        let of_batch = mean(values.clone());
        let centred = values - spread(of_batch.clone());
        let variance = mean(centred.clone().square());
        self.running_mean.take_in(of_batch);
        // The running variance is over n − 1 of n values.
        let unbiased = count as f64 / (count - 1) as f64;
        self.running_var.take_in(variance.clone() * unbiased);
        let scale = weight / (variance + Self::EPSILON).sqrt();
        centred * spread(scale) + spread(bias)
    }
}

impl Running {
    fn new(value: Tensor<1>) -> Self {
        Self::with_id(ParamId::new(), value)
    }

    fn with_id(id: ParamId, value: Tensor<1>) -> Self {
        let value = Mutex::new(value);
        Self { id, value }
    }

    fn lock(&self) -> MutexGuard<'_, Tensor<1>> {
        self.value.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Its number among the parameters.
    pub(crate) fn id(&self) -> ParamId {
        self.id
    }

    /// Its value now.
    pub fn value(&self) -> Tensor<1> {
        self.lock().clone()
    }

    /// Lets a batch's own statistic in.
    fn take_in(&self, of_batch: Tensor<1>) {
        let mut value = self.lock();
        let next = value.clone() * (1.0 - MOMENTUM) + of_batch.detach() * MOMENTUM;
        *value = next.detach();
    }
}

impl Clone for Running {
    fn clone(&self) -> Self {
        Self::with_id(self.id, self.value())
    }
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Running({})", self.id)
    }
}

impl std::fmt::Display for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Debug::fmt(self, f)
    }
}

impl ModuleDisplayDefault for Running {
    fn content(&self, content: Content) -> Option<Content> {
        content.add_formatted(&self.to_string()).optional()
    }
}

impl ModuleDisplay for Running {}

impl Module for Running {
    fn collect_devices(&self, mut devices: Vec<Device>) -> Vec<Device> {
        let device = self.value().device();
        if !devices.contains(&device) {
            devices.push(device);
        }
        devices
    }

    fn fork(self, device: &Device) -> Self {
        self.to_device(device)
    }

    fn to_device(self, device: &Device) -> Self {
        Self::with_id(self.id, self.value().to_device(device))
    }

    fn visit<V: ModuleVisitor>(&self, visitor: &mut V) {
        visitor.visit_float(&Param::initialized(self.id, self.value()));
    }

    fn map<M: ModuleMapper>(self, mapper: &mut M) -> Self {
        let mapped = mapper.map_float(Param::initialized(self.id, self.value()));
        // Of a mapper that makes parameters of all that it is given. (`detach` leaves those as they are.)
        Self::with_id(mapped.id, mapped.val().set_require_grad(false))
    }

    fn valid(&self) -> Self {
        Running::with_id(self.id, self.value().inner())
    }

    fn materialize(self) -> Self {
        self
    }

    fn train(self) -> Self {
        Self::with_id(self.id, Tensor::from_inner(self.value()))
    }
}
