//! Ctrl-C, and what else asks a program to end: the first time it stops in order, the second time at once.

use super::warn;
use std::sync::atomic::{AtomicBool, Ordering};

/// The exit code of a command that was stopped and can be resumed.
pub(super) const INTERRUPTED: u8 = 130;

/// How a program stops, each with a sentence to the user.
pub(super) enum Stop {
    /// As soon as its work is saved.
    InOrder(&'static str),
    /// There is nothing to save yet.
    AtOnce(&'static str),
}

/// Has the first Ctrl-C call `stop`; the second ends the program. SIGTERM and SIGHUP count as Ctrl-C, unless whoever
/// started the program had it ignore them, as `nohup` does.
pub(super) fn stop_on_ctrl_c(stop: impl Fn() -> Stop + Send + 'static) -> Result<(), String> {
    #[cfg(unix)]
    let ignored = [libc::SIGHUP, libc::SIGTERM].map(|signal| (signal, is_ignored(signal)));
    let asked = AtomicBool::new(false);
    let handled = ctrlc::set_handler(move || {
        if asked.swap(true, Ordering::Relaxed) {
            end_at_once(INTERRUPTED.into());
        }
        match stop() {
            Stop::InOrder(sentence) => warn(sentence),
            Stop::AtOnce(sentence) => {
                warn(sentence);
                end_at_once(INTERRUPTED.into());
            }
        }
    });
    handled.map_err(|error| match error {
        // The reason alone: a thread that waits for signals cannot be had.
        ctrlc::Error::System(error) => error.to_string(),
        other => other.to_string(),
    })?;
    #[cfg(unix)]
    for (signal, _) in ignored.into_iter().filter(|(_, ignored)| *ignored) {
        // SAFETY: to ignore a signal has no preconditions.
        unsafe { libc::signal(signal, libc::SIG_IGN) };
    }
    Ok(())
}

/// Ends the program without the functions that run at a usual exit: LibTorch's take away what a thread that still
/// computes works with, and its failure would be the last word.
pub(super) fn end_at_once(code: i32) -> ! {
    #[cfg(unix)]
    // SAFETY: it has no preconditions.
    unsafe {
        libc::_exit(code)
    };
    #[cfg(not(unix))]
    std::process::exit(code)
}

#[cfg(unix)]
fn is_ignored(signal: libc::c_int) -> bool {
    // SAFETY: an action of zeros is one, and this only asks for the present one.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        libc::sigaction(signal, std::ptr::null(), &mut action) == 0
            && action.sa_sigaction == libc::SIG_IGN
    }
}
