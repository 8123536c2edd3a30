//! The connection by MPI: one thread makes all calls, so that the others can stop waiting for it.

use super::call::{Answer, Call, RanksError};
use mpi::Threading;
use mpi::collective::SystemOperation;
use mpi::datatype::PartitionMut;
use mpi::topology::SimpleCommunicator;
use mpi::traits::{Communicator, CommunicatorCollectives, Root};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// The most values in one call of MPI, which counts in 32 bits.
const MOST: usize = 1 << 28;

pub(super) struct Connection {
    /// `None` ends the thread.
    calls: Option<Sender<Call>>,
    answers: Receiver<Answer>,
    thread: Option<JoinHandle<()>>,
    /// Whether a call is under way.
    waits: std::cell::Cell<bool>,
}

/// A process's place among the others.
pub(super) struct Place {
    pub rank: usize,
    pub local_rank: usize,
    pub host: String,
}

impl Connection {
    pub fn open() -> Result<(Self, Place), RanksError> {
        let (calls, asked) = channel();
        let (says, answers) = channel();
        let (places, place) = channel();
        let serve = move || {
            let Some((universe, _)) = mpi::initialize_with_threading(Threading::Funneled) else {
                return;
            };
            let world = universe.world();
            let local = world.split_shared(world.rank());
            let _ = places.send(Place {
                rank: world.rank() as usize,
                local_rank: local.rank() as usize,
                host: mpi::environment::processor_name().unwrap_or_default(),
            });
            for call in asked {
                if says.send(answer(&world, call)).is_err() {
                    return;
                }
            }
        };
        let thread = std::thread::Builder::new().name("mpi".into());
        let unusable = |reason: String| RanksError::Unusable(reason);
        let thread = thread.spawn(serve);
        let thread = thread.map_err(|error| unusable(error.to_string()))?;
        let place = place.recv();
        let place = place.map_err(|_| unusable("it was not initialised".into()))?;
        let connection = Self {
            calls: Some(calls),
            answers,
            thread: Some(thread),
            waits: false.into(),
        };
        Ok((connection, place))
    }

    pub fn send(&self, call: Call) {
        self.waits.set(true);
        let calls = self.calls.as_ref().expect("the connection is open");
        // A thread that has ended says so when it is asked for the answer.
        let _ = calls.send(call);
    }

    pub fn receive(&self, limit: Duration) -> Result<Answer, RecvTimeoutError> {
        let answer = self.answers.recv_timeout(limit)?;
        self.waits.set(false);
        Ok(answer)
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.calls = None;
        // Where the others do not answer, they do not come to the end either; nor where only this process failed.
        let alone = self.waits.get() || std::thread::panicking();
        if let Some(thread) = self.thread.take().filter(|_| !alone) {
            let _ = thread.join();
        }
    }
}

fn answer(world: &SimpleCommunicator, call: Call) -> Answer {
    match call {
        Call::Sum(values) => {
            let mut sums = vec![0.0_f32; values.len()];
            for (values, sums) in values.chunks(MOST).zip(sums.chunks_mut(MOST)) {
                world.all_reduce_into(values, sums, SystemOperation::sum());
            }
            Answer::Floats(sums)
        }
        Call::SumDoubles(values) => {
            let mut sums = vec![0.0_f64; values.len()];
            world.all_reduce_into(&values[..], &mut sums[..], SystemOperation::sum());
            Answer::Doubles(sums)
        }
        Call::Broadcast(mut bytes) => {
            let first = world.process_at_rank(0);
            let mut length = bytes.len() as u64;
            first.broadcast_into(&mut length);
            bytes.resize(length as usize, 0);
            for bytes in bytes.chunks_mut(MOST) {
                first.broadcast_into(bytes);
            }
            Answer::Bytes(bytes)
        }
        Call::Gather(bytes) => {
            // Behind a byte: Rust's pointer to no bytes is 1, which is Open MPI's for other things (MPI_IN_PLACE).
            let bytes: Vec<u8> = [0].into_iter().chain(bytes).collect();
            let mut lengths = vec![0_i32; world.size() as usize];
            let length = i32::try_from(bytes.len()).expect("only words are gathered");
            world.all_gather_into(&length, &mut lengths[..]);
            let starts: Vec<i32> = lengths
                .iter()
                .scan(0, |sum, length| {
                    let start = *sum;
                    *sum += length;
                    Some(start)
                })
                .collect();
            let mut all = vec![0_u8; lengths.iter().sum::<i32>() as usize];
            {
                let mut parts = PartitionMut::new(&mut all[..], &lengths[..], &starts[..]);
                world.all_gather_varcount_into(&bytes[..], &mut parts);
            }
            let part = |(start, length): (&i32, &i32)| {
                let start = *start as usize;
                all[start + 1..start + *length as usize].to_vec()
            };
            Answer::Each(starts.iter().zip(&lengths).map(part).collect())
        }
    }
}
