//! How images were normalised for weights from elsewhere: weights do not say it, and by another way they are wrong
//! without a word.

use super::error::ImportError;
use super::request::{ImportRequest, Known};
use crate::backend;
use crate::convolution::{Conv, Purpose};
use crate::data::{DataError, DatasetSpec, ImageBatcher, ImageDataset, LoadOptions, Split};
use crate::evaluate::{self, Answers};
use crate::summary::graph;
use crate::trained::Trained;
use burn_zoo_models::{Normalisation, PerChannel};
use std::sync::Arc;

/// The normalisation of imported weights, and where it is from.
#[derive(Debug, Clone, PartialEq)]
pub enum Normalised {
    /// The user gave it.
    Given(Normalisation),
    /// The file says it.
    File(Normalisation),
    /// Of the usual ones, the first of these has the least loss on test images.
    Measured(Vec<Trial>),
    /// It is the usual one for the model or the data set. Where there were images to try it with, none answered more
    /// of them rightly than guessing may.
    Assumed(Normalisation, Vec<Trial>),
}

/// A normalisation that was tried.
#[derive(Debug, Clone, PartialEq)]
pub struct Trial {
    /// Its name.
    pub name: &'static str,
    /// The normalisation.
    pub normalisation: Normalisation,
    /// The mean cross-entropy of test images, in nats, with logits scaled as is best for it.
    pub loss: f64,
    /// The share of them answered rightly.
    pub accuracy: f64,
    /// How many there were.
    pub images: usize,
}

impl Normalised {
    /// The normalisation.
    pub fn normalisation(&self) -> Normalisation {
        match self {
            Self::Given(normalisation) | Self::File(normalisation) => *normalisation,
            Self::Assumed(normalisation, _) => *normalisation,
            Self::Measured(trials) => trials[0].normalisation,
        }
    }

    /// Where it is from, in a word.
    pub fn source(&self) -> &'static str {
        match self {
            Self::Given(_) => "given",
            Self::File(_) => "file",
            Self::Measured(_) => "measured",
            Self::Assumed(..) => "assumed",
        }
    }

    /// Those that were tried and fit about as well as the one that is taken.
    pub fn rivals(&self) -> Vec<&Trial> {
        let [first, others @ ..] = self.trials() else {
            return Vec::new();
        };
        let rivals = others.iter().filter(|other| first.is_rivalled_by(other));
        rivals.collect()
    }

    /// The normalisations that were tried.
    pub fn trials(&self) -> &[Trial] {
        match self {
            Self::Measured(trials) | Self::Assumed(_, trials) => trials,
            Self::Given(_) | Self::File(_) => &[],
        }
    }
}

impl Trial {
    /// Whether another's loss is not clearly more.
    fn is_rivalled_by(&self, other: &Self) -> bool {
        other.loss < CLOSE * self.loss + ALMOST_NONE
    }
}

/// How many times the least loss another may be that could as well be the right one's.
const CLOSE: f64 = 1.1;
/// A loss that is almost none: all answers are right, and whoever is surest is no righter.
const ALMOST_NONE: f64 = 0.02;

/// The trials, the one that fits best first and the others by their loss; of several that fit about as well, the first
/// that was tried, which is the most usual.
fn in_order(mut trials: Vec<Trial>) -> Vec<Trial> {
    let best = trials
        .iter()
        .min_by(|one, other| one.loss.total_cmp(&other.loss));
    let Some(best) = best.cloned() else {
        return trials;
    };
    let first = trials.iter().position(|trial| best.is_rivalled_by(trial));
    let first = trials.remove(first.unwrap_or(0));
    trials.sort_by(|one, other| one.loss.total_cmp(&other.loss));
    trials.insert(0, first);
    trials
}

