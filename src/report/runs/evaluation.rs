//! The evaluation of a run: its classes, the confusion matrix and the worst mistakes.

use super::Evaluation;
use crate::draw::{Pixels, encode_png};
use crate::evaluate::class_scores;
use crate::numbers::{NONE, thousands};
use crate::report::error::ReportError;
use crate::report::figures::percent;
use crate::run::RunConfig;
use crate::visualize::{Mistake, mistakes};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

/// A confusion matrix of more classes can no longer be read.
pub const MOST_CLASSES: usize = 40;
/// Larger images are shown smaller.
const LARGEST_SIDE: u32 = 96;

#[derive(Serialize)]
pub struct EvaluationView {
    sentence: String,
    classes: Vec<Class>,
    /// Empty where there are too many classes.
    confusion: Vec<ConfusionRow>,
    mistakes_title: String,
    mistakes: Vec<Picture>,
}

#[derive(Serialize)]
struct Class {
    class: String,
    images: String,
    precision: String,
    recall: String,
    f1: String,
}

#[derive(Serialize)]
struct ConfusionRow {
    class: String,
    cells: Vec<Confused>,
}

#[derive(Serialize)]
struct Confused {
    count: String,
    /// The share of the row, in whole per cent.
    share: u64,
    correct: bool,
    tooltip: String,
}

#[derive(Serialize)]
struct Picture {
    /// A data URI.
    picture: String,
    width: usize,
    height: usize,
    image: usize,
    predicted: String,
    probability: String,
    target: String,
}

/// The view of an evaluation.
pub fn evaluation(config: &RunConfig, found: &Evaluation) -> Result<EvaluationView, ReportError> {
    let classes = &config.dataset.classes;
    let confusion = found.answers.confusion(classes.len());
    let tally = found.answers.tally();
    let share = |share: Option<f64>| share.map_or(NONE.into(), percent);
    let scores = class_scores(classes, &confusion);
    let scores = scores.into_iter().map(|score| Class {
        class: score.class,
        images: thousands(score.images),
        precision: share(score.precision),
        recall: share(score.recall),
        f1: share(score.f1),
    });
    let mistakes = mistakes(&found.answers, classes.len());
    let shown = mistakes.iter().zip(&found.mistaken);
    let pictures = shown.map(|(mistake, image)| picture(config, mistake, image));
    let pictures: Vec<Picture> = pictures.collect::<Result<_, _>>()?;
    Ok(EvaluationView {
        sentence: format!(
            "The weights{}, evaluated on {}: accuracy {} % on {} images, loss {:.4} nats.",
            found
                .epoch
                .map_or(String::new(), |epoch| format!(" after epoch {epoch}")),
            found.backend,
            percent(tally.accuracy()),
            thousands(tally.images),
            tally.mean_loss(),
        ),
        classes: scores.collect(),
        confusion: match classes.len() {
            0..=MOST_CLASSES => matrix(classes, &confusion),
            _ => Vec::new(),
        },
        mistakes_title: match pictures.len() < mistakes.len() {
            true => format!(
                "The {} worst of {} mistakes",
                pictures.len(),
                thousands(mistakes.len())
            ),
            false => "The mistakes, the worst first".into(),
        },
        mistakes: pictures,
    })
}

fn matrix(classes: &[String], counts: &[Vec<u64>]) -> Vec<ConfusionRow> {
    let rows = classes.iter().zip(counts).enumerate();
    let rows = rows.map(|(row, (class, counts))| {
        let images: u64 = counts.iter().sum();
        let cells = counts.iter().enumerate().map(|(column, &count)| Confused {
            count: match count {
                0 => String::new(),
                _ => thousands(count),
            },
            share: (100 * count).checked_div(images).unwrap_or(0),
            correct: row == column,
            tooltip: format!(
                "{} of {} images of {class} classified as {}",
                thousands(count),
                thousands(images),
                classes[column]
            ),
        });
        ConfusionRow {
            class: class.clone(),
            cells: cells.collect(),
        }
    });
    rows.collect()
}

fn picture(config: &RunConfig, mistake: &Mistake, image: &[u8]) -> Result<Picture, ReportError> {
    let classes = &config.dataset.classes;
    let pixels = Pixels::of_image(config.architecture.input(), image).at_most(LARGEST_SIDE);
    let (predicted, probability) = mistake.predicted;
    Ok(Picture {
        picture: format!(
            "data:image/png;base64,{}",
            STANDARD.encode(encode_png(&pixels, None)?)
        ),
        width: pixels.width,
        height: pixels.height,
        image: mistake.image,
        predicted: classes[predicted].clone(),
        probability: format!("{:.0}", 100.0 * probability),
        target: classes[mistake.target].clone(),
    })
}
