//! Planning a training: a request, and perhaps an earlier run, become a complete and checked [`Plan`].
//!
//! A [`TrainRequest`] begins a run, a [`ResumeRequest`] goes on with one; each setting that is not named follows
//! from the earlier run, or else from the model and its data. Everything that can be refused without reading
//! data or opening drivers is refused before.
//!
//! ```no_run
//! use burn_zoo::plan::{self, Monitor, TrainRequest};
//!
//! let request = TrainRequest {
//!     model: Some("cnn-maxpool".into()),
//!     backend: Some("flex".into()),
//!     ..TrainRequest::default()
//! };
//! let trained = plan::begin(request)?.train(Monitor::default())?;
//! println!("{} epochs are in {}", trained.position.epochs, trained.folder.display());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod begin;
mod check;
mod company;
mod places;
mod request;
mod resume;
mod settings;

pub use begin::{begin, begin_with};
pub use check::check_recipe;
pub use places::{Places, Wanted};
pub use request::{Files, ResumeRequest, TrainRequest};
pub use resume::{resume, resume_with};
pub use settings::{Settings, base_recipe, model, settle};

use crate::architecture::ArchitectureError;
use crate::backend::{BackendError, Selected};
use crate::data::{DataError, DatasetSpec, LoadOptions, Splits};
use crate::ranks::RanksError;
use crate::run::{RunConfig, RunDir, RunError};
use crate::summary::bytes_of_a_step;
use crate::system::timed;
use crate::training::{
    self, Beginning, Checkpoint, Display, Joined, OriginError, Part, Session, TrainError,
    TrainOutcome,
};
use burn::train::Interrupter;
use burn_zoo_models::ModelError;
use std::path::{Path, PathBuf};

/// Why nothing can be trained as requested. Each message is one sentence.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// A setting has a value that nothing can be trained with, or the run folder is not usable for it.
    #[error(transparent)]
    Train(#[from] TrainError),
    /// There is no such model, or its settings do not fit the images.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The model cannot have settings of its own as requested.
    #[error(transparent)]
    Architecture(#[from] ArchitectureError),
    /// There is no such data set, or it cannot be read.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The run folder cannot be used.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The weights to begin with cannot be had.
    #[error(transparent)]
    Origin(#[from] OriginError),
    /// There is no such backend or device.
    #[error(transparent)]
    Backend(#[from] BackendError),
    /// Another of several processes cannot go on.
    #[error(transparent)]
    Ranks(#[from] RanksError),
    /// The run to resume is of another model than the caller names.
    #[error(
        "{} holds a run of {found}, not of {wanted}: leave the model out, or name another folder",
        run.display()
    )]
    OtherModel {
        /// The run folder.
        run: PathBuf,
        /// The model that is asked for.
        wanted: String,
        /// The run's model.
        found: String,
    },
    /// A run whose schedule has ended cannot be trained for more epochs.
    #[error(
        "the learning rate of {} goes down to 0 over {planned} epochs, so it cannot be trained for {wanted}: leave ‘num_epochs’ out, or start a new run from its weights by ‘init_from’",
        run.display()
    )]
    ScheduleEnds {
        /// The run folder.
        run: PathBuf,
        /// Its epochs.
        planned: usize,
        /// The epochs that are asked for.
        wanted: usize,
    },
    /// The run to resume has no epoch left to train.
    #[error(
        "{} has done its {done} epochs: set ‘num_epochs’ to a larger number to train it longer",
        run.display()
    )]
    Done {
        /// The run folder.
        run: PathBuf,
        /// Its epochs.
        done: usize,
    },
    /// The data set has other images than the run was trained on.
    #[error(
        "{} {difference}{damaged}: name the place of the same data by ‘data_dir’, or start a new run, from its weights by ‘init_from’",
        run.display()
    )]
    OtherImages {
        /// The run folder.
        run: PathBuf,
        /// How they differ, in words.
        difference: String,
        /// Which pictures cannot be read, in words.
        damaged: String,
    },
    /// The data set has other images than the caller names by their digest.
    #[error(
        "{origin} holds other images than those that are wanted (SHA-256 {found}, not {wanted}): put the former ones back"
    )]
    OtherDigest {
        /// Where the data set was found.
        origin: String,
        /// The digest of its images.
        found: String,
        /// The digest that is wanted.
        wanted: String,
    },
}

