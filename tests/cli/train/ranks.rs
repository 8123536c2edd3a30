//! Several processes that share each batch, started by Open MPI's `mpirun`.

use crate::support::process::Running;
use crate::support::*;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use tempfile::tempdir;

const LITTLE: &str = "--dataset synthetic --limit 256 --batch-size 64 --backend flex";

/// `mpirun`, also as root and with more ranks than cores, and the environment of every test.
const MPIRUN: &str = "exec env OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 \
    OMPI_MCA_mpi_yield_when_idle=1 OMPI_MCA_btl=self,vader,tcp OMPI_MCA_btl_vader_single_copy_mechanism=none \
    BURN_ZOO_OFFLINE=1 mpirun --oversubscribe";

fn zoo_train(words: &str, run: &Path) -> String {
    let zoo = env!("CARGO_BIN_EXE_zoo");
    format!("{zoo} --threads 1 train {words} {}", run.display())
}

fn on_ranks(count: usize, words: &str, run: &Path) -> String {
    format!("{MPIRUN} -n {count} {}", zoo_train(words, run))
}

fn shell(line: &str) -> Output {
    Command::new("sh").args(["-c", line]).output().unwrap()
}

/// Runs a line that must succeed.
#[track_caller]
fn succeeds_by(line: &str) -> Said {
    said_by(Command::new("sh").args(["-c", line]))
}

/// Asserts that the program says one sentence, whichever rank it is about, and `mpirun` fails.
#[track_caller]
fn fails_by(line: &str, expected: &[&str]) {
    let output = shell(line);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success(), "{line}: {said}");
    let errors: Vec<&str> = said
        .lines()
        .filter(|it| it.starts_with("error: "))
        .collect();
    assert_eq!(errors.len(), 1, "{line}: {said}");
    assert_says(errors[0], expected);
    assert!(!said.contains("panicked"), "{said}");
}

#[track_caller]
fn assert_same_curve(one: &Path, other: &Path) {
    for split in ["train", "test"] {
        let (one, other) = (losses(one, split), losses(other, split));
        assert_eq!(one.len(), other.len());
        for (one, other) in one.iter().zip(&other) {
            let off = (one - other).abs() / one;
            assert!(off < 1e-5, "{split}: {one} and {other}, {off:e} apart");
        }
    }
}

#[test]
fn ranks_train_as_one_process_does_and_end_in_the_same_bytes_twice() {
    let folder = tempdir().unwrap();
    let refined = "--flip --shift 2 --weight-decay 0.1 --label-smoothing 0.1 --valid-fraction 0.25";
    for (name, words) in [
        ("mlp", format!("mlp-relu {LITTLE} --epochs 2")),
        (
            "refined",
            format!("mlp-relu-2 {LITTLE} --epochs 2 {refined}"),
        ),
        (
            "cnn",
            "cnn-strided --dataset synthetic --limit 16 --batch-size 8 --backend flex --epochs 2"
                .into(),
        ),
    ] {
        let one = trained(folder.path(), &format!("{name}-one"), &words);
        let run = |count: usize, other: &str| {
            let run = folder.path().join(format!("{name}-{count}{other}"));
            let said = succeeds_by(&on_ranks(count, &format!("{words} --out"), &run));
            assert_eq!(
                said.stdout.matches("epoch  1/").count(),
                1,
                "{}",
                said.stdout
            );
            run
        };
        let two = run(2, "");
        assert_same_curve(&one, &two);
        assert_same_run(&two, &run(2, "-again"));
        if name == "mlp" {
            assert_same_curve(&one, &run(1, ""));
            assert_same_curve(&one, &run(3, ""));
            // Adam does not see a gradient that is twice as large: unequal parts show whether each is weighed.
            let words = format!("{words} --shares 5,2,1 --out");
            let unequal = folder.path().join("unequal");
            succeeds_by(&on_ranks(3, &words, &unequal));
            assert_same_curve(&one, &unequal);
        }
        assert_eq!(names(&two), RUN_FILES);
        let config = json(&two.join("config.json"));
        assert_eq!(config["further_devices"][0]["backend"], "flex");
        assert!(config["further_devices"][0]["host"].is_string());
    }
}

