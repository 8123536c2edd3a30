//! The memory for decoding pictures, which threads share.

use crate::system::memory;
use std::sync::{Condvar, Mutex, OnceLock, PoisonError};

/// The memory for decoding, in bytes, on every machine.
const LEAST: u64 = 1 << 30;

/// Room for the pixels of a picture, given back when it is dropped.
#[derive(Debug)]
pub(super) struct Room {
    bytes: u64,
    of: &'static Rooms,
}

/// How much is left, and a thread's wait for more.
#[derive(Debug)]
struct Rooms {
    all: u64,
    left: Mutex<u64>,
    given_back: Condvar,
}

impl Rooms {
    fn new(all: u64) -> Self {
        Self {
            all,
            left: Mutex::new(all),
            given_back: Condvar::new(),
        }
    }

    /// Waits until there is room for this many bytes. What needs more than there is at all has it to itself.
    fn take(&'static self, bytes: u64) -> Room {
        let bytes = bytes.min(self.all);
        let left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let mut left = self
            .given_back
            .wait_while(left, |left| *left < bytes)
            .unwrap_or_else(PoisonError::into_inner);
        *left -= bytes;
        Room { bytes, of: self }
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let left = self.of.left.lock();
        *left.unwrap_or_else(PoisonError::into_inner) += self.bytes;
        self.of.given_back.notify_all();
    }
}

/// Waits until other pictures leave room for one that takes this many bytes.
pub(super) fn wait_for(bytes: u64) -> Room {
    static ROOMS: OnceLock<Rooms> = OnceLock::new();
    let rooms = ROOMS.get_or_init(|| {
        let eighth = memory::of_machine().unwrap_or(0) / 8;
        Rooms::new(eighth.max(LEAST))
    });
    rooms.take(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering};

    #[test]
    fn threads_take_no_more_at_once_than_there_is() {
        let rooms: &'static Rooms = Box::leak(Box::new(Rooms::new(100)));
        let (taken, most) = (AtomicU64::new(0), AtomicU64::new(0));
        std::thread::scope(|scope| {
            for thread in 0..8 {
                let (taken, most) = (&taken, &most);
                scope.spawn(move || {
                    for bytes in [40, 30 + thread, 1000, 3] {
                        let room = rooms.take(bytes);
                        let now = taken.fetch_add(room.bytes, Ordering::SeqCst) + room.bytes;
                        most.fetch_max(now, Ordering::SeqCst);
                        std::thread::yield_now();
                        taken.fetch_sub(room.bytes, Ordering::SeqCst);
                    }
                });
            }
        });
        assert_eq!(most.load(Ordering::SeqCst), 100);
        assert_eq!(*rooms.left.lock().unwrap(), 100);
    }
}
