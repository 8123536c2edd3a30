//! How fast a model trains and answers on a backend, and each of its layers by each algorithm.

use crate::backend::{self, Device, Infer, Selected, Train};
use crate::convolution::{Conv, Measurement, Purpose, in_turn};
use crate::data::{DatasetSpec, ImageBatch};
use crate::summary::graph;
use crate::system::memory;
use burn::module::AutodiffModule;
use burn::nn::conv::Conv2dConfig;
use burn::nn::{Linear, LinearConfig, PaddingConfig2d};
use burn::optim::adaptor::OptimizerAdaptor;
use burn::optim::{Adam, Optimizer};
use burn::tensor::{Tensor, TensorData, backend::Backend};
use burn::train::TrainStep;
use burn_zoo_models::{
    Classifier, ConvAlgorithm, ConvPlan, ConvShape, Convolution, ModelError, ModelSpec, Network,
    NetworkConfig, Node, Op,
};
use burn_zoo_steps::{AdamSettings, Trainee};
use serde::{Deserialize, Serialize};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// How long to measure one thing.
#[derive(Debug, Clone, Copy)]
pub struct Effort {
    /// About so long, but at least three samples.
    pub time: Duration,
    /// And no more samples than this; of 0, none.
    pub samples: usize,
}

/// What to measure.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// The model.
    pub spec: &'static ModelSpec,
    /// Whose images' shape and classes it takes; the pixels are drawn.
    pub dataset: &'a DatasetSpec,
    /// Images a step.
    pub batch_size: usize,
    /// How its convolutions are computed.
    pub conv: Conv,
}

/// What was measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// The convolutions' algorithms in training.
    pub convolutions: Vec<ConvAlgorithm>,
    /// And in inference.
    pub infer_convolutions: Vec<ConvAlgorithm>,
    /// From the start of the process to the end of the first training step.
    pub first_step_s: f64,
    /// Seconds of each training step.
    pub train_step_s: Vec<f64>,
    /// Seconds of each batch's inference, to the answers on the host.
    pub infer_step_s: Vec<f64>,
    /// The most memory that the process held in training.
    pub peak_memory_bytes: Option<u64>,
    /// The memory that it then held on the GPU, where there is one and its driver tells.
    pub gpu_memory_bytes: Option<u64>,
    /// Each layer by itself.
    pub layers: Vec<LayerTime>,
}

/// One layer by itself: where a step's time goes, but not exactly, as it is measured alone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LayerTime {
    /// What it is: `Conv2d 32→64, 22×22`.
    pub layer: String,
    /// Of a convolution.
    pub algorithm: Option<ConvAlgorithm>,
    /// Whether the model uses it in training.
    pub used: bool,
    /// Seconds for the batch, forward and backward.
    pub train_s: f64,
    /// Seconds for the batch, forward.
    pub infer_s: f64,
}

/// Nanoseconds on the system's clock, which a parent and its child share.
pub fn clock() -> u128 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_nanos())
}

/// Values in [−1, 1) from a formula: what they are does not matter to a time, that they are not all
/// the same does.
pub fn values<B: Backend, const D: usize>(shape: [usize; D], device: &B::Device) -> Tensor<B, D> {
    let values = (0..shape.iter().product()).map(|i: usize| {
        let hashed = (i as u32).wrapping_mul(2_654_435_761) >> 8;
        hashed as f32 / (1 << 23) as f32 - 1.0
    });
    Tensor::from_data(TensorData::new(values.collect(), shape), device)
}

/// Seconds of each sample, after two that are not counted. `run` returns when it is done.
fn sample(effort: Effort, mut run: impl FnMut()) -> Vec<f64> {
    if effort.samples == 0 {
        return Vec::new();
    }
    run();
    run();
    let begun = Instant::now();
    let mut seconds = Vec::new();
    while seconds.len() < 3 || (begun.elapsed() < effort.time && seconds.len() < effort.samples) {
        let started = Instant::now();
        run();
        seconds.push(started.elapsed().as_secs_f64());
    }
    seconds
}

/// The middle one of some numbers, or the mean of the two in the middle.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => f64::NAN,
        n if n.is_multiple_of(2) => (sorted[middle - 1] + sorted[middle]) / 2.0,
        _ => sorted[middle],
    }
}

/// A model on a device, as it is trained: with its loss, Adam, and a batch of drawn images.
pub struct Trial {
    trainee: Trainee<Train>,
    optimizer: OptimizerAdaptor<Adam, Trainee<Train>, Train>,
    learning_rate: f64,
    batch: ImageBatch<Train>,
    device: Device,
    infer_convolutions: Vec<ConvAlgorithm>,
}

/// A model on a device, as it is used.
pub struct Inference {
    model: Classifier<Infer>,
    images: Tensor<Infer, 4>,
}