/// A training that can begin: every setting is known, its images are read, its run folder is held.
pub struct Plan {
    /// Every setting; `config.json` holds the same.
    pub config: RunConfig,
    /// The images.
    pub splits: Splits,
    /// Where it computes.
    pub selected: Selected,
    /// Further devices that take a part of each batch; the first computes the rest.
    pub further: Vec<Part>,
    /// Further processes that do.
    pub joined: Option<Joined>,
    /// The run folder.
    pub run: RunDir,
    /// Sentences that the user should read before it begins.
    pub warnings: Vec<String>,
    checkpoint: Option<Checkpoint>,
    beginning: Beginning,
}

/// How a training is shown and stopped.
pub struct Monitor {
    /// The lines to print.
    pub display: Display,
    /// Whether a bar on standard error shows how far it is, where that is a terminal.
    pub show_progress: bool,
    /// The folder that an event file for TensorBoard is written to, if any.
    pub tensorboard: Option<PathBuf>,
    /// Stops it after the current batch.
    pub interrupter: Interrupter,
}

impl Default for Monitor {
    /// Shows nothing, and is stopped by nobody.
    fn default() -> Self {
        Self {
            display: Display::Nothing,
            show_progress: false,
            tensorboard: None,
            interrupter: Interrupter::new(),
        }
    }
}

impl Plan {
    /// The epochs that an earlier training has done.
    pub fn epochs_done(&self) -> usize {
        self.checkpoint.as_ref().map_or(0, |it| it.position.epochs)
    }

    /// Carries the plan out.
    ///
    /// # Errors
    /// [`TrainError`]; the run folder then resumes from its last checkpoint.
    pub fn train(self, monitor: Monitor) -> Result<TrainOutcome, TrainError> {
        let Monitor {
            display,
            show_progress,
            tensorboard,
            interrupter,
        } = monitor;
        let session = Session {
            run: self.run,
            selected: self.selected,
            further: self.further,
            joined: self.joined,
            checkpoint: self.checkpoint,
            display,
            show_progress,
            tensorboard,
            interrupter,
        };
        timed("training", || {
            training::train(&self.config, &self.splits, self.beginning, session)
        })
    }
}

fn refuse_imported(folder: &Path, config: &RunConfig) -> Result<(), RunError> {
    match config.imported_from {
        Some(_) => Err(RunError::Imported {
            path: folder.into(),
            model: config.model.clone(),
        }),
        None => Ok(()),
    }
}

/// The configuration of a run that is to be repeated.
///
/// # Errors
/// [`RunError`] where the file cannot be read, or the run was imported and not trained.
pub fn read_earlier(config: &Path) -> Result<RunConfig, RunError> {
    let earlier = crate::run::read_config(config)?;
    refuse_imported(config.parent().unwrap_or(Path::new(".")), &earlier)?;
    Ok(earlier)
}

/// Whether an image's logits depend on the other images of its batch, as batch normalisation has it that is trained.
fn looks_at_the_whole_batch(config: &RunConfig) -> Result<bool, TrainError> {
    let frozen = training::frozen(&config.architecture, &config.freeze)?;
    Ok(bytes_of_a_step(&config.architecture, config.batch_size, &frozen)?.is_some())
}

fn load(
    dataset: &DatasetSpec,
    (limit, valid_fraction, seed): (Option<usize>, f64, u64),
    options: LoadOptions,
    files: &Files,
    random_crop: f32,
) -> Result<Splits, DataError> {
    let options = LoadOptions {
        data_dir: files.data_dir.clone(),
        seed,
        show_progress: files.show_progress,
        cache: files.cache,
        whole: random_crop > 0.0,
        ..options
    };
    let splits = timed("reading the data", || {
        Splits::load(dataset, limit, valid_fraction, &options)
    })?;
    log::debug!("data {} from {}", dataset.id, splits.origin);
    Ok(splits)
}
