//! Runs to report on: what is read of their folders, and their evaluation on the test set.

mod evaluation;
mod page;

use crate::backend::Selected;
use crate::convolution::{Conv, Purpose};
use crate::data::Split;
use crate::data::{DataError, ImageDataset};
use crate::evaluate::{self, Answers};
use crate::numbers::thousands;
use crate::run::{CHECKPOINT, MetricsRow, RunConfig, RunDir, RunError, WEIGHTS};
use crate::trained::{Trained, TrainedError};
use crate::training::Position;
use crate::visualize::mistakes;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use page::of_runs;

/// The number of mistakes that are shown.
const MOST_MISTAKES: usize = 24;

/// A run to report on.
#[derive(Debug)]
pub struct Run {
    folder: PathBuf,
    config: RunConfig,
    metrics: Vec<MetricsRow>,
    command: Option<String>,
    evaluation: Option<Evaluation>,
    remarks: Vec<String>,
}

/// The result of evaluating a run.
#[derive(Debug)]
struct Evaluation {
    backend: String,
    epoch: Option<usize>,
    answers: Answers,
    /// The images of the mistakes that are shown, the largest loss first.
    mistaken: Vec<Vec<u8>>,
}

/// Why a run cannot be evaluated. Each message is one sentence.
#[derive(Debug, thiserror::Error)]
pub enum EvaluationError {
    /// Its weights cannot be read.
    #[error(transparent)]
    Trained(#[from] TrainedError),
    /// Its data set is missing.
    #[error(transparent)]
    Data(#[from] DataError),
}

impl Run {
    /// Reads a run folder. `command` repeats the run.
    ///
    /// # Errors
    /// [`RunError`] where the folder is no run or damaged.
    pub fn read(folder: &Path, command: String) -> Result<Self, RunError> {
        let run = RunDir::open(folder)?;
        let config = run.config()?;
        // As the checkpoint is written first, it may know of epochs that are not in the table.
        let metrics = match run.metrics() {
            Ok(rows) if !rows.is_empty() => rows,
            _ if run.has(CHECKPOINT) => Position::of(&run)?.rows,
            none => none?,
        };
        let imported = config.imported_from.as_ref();
        let remark = match imported {
            Some(file) => Some(format!(
                "It was imported from {} and not trained.",
                file.display()
            )),
            None if metrics.is_empty() => Some("Its first epoch is not finished.".into()),
            None => None,
        };
        Ok(Self {
            folder: folder.into(),
            command: imported.is_none().then_some(command),
            config,
            metrics,
            evaluation: None,
            remarks: remark.into_iter().collect(),
        })
    }

    /// Adds a sentence to the run's part of the report.
    pub fn remark(&mut self, sentence: String) {
        self.remarks.push(sentence);
    }

    /// Evaluates the run's last weights on its test set, so that the report shows which classes it confuses.
    /// Returns warnings about the data.
    ///
    /// # Errors
    /// [`EvaluationError`] where weights or data are missing; nothing is downloaded.
    pub fn evaluate(
        &mut self,
        selected: &Selected,
        data_dir: Option<&Path>,
        show_progress: bool,
    ) -> Result<Vec<String>, EvaluationError> {
        let trained = Trained::of_run(&self.folder, WEIGHTS)?;
        let test = trained.test_set(data_dir, show_progress)?;
        let mut warnings = test.warnings;
        let images = Arc::new(test.images);
        let recorded = self.config.dataset.num_test;
        if images.len() != recorded && self.config.imported_from.is_none() {
            warnings.push(format!(
                "{} was tested on {} images of {}, and {} holds {}",
                self.folder.display(),
                thousands(recorded),
                self.config.dataset.id,
                test.origin,
                thousands(images.len())
            ));
        }
        let batch_size = evaluate::batch_size(trained.architecture.input());
        let purpose = Purpose::Inference {
            images: images.len(),
            batch_size,
        };
        let model = trained.as_trained_on(selected, Conv::Auto, purpose)?;
        let batcher = trained.batcher(images.clone());
        let answers = evaluate::answers(&model, &batcher, batch_size, selected)?;
        self.evaluation = Some(Evaluation {
            backend: format!("{} {}", selected.backend.id, selected.info.id),
            epoch: trained.epoch,
            mistaken: mistaken(&answers, trained.classes.len(), &images)?,
            answers,
        });
        Ok(warnings)
    }

    fn split(&self, split: Split) -> impl Iterator<Item = &MetricsRow> {
        self.metrics.iter().filter(move |row| row.split == split)
    }

    fn last(&self, split: Split) -> Option<&MetricsRow> {
        self.split(split).last()
    }
}

/// The images of the worst mistakes.
fn mistaken(
    answers: &Answers,
    num_classes: usize,
    images: &ImageDataset,
) -> Result<Vec<Vec<u8>>, DataError> {
    let mistakes = mistakes(answers, num_classes).into_iter();
    let images = mistakes
        .take(MOST_MISTAKES)
        .map(|mistake| Ok(images.image(mistake.image)?.into_owned()));
    images.collect()
}

#[cfg(test)]
mod tests;
