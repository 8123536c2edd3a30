//! Child processes with a time limit, for what a driver may crash or hang.

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// How a child process ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// What it wrote to standard output, up to the end or to where it hung.
    pub stdout: String,
    /// What went wrong, continuing "it …".
    pub trouble: Option<String>,
}

/// Runs a command to its end, or kills it after `limit`.
pub(crate) fn run(command: &mut Command, limit: Duration) -> Ended {
    let child = command
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
    // Read while it runs: a driver that says much must not block on a full pipe.
    let stdout = child.stdout.take().map(read_aside);
    let stderr = child.stderr.take().map(read_aside);
    let status = wait(&mut child, limit);
    // A grandchild may hold the pipes open: wait a little, not for ever.
    let said = |pipe: Option<mpsc::Receiver<Vec<u8>>>| {
        let mut bytes = Vec::new();
        if let Some(pipe) = pipe {
            while let Ok(more) = pipe.recv_timeout(Duration::from_secs(1)) {
                bytes.extend(more);
            }
        }
        String::from_utf8_lossy(&bytes).into_owned()
    };
    let (stdout, stderr) = (said(stdout), said(stderr));
    let trouble = match status {
        Ok(Some(status)) if status.success() => None,
        Ok(Some(status)) => {
            let last = stderr.lines().rfind(|line| !line.trim().is_empty());
            let last = last.map(|line| line.trim().trim_start_matches("error: "));
            let last = last.map(|line| format!(": {line}"));
            Some(format!("ended with {status}{}", last.unwrap_or_default()))
        }
        Ok(None) => Some(format!("did not answer within {} s", limit.as_secs())),
        Err(error) => Some(format!("could not be waited for: {error}")),
    };
    Ended { stdout, trouble }
}

/// Waits for the child; `None` where it had to be killed.
fn wait(child: &mut Child, limit: Duration) -> std::io::Result<Option<std::process::ExitStatus>> {
    let deadline = Instant::now() + limit;
    let mut pause = Duration::from_millis(1);
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
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

fn read_aside(mut pipe: impl Read + Send + 'static) -> mpsc::Receiver<Vec<u8>> {
    let (sender, chunks) = mpsc::channel();
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(bytes @ 1..) = pipe.read(&mut buffer) {
            if sender.send(buffer[..bytes].to_vec()).is_err() {
                break;
            }
        }
    });
    chunks
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn shell(script: &str, limit: Duration) -> Ended {
        run(Command::new("sh").args(["-c", script]), limit)
    }

    #[test]
    fn what_it_says_is_read_to_the_end() {
        let ended = shell("seq 100000; seq 100000 >&2", Duration::from_secs(20));
        assert_eq!(ended.trouble, None);
        assert_eq!(ended.stdout.lines().count(), 100_000);
    }

    #[test]
    fn a_failure_is_told_with_its_last_words() {
        let ended = shell(
            "echo first >&2; echo error: the driver is gone >&2; exit 3",
            Duration::from_secs(20),
        );
        assert_eq!(
            ended.trouble.unwrap(),
            "ended with exit status: 3: the driver is gone"
        );
        let ended = shell("kill -SEGV $$", Duration::from_secs(20));
        assert!(ended.trouble.unwrap().starts_with("ended with signal: 11"));
    }

    #[test]
    fn one_that_hangs_is_killed_and_what_it_said_before_is_kept() {
        let started = Instant::now();
        let ended = shell("echo one; sleep 60", Duration::from_millis(300));
        assert_eq!(ended.stdout, "one\n");
        assert_eq!(ended.trouble.unwrap(), "did not answer within 0 s");
        assert!(started.elapsed() < Duration::from_secs(20));
    }

    #[test]
    fn a_program_that_is_not_there_is_an_error_and_no_panic() {
        let ended = run(
            &mut Command::new("/no/such/program"),
            Duration::from_secs(1),
        );
        assert!(ended.trouble.unwrap().starts_with("could not be started"));
    }
}
