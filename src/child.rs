//! Child processes with a time limit, for work that a driver may crash or hang.

use std::io::{ErrorKind, Read, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// How a child process ended.
#[derive(Debug)]
pub struct Ended {
    /// Everything it wrote to standard output, up to its end or to the point where it hung.
    pub stdout: String,
    /// The failure, as the end of a sentence about the process: "ended with signal: 6 (SIGABRT)".
    pub trouble: Option<String>,
}

/// Runs a command to its end, or stops it after `limit`.
pub fn run(command: &mut Command, limit: Duration) -> Ended {
    watch(command, "", limit, |_| {}, || false)
}

/// The largest capacity of a pipe in bytes: 64 KiB by default, and Linux allows no more than this.
const LARGEST_PIPE: usize = 1 << 20;

/// How long a child that is asked to stop has to save its work before it is killed. A cluster gives its jobs 30 s in
/// all between SIGTERM and SIGKILL.
const GRACE: Duration = Duration::from_secs(20);

/// Runs a command to its end. After `limit` it is asked to stop, as Ctrl-C does, and then killed, if it has not saved its
/// work by then.
///
/// The command reads `input` from standard input. Each line of its standard output goes to `each` as soon as it
/// is written. When `stop` returns true, the command is asked to stop, as Ctrl-C does.
///
/// `input` must be smaller than a pipe's capacity (64 KiB): it is written at once, whether or not the command
/// reads it.
pub fn watch(
    command: &mut Command,
    input: &str,
    limit: Duration,
    mut each: impl FnMut(&str),
    stop: impl Fn() -> bool,
) -> Ended {
    let child = on_its_own(command)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = match child {
        Ok(child) => child,
        Err(error) => {
            return Ended {
                stdout: String::new(),
                trouble: Some(format!("could not be started: {error}")),
            };
        }
    };
    if let Some(mut pipe) = child.stdin.take() {
        // A command that does not read its input is no error here: how it ends tells what is wrong.
        let _ = pipe.write_all(input.as_bytes());
    }
    let mut stdout = Output::of(child.stdout.take());
    let mut stderr = Output::of(child.stderr.take());
    let mut written = Written::default();
    let mut errors = Vec::new();
    // Read while it runs: a driver that prints a lot must not block on a full pipe.
    let mut read = || {
        let new_output = stdout.read();
        let new_errors = stderr.read();
        errors.extend(&new_errors);
        written.add(&new_output, &mut each);
        new_output.len() + new_errors.len()
    };
    let status = wait(&mut child, limit, stop, &mut read);
    // Everything it wrote before its end is in the pipes now, even if this process reads it late. A grandchild may
    // keep the pipes open and go on writing: neither wait for its end, nor read more than the pipes can hold.
    let mut rest = 0;
    while rest < 2 * LARGEST_PIPE {
        match read() {
            0 => break,
            bytes => rest += bytes,
        }
    }
    let stderr = String::from_utf8_lossy(&errors);
    let trouble = match status {
        Ok(Some(status)) if status.success() => None,
        Ok(Some(status)) => {
            let last = stderr.lines().rfind(|line| !line.trim().is_empty());
            let last = last.filter(|_| ended_itself(status));
            let last = last.map(|line| line.trim().trim_start_matches("error: "));
            let last = last.map(|line| format!(": {line}"));
            Some(format!("{}{}", in_words(status), last.unwrap_or_default()))
        }
        Ok(None) => Some(format!("did not end within {} s", limit.as_secs())),
        Err(error) => Some(format!("could not be waited for: {error}")),
    };
    Ended {
        stdout: String::from_utf8_lossy(&written.bytes).into_owned(),
        trouble,
    }
}

/// The standard output of a child so far.
#[derive(Default)]
struct Written {
    bytes: Vec<u8>,
    /// The number of bytes whose lines were passed to `each`.
    passed_on: usize,
}

impl Written {
    fn add(&mut self, chunk: &[u8], each: &mut impl FnMut(&str)) {
        self.bytes.extend(chunk);
        while let Some(length) = self.bytes[self.passed_on..]
            .iter()
            .position(|b| *b == b'\n')
        {
            let line = &self.bytes[self.passed_on..self.passed_on + length];
            each(&String::from_utf8_lossy(line));
            self.passed_on += length + 1;
        }
    }
}

/// Puts the child into a process group of its own, so that the terminal's Ctrl-C reaches it only once, through this
/// process; on Linux the child is also killed when this process ends.
fn on_its_own(command: &mut Command) -> &mut Command {
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt;
        // SAFETY: signal and prctl may be called between fork and exec.
        unsafe {
            command.process_group(0).pre_exec(|| {
                // A shell starts its background jobs with SIGINT ignored, and a child that inherits this cannot be
                // asked to stop.
                libc::signal(libc::SIGINT, libc::SIG_DFL);
                #[cfg(target_os = "linux")]
                libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
                Ok(())
            });
        }
    }
    command
}

