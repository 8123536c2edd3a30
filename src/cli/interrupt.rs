//! Ctrl-C: the first stops in order, the second at once.

use super::warn;
use std::sync::atomic::{AtomicBool, Ordering};

/// The exit code of a command that was stopped and can be resumed.
pub(super) const INTERRUPTED: u8 = 130;

/// Has the first Ctrl-C print a warning and call `stop`; the second ends the program.
pub(super) fn stop_on_ctrl_c(
    warning: &'static str,
    stop: impl Fn() + Send + 'static,
) -> Result<(), ctrlc::Error> {
    let asked = AtomicBool::new(false);
    ctrlc::set_handler(move || {
        if asked.swap(true, Ordering::Relaxed) {
            std::process::exit(INTERRUPTED.into());
        }
        warn(warning);
        stop();
    })
}
