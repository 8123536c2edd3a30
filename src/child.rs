//! Child processes with a time limit, for what a driver may crash or hang.

use std::io::{ErrorKind, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// How a child process ended.
#[derive(Debug)]
pub struct Ended {
    /// What it wrote to standard output, up to the end or to where it hung.
    pub stdout: String,
    /// What went wrong, continuing "it …".
    pub trouble: Option<String>,
}

/// Runs a command to its end, or kills it after `limit`.
pub fn run(command: &mut Command, limit: Duration) -> Ended {
    watch(command, limit, |_| {}, || false)
}

/// What the pipe of a process holds at most, in bytes: 64 KiB by default, and Linux allows no more than this.
const LARGEST_PIPE: usize = 1 << 20;

/// How long a child that is asked to stop has to keep what it has done.
const GRACE: Duration = Duration::from_secs(60);

/// Runs a command to its end, or kills it after `limit`; hands each line of its standard output to `each`
/// as it comes, and asks it to stop, as Ctrl-C does, as soon as `stop` says so.
pub fn watch(
    command: &mut Command,
    limit: Duration,
    mut each: impl FnMut(&str),
    stop: impl Fn() -> bool,
) -> Ended {
    let child = on_its_own(command)
        .stdin(Stdio::null())
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
    let mut stdout = Output::of(child.stdout.take());
    let mut stderr = Output::of(child.stderr.take());
    let mut said = Said::default();
    let mut complaints = Vec::new();
    // Read while it runs: a driver that says much must not block on a full pipe.
    let mut read = || {
        let heard = stdout.read();
        let complained = stderr.read();
        complaints.extend(&complained);
        said.add(&heard, &mut each);
        heard.len() + complained.len()
    };
    let status = wait(&mut child, limit, stop, &mut read);
    // What it wrote before its end is in the pipes now, however late it is read. A grandchild may hold them
    // open and write on: its end is not waited for, nor is more of it read than pipes hold.
    let mut rest = 0;
    while rest < 2 * LARGEST_PIPE {
        match read() {
            0 => break,
            bytes => rest += bytes,
        }
    }
    let stderr = String::from_utf8_lossy(&complaints);
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
        stdout: String::from_utf8_lossy(&said.bytes).into_owned(),
        trouble,
    }
}

/// What a child has written so far.
#[derive(Default)]
struct Said {
    bytes: Vec<u8>,
    /// Up to here its lines were handed on.
    handed_on: usize,
}

impl Said {
    fn add(&mut self, chunk: &[u8], each: &mut impl FnMut(&str)) {
        self.bytes.extend(chunk);
        while let Some(length) = self.bytes[self.handed_on..]
            .iter()
            .position(|b| *b == b'\n')
        {
            let line = &self.bytes[self.handed_on..self.handed_on + length];
            each(&String::from_utf8_lossy(line));
            self.handed_on += length + 1;
        }
    }
}

/// Has the child not hear the terminal's Ctrl-C itself, which is passed on to it once, and end with this
/// process where the system can see to it.
fn on_its_own(command: &mut Command) -> &mut Command {
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt;
        // SAFETY: signal and prctl may be called between fork and exec.
        unsafe {
            command.process_group(0).pre_exec(|| {
                // A shell starts what runs in its background with it ignored, and a child that ignores it
                // cannot be asked to stop.
                libc::signal(libc::SIGINT, libc::SIG_DFL);
                #[cfg(target_os = "linux")]
                libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
                Ok(())
            });
        }
    }
    command
}

/// Whether what it said last is of its end: one that a signal ends says nothing, unless it aborts itself.
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