/// Whether the last line of its standard error explains its end: a process that is ended by a signal prints nothing,
/// unless it aborts itself.
fn ended_itself(status: ExitStatus) -> bool {
    #[cfg(unix)]
    return std::os::unix::process::ExitStatusExt::signal(&status)
        .is_none_or(|signal| signal == libc::SIGABRT);
    #[cfg(not(unix))]
    status.code().is_some()
}

fn in_words(status: ExitStatus) -> String {
    #[cfg(unix)]
    if std::os::unix::process::ExitStatusExt::signal(&status) == Some(libc::SIGKILL) {
        return format!("ended with {status}, as where the system runs out of memory");
    }
    format!("ended with {status}")
}

fn ask_to_stop(child: &mut Child) -> std::io::Result<()> {
    #[cfg(unix)]
    {
        // SAFETY: kill has no preconditions; the child was not waited for, so its number is still its own.
        unsafe { libc::kill(child.id() as i32, libc::SIGINT) };
        Ok(())
    }
    #[cfg(not(unix))]
    child.kill()
}

/// Waits for the child and meanwhile calls `read`, which returns the number of bytes it read. Returns `None` if the
/// child had to be stopped after `limit`.
fn wait(
    child: &mut Child,
    limit: Duration,
    stop: impl Fn() -> bool,
    mut read: impl FnMut() -> usize,
) -> std::io::Result<Option<ExitStatus>> {
    const SHORTEST: Duration = Duration::from_millis(1);
    let begun = Instant::now();
    // When it was asked to stop, and whether because its time was up.
    let mut asked: Option<(Instant, bool)> = None;
    let mut pause = SHORTEST;
    loop {
        if read() > 0 {
            pause = SHORTEST;
        }
        if let Some(status) = child.try_wait()? {
            let is_late = asked.is_some_and(|(_, is_late)| is_late);
            return Ok((!is_late || status.success()).then_some(status));
        }
        let left = match asked {
            None => {
                let left = limit.saturating_sub(begun.elapsed());
                if left.is_zero() || stop() {
                    ask_to_stop(child)?;
                    asked = Some((Instant::now(), left.is_zero()));
                }
                left
            }
            Some((asked, _)) => {
                let left = GRACE.saturating_sub(asked.elapsed());
                if left.is_zero() {
                    child.kill()?;
                    child.wait()?;
                    return Ok(None);
                }
                left
            }
        };
        std::thread::sleep(pause.clamp(SHORTEST, left.max(SHORTEST)));
        pause = (pause * 2).min(Duration::from_millis(50));
    }
}

/// One of a child's two outputs.
struct Output<R>(Option<R>);

#[cfg(unix)]
impl<R: Read + std::os::fd::AsRawFd> Output<R> {
    fn of(pipe: Option<R>) -> Self {
        if let Some(pipe) = &pipe {
            let pipe = pipe.as_raw_fd();
            // SAFETY: the pipe is open; this end of it is no other process's.
            unsafe {
                let flags = libc::fcntl(pipe, libc::F_GETFL);
                libc::fcntl(pipe, libc::F_SETFL, flags | libc::O_NONBLOCK);
            }
        }
        Self(pipe)
    }

    /// The next bytes, or none if there are none now; never waits for more.
    fn read(&mut self) -> Vec<u8> {
        let mut bytes = vec![0; 1 << 16];
        loop {
            let read = self.0.as_mut().map(|pipe| pipe.read(&mut bytes));
            let length = match read {
                Some(Ok(length @ 1..)) => length,
                Some(Err(error)) if error.kind() == ErrorKind::Interrupted => continue,
                Some(Err(error)) if error.kind() == ErrorKind::WouldBlock => 0,
                // Its end, or a pipe that cannot be read.
                _ => {
                    self.0 = None;
                    0
                }
            };
            bytes.truncate(length);
            return bytes;
        }
    }
}

/// On systems whose pipes cannot be read without waiting, a thread waits.
#[cfg(not(unix))]
impl Output<std::sync::mpsc::Receiver<Vec<u8>>> {
    fn of(pipe: Option<impl Read + Send + 'static>) -> Self {
        let chunks = pipe.map(|mut pipe| {
            let (sender, chunks) = std::sync::mpsc::channel();
            std::thread::spawn(move || {
                let mut buffer = [0; 4096];
                while let Ok(bytes @ 1..) = pipe.read(&mut buffer) {
                    if sender.send(buffer[..bytes].to_vec()).is_err() {
                        break;
                    }
                }
            });
            chunks
        });
        Self(chunks)
    }

    fn read(&mut self) -> Vec<u8> {
        self.0
            .iter()
            .flat_map(|chunks| chunks.try_iter().flatten())
            .collect()
    }
}

#[cfg(all(test, unix))]
mod tests;
