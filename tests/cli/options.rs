//! Options from files, threads, how much is said, in which forms, and to readers that have seen enough.

use crate::support::*;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::tempdir;

fn in_file(folder: &Path, text: &str) -> PathBuf {
    let file = folder.join("options.toml");
    fs::write(&file, text).unwrap();
    file
}

const QUICK_AS_TOML: &str =
    "dataset = \"synthetic\"\nlimit = 256\nbatch-size = 64\nbackend = \"flex\"\n";

#[test]
fn a_run_takes_its_options_from_a_file_and_those_of_the_command_line_first() {
    let folder = tempdir().unwrap();
    let text = "model = \"mlp-relu-2\"\nepochs = 1\nseed = 7\nlr = 1e-2\nflip = true\n";
    let file = in_file(folder.path(), &format!("{QUICK_AS_TOML}{text}"));
    let words = format!("--seed 8 --config {}", file.display());
    let run = trained(folder.path(), "run", &words);
    let config = json(&run.join("config.json"));
    for (pointer, expected) in [
        ("/model", "mlp-relu-2".into()),
        ("/seed", 8.into()),
        ("/num_epochs", 1.into()),
        ("/adam/learning_rate", 0.01.into()),
        ("/refinements/flip", true.into()),
        ("/dataset/limit", 256.into()),
    ] {
        let found: Option<&Value> = config.pointer(pointer);
        assert_eq!(found, Some(&expected), "{pointer}");
    }
}

#[test]
fn a_file_of_options_that_makes_no_sense_is_told_with_its_line() {
    let folder = tempdir().unwrap();
    let place = |line: usize| {
        let file = folder.path().join("options.toml");
        format!("{}, line {line}: ", file.display())
    };
    for (text, line, words) in [
        ("\nepoch = 3", 2, "did you mean `epochs`?"),
        ("epochs = \"3\"", 1, "`epochs` must be a whole number"),
        (
            "seed = 1\nschedule = \"steep\"",
            2,
            "it must be one of constant, cosine",
        ),
        ("seed = 1\nlr = -1", 2, "--lr -1 is not a learning rate"),
        ("model = \"cnnn\"", 1, "no model is called `cnnn`"),
        ("epochs: 3", 1, "key with no value"),
    ] {
        let file = in_file(folder.path(), text);
        refused_at(
            "train --backend flex --config",
            &file,
            &[&place(line), words],
        );
    }
    let missing = folder.path().join("missing.toml");
    let name = missing.display().to_string();
    refused_at(
        "train --config",
        &missing,
        &[&name, "there is no such file"],
    );
}

#[test]
fn the_settings_that_are_printed_are_those_of_the_run() {
    let folder = tempdir().unwrap();
    let words =
        format!("mlp-relu {QUICK} --recipe tuned --epochs 1 --valid-fraction 0.25 --conv im2col");
    let printed = output_of(&mut zoo(&format!("train {words} --print-config")));
    for line in [
        "model = \"mlp-relu\"",
        "lr = 0.002",
        "label-smoothing = 0.1",
        "seed = 42",
    ] {
        assert!(
            printed.lines().any(|it| it == line),
            "without {line}: {printed}"
        );
    }
    let file = in_file(folder.path(), &printed);
    let again = succeeds("train --print-config --config", &file).stdout;
    assert_eq!(again, printed);

    let run = trained(folder.path(), "run", &words);
    let repeated = trained(
        folder.path(),
        "repeated",
        &format!("--config {}", file.display()),
    );
    let [run, repeated] = [run, repeated].map(|run| fs::read(run.join("config.json")).unwrap());
    assert!(run == repeated, "config.json differs");
}

#[test]
fn the_settings_of_a_run_that_no_option_says_are_not_printed_as_if_they_were() {
    let folder = tempdir().unwrap();
    let run = one_epoch(folder.path());
    edit_config(&run, |config| config["adam"]["beta_1"] = 0.5.into());
    let file = run.join("config.json");
    let name = file.display().to_string();
    refused_at(
        "train --print-config --config",
        &file,
        &[&name, "no option says"],
    );
}

