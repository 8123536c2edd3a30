//! Comparing backends: the same recipe on each, in processes of their own, with speed, memory, accuracy
//! and parity side by side.
//!
//! A [`Plan`] is carried out step by step ([`carry_out`]) in a [`ComparisonDir`], which can be gone on with
//! after any interruption, and comes to a [`Comparison`].

mod folder;
mod plan;
mod process;
mod results;

pub use folder::{Came, CompareError, ComparisonDir, Found, PLAN, REPORT, RESULTS, TABLE, read};
pub use plan::{Aspect, Part, Plan, Planned, Step, Subject};
pub use process::{Event, carry_out};
pub use results::{Comparison, FORMAT, Machine, Parity, Row, SeedRun};
