//! `zoo parity`: the same function on every backend.

use crate::support::*;
use serde_json::Value;

#[test]
fn parity_shows_a_row_for_each_model_and_backend_and_agrees() {
    let words = "parity mlp-sigmoid mlp-relu --backends flex --batch-size 3 --steps 2";
    let table = output_of(&mut zoo(words));
    for model in ["mlp-sigmoid", "mlp-relu"] {
        let row = table.lines().find(|line| line.starts_with(model)).unwrap();
        assert!(row.contains(" flex ") && row.ends_with(" same"), "{table}");
        assert!(row.contains(" 3/3 "), "{table}");
    }
    assert_says(&table, &["2 steps of 3 images of synthetic, seed 42"]);
}

#[test]
fn parity_as_json_has_every_comparison_with_its_tolerance() {
    let words = "parity mlp-relu --backends flex --dataset synthetic-rgb --seed 7 --json";
    let report: Value = serde_json::from_str(&output_of(&mut zoo(words))).unwrap();
    let row = &report["rows"][0];
    let verdict = &row["verdict"];
    assert_eq!(verdict["breaches"], serde_json::json!([]));
    assert_eq!(row["initial_weights_sha256"].as_str().unwrap().len(), 64);
    let checks = verdict["checks"].as_array().unwrap();
    // Logits, four losses, and for each of four parameters the gradient, one step and all steps.
    assert_eq!(checks.len(), 1 + 4 + 3 * 4);
    for check in checks {
        let [relative, allowed] = ["relative", "allowed"].map(|name| check[name].as_f64().unwrap());
        assert!(relative <= allowed && allowed < 0.01, "{check}");
    }
}

#[test]
fn a_backend_that_hangs_is_reported_in_its_row_and_is_a_failure() {
    let mut command = zoo("parity mlp-relu --backends flex --timeout 0");
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let table = String::from_utf8(output.stdout).unwrap();
    let row = table.lines().find(|line| line.starts_with("mlp-relu"));
    assert!(row.unwrap().ends_with("FAILED"), "{table}");
    assert_says(
        &table,
        &["mlp-relu on flex: the process did not end within 0 s"],
    );
}

#[test]
fn parity_refuses_what_compares_nothing() {
    for (words, expected) in [
        (
            "parity mlp-rel --backends flex",
            "no model is called `mlp-rel`",
        ),
        (
            "parity mlp-relu --backends flux",
            "no backend is called `flux`",
        ),
        ("parity mlp-relu --backends flex --steps 1", "--steps 1"),
        (
            "parity mlp-relu --backends flex --batch-size 0",
            "--batch-size 0",
        ),
        (
            "parity mlp-relu --backends flex --batch-size 4000 --steps 9",
            "are more than the",
        ),
        ("parity mlp-relu --device cpu", "--device needs --backends"),
        ("parity mlp-relu --backends flex --dataset nist", "nist"),
    ] {
        refused(&mut zoo(words), &[expected]);
    }
}