/// The normalisations that people use, beside those that have a name: of the data sets' own pixels, as their tutorials
/// have them.
const OF_DATA_SETS: [(&str, Normalisation); 4] = [
    (
        "fashion-mnist",
        Normalisation::new(PerChannel::all(0.286), PerChannel::all(0.353)),
    ),
    (
        "mnist",
        Normalisation::new(PerChannel::all(0.1307), PerChannel::all(0.3081)),
    ),
    (
        "cifar-10",
        Normalisation::new(
            PerChannel::rgb(0.4914, 0.4822, 0.4465),
            PerChannel::rgb(0.247, 0.2435, 0.2616),
        ),
    ),
    (
        "cifar-10 as often copied",
        Normalisation::new(
            PerChannel::rgb(0.4914, 0.4822, 0.4465),
            PerChannel::rgb(0.2023, 0.1994, 0.201),
        ),
    ),
];

/// Multiplications that a normalisation may take to be tried: a second or two on a small CPU.
const MULTIPLY_ADDS: usize = 20_000_000_000;
/// The fewest images that tell normalisations apart.
const FEWEST: usize = 64;
/// Weights and biases of the largest model that is tried: it is held in memory several times.
const LARGEST: usize = 50_000_000;
/// How many times better than guessing an answer has to be to be one.
const BETTER: f64 = 2.0;

/// Chooses the normalisation: the one that is given; or else the file's; or else of the usual ones that which answers
/// test images with the least loss, if they are on this machine; or else the usual one.
///
/// Not by the accuracy, nor by the loss as it is: a network that is half trained, and so not sure enough, may answer better
/// if its images are stretched.
pub(super) fn choose(
    request: &ImportRequest,
    known: &Known,
    dataset: Option<DatasetSpec>,
    model: &Trained,
) -> Result<Normalised, ImportError> {
    let usual = model.normalisation;
    let [mean, std] = known.given;
    if mean.is_some() || std.is_some() {
        let other = known.file.unwrap_or(usual);
        let mean = mean.unwrap_or(other.mean);
        return Ok(Normalised::Given(Normalisation::new(
            mean,
            std.unwrap_or(other.std),
        )));
    }
    let input = model.architecture.input();
    if let Some(found) = known.file.filter(|found| found.fits(input.channels)) {
        return Ok(Normalised::File(found));
    }
    let assumed = |trials| Ok(Normalised::Assumed(usual, trials));
    let graph = graph(&model.architecture)?;
    let count = MULTIPLY_ADDS / graph.multiply_adds().max(1);
    if count < FEWEST || graph.num_params() > LARGEST {
        return assumed(Vec::new());
    }
    let images = dataset.map(|dataset| at_hand(request, &dataset));
    let Some(images) = images.transpose()?.flatten() else {
        return assumed(Vec::new());
    };
    let trials = in_order(measure(model, images.spread(count))?);
    let chance = 1.0 / model.classes.len().max(1) as f64;
    match trials.first() {
        Some(best) if best.accuracy > BETTER * chance => Ok(Normalised::Measured(trials)),
        _ => assumed(trials),
    }
}

/// The test images of a data set; `None` where they are not on this machine.
fn at_hand(
    request: &ImportRequest,
    dataset: &DatasetSpec,
) -> Result<Option<ImageDataset>, ImportError> {
    let options = LoadOptions {
        data_dir: request.data_dir.clone(),
        show_progress: request.show_progress,
        ..LoadOptions::default()
    };
    match dataset.path(&options) {
        Ok(_) | Err(DataError::NoFiles { .. }) => {}
        // Asked for by name, they are to be there.
        Err(error) if request.data_dir.is_some() => return Err(error.into()),
        Err(_) => return Ok(None),
    }
    match dataset.load(Split::Test, &options) {
        Ok(loaded) => Ok(Some(loaded.images)),
        Err(error) if request.data_dir.is_some() => Err(error.into()),
        Err(_) => Ok(None),
    }
}

