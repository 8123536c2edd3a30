//! The system's limits, huge numbers and names that are not UTF-8: each works or is refused with a sentence.

use crate::support::disk::SmallDisk;
use crate::support::process::sh;
use crate::support::*;
use std::fs;
use tempfile::tempdir;

/// What a line of shell says that ends with an error of the program.
#[cfg(unix)]
#[track_caller]
fn refused_in_shell(line: &str, expected: &[&str]) {
    let output = sh(line);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{line}: {output:?}");
    assert!(
        said.starts_with("error: ") && said.lines().count() == 1,
        "{line}: {said}"
    );
    assert!(!said.contains("failed inside Burn"), "{line}: {said}");
    assert_says(&said, expected);
}

#[cfg(target_os = "linux")]
#[test]
fn memory_that_the_system_does_not_give_is_an_error_in_a_sentence() {
    let folder = tempdir().unwrap();
    let zoo = env!("CARGO_BIN_EXE_zoo");
    // As much as the program takes to start, which depends on its libraries; the batch takes 40 GB.
    let starts = |kilobytes: &u32| {
        let line = format!("ulimit -v {kilobytes}; exec '{zoo}' list > /dev/null");
        sh(&line).status.success()
    };
    let limits = [200_000, 400_000, 800_000, 1_600_000, 3_200_000];
    let Some(kilobytes) = limits.into_iter().find(starts) else {
        eprintln!("skipped: the program's libraries take more memory than the training");
        return;
    };
    let run = folder.path().join("run");
    let words = "train resnet-20 --dataset synthetic --batch-size 5000 --epochs 1 --threads 1 --backend flex";
    let line = format!(
        "ulimit -v {kilobytes}; exec '{zoo}' {words} --out '{}'",
        run.display()
    );
    refused_in_shell(&line, &["gives this program no "]);
}

#[cfg(unix)]
#[test]
fn a_file_that_would_be_larger_than_allowed_is_an_error_and_harms_no_other() {
    let folder = tempdir().unwrap();
    let run = one_epoch(folder.path());
    let before = contents(&run);
    let line = |words: &str| {
        let zoo = env!("CARGO_BIN_EXE_zoo");
        format!("ulimit -f 100; exec '{zoo}' {words} '{}'", run.display())
    };
    refused_in_shell(
        &line("train --epochs 2 --resume"),
        &[".safetensors", "ulimit -f"],
    );
    for (name, bytes) in before {
        assert!(fs::read(run.join(&name)).unwrap() == bytes, "{name}");
    }
    succeeds("train --epochs 2 --resume", &run);
}

#[test]
fn a_disk_that_is_full_from_the_start_leaves_a_folder_that_can_be_trained_into() {
    let folder = tempdir().unwrap();
    let Some(disk) = SmallDisk::mount(&folder.path().join("disk"), "64k") else {
        eprintln!("skipped: a small file system cannot be mounted here");
        return;
    };
    let run = folder.path().join("disk/run");
    let fill = |name: &str| fs::write(folder.path().join("disk").join(name), vec![1; 1 << 20]);
    assert!(fill("full").is_err());
    let words = format!("train {QUICK} --epochs 1");
    refused_at(
        &format!("{words} --out"),
        &run,
        &["config.json", "disk is full"],
    );
    // Without a folder of the user's own, nothing is left at all.
    let mut command = zoo(&words);
    refused(
        command.current_dir(folder.path().join("disk")),
        &["disk is full"],
    );
    let left = fs::read_dir(folder.path().join("disk/runs")).unwrap();
    assert_eq!(left.count(), 0);

    // Nor of a comparison.
    let comparison = folder.path().join("disk/comparison");
    let words = "compare mlp-relu --dataset synthetic --limit 64 --batch-size 64 --epochs 1 --seeds 1 --seconds 0.01 \
        --backends flex --without parity,speed --out";
    refused_at(words, &comparison, &["disk is full"]);

    disk.remount("size=20m");
    succeeds(words, &comparison);
    let words = format!("train {QUICK} --epochs 1");
    succeeds(&format!("{words} --out"), &run);
    assert_eq!(names(&run), RUN_FILES);
}

