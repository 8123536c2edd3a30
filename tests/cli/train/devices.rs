//! Several devices that share each batch.

use super::resumes_exactly;
use crate::support::*;
use serde_json::json as value;
use std::path::Path;
use tempfile::tempdir;

const LITTLE: &str = "--dataset synthetic --limit 256 --batch-size 64";

/// Asserts that two runs have the same losses but for roundings.
#[track_caller]
fn assert_same_curve(one: &Path, other: &Path, tolerance: f64) {
    for split in ["train", "test"] {
        let (one, other) = (losses(one, split), losses(other, split));
        assert_eq!(one.len(), other.len());
        for (one, other) in one.iter().zip(&other) {
            let off = (one - other).abs() / one;
            assert!(off < tolerance, "{split}: {one} and {other}, {off:e} apart");
        }
    }
}

#[test]
fn devices_that_share_each_batch_train_as_one_does() {
    let folder = tempdir().unwrap();
    let refined = "--flip --shift 2 --weight-decay 0.1 --label-smoothing 0.1 --valid-fraction 0.25";
    for (name, words) in [
        ("mlp", format!("mlp-relu {LITTLE} --epochs 3")),
        (
            "refined",
            format!("mlp-relu-2 {LITTLE} --epochs 2 {refined}"),
        ),
        (
            "cnn",
            "cnn-strided --dataset synthetic --limit 16 --batch-size 8 --epochs 2".into(),
        ),
    ] {
        let one = trained(
            folder.path(),
            &format!("{name}-one"),
            &format!("{words} --backend flex"),
        );
        for (number, devices) in ["cpu,cpu", "cpu,cpu,cpu --shares 5,2,1"]
            .into_iter()
            .enumerate()
        {
            let words = format!("{words} --backend flex --devices {devices}");
            let several = trained(folder.path(), &format!("{name}-{number}"), &words);
            assert_same_curve(&one, &several, 1e-5);
        }
    }
}

#[test]
fn two_runs_on_the_same_devices_end_in_the_same_bytes() {
    let folder = tempdir().unwrap();
    for words in [
        format!("mlp-relu {LITTLE} --epochs 2 --devices flex,flex,flex"),
        "cnn-strided --dataset synthetic --limit 16 --batch-size 8 --epochs 1 --devices flex,flex"
            .into(),
    ] {
        let [one, other] = ["one", "other"].map(|name| {
            let _ = std::fs::remove_dir_all(folder.path().join(name));
            trained(folder.path(), name, &words)
        });
        assert_same_run(&one, &other);
    }
}

#[test]
fn a_resumed_run_on_several_devices_ends_in_the_same_bytes() {
    resumes_exactly(
        &format!("{LITTLE} --backend flex --devices cpu,cpu --shares 3,1"),
        [1, 3],
    );
    let words = "resnet-20 --dataset synthetic --limit 16 --batch-size 8 --devices flex,flex";
    resumes_exactly(words, [1, 2]);
    let words = "mlp-relu-2 --freeze hidden.0 --weight-decay 0.1 --devices flex,flex";
    resumes_exactly(&format!("{LITTLE} {words}"), [1, 2]);
    let words = "mlp-relu-2 --backbone-lr 1e-4 --devices flex,flex";
    resumes_exactly(&format!("{LITTLE} {words}"), [1, 2]);
}

/// The backends of this build that can share a batch with flex within a test's time: a driver that computes on the CPU
/// takes minutes to begin.
fn others() -> Vec<&'static str> {
    let on_cpu = ["ndarray", "libtorch"].into_iter();
    on_cpu.filter(|id| available(id)).collect()
}

#[test]
fn devices_of_several_backends_share_a_batch() {
    let folder = tempdir().unwrap();
    let words = format!("mlp-relu {LITTLE} --epochs 2");
    let one = trained(folder.path(), "one", &format!("{words} --backend flex"));
    for other in others() {
        let words = format!("{words} --devices flex:cpu,{other}:cpu --shares 3,1");
        let mixed = trained(folder.path(), other, &words);
        assert_same_curve(&one, &mixed, 1e-5);
        let config = json(&mixed.join("config.json"));
        assert_eq!(config["further_devices"][0]["backend"], other);
        let words = format!("{words} --out");
        let again = folder.path().join(format!("{other}-again"));
        succeeds(&format!("train {words}"), &again);
        assert_same_run(&mixed, &again);
    }
}

#[test]
fn shares_of_unlike_devices_are_measured_recorded_and_kept() {
    for other in others() {
        let folder = tempdir().unwrap();
        let words = format!("train mlp-relu {LITTLE} --epochs 1 --devices flex,{other} --out");
        let run = folder.path().join("run");
        let said = succeeds(&words, &run);
        assert_says(&said.stderr, &["their shares were measured", "--shares "]);
        let recorded = json(&run.join("config.json"))["further_devices"].clone();
        let images = recorded[0]["images"].as_u64().unwrap();
        assert!((1..64).contains(&images), "{recorded}");
        let said = succeeds("train --epochs 2 --resume", &run);
        assert!(!said.stderr.contains("measured"), "{}", said.stderr);
        assert_eq!(json(&run.join("config.json"))["further_devices"], recorded);
        // As the line on standard error says, and as the run's own configuration does.
        let shares = format!("{},{images}", 64 - images);
        let words =
            format!("mlp-relu {LITTLE} --epochs 2 --devices flex,{other} --shares {shares}");
        let named = trained(folder.path(), "named", &words);
        assert_eq!(figures(&named), figures(&run));
        let config = run.join("config.json");
        let repeated = trained(
            folder.path(),
            "repeated",
            &format!("--config {}", config.display()),
        );
        assert_same_run(&named, &repeated);
    }
}

