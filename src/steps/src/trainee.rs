//! The module that the learner trains: a model of the zoo with its loss.

use crate::ImageBatch;
use crate::loss_scale::{LossScale, unscaled};
use burn::module::Module;
use burn::nn::loss::CrossEntropyLossConfig;
use burn::optim::{GradientsAccumulator, GradientsParams};
use burn::tensor::backend::{AutodiffBackend, Backend};
use burn::tensor::{Int, Tensor};
use burn::train::{ClassificationOutput, InferenceStep, TrainOutput, TrainStep};
use burn_zoo_models::{Classifier, Network, Precision};

/// A model with the cross-entropy of its logits as the loss to make smaller.
#[derive(Module, Debug)]
pub struct Trainee<B: Backend> {
    /// The model.
    pub model: Classifier<B>,
    /// The share of the target that is spread over all classes in training.
    #[module(skip)]
    label_smoothing: f32,
    #[module(skip)]
    most_saved: usize,
    #[module(skip)]
    loss_scale: LossScale,
}

/// How many values a training step may keep for its backward pass on a CPU: 128 MiB of 32-bit floats.
pub const MOST_SAVED_ON_CPU: usize = 32 << 20;

impl<B: Backend> Trainee<B> {
    /// A model to train with the cross-entropy as the lecture has it.
    pub fn new(model: Classifier<B>) -> Self {
        Self {
            model,
            label_smoothing: 0.0,
            most_saved: MOST_SAVED_ON_CPU,
            loss_scale: LossScale::default(),
        }
    }

    /// The same with products in this type of float, and where its range is small, with a scaled loss.
    pub fn with_precision(self, precision: Precision) -> Self {
        Self {
            model: self.model.with_precision(precision),
            loss_scale: match precision {
                Precision::F16 => LossScale::following(),
                Precision::F32 | Precision::Bf16 => LossScale::default(),
            },
            ..self
        }
    }

    /// The scale of the loss.
    pub fn loss_scale(&self) -> &LossScale {
        &self.loss_scale
    }

    /// The same where a training step may keep so many values for its backward pass. A batch that needs more is
    /// trained on in parts whose gradients are added up, unless the model looks at a batch as a whole (batch
    /// normalisation): its memory then grows with the batch.
    pub fn with_most_saved(self, most_saved: usize) -> Self {
        Self { most_saved, ..self }
    }

    /// The same with a share of the target spread over all classes, in training only.
    pub fn with_label_smoothing(self, label_smoothing: f32) -> Self {
        Self {
            label_smoothing,
            ..self
        }
    }

    /// The same with another model, or the same model with other weights.
    pub fn with_model(self, model: Classifier<B>) -> Self {
        Self { model, ..self }
    }
}

/// The cross-entropy of a batch's logits.
fn output<B: Backend>(
    logits: Tensor<B, 2>,
    targets: Tensor<B, 1, Int>,
    label_smoothing: f32,
) -> ClassificationOutput<B> {
    let loss = CrossEntropyLossConfig::new()
        .with_smoothing((label_smoothing > 0.0).then_some(label_smoothing))
        .init(&logits.device())
        .forward(logits.clone(), targets.clone());
    ClassificationOutput::new(loss, logits, targets)
}

impl<B: AutodiffBackend> Trainee<B> {
    /// The number of parts in which it trains on a batch.
    fn parts(&self, num_images: usize) -> usize {
        match self.model.looks_at_the_whole_batch() {
            true => 1,
            false => (num_images * self.model.saved_activations()).div_ceil(self.most_saved),
        }
    }

    /// A training step in this many parts, as equal as may be: the same as in one but for roundings.
    fn step_in_parts(
        &self,
        batch: ImageBatch<B>,
        parts: usize,
    ) -> TrainOutput<ClassificationOutput<B::InnerBackend>> {
        let [num_images, ..] = batch.images.dims();
        let size = num_images.div_ceil(parts);
        let parts = batch.images.split(size, 0).into_iter();
        let mut gradients = GradientsAccumulator::new();
        let mut items = Vec::new();
        for (images, targets) in parts.zip(batch.targets.split(size, 0)) {
            let [images_in_part, ..] = images.dims();
            let share = images_in_part as f64 / num_images as f64;
            let part = self.step_at_once(ImageBatch { images, targets }, share);
            gradients.accumulate(self, part.grads);
            items.push(part.item);
        }
        let item = ClassificationOutput::new(
            Tensor::cat(items.iter().map(|item| item.loss.clone()).collect(), 0).sum(),
            Tensor::cat(items.iter().map(|item| item.output.clone()).collect(), 0),
            Tensor::cat(items.iter().map(|item| item.targets.clone()).collect(), 0),
        );
        TrainOutput {
            grads: gradients.grads(),
            item,
        }
    }

    /// A training step on a batch that is this share of the whole, and whose loss has this weight.
    fn step_at_once(
        &self,
        batch: ImageBatch<B>,
        share: f64,
    ) -> TrainOutput<ClassificationOutput<B::InnerBackend>> {
        let ClassificationOutput {
            loss,
            output,
            targets,
        } = output(
            self.model.forward(batch.images),
            batch.targets,
            self.label_smoothing,
        );
        let loss = if share == 1.0 { loss } else { loss * share };
        // Without its graph, whose memory the backward pass then frees.
        let item = ClassificationOutput::new(loss.clone().inner(), output.inner(), targets.inner());
        let scale = self.loss_scale.get().map(|scale| scale.factor);
        let loss = match scale {
            Some(scale) => loss * scale,
            None => loss,
        };
        let gradients = GradientsParams::from_grads(loss.backward(), self);
        TrainOutput {
            grads: match scale {
                Some(scale) => unscaled(self, gradients, scale),
                None => gradients,
            },
            item,
        }
    }
}

