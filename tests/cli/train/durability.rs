//! What outlives a power cut: `scripts/power_cut.py` cuts it; here the calls are looked at that make it so.

use crate::support::*;
use std::path::Path;
use std::process::Command;
use tempfile::tempdir;

/// The calls by which a command synchronises and renames, in order: the name of the call, and its paths. `None` where
/// there is no `strace`.
#[cfg(target_os = "linux")]
fn calls(words: &str, path: &Path) -> Option<Vec<(String, Vec<String>)>> {
    let traced = "trace=fsync,fdatasync,rename,renameat,renameat2,mkdir,mkdirat";
    let mut command = Command::new("strace");
    command.args(["-f", "-y", "-s", "4096", "-e", traced, "-o"]);
    let log = path.with_extension("strace");
    command.arg(&log).arg(env!("CARGO_BIN_EXE_zoo"));
    command.args(words.split_whitespace()).arg(path);
    let Ok(output) = command.env("BURN_ZOO_OFFLINE", "1").output() else {
        eprintln!("skipped: strace is not installed");
        return None;
    };
    if String::from_utf8_lossy(&output.stderr).contains("ptrace") {
        eprintln!("skipped: processes cannot be traced here");
        return None;
    }
    assert!(output.status.success(), "{output:?}");
    let log = std::fs::read_to_string(log).unwrap();
    let calls = log.lines().filter_map(|line| {
        let (_, call) = line.split_once(' ')?;
        let (name, rest) = call.trim().split_once('(')?;
        let pieces = match name.contains("sync") {
            true => rest.split(['<', '>']),
            false => rest.split(['"', '"']),
        };
        let paths = pieces.filter(|piece| piece.starts_with('/'));
        Some((name.to_owned(), paths.map(String::from).collect()))
    });
    Some(calls.collect())
}

#[cfg(target_os = "linux")]
#[test]
fn every_file_of_a_run_is_synchronised_before_it_gets_its_name_and_its_folder_after() {
    let folder = tempdir().unwrap();
    let run = folder.path().canonicalize().unwrap().join("new/run");
    let words = format!("train {QUICK} --epochs 2 --tensorboard --out");
    std::fs::create_dir(run.parent().unwrap()).unwrap();
    let Some(calls) = calls(&words, &run) else {
        return;
    };
    let synchronises = |call: &(String, Vec<String>), path: &Path| {
        call.0.contains("sync") && call.1.first().is_some_and(|it| Path::new(it) == path)
    };
    let mut renamed = Vec::new();
    for (at, (name, paths)) in calls.iter().enumerate() {
        if !name.starts_with("rename") {
            continue;
        }
        let [from, to] = &paths[..] else {
            panic!("{name} {paths:?}");
        };
        let before = calls[..at]
            .iter()
            .any(|call| synchronises(call, Path::new(from)));
        assert!(before, "{to} was given its name before it was synchronised");
        let rest = calls[at + 1..].iter();
        let mut until_next = rest.take_while(|(name, _)| !name.starts_with("rename"));
        let after = until_next.any(|call| synchronises(call, &run));
        assert!(after, "the folder was not synchronised after {to}");
        renamed.push(Path::new(to).file_name().unwrap().to_str().unwrap());
    }
    renamed.sort_unstable();
    renamed.dedup();
    assert_eq!(renamed, RUN_FILES);
    // The run folder's own name.
    let parent = run.parent().unwrap();
    assert!(calls.iter().any(|call| synchronises(call, parent)));
    // The event file, before the checkpoint of each epoch.
    let kinds = calls
        .iter()
        .filter_map(|(name, paths)| match paths.last()? {
            path if path.contains("tfevents") && name.contains("sync") => Some("events"),
            path if path.ends_with("checkpoint.safetensors") => Some("checkpoint"),
            _ => None,
        });
    let kinds: Vec<_> = kinds.collect();
    assert_eq!(
        kinds,
        ["events", "events", "checkpoint", "events", "checkpoint"]
    );
}
