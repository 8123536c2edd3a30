//! `zoo compare`: the files that it writes, and its behaviour when a child process crashes, hangs or is interrupted.

use crate::support::process::Running;
use crate::support::*;
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};
use tempfile::tempdir;

/// Two models on little data; takes seconds.
const BOTH: &str = "compare mlp-relu mlp-sigmoid --dataset synthetic --limit 256 --batch-size 64 \
    --epochs 2 --seeds 2 --seconds 0.01 --backends flex --time-to 11% --out";

/// Only trainings, long enough to be interrupted in the middle.
#[cfg(target_os = "linux")]
const LONG: &str = "compare mlp-relu mlp-sigmoid --dataset synthetic --limit 1500 --batch-size 2 \
    --epochs 3 --seeds 1 --without parity,speed --backends flex";

fn rows(folder: &Path) -> Vec<Value> {
    let comparison = json(&folder.join("compare.json"));
    comparison["rows"].as_array().unwrap().clone()
}

fn troubles(row: &Value) -> Vec<&str> {
    let troubles = row["troubles"].as_array().unwrap();
    troubles
        .iter()
        .map(|trouble| trouble.as_str().unwrap())
        .collect()
}

#[test]
fn every_model_is_measured_trained_and_checked_on_every_backend() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("comparison");
    let said = succeeds(BOTH, &path);
    let rows = rows(&path);
    assert_eq!(rows.len(), 2);
    for (row, model) in rows.iter().zip(["mlp-relu", "mlp-sigmoid"]) {
        assert_eq!([&row["model"], &row["backend"]], [model, "flex"]);
        assert_eq!(troubles(row), [""; 0]);
        assert_eq!(row["parity"]["holds"], true, "{row}");
        for figure in ["first_step_cold_s", "first_step_cached_s"] {
            assert!(row[figure].as_f64().unwrap() > 0.0, "{row}");
        }
        for samples in ["train_step_s", "infer_step_s"] {
            assert!(row[samples].as_array().unwrap().len() >= 3, "{row}");
        }
        let runs = row["runs"].as_array().unwrap();
        let seeds: Vec<u64> = runs
            .iter()
            .map(|run| run["seed"].as_u64().unwrap())
            .collect();
        assert_eq!(seeds, [42, 43]);
        assert!(runs.iter().all(|run| run["finished"] == true));
        assert!(said.stdout.contains(model), "{}", said.stdout);
    }
    assert_says(&said.stdout, &["± ", "to 11 %", "report.html", "same"]);
    let mut csv = csv::Reader::from_path(path.join("compare.csv")).unwrap();
    assert_eq!(csv.records().count(), 2);
    assert!(path.join("report.html").is_file());
    // A training of a comparison has the same result as `zoo train` with the same options.
    let alone = folder.path().join("alone");
    let words = "train mlp-relu --dataset synthetic --limit 256 --batch-size 64 --epochs 2 --seed 43 \
        --backend flex --out";
    succeeds(words, &alone);
    assert_same_run(&path.join("runs/mlp-relu-flex-seed43"), &alone);
}

#[test]
fn devices_that_share_each_batch_are_compared_and_resumed_as_such() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("comparison");
    let words = "compare mlp-relu --dataset synthetic --limit 64 --batch-size 32 --epochs 2 --seeds 1 \
        --seconds 0.01 --backends flex --devices cpu,cpu --shares 3,1 --out";
    succeeds(words, &path);
    let rows = rows(&path);
    assert_eq!(rows[0]["device"], "cpu + cpu");
    assert_eq!(troubles(&rows[0]), [""; 0]);
    let config = json(&path.join("runs/mlp-relu-flex-seed42/config.json"));
    assert_eq!(config["further_devices"][0]["images"], 8);
    let none = ["no device `gpu`"];
    refused_at(
        "compare --backends flex --devices cpu,gpu --out",
        &folder.path().join("x"),
        &none,
    );
}

