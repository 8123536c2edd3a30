//! Training with Burn's `SupervisedTraining`, `Learner` and `Adam`, in a run folder that resumes
//! exactly.

mod beginning;
mod checkpoint;
mod curves;
mod epochs;
mod error;
mod frozen;
mod joined;
mod optimizer;
mod origin;
mod progress;
mod rate;
mod replicas;
mod shares;
mod sharing;
mod tally;
mod train;

pub use beginning::{Beginning, Start, initial};
pub use checkpoint::{Checkpoint, Position};
pub use epochs::Ended;
pub use error::{OriginError, TrainError};
pub use frozen::{BACKBONE, NONE, frozen, in_one_word, names_of_head};
pub use joined::Joined;
pub use optimizer::SharedAdam;
pub use origin::{Origin, Source, beginning_in_words};
pub use progress::Display;
pub use replicas::{DeviceFailure, Part, Replicas, StepOutput};
pub use shares::{measured_speeds, split};
pub use train::{Session, TrainOutcome, restore, train};
