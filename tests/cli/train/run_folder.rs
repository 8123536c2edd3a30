//! What a training begins with, says and leaves in its folder.

use crate::support::data::write_fashion_mnist;
use crate::support::*;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use tempfile::tempdir;

#[test]
fn a_run_folder_holds_everything_of_the_run() {
    let folder = tempdir().unwrap();
    let run = trained(folder.path(), "run", &format!("{QUICK} --epochs 2"));
    assert_eq!(names(&run), RUN_FILES);

    let csv = fs::read_to_string(run.join("metrics.csv")).unwrap();
    let (header, _) = csv.split_once('\n').unwrap();
    assert_eq!(
        header,
        "epoch,split,loss,accuracy,images_per_second,seconds"
    );
    let rows: Vec<(usize, String, f64, f64, f64, f64)> = csv::Reader::from_reader(csv.as_bytes())
        .deserialize()
        .map(Result::unwrap)
        .collect();
    let splits: Vec<_> = rows.iter().map(|row| (row.0, row.1.as_str())).collect();
    assert_eq!(
        splits,
        [(1, "train"), (1, "test"), (2, "train"), (2, "test")]
    );
    for (_, _, loss, accuracy, images_per_second, seconds) in &rows {
        assert!(*loss > 0.0 && (0.0..=1.0).contains(accuracy));
        let images = images_per_second * seconds;
        assert!((images - 256.0).abs() < 1e-6, "{images} images");
    }
    assert!(rows[2].2 < rows[0].2, "the loss did not fall: {csv}");

    let png = fs::read(run.join("curves.png")).unwrap();
    assert!(png.starts_with(b"\x89PNG\r\n\x1a\n"));
    assert!(png.ends_with(b"IEND\xaeB`\x82"), "the picture is cut short");
    let svg = fs::read_to_string(run.join("curves.svg")).unwrap();
    assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"));
}

#[test]
fn the_opening_lines_say_what_memory_whole_batches_take() {
    let folder = tempdir().unwrap();
    let said = |model: &str| {
        let words = "--dataset synthetic --limit 4 --batch-size 4 --epochs 1 --backend flex --out";
        let mut command = zoo(&format!("train {model} {words}"));
        output_of(command.arg(folder.path().join(model)))
    };
    let expected = "batch normalisation takes each batch of 4 as a whole";
    assert_says(&said("resnet-20"), &["memory   about 33 MB", expected]);
    assert!(!said("mlp-relu").contains("memory"));
}

#[test]
fn the_configuration_holds_what_repeats_the_run() {
    let folder = tempdir().unwrap();
    let words = "--seed 7 --epochs 1 --lr 0.005 --valid-fraction 0.25";
    let run = trained(folder.path(), "run", &format!("mlp-relu-2 {QUICK} {words}"));
    let config = json(&run.join("config.json"));
    for (pointer, expected) in [
        ("/format", 1.into()),
        ("/model", "mlp-relu-2".into()),
        ("/architecture/hidden", vec![256, 256].into()),
        ("/dataset/id", "synthetic".into()),
        ("/dataset/limit", 256.into()),
        ("/dataset/valid_fraction", 0.25.into()),
        ("/dataset/num_train", 192.into()),
        ("/dataset/num_valid", 64.into()),
        ("/dataset/num_test", 256.into()),
        ("/adam/learning_rate", 0.005.into()),
        ("/batch_size", 64.into()),
        ("/num_epochs", 1.into()),
        ("/seed", 7.into()),
        ("/backend", "flex".into()),
        ("/device", "cpu".into()),
    ] {
        let found: Option<&Value> = config.pointer(pointer);
        assert_eq!(found, Some(&expected), "{pointer}");
    }
    let sum = config["initial_weights_sha256"].as_str().unwrap();
    assert_eq!(sum.len(), 64, "{sum}");
}

