//! Feature maps on their way through a network; in a trial run, their shape alone.

use crate::conv::{ConvAlgorithm, ConvPlan, ConvShape, Kernels, channels_first, space_first};
use crate::graph::{Op, Window};
use crate::norm::BatchNorm2d;
use crate::trial::Trial;
use burn::module::ParamId;
use burn::tensor::activation::{relu, sigmoid};
use burn::tensor::module::linear;
use burn::tensor::{FloatDType, Tensor, backend::Backend};
use burn_nn::Linear;
use burn_nn::conv::Conv2d;
use burn_nn::pool::{AvgPool2dConfig, MaxPool2dConfig};
use serde::{Deserialize, Serialize};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

/// Images or feature maps `[N, C, H, W]`, or features `[N, F]`, on their way through a network.
///
/// An architecture's `forward` is made of the operations here. In a trial run without data they write
/// down what they would compute, and all that is known of a network follows from that.
#[derive(Debug, Clone)]
pub struct Maps<B: Backend> {
    values: Values<B>,
    /// The number of the operation whose result this is.
    node: usize,
    pass: Rc<Pass<B>>,
}

/// A function of each value alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Activation {
    /// σ(x) = 1 / (1 + e⁻ˣ)
    Sigmoid,
    /// max(x, 0)
    Relu,
}

impl Activation {
    fn of<B: Backend, const D: usize>(self, values: Tensor<B, D>) -> Tensor<B, D> {
        match self {
            Self::Sigmoid => sigmoid(values),
            Self::Relu => relu(values),
        }
    }
}

/// A result in the order of axes in which its operation left it: converting costs a pass over memory, so
/// an operation does it only where it must.
#[derive(Debug, Clone)]
enum Values<B: Backend> {
    /// `[N, C, H, W]`, Burn's and PyTorch's order.
    ChannelsFirst(Tensor<B, 4>),
    /// `[H, W, N, C]`: every transform along an axis is a product with a matrix from the left, and
    /// converting is to transpose a matrix, `[N · C, H · W]`, which every backend is quick at.
    SpaceFirst(Tensor<B, 4>),
    /// `[N, F]`
    Features(Tensor<B, 2>),
    /// A convolution that its batch normalisation computes.
    Deferred(Box<Deferred<B>>),
    /// Of a trial run.
    None,
}

/// A convolution whose maps are normalised and not used otherwise: the factors of the normalisation go into its
/// kernels, and the maps are not passed over again.
#[derive(Debug, Clone)]
struct Deferred<B: Backend> {
    number: usize,
    input: Values<B>,
    weight: Tensor<B, 4>,
    bias: Option<Tensor<B, 1>>,
}

/// A convolution's kernels, and its bias `[C_out]`.
type Prepared<B> = (Kernels<B>, Option<Tensor<B, 1>>);

/// Maps with the number of the operation that made them.
type Seen<B> = Vec<(usize, Tensor<B, 4>)>;

/// One way of images through a network.
#[derive(Debug)]
pub(crate) struct Pass<B: Backend> {
    /// How each convolution is computed, in their order.
    convolutions: Vec<ConvPlan<B>>,
    /// Whether the normalisation after each goes into its kernels; none does beyond the end.
    folded: Arc<Vec<bool>>,
    /// The type of float of products, where it is not that of the images.
    products: Option<FloatDType>,
    /// Their kernels and biases, prepared when they are met for the first time.
    prepared: RefCell<Vec<Prepared<B>>>,
    /// The number of the next convolution.
    next_convolution: Cell<usize>,
    /// The number of the last operation.
    last: Cell<usize>,
    /// The trial that writes down the operations, if it is one.
    trial: Option<RefCell<Trial<ParamId>>>,
    /// The maps after each activation with the number of its operation, where they are asked for.
    seen: Option<RefCell<Seen<B>>>,
}

impl<B: Backend> Pass<B> {
    /// A pass of images, with each convolution computed as planned, and products in this type of float.
    pub(crate) fn new(convolutions: &[ConvPlan<B>], products: Option<FloatDType>) -> Self {
        Self {
            convolutions: convolutions.to_vec(),
            folded: Arc::default(),
            products,
            prepared: RefCell::default(),
            next_convolution: Cell::default(),
            last: Cell::default(),
            trial: None,
            seen: None,
        }
    }

