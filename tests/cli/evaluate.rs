//! `zoo evaluate`.

use crate::support::data::write_pictures;
use crate::support::pictures::own;
use crate::support::*;
use serde_json::Value;
use std::fs;
use tempfile::tempdir;

#[test]
fn an_evaluation_on_another_backend_gives_the_figures_of_the_training() {
    let folder = tempdir().unwrap();
    let run = trained(folder.path(), "run", &format!("{QUICK} --epochs 2"));
    let Said { stdout, stderr } = succeeds("evaluate --json --backend ndarray", &run);
    assert_eq!(stderr, "");
    let report: Value = serde_json::from_str(&stdout).unwrap();

    let rows = figures(&run);
    let [_, split, loss, accuracy] = rows.last().unwrap();
    let loss: f64 = loss.parse().unwrap();
    assert_eq!(split, "test");
    let found = report["loss"].as_f64().unwrap();
    assert!((found / loss - 1.0).abs() < 1e-5, "{found} is not {loss}");
    let found = report["accuracy"].as_f64().unwrap();
    assert_eq!(found, accuracy.parse::<f64>().unwrap());

    let confusion: Vec<Vec<u64>> = serde_json::from_value(report["confusion"].clone()).unwrap();
    assert_eq!(report["images"], 256);
    assert_eq!(confusion.iter().flatten().sum::<u64>(), 256);
    let right: u64 = (0..10).map(|class| confusion[class][class]).sum();
    assert_eq!(found, right as f64 / 256.0);
    for (class, row) in report["classes"].as_array().unwrap().iter().zip(&confusion) {
        assert_eq!(class["images"], row.iter().sum::<u64>(), "{class}");
    }
    let weights = fs::read(run.join("weights.safetensors")).unwrap();
    let (weights, _) = burn_zoo::weights::Weights::from_safetensors(&weights).unwrap();
    assert_eq!(report["weights_sha256"], weights.sha256());
    assert_eq!(report["epoch"], 2);

    let csv = csv::Reader::from_path(run.join("confusion-test.csv")).unwrap();
    let rows = csv.into_records().map(|row| {
        let row = row.unwrap();
        let counts = row.iter().skip(1).map(|count| count.parse().unwrap());
        counts.collect::<Vec<u64>>()
    });
    assert_eq!(rows.collect::<Vec<_>>(), confusion);
    let png = fs::read(run.join("confusion-test.png")).unwrap();
    assert!(png.starts_with(b"\x89PNG") && png.ends_with(b"IEND\xaeB`\x82"));
}

#[test]
fn every_split_and_the_best_weights_can_be_evaluated() {
    let folder = tempdir().unwrap();
    let run = trained(folder.path(), "run", &format!("{OVERSHOOTING} --epochs 3"));
    let evaluate = |words: &str| {
        let mut command = zoo(&format!("evaluate --json --backend flex {words}"));
        serde_json::from_str::<Value>(&output_of(command.arg(&run))).unwrap()
    };
    let best = evaluate("--split valid --weights best");
    assert_eq!((&best["images"], &best["epoch"]), (&24.into(), &2.into()));
    let valid = losses(&run, "valid");
    let loss = best["loss"].as_f64().unwrap();
    assert!((loss / valid[1] - 1.0).abs() < 1e-5, "{loss}, {valid:?}");
    let train = evaluate("--split train");
    assert_eq!((&train["images"], &train["epoch"]), (&72.into(), &3.into()));
    for name in ["confusion-valid.csv", "confusion-train.csv"] {
        assert!(run.join(name).is_file(), "{name}");
    }
}

#[test]
fn the_predictions_of_an_evaluation_are_a_row_an_image_with_its_logits() {
    let folder = tempdir().unwrap();
    let run = one_epoch(folder.path());
    let file = folder.path().join("predictions.csv");
    let words = format!(
        "evaluate --backend flex --json --predictions {}",
        file.display()
    );
    let report: Value = serde_json::from_str(&succeeds(&words, &run).stdout).unwrap();
    let csv = fs::read_to_string(&file).unwrap();
    let rows: Vec<Vec<&str>> = csv.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(rows[0][..3], ["image", "class", "predicted"]);
    assert_eq!(rows.len() as u64 - 1, report["images"].as_u64().unwrap());
    let mut right = 0.0;
    for row in &rows[1..] {
        let logits = row[3..].iter().map(|logit| logit.parse::<f32>().unwrap());
        let largest = logits
            .enumerate()
            .max_by(|a, b| a.1.total_cmp(&b.1))
            .unwrap()
            .0;
        assert_eq!(rows[0][3 + largest], row[2], "{row:?}");
        right += f64::from(u8::from(row[1] == row[2]));
    }
    assert_eq!(
        right / (rows.len() - 1) as f64,
        report["accuracy"].as_f64().unwrap()
    );
    refused_at(
        "evaluate --predictions /no/such/folder/file.csv",
        &run,
        &["error: cannot write /no/such/folder/file.csv: there is no such"],
    );
}

