//! The system's limits (`ulimit`, cgroups): each ends the program with a sentence, and not by a signal or a panic.

use super::interrupt::end_at_once;
use std::alloc::{GlobalAlloc, Layout, System};
use std::io::Write;

/// The system's memory. Where it gives none, Rust would end the program by a signal.
struct Memory;

#[global_allocator]
static MEMORY: Memory = Memory;

// SAFETY: all is done by `System`.
unsafe impl GlobalAlloc for Memory {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as the caller promises.
        given(unsafe { System.alloc(layout) }, layout.size())
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as the caller promises.
        given(unsafe { System.alloc_zeroed(layout) }, layout.size())
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: as the caller promises.
        given(unsafe { System.realloc(memory, layout, size) }, size)
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[inline]
fn given(memory: *mut u8, size: usize) -> *mut u8 {
    if memory.is_null() {
        out_of_memory(size);
    }
    memory
}

/// Ends the program. There is no memory to do it with.
#[cold]
fn out_of_memory(size: usize) -> ! {
    let mut sentence = [0; 200];
    let mut rest = &mut sentence[..];
    let _ = writeln!(
        rest,
        "error: the system gives this program no more memory ({size} bytes were asked for): smaller batches or fewer --threads take less"
    );
    let left = rest.len();
    let length = sentence.len() - left;
    let _ = std::io::stderr().write_all(&sentence[..length]);
    // Nothing else is to be run, as it might need memory.
    end_at_once(1)
}

/// Has a file that grows beyond `ulimit -f` be an error of the writing, where a signal would end the program.
pub(super) fn outlive_large_files() {
    #[cfg(unix)]
    // SAFETY: to ignore a signal has no preconditions.
    unsafe {
        libc::signal(libc::SIGXFSZ, libc::SIG_IGN)
    };
}

/// A failure in words that name its remedy, where it is that no further thread or process can be had.
pub(super) fn explained(failure: &str) -> Option<&'static str> {
    let is_limit =
        failure.contains("Resource temporarily unavailable") || failure.contains("code: 11,");
    is_limit.then_some(
        "the system gives this program no further thread or process: use fewer by --threads, or raise the limits (`ulimit -u`, and `ulimit -v` for their memory)",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_that_cannot_be_had_is_explained() {
        let error = std::io::Error::from_raw_os_error(11);
        if cfg!(target_os = "linux") {
            assert!(explained(&format!("failed to spawn thread: {error:?}")).is_some());
            assert!(explained(&error.to_string()).is_some());
        }
        assert!(explained("index out of bounds").is_none());
    }
}
