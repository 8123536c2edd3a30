//! What is measured.

use crate::backend::BackendError;
use crate::convolution::Conv;
use crate::data::DatasetSpec;
use crate::jobs::Sharing;
use crate::plan::{Places, PlanError, Wanted};
use crate::training::Start;
use burn_zoo_models::{ModelError, ModelSpec, Precision};
use std::path::Path;

/// Why nothing can be measured. Each message is one sentence.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// The model does not fit the data set's images.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The device does not multiply in floats of that type.
    #[error(transparent)]
    Backend(#[from] BackendError),
    /// Nor do the convolutions.
    #[error("{0}")]
    Conv(String),
}

/// The subject of a measurement.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// The model.
    pub spec: &'static ModelSpec,
    /// The data set that determines the shape of the images and the number of classes; the pixels are artificial.
    pub dataset: &'a DatasetSpec,
    /// Images a step.
    pub batch_size: usize,
    /// How its convolutions are computed.
    pub conv: Conv,
    /// The type of float of products in training.
    pub precision: Precision,
}

impl Subject<'_> {
    /// Several devices that share each batch, with its parts.
    ///
    /// # Errors
    /// [`PlanError`], naming the setting.
    pub fn places(
        &self,
        backend: &str,
        sharing: &Sharing,
        zoo: Option<&Path>,
    ) -> Result<Places, PlanError> {
        let wanted = Wanted {
            backend: Some(backend),
            devices: &sharing.devices,
            shares: &sharing.shares,
            conv: Some(self.conv),
            zoo,
            ..Wanted::default()
        };
        let start = Start {
            architecture: &self.dataset.architecture(self.spec),
            seed: 0,
            convolutions: &[],
            freeze: &[],
            label_smoothing: 0.0,
            precision: self.precision,
        };
        Places::choose(&wanted, &start, self.batch_size, None)
    }
}