#[test]
fn a_finished_comparison_has_nothing_left_to_do() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("comparison");
    let words = BOTH.replace("--seeds 2", "--seeds 1 --without parity,speed");
    succeeds(&words, &path);
    let before = fs::read(path.join("compare.json")).unwrap();
    let said = succeeds("compare --resume", &path);
    assert_says(&said.stderr, &["0 steps left"]);
    assert_eq!(fs::read(path.join("compare.json")).unwrap(), before);
    assert!(rows(&path).iter().all(|row| row["parity"].is_null()));
}

/// The folder `stopped` was written before child processes got their work as jobs, by a comparison that was killed after
/// the first of its two trainings.
#[test]
fn a_comparison_of_an_earlier_version_is_resumed() {
    let folder = tempdir().unwrap();
    let earlier = Path::new(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/cli/compare/stopped"
    ));
    let path = copied(earlier, &folder.path().join("comparison"));
    let before = rows(&path).remove(0);
    let said = succeeds("compare --resume", &path);
    assert_says(&said.stderr, &["1 step left"]);
    let mut after = rows(&path).remove(0);
    let runs = after["runs"].as_array_mut().unwrap();
    let new = runs.pop().unwrap();
    assert_eq!(new["seed"], 43);
    assert_eq!(new["finished"], true);
    assert_eq!(after, before);
    assert!(path.join("report.html").is_file());
}

#[test]
fn a_comparison_of_trainings_that_diverge_is_resumed_and_reported() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("comparison");
    let words = "compare mlp-relu --dataset synthetic --limit 64 --batch-size 64 --epochs 1 --lr 1e30 --seeds 1 \
        --without parity,speed --backends flex --out";
    let output = zoo(words).arg(&path).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let trouble = troubles(&rows(&path)[0]).concat();
    assert_says(&trouble, &["training with seed 42", "diverged"]);
    // Where an earlier version had written a figure that is no number.
    let results = path.join("compare.json");
    let mut comparison = json(&results);
    comparison["rows"][0]["runs"][0]["metrics"] = serde_json::json!([
        {"epoch": 1, "split": "train", "loss": 2.0, "accuracy": 0.1, "images_per_second": 1.0, "seconds": 1.0},
        {"epoch": 1, "split": "test", "loss": null, "accuracy": 0.1, "images_per_second": 1.0, "seconds": 1.0},
    ]);
    fs::write(&results, comparison.to_string()).unwrap();
    for words in ["compare --resume", "compare --retry --resume"] {
        let output = zoo(words).arg(&path).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert_says(
            &String::from_utf8_lossy(&output.stdout),
            &["diverged", "report.html"],
        );
    }
    succeeds("report", &path);
}

#[cfg(target_os = "linux")]
#[test]
fn a_training_that_ran_out_of_time_goes_on_from_its_checkpoint() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("comparison");
    // An epoch takes minutes.
    let words = "compare resnet-20 --dataset synthetic --limit 6000 --batch-size 2 --epochs 1 --seeds 1 \
        --without parity,speed --backends flex --timeout 15 --out";
    let run = path.join("runs/resnet-20-flex-seed42");
    let mut before = 0;
    for words in [words, "compare --retry --resume"] {
        let output = zoo(words).arg(&path).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        let expected = "training with seed 42: the process did not end within 15 s";
        assert_eq!(troubles(&rows(&path)[0]), [expected]);
        let batches = position_of(&run)["batches"].as_u64().unwrap();
        assert!(batches > before, "{batches} batches after {before}");
        before = batches;
    }
}

