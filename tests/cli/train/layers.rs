//! Models with layers of the user's own: `zoo train --set`.

use crate::support::*;
use std::fs;
use tempfile::tempdir;

const OWN: &str = "cnn --set channels=4,6,8,10 --set hidden=12 --set kernel-size=3";

#[test]
fn a_run_of_ones_own_layers_is_resumed_repeated_evaluated_exported_and_imported() {
    let folder = tempdir().unwrap();
    let run = trained(folder.path(), "run", &format!("{OWN} {QUICK} --epochs 1"));
    let architecture = json(&run.join("config.json"))["architecture"].clone();
    assert_eq!(architecture["channels"], serde_json::json!([4, 6, 8, 10]));
    assert_eq!(
        (&architecture["hidden"], &architecture["kernel_size"]),
        (&12.into(), &3.into())
    );
    // Repeated from either form of its settings.
    let config = run.join("config.json");
    let toml = succeeds("train --print-config --config", &config).stdout;
    assert_says(
        &toml,
        &["set = [\"channels=4,6,8,10\", \"hidden=12\", \"kernel_size=3\"]\n"],
    );
    let file = folder.path().join("own.toml");
    fs::write(&file, toml).unwrap();
    for (name, file) in [("by-json", &config), ("by-toml", &file)] {
        let again = trained(folder.path(), name, &format!("--config {}", file.display()));
        assert!(weights(&run) == weights(&again), "{name}");
    }
    // Other data keep the layers, and so do other epochs and weights to begin with.
    let words = format!(
        "--config {} --dataset synthetic-rgb --seed 1",
        config.display()
    );
    let other = trained(folder.path(), "other", &words);
    assert_eq!(
        json(&other.join("config.json"))["architecture"]["hidden"],
        12
    );
    let words = format!("cnn {QUICK} --epochs 1 --init-from {}", run.display());
    let on = trained(folder.path(), "on", &words);
    assert_eq!(json(&on.join("config.json"))["architecture"], architecture);
    succeeds("train --epochs 2 --resume", &run);
    assert_says(&succeeds("evaluate", &run).stdout, &["accuracy"]);
    for format in ["onnx", "burnpack", "pytorch"] {
        succeeds(&format!("export --format {format}"), &run);
    }
    let imported = folder.path().join("imported");
    let words = format!(
        "import --model {OWN} --dataset synthetic --out {}",
        imported.display()
    );
    succeeds(&words, &run.join("cnn-pytorch.pt"));
    assert!(weights(&run) == weights(&imported));
    assert_eq!(
        json(&imported.join("config.json"))["architecture"],
        architecture
    );
}

#[test]
fn ones_own_layers_are_checked_and_shown_like_the_zoos() {
    let parity =
        "parity cnn --set channels=2,3,4,5 --set hidden=6 --backends flex --steps 2 --json";
    let report: serde_json::Value = serde_json::from_str(&output_of(&mut zoo(parity))).unwrap();
    assert_eq!(report["rows"][0]["model"], "cnn");
    let summary = output_of(&mut zoo("summary mlp-relu --set hidden=8,9 --json"));
    let summary: serde_json::Value = serde_json::from_str(&summary).unwrap();
    assert_eq!(summary["parameters"], 784 * 8 + 8 + 8 * 9 + 9 + 9 * 10 + 10);
}

#[test]
fn layers_that_no_model_can_have_are_refused_before_anything_is_read() {
    for (words, expected) in [
        (
            "cnn --set width=3",
            "--set width=3: cnn has no setting of that name; it has ",
        ),
        (
            "cnn --set channels=1,2",
            "--set channels=1,2: give it in the way of channels=32,64,128,256",
        ),
        (
            "cnn --set kernel-size=2",
            "kernels of even side have no middle",
        ),
        (
            "cnn --set hidden=99999999999999999999999",
            "--set hidden=99999999999999999999999: ",
        ),
        (
            "vgg-small --set stages=16384,16384,16384;16384,16384,16384 --set hidden=16384",
            "parameters, and this machine has memory for",
        ),
        ("mlp-relu --set num_classes=3", "it follows from the data"),
    ] {
        refused(&mut train(&format!("{words} --epochs 1")), &[expected]);
    }
    let folder = tempdir().unwrap();
    let run = one_epoch(folder.path());
    let output = zoo("train --set hidden=5 --resume")
        .arg(&run)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
}
