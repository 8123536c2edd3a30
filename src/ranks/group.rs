//! This process among those of its training.

use super::call::{Answer, Call, RanksError};
#[cfg(feature = "mpi")]
use super::connection::Connection;
#[cfg(feature = "mpi")]
use super::launcher::launched;
use std::cell::Cell;
use std::fmt::Display;
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

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
    /// The time that calls have taken.
    taken: Cell<Duration>,
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
                taken: Cell::default(),
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
            Err(error) => error.to_string().into_bytes(),
        };
        let all = self.gather(words)?;
        let own = own?;
        match all.iter().position(|words| !words.is_empty()) {
            None => Ok(own),
            Some(rank) => Err(RanksError::Other {
                rank: self.name(rank),
                reason: String::from_utf8_lossy(&all[rank]).into_owned(),
            }
            .into()),
        }
    }

    /// The time that calls have taken so far, that of waiting for slower ranks among it.
    pub fn taken(&self) -> Duration {
        self.taken.get()
    }

    fn ask(&self, call: Call) -> Result<Answer, RanksError> {
        if self.lost.get() {
            return Err(RanksError::Lost);
        }
        let begun = Instant::now();
        self.connection.send(call);
        let mut asked_to_end: Option<Instant> = None;
        loop {
            match self.connection.receive(PATIENCE / 10) {
                Ok(answer) => {
                    self.taken.set(self.taken.get() + begun.elapsed());
                    return Ok(answer);
                }
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
