//! `zoo runs`.

use super::support::process::Running;
use super::support::*;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use tempfile::tempdir;

/// What `zoo runs` tells of each run under a folder, by name.
fn listed(folder: &Path) -> BTreeMap<String, Value> {
    let rows = succeeds("runs --json", folder).stdout;
    let rows: Vec<Value> = serde_json::from_str(&rows).unwrap();
    let named = rows
        .into_iter()
        .map(|row| (row["name"].as_str().unwrap().to_owned(), row));
    named.collect()
}

#[test]
fn every_run_is_listed_with_how_it_stands_and_what_is_no_run_is_left_out() {
    let folder = tempdir().unwrap();
    let folder = folder.path();
    let whole = one_epoch(folder);
    let of = |name: &str| copied(&whole, &folder.join(name));
    edit_config(&of("interrupted"), |config| config["num_epochs"] = 3.into());
    let imported = of("comparison/runs/imported");
    edit_config(&imported, |config| config["imported_from"] = "a.pt".into());
    for name in ["checkpoint.safetensors", "metrics.csv"] {
        fs::remove_file(imported.join(name)).unwrap();
    }
    // Damaged in every way.
    let cut = |run: &str, name: &str| {
        damage(&of(run).join(name), |bytes| bytes.truncate(bytes.len() - 5))
    };
    cut("cut-checkpoint", "checkpoint.safetensors");
    cut("cut-weights", "weights.safetensors");
    cut("cut-config", "config.json");
    fs::remove_file(of("no-config").join("config.json")).unwrap();
    let no_figures = of("no-figures");
    fs::remove_file(no_figures.join("checkpoint.safetensors")).unwrap();
    fs::write(no_figures.join("metrics.csv"), "epoch,split\n1,test\n").unwrap();
    // No runs: another program's model, and nothing at all.
    fs::create_dir_all(folder.join("bert")).unwrap();
    let config = r#"{ "model_type": "bert" }"#;
    fs::write(folder.join("bert/config.json"), config).unwrap();
    fs::create_dir_all(folder.join("notes")).unwrap();
    fs::write(folder.join("a file"), "").unwrap();

    let runs = listed(folder);
    let states: Vec<_> = runs
        .iter()
        .map(|(name, row)| (name.as_str(), row["state"].as_str().unwrap()))
        .collect();
    let expected = [
        ("comparison/runs/imported", "imported"),
        ("cut-checkpoint", "damaged"),
        ("cut-config", "damaged"),
        ("cut-weights", "damaged"),
        ("interrupted", "interrupted"),
        ("no-config", "damaged"),
        ("no-figures", "damaged"),
        ("run", "finished"),
    ];
    assert_eq!(states, expected);
    let run = &runs["run"];
    assert_eq!(run["num_epochs_done"], 1);
    let accuracy: f64 = figures(&whole).last().unwrap()[3].parse().unwrap();
    assert_eq!(run["last_accuracy"], accuracy);
    assert_eq!(run["config"]["seed"], 42);
    assert!(run["train_seconds"].as_f64().unwrap() > 0.0);
    assert_eq!(run["trouble"], Value::Null);
    let year = run["written"].as_str().unwrap().split('-').next();
    assert!(year.unwrap().parse::<u32>().unwrap() > 2024);
    // What can still be read of a damaged one is told.
    assert_eq!(runs["cut-checkpoint"]["last_accuracy"], accuracy);

    let table = succeeds("runs --sort name", folder).stdout;
    for (name, state) in expected {
        let state = match state {
            "damaged" => "DAMAGED",
            state => state,
        };
        let mut lines = table.lines().skip(1);
        let line = lines.find(|line| line.starts_with(&format!("{name} ")));
        assert!(line.unwrap().contains(&format!(" {state} ")), "{table}");
    }
    for sentence in [
        "cut-weights/weights.safetensors is not a whole safetensors file (its tensors have",
        "no-config is not a run folder: it has no config.json",
        "synthetic, 256 images",
    ] {
        assert!(table.contains(sentence), "{sentence}: {table}");
    }
    assert!(!table.contains("bert"), "{table}");
}

#[test]
fn runs_come_in_the_order_asked_for_the_newest_first_by_default() {
    let folder = tempdir().unwrap();
    let folder = folder.path();
    let first = trained(folder, "b-first", &format!("{QUICK} --epochs 2"));
    let better = json_of_runs(folder, "")[0].1;
    // It knows nothing yet, and is written last.
    let second = trained(folder, "a-second", &format!("{QUICK} --epochs 1 --lr 1e-9"));
    let [newest, best, named] = ["", "--sort accuracy", "--sort name"].map(|words| {
        let names = json_of_runs(folder, words).into_iter();
        names.map(|(name, _)| name).collect::<Vec<_>>()
    });
    assert_eq!(newest, ["a-second", "b-first"]);
    let worse = listed(folder)["a-second"]["last_accuracy"]
        .as_f64()
        .unwrap();
    assert!(better > worse, "{better} {worse}");
    assert_eq!(best, ["b-first", "a-second"]);
    assert_eq!(named, ["a-second", "b-first"]);
    drop((first, second));
}

/// Names and accuracies, in the order that `zoo runs` has them.
fn json_of_runs(folder: &Path, words: &str) -> Vec<(String, f64)> {
    let rows = succeeds(&format!("runs --json {words}"), folder).stdout;
    let rows: Vec<Value> = serde_json::from_str(&rows).unwrap();
    let rows = rows.into_iter().map(|row| {
        let name = row["name"].as_str().unwrap().to_owned();
        (name, row["last_accuracy"].as_f64().unwrap())
    });
    rows.collect()
}

#[cfg(unix)]
#[test]
fn a_run_that_is_being_trained_is_listed_so_until_it_stops() {
    let folder = tempdir().unwrap();
    let run = folder.path().join("run");
    let mut running = Running::start(&format!("train {LONG} --epochs 99 --out"), &run);
    running.wait_for("run ");
    assert_eq!(listed(folder.path())["run"]["state"], "training");
    running.signal("KILL");
    running.end();
    assert_eq!(listed(folder.path())["run"]["state"], "interrupted");
}

#[cfg(unix)]
#[test]
fn links_are_followed_never_round_in_a_circle_and_a_name_need_not_be_text() {
    use std::ffi::OsStr;
    use std::os::unix::{ffi::OsStrExt, fs::symlink};
    let folder = tempdir().unwrap();
    let elsewhere = tempdir().unwrap();
    let run = one_epoch(elsewhere.path());
    let name = OsStr::from_bytes(b"r\xFFn");
    fs::rename(run, elsewhere.path().join(name)).unwrap();
    symlink(elsewhere.path(), folder.path().join("disk")).unwrap();
    symlink(folder.path(), elsewhere.path().join("circle")).unwrap();
    let runs = listed(folder.path());
    assert_eq!(runs.keys().collect::<Vec<_>>(), ["disk/r\u{FFFD}n"]);
}

#[test]
fn where_nothing_was_trained_yet_there_are_no_runs_and_a_folder_that_is_not_there_is_an_error() {
    let folder = tempdir().unwrap();
    let said = output_of(zoo("runs").current_dir(&folder));
    assert_eq!(said, "there are no runs in runs: `zoo train` makes one\n");
    assert_eq!(output_of(zoo("runs --json").current_dir(&folder)), "[]\n");
    let nowhere = folder.path().join("nowhere");
    refused_at(
        "runs",
        &nowhere,
        &["cannot read", "nowhere", "no such file"],
    );
    // A run itself may be named too.
    let run = one_epoch(folder.path());
    assert!(succeeds("runs", &run).stdout.contains(" finished "));
}
