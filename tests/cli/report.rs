//! `zoo report`: pages for the browser.

use crate::support::*;
use std::fs;
use std::path::Path;
use tempfile::tempdir;

/// A report's text, with what its templates escape beyond need as it was.
#[track_caller]
fn read(report: &Path) -> String {
    let page = fs::read_to_string(report).unwrap();
    page.replace("&#x2f;", "/")
}

/// Removes the namespaces, which are addresses that nothing is loaded from.
fn without_namespaces(page: &str) -> String {
    let mut parts = page.split("xmlns=\"");
    let first = parts.next().unwrap_or_default().to_owned();
    let others = parts.map(|part| part.split_once('"').unwrap().1);
    others.fold(first, |page, part| page + part)
}

#[test]
fn a_run_is_reported_on_one_page_with_its_classes_and_mistakes_that_loads_nothing() {
    let folder = tempdir().unwrap();
    let run = one_epoch(folder.path());
    let said = succeeds("report --backend flex", &run);
    let report = run.join("report.html");
    assert_eq!(said.stdout, format!("{}\n", report.display()));
    let page = read(&report);
    assert_says(
        &page,
        &[
            "Confusion matrix",
            "precision",
            "image/png;base64",
            "Adam at 1e-3",
        ],
    );
    let config = json(&run.join("config.json"));
    for class in config["dataset"]["classes"].as_array().unwrap() {
        let class = format!("<th scope=\"row\">{}</th>", class.as_str().unwrap());
        assert!(page.contains(&class), "without {class}: {page}");
    }
    for address in ["http://", "https://", "<script", "<link"] {
        assert!(
            !without_namespaces(&page).contains(address),
            "{address}: {page}"
        );
    }
    // And again, over its own file.
    succeeds("report --backend flex", &run);
}

#[test]
fn several_runs_are_reported_on_one_page_in_a_file_that_is_named() {
    let folder = tempdir().unwrap();
    let one = trained(folder.path(), "one", &format!("{QUICK} --epochs 1"));
    let other = trained(
        folder.path(),
        "other",
        &format!("{QUICK} --epochs 2 --seed 7"),
    );
    let both = || {
        let mut command = zoo("report --backend flex");
        command.args([&one, &other]);
        command
    };
    refused(&mut both(), &["--out"]);
    let out = folder.path().join("both.html");
    output_of(both().arg("--out").arg(&out));
    let page = read(&out);
    assert_eq!(page.matches("<tr data-row").count(), 2);
    assert_says(
        &page,
        &["<h2>one</h2>", "<h2>other</h2>", "Test accuracy by epoch"],
    );
}

#[test]
fn without_its_data_a_run_is_reported_without_classes_and_a_warning_says_so() {
    let folder = tempdir().unwrap();
    data::write_fashion_mnist(folder.path(), 100);
    let words = "--dataset fashion-mnist --batch-size 50 --epochs 1 --backend flex --data-dir";
    let words = format!("{words} {}", folder.path().display());
    let run = trained(folder.path(), "run", &words);
    let nowhere = folder.path().join("nowhere");
    let mut command = zoo("report --backend flex --data-dir");
    let said = said_by(command.arg(&nowhere).arg(&run));
    assert_says(
        &said.stderr,
        &["warning: ", "has no classes and mistakes", "nowhere"],
    );
    let page = read(&run.join("report.html"));
    assert!(!page.contains("Confusion matrix"));
    assert_says(
        &page,
        &["Classes and mistakes are not shown", "Accuracy by epoch"],
    );
}

#[test]
fn a_file_that_is_no_report_is_never_written_over() {
    let folder = tempdir().unwrap();
    let thesis = folder.path().join("thesis.html");
    fs::write(&thesis, "years of work").unwrap();
    let mut command = zoo("report nowhere --out");
    refused(
        command.arg(&thesis),
        &["thesis.html", "is left as it is", "--out"],
    );
    assert_eq!(fs::read_to_string(&thesis).unwrap(), "years of work");
}

#[test]
fn a_folder_that_is_neither_a_run_nor_a_comparison_is_refused() {
    let folder = tempdir().unwrap();
    refused_at("report", folder.path(), &["config.json", "compare.json"]);
    fs::write(folder.path().join("compare.json"), "{\"format\": 99}").unwrap();
    refused_at("report", folder.path(), &["99", "newer"]);
}

#[test]
fn a_report_of_very_many_epochs_is_thinned() {
    let folder = tempdir().unwrap();
    let run = one_epoch(folder.path());
    fs::remove_file(run.join("checkpoint.safetensors")).unwrap();
    let mut csv = String::from("epoch,split,loss,accuracy,images_per_second,seconds\n");
    for epoch in 1..=200_000 {
        // One epoch stands out, which is to be seen.
        let loss = if epoch == 123_457 {
            99.0
        } else {
            1.0 / f64::from(epoch)
        };
        for split in ["train", "test"] {
            csv += &format!("{epoch},{split},{loss},0.5,100.0,0.25\n");
        }
    }
    fs::write(run.join("metrics.csv"), csv).unwrap();
    succeeds("report --backend flex", &run);
    let report = fs::read_to_string(run.join("report.html")).unwrap();
    assert!(report.len() < 4_000_000, "{} bytes", report.len());
    assert_says(&report, &["one epoch in 200", "200000", "to 99.0 nats"]);
}
