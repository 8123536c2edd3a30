//! `zoo bench`: speed and memory.

use crate::support::*;
use serde_json::Value;
use std::fs;

#[test]
fn bench_measures_training_inference_memory_and_each_layer() {
    let words = "bench mlp-relu cnn-strided --backends flex --batch-size 4 --seconds 0.01 --layers";
    let table = output_of(&mut zoo(words));
    for word in [
        "first step",
        "training",
        "inference",
        "peak memory",
        "a diagnostic",
    ] {
        assert_says(&table, &[word]);
    }
    for layer in [
        "Linear 784→256",
        "Linear 256→10",
        "Conv2d 32→64, 14×14, stride 2",
    ] {
        assert_says(&table, &[layer]);
    }
    let report: Value = serde_json::from_str(&output_of(&mut zoo(&format!(
        "{words} --json --conv frequency"
    ))))
    .unwrap();
    let rows = report["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 2);
    let [training, inference] =
        ["convolutions", "infer_convolutions"].map(|purpose| rows[1][purpose].clone());
    // Batches of 4 are too small for training by frequencies, and not for inference.
    assert_eq!(training, Value::from(vec!["direct"; 4]));
    assert_eq!(inference, Value::from(vec!["frequency"; 4]));
    for row in rows {
        assert_eq!(row["batch_size"], 4);
        assert_eq!(row["trouble"], Value::Null);
        let samples = row["train_step_s"].as_array().unwrap();
        assert!(samples.len() >= 3 && samples.iter().all(|s| s.as_f64().unwrap() > 0.0));
        let first = row["first_step_s"].as_f64().unwrap();
        assert!(first > samples[0].as_f64().unwrap(), "{row}");
        if cfg!(target_os = "linux") {
            assert!(
                row["peak_memory_bytes"].as_u64().unwrap() > 1 << 20,
                "{row}"
            );
        }
    }
    // Of four convolutions three algorithms each, and two dense layers.
    assert_eq!(rows[1]["layers"].as_array().unwrap().len(), 4 * 3 + 2);
}

#[test]
fn bench_tune_keeps_what_is_fastest_and_auto_goes_by_it() {
    let home = tempfile::tempdir().unwrap();
    let of_home = |words: &str| {
        let mut command = zoo(words);
        command.env("XDG_CACHE_HOME", home.path());
        command
    };
    let text = output_of(&mut of_home(
        "bench cnn-strided --tune --backends flex --batch-size 4",
    ));
    for word in [
        "convolution 7×7 from 1×28×28 to 32 maps by frequency: ",
        "from 32×14×14 to 64 maps by im2col: ",
        "by direct: ",
        "images/s in training",
        "kept in ",
    ] {
        assert_says(&text, &[word]);
    }
    assert_eq!(text.matches(" in inference").count(), 4 * 3, "{text}");

    // What was measured decides, even if it is not what is fastest.
    let folder = home.path().join("burn-zoo/convolutions");
    let file = fs::read_dir(folder)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let mut kept: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    for row in kept["measurements"].as_array_mut().unwrap() {
        let is_wanted = match row["in_channels"].as_u64().unwrap() {
            1 | 64 => row["algorithm"] == "im2col",
            _ => row["algorithm"] == "frequency",
        };
        row["inference"] = Value::from(if is_wanted { 2e9 } else { 1.0 });
        // In `zoo bench`, which has no last image, the kernels' preparation does not count.
        row["preparation"] = Value::from(if is_wanted { 1e6 } else { 0.0 });
    }
    fs::write(&file, serde_json::to_vec(&kept).unwrap()).unwrap();
    let chosen = || {
        let bench = "bench cnn-strided --backends flex --batch-size 4 --seconds 0.01 --json";
        let report: Value = serde_json::from_str(&output_of(&mut of_home(bench))).unwrap();
        report["rows"][0]["infer_convolutions"].clone()
    };
    let own = Value::from(vec!["im2col", "frequency", "im2col", "frequency"]);
    assert_eq!(chosen(), own);

    let doctor = || output_of(&mut of_home("doctor --quick --backend flex"));
    assert_says(
        &doctor(),
        &[
            "convolutions measured on this machine",
            "flex, ",
            "12 measurements",
        ],
    );
    kept["burn"] = Value::from("0.20.0");
    fs::write(&file, serde_json::to_vec(&kept).unwrap()).unwrap();
    assert_says(&doctor(), &["count no more: Burn was 0.20.0 and is"]);
    assert_ne!(chosen(), own);

    let forget = || output_of(&mut of_home("doctor --forget-tuning"));
    assert_says(&forget(), &["on one device is removed"]);
    assert_says(&forget(), &["nothing was kept"]);
    assert!(!doctor().contains("convolutions measured"));
}

#[test]
fn bench_measures_devices_that_share_each_batch() {
    let words = "bench mlp-relu --devices flex:cpu,flex --shares 3,1 --batch-size 8 --seconds 0.01";
    let table = output_of(&mut zoo(words));
    assert_says(&table, &["flex:cpu (6) + flex:cpu (2)"]);
    let report: Value =
        serde_json::from_str(&output_of(&mut zoo(&format!("{words} --json")))).unwrap();
    let rows = report["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!(
        rows[0]["devices"],
        serde_json::json!([["flex:cpu", 6], ["flex:cpu", 2]])
    );
    let samples = rows[0]["train_step_s"].as_array().unwrap();
    assert!(samples.len() >= 3);
    refused(
        &mut zoo("bench mlp-relu --devices flex,flux"),
        &["no device `flux`"],
    );
}

#[test]
fn bench_reports_a_backend_that_hangs() {
    let output = zoo("bench mlp-relu --backends flex --timeout 0")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let table = String::from_utf8(output.stdout).unwrap();
    assert_says(
        &table,
        &["mlp-relu on flex: the process did not end within 0 s"],
    );
}

#[test]
fn bench_refuses_what_it_cannot_measure() {
    for (words, expected) in [
        (
            "bench mlp-rel --backends flex",
            "no model is called `mlp-rel`",
        ),
        (
            "bench mlp-relu --backends flux",
            "no backend is called `flux`",
        ),
        ("bench mlp-relu --backends flex --seconds 0", "--seconds 0"),
        (
            "bench mlp-relu --backends flex --seconds -1",
            "--seconds -1",
        ),
        ("bench mlp-relu --device cpu", "--device needs --backends"),
    ] {
        refused(&mut zoo(words), &[expected]);
    }
}
