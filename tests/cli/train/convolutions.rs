//! How the convolutions of a training are computed.

use crate::support::*;
use serde_json::Value;
use tempfile::tempdir;

#[test]
fn a_run_says_and_records_how_its_convolutions_are_computed() {
    let folder = tempdir().unwrap();
    let words = "train cnn-strided --dataset synthetic --limit 32 --batch-size 32 --epochs 1";
    for (conv, said) in [
        ("direct", "4 × direct"),
        ("im2col", "4 × im2col"),
        // In the others too few products make a gradient.
        ("frequency", "frequency, 3 × direct"),
    ] {
        let run = folder.path().join(conv);
        let words = format!("{words} --backend flex --conv {conv} --out");
        assert_says(&succeeds(&words, &run).stdout, &[said]);
        let recorded = &json(&run.join("config.json"))["convolutions"];
        assert_eq!(recorded[0], conv);
    }
    // The same function: after one step the weights are the same but for roundings.
    let rows = ["direct", "im2col", "frequency"].map(|conv| {
        let run = folder.path().join(conv);
        let evaluation = format!("evaluate --backend flex --conv {conv} --json");
        let said: Value = serde_json::from_str(&succeeds(&evaluation, &run).stdout).unwrap();
        said["loss"].as_f64().unwrap()
    });
    assert!(
        rows.iter().all(|loss| (loss - rows[0]).abs() < 1e-5),
        "{rows:?}"
    );

    let default = folder.path().join("default");
    let said = succeeds(&format!("{words} --backend flex --out"), &default).stdout;
    assert_says(&said, &["layers   convolutions: "]);
    let mlp = one_epoch(folder.path());
    assert!(json(&mlp.join("config.json")).get("convolutions").is_none());
}

#[test]
fn a_run_goes_on_with_its_convolutions_unless_told_otherwise() {
    let folder = tempdir().unwrap();
    let words = "cnn-strided --dataset synthetic --limit 8 --batch-size 8 --backend flex";
    let words = format!("{words} --conv im2col --epochs 1");
    let run = trained(folder.path(), "run", &words);
    let convolutions = || json(&run.join("config.json"))["convolutions"].clone();
    succeeds("train --epochs 2 --resume", &run);
    assert_eq!(convolutions(), Value::from(vec!["im2col"; 4]));
    let said = succeeds("train --epochs 3 --conv direct --resume", &run).stderr;
    assert_says(&said, &["will not end in the same bytes"]);
    assert_eq!(convolutions(), Value::from(vec!["direct"; 4]));
    let earlier = &json(&run.join("config.json"))["earlier"][0];
    assert_eq!(earlier, "to epoch 2 with convolutions 4 × im2col");
}

#[test]
fn an_algorithm_that_does_not_exist_is_refused_with_those_that_do() {
    let output = zoo("train cnn --conv fft").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert_says(&said, &["fft", "auto, direct, im2col, frequency"]);
}
