//! The processes of one training that an MPI launcher (`mpirun`, `srun`) started, on one or several machines.
//!
//! Each is called a rank. All of them take part in every call here, in the same order.

#[cfg(feature = "mpi")]
mod connection;
mod launcher;

pub use launcher::{Launched, launched};

use std::cell::Cell;
use std::fmt::Display;
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

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
enum Call {
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
enum Answer {
    Floats(Vec<f32>),
    Doubles(Vec<f64>),
    Bytes(Vec<u8>),
    Each(Vec<Vec<u8>>),
}

#[cfg(feature = "mpi")]
use connection::Connection;

/// Nothing can connect in a build without MPI.
#[cfg(not(feature = "mpi"))]
enum Connection {}

#[cfg(not(feature = "mpi"))]
impl Connection {
    fn send(&self, _: Call) {
        match *self {}
    }

    fn receive(&self, _: Duration) -> Result<Answer, RecvTimeoutError> {
        match *self {}
    }
}

/// This process among those of the training.
pub struct Ranks {
    connection: Connection,
    rank: usize,
    /// The number of this process among those on its machine.
    local_rank: usize,
    hosts: Vec<String>,
    /// Whether this process was asked to end.
    stops: Box<dyn Fn() -> bool + Send>,
    /// Whether the others have ended.
    lost: Cell<bool>,
}

/// How long a call may take after this process was asked to end: `mpirun` kills a second after it has asked.
const PATIENCE: Duration = Duration::from_millis(300);

/// Whether this build can train on several machines.
pub const BUILT_IN: bool = cfg!(feature = "mpi");

impl Ranks {
    /// Connects this process with the others, where a launcher started it and MPI is built in. To be called once.
    ///
    /// # Errors
    /// [`RanksError::Unusable`].
    pub fn connect() -> Result<Option<Self>, RanksError> {
        #[cfg(feature = "mpi")]
        if launched().is_some() {
            let (connection, place) = Connection::open()?;
            let mut ranks = Self {
                connection,
                rank: place.rank,
                local_rank: place.local_rank,
                hosts: Vec::new(),
                stops: Box::new(|| false),
                lost: Cell::new(false),
            };
            let hosts = ranks.gather(place.host.into_bytes())?;
            let text = |host: Vec<u8>| String::from_utf8_lossy(&host).into_owned();
            ranks.hosts = hosts.into_iter().map(text).collect();
            return Ok(Some(ranks));
        }
        Ok(None)
    }

    /// The same, which does not wait for the others where this process was asked to end.
    pub fn stopped_by(self, stops: impl Fn() -> bool + Send + 'static) -> Self {
        let stops = Box::new(stops);
        Self { stops, ..self }
    }

    /// This process's number, from 0.
    pub fn rank(&self) -> usize {
        self.rank
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.hosts.len()
    }

    /// Whether it is rank 0, which writes and prints.
    pub fn is_first(&self) -> bool {
        self.rank == 0
    }

    /// This process's number among those on its machine, from 0.
    pub fn local_rank(&self) -> usize {
        self.local_rank
    }

    /// The name of a rank's machine.
    pub fn host(&self, rank: usize) -> &str {
        &self.hosts[rank]
    }

    /// A rank in words.
    pub fn name(&self, rank: usize) -> String {
        format!("rank {rank} on {}", self.hosts[rank])
    }

    /// Sums over all ranks, value by value. All give as many.
    ///
    /// # Errors
    /// [`RanksError::Lost`].
    pub fn sum(&self, values: Vec<f32>) -> Result<Vec<f32>, RanksError> {
        match self.ask(Call::Sum(values))? {
            Answer::Floats(sums) => Ok(sums),
            _ => unreachable!("sums of floats are floats"),
        }
    }

    /// [`sum`](Self::sum) in double precision.
    ///
    /// # Errors
    /// [`RanksError::Lost`].
    pub fn sum_doubles(&self, values: Vec<f64>) -> Result<Vec<f64>, RanksError> {
        match self.ask(Call::SumDoubles(values))? {
            Answer::Doubles(sums) => Ok(sums),
            _ => unreachable!("sums of doubles are doubles"),
        }
    }

    /// The bytes that rank 0 gives; what the others give does not count.
    ///
    /// # Errors
    /// [`RanksError::Lost`].
    pub fn broadcast(&self, bytes: Vec<u8>) -> Result<Vec<u8>, RanksError> {
        match self.ask(Call::Broadcast(bytes))? {
            Answer::Bytes(bytes) => Ok(bytes),
            _ => unreachable!("bytes are broadcast"),
        }
    }

    /// The bytes of each, in the order of the ranks.
    ///
    /// # Errors
    /// [`RanksError::Lost`].
    pub fn gather(&self, bytes: Vec<u8>) -> Result<Vec<Vec<u8>>, RanksError> {
        match self.ask(Call::Gather(bytes))? {
            Answer::Each(all) => Ok(all),
            _ => unreachable!("the bytes of each are gathered"),
        }
    }

    /// The same result where all ranks have one, and otherwise an error on all: their own, where they have one.
    ///
    /// # Errors
    /// As the result; [`RanksError::Other`] for the first of the others with an error.
    pub fn agree<T, E: Display + From<RanksError>>(&self, own: Result<T, E>) -> Result<T, E> {
        if self.lost.get() {
            return own;
        }
        let words = match &own {
            Ok(_) => Vec::new(),
            Err(error) => format!("!{error}").into_bytes(),
        };
        let all = self.gather(words)?;
        let own = own?;
        match all.iter().position(|words| !words.is_empty()) {
            None => Ok(own),
            Some(rank) => Err(RanksError::Other {
                rank: self.name(rank),
                reason: String::from_utf8_lossy(&all[rank][1..]).into_owned(),
            }
            .into()),
        }
    }

    fn ask(&self, call: Call) -> Result<Answer, RanksError> {
        if self.lost.get() {
            return Err(RanksError::Lost);
        }
        self.connection.send(call);
        let mut asked_to_end: Option<Instant> = None;
        loop {
            match self.connection.receive(PATIENCE / 10) {
                Ok(answer) => return Ok(answer),
                Err(RecvTimeoutError::Timeout) if !(self.stops)() => {}
                Err(RecvTimeoutError::Timeout) => {
                    let since = *asked_to_end.get_or_insert_with(Instant::now);
                    if since.elapsed() > PATIENCE {
                        break;
                    }
                }
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        self.lost.set(true);
        Err(RanksError::Lost)
    }
}
