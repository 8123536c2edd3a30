//! Standard output, whose first failure is remembered: the work goes on, and its end tells of it.

use std::io::{self, ErrorKind, Write};
use std::sync::OnceLock;

static FAILURE: OnceLock<io::Error> = OnceLock::new();

/// Writes to standard output.
pub fn print(text: &str) {
    note(io::stdout().write_all(text.as_bytes()));
}

/// Remembers how writing to standard output has gone.
pub fn note(written: io::Result<()>) {
    if let Err(error) = written {
        let _ = FAILURE.set(error);
    }
}

/// Why not all of what was written has arrived, as a sentence. That whoever was to read it has left is no failure: the
/// reader of a pipe, or the terminal that was closed.
pub fn failure() -> Option<String> {
    note(io::stdout().flush());
    let error = FAILURE.get()?;
    #[cfg(unix)]
    let hung_up =
        error.raw_os_error() == Some(libc::EIO) && io::IsTerminal::is_terminal(&io::stdout());
    #[cfg(not(unix))]
    let hung_up = false;
    let reason = match error.kind() {
        ErrorKind::BrokenPipe => return None,
        _ if hung_up => return None,
        ErrorKind::StorageFull => "no space is left where it goes".into(),
        _ => error.to_string(),
    };
    Some(format!("standard output cannot be written: {reason}"))
}