impl<B: AutodiffBackend> TrainStep for Trainee<B> {
    type Input = ImageBatch<B>;
    type Output = ClassificationOutput<B::InnerBackend>;

    fn step(&self, batch: ImageBatch<B>) -> TrainOutput<Self::Output> {
        let [num_images, ..] = batch.images.dims();
        match self.parts(num_images) {
            0 | 1 => self.step_at_once(batch, 1.0),
            parts => self.step_in_parts(batch, parts),
        }
    }
}

impl<B: Backend> InferenceStep for Trainee<B> {
    type Input = ImageBatch<B>;
    type Output = ClassificationOutput<B>;

    fn step(&self, batch: ImageBatch<B>) -> ClassificationOutput<B> {
        // As evaluating the run computes it, to the last digit.
        let logits = self.model.prepared().forward(batch.images);
        output(logits, batch.targets, 0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::backend::Autodiff;
    use burn::tensor::TensorData;
    use burn_flex::{Flex, FlexDevice};
    use burn_zoo_models::{ConvAlgorithm, ImageShape, NetworkConfig, find};

    fn cnn_strided() -> Classifier<Autodiff<Flex>> {
        let spec = find("cnn-strided").unwrap();
        let config = spec.config(ImageShape::new(1, 14, 14), 10);
        config.init_with_seed(1, &FlexDevice).unwrap()
    }

    #[test]
    fn a_step_in_parts_is_the_step_on_the_whole_batch() {
        let model = cnn_strided();
        let trainee = Trainee::new(model);
        let pixels = (0..11 * 14 * 14).map(|i| (i % 23) as f32 / 23.0 - 0.5);
        let classes = (0..11).map(|i| i % 10);
        let batch = ImageBatch {
            images: Tensor::from_data(
                TensorData::new(pixels.collect(), [11, 1, 14, 14]),
                &FlexDevice,
            ),
            targets: Tensor::from_data(TensorData::new(classes.collect(), [11]), &FlexDevice),
        };
        let whole = trainee.step_at_once(batch.clone(), 1.0);
        // 4 + 4 + 3 images.
        let parts = trainee.step_in_parts(batch, 3);
        let close = |a: TensorData, b: TensorData| {
            let pairs = a.iter::<f64>().zip(b.iter::<f64>());
            let off: f64 = pairs.map(|(a, b)| (a - b).abs()).sum();
            off < 1e-5 * b.iter::<f64>().map(f64::abs).sum::<f64>()
        };
        assert_eq!(parts.item.output.dims(), [11, 10]);
        assert_eq!(
            parts.item.targets.into_data(),
            whole.item.targets.into_data()
        );
        assert!(close(
            parts.item.loss.into_data(),
            whole.item.loss.into_data()
        ));
        assert!(close(
            parts.item.output.into_data(),
            whole.item.output.into_data()
        ));
        let of = |grads: &GradientsParams| crate::gradients(&trainee, grads);
        let (parts, whole) = (of(&parts.grads), of(&whole.grads));
        assert_eq!(parts.len(), 12);
        for (name, expected) in &whole {
            let pairs = parts[name].iter().zip(expected);
            let off: f64 = pairs.map(|(a, b)| (a - b).abs()).sum();
            let size: f64 = expected.iter().map(|value| value.abs()).sum();
            assert!(off < 1e-5 * size, "{name}");
        }
    }

    #[test]
    fn a_batch_is_divided_by_what_may_be_kept() {
        let model = cnn_strided().with_algorithms(|_| ConvAlgorithm::Im2col);
        let trainee = Trainee::new(model);
        let of_an_image = trainee.model.saved_activations();
        assert!(of_an_image > 0);
        assert_eq!(trainee.parts(8), 1);
        let parts = |images| {
            let trainee = trainee.clone().with_most_saved(images * of_an_image);
            trainee.parts(8)
        };
        assert_eq!([8, 7, 4, 1].map(parts), [1, 2, 2, 8]);
    }

    #[test]
    fn label_smoothing_spreads_its_share_of_the_target_over_all_classes_in_training_only() {
        let config = find("mlp-relu")
            .unwrap()
            .config(ImageShape::new(1, 2, 2), 4);
        let model = config
            .init_with_seed::<Autodiff<Flex>>(1, &FlexDevice)
            .unwrap();
        let trainee = Trainee::new(model).with_label_smoothing(0.2);
        let pixels: Vec<f32> = vec![0.1, -0.5, 0.9, 0.3];
        let batch = ImageBatch {
            images: Tensor::from_data(TensorData::new(pixels, [1, 1, 2, 2]), &FlexDevice),
            targets: Tensor::from_data(TensorData::from([2]), &FlexDevice),
        };
        let trained = trainee.step_at_once(batch.clone(), 1.0).item;
        let logits: Vec<f64> = trained.output.into_data().iter().collect();
        let sum = logits.iter().map(|logit| logit.exp()).sum::<f64>().ln();
        let loss = |class: usize| sum - logits[class];
        let smoothed = 0.8 * loss(2) + 0.2 * (0..4).map(loss).sum::<f64>() / 4.0;
        let found = |loss: TensorData| loss.iter::<f64>().next().unwrap();
        assert!((found(trained.loss.into_data()) - smoothed).abs() < 1e-6);
        let evaluated = InferenceStep::step(&trainee, batch).loss.into_data();
        assert!((found(evaluated) - loss(2)).abs() < 1e-6);
    }
}
