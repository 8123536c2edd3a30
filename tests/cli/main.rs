//! The program as its users meet it: every test runs `zoo` and looks at what it says and writes.

mod compare;
mod completions;
mod doctor;
mod options;
mod report;
mod runs;
#[path = "../support/mod.rs"]
mod support;

use image::{GrayImage, Luma};
use safetensors::SafeTensors;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;
use support::data::{write_cifar_10, write_fashion_mnist, write_pictures};
use support::disk::SmallDisk;
use support::process::{self, Running};
use support::*;
use tempfile::tempdir;

const MODELS: [&str; 10] = [
    "mlp-sigmoid",
    "mlp-relu",
    "mlp-relu-2",
    "mlp-relu-3",
    "cnn-simple",
    "cnn",
    "cnn-maxpool",
    "cnn-avgpool",
    "cnn-strided",
    "vgg-small",
];

/// Every file of a finished run.
const RUN_FILES: [&str; 7] = [
    "best.safetensors",
    "checkpoint.safetensors",
    "config.json",
    "curves.png",
    "curves.svg",
    "metrics.csv",
    "weights.safetensors",
];

// What there is: models, backends and data.

#[test]
fn the_list_names_every_model_with_its_parameters() {
    let list = output_of(&mut zoo("list"));
    for model in MODELS {
        let line = format!("{model} ");
        assert!(list.lines().any(|row| row.starts_with(&line)), "{list}");
    }
    for parameters in ["203,530", "2,635,146", "4,211,146"] {
        assert!(list.contains(parameters), "{list}");
    }
}

#[test]
fn the_list_as_json_holds_every_model_with_its_parameters_and_recipe() {
    let list: Vec<Value> = serde_json::from_str(&output_of(&mut zoo("list --json"))).unwrap();
    let ids: BTreeSet<_> = list.iter().map(|row| row["id"].as_str().unwrap()).collect();
    assert_eq!(ids, BTreeSet::from(MODELS));
    assert_eq!(list.len(), MODELS.len());
    for (model, grey, colour) in [
        ("mlp-relu", 203_530, 789_258),
        ("mlp-relu-3", 335_114, 920_842),
        ("cnn", 2_635_146, 4_211_146),
    ] {
        let row = list.iter().find(|row| row["id"] == model).unwrap();
        assert_eq!(row["parameters"]["fashion-mnist"], grey, "{model}");
        assert_eq!(row["parameters"]["cifar-10"], colour, "{model}");
        assert_eq!(row["recipe"]["batch_size"], 1024, "{model}");
        assert_eq!(row["recipe"]["num_epochs"], 10, "{model}");
    }
}

#[test]
fn the_summary_of_the_cnn_has_the_lectures_totals() {
    let summary = output_of(&mut zoo("summary cnn"));
    for line in [
        "Conv2d-7            [-1, 256, 4, 4]       1,605,888",
        "Linear-10                  [-1, 128]         524,416",
        "Total params: 2,635,146",
        "Trainable params: 2,635,146",
        "Forward/backward pass size (MB): 0.78",
        "Params size (MB): 10.05",
        "Estimated Total Size (MB): 10.83",
    ] {
        assert!(summary.contains(line), "without {line:?}: {summary}");
    }
}

#[test]
fn the_summary_takes_the_images_of_the_data_set() {
    let summary = output_of(&mut zoo("summary cnn --dataset cifar-10"));
    assert!(summary.contains("Total params: 4,211,146"), "{summary}");
}

