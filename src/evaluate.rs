//! A model's predictions over a whole split, and their metrics.

use crate::backend::{Infer, Selected};
use crate::data::{DataError, ImageBatch, ImageBatcher, ImageLoader, Order};
use crate::numbers::figure;
use crate::weights::Weights;
use burn::data::dataloader::{DataLoader, Progress};
use burn_zoo_models::{Classifier, ImageShape, Network};
use serde::{Deserialize, Serialize};
use std::ops::ControlFlow;
use std::time::Instant;

/// A model's answers over a split, image by image.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Answers {
    /// The true classes of the images.
    pub targets: Vec<usize>,
    /// The predicted classes.
    pub predicted: Vec<usize>,
    /// The logits, image by image.
    pub logits: Vec<f64>,
    /// The sum of the images' cross-entropies, in nats.
    pub loss: f64,
    /// Seconds for all of them.
    pub seconds: f64,
}

/// Exact sums over the images of an epoch so far.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Tally {
    /// Images counted.
    pub images: usize,
    /// The sum of their losses.
    #[serde(with = "figure")]
    pub loss: f64,
    /// How many were classified rightly.
    pub correct: f64,
    /// Seconds that they took.
    pub seconds: f64,
}

impl Tally {
    /// The mean loss.
    pub fn mean_loss(&self) -> f64 {
        self.loss / self.images.max(1) as f64
    }

    /// The share classified rightly.
    pub fn accuracy(&self) -> f64 {
        self.correct / self.images.max(1) as f64
    }

    /// Images in a second.
    pub fn images_per_second(&self) -> f64 {
        self.images as f64 / self.seconds.max(f64::MIN_POSITIVE)
    }
}

/// Runs the model over every image of a loader, or to the batch after which `each` breaks off.
///
/// The logits are read once a batch; loss and answers are computed from them on the host in double
/// precision, so that they depend on the backend by the logits alone.
///
/// # Errors
/// [`DataError::Pictures`] where a picture cannot be read.
pub fn pass(
    model: &Classifier<Infer>,
    loader: &ImageLoader<Infer>,
    mut each: impl FnMut(&ImageBatch<Infer>, Progress) -> ControlFlow<()>,
) -> Result<Answers, DataError> {
    let started = Instant::now();
    let mut answers = Answers::default();
    let model = model.prepared();
    let mut batches = loader.iter();
    while let Some(batch) = batches.next() {
        let logits = model.forward(batch.images.clone());
        let goes_on = each(&batch, batches.progress());
        let [_, num_classes] = logits.dims();
        let logits: Vec<f64> = logits.into_data().iter().collect();
        let targets: Vec<i64> = batch.targets.into_data().iter().collect();
        for (logits, target) in logits.chunks_exact(num_classes).zip(targets) {
            answers.add(logits, target as usize);
        }
        if goes_on.is_break() {
            break;
        }
    }
    loader.failure().check()?;
    answers.seconds = started.elapsed().as_secs_f64();
    Ok(answers)
}

/// How many images are answered at a time where nobody says it: 1024 as small as CIFAR-10's, and of larger ones
/// as many as have as many values.
pub fn batch_size(input: ImageShape) -> usize {
    (1024 * 3 * 32 * 32 / input.num_values().max(1)).clamp(1, 1024)
}

/// The model's answers to all of a batcher's images, in their order, this many at a time.
///
/// # Errors
/// As [`pass`].
pub fn answers(
    model: &Classifier<Infer>,
    batcher: &ImageBatcher,
    batch_size: usize,
    selected: &Selected,
) -> Result<Answers, DataError> {
    let device = selected.device.clone();
    let loader = ImageLoader::new(batcher.clone(), batch_size, Order::InOrder, device)
        .prepared(selected.preparation());
    pass(model, &loader, |_, _| ControlFlow::Continue(()))
}

/// The model's parameters, read from its device.
#[inline(never)] // Reading is costly to compile: see `backend::read`.
pub fn weights_of(model: &Classifier<Infer>) -> Weights {
    Weights::of(model)
}

impl Answers {
    fn add(&mut self, logits: &[f64], target: usize) {
        let mut largest = 0;
        for (class, logit) in logits.iter().enumerate() {
            if *logit > logits[largest] {
                largest = class;
            }
        }
        let sum: f64 = logits.iter().map(|x| (x - logits[largest]).exp()).sum();
        self.loss += logits[largest] + sum.ln() - logits[target];
        self.logits.extend(logits);
        self.targets.push(target);
        self.predicted.push(largest);
    }