#[test]
fn the_head_line_says_which_device_does_what_share() {
    let folder = tempdir().unwrap();
    let words = format!("train {LITTLE} --epochs 1 --devices flex,flex --shares 3,1 --out");
    let said = succeeds(&words, &folder.path().join("run")).stdout;
    assert_says(
        &said,
        &[
            "backend  flex on cpu",
            "; 48 images of each batch\n",
            "; 16\n",
        ],
    );
}

#[test]
fn a_run_goes_on_on_other_devices_and_says_so() {
    let folder = tempdir().unwrap();
    let words = format!("{LITTLE} --epochs 1 --backend flex");
    let whole = trained(
        folder.path(),
        "whole",
        &format!("{LITTLE} --epochs 4 --backend flex"),
    );
    let run = trained(folder.path(), "run", &words);
    let steps = [
        (
            "--devices cpu,cpu --backend flex",
            "flex cpu (32 images of each batch) and flex cpu (32)",
        ),
        (
            "--shares 3,1",
            "flex cpu (48 images of each batch) and flex cpu (16)",
        ),
        ("--device cpu --backend flex", "goes on on flex cpu: "),
    ];
    for (epochs, (words, expected)) in (2..).zip(steps) {
        let said = succeeds(&format!("train --epochs {epochs} {words} --resume"), &run);
        assert_says(&said.stderr, &["warning: the run was on ", expected]);
    }
    assert_same_curve(&whole, &run, 1e-5);
    let config = json(&run.join("config.json"));
    assert_eq!(config.get("further_devices"), None);
    assert_eq!(
        config["earlier"],
        value!([
            "to epoch 1 on flex cpu",
            "to epoch 2 on flex cpu (32 images of each batch) and flex cpu (32)",
            "to epoch 3 on flex cpu (48 images of each batch) and flex cpu (16)",
        ])
    );
}

#[test]
fn batch_normalisation_on_several_devices_is_said_to_be_of_each_device() {
    let folder = tempdir().unwrap();
    let words = "train resnet-20 --dataset synthetic --limit 16 --batch-size 8 --epochs 1 --devices flex,flex";
    let said = succeeds(&format!("{words} --out"), &folder.path().join("run"));
    assert_says(
        &said.stderr,
        &["by that part's own statistics", "not those of one device"],
    );
    // Where it is frozen, nothing looks at the others' images.
    let said = succeeds(
        &format!("{words} --freeze backbone --out"),
        &folder.path().join("frozen"),
    );
    assert!(!said.stderr.contains("statistics"), "{}", said.stderr);
}

#[test]
fn convolutions_are_chosen_for_the_size_of_each_part() {
    let folder = tempdir().unwrap();
    // 32 images are enough for frequencies, four are not.
    let words = "cnn-strided --dataset synthetic --limit 36 --batch-size 36 --epochs 1 --conv frequency \
        --devices flex,flex --shares 8,1";
    let run = trained(folder.path(), "run", words);
    let config = json(&run.join("config.json"));
    let [first, second] = [
        &config["convolutions"],
        &config["further_devices"][0]["convolutions"],
    ];
    assert_eq!(second, &value!(vec!["direct"; 4]));
    assert_ne!(first, second);
}

#[test]
fn the_settings_of_several_devices_can_be_printed_and_read_again() {
    let folder = tempdir().unwrap();
    let words = format!("train {LITTLE} --epochs 1 --devices flex,flex --shares 3,1");
    let toml = output_of(&mut zoo(&format!("{words} --print-config")));
    assert_says(
        &toml,
        &[
            "devices = [\"flex:cpu\", \"flex:cpu\"]",
            "shares = [48, 16]",
        ],
    );
    let file = folder.path().join("settings.toml");
    std::fs::write(&file, toml).unwrap();
    let run = folder.path().join("run");
    succeeds(&format!("train --config {} --out", file.display()), &run);
    let again = folder.path().join("again");
    succeeds(&format!("{words} --out"), &again);
    assert_same_run(&again, &run);
}

#[test]
fn devices_and_shares_that_make_no_sense_are_refused() {
    let folder = tempdir().unwrap();
    let run = folder.path().join("run");
    for (words, expected) in [
        ("--devices flex,flux", "no device `flux`"),
        (
            "--backend flex --devices cpu,1",
            "flex has no device `1` here",
        ),
        (
            "--devices flex,flex --shares 1",
            "--shares are 1 for 2 of --devices",
        ),
        (
            "--backend flex --shares 1,1",
            "--shares are 2 for 1 of --devices",
        ),
        ("--devices flex,flex --shares 1,0", "--shares 0 is no share"),
        (
            "--devices flex,flex --shares=-1,2",
            "--shares -1 is no share",
        ),
    ] {
        refused_at(
            &format!("train {LITTLE} --epochs 1 {words} --out"),
            &run,
            &[expected],
        );
        assert!(!run.exists(), "{words}");
    }
    let words = "train --dataset synthetic --batch-size 1 --epochs 1 --devices flex,flex --out";
    refused_at(words, &run, &["too small for 2 devices"]);
    let words = "train resnet-18 --dataset synthetic --limit 4 --batch-size 2 --epochs 1 --devices flex,flex --out";
    refused_at(words, &run, &["leaves a device one image"]);
}
