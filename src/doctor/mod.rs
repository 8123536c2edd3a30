//! Whether this machine can train, and if not, what to do: the findings of `zoo doctor`.
//!
//! [`examine`] does the whole examination; each other file looks at one subject and returns a [`Section`] of
//! [`Finding`]s. Work that a driver may crash or hang runs in child processes.

mod backends;
mod convolutions;
mod data;
mod examine;
mod finding;
mod libtorch;
mod places;
mod program;
mod vulkan;

pub use examine::{Chosen, Diagnosis, Request, examine};
pub use finding::{Finding, Mark, Section};