#[test]
fn unlike_ranks_train_as_one_process_does() {
    let folder = tempdir().unwrap();
    let words = "mlp-relu --dataset synthetic --limit 256 --batch-size 64 --epochs 2";
    let one = trained(folder.path(), "one", &format!("{words} --backend flex"));
    for other in ["ndarray", "libtorch"]
        .into_iter()
        .filter(|id| available(id))
    {
        let run = folder.path().join(other);
        let rank = |backend: &str| {
            let words = format!("{words} --backend {backend} --device cpu --shares 3,1 --out");
            format!("-n 1 {}", zoo_train(&words, &run))
        };
        succeeds_by(&format!("{MPIRUN} {} : {}", rank("flex"), rank(other)));
        assert_same_curve(&one, &run);
        let config = json(&run.join("config.json"));
        assert_eq!(config["further_devices"][0]["backend"], other);
        assert_eq!(config["further_devices"][0]["images"], 16);
    }
}

#[test]
fn a_run_goes_on_on_any_number_of_ranks() {
    let folder = tempdir().unwrap();
    for (name, model) in [
        ("mlp", "mlp-relu --cutout 4"),
        ("frozen", "mlp-relu-2 --freeze hidden.0 --weight-decay 0.1"),
    ] {
        let words = format!("{model} {LITTLE}");
        let whole = folder.path().join(format!("{name}-whole"));
        succeeds_by(&on_ranks(2, &format!("{words} --epochs 3 --out"), &whole));
        // Exactly, on as many.
        let exact = folder.path().join(format!("{name}-exact"));
        succeeds_by(&on_ranks(2, &format!("{words} --epochs 1 --out"), &exact));
        succeeds_by(&on_ranks(2, "--epochs 3 --resume", &exact));
        assert_same_run(&whole, &exact);
        // But for roundings, on one, without a launcher, and back.
        let other = folder.path().join(format!("{name}-other"));
        succeeds_by(&on_ranks(3, &format!("{words} --epochs 1 --out"), &other));
        let said = succeeds("train --epochs 2 --resume", &other);
        assert_says(&said.stderr, &["goes on on flex cpu: "]);
        let said = succeeds_by(&on_ranks(2, "--epochs 3 --resume", &other));
        assert_says(&said.stderr, &["the run was on flex cpu and goes on on "]);
        assert_same_curve(&whole, &other);
    }
}

#[test]
fn batch_normalisation_on_ranks_is_of_each_rank_and_resumes_exactly() {
    let folder = tempdir().unwrap();
    let words = "resnet-20 --dataset synthetic --limit 16 --batch-size 8 --backend flex";
    let [whole, parts] = ["whole", "parts"].map(|name| folder.path().join(name));
    let said = succeeds_by(&on_ranks(2, &format!("{words} --epochs 2 --out"), &whole));
    assert_says(&said.stderr, &["by that part's own statistics"]);
    succeeds_by(&on_ranks(2, &format!("{words} --epochs 1 --out"), &parts));
    succeeds_by(&on_ranks(2, "--epochs 2 --resume", &parts));
    assert_same_run(&whole, &parts);
}

