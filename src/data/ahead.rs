//! Preparing batches in advance, while the device computes on those before.

use super::error::DataError;
use burn_zoo_steps::HostBatch;
use std::ops::Range;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::JoinHandle;

/// Batches in their order, each prepared by a thread before it is asked for.
pub(super) struct Ahead {
    /// The worker of the next batch comes first. With two workers, each prepares every other batch: while one waits for
    /// the last pictures of its batch, the other keeps rayon's threads busy with the next.
    workers: Vec<Worker>,
    batches: Range<usize>,
}

/// A thread that prepares batches.
struct Worker {
    prepared: Receiver<Result<HostBatch, DataError>>,
    /// `None` once its panic has been passed on.
    thread: Option<JoinHandle<()>>,
}

/// The number of workers. More would hold more batches in memory: each holds one that is ready and one that it prepares.
const WORKERS: usize = 2;

impl Ahead {
    pub(super) fn new(
        batches: Range<usize>,
        prepare: impl Fn(usize) -> Result<HostBatch, DataError> + Send + Sync + 'static,
    ) -> Self {
        let prepare = Arc::new(prepare);
        let workers = (0..WORKERS).map(|worker| {
            let (sender, prepared) = sync_channel(1);
            let own = batches.clone().skip(worker).step_by(WORKERS);
            let prepare = prepare.clone();
            let thread = std::thread::spawn(move || {
                for batch in own {
                    if sender.send(prepare(batch)).is_err() {
                        break; // the epoch has been ended
                    }
                }
            });
            let thread = Some(thread);
            Worker { prepared, thread }
        });
        Self {
            workers: workers.collect(),
            batches,
        }
    }
}

impl Iterator for Ahead {
    type Item = Result<HostBatch, DataError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.batches.next()?;
        let Worker { prepared, thread } = &mut self.workers[0];
        let batch = prepared.recv().ok();
        if batch.is_none()
            && let Some(Err(panic)) = thread.take().map(JoinHandle::join)
        {
            std::panic::resume_unwind(panic);
        }
        self.workers.rotate_left(1);
        batch
    }
}
