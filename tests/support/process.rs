//! `zoo` as a process that is watched, interrupted and killed while it runs.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, ChildStderr, ChildStdout, Command, Output, Stdio};

/// The command with the environment of every test.
pub fn zoo(words: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_zoo"));
    offline(command.args(words.split_whitespace()));
    command
}

/// What a line of shell comes to, in the environment of every test.
pub fn sh(line: &str) -> Output {
    let mut command = Command::new("sh");
    command.args(["-c", line]);
    offline(&mut command).output().unwrap()
}

fn offline(command: &mut Command) -> &mut Command {
    command
        .env("BURN_ZOO_OFFLINE", "1")
        .env_remove("BURN_ZOO_DATA")
}

/// A training that runs beside the test, and is killed with it.
pub struct Running {
    child: Child,
    stdout: BufReader<ChildStdout>,
    stderr: ChildStderr,
}

/// How a [`Running`] training ended.
pub struct Ended {
    pub code: Option<i32>,
    /// What it printed since it was last looked at, then what it said on standard error.
    pub said: String,
}

impl Running {
    /// Starts `zoo` with these words and one path.
    pub fn start(words: &str, path: &Path) -> Self {
        Self::of(zoo(words).arg(path))
    }

    /// Starts a line of shell, whose last command takes the shell's place.
    pub fn of_shell(line: &str) -> Self {
        Self::of(offline(Command::new("sh").args(["-c", line])))
    }

    fn of(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let stderr = child.stderr.take().unwrap();
        Self {
            child,
            stdout,
            stderr,
        }
    }

    /// Waits until it prints a line that begins so.
    pub fn wait_for(&mut self, beginning: &str) {
        let mut line = String::new();
        while !line.starts_with(beginning) {
            line.clear();
            let bytes = self.stdout.read_line(&mut line).unwrap();
            assert_ne!(bytes, 0, "it ended without a line {beginning:?}");
        }
    }

    /// Sends it a signal, by its name.
    pub fn signal(&self, name: &str) {
        let command = format!("kill -{name} {}", self.child.id());
        let status = Command::new("sh").args(["-c", &command]).status().unwrap();
        assert!(status.success(), "{command}");
    }

    /// Waits until it has ended.
    pub fn end(mut self) -> Ended {
        let mut said = String::new();
        self.stdout.read_to_string(&mut said).unwrap();
        self.stderr.read_to_string(&mut said).unwrap();
        let code = self.child.wait().unwrap().code();
        Ended { code, said }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