#[test]
fn what_is_wrong_on_any_rank_ends_all_of_them_with_one_sentence() {
    let folder = tempdir().unwrap();
    let run = folder.path().join("run");
    let words = "--batch-size 64 --backend flex --epochs 1";
    let data = "--dataset synthetic --limit 256";
    let alone = |count: usize, more: &str| {
        let words = format!("{words} {more} --out");
        format!("-n {count} {}", zoo_train(&words, &run))
    };
    let same = alone(1, data);
    for (ranks, expected) in [
        (
            alone(2, &format!("{data} --lr -1")),
            "--lr -1 is not a learning rate",
        ),
        (
            alone(2, &format!("{data} --shares 1,2,3")),
            "--shares are 3 for 2 ranks",
        ),
        (
            alone(2, &format!("{data} --devices cpu,cpu")),
            "--devices are those of one process",
        ),
        (alone(2, "--dataset folder:/nowhere"), "/nowhere"),
        (
            format!("{same} : {}", alone(1, &format!("{data} --seed 7"))),
            "its settings are not those of rank 0",
        ),
        (
            format!("{same} : {}", alone(1, "--dataset folder:/nowhere")),
            "rank 1 on ",
        ),
        (
            format!("{same} : {}", alone(1, "--dataset synthetic --limit 128")),
            "it sees other data than rank 0",
        ),
    ] {
        fails_by(&format!("{MPIRUN} {ranks}"), &[expected]);
        assert!(!run.exists(), "{ranks}");
    }
    fails_by(
        &format!("{MPIRUN} {}", alone(2, &format!("{data} --lr 1e30"))),
        &["diverged"],
    );
}

/// Starts ranks that write their process ids beside the run.
fn started(count: usize, words: &str, run: &Path) -> Running {
    let pids = run.parent().unwrap().join("pid");
    let ranks = format!(
        "sh -c 'echo $$ > {}.$OMPI_COMM_WORLD_RANK; exec {}'",
        pids.display(),
        zoo_train(words, run)
    );
    Running::of_shell(&format!("{MPIRUN} -n {count} {ranks}"))
}

/// A training of an epoch of some tenths of a second.
const LONG_ON_RANKS: &str =
    "--dataset synthetic --limit 400 --batch-size 4 --valid-fraction 0.1 --backend flex";

#[test]
fn a_rank_that_is_killed_ends_all_and_the_run_goes_on() {
    let folder = tempdir().unwrap();
    for killed in [0, 1] {
        let run = folder.path().join(format!("run-{killed}"));
        let mut running = started(2, &format!("{LONG_ON_RANKS} --epochs 100000 --out"), &run);
        running.wait_for("epoch  2/");
        let pid = fs::read_to_string(folder.path().join(format!("pid.{killed}"))).unwrap();
        assert!(shell(&format!("kill -KILL {pid}")).status.success());
        let ended = running.end();
        assert_ne!(ended.code, Some(0));
        assert!(!ended.said.contains("panicked"), "{}", ended.said);
        let done = figures(&run).len() / 3;
        assert!(done >= 2);
        succeeds_by(&on_ranks(
            2,
            &format!("--epochs {} --resume", done + 1),
            &run,
        ));
        succeeds(&format!("train --epochs {} --resume", done + 2), &run);
    }
}

#[test]
fn ranks_that_are_asked_to_stop_stop_after_the_same_batch_and_go_on_as_if_nothing_had_been() {
    let folder = tempdir().unwrap();
    let words = format!("{LONG_ON_RANKS} --flip --cutout 4");
    let run = folder.path().join("run");
    // One rank alone is asked, as when a machine is to be shut down: the others learn of it from the next sum.
    let mut running = started(2, &format!("{words} --epochs 100000 --out"), &run);
    running.wait_for("epoch  1/");
    let pid = fs::read_to_string(folder.path().join("pid.1")).unwrap();
    assert!(shell(&format!("kill -TERM {pid}")).status.success());
    let ended = running.end();
    assert_says(&ended.said, &["interrupted ", "zoo train --resume"]);
    let done = figures(&run).len() / 3;
    let more = format!("--epochs {}", done + 1);
    succeeds_by(&on_ranks(2, &format!("{more} --resume"), &run));
    let whole = folder.path().join("whole");
    succeeds_by(&on_ranks(2, &format!("{words} {more} --out"), &whole));
    assert_same_run(&whole, &run);
}

#[test]
fn what_no_launcher_started_trains_by_itself() {
    let folder = tempdir().unwrap();
    let run = trained(folder.path(), "run", &format!("{LITTLE} --epochs 1"));
    assert_eq!(json(&run.join("config.json")).get("further_devices"), None);
}