#[test]
fn the_backends_are_told_with_what_is_built_in_and_its_devices() {
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
fn a_driver_that_crashes_is_a_line_in_the_list_and_no_more() {
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

#[test]
fn data_in_a_named_folder_are_found_and_verified() {
    let folder = tempdir().unwrap();
    write_fashion_mnist(folder.path(), 20);
    let ask = |words| output_of(zoo(words).arg(folder.path()));
    let path = ask("data path fashion-mnist --data-dir");
    assert_eq!(Path::new(path.trim_end()), folder.path());
    let said = ask("data verify fashion-mnist --data-dir");
    for line in [
        "train: 20 of 60,000 images, a subset",
        "test: 20 of 10,000 images, a subset",
        "t10k-labels-idx1-ubyte: not the official contents",
    ] {
        assert!(said.contains(line), "without {line:?}: {said}");
    }
}

#[test]
fn data_are_found_by_the_environment_variable() {
    let folder = tempdir().unwrap();
    write_cifar_10(folder.path());
    let mut command = zoo("data path cifar-10");
    let path = output_of(command.env("BURN_ZOO_DATA", folder.path()));
    assert_eq!(Path::new(path.trim_end()), folder.path());
    // A subset is not passed off as the whole.
    let mut command = zoo("data verify cifar-10");
    command.env("BURN_ZOO_DATA", folder.path());
    refused(&mut command, &["50 of 50,000 train images", "--data-dir"]);
}

#[test]
fn data_that_are_nowhere_are_refused_with_what_was_tried_and_the_ways_to_get_them() {
    let home = tempdir().unwrap();
    let run = home.path().join("run");
    let mut command = zoo("train --dataset cifar-10 --backend flex --out");
    command
        .arg(&run)
        .env("HOME", home.path())
        .env("XDG_CACHE_HOME", home.path().join("cache"));
    let cache = home.path().join("cache").display().to_string();
    refused(
        &mut command,
        &[
            "cifar-10 was not found",
            "BURN_ZOO_DATA",
            &cache,
            "BURN_ZOO_OFFLINE",
            "--data-dir",
            "zoo data fetch cifar-10",
        ],
    );
    assert!(!run.exists(), "a run folder without a run");
}

#[test]
fn nothing_is_downloaded_offline() {
    let home = tempdir().unwrap();
    let mut command = zoo("data fetch cifar-10");
    command.env("HOME", home.path());
    command.env("XDG_CACHE_HOME", home.path().join("cache"));
    refused(&mut command, &["cifar-10", "BURN_ZOO_OFFLINE"]);
    assert!(!home.path().join("cache").exists());
}

// A training and its folder.

#[test]
fn a_run_folder_holds_everything_of_the_run() {
    let folder = tempdir().unwrap();
    let run = trained(folder.path(), "run", &format!("{QUICK} --epochs 2"));
    assert_eq!(names(&run), RUN_FILES);

    let csv = fs::read_to_string(run.join("metrics.csv")).unwrap();
    let (header, _) = csv.split_once('\n').unwrap();
    assert_eq!(
        header,
        "epoch,split,loss,accuracy,images_per_second,seconds"
    );
    let rows: Vec<(usize, String, f64, f64, f64, f64)> = csv::Reader::from_reader(csv.as_bytes())
        .deserialize()
        .map(Result::unwrap)
        .collect();
    let splits: Vec<_> = rows.iter().map(|row| (row.0, row.1.as_str())).collect();
    assert_eq!(
        splits,
        [(1, "train"), (1, "test"), (2, "train"), (2, "test")]
    );
    for (_, _, loss, accuracy, images_per_second, seconds) in &rows {
        assert!(*loss > 0.0 && (0.0..=1.0).contains(accuracy));
        let images = images_per_second * seconds;
        assert!((images - 256.0).abs() < 1e-6, "{images} images");
    }
    assert!(rows[2].2 < rows[0].2, "the loss did not fall: {csv}");

    let png = fs::read(run.join("curves.png")).unwrap();
    assert!(png.starts_with(b"\x89PNG\r\n\x1a\n"));
    assert!(png.ends_with(b"IEND\xaeB`\x82"), "the picture is cut short");
    let svg = fs::read_to_string(run.join("curves.svg")).unwrap();
    assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"));
}

#[test]
fn the_configuration_holds_what_repeats_the_run() {
    let folder = tempdir().unwrap();
    let words = "--seed 7 --epochs 1 --lr 0.005 --valid-fraction 0.25";
    let run = trained(folder.path(), "run", &format!("mlp-relu-2 {QUICK} {words}"));
    let config = json(&run.join("config.json"));
    for (pointer, expected) in [
        ("/format", 1.into()),
        ("/model", "mlp-relu-2".into()),
        ("/architecture/hidden", vec![256, 256].into()),
        ("/dataset/id", "synthetic".into()),
        ("/dataset/limit", 256.into()),
        ("/dataset/valid_fraction", 0.25.into()),
        ("/dataset/num_train", 192.into()),
        ("/dataset/num_valid", 64.into()),
        ("/dataset/num_test", 256.into()),
        ("/adam/learning_rate", 0.005.into()),
        ("/batch_size", 64.into()),
        ("/num_epochs", 1.into()),
        ("/seed", 7.into()),
        ("/backend", "flex".into()),
        ("/device", "cpu".into()),
    ] {
        let found: Option<&Value> = config.pointer(pointer);
        assert_eq!(found, Some(&expected), "{pointer}");
    }
    let sum = config["initial_weights_sha256"].as_str().unwrap();
    assert_eq!(sum.len(), 64, "{sum}");
}

#[test]
fn a_recipe_is_the_models_with_what_the_options_change_of_it() {
    let folder = tempdir().unwrap();
    let words = format!("mlp-relu {QUICK} --recipe tuned --epochs 1 --flip=false --shift 3");
    let run = trained(folder.path(), "run", &words);
    let config = json(&run.join("config.json"));
    for (pointer, expected) in [
        ("/adam/learning_rate", 0.002.into()),
        ("/batch_size", 64.into()),
        ("/num_epochs", 1.into()),
        ("/refinements/schedule", "cosine".into()),
        ("/refinements/weight_decay", 0.3.into()),
        ("/refinements/flip", false.into()),
        ("/refinements/shift", 3.into()),
    ] {
        let found: Option<&Value> = config.pointer(pointer);
        assert_eq!(found, Some(&expected), "{pointer}");
    }
    // A repetition keeps it; the lecture's has none of it.
    let repeated = format!("--config {}", run.join("config.json").display());
    let repeated = trained(folder.path(), "repeated", &repeated);
    assert_same_run(&run, &repeated);
    let config = run.join("config.json");
    let words = format!(
        "--config {} --recipe lecture --epochs 1 --limit 256 --batch-size 64",
        config.display()
    );
    let lecture = json(&trained(folder.path(), "lecture", &words).join("config.json"));
    assert_eq!(lecture["refinements"], Value::Null);
    assert_eq!(lecture["adam"]["learning_rate"], 0.001);
}

#[test]
fn weights_that_come_with_the_zoo_are_listed_and_taken_by_their_names() {
    let list: Vec<Value> = serde_json::from_str(&output_of(&mut zoo("list --json"))).unwrap();
    let weights = list
        .iter()
        .flat_map(|row| row["weights"].as_array().unwrap());
    let ids: Vec<_> = weights
        .map(|weights| weights["id"].as_str().unwrap())
        .collect();
    assert!(ids.contains(&"mlp-relu.fashion-mnist"), "{ids:?}");
    let table = output_of(&mut zoo("list"));
    assert!(ids.iter().all(|id| table.contains(id)), "{table}");

    let folder = tempdir().unwrap();
    write_fashion_mnist(folder.path(), 40);
    let words = "evaluate mlp-relu.fashion-mnist --backend flex --json --data-dir";
    let report: Value = serde_json::from_str(&output_of(zoo(words).arg(folder.path()))).unwrap();
    assert_eq!(report["weights"], "the zoo's weights");
    assert_eq!(report["images"], 40);
    let expected = ["neither a run folder", "those are mlp-relu.fashion-mnist,"];
    refused(&mut zoo("evaluate mlp-relu.fashion"), &expected);
    let words = "export mlp-relu.fashion-mnist --format onnx --weights best";
    refused(
        &mut zoo(words),
        &["comes with the zoo", "leave --weights out"],
    );
}

#[test]
fn the_weights_are_safetensors_with_the_parameters_own_names() {
    let folder = tempdir().unwrap();
    let bytes = fs::read(one_epoch(folder.path()).join("weights.safetensors")).unwrap();
    let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let shapes: Vec<_> = file
        .iter()
        .map(|(name, view)| (name, view.shape().to_vec()))
        .collect();
    let shapes: BTreeSet<_> = shapes.into_iter().collect();
    let expected = [
        ("hidden.0.weight", vec![784, 256]),
        ("hidden.0.bias", vec![256]),
        ("output.weight", vec![256, 10]),
        ("output.bias", vec![10]),
    ];
    assert_eq!(shapes, BTreeSet::from(expected));
    assert_eq!(metadata(&bytes)["epoch"], "1");
}

#[test]
fn outside_a_terminal_each_epoch_is_one_plain_line() {
    let folder = tempdir().unwrap();
    let run = folder.path().join("run");
    let mut command = train("--valid-fraction 0.25 --epochs 3 --out");
    let Said { stdout, stderr } = said_by(command.arg(&run));
    assert_eq!(stderr, "");
    let said = stdout;
    let control = said.chars().any(|c| c.is_control() && c != '\n');
    assert!(!control, "{said:?}");
    let epochs: Vec<_> = said.lines().filter(|line| line.contains("loss")).collect();
    assert_eq!(epochs.len(), 3, "{said}");
    for (line, epoch) in epochs.iter().zip(1..) {
        assert!(
            line.starts_with("epoch") && line.contains(&format!(" {epoch}/3 ")),
            "{line}"
        );
        for split in ["train loss", "valid loss", "test loss"] {
            assert!(line.contains(split), "{line}");
        }
    }
    for fact in ["mlp-relu", "203,530", "192", "64", "flex", "zoo evaluate"] {
        assert!(said.contains(fact), "without {fact:?}: {said}");
    }
}

/// A training whose validation loss is lowest in the second of four epochs.
const OVERSHOOTING: &str = "--dataset synthetic --limit 96 --batch-size 24 --backend flex \
                            --valid-fraction 0.25 --lr 0.01 --seed 2";

#[test]
fn the_best_weights_are_those_of_the_lowest_validation_loss() {
    let folder = tempdir().unwrap();
    let four = trained(folder.path(), "four", &format!("{OVERSHOOTING} --epochs 4"));
    let losses = losses(&four, "valid");
    assert_eq!(losses.len(), 4);
    let lowest = losses.iter().copied().fold(f64::INFINITY, f64::min);
    let best = 1 + losses.iter().position(|&loss| loss == lowest).unwrap();
    assert_ne!(best, 4, "nothing is tested where the last is best");
    let words = format!("{OVERSHOOTING} --epochs {best}");
    let until_best = trained(folder.path(), "until-best", &words);
    let best = fs::read(four.join("best.safetensors")).unwrap();
    assert!(best == fs::read(until_best.join("weights.safetensors")).unwrap());
    assert!(best != fs::read(four.join("weights.safetensors")).unwrap());
}

#[test]
fn a_configuration_repeats_its_run_in_the_same_bytes() {
    let folder = tempdir().unwrap();
    let words = "--epochs 2 --seed 3 --lr 0.002 --valid-fraction 0.25";
    let run = trained(folder.path(), "run", &format!("{QUICK} {words}"));
    let again = |name: &str, words: &str| {
        let words = format!("{words} --config {}", run.join("config.json").display());
        trained(folder.path(), name, &words)
    };
    assert_same_run(&run, &again("again", ""));
    // What the command line says goes first.
    let other = again("other", "--seed 4");
    assert_ne!(figures(&run), figures(&other));
    let mut config = json(&other.join("config.json"));
    assert_eq!(config["seed"], 4);
    let original = json(&run.join("config.json"));
    config["seed"] = 3.into();
    config["dataset"]["origin"] = original["dataset"]["origin"].clone();
    config["initial_weights_sha256"] = original["initial_weights_sha256"].clone();
    assert_eq!(config, original);
}

#[test]
fn files_of_the_users_own_are_trained_on_with_a_warning() {
    let folder = tempdir().unwrap();
    write_fashion_mnist(folder.path(), 40);
    let mut command = zoo("train --backend flex --batch-size 10 --epochs 2");
    command.arg("--data-dir").arg(folder.path());
    let run = folder.path().join("run");
    let said = said_by(command.arg("--out").arg(&run)).stderr;
    assert_says(&said, &["warning: ", "40 of 60,000", "40 of 10,000"]);
    assert!(!said.contains("error"), "{said}");
    assert_eq!(json(&run.join("config.json"))["dataset"]["num_train"], 40);
}

// Going on with a run.

/// Asserts that `epochs[0]` epochs and the rest by resuming end as all do in one go.
fn resumes_exactly(words: &str, epochs: [usize; 2]) {
    let folder = tempdir().unwrap();
    let [first, all] = epochs;
    let whole = trained(folder.path(), "whole", &format!("{words} --epochs {all}"));
    let parts = trained(folder.path(), "parts", &format!("{words} --epochs {first}"));
    succeeds(&format!("train --epochs {all} --resume"), &parts);
    assert_same_run(&whole, &parts);
    assert_eq!(names(&parts), RUN_FILES);
}

#[test]
fn a_resumed_run_ends_in_the_same_bytes_on_flex() {
    resumes_exactly(&format!("{QUICK} --valid-fraction 0.2"), [2, 4]);
}

#[test]
fn a_resumed_run_ends_in_the_same_bytes_on_ndarray() {
    let words = "--dataset synthetic --limit 256 --batch-size 64 --backend ndarray";
    resumes_exactly(words, [2, 4]);
}

#[test]
fn a_resumed_run_ends_in_the_same_bytes_on_libtorch() {
    if available("libtorch") {
        let words = "--dataset synthetic --limit 64 --batch-size 16 --backend libtorch";
        resumes_exactly(&format!("{words} --device cpu"), [1, 2]);
    }
}

#[test]
fn a_resumed_run_of_a_refined_recipe_ends_in_the_same_bytes() {
    let words = "--flip --shift 2 --weight-decay 0.1 --label-smoothing 0.1";
    resumes_exactly(&format!("{QUICK} {words}"), [1, 2]);
}

#[test]
fn a_run_whose_learning_rate_ends_at_nothing_is_not_made_longer() {
    let folder = tempdir().unwrap();
    let words = format!("{QUICK} --epochs 1 --schedule cosine");
    let run = trained(folder.path(), "run", &words);
    let expected = ["goes down to 0 over 1 epochs", "--init-from"];
    refused_at("train --epochs 2 --resume", &run, &expected);
}

#[test]
fn a_resumed_cnn_ends_in_the_same_bytes() {
    let words = "cnn-strided --dataset synthetic --limit 16 --batch-size 8 --backend flex";
    resumes_exactly(words, [1, 2]);
}

#[test]
fn the_figures_of_many_epochs_survive_many_resumings_digit_by_digit() {
    let folder = tempdir().unwrap();
    let run = trained(folder.path(), "run", &format!("{OVERSHOOTING} --epochs 20"));
    let before = figures(&run);
    for epochs in [21, 22] {
        succeeds(&format!("train --epochs {epochs} --resume"), &run);
    }
    assert_eq!(figures(&run)[..before.len()], before);
}

#[test]
fn a_run_may_go_on_on_another_backend_and_says_so() {
    let folder = tempdir().unwrap();
    let run = one_epoch(folder.path());
    let said = succeeds("train --epochs 2 --backend ndarray --resume", &run);
    assert_says(&said.stderr, &["warning: ", "ndarray cpu"]);
    let config = json(&run.join("config.json"));
    assert_eq!(
        config["earlier"],
        serde_json::json!(["to epoch 1 on flex cpu"])
    );
    assert_eq!(config["backend"], "ndarray");
}

/// A training of some tenths of a second an epoch, long enough to be caught in the middle.
const LONG: &str =
    "--dataset synthetic --limit 1500 --batch-size 2 --valid-fraction 0.1 --backend flex";

#[cfg(unix)]
#[test]
fn an_interrupted_run_goes_on_as_if_nothing_had_been() {
    // With the learning rate in the middle of its way down, and the images of the rest of an epoch
    // changed as they would have been.
    let words = format!("{LONG} --epochs 4 --schedule cosine --flip --shift 1 --cutout 4");
    let folder = tempdir().unwrap();
    let whole = trained(folder.path(), "whole", &words);
    let run = folder.path().join("run");

    let mut running = Running::start(&format!("train {words} --out"), &run);
    running.wait_for("epoch");
    running.signal("INT");
    let ended = running.end();
    assert_eq!(ended.code, Some(130), "{}", ended.said);
    let advice = format!("zoo train --resume {}", run.display());
    assert!(ended.said.contains(&advice), "{}", ended.said);
    assert!(ended.said.contains("epoch 2 after batch"), "{}", ended.said);
    assert!(!ended.said.contains("panicked"), "{}", ended.said);

    // Once more, as a cluster or the machine's shutdown does it.
    let mut running = Running::start("train --resume", &run);
    running.wait_for("epoch");
    running.signal("TERM");
    let ended = running.end();
    assert!(matches!(ended.code, Some(130 | 143)), "{}", ended.said);
    assert!(ended.said.contains("epoch 3 after batch"), "{}", ended.said);

    succeeds("train --resume", &run);
    assert_same_run(&whole, &run);
}

#[test]
fn a_run_killed_at_any_moment_goes_on_as_if_nothing_had_been() {
    let folder = tempdir().unwrap();
    let words = format!("{QUICK} --valid-fraction 0.25");
    let started = Instant::now();
    let whole = trained(folder.path(), "whole", &format!("{words} --epochs 26"));
    let duration = started.elapsed();

    let run = folder.path().join("run");
    for percent in [0, 30, 45, 50, 55, 60, 70, 80] {
        let checkpoint = run.join("checkpoint.safetensors").exists();
        if run.exists() && !checkpoint {
            refused_at("train --resume", &run, &[&run.display().to_string()]);
            fs::remove_dir_all(&run).unwrap();
        }
        let words = match checkpoint {
            true => "train --epochs 25 --resume",
            false => &format!("train {words} --epochs 25 --out"),
        };
        let running = Running::start(words, &run);
        std::thread::sleep(duration * percent / 100);
        drop(running);
        for (name, bytes) in run.exists().then(|| contents(&run)).into_iter().flatten() {
            if name.ends_with(".safetensors") {
                safetensors::SafeTensors::deserialize(&bytes).unwrap();
            }
        }
    }
    fs::write(run.join(".writing-xyz"), "half a file").unwrap();
    succeeds("train --epochs 26 --resume", &run);
    assert_same_run(&whole, &run);
    assert_eq!(names(&run), RUN_FILES);
    let left = contents(&run).into_keys().filter(|name| name != ".lock");
    assert_eq!(left.collect::<Vec<_>>(), RUN_FILES);
}

/// Makes of a run of `epochs` epochs what is there after a kill in its last epoch, between the
/// checkpoint and the files that follow it.
fn killed_after_the_checkpoint(folder: &Path, epochs: usize) -> std::path::PathBuf {
    let words = |epochs| format!("{OVERSHOOTING} --epochs {epochs}");
    let before = trained(folder, "before", &words(epochs - 1));
    let run = trained(folder, "killed", &words(epochs));
    for name in ["weights.safetensors", "best.safetensors", "metrics.csv"] {
        fs::copy(before.join(name), run.join(name)).unwrap();
    }
    run
}

#[test]
fn the_best_weights_survive_a_kill_between_the_checkpoint_and_the_weights() {
    let folder = tempdir().unwrap();
    // The second epoch is the best, and its best.safetensors was not written any more.
    let run = killed_after_the_checkpoint(folder.path(), 2);
    let whole = trained(
        folder.path(),
        "whole",
        &format!("{OVERSHOOTING} --epochs 3"),
    );
    succeeds("train --epochs 3 --resume", &run);
    assert_same_run(&whole, &run);
}

#[test]
fn a_kill_after_the_last_checkpoint_loses_nothing() {
    let folder = tempdir().unwrap();
    let run = killed_after_the_checkpoint(folder.path(), 2);
    let whole = trained(
        folder.path(),
        "whole",
        &format!("{OVERSHOOTING} --epochs 2"),
    );
    // All epochs are done: whether resuming counts as an error is open, the files are not.
    fs::remove_file(run.join("curves.png")).unwrap();
    zoo("train --resume").arg(&run).output().unwrap();
    assert_same_run(&whole, &run);
    let [whole, run] = [&whole, &run].map(|run| fs::read(run.join("curves.png")).unwrap());
    assert!(whole == run, "curves.png differs");
}

#[test]
fn a_folder_in_use_is_left_to_the_process_that_uses_it() {
    let folder = tempdir().unwrap();
    let run = folder.path().join("run");
    let mut running = Running::start(&format!("train {LONG} --epochs 99 --out"), &run);
    running.wait_for("epoch");
    refused_at("train --resume", &run, &["another process is at work in"]);
    refused_at(&format!("train {QUICK} --out"), &run, &["is not empty"]);
    running.wait_for("epoch");
}

// Nothing is overwritten.

#[test]
fn a_folder_with_something_in_it_is_not_touched() {
    let folder = tempdir().unwrap();
    let run = one_epoch(folder.path());
    let notes = folder.path().join("notes");
    fs::create_dir(&notes).unwrap();
    fs::write(notes.join("thesis.tex"), "years of work").unwrap();
    for taken in [&run, &notes] {
        let before = contents(taken);
        let words = format!("train {QUICK} --epochs 1 --out");
        refused_at(&words, taken, &["is not empty", "--out", "--resume"]);
        assert!(contents(taken) == before, "{} changed", taken.display());
    }
}

#[test]
fn an_empty_folder_is_taken() {
    let folder = tempdir().unwrap();
    fs::create_dir(folder.path().join("run")).unwrap();
    assert_eq!(names(&one_epoch(folder.path())), RUN_FILES);
}

#[test]
fn runs_without_a_name_are_numbered() {
    let folder = tempdir().unwrap();
    for expected in [
        "runs/mlp-relu-synthetic-flex-seed42",
        "runs/mlp-relu-synthetic-flex-seed42-2",
    ] {
        let mut command = train("--epochs 1");
        let said = output_of(command.current_dir(folder.path()));
        assert!(said.contains(&format!("{expected}\n")), "{said}");
        assert_eq!(names(&folder.path().join(expected)), RUN_FILES);
    }
}

// What cannot be done is said in one sentence.

#[test]
fn an_unknown_model_names_the_nearest() {
    let nearest = "the models are mlp-relu-2,";
    refused(&mut zoo("train mlp-rely-2"), &["mlp-rely-2", nearest]);
    refused(&mut zoo("summary mlp-rely-2"), &["mlp-rely-2", nearest]);
}

#[test]
fn an_unknown_data_set_names_the_nearest() {
    let mut command = zoo("train --dataset cifar --backend flex");
    refused(&mut command, &["cifar", "choose one of cifar-10,"]);
    let mut command = zoo("data verify fashon-mnist");
    refused(&mut command, &["choose one of fashion-mnist,"]);
}

#[test]
fn an_unknown_backend_names_the_nearest() {
    let mut command = zoo("train --dataset synthetic --backend libtroch");
    refused(&mut command, &["libtroch", "auto, libtorch,"]);
}

#[test]
fn a_backend_that_is_not_built_in_says_how_to_get_it() {
    // These exclude each other, so one is never there.
    let id = if cfg!(feature = "metal") {
        "vulkan"
    } else {
        "metal"
    };
    let mut command = zoo(&format!("train --dataset synthetic --backend {id}"));
    refused(&mut command, &[id, "not in this build", "--features"]);
}

#[test]
fn an_unknown_device_names_those_there_are() {
    let mut command = zoo("train --dataset synthetic --backend flex --device cuda:7");
    refused(&mut command, &["flex has no device `cuda:7`", "cpu"]);
}

#[test]
fn a_device_needs_a_backend() {
    for words in ["--device cpu", "--backend auto --device cpu"] {
        let mut command = zoo(&format!("train --dataset synthetic {words}"));
        refused(&mut command, &["--device cpu", "--backend"]);
    }
}

#[test]
fn a_setting_that_trains_nothing_is_refused_before_a_folder_is_made() {
    let folder = tempdir().unwrap();
    let run = folder.path().join("run");
    for (words, expected) in [
        ("--batch-size 0", ["--batch-size 0", "at least 1"]),
        (
            "--limit 100 --batch-size 101",
            ["--batch-size 101", "100 images"],
        ),
        ("--epochs 0", ["--epochs 0", "at least 1"]),
        ("--lr 0", ["--lr 0", "greater than 0"]),
        ("--lr -0.001", ["--lr -0.001", "greater than 0"]),
        ("--lr nan", ["--lr", "greater than 0"]),
        ("--lr inf", ["--lr", "a number"]),
        ("--weight-decay -1", ["--weight-decay -1", "at least 0"]),
        (
            "--weight-decay 1e4",
            ["--weight-decay 10000", "less than 1"],
        ),
        (
            "--label-smoothing 1",
            ["--label-smoothing 1", "less than 1"],
        ),
        ("--shift 28", ["--shift 28", "make it smaller"]),
        ("--cutout 28", ["--cutout 28", "make it smaller"]),
        ("--limit 0", ["--limit 0", "at least 1"]),
        ("--valid-fraction 1", ["--valid-fraction 1", "less than 1"]),
        ("--valid-fraction -0.5", ["--valid-fraction", "at least 0"]),
        ("--valid-fraction nan", ["--valid-fraction", "at least 0"]),
        (
            "--limit 10 --batch-size 1 --valid-fraction 0.01",
            ["--valid-fraction 0.01", "larger"],
        ),
        (
            "--limit 4 --batch-size 1 --valid-fraction 0.9",
            ["--valid-fraction 0.9", "smaller"],
        ),
    ] {
        let words = format!("train --dataset synthetic --backend flex {words} --out");
        refused_at(&words, &run, &expected);
        assert!(!run.exists(), "{words}");
    }
}

#[test]
fn a_value_that_is_no_number_is_a_usage_error() {
    for (words, option) in [
        ("train --epochs many", "--epochs"),
        ("train --batch-size -1", "-1"),
        ("train --lr fast", "--lr"),
        ("train --seed -1", "-1"),
        ("evaluate run --split all", "--split"),
        ("train --resume run --lr 1", "--lr"),
        ("train --resume run --recipe tuned", "--recipe"),
        ("train --resume run --flip", "--flip"),
        ("train --schedule fast", "--schedule"),
    ] {
        let output = zoo(words).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{words}: {said}");
        assert!(said.starts_with("error: "), "{words}: {said}");
        assert_says(&said, &[option]);
    }
}

#[test]
fn the_dashboard_needs_a_terminal() {
    let folder = tempdir().unwrap();
    let run = folder.path().join("run");
    let words = format!("train {QUICK} --tui --out");
    refused_at(&words, &run, &["--tui", "terminal"]);
    assert!(!run.exists());
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let folder = tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    for path in [file.join("run"), file] {
        let shown = path.display().to_string();
        let words = format!("train {QUICK} --epochs 1 --out");
        refused_at(&words, &path, &["cannot create", &shown]);
    }
}

#[test]
fn a_full_disk_costs_no_epoch_that_was_done() {
    let folder = tempdir().unwrap();
    // Room for a run of mlp-relu, but not for a second checkpoint beside the first.
    let Some(disk) = SmallDisk::mount(&folder.path().join("disk"), "5m") else {
        eprintln!("skipped: a small file system cannot be mounted here");
        return;
    };
    let whole = trained(folder.path(), "whole", &format!("{QUICK} --epochs 2"));
    let run = one_epoch(&folder.path().join("disk"));
    let before = figures(&run);
    refused_at(
        "train --epochs 2 --resume",
        &run,
        &["cannot write", "checkpoint.safetensors", "disk is full"],
    );
    assert_eq!(figures(&run), before);
    let left = contents(&run).into_keys().filter(|name| name != ".lock");
    assert_eq!(left.collect::<Vec<_>>(), RUN_FILES);
    succeeds("evaluate --backend flex", &run);

    disk.remount("size=20m");
    succeeds("train --resume", &run);
    assert_same_run(&whole, &run);

    disk.remount("ro");
    let Said { stdout, stderr } = succeeds("evaluate --backend flex", &run);
    assert_says(&stdout, &["accuracy"]);
    assert_says(&stderr, &["warning: ", "read-only"]);
    refused_at("train --epochs 3 --resume", &run, &["read-only"]);
}

#[test]
fn only_a_run_of_the_same_model_with_epochs_left_is_resumed() {
    let folder = tempdir().unwrap();
    refused_at("train --resume", folder.path(), &["is not a run folder"]);
    let missing = folder.path().join("missing");
    refused_at("train --resume", &missing, &["missing", "is not a run"]);
    assert!(!missing.exists());

    let run = one_epoch(folder.path());
    let before = contents(&run);
    let finished = ["has done its 1 epochs", "--epochs"];
    refused_at("train --resume", &run, &finished);
    let other = ["a run of mlp-relu, not of cnn"];
    refused_at("train cnn --epochs 2 --resume", &run, &other);
    assert!(contents(&run) == before);

    fs::remove_file(run.join("checkpoint.safetensors")).unwrap();
    let advice = ["before its first checkpoint", "--config"];
    refused_at("train --epochs 2 --resume", &run, &advice);
}

#[test]
fn a_configuration_that_is_not_one_is_refused_with_the_reason() {
    type Change = fn(&mut Value);
    let cases: [(&str, Change, &[&str]); 4] = [
        (
            "newer",
            |config| config["format"] = 2.into(),
            &["version 2", "newer zoo"],
        ),
        (
            "without-seed",
            |config| drop(config.as_object_mut().unwrap().remove("seed")),
            &["is not a run's configuration", "missing field `seed`"],
        ),
        (
            "for-other-images",
            |config| config["architecture"]["input"]["height"] = 32.into(),
            &[],
        ),
        (
            "of-an-empty-layer",
            |config| config["architecture"]["hidden"] = vec![0].into(),
            &[],
        ),
    ];
    let folder = tempdir().unwrap();
    let whole = one_epoch(folder.path());
    let out = folder.path().join("out");
    let repeat = format!("train --out {} --config", out.display());
    for (name, change, expected) in cases {
        let run = copied(&whole, &folder.path().join(name));
        edit_config(&run, change);
        refused_at(&repeat, &run.join("config.json"), expected);
        refused_at("evaluate --backend flex", &run, expected);
    }
    damage(&whole.join("config.json"), |bytes| bytes.truncate(100));
    let expected = ["config.json is not a run's configuration", "EOF"];
    refused_at("train --epochs 2 --resume", &whole, &expected);
    assert!(!out.exists(), "a run folder without a run");
}

type Damage = fn(&mut Vec<u8>);

/// Ways to spoil a safetensors file, with what is then said of it.
const DAMAGES: [(Damage, &str); 5] = [
    (|bytes| bytes.truncate(bytes.len() - 1), "not a whole"),
    (|bytes| bytes.truncate(100), "not a whole"),
    (|bytes| bytes.clear(), "not a whole"),
    (|bytes| *bytes.last_mut().unwrap() ^= 1, "damaged"),
    (|bytes| *bytes = b"years of work".repeat(9), "not a whole"),
];

#[test]
fn weights_that_are_damaged_or_of_another_model_are_refused() {
    let folder = tempdir().unwrap();
    let run = one_epoch(folder.path());
    let path = run.join("weights.safetensors");
    let shown = path.display().to_string();
    let evaluate = "evaluate --backend flex";
    let whole = fs::read(&path).unwrap();
    for (change, expected) in DAMAGES {
        fs::write(&path, &whole).unwrap();
        damage(&path, change);
        let expected = [&shown, expected, "--weights best"];
        refused_at(evaluate, &run, &expected);
    }
    // As the error advises.
    succeeds("evaluate --backend flex --weights best", &run);

    let words = format!("mlp-relu-2 {QUICK} --epochs 1");
    let other = trained(folder.path(), "other", &words);
    fs::copy(other.join("weights.safetensors"), &path).unwrap();
    let expected = [&shown, "does not fit", "hidden.1.weight is unexpected"];
    refused_at(evaluate, &run, &expected);

    fs::remove_file(&path).unwrap();
    refused_at(evaluate, &run, &[&shown, "no such file"]);
}

#[test]
fn a_checkpoint_that_is_damaged_or_of_another_model_is_refused() {
    let folder = tempdir().unwrap();
    let run = one_epoch(folder.path());
    let path = run.join("checkpoint.safetensors");
    let shown = path.display().to_string();
    let resume = "train --epochs 2 --resume";
    let whole = fs::read(&path).unwrap();
    for (change, expected) in DAMAGES {
        fs::write(&path, &whole).unwrap();
        damage(&path, change);
        refused_at(resume, &run, &[&shown, expected]);
    }
    // As the error says.
    succeeds("evaluate --backend flex", &run);

    let words = format!("mlp-relu-2 {QUICK} --epochs 1");
    let other = trained(folder.path(), "other", &words);
    let weights = fs::read(run.join("weights.safetensors")).unwrap();
    fs::copy(other.join("checkpoint.safetensors"), &path).unwrap();
    refused_at(resume, &run, &[&shown, "does not fit"]);
    assert!(fs::read(run.join("weights.safetensors")).unwrap() == weights);
    // Weights are no checkpoint.
    fs::copy(run.join("weights.safetensors"), &path).unwrap();
    refused_at(resume, &run, &[&shown, "where in a run"]);
}

#[test]
fn a_checkpoint_whose_position_was_changed_is_refused() {
    let folder = tempdir().unwrap();
    let run = one_epoch(folder.path());
    let path = run.join("checkpoint.safetensors");
    damage(&path, |bytes| {
        let steps = br#"steps\\\":4"#;
        let at = bytes.windows(steps.len()).position(|found| found == steps);
        bytes[at.unwrap() + steps.len() - 1] = b'5';
    });
    let expected = [&path.display().to_string(), "damaged"];
    refused_at("train --epochs 2 --resume", &run, &expected);
}

#[test]
fn only_a_run_and_a_split_that_exist_are_evaluated() {
    let folder = tempdir().unwrap();
    let missing = folder.path().join("missing");
    refused_at(
        "evaluate",
        &missing,
        &["missing", "neither a run folder nor"],
    );
    let run = one_epoch(folder.path());
    let words = "evaluate --backend flex --split valid";
    refused_at(words, &run, &["held nothing out", "train and test"]);
}

#[test]
fn data_that_are_missing_or_damaged_are_named() {
    let folder = tempdir().unwrap();
    let train = "train --backend flex --batch-size 4 --data-dir";
    let missing = folder.path().join("missing");
    refused_at(train, &missing, &["missing", "is not a folder"]);
    refused_at(
        train,
        folder.path(),
        &["train-images-idx3-ubyte", "missing"],
    );

    write_fashion_mnist(folder.path(), 20);
    let labels = folder.path().join("train-labels-idx1-ubyte");
    damage(&labels, |bytes| bytes.truncate(bytes.len() - 1));
    let expected = ["train-labels-idx1-ubyte", "ends too early", "27 of the 28"];
    refused_at(train, folder.path(), &expected);
    refused_at(
        "data verify fashion-mnist --data-dir",
        folder.path(),
        &expected,
    );
}

#[test]
fn a_loss_that_is_not_finite_stops_the_run_at_its_batch() {
    let folder = tempdir().unwrap();
    let run = folder.path().join("run");
    let words = format!("train {QUICK} --lr 1e30 --out");
    let said = refused_at(&words, &run, &["epoch 1, batch 2", "--lr"]);
    assert!(!said.contains("keeps the epochs before"), "none: {said}");
    // A run that never had a whole epoch says so.
    refused_at("train --resume", &run, &["before its first checkpoint"]);
}

// Evaluation.

#[test]
fn an_evaluation_on_another_backend_gives_the_figures_of_the_training() {
    let folder = tempdir().unwrap();
    let run = trained(folder.path(), "run", &format!("{QUICK} --epochs 2"));
    let Said { stdout, stderr } = succeeds("evaluate --json --backend ndarray", &run);
    assert_eq!(stderr, "");
    let report: Value = serde_json::from_str(&stdout).unwrap();

    let rows = figures(&run);
    let [_, split, loss, accuracy] = rows.last().unwrap();
    let loss: f64 = loss.parse().unwrap();
    assert_eq!(split, "test");
    let found = report["loss"].as_f64().unwrap();
    assert!((found / loss - 1.0).abs() < 1e-5, "{found} is not {loss}");
    let found = report["accuracy"].as_f64().unwrap();
    assert_eq!(found, accuracy.parse::<f64>().unwrap());

    let confusion: Vec<Vec<u64>> = serde_json::from_value(report["confusion"].clone()).unwrap();
    assert_eq!(report["images"], 256);
    assert_eq!(confusion.iter().flatten().sum::<u64>(), 256);
    let right: u64 = (0..10).map(|class| confusion[class][class]).sum();
    assert_eq!(found, right as f64 / 256.0);
    for (class, row) in report["classes"].as_array().unwrap().iter().zip(&confusion) {
        assert_eq!(class["images"], row.iter().sum::<u64>(), "{class}");
    }
    let weights = fs::read(run.join("weights.safetensors")).unwrap();
    let (weights, _) = burn_zoo::weights::Weights::from_safetensors(&weights).unwrap();
    assert_eq!(report["weights_sha256"], weights.sha256());
    assert_eq!(report["epoch"], 2);

    let csv = csv::Reader::from_path(run.join("confusion-test.csv")).unwrap();
    let rows = csv.into_records().map(|row| {
        let row = row.unwrap();
        let counts = row.iter().skip(1).map(|count| count.parse().unwrap());
        counts.collect::<Vec<u64>>()
    });
    assert_eq!(rows.collect::<Vec<_>>(), confusion);
    let png = fs::read(run.join("confusion-test.png")).unwrap();
    assert!(png.starts_with(b"\x89PNG") && png.ends_with(b"IEND\xaeB`\x82"));
}

#[test]
fn every_split_and_the_best_weights_can_be_evaluated() {
    let folder = tempdir().unwrap();
    let run = trained(folder.path(), "run", &format!("{OVERSHOOTING} --epochs 3"));
    let evaluate = |words: &str| {
        let mut command = zoo(&format!("evaluate --json --backend flex {words}"));
        serde_json::from_str::<Value>(&output_of(command.arg(&run))).unwrap()
    };
    let best = evaluate("--split valid --weights best");
    assert_eq!((&best["images"], &best["epoch"]), (&24.into(), &2.into()));
    let valid = losses(&run, "valid");
    let loss = best["loss"].as_f64().unwrap();
    assert!((loss / valid[1] - 1.0).abs() < 1e-5, "{loss}, {valid:?}");
    let train = evaluate("--split train");
    assert_eq!((&train["images"], &train["epoch"]), (&72.into(), &3.into()));
    for name in ["confusion-valid.csv", "confusion-train.csv"] {
        assert!(run.join(name).is_file(), "{name}");
    }
}

#[test]
fn an_evaluation_that_cannot_write_still_prints() {
    let folder = tempdir().unwrap();
    let run = one_epoch(folder.path());
    fs::create_dir(run.join("confusion-test.csv")).unwrap();
    let Said { stdout, stderr } = succeeds("evaluate --backend flex", &run);
    assert_says(&stdout, &["accuracy", "pattern 9"]);
    assert_says(&stderr, &["warning: ", "confusion-test.csv"]);
}

// Pictures of one's own.

/// A training on the pictures of a folder that takes a fraction of a second.
fn own(pictures: &Path) -> String {
    let pictures = pictures.display();
    format!(
        "--dataset folder:{pictures} --image-shape 1x8x8 --batch-size 16 --lr 0.01 --backend flex"
    )
}

/// Writes two classes, `left` and `right`, of 20 pictures each.
fn write_two_classes(folder: &Path) {
    write_pictures(&folder.join("left"), 20, false);
    write_pictures(&folder.join("right"), 20, true);
}

#[test]
fn a_model_learns_to_tell_the_pictures_of_two_folders_apart() {
    let folder = tempdir().unwrap();
    let pictures = folder.path().join("pictures");
    write_two_classes(&pictures);
    // From its own folder, by a relative path: the run knows the whole one.
    let mut command = zoo(&format!("train {} --epochs 8", own(Path::new("pictures"))));
    let said = said_by(command.current_dir(&folder));
    assert_eq!(said.stderr, "");
    assert_says(&said.stdout, &["32 images to train on, 8 to test on"]);
    let run = folder.path().join("runs/mlp-relu-pictures-flex-seed42");
    assert_eq!(names(&run), RUN_FILES);
    let config = json(&run.join("config.json"));
    let whole = fs::canonicalize(&pictures).unwrap();
    assert_eq!(
        config["dataset"]["id"],
        format!("folder:{}", whole.display())
    );
    assert_eq!(
        config["dataset"]["classes"],
        serde_json::json!(["left", "right"])
    );
    assert_eq!(config["architecture"]["input"]["height"], 8);

    for (split, images) in [("test", 8), ("train", 32)] {
        let words = format!("evaluate --json --backend flex --split {split}");
        let Said { stdout, stderr } = succeeds(&words, &run);
        assert_eq!(stderr, "");
        let report: Value = serde_json::from_str(&stdout).unwrap();
        assert_eq!(report["images"], images);
        assert!(report["accuracy"].as_f64().unwrap() > 0.9, "{stdout}");
        assert_eq!(report["classes"][1]["class"], "right");
        assert_eq!(report["classes"][1]["images"], images / 2);
    }
}

#[test]
fn a_run_on_pictures_of_ones_own_resumes_and_repeats_in_the_same_bytes() {
    let folder = tempdir().unwrap();
    let pictures = folder.path().join("pictures");
    write_two_classes(&pictures);
    let words = format!("{} --valid-fraction 0.25", own(&pictures));
    resumes_exactly(&words, [1, 3]);
    let run = trained(folder.path(), "run", &format!("{words} --epochs 2"));
    let words = format!("--config {}", run.join("config.json").display());
    assert_same_run(&run, &trained(folder.path(), "again", &words));
}

#[test]
fn the_folders_of_ones_own_are_found_again_where_they_have_moved() {
    let folder = tempdir().unwrap();
    let [pictures, moved] = ["pictures", "moved"].map(|name| folder.path().join(name));
    write_two_classes(&pictures);
    let run = trained(
        folder.path(),
        "run",
        &format!("{} --epochs 1", own(&pictures)),
    );
    fs::rename(&pictures, &moved).unwrap();
    let evaluate = "evaluate --backend flex";
    let resume = "train --epochs 2 --resume";
    for words in [evaluate, resume] {
        refused_at(words, &run, &["pictures does not exist", "--data-dir"]);
    }
    let data_dir = format!("--data-dir {}", moved.display());
    let repeat = format!("{data_dir} --config {}", run.join("config.json").display());
    let again = trained(folder.path(), "again", &repeat);
    assert_eq!(figures(&again), figures(&run));
    let before = succeeds(&format!("{evaluate} {data_dir} --json"), &run);
    succeeds(&format!("train --epochs 2 {data_dir} --resume"), &run);

    // Where a class or a picture has come, that is said.
    write_pictures(&moved.join("right"), 30, true);
    let said = succeeds(&format!("{evaluate} {data_dir}"), &run).stderr;
    let expected = ["trained on 32 and tested on 8 images", "holds 40 and 10"];
    assert_says(&said, &expected);
    assert_eq!(before.stderr, "");
    let words = format!("train --epochs 3 {data_dir} --resume");
    refused_at(&words, &run, &["trained on 32", "holds", "--data-dir"]);
    write_pictures(&moved.join("upright"), 10, true);
    let expected = ["it has a new class upright", "--data-dir"];
    refused_at(&format!("{evaluate} {data_dir}"), &run, &expected);
}

#[test]
fn the_pictures_of_a_folder_are_counted_class_by_class() {
    let folder = tempdir().unwrap();
    for (path, count) in [("train/left", 5), ("train/right", 4), ("test/right", 3)] {
        write_pictures(&folder.path().join(path), count, path.ends_with("right"));
    }
    fs::write(folder.path().join("README"), "words").unwrap();
    let id = format!("folder:{}", folder.path().display());
    let path = output_of(&mut zoo(&format!("data path {id}")));
    let whole = fs::canonicalize(folder.path()).unwrap();
    assert_eq!(Path::new(path.trim_end()), whole);
    let said = output_of(&mut zoo(&format!("data verify {id}")));
    for line in [
        "left           5 to train on          0 to test on",
        "right          4 to train on          3 to test on",
        "all            9 to train on          3 to test on",
        "formats: 12 PNG",
        "sizes: all 8 × 8 pixels (width × height)",
    ] {
        assert!(
            said.lines().any(|said| said == line),
            "without {line:?}: {said}"
        );
    }
    assert_says(&said, &["README is not used", "has no pictures of left"]);
    let damaged = folder.path().join("test/right/001.png");
    damage(&damaged, |bytes| bytes.truncate(60));
    let shown = damaged.display().to_string();
    let words = format!("data verify {id}");
    refused(&mut zoo(&words), &[&shown, "ends too early"]);
    let words = format!("data fetch {id}");
    refused(&mut zoo(&words), &["is a folder of your own"]);
}

#[test]
fn folders_of_ones_own_that_make_no_data_set_are_told_in_a_sentence() {
    let folder = tempdir().unwrap();
    let out = folder.path().join("out");
    let pictures = folder.path().join("pictures");
    let train = format!("train {} --out", own(&pictures));
    let refuses = |expected: &[&str]| {
        refused_at(&train, &out, expected);
        assert!(!out.exists(), "a run folder without a run");
    };
    refuses(&["pictures does not exist", "folder:PATH"]);
    fs::create_dir(&pictures).unwrap();
    refuses(&["pictures holds no folders", "class's name"]);
    write_pictures(&pictures.join("left"), 4, false);
    refuses(&["pictures holds no class but left", "another"]);
    fs::create_dir(pictures.join("right")).unwrap();
    refuses(&["right holds no pictures", "take the folder away"]);
    write_pictures(&pictures.join("right"), 1, true);
    refuses(&["right holds a single picture", "add another"]);
    write_pictures(&pictures.join("right"), 4, true);
    refuses(&["--batch-size 16 is larger than the training set of 6 images"]);
    let heic = pictures.join("right/photo.heic");
    fs::write(&heic, "no picture").unwrap();
    refuses(&["photo.heic is no picture", "PNG, JPEG"]);
    fs::remove_file(heic).unwrap();
    fs::create_dir_all(pictures.join("train/left")).unwrap();
    refuses(&["holds the folder train and no folder test"]);

    // A shape is for pictures, which take any; and a name that is not known may be meant for a folder.
    let words = "train --dataset cifar-10 --image-shape 3x32x32";
    refused(&mut zoo(words), &["cifar-10 are 3×32×32", "--image-shape"]);
    refused(&mut zoo("train --dataset pictures"), &["folder:PATH"]);
    let output = zoo("summary cnn --image-shape 2x8x8").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert_says(&String::from_utf8_lossy(&output.stderr), &["1 channel"]);
}

#[test]
fn weights_for_other_classes_are_no_beginning() {
    let folder = tempdir().unwrap();
    let [two, three] = ["two", "three"].map(|name| folder.path().join(name));
    write_two_classes(&two);
    write_two_classes(&three);
    write_pictures(&three.join("upright"), 10, true);
    let run = trained(folder.path(), "run", &format!("{} --epochs 1", own(&two)));
    let words = format!("train {} --init-from", own(&three));
    let expected = [
        "does not fit",
        "output.bias has the shape [2] instead of [3]",
        "the same layers, images and number of classes",
    ];
    refused_at(&words, &run, &expected);
}

#[test]
fn many_classes_are_evaluated_with_their_confusion_matrix_in_a_file() {
    let folder = tempdir().unwrap();
    let pictures = folder.path().join("pictures");
    for class in 0..21 {
        write_pictures(
            &pictures.join(format!("a class of number {class}")),
            2,
            false,
        );
    }
    let run = trained(
        folder.path(),
        "run",
        &format!("{} --epochs 1", own(&pictures)),
    );
    let said = succeeds("evaluate --backend flex", &run).stdout;
    let csv = run.join("confusion-test.csv").display().to_string();
    assert_says(&said, &["a class of number 20 ", &csv]);
    assert!(
        said.lines().all(|line| line.chars().count() < 200),
        "{said}"
    );
    assert!(run.join("confusion-test.png").is_file());
}

// What a trained model says of pictures, and what it has learned.

/// A run on a tiny Fashion-MNIST in the folder, and that data set's image of class 3, its negative and a
/// picture that breaks off.
fn striped_run(folder: &Path) -> PathBuf {
    write_fashion_mnist(folder, 20);
    let words = format!(
        "mlp-relu --dataset fashion-mnist --data-dir {} --batch-size 10 --epochs 3 --backend flex",
        folder.display()
    );
    let run = trained(folder, "run", &words);
    let image = GrayImage::from_fn(28, 28, |x, y| {
        Luma([if (28 * y + x) % 10 == 3 { 255 } else { 0 }])
    });
    image.save(folder.join("b.png")).unwrap();
    let mut negative = image;
    image::imageops::invert(&mut negative);
    negative.save(folder.join("a.bmp")).unwrap();
    let half = |png: &mut Vec<u8>| png.truncate(png.len() / 2);
    fs::copy(folder.join("b.png"), folder.join("c.png")).unwrap();
    damage(&folder.join("c.png"), half);
    run
}

/// What `zoo predict --json` says, and its exit code.
fn predicted(command: &mut Command) -> (Vec<Value>, Option<i32>) {
    let output = command.output().unwrap();
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    (said.as_array().unwrap().clone(), output.status.code())
}

#[test]
fn a_prediction_names_the_likeliest_classes_of_every_picture_and_passes_over_a_broken_one() {
    let folder = tempdir().unwrap();
    let run = striped_run(folder.path());
    let mut command = zoo("predict --backend flex --top 2");
    command.arg(&run);
    for name in ["c.png", "b.png", "a.bmp"] {
        command.arg(folder.path().join(name));
    }
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let [said, error] = [output.stdout, output.stderr].map(|said| String::from_utf8(said).unwrap());
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines.len(), 2 * 3, "{said}");
    assert!(lines[0].ends_with("b.png"), "{said}");
    assert!(
        lines[3].ends_with("a.bmp  (inverted: the model saw its negative)"),
        "{said}"
    );
    assert!(
        lines[1].contains(" % █") && lines[1].ends_with("Dress"),
        "{said}"
    );
    assert_eq!(lines[1..3], lines[4..6], "the negative was not inverted");
    assert_eq!(error.lines().count(), 1, "{error}");
    assert_says(
        &error,
        &["error: ", "c.png ends too early: copy or save it anew"],
    );
}

#[test]
fn a_prediction_has_the_probabilities_of_the_evaluations_logits() {
    let folder = tempdir().unwrap();
    let run = striped_run(folder.path());
    let data = folder.path().display();
    let csv = folder.path().join("logits.csv");
    let words = format!(
        "evaluate --backend flex --data-dir {data} --predictions {}",
        csv.display()
    );
    succeeds(&words, &run);
    let csv = fs::read_to_string(&csv).unwrap();
    let row = csv
        .lines()
        .find(|line| line.starts_with("3,Dress,"))
        .unwrap();
    let powers = row
        .split(',')
        .skip(3)
        .map(|logit| logit.parse::<f64>().unwrap().exp());
    let powers: Vec<f64> = powers.collect();
    let sum: f64 = powers.iter().sum();

    let mut command = zoo("predict --backend flex --top 10 --json");
    let (answers, code) = predicted(command.arg(&run).arg(folder.path().join("b.png")));
    assert_eq!(code, Some(0));
    let top = answers[0]["top"].as_array().unwrap();
    assert_eq!((top.len(), &top[0]["class"]), (10, &Value::from("Dress")));
    let probability = top[0]["probability"].as_f64().unwrap();
    assert!(
        (probability - powers[3] / sum).abs() < 1e-6,
        "{probability} {row}"
    );
    let all: f64 = top
        .iter()
        .map(|guess| guess["probability"].as_f64().unwrap())
        .sum();
    assert!((all - 1.0).abs() < 1e-12);
}

#[test]
fn a_folders_pictures_are_taken_in_order_and_standard_input_is_a_picture_too() {
    let folder = tempdir().unwrap();
    let run = striped_run(folder.path());
    let pictures = folder.path().join("pictures");
    fs::create_dir_all(pictures.join("more")).unwrap();
    for (from, to) in [
        ("b.png", "z.png"),
        ("a.bmp", "m.bmp"),
        ("c.png", "more/x.png"),
    ] {
        fs::copy(folder.path().join(from), pictures.join(to)).unwrap();
    }
    for other in [".hidden.png", "notes.txt"] {
        fs::write(pictures.join(other), "").unwrap();
    }
    let mut command = zoo("predict --backend flex --json");
    command.arg(&run).arg(&pictures).arg("-");
    command.stdin(File::open(folder.path().join("b.png")).unwrap());
    let (answers, code) = predicted(&mut command);
    assert_eq!(code, Some(0));
    let files = answers
        .iter()
        .map(|answer| answer["file"].as_str().unwrap());
    let files: Vec<_> = files.collect();
    let inside = |name: &str| pictures.join(name).display().to_string();
    assert_eq!(files, [&inside("m.bmp"), &inside("z.png"), "-"]);
    let inverted = answers
        .iter()
        .map(|answer| answer["inverted"].as_bool().unwrap());
    assert!(inverted.eq([true, false, false]));
    assert!(
        answers
            .iter()
            .all(|answer| answer["top"] == answers[0]["top"])
    );

    let empty = folder.path().join("pictures/more/none");
    fs::create_dir(&empty).unwrap();
    command = zoo("predict --backend flex");
    refused(
        command.arg(&run).arg(&empty),
        &["holds no files named as pictures are"],
    );
}

/// The size of a PNG.
#[track_caller]
fn png_size(path: &Path) -> (u32, u32) {
    let bytes = fs::read(path).unwrap();
    assert_eq!(
        image::guess_format(&bytes).unwrap(),
        image::ImageFormat::Png
    );
    let image = image::load_from_memory(&bytes).unwrap();
    (image.width(), image.height())
}

#[test]
fn the_grid_shows_every_picture_and_replaces_no_picture_of_the_users() {
    let folder = tempdir().unwrap();
    let run = striped_run(folder.path());
    let grid = folder.path().join("grid.png");
    let predict = |grid: &Path, times: usize| {
        let mut command = zoo("predict --backend flex --grid");
        command.arg(grid).arg(&run);
        command.args(vec![folder.path().join("b.png"); times]);
        command
    };
    let sizes = [6, 12].map(|times| {
        said_by(&mut predict(&grid, times));
        png_size(&grid)
    });
    assert_eq!(sizes[0].0, sizes[1].0);
    // A second row: an image, two lines and the gap.
    assert_eq!(sizes[1].1 - sizes[0].1, 112 + 5 + 2 * 17 + 12);

    let own = folder.path().join("b.png");
    let before = fs::read(&own).unwrap();
    let output = predict(&own, 1).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert_says(&said, &["b.png is no picture that this program drew"]);
    assert!(fs::read(&own).unwrap() == before);
}

#[test]
fn a_cnn_is_shown_by_its_kernels_the_maps_of_an_image_and_its_mistakes() {
    let folder = tempdir().unwrap();
    let words =
        "cnn-strided --dataset synthetic-rgb --limit 8 --batch-size 8 --backend flex --epochs 1";
    let run = trained(folder.path(), "run", words);
    let expected = [
        "kernels.png",
        "maps-1-conv1.png",
        "maps-2-conv2.png",
        "maps-3-conv3.png",
        "maps-4-conv4.png",
        "mistakes.png",
    ];
    let said = succeeds("visualize --backend flex", &run).stdout;
    assert_eq!(names(&run.join("visualize")), expected);
    for name in expected {
        let path = run.join("visualize").join(name);
        assert_says(&said, &[path.to_str().unwrap()]);
        let (width, height) = png_size(&path);
        assert!(width >= 640 && height > 150, "{name}: {width} × {height}");
    }
    // 32 maps in four rows, 256 in sixteen.
    let heights = [1, 4]
        .map(|number| png_size(&run.join(format!("visualize/maps-{number}-conv{number}.png"))).1);
    // Four rows of 5 × 16 pixels, sixteen of 28 × 2, and the gaps between them.
    assert_eq!(heights[1] - heights[0], 16 * 56 + 15 * 7 - (4 * 80 + 3 * 7));

    // A picture of the user's own, again into the same folder.
    let picture = folder.path().join("own.png");
    GrayImage::from_pixel(50, 20, Luma([90]))
        .save(&picture)
        .unwrap();
    let before = fs::read(run.join("visualize/maps-1-conv1.png")).unwrap();
    let mut command = zoo("visualize --backend flex");
    said_by(command.arg(&run).arg(&picture));
    assert!(fs::read(run.join("visualize/maps-1-conv1.png")).unwrap() != before);
}

#[test]
fn an_mlp_is_shown_by_its_weights_and_without_its_data_has_no_mistakes() {
    let folder = tempdir().unwrap();
    let run = striped_run(folder.path());
    let data = folder.path().display();
    let out = folder.path().join("sheets");
    let words = format!(
        "visualize --backend flex --data-dir {data} --out {}",
        out.display()
    );
    succeeds(&words, &run);
    assert!(names(&out).contains(&"weights.png".to_owned()));
    assert_eq!(png_size(&out.join("weights.png")).0, 8 * 91 - 7 + 64);

    let nowhere = folder.path().join("nowhere");
    let words = format!("visualize --backend flex --data-dir {}", nowhere.display());
    let said = succeeds(&words, &run);
    assert_says(
        &said.stderr,
        &["warning: without test images no mistakes.png"],
    );
    assert_eq!(names(&run.join("visualize")), ["weights.png"]);
}

#[test]
fn what_cannot_be_shown_is_said_in_a_sentence_and_no_file_of_the_users_is_replaced() {
    let folder = tempdir().unwrap();
    let run = striped_run(folder.path());
    let data = folder.path().display();
    let visualize = format!("visualize --backend flex --data-dir {data}");
    for (image, expected) in [
        ("test:20", "those of the test set are test:0 to test:19"),
        ("test:-1", "there is no image test:-1"),
        ("none.png", "none.png cannot be read: there is no such file"),
    ] {
        refused(zoo(&visualize).arg(&run).arg(image), &[expected]);
    }
    refused(
        zoo("visualize --backend flex --data-dir /no/such")
            .arg(&run)
            .arg("test:0"),
        &["/no/such"],
    );
    let out = folder.path().join("mine");
    fs::create_dir(&out).unwrap();
    fs::write(out.join("weights.png"), "years of work").unwrap();
    let words = format!("{visualize} --out {}", out.display());
    refused_at(
        &words,
        &run,
        &["weights.png is no picture that this program drew"],
    );
    assert_eq!(
        fs::read_to_string(out.join("weights.png")).unwrap(),
        "years of work"
    );
    refused(
        zoo("predict --backend flex no-such-run").arg(folder.path().join("b.png")),
        &["no-such-run is neither a run folder nor the name of weights"],
    );
    let colour = trained(
        folder.path(),
        "colour",
        "--dataset synthetic-rgb --limit 64 --batch-size 64 --backend flex --epochs 1",
    );
    refused(
        zoo("predict --backend flex --invert yes")
            .arg(&colour)
            .arg(folder.path().join("b.png")),
        &["takes images in colour", "leave --invert out"],
    );
}

// A reader that has seen enough.

#[cfg(unix)]
#[test]
fn a_closed_pipe_ends_no_training_and_shows_no_panic() {
    let folder = tempdir().unwrap();
    let run = folder.path().join("run");
    let train = format!("train {QUICK} --epochs 2 --out '{}'", run.display());
    for words in ["list", "list --json", "summary cnn", &train] {
        let zoo = env!("CARGO_BIN_EXE_zoo");
        let output = process::sh(&format!("'{zoo}' {words} | head -1"));
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(said, "", "{words}");
        assert_eq!(
            output.stdout.iter().filter(|&&byte| byte == b'\n').count(),
            1
        );
    }
    assert_eq!(names(&run), RUN_FILES);
}

// How convolutions are computed, and how fast.

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
fn bench_tells_of_a_backend_that_does_not_come_back() {
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

#[test]
fn the_number_of_threads_is_the_users_and_changes_no_byte() {
    let folder = tempdir().unwrap();
    let words = "cnn-strided --dataset synthetic --limit 32 --batch-size 16 --epochs 1";
    for backend in ["flex", "ndarray"].into_iter().filter(|id| available(id)) {
        let runs = [1, 2].map(|threads| {
            let words = format!("{words} --backend {backend} --threads {threads}");
            trained(folder.path(), &format!("{backend}-{threads}"), &words)
        });
        assert_says(
            &json(&runs[0].join("config.json"))["hardware"].to_string(),
            &[", 1 thread"],
        );
        let weights = runs.map(|run| fs::read(run.join("weights.safetensors")).unwrap());
        assert!(weights[0] == weights[1], "{backend}");
    }
    let output = zoo("list --threads 0").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
}

// The same function everywhere.

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
fn a_backend_that_does_not_answer_in_time_is_a_row_and_a_failure() {
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

// Weights to and from PyTorch. tests/pytorch/exchange.py does it with PyTorch itself.

fn weights_sha256(run: &Path) -> String {
    let report = succeeds("evaluate --backend flex --json", run).stdout;
    let report: Value = serde_json::from_str(&report).unwrap();
    report["weights_sha256"].as_str().unwrap().to_owned()
}

#[test]
fn a_run_exported_in_either_format_comes_back_as_a_run_with_the_same_weights() {
    let folder = tempdir().unwrap();
    let run = one_epoch(folder.path());
    for (format, suffix) in [("pytorch", "pt"), ("safetensors", "safetensors")] {
        let said = succeeds(&format!("export --format {format}"), &run).stdout;
        let file = run.join(format!("mlp-relu-pytorch.{suffix}"));
        assert_eq!(said.trim_end(), file.to_str().unwrap());
        let imported = folder.path().join(format);
        let out = imported.to_str().unwrap();
        let said = succeeds(&format!("import --model mlp-relu --out {out}"), &file).stdout;
        assert_says(
            &said,
            &["203,530 parameters, for fashion-mnist", "--init-from"],
        );
        let files = ["config.json", "weights.safetensors"];
        assert_eq!(names(&imported), files);
        let [before, after] = [&run, &imported].map(|run| weights(run));
        assert!(before == after, "{format}");
    }
}

#[test]
fn a_run_is_exported_as_a_whole_model_for_onnx_and_as_weights_for_burn() {
    let folder = tempdir().unwrap();
    let run = one_epoch(folder.path());
    let weights = fs::read(run.join("weights.safetensors")).unwrap();
    let tensors = safetensors::SafeTensors::deserialize(&weights).unwrap();
    for (format, name) in [("onnx", "mlp-relu.onnx"), ("burnpack", "mlp-relu.bpk")] {
        let said = succeeds(&format!("export --format {format}"), &run).stdout;
        let file = run.join(name);
        assert_eq!(said.trim_end(), file.to_str().unwrap());
        let bytes = fs::read(file).unwrap();
        let holds = |part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
        for layer in ["hidden.0.bias", "output.weight", "output.bias"] {
            assert!(holds(layer.as_bytes()), "{format}: {layer}");
            let values = tensors.tensor(layer).unwrap().data();
            assert!(holds(values), "{format}: {layer}");
        }
        assert!(holds("minus 0.5, divided by 0.5".as_bytes()), "{format}");
        let words = format!("export --format {format} --out /no/such/folder/file");
        refused_at(&words, &run, &["cannot write /no/such/folder/file"]);
        let words = format!("export --format {format}");
        refused_at(&words, folder.path(), &["is not a run folder"]);
    }
    let output = zoo("export --format torchscript run").output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert_says(&said, &["--format", "safetensors, pytorch, onnx, burnpack"]);
}

/// The tensors of a run's weights file, without its header.
fn weights(run: &Path) -> Vec<u8> {
    let file = fs::read(run.join("weights.safetensors")).unwrap();
    let header = u64::from_le_bytes(file[..8].try_into().unwrap()) as usize;
    file[8 + header..].to_vec()
}

#[test]
fn training_begins_with_the_weights_of_the_run_it_is_told_and_repeats_so() {
    let folder = tempdir().unwrap();
    let first = one_epoch(folder.path());
    let init = format!("{QUICK} --epochs 1 --init-from {}", first.display());
    let second = trained(folder.path(), "second", &init);
    let config = fs::read(second.join("config.json")).unwrap();
    let config: Value = serde_json::from_slice(&config).unwrap();
    assert_eq!(config["initial_weights_sha256"], weights_sha256(&first));
    let repeat = format!("--config {}", second.join("config.json").display());
    let third = trained(folder.path(), "third", &format!("{repeat} --backend flex"));
    assert!(weights(&second) == weights(&third));

    // Weights of another model.
    let other = format!("train mlp-relu-2 {QUICK} --init-from");
    refused_at(
        &other,
        &first,
        &["weights.safetensors", "hidden.1.weight is missing"],
    );
}

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

#[test]
fn the_predictions_of_an_evaluation_are_a_row_an_image_with_its_logits() {
    let folder = tempdir().unwrap();
    let run = one_epoch(folder.path());
    let file = folder.path().join("predictions.csv");
    let words = format!(
        "evaluate --backend flex --json --predictions {}",
        file.display()
    );
    let report: Value = serde_json::from_str(&succeeds(&words, &run).stdout).unwrap();
    let csv = fs::read_to_string(&file).unwrap();
    let rows: Vec<Vec<&str>> = csv.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(rows[0][..3], ["image", "class", "predicted"]);
    assert_eq!(rows.len() as u64 - 1, report["images"].as_u64().unwrap());
    let mut right = 0.0;
    for row in &rows[1..] {
        let logits = row[3..].iter().map(|logit| logit.parse::<f32>().unwrap());
        let largest = logits
            .enumerate()
            .max_by(|a, b| a.1.total_cmp(&b.1))
            .unwrap()
            .0;
        assert_eq!(rows[0][3 + largest], row[2], "{row:?}");
        right += f64::from(u8::from(row[1] == row[2]));
    }
    assert_eq!(
        right / (rows.len() - 1) as f64,
        report["accuracy"].as_f64().unwrap()
    );
    refused_at(
        "evaluate --predictions /no/such/folder/file.csv",
        &run,
        &["cannot write"],
    );
}

// Weights for those who import the models.

#[test]
fn the_list_and_the_cards_are_those_of_the_published_weights() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    output_of(zoo("publish --check --root").arg(repository));

    // Made anew from the files elsewhere they are the same, and a change is noticed.
    let folder = tempdir().unwrap();
    let root = folder.path();
    make_room_for_weights(root);
    for file in fs::read_dir(repository.join("models/weights")).unwrap() {
        let file = file.unwrap();
        fs::copy(
            file.path(),
            root.join("models/weights").join(file.file_name()),
        )
        .unwrap();
    }
    succeeds("publish --backend flex --root", root);
    for file in ["models/README.md", "models/src/pretrained/list.rs"] {
        let made = fs::read_to_string(root.join(file)).unwrap();
        assert_eq!(
            made,
            fs::read_to_string(repository.join(file)).unwrap(),
            "{file}"
        );
        fs::write(root.join(file), made.replace("seed", "sead")).unwrap();
        refused_at("publish --check --root", root, &[file, "run it and commit"]);
        fs::write(root.join(file), made).unwrap();
    }
    fs::write(root.join("models/weights/x.safetensors"), "x").unwrap();
    refused_at(
        "publish --check --root",
        root,
        &["x.safetensors", "no file of published"],
    );
}

/// The folders that `zoo publish` writes to, and the speeds that it reads.
fn make_room_for_weights(root: &Path) {
    for folder in ["models/weights", "models/src/pretrained", "docs"] {
        fs::create_dir_all(root.join(folder)).unwrap();
    }
    let speeds = "docs/speed.csv";
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    fs::copy(repository.join(speeds), root.join(speeds)).unwrap();
}

#[test]
fn what_another_seed_came_to_is_added_to_published_weights_which_stay_as_they_are() {
    let folder = tempdir().unwrap();
    let root = folder.path();
    make_room_for_weights(root);
    let file = root.join("models/weights/mlp-relu.synthetic.lecture.safetensors");
    let publish = |run: &Path| {
        output_of(zoo("publish --backend flex --root").arg(root).arg(run));
        fs::read(&file).unwrap()
    };
    let tensors = |bytes: &[u8]| -> BTreeMap<String, Vec<u8>> {
        let file = SafeTensors::deserialize(bytes).unwrap();
        file.iter()
            .map(|(name, tensor)| (name.to_owned(), tensor.data().to_vec()))
            .collect()
    };
    let runs = [42, 43].map(|seed| {
        let words = format!("mlp-relu --dataset synthetic --backend flex --seed {seed}");
        trained(root, &format!("run{seed}"), &words)
    });
    let alone = publish(&runs[0]);
    for _ in 0..2 {
        let both = publish(&runs[1]);
        assert!(tensors(&both) == tensors(&alone), "the weights are others");
        let mut expected = metadata(&alone);
        let results = metadata(&both)["results"].clone();
        assert_eq!(results[0], expected["results"][0]);
        assert_eq!(results[1]["seed"], 43);
        assert_ne!(results[1]["loss"], results[0]["loss"]);
        assert_eq!(results.as_array().unwrap().len(), 2);
        expected["results"] = results;
        assert_eq!(metadata(&both), expected);
        let cards = fs::read_to_string(root.join("models/README.md")).unwrap();
        assert_says(&cards, &[" % (2) |", " with seed 43."]);
    }
    // The weights' own seed makes them anew, and the other's result stays.
    let anew = publish(&runs[0]);
    assert_eq!(metadata(&anew), metadata(&publish(&runs[1])));
    assert_eq!(metadata(&anew)["results"][1]["seed"], 43);
}

#[test]
fn weights_of_a_run_on_a_part_of_the_data_are_not_published() {
    let folder = tempdir().unwrap();
    let run = one_epoch(folder.path());
    refused_at(
        "publish --backend flex",
        &run,
        &["not published", "256 images"],
    );
}
