//! Signals: looked at between all units of work, and left ignored where they are.

use crate::support::data::write_images;
use crate::support::process::Running;
use crate::support::*;
use tempfile::tempdir;

/// The epoch in which a training was interrupted, as it says, and how many of its batches were done.
pub fn interrupted_in(said: &str) -> (usize, usize) {
    let (_, place) = said.split_once("interrupted ").expect(said);
    let (place, _) = place.split_once(';').expect(said);
    if place == "before the first batch" {
        return (1, 0);
    }
    match place.split_once(" after batch ") {
        Some((epoch, batch)) => {
            let epoch = epoch.strip_prefix("in epoch ").expect(said);
            (epoch.parse().expect(said), batch.parse().expect(said))
        }
        None => {
            let epochs = place.strip_prefix("after epoch ").expect(said);
            (epochs.parse::<usize>().expect(said) + 1, 0)
        }
    }
}

#[test]
fn a_training_of_one_batch_an_epoch_stops_when_it_is_asked_to_and_goes_on_as_if_nothing_had_been() {
    let folder = tempdir().unwrap();
    let words = "--dataset synthetic --limit 64 --batch-size 64 --backend flex";
    let run = folder.path().join("run");
    for signal in ["INT", "TERM"] {
        let mut running = match run.exists() {
            true => Running::start("train --resume", &run),
            false => Running::start(&format!("train {words} --epochs 100000 --out"), &run),
        };
        running.wait_for("epoch");
        running.signal(signal);
        let ended = running.end();
        assert_eq!(ended.code, Some(130), "{}", ended.said);
        interrupted_in(&ended.said);
    }
    let done = figures(&run).len() / 2;
    let more = format!("--epochs {}", done + 1);
    succeeds(&format!("train {more} --resume"), &run);
    let whole = trained(folder.path(), "whole", &format!("{words} {more}"));
    assert_same_run(&whole, &run);
}

#[test]
fn a_training_that_is_asked_twice_ends_at_once_without_an_error() {
    let folder = tempdir().unwrap();
    let backend = ["libtorch", "flex"].into_iter().find(|b| available(b));
    let words = format!(
        "resnet-20 --dataset synthetic --batch-size 16 --epochs 50 --backend {}",
        backend.unwrap()
    );
    // What computes may be met anywhere in its step.
    for attempt in 0..3 {
        let run = folder.path().join(format!("run{attempt}"));
        let mut running = Running::start(&format!("train {words} --out"), &run);
        running.wait_for("run ");
        std::thread::sleep(std::time::Duration::from_millis(1000 + 100 * attempt));
        running.signal("INT");
        running.signal("INT");
        let ended = running.end();
        assert_eq!(ended.code, Some(130), "{}", ended.said);
        assert!(!ended.said.contains("error"), "{}", ended.said);
    }
}

#[test]
fn a_training_stops_in_the_midst_of_an_evaluation() {
    let folder = tempdir().unwrap();
    // Two batches to train on, and then half a minute of evaluation.
    write_images(folder.path(), "train", 2);
    write_images(folder.path(), "t10k", 10_000);
    let data = format!("--data-dir {}", folder.path().display());
    let words = format!("resnet-20 --batch-size 2 --epochs 1 --backend flex {data}");
    let run = folder.path().join("run");
    let mut running = Running::start(&format!("train {words} --out"), &run);
    running.wait_for("run ");
    std::thread::sleep(std::time::Duration::from_millis(100));
    running.signal("TERM");
    let ended = running.end();
    assert_eq!(ended.code, Some(130), "{}", ended.said);
    assert!(!ended.said.contains("test loss"), "{}", ended.said);
    let (epoch, batches) = interrupted_in(&ended.said);
    assert!(epoch == 1 && batches <= 1, "{}", ended.said);
}

#[test]
fn a_run_that_was_interrupted_after_its_last_batch_is_still_to_be_evaluated() {
    let folder = tempdir().unwrap();
    let words = "--dataset synthetic --limit 64 --batch-size 64 --backend flex --epochs 3";
    let whole = trained(folder.path(), "whole", words);
    // What the checkpoint of such a run holds: the batches of the last epoch, and not its figures.
    let run = copied(&whole, &folder.path().join("run"));
    let two = trained(
        folder.path(),
        "two",
        &words.replace("--epochs 3", "--epochs 2"),
    );
    change_position(&run, |position| {
        let earlier = position_of(&two);
        position["epochs"] = 2.into();
        position["batches"] = 1.into();
        position["rows"] = earlier["rows"].clone();
        position["best"] = earlier["best"].clone();
        let row = &json_rows(&whole)[4];
        position["tally"] = serde_json::json!({
            "images": 64, "loss": 64.0 * row.0, "correct": 64.0 * row.1, "seconds": 0.5
        });
    });
    for name in ["weights.safetensors", "best.safetensors", "metrics.csv"] {
        std::fs::copy(two.join(name), run.join(name)).unwrap();
    }
    succeeds("train --resume", &run);
    assert_same_run(&whole, &run);
}

/// Loss and accuracy of each row of `metrics.csv`.
fn json_rows(run: &std::path::Path) -> Vec<(f64, f64)> {
    let rows = figures(run).into_iter();
    rows.map(|row| (row[2].parse().unwrap(), row[3].parse().unwrap()))
        .collect()
}

#[cfg(unix)]
#[test]
fn a_training_that_was_started_with_sighup_ignored_outlives_its_terminal() {
    let folder = tempdir().unwrap();
    let run = folder.path().join("run");
    let line = format!(
        "trap '' HUP; exec '{}' train {LONG} --epochs 2 --out '{}'",
        env!("CARGO_BIN_EXE_zoo"),
        run.display()
    );
    let mut running = Running::of_shell(&line);
    running.wait_for("epoch");
    running.signal("HUP");
    let ended = running.end();
    assert_eq!(ended.code, Some(0), "{}", ended.said);
    assert!(!ended.said.contains("interrupted"), "{}", ended.said);
}

#[cfg(unix)]
#[test]
fn a_training_whose_terminal_is_closed_stops_in_order() {
    let folder = tempdir().unwrap();
    let run = folder.path().join("run");
    let mut running = Running::start(&format!("train {LONG} --epochs 99 --out"), &run);
    running.wait_for("epoch");
    running.signal("HUP");
    let ended = running.end();
    assert_eq!(ended.code, Some(130), "{}", ended.said);
    interrupted_in(&ended.said);
}
