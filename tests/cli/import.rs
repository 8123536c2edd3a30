//! `zoo import`.

use crate::support::*;
use std::fs;
use tempfile::tempdir;

#[test]
fn an_imported_run_says_how_to_train_on_from_it() {
    let folder = tempdir().unwrap();
    let run = one_epoch(folder.path());
    succeeds("export --format safetensors", &run);
    let imported = folder.path().join("imported");
    let file = run.join("mlp-relu-pytorch.safetensors");
    let words = format!("import --model mlp-relu --out {}", imported.display());
    succeeds(&words, &file);
    let expected = [
        "was imported and not trained",
        "zoo train mlp-relu --init-from",
    ];
    refused_at("train --resume", &imported, &expected);
    refused_at("train --config", &imported.join("config.json"), &expected);
}

#[test]
fn files_that_cannot_be_imported_are_told_in_a_sentence_and_leave_nothing() {
    let folder = tempdir().unwrap();
    let run = one_epoch(folder.path());
    succeeds("export --format pytorch", &run);
    let file = run.join("mlp-relu-pytorch.pt");
    let out = folder.path().join("imported");
    let import = |model: &str| format!("import --model {model} --out {}", out.display());

    let expected = [
        "does not fit the model",
        "3.weight has the shape [10, 256]",
        "5.weight is missing",
    ];
    refused_at(&import("mlp-relu-2"), &file, &expected);
    refused_at(
        &import("cnn"),
        &file,
        &["has none of the model's tensors conv1.weight"],
    );
    let cifar = format!("{} --dataset cifar-10", import("mlp-relu"));
    let expected = "1.weight has the shape [256, 784] instead of [256, 3072]";
    refused_at(&cifar, &file, &[expected]);
    refused_at(
        &import("mlp-relu"),
        &folder.path().join("none.pt"),
        &["cannot read"],
    );
    let whole = fs::read(&file).unwrap();
    for (name, bytes) in [
        ("empty.pt", &b""[..]),
        ("text.pt", b"these are no weights, but words"),
        ("half.pt", &whole[..whole.len() / 2]),
        ("start.pt", &whole[..20]),
    ] {
        let damaged = folder.path().join(name);
        fs::write(&damaged, bytes).unwrap();
        refused_at(&import("mlp-relu"), &damaged, &[name]);
    }
    // One bit of a weight.
    let mut flipped = whole.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 1;
    let damaged = folder.path().join("flipped.pt");
    fs::write(&damaged, flipped).unwrap();
    refused_at(&import("mlp-relu"), &damaged, &["flipped.pt is damaged"]);
    assert!(!out.exists());

    fs::create_dir(&out).unwrap();
    fs::write(out.join("mine"), "").unwrap();
    refused_at(&import("mlp-relu"), &file, &["is not empty"]);
}