#[test]
fn bench_and_parity_take_their_options_from_a_file_too() {
    let folder = tempdir().unwrap();
    let text = "models = [\"mlp-relu\"]\nbackends = [\"flex\"]\njson = true\n";
    let file = in_file(folder.path(), text);
    let said = succeeds("parity --steps 2 --config", &file).stdout;
    let report: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(report["steps"], 2);
    assert_eq!(report["rows"][0]["backend"], "flex");
    let json = folder.path().join("options.json");
    let output = zoo("bench --config").arg(&json).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert_says(
        &String::from_utf8(output.stderr).unwrap(),
        &["end in .toml"],
    );
}

#[test]
fn a_quiet_training_says_its_folder_and_no_more() {
    let folder = tempdir().unwrap();
    let run = folder.path().join("run");
    let said = succeeds(&format!("-q train {QUICK} --epochs 1 --out"), &run);
    assert_eq!(said.stdout, format!("{}\n", run.display()));
    assert_eq!(said.stderr, "");
}

#[test]
fn a_verbose_training_tells_its_decisions_on_standard_error() {
    let folder = tempdir().unwrap();
    let run = folder.path().join("run");
    let words = format!("train cnn-maxpool {QUICK} --limit 64 --epochs 1 --verbose --out");
    let words = words.replace("--limit 256 ", "");
    let said = succeeds(&words, &run);
    assert_says(
        &said.stderr,
        &[
            "note: choosing the backend took ",
            "note: backend flex on cpu",
            "note: data synthetic from ",
            "note: convolution 7×7 from 1×28×28 to 32 maps: ",
            "note: reading the data took ",
            "note: training took ",
        ],
    );
    assert!(said.stdout.starts_with("model "), "{}", said.stdout);
}

#[test]
fn a_training_tells_each_event_as_a_line_of_json() {
    let folder = tempdir().unwrap();
    let run = folder.path().join("run");
    let words = format!("train {QUICK} --epochs 2 --valid-fraction 0.25 --json --out");
    let said = succeeds(&words, &run).stdout;
    let lines: Vec<Value> = said
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let events: Vec<_> = lines
        .iter()
        .map(|line| line["event"].as_str().unwrap())
        .collect();
    assert_eq!(events, ["start", "epoch", "epoch", "end"]);
    assert_eq!(lines[0]["config"], json(&run.join("config.json")));
    assert_eq!(lines[0]["run"], run.to_str().unwrap());
    assert_eq!(lines[3]["ended"], "finished");
    assert_eq!(lines[3]["epochs_done"], 2);
    let metrics: Vec<_> = figures(&run)
        .into_iter()
        .map(|[epoch, split, loss, accuracy]| {
            let line = &lines[epoch.parse::<usize>().unwrap()];
            let figures = &line[&split];
            assert!(figures["images_per_second"].is_f64() && figures["seconds"].is_f64());
            [figures["loss"].to_string(), figures["accuracy"].to_string()] == [loss, accuracy]
        })
        .collect();
    assert_eq!(metrics, [true; 6], "{said}");
}

#[test]
fn what_scripts_read_is_json_where_they_want_it() {
    let folder = tempdir().unwrap();
    let run = one_epoch(folder.path());
    let said = |words: &str| -> Value {
        let words = words.replace("RUN", run.to_str().unwrap());
        serde_json::from_str(&output_of(&mut zoo(&words))).unwrap()
    };
    let summary = said("summary mlp-relu --json");
    assert_eq!(summary["parameters"], 203_530);
    assert_eq!(summary["input"], serde_json::json!([1, 28, 28]));
    assert_eq!(summary["layers"][0]["kind"], "Flatten");
    let exported = said("export RUN --format onnx --json");
    assert_eq!(
        exported["file"],
        run.join("mlp-relu.onnx").to_str().unwrap()
    );
    let drawn = said("visualize RUN --json");
    assert_eq!(drawn["files"].as_array().unwrap().len(), 2, "{drawn}");
    let found = said("data verify synthetic --json");
    assert_eq!(found["dataset"], "synthetic");
    let file = run.join("mlp-relu-pytorch.pt");
    said("export RUN --format pytorch --json");
    let words = format!(
        "import {} --model mlp-relu --json --out {}/imported",
        file.display(),
        folder.path().display()
    );
    assert_eq!(said(&words)["parameters"], 203_530);
}

