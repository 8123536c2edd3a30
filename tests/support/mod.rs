//! What the tests of the program share: running it, and reading what it leaves behind.

pub mod data;
pub mod disk;
pub mod pictures;
pub mod process;

use burn_zoo::weights::Weights;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The settings of a training that takes a fraction of a second.
pub const QUICK: &str = "--dataset synthetic --limit 256 --batch-size 64 --backend flex";

/// A training of some tenths of a second an epoch, long enough to be caught in the middle.
pub const LONG: &str =
    "--dataset synthetic --limit 1500 --batch-size 2 --valid-fraction 0.1 --backend flex";

/// A training whose validation loss is lowest in the second of four epochs.
pub const OVERSHOOTING: &str = "--dataset synthetic --limit 96 --batch-size 24 --backend flex \
                            --valid-fraction 0.25 --lr 0.01 --seed 2";

/// Every file of a finished run.
pub const RUN_FILES: [&str; 7] = [
    "best.safetensors",
    "checkpoint.safetensors",
    "config.json",
    "curves.png",
    "curves.svg",
    "metrics.csv",
    "weights.safetensors",
];

pub use process::zoo;

/// `zoo train`, on little data.
pub fn train(words: &str) -> Command {
    zoo(&format!("train {QUICK} {words}"))
}

/// What a command said that succeeded.
pub struct Said {
    pub stdout: String,
    pub stderr: String,
}

/// Runs a command that must succeed.
#[track_caller]
pub fn said_by(command: &mut Command) -> Said {
    let output = command.output().unwrap();
    let [stdout, stderr] =
        [output.stdout, output.stderr].map(|said| String::from_utf8(said).unwrap());
    let status = output.status;
    assert!(
        status.success(),
        "{command:?} ended with {status}: {stderr}"
    );
    Said { stdout, stderr }
}

/// Runs a command that must succeed, and gives its standard output.
#[track_caller]
pub fn output_of(command: &mut Command) -> String {
    said_by(command).stdout
}

/// Runs `zoo` with these words and a path, which must succeed.
#[track_caller]
pub fn succeeds(words: &str, path: &Path) -> Said {
    said_by(zoo(words).arg(path))
}

/// Asserts that all these words stand in a text.
#[track_caller]
pub fn assert_says(text: &str, words: &[&str]) {
    for word in words {
        assert!(text.contains(word), "without {word:?}: {text}");
    }
}

/// Runs `zoo train` with these words and gives the run folder, which is called `name`.
pub fn trained(folder: &Path, name: &str, words: &str) -> PathBuf {
    let run = folder.join(name);
    succeeds(&format!("train {words} --out"), &run);
    run
}

/// A run of `mlp-relu` over one epoch.
pub fn one_epoch(folder: &Path) -> PathBuf {
    trained(folder, "run", &format!("{QUICK} --epochs 1"))
}

/// Asserts that the command fails with one sentence, in which all these words stand; gives it.
#[track_caller]
pub fn refused(command: &mut Command, words: &[&str]) -> String {
    let output = command.output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    // On a busy machine a driver may take long to answer.
    let lines = said.split_inclusive('\n');
    let lines = lines.filter(|line| !line.starts_with("warning: waiting for the driver"));
    let said: String = lines.collect();
    let shown = format!("{command:?} ended with {} and said {said:?}", output.status);
    assert_eq!(output.status.code(), Some(1), "{shown}");
    assert!(said.starts_with("error: "), "{shown}");
    assert!(
        said.ends_with('\n') && said.lines().count() == 1,
        "not one line: {shown}"
    );
    for trace in ["panicked", "RUST_BACKTRACE", "failed inside Burn"] {
        assert!(!said.contains(trace), "{trace}: {shown}");
    }
    assert_says(&said, words);
    said
}

/// Asserts the same of `zoo` with these words and a path.
#[track_caller]
pub fn refused_at(words: &str, path: &Path, expected: &[&str]) -> String {
    refused(zoo(words).arg(path), expected)
}

/// Every file in a folder with its bytes.
pub fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        (name, fs::read(entry.path()).unwrap())
    });
    entries.collect()
}

/// The visible files of a folder.
pub fn names(folder: &Path) -> Vec<String> {
    let names = contents(folder).into_keys();
    names.filter(|name| !name.starts_with('.')).collect()
}

/// A copy of a folder of files.
pub fn copied(from: &Path, to: &Path) -> PathBuf {
    fs::create_dir_all(to).unwrap();
    for (name, bytes) in contents(from) {
        fs::write(to.join(name), bytes).unwrap();
    }
    to.to_owned()
}

