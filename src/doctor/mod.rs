//! Whether this machine can train, and if not, what to do: what `zoo doctor` finds.
//!
//! [`examine`] asks everything there is to ask; each other file looks at one thing and gives a
//! [`Section`] of [`Finding`]s. What a driver may crash or hang is done in child processes.

mod backends;
mod data;
mod examine;
mod finding;
mod libtorch;
mod places;
mod program;
mod vulkan;

pub use examine::{Chosen, Diagnosis, Request, examine};
pub use finding::{Finding, Mark, Section};
