//! What cannot be trained is said in one sentence.

use crate::support::*;
use serde_json::Value;
use std::fs;
use tempfile::tempdir;

#[test]
fn an_unknown_model_names_the_nearest() {
    let nearest = "the models are mlp-relu-2,";
    refused(&mut zoo("train mlp-rely-2"), &["mlp-rely-2", nearest]);
    refused(&mut zoo("summary mlp-rely-2"), &["mlp-rely-2", nearest]);
}

#[test]
fn an_unknown_data_set_names_the_nearest() {
    let mut command = zoo("train --dataset cifar --backend flex");
    refused(&mut command, &["cifar", "choose one of cifar-10,"]);
    let mut command = zoo("data verify fashon-mnist");
    refused(&mut command, &["choose one of fashion-mnist,"]);
}

#[test]
fn an_unknown_backend_names_the_nearest() {
    let mut command = zoo("train --dataset synthetic --backend libtroch");
    refused(&mut command, &["libtroch", "auto, libtorch,"]);
}

#[test]
fn a_backend_that_is_not_built_in_says_how_to_get_it() {
    // These exclude each other, so one is never there.
    let id = if cfg!(feature = "metal") {
        "vulkan"
    } else {
        "metal"
    };
    let mut command = zoo(&format!("train --dataset synthetic --backend {id}"));
    refused(&mut command, &[id, "not in this build", "--features"]);
}

#[test]
fn an_unknown_device_names_those_there_are() {
    let mut command = zoo("train --dataset synthetic --backend flex --device cuda:7");
    refused(&mut command, &["flex has no device `cuda:7`", "cpu"]);
}

#[test]
fn a_device_needs_a_backend() {
    for words in ["--device cpu", "--backend auto --device cpu"] {
        let mut command = zoo(&format!("train --dataset synthetic {words}"));
        refused(&mut command, &["--device cpu", "--backend"]);
    }
}

#[test]
fn a_batch_of_one_image_is_refused_where_batch_normalisation_would_see_one_value() {
    // The last maps of `resnet-18` have one pixel, those of `resnet-20` 7×7.
    let words = "train resnet-18 --dataset synthetic --limit 8 --backend flex --batch-size 1";
    refused(&mut zoo(words), &["--batch-size 1", "one value a channel"]);
}

#[test]
fn a_setting_that_trains_nothing_is_refused_before_a_folder_is_made() {
    let folder = tempdir().unwrap();
    let run = folder.path().join("run");
    for (words, expected) in [
        ("--batch-size 0", ["--batch-size 0", "at least 1"]),
        (
            "--limit 100 --batch-size 101",
            ["--batch-size 101", "100 images"],
        ),
        ("--epochs 0", ["--epochs 0", "at least 1"]),
        ("--lr 0", ["--lr 0", "greater than 0"]),
        ("--lr -0.001", ["--lr -0.001", "greater than 0"]),
        ("--lr nan", ["--lr", "greater than 0"]),
        ("--lr inf", ["--lr", "a number"]),
        ("--weight-decay -1", ["--weight-decay -1", "at least 0"]),
        (
            "--weight-decay 1e4",
            ["--weight-decay 10000", "less than 1"],
        ),
        (
            "--label-smoothing 1",
            ["--label-smoothing 1", "less than 1"],
        ),
        ("--shift 28", ["--shift 28", "make it smaller"]),
        ("--cutout 28", ["--cutout 28", "make it smaller"]),
        ("--random-crop=1.5", ["--random-crop 1.5", "at most 1"]),
        (
            "--random-crop=-0.1",
            ["--random-crop -0.1", "greater than 0"],
        ),
        ("--random-crop=nan", ["--random-crop NaN", "not a share"]),
        ("--limit 0", ["--limit 0", "at least 1"]),
        ("--valid-fraction 1", ["--valid-fraction 1", "less than 1"]),
        ("--valid-fraction -0.5", ["--valid-fraction", "at least 0"]),
        ("--valid-fraction nan", ["--valid-fraction", "at least 0"]),
        (
            "--limit 10 --batch-size 1 --valid-fraction 0.01",
            ["--valid-fraction 0.01", "larger"],
        ),
        (
            "--limit 4 --batch-size 1 --valid-fraction 0.9",
            ["--valid-fraction 0.9", "smaller"],
        ),
    ] {
        let words = format!("train --dataset synthetic --backend flex {words} --out");
        refused_at(&words, &run, &expected);
        assert!(!run.exists(), "{words}");
    }
}

#[test]
fn a_value_that_is_no_number_is_a_usage_error() {
    for (words, option) in [
        ("train --epochs many", "--epochs"),
        ("train --batch-size -1", "-1"),
        ("train --lr fast", "--lr"),
        ("train --seed -1", "-1"),
        ("evaluate run --split all", "--split"),
        ("train --resume run --lr 1", "--lr"),
        ("train --resume run --recipe tuned", "--recipe"),
        ("train --resume run --flip", "--flip"),
        ("train --schedule fast", "--schedule"),
    ] {
        let output = zoo(words).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{words}: {said}");
        assert!(said.starts_with("error: "), "{words}: {said}");
        assert_says(&said, &[option]);
    }
}

#[test]
fn the_dashboard_needs_a_terminal() {
    let folder = tempdir().unwrap();
    let run = folder.path().join("run");
    let words = format!("train {QUICK} --tui --out");
    refused_at(&words, &run, &["--tui", "terminal"]);
    assert!(!run.exists());
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let folder = tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    for path in [file.join("run"), file] {
        let shown = path.display().to_string();
        let words = format!("train {QUICK} --epochs 1 --out");
        refused_at(&words, &path, &["cannot create", &shown]);
    }
}

#[test]
fn a_configuration_that_is_not_one_is_refused_with_the_reason() {
    type Change = fn(&mut Value);
    let cases: [(&str, Change, &[&str]); 4] = [
        (
            "newer",
            |config| config["format"] = 2.into(),
            &["version 2", "newer zoo"],
        ),
        (
            "without-seed",
            |config| drop(config.as_object_mut().unwrap().remove("seed")),
            &["is not a run's configuration", "missing field `seed`"],
        ),
        (
            "for-other-images",
            |config| config["architecture"]["input"]["height"] = 32.into(),
            &[],
        ),
        (
            "of-an-empty-layer",
            |config| config["architecture"]["hidden"] = vec![0].into(),
            &[],
        ),
    ];
    let folder = tempdir().unwrap();
    let whole = one_epoch(folder.path());
    let out = folder.path().join("out");
    let repeat = format!("train --out {} --config", out.display());
    for (name, change, expected) in cases {
        let run = copied(&whole, &folder.path().join(name));
        edit_config(&run, change);
        refused_at(&repeat, &run.join("config.json"), expected);
        refused_at("evaluate --backend flex", &run, expected);
    }
    damage(&whole.join("config.json"), |bytes| bytes.truncate(100));
    let expected = ["config.json is not a run's configuration", "EOF"];
    refused_at("train --epochs 2 --resume", &whole, &expected);
    assert!(!out.exists(), "a run folder without a run");
}

#[test]
fn a_loss_that_is_not_finite_stops_the_run_at_its_batch() {
    let folder = tempdir().unwrap();
    let run = folder.path().join("run");
    let words = format!("train {QUICK} --lr 1e30 --out");
    let said = refused_at(&words, &run, &["epoch 1, batch 2", "--lr"]);
    assert!(
        !said.contains("keeps what was trained before"),
        "none: {said}"
    );
    // A run that never had a whole epoch says so.
    refused_at("train --resume", &run, &["before its first checkpoint"]);
}