/// Tries each of the usual normalisations.
fn measure(model: &Trained, images: ImageDataset) -> Result<Vec<Trial>, ImportError> {
    let channels = model.architecture.input().channels;
    let named = Normalisation::NAMED.into_iter().chain(OF_DATA_SETS);
    let mut candidates: Vec<(&str, Normalisation)> = vec![("usual", model.normalisation)];
    for (name, normalisation) in named {
        match candidates
            .iter_mut()
            .find(|(_, other)| *other == normalisation)
        {
            Some(same) => same.0 = name,
            None if normalisation.fits(channels) => candidates.push((name, normalisation)),
            None => {}
        }
    }
    let images = Arc::new(images);
    let selected = backend::select("flex", None, None)?;
    let batch_size = evaluate::batch_size(model.architecture.input());
    let purpose = Purpose::Inference {
        images: images.len(),
        batch_size,
    };
    let placed = model.on(&selected, Conv::Auto, purpose)?;
    let trials = candidates.into_iter().map(|(name, normalisation)| {
        let batcher = ImageBatcher::new(images.clone(), normalisation);
        let answers = evaluate::answers(&placed, &batcher, batch_size, &selected)?;
        Ok(Trial {
            name,
            normalisation,
            loss: scaled_loss(&answers),
            accuracy: answers.tally().accuracy(),
            images: images.len(),
        })
    });
    trials.collect()
}

/// The mean cross-entropy of answers whose logits are scaled as is best for it: what they know, however sure they are.
fn scaled_loss(answers: &Answers) -> f64 {
    let num_classes = answers.logits.len() / answers.targets.len().max(1);
    let loss = |scale: f64| {
        let images = answers
            .logits
            .chunks_exact(num_classes.max(1))
            .zip(&answers.targets);
        let losses = images.map(|(logits, &target)| {
            let largest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let sum: f64 = logits.iter().map(|x| ((x - largest) * scale).exp()).sum();
            sum.ln() - (logits[target] - largest) * scale
        });
        losses.sum::<f64>() / answers.targets.len().max(1) as f64
    };
    // From 1/32 to 32, in steps of the root of two.
    let scales = (-10..=10).map(|step| f64::from(step).exp2().sqrt());
    scales.map(loss).fold(f64::INFINITY, f64::min)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_normalisations_that_cannot_be_told_apart_the_most_usual_is_taken() {
        let order = |losses: &[f64]| {
            let trials = losses.iter().zip(["half", "unit", "mnist"]);
            let trials = trials.map(|(&loss, name)| Trial {
                name,
                normalisation: Normalisation::UNIT,
                loss,
                accuracy: 0.9,
                images: 9,
            });
            let measured = Normalised::Measured(in_order(trials.collect()));
            let names = measured.trials().iter().map(|trial| trial.name);
            (names.collect::<Vec<_>>(), measured.rivals().len())
        };
        assert_eq!(order(&[0.9, 0.5, 0.4]), (vec!["mnist", "unit", "half"], 0));
        assert_eq!(order(&[0.9, 0.44, 0.4]), (vec!["unit", "mnist", "half"], 1));
        assert_eq!(
            order(&[0.01, 0.005, 0.0]),
            (vec!["half", "mnist", "unit"], 2)
        );
        assert_eq!(order(&[f64::INFINITY; 3]).0[0], "half");
    }

    #[test]
    fn the_loss_at_its_best_scale_does_not_depend_on_how_sure_answers_are() {
        let answers = |scale: f64| Answers {
            targets: vec![0, 1, 1],
            logits: [1.0, 0.0, 0.0, 1.0, 1.0, 0.0]
                .map(|logit| scale * logit)
                .to_vec(),
            ..Answers::default()
        };
        // Two of three are right: at best they are 2/3 sure, by logits ln 2 apart.
        let best = -(2.0 * (2.0f64 / 3.0).ln() + (1.0f64 / 3.0).ln()) / 3.0;
        for scale in [0.1, 1.0, 8.0] {
            let found = scaled_loss(&answers(scale));
            assert!((found - best).abs() < 0.005, "{scale}: {found} {best}");
        }
        assert!(scaled_loss(&answers(f64::NAN)).is_infinite());
    }
}
