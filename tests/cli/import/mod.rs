//! `zoo import`.

mod foreign;

use crate::support::data::write_pictures;
use crate::support::pictures::own;
use crate::support::*;
use std::fs;
use std::path::{Path, PathBuf};
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
        "to train mlp-relu on",
        "--init-from",
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

/// Three classes of pictures, and the file for PyTorch of a run that has learned them.
fn of_three_classes(folder: &Path) -> (PathBuf, PathBuf) {
    let pictures = folder.join("pictures");
    for class in ["down", "left", "up"] {
        write_pictures(&pictures.join(class), 10, class == "up");
    }
    let words = format!("{} --epochs 1", own(&pictures));
    let run = trained(folder, "run", &words);
    let file = folder.join("three.pt");
    let export = format!("export --format pytorch --out {}", file.display());
    succeeds(&export, &run);
    (pictures, file)
}

#[test]
fn weights_for_any_number_of_classes_are_taken_over_with_names_or_without() {
    let folder = tempdir().unwrap();
    let (pictures, file) = of_three_classes(folder.path());
    let import = |out: &str, words: &str| {
        let out = folder.path().join(out);
        let words = format!(
            "import --model mlp-relu --image-shape 1x8x8 {words} --out {}",
            out.display()
        );
        (succeeds(&words, &file).stdout, out)
    };
    let (said, unnamed) = import("unnamed", "");
    let expected = [
        "classes  3: class 0, class 1, class 2, … (a file of weights has no names: give them by --classes)",
        "images   1×8×8, normalised by a mean of 0.5 and a standard deviation of 0.5",
        "try it: zoo predict",
    ];
    assert_says(&said, &expected);
    let names = folder.path().join("names.txt");
    fs::write(&names, "down\nleft\nup\n").unwrap();
    let words = format!("--classes {} --mean 0.25 --std 0.4", names.display());
    let (said, named) = import("named", &words);
    assert_says(
        &said,
        &["classes  3: down, left, up, …\n", "a mean of 0.25"],
    );
    let config = json(&named.join("config.json"));
    assert_eq!(config["dataset"]["id"], "unknown");
    assert_eq!(
        (&config["dataset"]["mean"], &config["dataset"]["std"]),
        (&0.25.into(), &0.4.into())
    );

    // They are good for pictures, and for training on; what they were trained on is not known.
    let picture = pictures.join("up/000.png");
    let said = succeeds(&format!("predict --top 1 {}", named.display()), &picture).stdout;
    assert!(
        ["down", "left", "up"]
            .iter()
            .any(|class| said.contains(class)),
        "{said}"
    );
    let expected = ["it is not known which data set", "--dataset"];
    refused_at("evaluate", &unnamed, &expected);
    let words = format!("{} --epochs 1 --init-from", own(&pictures));
    let said = succeeds(
        &format!("train --out {} {words}", folder.path().join("on").display()),
        &named,
    );
    assert!(!said.stdout.contains("drawn anew"), "{}", said.stdout);

    // Of the data set that is named, and that alone.
    let words = format!("--dataset folder:{}", pictures.display());
    let (said, of_pictures) = import("of-pictures", &words);
    assert_says(&said, &["the 3 of folder:", "measure it: zoo evaluate"]);
    assert_says(
        &succeeds("evaluate", &of_pictures).stdout,
        &["test set of 6 images"],
    );
}

#[test]
fn names_and_data_sets_of_another_number_of_classes_are_refused() {
    let folder = tempdir().unwrap();
    let (_, file) = of_three_classes(folder.path());
    let import = "import --model mlp-relu --image-shape 1x8x8";
    let names = folder.path().join("names.txt");
    fs::write(&names, "down\nleft\n").unwrap();
    let words = format!("{import} --classes {}", names.display());
    refused_at(&words, &file, &["names.txt names 2 classes", "has 3"]);
    let two = folder.path().join("two");
    for class in ["left", "right"] {
        write_pictures(&two.join(class), 10, class == "right");
    }
    let expected = [
        "has 3 classes, and folder:",
        "two has 2: leave --dataset out",
        "--init-from",
    ];
    let words = format!("{import} --dataset folder:{}", two.display());
    refused_at(&words, &file, &expected);
    // Without the images' shape, which dense layers have to know.
    let expected = [
        "1.weight has the shape [256, 64] instead",
        "give it by --image-shape",
    ];
    refused_at("import --model mlp-relu", &file, &expected);
    let expected = ["--mean and --std: 0 is no standard deviation"];
    refused_at(&format!("{import} --std 0"), &file, &expected);
}

#[test]
fn a_data_set_that_is_guessed_is_said() {
    let folder = tempdir().unwrap();
    let run = one_epoch(folder.path());
    succeeds("export --format pytorch", &run);
    let file = run.join("mlp-relu-pytorch.pt");
    let out = folder.path().join("imported");
    let words = format!("import --model mlp-relu --out {}", out.display());
    let said = succeeds(&words, &file).stdout;
    let expected = "the 10 of fashion-mnist (guessed from the number of classes and the shapes of the weights; --dataset overrides it)";
    assert_says(&said, &[expected]);
}
