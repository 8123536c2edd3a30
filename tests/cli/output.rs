//! Standard output that cannot be written, and one that nobody reads any more.

use crate::support::process::sh;
use crate::support::*;
use std::path::Path;
use tempfile::tempdir;

/// The program as a word of a line of shell.
fn program() -> String {
    format!("'{}'", env!("CARGO_BIN_EXE_zoo"))
}

/// Command lines of every kind of output, with a run folder.
fn commands(run: &Path) -> Vec<String> {
    let run = run.display();
    let fixed = [
        "--help",
        "--version",
        "train --help",
        "list",
        "list --json",
        "summary cnn",
        "completions bash",
        "backends --json",
        "train --backend flex --print-config",
        "bench mlp-relu --backends flex --seconds 0.01 --json",
    ];
    let of_run = [
        format!("evaluate {run} --backend flex"),
        format!("evaluate {run} --backend flex --json"),
        format!("runs {run}"),
        format!("report {run} --backend flex"),
        format!("export {run} --format safetensors --out {run}/out.safetensors"),
        format!("train {QUICK} --epochs 1 --out {run}/of-lines"),
        format!("train {QUICK} --epochs 1 --json --out {run}/of-json"),
        format!("train {QUICK} --epochs 1 -q --out {run}/of-quiet"),
    ];
    fixed.map(String::from).into_iter().chain(of_run).collect()
}

#[cfg(target_os = "linux")]
#[test]
fn output_that_cannot_be_written_is_an_error_of_every_command() {
    let folder = tempdir().unwrap();
    let run = one_epoch(folder.path());
    for words in commands(&run) {
        let output = sh(&format!("{} {words} > /dev/full", program()));
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{words}: {said}");
        let error = said.lines().last().unwrap_or_default();
        let expected = "error: standard output cannot be written: no space is left where it goes";
        assert_eq!(error, expected, "{words}");
        assert!(!said.contains("panicked"), "{words}: {said}");
    }
    // The training itself was none.
    assert_eq!(names(&run.join("of-lines")), RUN_FILES);
}

#[cfg(unix)]
#[test]
fn a_pipe_that_nobody_reads_ends_every_command_quietly() {
    let folder = tempdir().unwrap();
    let run = one_epoch(folder.path());
    for words in commands(&run) {
        let code = folder.path().join("code");
        // The reader has left before anything is written.
        let line = format!(
            "{{ sleep 0.3; {} {words}; echo $? > '{}'; }} | true",
            program(),
            code.display()
        );
        let output = sh(&line);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(said, "", "{words}");
        let code = std::fs::read_to_string(code).unwrap();
        assert_eq!(code.trim(), "0", "{words}");
    }
}
