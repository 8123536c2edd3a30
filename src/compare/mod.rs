//! Comparing backends: the same recipe on each, in processes of their own, with speed, memory, accuracy
//! and parity side by side.
mod results;

pub use results::{Comparison, FORMAT, Machine, Parity, Row, SeedRun, mean_and_deviation};
