//! `zoo bench`: speed and memory.

use crate::support::*;
use serde_json::Value;

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