#[cfg(target_os = "linux")]
#[test]
fn an_interrupted_comparison_that_prints_json_prints_nothing_else() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("comparison");
    let running = Running::start(&format!("{LONG} --json --out"), &path);
    wait_for(&path.join("runs/mlp-relu-flex-seed42/checkpoint.safetensors"));
    running.signal("INT");
    let ended = running.end();
    assert_eq!(ended.code, Some(130), "{}", ended.said);
    let mut values = serde_json::Deserializer::from_str(&ended.said).into_iter::<Value>();
    let printed = values.next().unwrap().unwrap();
    assert_eq!(printed["rows"], json(&path.join("compare.json"))["rows"]);
    let advice = format!("zoo compare --resume {}", path.display());
    assert!(
        ended.said[values.byte_offset()..].contains(&advice),
        "{}",
        ended.said
    );
}

#[test]
fn wrong_options_are_refused_before_anything_is_measured() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("comparison");
    let refuse = |words: &str, expected: &[&str]| {
        refused_at(&format!("compare {words} --out"), &path, expected);
        assert!(!path.exists(), "{words}");
    };
    refuse("mlp-relo", &["no model", "mlp-relu"]);
    refuse("--backends flox", &["no backend is called", "flex"]);
    refuse("--seconds 0 --backends flex", &["--seconds 0"]);
    refuse(
        "--dataset synthetic --limit 20 --backends flex",
        &["batches of 1024", "--batch-size"],
    );
    refuse("--dataset nowhere --backends flex", &["nowhere"]);
    fs::create_dir(&path).unwrap();
    refused_at("compare --resume", &path, &["is not a comparison's folder"]);
    fs::write(path.join("thesis.tex"), "years of work").unwrap();
    refused_at(
        &BOTH.replace("--out", "--without parity --out"),
        &path,
        &["is not empty"],
    );
    fs::write(path.join("compare.json"), "{}").unwrap();
    refused_at("compare --resume", &path, &["compare.json"]);
    fs::write(path.join("compare.json"), r#"{"format": 99}"#).unwrap();
    refused_at("compare --resume", &path, &["version 99", "newer zoo"]);
}

#[test]
fn checks_and_measurements_that_hang_are_reported_in_their_row() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("comparison");
    let words =
        "compare mlp-relu --dataset synthetic --backends flex --without training --timeout 0 --out";
    let output = zoo(words).arg(&path).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_eq!(
        troubles(&rows(&path)[0]),
        ["parity", "the first step", "speed"]
            .map(|part| format!("{part}: the process did not end within 0 s"))
    );
}

