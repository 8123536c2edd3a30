//! `zoo backends`: the backends and their devices.

use crate::support::*;
use serde_json::Value;
#[cfg(target_os = "linux")]
use std::fs;
#[cfg(target_os = "linux")]
use tempfile::tempdir;

#[test]
fn backends_are_listed_with_their_devices_and_whether_they_are_built_in() {
    let table = output_of(&mut zoo("backends"));
    let flex = table.lines().find(|line| line.starts_with("flex "));
    assert!(flex.unwrap().contains(" yes "), "{table}");
    let rows = output_of(&mut zoo("backends --json"));
    let rows: Vec<Value> = serde_json::from_str(&rows).unwrap();
    let flex = rows.iter().find(|row| row["id"] == "flex").unwrap();
    assert_eq!(flex["built_in"], true);
    assert_eq!(flex["devices"][0]["id"], "cpu");
    assert_eq!(flex["trouble"], Value::Null);
    for row in &rows {
        let id = row["id"].as_str().unwrap();
        assert!(table.contains(&format!("{id} ")), "{id}: {table}");
        let without_device = row["devices"].as_array().unwrap().is_empty();
        assert_eq!(row["trouble"].is_string(), without_device, "{row}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_crashing_driver_costs_one_line_of_output_and_not_the_run() {
    let folder = tempdir().unwrap();
    let [source, library, manifest] =
        ["crash.c", "libcrash.so", "crash.json"].map(|name| folder.path().join(name));
    let code = "void abort(void); __attribute__((constructor)) static void f(void) { abort(); }";
    fs::write(&source, code).unwrap();
    let mut compiler = std::process::Command::new("cc");
    compiler
        .args(["-shared", "-fPIC", "-o"])
        .args([&library, &source]);
    if !compiler.status().is_ok_and(|status| status.success()) {
        println!("skipped: there is no C compiler to make a bad driver with");
        return;
    }
    let driver = serde_json::json!({
        "file_format_version": "1.0.0",
        "ICD": { "library_path": library, "api_version": "1.3.0" },
    });
    fs::write(&manifest, driver.to_string()).unwrap();
    let with_driver = |words| {
        let mut command = zoo(words);
        command
            .env("VK_DRIVER_FILES", &manifest)
            .env("VK_ICD_FILENAMES", &manifest);
        command
    };
    let rows: Value =
        serde_json::from_str(&output_of(&mut with_driver("backends --json"))).unwrap();
    for row in rows.as_array().unwrap() {
        let devices = row["devices"].as_array().unwrap().len();
        match row["id"].as_str().unwrap() {
            "flex" => assert_eq!(devices, 1),
            "wgpu" if row["built_in"] == true => {
                assert_eq!(devices, 0, "{row}");
                let words = ["the backend wgpu ", " needs a driver"];
                refused(&mut with_driver("train --backend wgpu"), &words);
            }
            _ => {}
        }
    }
}