#[test]
fn huge_numbers_are_refused_or_work() {
    let folder = tempdir().unwrap();
    let out = folder.path().join("out");
    let huge = u64::MAX;
    for (words, expected) in [
        (format!("train {QUICK} --epochs {huge} --out"), "--epochs"),
        (format!("train {QUICK} --shift {huge} --out"), "--shift"),
        (
            format!("train --dataset synthetic --backend flex --batch-size {huge} --out"),
            "--batch-size",
        ),
        (
            format!("compare --backends flex --dataset synthetic --epochs {huge} --out"),
            "--epochs",
        ),
        (
            "compare --backends flex --dataset synthetic --seconds 1e300 --out".into(),
            "--seconds",
        ),
    ] {
        refused_at(&words, &out, &[expected]);
        assert!(!out.exists(), "{words}");
    }
    let said = zoo(&format!("list --threads {huge}")).output().unwrap();
    assert_eq!(said.status.code(), Some(2));
    assert_says(
        &String::from_utf8_lossy(&said.stderr),
        &["cores", "from 1 to"],
    );
    let words = "compare mlp-relu --dataset synthetic --limit 64 --batch-size 64 --epochs 1 --seeds 1 --seconds 0.01";
    succeeds(
        &format!("{words} --backends flex --timeout {huge} --out"),
        &out,
    );
    succeeds(
        &format!("train {QUICK} --epochs 1 --seed {huge} --out"),
        &folder.path().join("seed"),
    );
}

#[cfg(target_os = "linux")]
#[test]
fn names_that_are_not_utf_8_work_or_are_refused() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let folder = tempdir().unwrap();
    let name = |name: &[u8]| folder.path().join(OsStr::from_bytes(name));
    // A run may be called so,
    let run = name(b"run-\xff");
    succeeds(&format!("train {QUICK} --epochs 1 --json --out"), &run);
    for words in [
        "train --epochs 2 --json --resume",
        "evaluate --backend flex --json --data-dir",
        "runs --json",
        "report --backend flex",
    ] {
        let mut command = zoo(words);
        let output = command.arg(&run).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!said.contains("failed inside Burn"), "{words}: {said}");
        assert!(!said.contains("panicked"), "{words}: {said}");
    }
    succeeds("runs --json", folder.path());
    // but not what a configuration or a plan names.
    let expected = ["is not UTF-8"];
    refused(
        train("--epochs 1 --init-from")
            .arg(&run)
            .arg("--out")
            .arg(name(b"other")),
        &expected,
    );
    let words = "compare mlp-relu --dataset synthetic --limit 64 --batch-size 64 --backends flex";
    refused_at(
        &format!("{words} --out"),
        &name(b"comparison-\xff"),
        &expected,
    );
    refused_at(
        &format!("{words} --data-dir"),
        &name(b"data-\xff"),
        &expected,
    );
    refused_at(
        "train --backend flex --print-config --out",
        &name(b"out-\xff"),
        &expected,
    );
    refused_at(
        "import --model mlp-relu",
        &name(b"weights-\xff.pth"),
        &expected,
    );
    let file = name(b"export-\xff.safetensors");
    let run = run_of_plain_name(folder.path());
    let mut command = zoo("export --format safetensors --json");
    said_by(command.arg(&run).arg("--out").arg(&file));
    assert!(file.exists());
    let plain = name(b"plain.safetensors");
    std::fs::rename(&file, &plain).unwrap();
    let mut command = zoo("import --model mlp-relu --json");
    let json = said_by(command.arg(&plain).arg("--out").arg(name(b"never-\xff"))).stdout;
    assert!(json.contains(r"never-\\xff"), "{json}");
    let mut command = zoo("visualize --backend flex --json");
    said_by(command.arg(&run).arg("--out").arg(name(b"pictures-\xff")));
}

#[cfg(target_os = "linux")]
fn run_of_plain_name(folder: &std::path::Path) -> std::path::PathBuf {
    trained(folder, "plain", &format!("{QUICK} --epochs 1"))
}
