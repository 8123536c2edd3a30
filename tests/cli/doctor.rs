//! `zoo doctor`: whether this machine can train.

use super::support::data::{write_cifar_10, write_fashion_mnist};
use super::support::*;
use serde_json::Value;
use std::fs;
use tempfile::tempdir;

/// The doctor's findings, as "mark about: found: cure".
fn findings(diagnosis: &str) -> Vec<String> {
    let diagnosis: Value = serde_json::from_str(diagnosis).unwrap();
    let sections = diagnosis["sections"].as_array().unwrap().iter();
    let findings = sections.flat_map(|section| section["findings"].as_array().unwrap());
    let findings = findings.map(|finding| {
        let text = |key| finding[key].as_str().unwrap_or_default();
        let [mark, about, found, cure] = ["mark", "about", "found", "cure"].map(text);
        format!("{mark} {about}: {found}: {cure}")
    });
    findings.collect()
}

#[track_caller]
fn assert_found(findings: &[String], beginning: &str, words: &str) {
    let found = findings
        .iter()
        .any(|finding| finding.starts_with(beginning) && finding.contains(words));
    assert!(found, "no {beginning:?} with {words:?}: {findings:#?}");
}

#[test]
fn the_doctor_trains_as_float64_does_even_if_data_sets_are_damaged() {
    let folder = tempdir().unwrap();
    write_cifar_10(folder.path());
    write_fashion_mnist(folder.path(), 20);
    let mut command = zoo("doctor --backend flex --json");
    let said = output_of(command.env("BURN_ZOO_DATA", folder.path()));
    let diagnosis: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(diagnosis["can_train"], true);
    assert_eq!(diagnosis["chosen"]["backend"], "flex");
    assert_eq!(diagnosis["chosen"]["device"]["id"], "cpu");
    let findings = findings(&said);
    let result = "trained mlp-relu for 3 steps as float64 does";
    assert_found(&findings, "ok flex: cpu (", result);
    // Whatever launcher is there.
    let built_in = match cfg!(feature = "mpi") {
        true => "built in",
        false => "not built in, and only needed for several machines",
    };
    let mpi = findings.iter().find(|it| it.contains(" MPI: "));
    assert!(mpi.is_some_and(|it| it.contains(built_in)), "{findings:#?}");
    let subset = "has 20 of 60,000 train images";
    assert_found(&findings, "note fashion-mnist: ", subset);
    let subset = "has 50 of 50,000 train images";
    assert_found(&findings, "note cifar-10: ", subset);
    assert_found(&findings, "ok synthetic: ", "needs no files");
    assert!(!findings.iter().any(|line| line.starts_with("problem")));
}

#[test]
fn a_machine_without_data_and_home_folder_can_train_and_the_doctor_reports_what_is_missing() {
    let mut command = zoo("doctor --backend flex --quick");
    let elsewhere = "/dev/null/cache";
    command
        .env("HOME", "/dev/null")
        .env("XDG_CACHE_HOME", elsewhere)
        .env_remove("BURN_ZOO_KERNELS");
    let said = output_of(&mut command);
    for line in [
        "  ok       flex: cpu (",
        "  note     cifar-10: not on this machine, and BURN_ZOO_OFFLINE forbids its download: put its files",
        "  note     data sets: /dev/null/cache/burn-zoo cannot be written to (a part of the path is a file",
        "  note     kernels: /dev/null/cache/burn-zoo/kernels cannot be written to",
        "this machine has a device to train on: flex on cpu",
        "name another cache folder by XDG_CACHE_HOME",
    ] {
        assert!(said.contains(line), "without {line:?}: {said}");
    }
    assert!(!said.contains("as float64 does"), "{said}");
    let home = tempdir().unwrap();
    command
        .env("XDG_CACHE_HOME", home.path())
        .env("BURN_ZOO_OFFLINE", "0");
    let said = output_of(&mut command);
    let place = home.path().join("burn-zoo/kernels");
    for line in [
        &*format!("  ok       kernels: {}, 0.0 MB", place.display()),
        "  note     cifar-10: not on this machine; it is downloaded when it is first asked for: `zoo data fetch cifar-10`",
    ] {
        assert!(said.contains(line), "without {line:?}: {said}");
    }
}

#[test]
fn the_doctor_fails_with_a_sentence_if_the_wanted_backend_cannot_train() {
    refused(
        &mut zoo("doctor --quick --backend metal"),
        &[
            "cannot train as asked",
            "metal is not in this build",
            "--features metal",
        ],
    );
    refused(
        &mut zoo("doctor --quick --backend flax"),
        &["no backend is called `flax`", "auto, flex"],
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_missing_vulkan_driver_is_reported_and_is_a_failure_only_if_it_was_asked_for() {
    let folder = tempdir().unwrap();
    let manifest = folder.path().join("gone.json");
    let driver = r#"{ "file_format_version": "1.0.0", "ICD": { "library_path": "/no/libvulkan_x.so", "api_version": "1.3.0" } }"#;
    fs::write(&manifest, driver).unwrap();
    let with_driver = |words: &str| {
        let mut command = zoo(words);
        command
            .env("VK_DRIVER_FILES", &manifest)
            .env("VK_ICD_FILENAMES", &manifest);
        command
    };
    let said = output_of(&mut with_driver("doctor --quick --backend flex --json"));
    let found = findings(&said);
    let about = format!("note {}: ", manifest.display());
    assert_found(
        &found,
        &about,
        "names the driver /no/libvulkan_x.so, which is not there",
    );
    assert_found(&found, "note drivers: ", "unset VK_DRIVER_FILES");
    let rows: Vec<Value> = serde_json::from_str(&output_of(&mut zoo("backends --json"))).unwrap();
    let wgpu = rows.iter().find(|row| row["id"] == "wgpu").unwrap();
    if wgpu["built_in"] == true {
        let output = with_driver("doctor --quick --backend wgpu --json")
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1));
        let found = findings(&String::from_utf8(output.stdout).unwrap());
        assert_found(&found, "problem wgpu: ", "it needs a driver");
        assert_found(&found, "problem drivers: ", "unset VK_DRIVER_FILES");
    }
}

#[test]
fn the_doctor_reports_a_libtorch_of_the_wrong_version() {
    let rows = output_of(&mut zoo("backends --json"));
    let rows: Vec<Value> = serde_json::from_str(&rows).unwrap();
    let libtorch = rows.iter().find(|row| row["id"] == "libtorch").unwrap();
    let folder = tempdir().unwrap();
    fs::create_dir(folder.path().join("lib")).unwrap();
    fs::write(folder.path().join("build-version"), "2.4.1+cpu\n").unwrap();
    let mut command = zoo("doctor --quick --backend flex --json");
    let found = findings(&output_of(command.env("LIBTORCH", folder.path())));
    match libtorch["built_in"] == true {
        true => assert_found(&found, "ok libtorch: ", "is loaded"),
        false => assert_found(
            &found,
            "note libtorch: not built in",
            "2.4.1+cpu where 2.9.0 is wanted",
        ),
    }
}