    /// The figures as those of a training pass.
    pub fn tally(&self) -> Tally {
        let pairs = self.targets.iter().zip(&self.predicted);
        Tally {
            images: self.targets.len(),
            loss: self.loss,
            correct: pairs
                .filter(|(target, predicted)| target == predicted)
                .count() as f64,
            seconds: self.seconds,
        }
    }

    /// How often an image of each class (row) was predicted as each class (column).
    pub fn confusion(&self, num_classes: usize) -> Vec<Vec<u64>> {
        let mut counts = vec![vec![0; num_classes]; num_classes];
        for (&target, &predicted) in self.targets.iter().zip(&self.predicted) {
            counts[target][predicted] += 1;
        }
        counts
    }
}

/// The scores of one class.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClassScore {
    /// The class.
    pub class: String,
    /// Its images.
    pub images: u64,
    /// The share of the images predicted as the class that belong to it; `None` where there is none.
    pub precision: Option<f64>,
    /// Of the class's images, the share said to be; `None` where there is none.
    pub recall: Option<f64>,
    /// The harmonic mean of both; `None` where there is neither such image.
    pub f1: Option<f64>,
}

/// Precision, recall and F1 of each class, from a [confusion matrix](Answers::confusion).
pub fn class_scores(classes: &[String], confusion: &[Vec<u64>]) -> Vec<ClassScore> {
    let share = |part: u64, whole: u64| (whole > 0).then(|| part as f64 / whole as f64);
    let scores = classes.iter().enumerate().map(|(index, class)| {
        let right = confusion[index][index];
        let images = confusion[index].iter().sum();
        let said = confusion.iter().map(|row| row[index]).sum();
        ClassScore {
            class: class.clone(),
            images,
            precision: share(right, said),
            recall: share(right, images),
            f1: share(2 * right, said + images),
        }
    });
    scores.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loss_is_the_cross_entropy_and_stays_finite_for_large_logits() {
        let mut answers = Answers::default();
        answers.add(&[1.0, 2.0, 3.0], 2);
        // ln(e¹ + e² + e³) − 3
        assert!((answers.loss - 0.407_605_964_444_380_1).abs() < 1e-15);
        answers.add(&[1000.0, 0.0], 1);
        assert!((answers.loss - 1_000.407_605_964_444_4).abs() < 1e-12);
        assert_eq!(answers.predicted, [2, 0]);
        assert_eq!(answers.tally().accuracy(), 0.5);
    }

    #[test]
    fn fewer_large_images_are_answered_at_a_time() {
        for (shape, expected) in [
            ([1, 28, 28], 1024),
            ([3, 32, 32], 1024),
            ([3, 224, 224], 20),
        ] {
            let [channels, height, width] = shape;
            let input = ImageShape::new(channels, height, width);
            assert_eq!(batch_size(input), expected);
        }
        assert_eq!(batch_size(ImageShape::new(3, 4096, 4096)), 1);
    }

    #[test]
    fn precision_recall_and_f1_follow_from_the_confusion_matrix() {
        let answers = Answers {
            targets: vec![0, 0, 0, 1, 1, 2],
            predicted: vec![0, 0, 1, 1, 0, 0],
            ..Answers::default()
        };
        let confusion = answers.confusion(4);
        assert_eq!(confusion[0], [2, 1, 0, 0]);
        assert_eq!(confusion[2], [1, 0, 0, 0]);
        let classes = ["a", "b", "c", "d"].map(String::from);
        let scores = class_scores(&classes, &confusion);
        assert_eq!(scores[0].precision, Some(0.5));
        assert_eq!(scores[0].recall, Some(2.0 / 3.0));
        assert_eq!(scores[0].f1, Some(4.0 / 7.0));
        // No image is said to be of class c; none is of class d, nor said to be.
        assert_eq!((scores[2].precision, scores[2].recall), (None, Some(0.0)));
        assert_eq!(scores[2].f1, Some(0.0));
        assert_eq!(
            (scores[3].precision, scores[3].recall, scores[3].f1),
            (None, None, None)
        );
    }
}
