//! Comparing backends: the same recipe on each, with speed, memory, accuracy and parity side by side.
//!
//! A [`Plan`] is a list of [`Step`]s. [`carry_out`] does each step in a process of its own and records its
//! [`StepOutcome`] in a [`ComparisonDir`], so that a comparison can be resumed after any interruption. The results are
//! a [`Comparison`].

mod carry_out;
mod folder;
mod plan;
mod results;
mod step;
mod training;

pub use carry_out::{Event, carry_out};
pub use folder::{CompareError, ComparisonDir, PLAN, REPORT, RESULTS, TABLE, read};
pub use plan::{Aspect, Plan, Planned, Subject};
pub use results::{Comparison, FORMAT, Machine, Parity, Row, SeedRun};
pub use step::{Part, Step, StepOutcome, StepResult};