    /// A pass without data, for images `[C, H, W]`.
    pub(crate) fn trial(images: [usize; 3]) -> Self {
        Self {
            trial: Some(RefCell::new(Trial::new(images))),
            ..Self::new(&[], None)
        }
    }

    /// The same, with the normalisations after these convolutions within their kernels, unless it is training that
    /// passes; the maps of such a convolution may not be used otherwise.
    pub(crate) fn folding(self, folded: Arc<Vec<bool>>) -> Self {
        Self { folded, ..self }
    }

    /// The same, keeping the maps after each activation.
    pub(crate) fn watched(self) -> Self {
        Self {
            seen: Some(RefCell::default()),
            ..self
        }
    }

    /// Where images begin; the pass may be begun again with others.
    pub(crate) fn begin(self: &Rc<Self>, images: Option<Tensor<B, 4>>) -> Maps<B> {
        self.next_convolution.set(0);
        self.last.set(0);
        Maps {
            values: images.map_or(Values::None, Values::ChannelsFirst),
            node: 0,
            pass: self.clone(),
        }
    }

    /// Features `[N, F]`, as if the last operation had made them.
    pub(crate) fn features(self: &Rc<Self>, features: Tensor<B, 2>) -> Maps<B> {
        Maps {
            values: Values::Features(features),
            node: self.last.get(),
            pass: self.clone(),
        }
    }

    /// The operations that a trial wrote down.
    pub(crate) fn written(&self) -> Option<Trial<ParamId>> {
        self.trial.as_ref().map(|trial| {
            let images = Trial::new([1; 3]);
            trial.replace(images)
        })
    }

    /// The maps after each activation.
    pub(crate) fn seen(&self) -> Seen<B> {
        self.seen.as_ref().map_or_else(Vec::new, RefCell::take)
    }
}

impl<B: Backend> Maps<B> {
    /// The next operation: a trial has it written down by `note`, images are computed by `compute`.
    fn then(
        self,
        note: impl FnOnce(&mut Trial<ParamId>, usize) -> usize,
        compute: impl FnOnce(Values<B>, &Pass<B>) -> Values<B>,
    ) -> Self {
        let Self { values, node, pass } = self;
        let (node, values) = match &pass.trial {
            Some(trial) => (note(&mut trial.borrow_mut(), node), Values::None),
            None => (pass.last.get() + 1, compute(values, &pass)),
        };
        pass.last.set(node);
        Self { values, node, pass }
    }

    /// A convolution.
    pub fn conv2d(self, conv: &Conv2d<B>) -> Self {
        self.then(
            |trial, input| {
                let [channels, height, width] = trial.maps(input);
                let shape = ConvShape::of(conv, channels, [height, width]);
                let bias = conv.bias.as_ref().map(|bias| bias.id);
                let parameters = [conv.weight.id].into_iter().chain(bias);
                trial.conv2d(input, shape, parameters.collect())
            },
            |maps, pass| {
                let number = pass.next_convolution.get();
                pass.next_convolution.set(number + 1);
                let convolution = Deferred {
                    number,
                    input: maps,
                    weight: conv.weight.val(),
                    bias: conv.bias.as_ref().map(|bias| bias.val()),
                };
                let in_training = B::ad_enabled(&convolution.weight.device());
                match pass.folded.get(number) {
                    Some(true) if !in_training => Values::Deferred(Box::new(convolution)),
                    _ => convolution.compute(pass, None),
                }
            },
        )
    }

    /// Batch normalisation.
    pub fn batch_norm(self, norm: &BatchNorm2d<B>) -> Self {
        self.then(
            |trial, input| {
                let running = [norm.running_mean.id(), norm.running_var.id()];
                let parameters = [norm.weight.id, norm.bias.id].into_iter().chain(running);
                trial.batch_norm(input, norm.channels(), parameters.collect())
            },
            |maps, pass| match maps {
                Values::Deferred(convolution) => convolution.compute(pass, Some(norm)),
                Values::SpaceFirst(maps) => Values::SpaceFirst(norm.forward_space_first(maps)),
                maps => Values::ChannelsFirst(norm.forward(maps.channels_first())),
            },
        )
    }