/// Waits for the child, calling `read` again and again, which tells how many bytes there were to read; `None`
/// where it had to be killed.
fn wait(
    child: &mut Child,
    limit: Duration,
    stop: impl Fn() -> bool,
    mut read: impl FnMut() -> usize,
) -> std::io::Result<Option<ExitStatus>> {
    const SHORTEST: Duration = Duration::from_millis(1);
    let mut deadline = Instant::now() + limit;
    let mut asked = false;
    let mut pause = SHORTEST;
    loop {
        if read() > 0 {
            pause = SHORTEST;
        }
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if !asked && stop() {
            ask_to_stop(child)?;
            deadline = deadline.min(Instant::now() + GRACE);
            asked = true;
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        std::thread::sleep(pause.min(left));
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

    /// Some of what was written and not yet read, none where all was; never waits for more.
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

/// Where pipes cannot be read without waiting, a thread waits.
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
mod tests {
    use super::*;

    /// Longer than anything here takes, however busy the machine is.
    const LONG: Duration = Duration::from_secs(600);

    fn shell(script: &str) -> Ended {
        run(Command::new("sh").args(["-c", script]), LONG)
    }

    #[test]
    fn what_it_says_is_read_to_the_end() {
        let ended = shell("seq 100000; seq 100000 >&2");
        assert_eq!(ended.trouble, None);
        assert_eq!(ended.stdout.lines().count(), 100_000);
    }

    #[test]
    fn a_failure_is_told_with_its_last_words() {
        let ended = shell("echo first >&2; echo error: the driver is gone >&2; exit 3");
        assert_eq!(
            ended.trouble.unwrap(),
            "ended with exit status: 3: the driver is gone"
        );
        let ended = shell("echo chatter >&2; kill -SEGV $$");
        assert_eq!(ended.trouble.unwrap(), "ended with signal: 11 (SIGSEGV)");
        let ended = shell("echo no memory >&2; kill -ABRT $$");
        let trouble = ended.trouble.unwrap();
        assert!(trouble.starts_with("ended with signal: 6") && trouble.ends_with(": no memory"));
    }

    #[test]
    fn its_lines_are_handed_on_one_by_one_the_last_without_an_end_kept() {
        let mut lines = Vec::new();
        let mut command = Command::new("sh");
        command.args(["-c", "echo one; sleep 0.2; echo two; printf three"]);
        let each = |line: &str| lines.push(line.to_owned());
        let ended = watch(&mut command, LONG, each, || false);
        assert_eq!(lines, ["one", "two"]);
        assert_eq!(ended.stdout, "one\ntwo\nthree");
    }

    #[test]
    fn one_that_is_asked_to_stop_may_end_in_order() {
        let mut command = Command::new("sh");
        let script = "trap 'echo kept; exit 130' INT; echo begun; while true; do sleep 0.1; done";
        command.args(["-c", script]);
        let begun = std::cell::Cell::new(false);
        let each = |_: &str| begun.set(true);
        let ended = watch(&mut command, LONG, each, || begun.get());
        assert_eq!(ended.stdout, "begun\nkept\n");
        assert_eq!(ended.trouble.unwrap(), "ended with exit status: 130");
    }

    #[test]
    fn one_of_a_process_that_ignores_ctrl_c_can_be_asked_to_stop_too() {
        // As a shell starts what runs in its background.
        // SAFETY: the handler is none of this program's code.
        let before = unsafe { libc::signal(libc::SIGINT, libc::SIG_IGN) };
        let mut command = Command::new("sh");
        command.args(["-c", "echo begun; exec sleep 10000"]);
        let begun = std::cell::Cell::new(false);
        let ended = watch(&mut command, LONG, |_| begun.set(true), || begun.get());
        // SAFETY: as above.
        unsafe { libc::signal(libc::SIGINT, before) };
        assert_eq!(ended.trouble.unwrap(), "ended with signal: 2 (SIGINT)");
    }

    #[test]
    fn its_last_words_are_kept_if_they_are_read_only_long_after_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let last = folder.path().join("last");
        let mut command = Command::new("sh");
        let script = r#"echo begun; seq 1000; echo kept; echo why >&2; : > "$0"; exit 3"#;
        command.args(["-c", script]).arg(&last);
        let each = |line: &str| {
            // A reader without a turn: it comes back when the child has written all and ended.
            if line == "begun" {
                while !last.exists() {
                    std::thread::sleep(Duration::from_millis(1));
                }
                std::thread::sleep(Duration::from_millis(1500));
            }
        };
        let ended = watch(&mut command, LONG, each, || false);
        assert_eq!(ended.stdout.lines().count(), 1002);
        assert!(ended.stdout.ends_with("1000\nkept\n"), "{}", ended.stdout);
        assert_eq!(ended.trouble.unwrap(), "ended with exit status: 3: why");
    }

    #[test]
    fn a_grandchild_that_holds_its_output_open_is_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let mut holder = String::new();
        let mut command = Command::new("sh");
        // It says its number, and then writes on without an end.
        let script = r#"sh -c 'echo $$; : > "$0"; exec yes' "$0" &
            while [ ! -e "$0" ]; do sleep 0.01; done"#;
        command
            .args(["-c", script])
            .arg(folder.path().join("begun"));
        let each = |line: &str| {
            if line.parse::<u32>().is_ok() {
                holder = line.to_owned();
            }
        };
        let ended = watch(&mut command, LONG, each, || false);
        assert_eq!(ended.trouble, None);
        let killed = Command::new("kill").arg(&holder).status().unwrap();
        assert!(killed.success(), "the grandchild {holder} had ended before");
    }

    #[test]
    fn one_that_is_killed_may_have_wanted_too_much_memory() {
        let trouble = shell("kill -KILL $$").trouble;
        let trouble = trouble.unwrap();
        assert!(trouble.starts_with("ended with signal: 9"), "{trouble}");
        assert!(trouble.ends_with("runs out of memory"), "{trouble}");
    }

    #[test]
    fn one_that_hangs_is_killed_and_what_it_said_before_is_kept() {
        let hanging = |limit| {
            let mut command = Command::new("sh");
            run(command.args(["-c", "echo one; exec sleep 10000"]), limit)
        };
        // On a busy machine it may take long to say anything.
        let limits = [300, 3_000, 30_000, 300_000].map(Duration::from_millis);
        let mut ends = limits.into_iter().map(|limit| (limit, hanging(limit)));
        let (limit, ended) = ends.find(|(_, ended)| !ended.stdout.is_empty()).unwrap();
        assert_eq!(ended.stdout, "one\n");
        let expected = format!("did not end within {} s", limit.as_secs());
        assert_eq!(ended.trouble.unwrap(), expected);
    }

    #[test]
    fn a_program_that_is_not_there_is_an_error_and_no_panic() {
        let ended = run(&mut Command::new("/no/such/program"), LONG);
        assert!(ended.trouble.unwrap().starts_with("could not be started"));
    }
}