#[test]
fn a_recipe_is_the_models_with_what_the_options_change_of_it() {
    let folder = tempdir().unwrap();
    let words = format!("mlp-relu {QUICK} --recipe tuned --epochs 1 --flip=false --shift 3");
    let run = trained(folder.path(), "run", &words);
    let config = json(&run.join("config.json"));
    for (pointer, expected) in [
        ("/adam/learning_rate", 0.002.into()),
        ("/batch_size", 64.into()),
        ("/num_epochs", 1.into()),
        ("/refinements/schedule", "cosine".into()),
        ("/refinements/weight_decay", 0.3.into()),
        ("/refinements/flip", false.into()),
        ("/refinements/shift", 3.into()),
    ] {
        let found: Option<&Value> = config.pointer(pointer);
        assert_eq!(found, Some(&expected), "{pointer}");
    }
    // A repetition keeps it; the lecture's has none of it.
    let repeated = format!("--config {}", run.join("config.json").display());
    let repeated = trained(folder.path(), "repeated", &repeated);
    assert_same_run(&run, &repeated);
    let config = run.join("config.json");
    let words = format!(
        "--config {} --recipe lecture --epochs 1 --limit 256 --batch-size 64",
        config.display()
    );
    let lecture = json(&trained(folder.path(), "lecture", &words).join("config.json"));
    assert_eq!(lecture["refinements"], Value::Null);
    assert_eq!(lecture["adam"]["learning_rate"], 0.001);
}

#[test]
fn the_weights_are_safetensors_with_the_parameters_own_names() {
    let folder = tempdir().unwrap();
    let bytes = fs::read(one_epoch(folder.path()).join("weights.safetensors")).unwrap();
    let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let shapes: Vec<_> = file
        .iter()
        .map(|(name, view)| (name, view.shape().to_vec()))
        .collect();
    let shapes: BTreeSet<_> = shapes.into_iter().collect();
    let expected = [
        ("hidden.0.weight", vec![784, 256]),
        ("hidden.0.bias", vec![256]),
        ("output.weight", vec![256, 10]),
        ("output.bias", vec![10]),
    ];
    assert_eq!(shapes, BTreeSet::from(expected));
    assert_eq!(metadata(&bytes)["epoch"], "1");
}

#[test]
fn outside_a_terminal_each_epoch_is_one_plain_line() {
    let folder = tempdir().unwrap();
    let run = folder.path().join("run");
    let mut command = train("--valid-fraction 0.25 --epochs 3 --out");
    let Said { stdout, stderr } = said_by(command.arg(&run));
    assert_eq!(stderr, "");
    let said = stdout;
    let control = said.chars().any(|c| c.is_control() && c != '\n');
    assert!(!control, "{said:?}");
    let epochs: Vec<_> = said.lines().filter(|line| line.contains("loss")).collect();
    assert_eq!(epochs.len(), 3, "{said}");
    for (line, epoch) in epochs.iter().zip(1..) {
        assert!(
            line.starts_with("epoch") && line.contains(&format!(" {epoch}/3 ")),
            "{line}"
        );
        for split in ["train loss", "valid loss", "test loss"] {
            assert!(line.contains(split), "{line}");
        }
    }
    for fact in ["mlp-relu", "203,530", "192", "64", "flex", "zoo evaluate"] {
        assert!(said.contains(fact), "without {fact:?}: {said}");
    }
}

#[test]
fn the_best_weights_are_those_of_the_lowest_validation_loss() {
    let folder = tempdir().unwrap();
    let four = trained(folder.path(), "four", &format!("{OVERSHOOTING} --epochs 4"));
    let losses = losses(&four, "valid");
    assert_eq!(losses.len(), 4);
    let lowest = losses.iter().copied().fold(f64::INFINITY, f64::min);
    let best = 1 + losses.iter().position(|&loss| loss == lowest).unwrap();
    assert_ne!(best, 4, "nothing is tested where the last is best");
    let words = format!("{OVERSHOOTING} --epochs {best}");
    let until_best = trained(folder.path(), "until-best", &words);
    let best = fs::read(four.join("best.safetensors")).unwrap();
    assert!(best == fs::read(until_best.join("weights.safetensors")).unwrap());
    assert!(best != fs::read(four.join("weights.safetensors")).unwrap());
}