    /// A dense layer, of features.
    pub fn linear(self, layer: &Linear<B>) -> Self {
        self.then(
            |trial, input| {
                let [_, outputs] = layer.weight.lazy_shape().dims();
                let bias = layer.bias.as_ref().map(|bias| bias.id);
                let parameters = [layer.weight.id].into_iter().chain(bias);
                trial.linear(input, outputs, parameters.collect())
            },
            |features, pass| {
                let features = features.features();
                let own = pass.products.map(|_| features.dtype().into());
                let bias = layer.bias.as_ref().map(|bias| bias.val());
                let features = linear(
                    changed(features, pass.products),
                    changed(layer.weight.val(), pass.products),
                    bias.map(|bias| changed(bias, pass.products)),
                );
                Values::Features(changed(features, own))
            },
        )
    }

    /// max(0, x) of every value.
    pub fn relu(self) -> Self {
        self.activation(Activation::Relu)
    }

    /// A function of every value.
    pub fn activation(self, activation: Activation) -> Self {
        let maps = self.then(
            |trial, input| {
                trial.fixed(
                    input,
                    match activation {
                        Activation::Sigmoid => Op::Sigmoid,
                        Activation::Relu => Op::Relu,
                    },
                )
            },
            |values, _| match values {
                Values::ChannelsFirst(maps) => Values::ChannelsFirst(activation.of(maps)),
                Values::SpaceFirst(maps) => Values::SpaceFirst(activation.of(maps)),
                values => Values::Features(activation.of(values.features())),
            },
        );
        if let (Some(seen), false) = (&maps.pass.seen, maps.values.are_features()) {
            let values = maps.values.clone().channels_first();
            seen.borrow_mut().push((maps.node, values));
        }
        maps
    }

    /// The largest value of each window.
    pub fn max_pool2d(self, window: Window) -> Self {
        let pool = MaxPool2dConfig::new([window.size; 2]).with_strides([window.stride; 2]);
        let pool = pool.with_padding(window.on_all_sides()).init();
        self.pool2d(window, Op::MaxPool2d, |maps| pool.forward(maps))
    }

    /// The mean of each window, without what is padded.
    pub fn avg_pool2d(self, window: Window) -> Self {
        let pool = AvgPool2dConfig::new([window.size; 2]).with_strides([window.stride; 2]);
        let pool = pool.with_padding(window.on_all_sides());
        let pool = pool.with_count_include_pad(false).init();
        self.pool2d(window, Op::AvgPool2d, |maps| pool.forward(maps))
    }

    fn pool2d(
        self,
        window: Window,
        op: fn(Window) -> Op,
        pool: impl FnOnce(Tensor<B, 4>) -> Tensor<B, 4>,
    ) -> Self {
        self.then(
            |trial, input| trial.pool(input, window, op),
            |maps, _| Values::ChannelsFirst(pool(maps.channels_first())),
        )
    }

    /// The mean of each whole map: `[N, C, 1, 1]`.
    pub fn global_avg_pool2d(self) -> Self {
        self.then(
            |trial, input| trial.fixed(input, Op::GlobalAvgPool2d),
            |maps, _| {
                let maps = match maps {
                    Values::SpaceFirst(maps) => {
                        let [height, width, n, c] = maps.dims();
                        let maps = maps.reshape([height * width, n * c]);
                        return Values::SpaceFirst(maps.mean_dim(0).reshape([1, 1, n, c]));
                    }
                    maps => maps.channels_first(),
                };
                let [n, c, height, width] = maps.dims();
                let maps = maps.reshape([n * c, height * width]);
                Values::ChannelsFirst(maps.mean_dim(1).reshape([n, c, 1, 1]))
            },
        )
    }

    /// Maps `[N, C, H, W]` to features `[N, C · H · W]`, in PyTorch's order.
    pub fn flatten(self) -> Self {
        self.then(
            |trial, input| trial.fixed(input, Op::Flatten),
            |maps, _| Values::Features(maps.channels_first().flatten(1, 3)),
        )
    }

