//! `--precision`: products in 16-bit floats.

use super::resumes_exactly;
use crate::support::*;
use serde_json::Value;
use std::path::Path;
use tempfile::tempdir;

const CNN: &str = "cnn-strided --dataset synthetic --limit 16 --batch-size 8 --backend flex";

#[test]
fn a_resumed_run_in_bf16_ends_in_the_same_bytes() {
    resumes_exactly(&format!("{CNN} --precision bf16"), [1, 2]);
}

#[test]
fn a_resumed_run_in_f16_goes_on_with_its_scale_of_the_loss_and_ends_in_the_same_bytes() {
    let words = format!("{QUICK} --precision f16");
    resumes_exactly(&words, [1, 2]);
    let folder = tempdir().unwrap();
    let run = trained(folder.path(), "run", &words);
    let checkpoint = std::fs::read(run.join("checkpoint.safetensors")).unwrap();
    let header = String::from_utf8_lossy(&checkpoint);
    assert!(header.contains("loss_scale") && header.contains("65536.0"));
}

#[test]
fn weights_stay_in_32_bits_and_the_configuration_names_the_precision_only_where_it_is_another() {
    let folder = tempdir().unwrap();
    for precision in ["f32", "bf16", "f16"] {
        let words = format!("{CNN} --epochs 1 --precision {precision}");
        let run = trained(folder.path(), precision, &words);
        let weights = std::fs::read(run.join("weights.safetensors")).unwrap();
        let tensors = safetensors::SafeTensors::deserialize(&weights).unwrap();
        let mut all = tensors.tensors().into_iter();
        assert!(all.all(|(_, tensor)| tensor.dtype() == safetensors::Dtype::F32));
        let config = json(&run.join("config.json"));
        let expected = match precision {
            "f32" => Value::Null,
            other => other.into(),
        };
        assert_eq!(config["refinements"]["precision"], expected);
    }
}

#[test]
fn sixteen_bits_train_to_nearly_the_same_loss() {
    let folder = tempdir().unwrap();
    let loss = |precision: &str| {
        let words = format!("{CNN} --epochs 3 --precision {precision}");
        let run = trained(folder.path(), precision, &words);
        losses(&run, "train").pop().unwrap()
    };
    let [exact, bf16, f16] = ["f32", "bf16", "f16"].map(loss);
    for loss in [bf16, f16] {
        let off = (loss - exact).abs();
        assert!(off > 0.0 && off < 0.02 * exact, "{loss}, {exact} in f32");
    }
}

#[test]
fn what_cannot_multiply_in_16_bits_is_refused() {
    if available("ndarray") {
        let words = "train mlp-relu --dataset synthetic --precision bf16 --backend ndarray";
        let expected = ["ndarray:cpu does not multiply in bf16", "--precision"];
        refused(&mut zoo(words), &expected);
    }
    let words = format!("train {CNN} --precision f16 --conv frequency");
    let expected = ["--conv frequency does not multiply in f16", "--precision"];
    refused(&mut zoo(&words), &expected);
}

#[test]
fn libtorch_trains_in_16_bits() {
    if !available("libtorch") {
        return;
    }
    let folder = tempdir().unwrap();
    for precision in ["bf16", "f16"] {
        let words = format!(
            "cnn-strided --dataset synthetic --limit 16 --batch-size 8 --epochs 1 \
             --backend libtorch --device cpu --precision {precision}"
        );
        trained(folder.path(), precision, &words);
    }
}

#[test]
fn parity_holds_16_bits_to_their_own_roundings_unless_it_is_strict() {
    for (words, precision) in [("mlp-relu", "bf16"), ("cnn-strided --batch-size 24", "f16")] {
        let words = format!("parity {words} --backends flex --steps 2 --precision {precision}");
        let table = output_of(&mut zoo(&words));
        assert_says(&table, &[&format!("same ({precision})")]);
    }
    let words = "parity mlp-relu --backends flex --steps 2 --precision bf16 --strict";
    let output = zoo(words).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let table = String::from_utf8(output.stdout).unwrap();
    assert_says(
        &table,
        &["DIFFERENT", "were not shown to compute the same function"],
    );
}

#[test]
fn what_is_measured_and_checked_in_16_bits_is_refused_where_it_cannot_be() {
    let words = "bench cnn-strided --batch-size 2 --seconds 0.1 --precision bf16 --backends";
    let output = zoo(&format!("{words} flex --conv frequency"))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stdout).unwrap();
    assert_says(&said, &["--conv frequency does not multiply in bf16"]);
    if available("ndarray") {
        let output = zoo(&format!("{words} ndarray")).output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        assert_says(&said, &["ndarray:cpu does not multiply in bf16"]);
    }
    let words = "parity cnn-strided --backends flex --precision f16 --conv frequency";
    refused(
        &mut zoo(words),
        &["--conv frequency does not multiply in f16"],
    );
}

#[test]
fn a_run_that_is_repeated_in_16_bits_does_not_keep_convolutions_that_stay_in_32() {
    let folder = tempdir().unwrap();
    // So many images that frequencies train.
    let words = "cnn-strided --dataset synthetic --limit 64 --batch-size 64 --backend flex \
                 --epochs 1 --conv frequency";
    let run = trained(folder.path(), "run", words);
    let of = |run: &Path| json(&run.join("config.json"))["convolutions"].to_string();
    assert!(of(&run).contains("frequency"));
    let config = run.join("config.json");
    let words = format!("--config {} --precision bf16", config.display());
    let repeated = trained(folder.path(), "repeated", &words);
    assert!(!of(&repeated).contains("frequency"), "{}", of(&repeated));
}
