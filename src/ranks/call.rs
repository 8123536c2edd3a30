//! The calls that all ranks take part in.

/// Why ranks cannot go on together. Each message is one sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RanksError {
    /// The MPI library cannot be used.
    #[error("MPI cannot be used: {0}")]
    Unusable(String),
    /// Another rank cannot go on.
    #[error("{rank}: {reason}")]
    Other {
        /// Which one: "rank 1 on node-b".
        rank: String,
        /// Its own sentence.
        reason: String,
    },
    /// The process was asked to end, and the others do not answer any more.
    #[error("the other ranks have ended or do not answer")]
    Lost,
}

/// A call that all ranks take part in.
#[cfg_attr(not(feature = "mpi"), allow(dead_code))]
pub(super) enum Call {
    /// Adds up.
    Sum(Vec<f32>),
    /// Adds up in double precision.
    SumDoubles(Vec<f64>),
    /// Gives all the bytes of rank 0.
    Broadcast(Vec<u8>),
    /// Gives all the bytes of each.
    Gather(Vec<u8>),
}

/// The outcome of a call.
#[cfg_attr(not(feature = "mpi"), allow(dead_code))]
pub(super) enum Answer {
    Floats(Vec<f32>),
    Doubles(Vec<f64>),
    Bytes(Vec<u8>),
    Each(Vec<Vec<u8>>),
}