pub fn json(path: &Path) -> serde_json::Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// Changes a run's `config.json` by hand.
pub fn edit_config(run: &Path, change: impl FnOnce(&mut serde_json::Value)) {
    let path = run.join("config.json");
    let mut config = json(&path);
    change(&mut config);
    fs::write(path, config.to_string()).unwrap();
}

/// Changes the bytes of a file.
pub fn damage(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).unwrap();
    change(&mut bytes);
    fs::write(path, bytes).unwrap();
}

pub type Damage = fn(&mut Vec<u8>);

/// Ways to spoil a safetensors file, with what is then said of it.
pub const DAMAGES: [(Damage, &str); 5] = [
    (|bytes| bytes.truncate(bytes.len() - 1), "not a whole"),
    (|bytes| bytes.truncate(100), "not a whole"),
    (|bytes| bytes.clear(), "not a whole"),
    (|bytes| *bytes.last_mut().unwrap() ^= 1, "damaged"),
    (|bytes| *bytes = b"years of work".repeat(9), "not a whole"),
];

/// The figures of a run, in the digits of `metrics.csv`: epoch, split, loss, accuracy. The times,
/// which no two runs share, are left out.
pub fn figures(run: &Path) -> Vec<[String; 4]> {
    let mut csv = csv::Reader::from_path(run.join("metrics.csv")).unwrap();
    let figures = csv.records().map(|row| {
        let row = row.unwrap();
        [0, 1, 2, 3].map(|column| row[column].to_owned())
    });
    figures.collect()
}

/// The losses of a split, epoch by epoch.
pub fn losses(run: &Path, split: &str) -> Vec<f64> {
    let rows = figures(run).into_iter().filter(|row| row[1] == split);
    rows.map(|row| row[2].parse().unwrap()).collect()
}

/// Asserts that two runs ended in the same bytes.
#[track_caller]
pub fn assert_same_run(one: &Path, other: &Path) {
    assert_eq!(figures(one), figures(other), "metrics.csv");
    assert_eq!(
        json(&one.join("config.json")),
        json(&other.join("config.json"))
    );
    for name in ["weights.safetensors", "best.safetensors"] {
        let [one, other] = [one, other].map(|run| fs::read(run.join(name)).unwrap());
        assert_eq!(metadata(&one), metadata(&other), "{name}");
        assert!(one == other, "{name} differs");
    }
}

/// What the zoo says of the weights in a safetensors file.
pub fn metadata(bytes: &[u8]) -> serde_json::Value {
    let (_, header) = safetensors::SafeTensors::read_metadata(bytes).unwrap();
    let entry = &header.metadata().as_ref().unwrap()["burn-zoo"];
    serde_json::from_str(entry).unwrap()
}

/// Where in its run a checkpoint says it is from.
pub fn position_of(run: &Path) -> serde_json::Value {
    let checkpoint = fs::read(run.join("checkpoint.safetensors")).unwrap();
    let position = &metadata(&checkpoint)["position"];
    serde_json::from_str(position.as_str().unwrap()).unwrap()
}

/// Changes that, so that the checkpoint is whole as before.
pub fn change_position(run: &Path, change: impl FnOnce(&mut serde_json::Value)) {
    let path = run.join("checkpoint.safetensors");
    let (weights, mut metadata) = Weights::from_safetensors(&fs::read(&path).unwrap()).unwrap();
    let mut position = position_of(run);
    change(&mut position);
    metadata.insert("position".into(), position.to_string());
    fs::write(path, weights.to_safetensors(metadata)).unwrap();
}

/// The tensors of a run's weights file, without its header.
pub fn weights(run: &Path) -> Vec<u8> {
    let file = fs::read(run.join("weights.safetensors")).unwrap();
    let header = u64::from_le_bytes(file[..8].try_into().unwrap()) as usize;
    file[8 + header..].to_vec()
}

/// Whether the backend has a device here. Where it has none, the test that asks is skipped, unless
/// the environment variable `ZOO_REQUIRE_BACKENDS` lists the backend.
pub fn available(backend: &str) -> bool {
    let backends = output_of(&mut zoo("backends --json"));
    let backends: serde_json::Value = serde_json::from_str(&backends).unwrap();
    let rows = backends.as_array().unwrap();
    let row = rows.iter().find(|row| row["id"] == backend).unwrap();
    if row["devices"].as_array().unwrap().is_empty() {
        let required = std::env::var("ZOO_REQUIRE_BACKENDS").unwrap_or_default();
        let required = required.split(',').any(|id| id.trim() == backend);
        assert!(!required, "{backend} is required: {}", row["trouble"]);
        eprintln!("skipped: {backend} has no device here ({})", row["trouble"]);
        return false;
    }
    true
}
