//! The running figures of an epoch, read from the device only now and then.

use crate::backend::Infer;
use crate::evaluate::Tally;
use burn::tensor::Tensor;
use burn::train::ClassificationOutput;

/// Figures of batches that are still on the device: reading one makes the host wait for it.
#[derive(Default)]
pub(super) struct Pending {
    /// Mean loss and number right of each batch, and its images.
    figures: Vec<(Tensor<Infer, 1>, usize)>,
}

/// A batch whose loss is not finite, counted from the first of those pending.
#[derive(Debug)]
pub(super) struct NotFinite {
    pub batch: usize,
    pub loss: f32,
}

/// The mean loss of a batch, and how many images were classified rightly.
pub(super) fn figures(output: &ClassificationOutput<Infer>) -> Tensor<Infer, 1> {
    let predicted = output.output.clone().argmax(1).flatten::<1>(0, 1);
    let correct = predicted.equal(output.targets.clone()).float().sum();
    Tensor::cat(vec![output.loss.clone(), correct], 0)
}

impl Pending {
    /// Adds the figures of a batch of this many images.
    pub fn add(&mut self, figures: Tensor<Infer, 1>, images: usize) {
        self.figures.push((figures, images));
    }

    pub fn len(&self) -> usize {
        self.figures.len()
    }

    /// Reads the figures and adds them to the tally.
    pub fn read(&mut self, tally: &mut Tally) -> Result<(), NotFinite> {
        if self.figures.is_empty() {
            return Ok(());
        }
        let (figures, images): (Vec<_>, Vec<_>) = self.figures.drain(..).unzip();
        let figures = Tensor::cat(figures, 0).into_data();
        let figures: Vec<f32> = figures.iter().collect();
        for (batch, (figures, images)) in figures.chunks_exact(2).zip(images).enumerate() {
            let (loss, correct) = (figures[0], figures[1]);
            if !loss.is_finite() {
                return Err(NotFinite { batch, loss });
            }
            tally.images += images;
            tally.loss += f64::from(loss) * images as f64;
            tally.correct += f64::from(correct);
        }
        Ok(())
    }
}