/// What the program writes to a terminal, and how it ends, by `script` of util-linux.
fn on_a_terminal(words: &str, environment: &[(&str, &str)]) -> Option<String> {
    let program = env!("CARGO_BIN_EXE_zoo");
    let mut command = Command::new("script");
    command.args(["-qec", &format!("{program} {words}"), "/dev/null"]);
    // With `CI`, clap writes colours to any terminal.
    for variable in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "COLORTERM", "CI"] {
        command.env_remove(variable);
    }
    command
        .env("TERM", "xterm-256color")
        .envs(environment.iter().copied());
    let output = command.output().ok()?;
    Some(String::from_utf8(output.stdout).unwrap())
}

/// Whether a text sets a colour: an escape sequence that ends in `m` and is more than a reset, bold or
/// underlining.
fn has_colours(text: &str) -> bool {
    let sequences = text.split("\x1b[").skip(1);
    sequences
        .filter_map(|rest| rest.split_once('m'))
        .any(|(code, _)| {
            let mut codes = code.split(';').map(|code| code.parse::<u8>());
            codes.any(|code| code.is_ok_and(|code| (30..=107).contains(&code)))
        })
}

#[cfg(target_os = "linux")]
#[test]
fn colours_are_for_terminals_that_have_them_and_for_users_who_want_them() {
    let folder = tempdir().unwrap();
    let train = |name: &str| {
        let run = folder.path().join(name);
        format!("train {QUICK} --epochs 2 --out {}", run.display())
    };
    let Some(plain) = on_a_terminal(&train("colours"), &[]) else {
        println!("skipped: there is no `script` to make a terminal with");
        return;
    };
    // The bar, and an error of the command line.
    assert!(has_colours(&plain), "{plain:?}");
    assert!(has_colours(&on_a_terminal("train --lr", &[]).unwrap()));
    for (name, variable) in [("none", ("NO_COLOR", "1")), ("dumb", ("TERM", "dumb"))] {
        for words in [&train(name), "train --lr", "train --help", "backends"] {
            let said = on_a_terminal(words, &[variable]).unwrap();
            assert!(!has_colours(&said), "{variable:?} {words}: {said:?}");
            assert!(
                name != "dumb" || !said.contains('\x1b'),
                "{words}: {said:?}"
            );
        }
    }
    let quiet = on_a_terminal(&format!("-q {}", train("quiet")), &[]).unwrap();
    assert_eq!(
        quiet.trim_end(),
        folder.path().join("quiet").to_str().unwrap()
    );
}

#[test]
fn an_event_file_for_tensorboard_is_written_as_asked_for_and_again_where_a_run_goes_on() {
    let folder = tempdir().unwrap();
    let run = trained(
        folder.path(),
        "run",
        &format!("{QUICK} --epochs 1 --tensorboard"),
    );
    let events = |folder: &Path| {
        let names = names(folder).into_iter();
        names
            .filter(|name| name.starts_with("events.out.tfevents."))
            .count()
    };
    assert_eq!(events(&run), 1);
    let apart = folder.path().join("apart");
    let words = format!(
        "train --epochs 2 --tensorboard={} --resume",
        apart.display()
    );
    succeeds(&words, &run);
    assert_eq!((events(&run), events(&apart)), (1, 1));
    // Epochs that were done without one are in the first that is written: two, with a version and a start.
    let bytes = contents(&apart).into_values().next().unwrap();
    let tag = b"accuracy/test";
    assert_eq!(bytes.windows(tag.len()).filter(|at| at == tag).count(), 2);
    let words = "export --format tensorboard --weights best";
    refused_at(words, &run, &["no weights: leave --weights out"]);
    succeeds("export --format tensorboard", &run);
    assert_eq!(events(&run), 2);
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