impl Trial {
    /// Draws the model's weights and a batch.
    ///
    /// # Errors
    /// [`ModelError`] where the model does not fit the data set's images.
    pub fn new(
        spec: &ModelSpec,
        dataset: &DatasetSpec,
        batch_size: usize,
        conv: Conv,
        selected: &Selected,
    ) -> Result<Self, ModelError> {
        let device = &selected.device;
        let architecture = dataset.architecture(spec);
        let shapes = graph(&architecture)?.convolutions();
        let choose = |purpose| conv.choose(selected.backend.id, &shapes, purpose);
        let model = architecture.init_with_seed::<Train>(0, device)?;
        let model = model.with_algorithms(in_turn(&choose(Purpose::Training(batch_size))));
        let input = architecture.input();
        let classes = (0..batch_size).map(|i| (i % architecture.num_classes()) as i32);
        let classes = TensorData::new(classes.collect(), [batch_size]);
        let adam = AdamSettings::new(spec.recipe.learning_rate);
        Ok(Self {
            trainee: Trainee::new(model),
            optimizer: adam.config().init(),
            learning_rate: adam.learning_rate,
            batch: ImageBatch {
                images: values(
                    [batch_size, input.channels, input.height, input.width],
                    device,
                ),
                targets: Tensor::from_data(classes, device),
            },
            device: device.clone(),
            infer_convolutions: choose(Purpose::Inference),
        })
    }

    /// One training step, to the end.
    pub fn train(&mut self) {
        let output = TrainStep::step(&self.trainee, self.batch.clone());
        let trainee = self.trainee.clone();
        self.trainee = self
            .optimizer
            .step(self.learning_rate, trainee, output.grads);
        backend::sync(&self.device);
    }

    /// The model as it is used.
    pub fn inference(&self) -> Inference {
        let model = self.trainee.valid().model;
        Inference {
            model: model.with_algorithms(in_turn(&self.infer_convolutions)),
            images: self.batch.images.clone().inner(),
        }
    }

    /// The convolutions' algorithms in training.
    fn convolutions(&self) -> Vec<ConvAlgorithm> {
        let convolutions = self.trainee.model.convolutions().iter();
        convolutions.map(ConvPlan::algorithm).collect()
    }
}

impl Inference {
    /// The batch's answers, on the host.
    pub fn answer(&self) -> TensorData {
        self.model
            .forward(self.images.clone())
            .argmax(1)
            .into_data()
    }
}

/// Measures a model on a device.
///
/// `since_start` is the time since the process began when this is called.
///
/// # Errors
/// [`ModelError`] where the model does not fit the data set's images.
pub fn measure(
    subject: &Subject,
    selected: &Selected,
    effort: Effort,
    since_start: Duration,
    with_layers: bool,
) -> Result<Measured, ModelError> {
    let begun = Instant::now();
    let Subject {
        spec,
        dataset,
        batch_size,
        conv,
    } = *subject;
    let mut trial = Trial::new(spec, dataset, batch_size, conv, selected)?;
    trial.train();
    let first_step_s = (since_start + begun.elapsed()).as_secs_f64();
    let train_step_s = sample(effort, || trial.train());
    let peak_memory_bytes = memory::peak();
    let gpu_memory_bytes = memory::on_gpu();
    let convolutions = trial.convolutions();
    let infer_convolutions = trial.infer_convolutions.clone();
    let inference = trial.inference();
    drop(trial);
    let infer_step_s = sample(effort, || {
        std::hint::black_box(inference.answer());
    });

    let mut layers = Vec::new();
    if with_layers {
        let architecture = dataset.architecture(spec);
        let graph = graph(&architecture)?;
        let shapes = graph.convolutions();
        for (index, (shape, used)) in shapes.iter().zip(&convolutions).enumerate() {
            let serve = |algorithm: &ConvAlgorithm| algorithm.serves(shape);
            for algorithm in ConvAlgorithm::ALL.into_iter().filter(serve) {
                let alone = Alone {
                    shape,
                    algorithm,
                    is_first: index == 0,
                };
                let [train_s, infer_s] = alone.time(batch_size, &selected.device, effort);
                layers.push(LayerTime {
                    layer: describe(shape),
                    algorithm: Some(algorithm),
                    used: algorithm == *used,
                    train_s,
                    infer_s,
                });
            }
        }
        let dense_layers = graph.layers().iter().filter(|layer| layer.op == Op::Linear);
        for layer in dense_layers {
            let is_first = layers.is_empty();
            layers.push(dense(layer, is_first, batch_size, &selected.device, effort));
        }
    }
    Ok(Measured {
        convolutions,
        infer_convolutions,
        first_step_s,
        train_step_s,
        infer_step_s,
        peak_memory_bytes,
        gpu_memory_bytes,
        layers,
    })
}

fn describe(shape: &ConvShape) -> String {
    let [height, width] = shape.input;
    let stride = match shape.stride {
        [1, 1] => String::new(),
        [stride, _] => format!(", stride {stride}"),
    };
    format!(
        "Conv2d {}→{}, {height}×{width}{stride}",
        shape.in_channels, shape.out_channels
    )
}

