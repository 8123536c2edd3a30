//! Who prepares the batches, and when.

/// When batches are prepared, and by how many threads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preparation {
    /// Each when it is asked for, by the thread that asks.
    ByOneThread,
    /// Each when it is asked for, by all threads of rayon.
    ByAllThreads,
    /// Each in advance, while the device computes on the one before, by all threads of rayon.
    Ahead,
}