#[test]
fn a_configuration_repeats_its_run_in_the_same_bytes() {
    let folder = tempdir().unwrap();
    let words = "--epochs 2 --seed 3 --lr 0.002 --valid-fraction 0.25";
    let run = trained(folder.path(), "run", &format!("{QUICK} {words}"));
    let again = |name: &str, words: &str| {
        let words = format!("{words} --config {}", run.join("config.json").display());
        trained(folder.path(), name, &words)
    };
    assert_same_run(&run, &again("again", ""));
    // What the command line says goes first.
    let other = again("other", "--seed 4");
    assert_ne!(figures(&run), figures(&other));
    let mut config = json(&other.join("config.json"));
    assert_eq!(config["seed"], 4);
    let original = json(&run.join("config.json"));
    config["seed"] = 3.into();
    config["dataset"]["origin"] = original["dataset"]["origin"].clone();
    config["initial_weights_sha256"] = original["initial_weights_sha256"].clone();
    assert_eq!(config, original);
}

fn weights_sha256(run: &Path) -> String {
    let report = succeeds("evaluate --backend flex --json", run).stdout;
    let report: Value = serde_json::from_str(&report).unwrap();
    report["weights_sha256"].as_str().unwrap().to_owned()
}

#[test]
fn training_begins_with_the_weights_of_the_run_it_is_told_and_repeats_so() {
    let folder = tempdir().unwrap();
    let first = one_epoch(folder.path());
    let init = format!("{QUICK} --epochs 1 --init-from {}", first.display());
    let second = trained(folder.path(), "second", &init);
    let config = fs::read(second.join("config.json")).unwrap();
    let config: Value = serde_json::from_slice(&config).unwrap();
    assert_eq!(config["initial_weights_sha256"], weights_sha256(&first));
    let repeat = format!("--config {}", second.join("config.json").display());
    let third = trained(folder.path(), "third", &format!("{repeat} --backend flex"));
    assert!(weights(&second) == weights(&third));

    // Weights of another model.
    let other = format!("train mlp-relu-2 {QUICK} --init-from");
    refused_at(
        &other,
        &first,
        &["do not fit the model", "hidden.1.weight is missing"],
    );
}

#[test]
fn files_of_the_users_own_are_trained_on_with_a_warning() {
    let folder = tempdir().unwrap();
    write_fashion_mnist(folder.path(), 40);
    let mut command = zoo("train --backend flex --batch-size 10 --epochs 2");
    command.arg("--data-dir").arg(folder.path());
    let run = folder.path().join("run");
    let said = said_by(command.arg("--out").arg(&run)).stderr;
    assert_says(&said, &["warning: ", "40 of 60,000", "40 of 10,000"]);
    assert!(!said.contains("error"), "{said}");
    assert_eq!(json(&run.join("config.json"))["dataset"]["num_train"], 40);
}

// Nothing is overwritten.

#[test]
fn a_folder_with_something_in_it_is_not_touched() {
    let folder = tempdir().unwrap();
    let run = one_epoch(folder.path());
    let notes = folder.path().join("notes");
    fs::create_dir(&notes).unwrap();
    fs::write(notes.join("thesis.tex"), "years of work").unwrap();
    for taken in [&run, &notes] {
        let before = contents(taken);
        let words = format!("train {QUICK} --epochs 1 --out");
        refused_at(&words, taken, &["is not empty", "--out", "--resume"]);
        assert!(contents(taken) == before, "{} changed", taken.display());
    }
}

#[test]
fn an_empty_folder_is_taken() {
    let folder = tempdir().unwrap();
    fs::create_dir(folder.path().join("run")).unwrap();
    assert_eq!(names(&one_epoch(folder.path())), RUN_FILES);
}

#[test]
fn runs_without_a_name_are_numbered() {
    let folder = tempdir().unwrap();
    for expected in [
        "runs/mlp-relu-synthetic-flex-seed42",
        "runs/mlp-relu-synthetic-flex-seed42-2",
    ] {
        let mut command = train("--epochs 1");
        let said = output_of(command.current_dir(folder.path()));
        assert!(said.contains(&format!("{expected}\n")), "{said}");
        assert_eq!(names(&folder.path().join(expected)), RUN_FILES);
    }
}
