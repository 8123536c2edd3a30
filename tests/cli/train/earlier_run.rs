//! A run folder that the zoo wrote before settings were planned by the library: commit 6db7a6e, flex on an AMD EPYC,
//! `zoo train --config config.json --threads 1`, whose `resumed.csv` holds the metrics after two more epochs by
//! `zoo train --resume run --epochs 4`.

use crate::support::*;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::tempdir;

/// How far a loss may be from the recorded one: another processor adds numbers in another order.
const TOLERANCE: f64 = 1e-4;

/// A copy of the run folder, and the metrics that were recorded for all four epochs.
fn earlier_run(folder: &Path) -> (PathBuf, PathBuf) {
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/earlier_run");
    let run = copied(&kept, &folder.join("run"));
    let resumed = folder.join("resumed");
    fs::create_dir(&resumed).unwrap();
    fs::rename(run.join("resumed.csv"), resumed.join("metrics.csv")).unwrap();
    (run, resumed)
}

#[test]
fn a_run_of_before_is_evaluated_as_it_was() {
    let folder = tempdir().unwrap();
    let (run, _) = earlier_run(folder.path());
    for split in ["valid", "test"] {
        let words = format!("evaluate --backend flex --split {split} --json");
        let said = succeeds(&words, &run).stdout;
        let found: serde_json::Value = serde_json::from_str(&said).unwrap();
        let recorded = *losses(&run, split).last().unwrap();
        let loss = found["loss"].as_f64().unwrap();
        assert!(
            (loss - recorded).abs() < TOLERANCE,
            "{split}: {loss}, not {recorded}"
        );
    }
}

#[test]
fn a_run_of_before_goes_on_as_it_would_have() {
    let folder = tempdir().unwrap();
    let (run, recorded) = earlier_run(folder.path());
    let before = json(&run.join("config.json"));
    succeeds("train --epochs 4 --resume", &run);
    for split in ["train", "valid", "test"] {
        let [found, recorded] = [&run, &recorded].map(|run| losses(run, split));
        assert_eq!(found.len(), 4);
        for (found, recorded) in found.iter().zip(&recorded) {
            assert!(
                (found - recorded).abs() < TOLERANCE,
                "{split}: {found}, not {recorded}"
            );
        }
    }
    let mut after = json(&run.join("config.json"));
    after["num_epochs"] = before["num_epochs"].clone();
    after["hardware"] = before["hardware"].clone();
    assert_eq!(after, before);
}

#[test]
fn a_run_of_before_is_repeated_from_its_configuration() {
    let folder = tempdir().unwrap();
    let (run, _) = earlier_run(folder.path());
    let again = folder.path().join("again");
    let words = format!("train --config {} --out", run.join("config.json").display());
    succeeds(&words, &again);
    let [before, after] = [&run, &again].map(|run| json(&run.join("config.json")));
    for setting in [
        "initial_weights_sha256",
        "architecture",
        "refinements",
        "dataset",
        "adam",
    ] {
        assert_eq!(after[setting], before[setting], "{setting}");
    }
    for split in ["train", "valid", "test"] {
        let [found, recorded] = [&again, &run].map(|run| losses(run, split));
        for (found, recorded) in found.iter().zip(&recorded) {
            assert!(
                (found - recorded).abs() < TOLERANCE,
                "{split}: {found}, not {recorded}"
            );
        }
    }
}
