//! The processes of one training that an MPI launcher (`mpirun`, `srun`) started, on one or several machines.
//!
//! Each is called a rank. All of them take part in every call here, in the same order.

mod call;
#[cfg(feature = "mpi")]
mod connection;
mod group;
mod launcher;

pub use call::RanksError;
pub use group::{BUILT_IN, Ranks};
pub use launcher::{Launched, launched};