    /// The sum of two results.
    // As for tensors, there is no operator: both sides are whole passes over memory.
    #[allow(clippy::should_implement_trait)]
    pub fn add(self, other: Self) -> Self {
        self.then(
            |trial, input| trial.add([input, other.node]),
            |values, _| match (values, other.values) {
                (Values::Features(values), other) => Values::Features(values + other.features()),
                (Values::SpaceFirst(maps), other) => Values::SpaceFirst(maps + other.space_first()),
                (maps, other) => {
                    Values::ChannelsFirst(maps.channels_first() + other.channels_first())
                }
            },
        )
    }

    /// The features `[N, F]`.
    ///
    /// # Panics
    /// Where they are maps that were not flattened.
    pub(crate) fn into_features(self) -> Tensor<B, 2> {
        self.values.features()
    }
}

impl<B: Backend> Deferred<B> {
    /// The maps, normalised where a normalisation is given, by the kernels that were prepared when it was first
    /// computed.
    fn compute(self, pass: &Pass<B>, norm: Option<&BatchNorm2d<B>>) -> Values<B> {
        let plan = &pass.convolutions[self.number];
        // A transform in 16 bits would lose too much.
        let in_frequency = plan.algorithm() == ConvAlgorithm::Frequency;
        let products = pass.products.filter(|_| !in_frequency);
        let mut prepared = pass.prepared.borrow_mut();
        if prepared.len() == self.number {
            let (weight, bias) = match norm {
                Some(norm) => normalised(self.weight, self.bias, norm),
                None => (self.weight, self.bias),
            };
            prepared.push((
                plan.prepare(changed(weight, products)),
                bias.map(|bias| changed(bias, products)),
            ));
        }
        let (kernels, bias) = &prepared[self.number];
        let apply = |maps: Tensor<B, 4>| {
            let own = products.map(|_| maps.dtype().into());
            let maps = kernels.apply(changed(maps, products), bias.clone(), plan.shape());
            changed(maps, own)
        };
        match kernels {
            Kernels::Weight(_) => Values::ChannelsFirst(apply(self.input.channels_first())),
            _ => Values::SpaceFirst(apply(self.input.space_first())),
        }
    }
}

/// Kernels and bias whose maps are those that a normalisation makes of a convolution's.
fn normalised<B: Backend>(
    weight: Tensor<B, 4>,
    bias: Option<Tensor<B, 1>>,
    norm: &BatchNorm2d<B>,
) -> (Tensor<B, 4>, Option<Tensor<B, 1>>) {
    let (scale, shift) = norm.scale_and_shift();
    let shape = weight.dims();
    // As a matrix: backends are quick at a factor for each row.
    let rows: Tensor<B, 2> = weight.flatten(1, 3);
    let weight = rows * scale.clone().unsqueeze_dim(1);
    let bias = match bias {
        Some(bias) => bias * scale + shift,
        None => shift,
    };
    (weight.reshape(shape), Some(bias))
}

/// The values in another type of float, where one is given.
fn changed<B: Backend, const D: usize>(
    values: Tensor<B, D>,
    dtype: Option<FloatDType>,
) -> Tensor<B, D> {
    match dtype {
        Some(dtype) => values.cast(dtype),
        None => values,
    }
}

impl<B: Backend> Values<B> {
    fn are_features(&self) -> bool {
        matches!(self, Self::Features(_) | Self::None)
    }

    /// As `[N, C, H, W]`.
    fn channels_first(self) -> Tensor<B, 4> {
        match self {
            Self::ChannelsFirst(maps) => maps,
            Self::SpaceFirst(maps) => channels_first(maps),
            Self::Features(_) | Self::None => panic!("a network's trial run has found maps here"),
            Self::Deferred(_) => panic!("a network's trial run has found a normalisation here"),
        }
    }

    /// As `[H, W, N, C]`.
    fn space_first(self) -> Tensor<B, 4> {
        match self {
            Self::SpaceFirst(maps) => maps,
            maps => space_first(maps.channels_first()),
        }
    }

    fn features(self) -> Tensor<B, 2> {
        match self {
            Self::Features(features) => features,
            _ => panic!("a network's trial run has found features here"),
        }
    }
}
