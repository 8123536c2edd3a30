//! `zoo job`: the protocol between a command and the child processes that work for it.

use crate::support::*;
use serde_json::{Value, json};
use std::io::Write;
use std::process::{Output, Stdio};

/// The output of a child that gets this job.
fn job(job: &str) -> Output {
    let mut command = zoo("job");
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(job.as_bytes()).unwrap();
    drop(input);
    child.wait_with_output().unwrap()
}

#[test]
fn a_probe_reports_each_device_as_an_event_and_then_ends_with_a_result() {
    let output = job(r#"{"probe":{"backend":"flex"}}"#);
    assert!(output.status.success(), "{output:?}");
    let lines = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines[0]["event"]["id"], "cpu");
    assert_eq!(lines[1..], [json!({ "result": null })]);
}

#[test]
fn a_job_that_is_unknown_or_fails_is_one_sentence_and_a_failure() {
    let place = r#""place":{"backend":"flex","device":"tpu:0"}"#;
    let bench = format!(
        r#"{{"bench":{{"model":"mlp-relu",{place},"dataset":{{"name":"synthetic"}},"batch_size":4,"conv":"auto",
        "seconds":1,"first_step_only":true,"layers":false,"started":{{"secs_since_epoch":0,"nanos_since_epoch":0}}}}}}"#
    );
    for (text, expected) in [
        ("", "holds no job for this program"),
        (r#"{"dance":{}}"#, "unknown variant `dance`"),
        (
            r#"{"probe":{"backend":"flax"}}"#,
            "no backend is called `flax`",
        ),
        (&bench, "no device `tpu:0`"),
    ] {
        let output = job(text);
        assert_eq!(output.status.code(), Some(1), "{text}");
        assert!(output.stdout.is_empty(), "{output:?}");
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(error.lines().count(), 1, "{error}");
        assert_says(&error, &["error: ", expected]);
    }
}