/// Seconds of a layer for a batch: forward and backward (to the images too, unless it is the
/// model's first), and forward alone.
fn layer<const D: usize, const E: usize>(
    images: Tensor<Train, D>,
    is_first: bool,
    effort: Effort,
    device: &Device,
    train: impl Fn(Tensor<Train, D>) -> Tensor<Train, E>,
    infer: impl Fn(Tensor<Infer, D>) -> Tensor<Infer, E>,
) -> [f64; 2] {
    let trained = sample(effort, || {
        let images = images.clone().set_require_grad(!is_first);
        let gradients = train(images.clone()).sum().backward();
        std::hint::black_box(images.grad(&gradients));
        backend::sync(device);
    });
    let images = images.inner();
    let inferred = sample(effort, || {
        std::hint::black_box(infer(images.clone()));
        backend::sync(device);
    });
    [median(&trained), median(&inferred)]
}

/// A convolution by itself, by one algorithm.
#[derive(Debug, Clone, Copy)]
pub struct Alone<'a> {
    /// Its sizes.
    pub shape: &'a ConvShape,
    /// The algorithm.
    pub algorithm: ConvAlgorithm,
    /// Whether it is a model's first layer, whose images need no gradient.
    pub is_first: bool,
}

impl Alone<'_> {
    /// The layer, with weights that the backend draws.
    pub fn layer(&self, device: &Device) -> Convolution<Train> {
        let shape = self.shape;
        let [[top, bottom], [left, right]] = shape.padding;
        let conv = Conv2dConfig::new([shape.in_channels, shape.out_channels], shape.kernel)
            .with_stride(shape.stride)
            .with_dilation(shape.dilation)
            .with_groups(shape.groups)
            .with_padding(PaddingConfig2d::Explicit(top, left, bottom, right))
            .init::<Train>(device);
        Convolution::new(conv, shape.input).with_algorithm(self.algorithm)
    }

    /// The shape of a batch of images, in the algorithm's own order of axes.
    pub fn images(&self, batch_size: usize) -> [usize; 4] {
        let [height, width] = self.shape.input;
        match self.algorithm {
            ConvAlgorithm::Direct => [batch_size, self.shape.in_channels, height, width],
            _ => [height, width, batch_size, self.shape.in_channels],
        }
    }

    /// Seconds for a batch, in the algorithm's own order of axes: forward and backward, and forward
    /// alone.
    fn time(&self, batch_size: usize, device: &Device, effort: Effort) -> [f64; 2] {
        let conv = self.layer(device);
        let valid = conv.valid();
        let images = values(self.images(batch_size), device);
        let train = |x| conv.forward_in_own_order(x);
        let infer = |x| valid.forward_in_own_order(x);
        layer(images, self.is_first, effort, device, train, infer)
    }
}

fn dense(
    node: &Node,
    is_first: bool,
    batch_size: usize,
    device: &Device,
    effort: Effort,
) -> LayerTime {
    let shape = &node.parameters[0].shape;
    let (inputs, outputs) = (shape[0], shape[1]);
    let linear: Linear<Train> = LinearConfig::new(inputs, outputs).init(device);
    let valid = linear.valid();
    let images = values([batch_size, inputs], device);
    let [train_s, infer_s] = layer(
        images,
        is_first,
        effort,
        device,
        |x| linear.forward(x),
        |x| valid.forward(x),
    );
    LayerTime {
        layer: format!("Linear {inputs}→{outputs}"),
        algorithm: None,
        used: true,
        train_s,
        infer_s,
    }
}

/// Images a batch in [`measure_convolutions`].
const BATCH: usize = 128;
/// Images in the first try, and longer than this is not repeated with a whole batch.
const TRY: (usize, f64) = (4, 0.1);

/// The measurement of one layer by one algorithm on a backend, for the table that `--conv auto`
/// reads.
pub fn measure_convolution(
    alone: &Alone<'_>,
    selected: &Selected,
    effort: Effort,
) -> Option<Measurement> {
    let run = |images, effort| alone.time(images, &selected.device, effort);
    let (few, too_long) = TRY;
    let once = Effort {
        time: Duration::ZERO,
        samples: 3,
    };
    let mut images = few;
    let mut seconds = run(few, once);
    if seconds[0] < too_long {
        images = BATCH;
        seconds = run(images, effort);
    }
    // Three digits: no timing is good for more.
    let [training, inference] = seconds.map(|s| {
        let speed = images as f64 / s;
        let unit = 10_f64.powi(speed.log10().floor() as i32 - 2);
        (speed / unit).round() * unit
    });
    Measurement::new(
        selected.backend.id,
        alone.shape,
        alone.algorithm,
        training,
        inference,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), 2.5);
        assert!(median(&[]).is_nan());
    }

    #[test]
    fn at_least_three_samples_are_taken_after_two_that_do_not_count() {
        let mut runs = 0;
        let effort = Effort {
            time: Duration::ZERO,
            samples: 1,
        };
        assert_eq!(sample(effort, || runs += 1).len(), 3);
        assert_eq!(runs, 5);
    }
}