/// The process that trains in a run folder, as soon as there is one.
#[cfg(target_os = "linux")]
fn process_of(run: &Path) -> u32 {
    let deadline = Instant::now() + Duration::from_secs(600);
    while Instant::now() < deadline {
        for process in fs::read_dir("/proc").unwrap().flatten() {
            let files = fs::read_dir(process.path().join("fd"))
                .into_iter()
                .flatten();
            let mut files = files
                .flatten()
                .filter_map(|file| fs::read_link(file.path()).ok());
            if files.any(|file| file == run.join(".lock")) {
                return process.file_name().to_str().unwrap().parse().unwrap();
            }
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("nothing trains in {}", run.display());
}

#[cfg(target_os = "linux")]
fn signal(name: &str, process: u32) {
    let command = format!("kill -{name} {process}");
    assert!(
        Command::new("sh")
            .args(["-c", &command])
            .status()
            .unwrap()
            .success()
    );
}

#[cfg(target_os = "linux")]
fn wait_for(file: &Path) {
    let deadline = Instant::now() + Duration::from_secs(600);
    while !file.exists() {
        assert!(Instant::now() < deadline, "{} never came", file.display());
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_training_that_crashes_or_hangs_is_reported_in_its_row_and_the_rest_goes_on() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("comparison");
    let run = |name: &str| path.join("runs").join(name);
    let words = LONG.replace("--seeds 1", "--seeds 2 --timeout 30");
    let running = Running::start(&format!("{words} --out"), &path);
    // In order: seed 42 and 43 of mlp-relu, seed 42 and 43 of mlp-sigmoid.
    // Rust's handler of SIGSEGV ignores one that was not caused by a memory access; SIGABRT always ends the process.
    signal("ABRT", process_of(&run("mlp-relu-flex-seed42")));
    signal("KILL", process_of(&run("mlp-relu-flex-seed43")));
    signal("STOP", process_of(&run("mlp-sigmoid-flex-seed42")));
    let ended = running.end();
    assert_eq!(ended.code, Some(1), "{}", ended.said);
    let rows = rows(&path);
    let crashed = troubles(&rows[0]);
    assert_eq!(crashed.len(), 2, "{crashed:?}");
    assert_eq!(rows[0]["runs"].as_array().unwrap().len(), 2);
    assert!(crashed[0].starts_with("training with seed 42: the process ended with signal: 6"));
    assert!(crashed[1].contains("runs out of memory"), "{crashed:?}");
    assert_eq!(
        troubles(&rows[1]),
        ["training with seed 42: the process did not end within 30 s"]
    );
    assert_eq!(
        rows[1]["runs"].as_array().unwrap().last().unwrap()["finished"],
        true
    );
    let report = fs::read_to_string(path.join("report.html")).unwrap();
    for trouble in crashed.into_iter().chain(troubles(&rows[1])) {
        assert!(ended.said.contains(trouble), "{}", ended.said);
        assert!(report.contains(trouble), "{trouble} is not in the report");
    }

    // A retry has the same result as a training that never crashed.
    succeeds("compare --timeout 3600 --retry --resume", &path);
    let rows = self::rows(&path);
    assert!(rows.iter().all(|row| troubles(row).is_empty()));
    let alone = folder.path().join("alone");
    let words = "train mlp-relu --dataset synthetic --limit 1500 --batch-size 2 --epochs 3 --seed 42 \
        --backend flex --out";
    succeeds(words, &alone);
    assert_same_run(&run("mlp-relu-flex-seed42"), &alone);
}

#[cfg(target_os = "linux")]
#[test]
fn a_comparison_that_is_interrupted_or_killed_resumes_where_it_stopped() {
    let folder = tempdir().unwrap();
    let whole = folder.path().join("whole");
    succeeds(&format!("{LONG} --out"), &whole);
    let path = folder.path().join("comparison");
    let runs = ["mlp-relu-flex-seed42", "mlp-sigmoid-flex-seed42"];

    let running = Running::start(&format!("{LONG} --out"), &path);
    let first = path.join("runs").join(runs[0]);
    wait_for(&first.join("checkpoint.safetensors"));
    running.signal("INT");
    let ended = running.end();
    assert_eq!(ended.code, Some(130), "{}", ended.said);
    let advice = format!("zoo compare --resume {}", path.display());
    assert!(ended.said.contains(&advice), "{}", ended.said);
    // An interruption is no failure.
    assert!(rows(&path).iter().all(|row| troubles(row).is_empty()));
    let stopped = figures(&first);

    // The second time the whole program is killed while the second model trains.
    let running = Running::start("compare --resume", &path);
    let second = path.join("runs").join(runs[1]);
    let process = process_of(&second);
    assert!(figures(&first).starts_with(&stopped), "it began again");
    running.signal("KILL");
    running.end();
    let deadline = Instant::now() + Duration::from_secs(600);
    while Path::new(&format!("/proc/{process}/cmdline")).exists() {
        let left = fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default();
        if left.is_empty() {
            break; // ended, and not yet waited for
        }
        assert!(
            Instant::now() < deadline,
            "the training outlives the program"
        );
        std::thread::sleep(Duration::from_millis(20));
    }

    succeeds("compare --resume", &path);
    for run in runs {
        assert_same_run(&whole.join("runs").join(run), &path.join("runs").join(run));
    }
    assert!(
        rows(&path)
            .iter()
            .all(|row| row["runs"][0]["finished"] == true)
    );
}
