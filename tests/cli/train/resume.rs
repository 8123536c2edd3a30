//! Going on with a run: resumed, interrupted, killed, and on a full disk.

use super::resumes_exactly;
#[cfg(unix)]
use super::signals::interrupted_in;
use crate::support::disk::SmallDisk;
use crate::support::process::Running;
use crate::support::*;
use std::fs;
use std::path::Path;
use std::time::Instant;
use tempfile::tempdir;

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
fn a_resumed_run_with_batch_normalisation_ends_in_the_same_bytes() {
    let words = "resnet-20 --dataset synthetic --limit 16 --batch-size 8 --backend flex";
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

#[cfg(unix)]
#[test]
fn an_interrupted_run_goes_on_as_if_nothing_had_been() {
    // With the learning rate in the middle of its way down, and the images of the rest of an epoch
    // changed as they would have been.
    let words = format!("{LONG} --epochs 6 --schedule cosine --flip --shift 1 --cutout 4");
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
    let first = interrupted_in(&ended.said);
    assert!(!ended.said.contains("panicked"), "{}", ended.said);

    // Once more, as a cluster or the machine's shutdown does it.
    let mut running = Running::start("train --resume", &run);
    running.wait_for("epoch");
    running.signal("TERM");
    let ended = running.end();
    assert!(matches!(ended.code, Some(130 | 143)), "{}", ended.said);
    assert!(interrupted_in(&ended.said) > first, "{}", ended.said);

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
