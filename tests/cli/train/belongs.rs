//! The files of a run are known as its own.

use crate::support::*;
use std::fs;
use tempfile::tempdir;

#[test]
fn files_of_another_run_of_the_same_shape_are_refused() {
    let folder = tempdir().unwrap();
    let run = one_epoch(folder.path());
    let words = format!("{QUICK} --epochs 1 --seed 7");
    let other = trained(folder.path(), "other", &words);
    for (name, words) in [
        ("weights.safetensors", "evaluate --backend flex"),
        ("best.safetensors", "evaluate --backend flex --weights best"),
        ("weights.safetensors", "export --format safetensors"),
        ("checkpoint.safetensors", "train --epochs 2 --resume"),
    ] {
        let own = fs::read(run.join(name)).unwrap();
        fs::copy(other.join(name), run.join(name)).unwrap();
        let expected = [name, "does not fit the config.json beside it"];
        refused_at(words, &run, &expected);
        let listed = succeeds("runs", folder.path()).stdout;
        assert!(
            listed.to_lowercase().contains("damaged"),
            "{name}: {listed}"
        );
        fs::write(run.join(name), own).unwrap();
        succeeds("evaluate --backend flex", &run);
    }
}

#[test]
fn settings_that_were_changed_after_the_training_are_refused() {
    let folder = tempdir().unwrap();
    let whole = one_epoch(folder.path());
    type Change = fn(&mut serde_json::Value);
    let changes: [(&str, Change); 5] = [
        ("mean", |config| config["dataset"]["mean"] = 0.25.into()),
        ("std", |config| config["dataset"]["std"] = 0.25.into()),
        ("classes", |config| {
            config["dataset"]["classes"][0] = "hat".into()
        }),
        ("seed", |config| config["seed"] = 43.into()),
        ("lr", |config| config["adam"]["learning_rate"] = 1e30.into()),
    ];
    for (name, change) in changes {
        let run = copied(&whole, &folder.path().join(name));
        edit_config(&run, change);
        for words in ["evaluate --backend flex", "train --epochs 2 --resume"] {
            refused_at(words, &run, &["does not fit the config.json"]);
        }
    }
    // What may differ from one machine or one resuming to the next.
    let run = copied(&whole, &folder.path().join("moved"));
    edit_config(&run, |config| {
        config["dataset"]["origin"] = "elsewhere".into();
        config["num_epochs"] = 2.into();
        config["hardware"] = "another CPU".into();
    });
    succeeds("evaluate --backend flex", &run);
    succeeds("train --resume", &run);
}

#[test]
fn an_imported_run_is_known_as_its_own_too() {
    let folder = tempdir().unwrap();
    let run = one_epoch(folder.path());
    let imported = folder.path().join("imported");
    let mut command = zoo("import --model mlp-relu --dataset synthetic");
    said_by(
        command
            .arg(run.join("weights.safetensors"))
            .arg("--out")
            .arg(&imported),
    );
    succeeds("evaluate --backend flex", &imported);
    edit_config(&imported, |config| config["dataset"]["mean"] = 0.125.into());
    refused_at(
        "evaluate --backend flex",
        &imported,
        &["does not fit the config.json"],
    );
}

#[test]
fn a_table_of_figures_that_is_empty_is_no_run_without_an_epoch() {
    let folder = tempdir().unwrap();
    let run = one_epoch(folder.path());
    fs::write(run.join("metrics.csv"), "").unwrap();
    // The checkpoint knows them.
    succeeds("report --backend flex", &run);
    let report = fs::read_to_string(run.join("report.html")).unwrap();
    assert!(!report.contains("first epoch is not finished"));
    fs::remove_file(run.join("checkpoint.safetensors")).unwrap();
    fs::remove_file(run.join("report.html")).unwrap();
    refused_at("report --backend flex", &run, &["metrics.csv", "empty"]);
}