#[test]
fn many_classes_are_evaluated_with_their_confusion_matrix_in_a_file() {
    let folder = tempdir().unwrap();
    let pictures = folder.path().join("pictures");
    for class in 0..21 {
        write_pictures(
            &pictures.join(format!("a class of number {class}")),
            2,
            false,
        );
    }
    let run = trained(
        folder.path(),
        "run",
        &format!("{} --epochs 1", own(&pictures)),
    );
    let said = succeeds("evaluate --backend flex", &run).stdout;
    let csv = run.join("confusion-test.csv").display().to_string();
    assert_says(&said, &["a class of number 20 ", &csv]);
    assert!(
        said.lines().all(|line| line.chars().count() < 200),
        "{said}"
    );
    assert!(run.join("confusion-test.png").is_file());
}

#[test]
fn an_evaluation_that_cannot_write_still_prints() {
    let folder = tempdir().unwrap();
    let run = one_epoch(folder.path());
    fs::create_dir(run.join("confusion-test.csv")).unwrap();
    let Said { stdout, stderr } = succeeds("evaluate --backend flex", &run);
    assert_says(&stdout, &["accuracy", "pattern 9"]);
    assert_says(&stderr, &["warning: ", "confusion-test.csv"]);
}

#[test]
fn only_a_run_and_a_split_that_exist_are_evaluated() {
    let folder = tempdir().unwrap();
    let missing = folder.path().join("missing");
    refused_at(
        "evaluate",
        &missing,
        &["missing", "neither a run folder nor"],
    );
    let run = one_epoch(folder.path());
    let words = "evaluate --backend flex --split valid";
    refused_at(words, &run, &["has no validation split", "train or test"]);
}

#[test]
fn weights_that_are_damaged_or_of_another_model_are_refused() {
    let folder = tempdir().unwrap();
    let run = one_epoch(folder.path());
    let path = run.join("weights.safetensors");
    let shown = path.display().to_string();
    let evaluate = "evaluate --backend flex";
    let whole = fs::read(&path).unwrap();
    for (change, expected) in DAMAGES {
        fs::write(&path, &whole).unwrap();
        damage(&path, change);
        let expected = [&shown, expected, "--weights best"];
        refused_at(evaluate, &run, &expected);
    }
    // As the error advises.
    succeeds("evaluate --backend flex --weights best", &run);

    let words = format!("mlp-relu-2 {QUICK} --epochs 1");
    let other = trained(folder.path(), "other", &words);
    fs::copy(other.join("weights.safetensors"), &path).unwrap();
    let expected = [
        &shown,
        "does not fit",
        "does not fit the config.json beside it",
    ];
    refused_at(evaluate, &run, &expected);

    fs::remove_file(&path).unwrap();
    refused_at(evaluate, &run, &[&shown, "no such file"]);
}

#[test]
fn no_spreadsheet_computes_the_name_of_a_class() {
    let folder = tempdir().unwrap();
    let pictures = folder.path().join("pictures");
    for (class, mirrored) in [("=1+1", false), ("-cats", true)] {
        for split in ["train", "test"] {
            write_pictures(&pictures.join(split).join(class), 4, mirrored);
        }
    }
    let run = folder.path().join("run");
    let words = "train --image-shape 1x8x8 --batch-size 4 --epochs 1 --backend flex --out";
    let mut command = zoo(words);
    let dataset = format!("folder:{}", pictures.display());
    said_by(command.arg(&run).arg("--dataset").arg(dataset));
    let predictions = folder.path().join("predictions.csv");
    said_by(
        zoo("evaluate --backend flex --predictions")
            .arg(&predictions)
            .arg(&run),
    );
    let tables = [predictions, run.join("confusion-test.csv")];
    for table in tables.map(|table| fs::read_to_string(table).unwrap()) {
        assert_says(&table, &["'=1+1", "'-cats"]);
        let cells = table.split([',', '\n', '"']);
        let formulas = cells.filter(|cell| cell.starts_with(['=', '@']) || cell.starts_with("-c"));
        assert_eq!(formulas.count(), 0, "{table}");
    }
}
