use super::*;

/// Longer than any of these commands takes, however busy the machine is.
const LONG: Duration = Duration::from_secs(600);

fn shell(script: &str) -> Ended {
    run(Command::new("sh").args(["-c", script]), LONG)
}

#[test]
fn the_output_of_a_child_is_read_to_its_end() {
    let ended = shell("seq 100000; seq 100000 >&2");
    assert_eq!(ended.trouble, None);
    assert_eq!(ended.stdout.lines().count(), 100_000);
}

#[test]
fn a_failure_is_reported_with_the_last_line_of_standard_error() {
    let ended = shell("echo first >&2; echo error: the driver is gone >&2; exit 3");
    assert_eq!(
        ended.trouble.unwrap(),
        "ended with exit status: 3: the driver is gone"
    );
    let ended = shell("echo chatter >&2; kill -SEGV $$");
    assert_eq!(ended.trouble.unwrap(), "ended with signal: 11 (SIGSEGV)");
    let ended = shell("echo no memory >&2; kill -ABRT $$");
    let trouble = ended.trouble.unwrap();
    assert!(trouble.starts_with("ended with signal: 6") && trouble.ends_with(": no memory"));
}

#[test]
fn each_line_is_passed_on_as_it_comes_and_an_unfinished_last_line_is_kept() {
    let mut lines = Vec::new();
    let mut command = Command::new("sh");
    command.args(["-c", "echo one; sleep 0.2; echo two; printf three"]);
    let each = |line: &str| lines.push(line.to_owned());
    let ended = watch(&mut command, "", LONG, each, || false);
    assert_eq!(lines, ["one", "two"]);
    assert_eq!(ended.stdout, "one\ntwo\nthree");
}

#[test]
fn a_child_that_is_asked_to_stop_has_time_to_save_its_work() {
    let mut command = Command::new("sh");
    let script = "trap 'echo kept; exit 130' INT; echo begun; while true; do sleep 0.1; done";
    command.args(["-c", script]);
    let begun = std::cell::Cell::new(false);
    let each = |_: &str| begun.set(true);
    let ended = watch(&mut command, "", LONG, each, || begun.get());
    assert_eq!(ended.stdout, "begun\nkept\n");
    assert_eq!(ended.trouble.unwrap(), "ended with exit status: 130");
}

#[test]
fn a_child_can_be_asked_to_stop_even_if_its_parent_ignores_ctrl_c() {
    // A shell starts its background jobs like this.
    // SAFETY: no handler of this program is installed.
    let before = unsafe { libc::signal(libc::SIGINT, libc::SIG_IGN) };
    let mut command = Command::new("sh");
    command.args(["-c", "echo begun; exec sleep 10000"]);
    let begun = std::cell::Cell::new(false);
    let ended = watch(&mut command, "", LONG, |_| begun.set(true), || begun.get());
    // SAFETY: as above.
    unsafe { libc::signal(libc::SIGINT, before) };
    assert_eq!(ended.trouble.unwrap(), "ended with signal: 2 (SIGINT)");
}

#[test]
fn the_last_output_is_kept_even_if_it_is_read_long_after_the_child_ended() {
    let folder = tempfile::tempdir().unwrap();
    let last = folder.path().join("last");
    let mut command = Command::new("sh");
    let script = r#"echo begun; seq 1000; echo kept; echo why >&2; : > "$0"; exit 3"#;
    command.args(["-c", script]).arg(&last);
    let each = |line: &str| {
        // The reader is held up until the child has written everything and ended.
        if line == "begun" {
            while !last.exists() {
                std::thread::sleep(Duration::from_millis(1));
            }
            std::thread::sleep(Duration::from_millis(1500));
        }
    };
    let ended = watch(&mut command, "", LONG, each, || false);
    assert_eq!(ended.stdout.lines().count(), 1002);
    assert!(ended.stdout.ends_with("1000\nkept\n"), "{}", ended.stdout);
    assert_eq!(ended.trouble.unwrap(), "ended with exit status: 3: why");
}

#[test]
fn a_grandchild_that_keeps_the_output_open_is_not_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let mut holder = String::new();
    let mut command = Command::new("sh");
    // The grandchild prints its process id and then writes without end.
    let script = r#"sh -c 'echo $$; : > "$0"; exec yes' "$0" &
        while [ ! -e "$0" ]; do sleep 0.01; done"#;
    command
        .args(["-c", script])
        .arg(folder.path().join("begun"));
    let each = |line: &str| {
        if line.parse::<u32>().is_ok() {
            holder = line.to_owned();
        }
    };
    let ended = watch(&mut command, "", LONG, each, || false);
    assert_eq!(ended.trouble, None);
    let killed = Command::new("kill").arg(&holder).status().unwrap();
    assert!(killed.success(), "the grandchild {holder} had ended before");
}

#[test]
fn a_killed_child_is_reported_as_possibly_out_of_memory() {
    let trouble = shell("kill -KILL $$").trouble;
    let trouble = trouble.unwrap();
    assert!(trouble.starts_with("ended with signal: 9"), "{trouble}");
    assert!(trouble.ends_with("runs out of memory"), "{trouble}");
}

#[test]
fn a_child_that_runs_out_of_time_is_asked_to_save_its_work() {
    let folder = tempfile::tempdir().unwrap();
    let script = r#"trap ': > "$0"; exit 130' INT; echo begun; while true; do sleep 0.1; done"#;
    let kept = folder.path().join("kept");
    // On a busy machine it may take long to begin.
    let limits = [300, 3_000, 30_000, 300_000].map(Duration::from_millis);
    for limit in limits {
        let mut command = Command::new("sh");
        let ended = run(command.args(["-c", script]).arg(&kept), limit);
        let expected = format!("did not end within {} s", limit.as_secs());
        assert_eq!(ended.trouble.unwrap(), expected);
        if !ended.stdout.is_empty() {
            break;
        }
    }
    assert!(kept.exists());
}

#[test]
fn the_longest_time_limit_there_is_counts_as_none() {
    let ended = run(&mut Command::new("true"), Duration::from_secs(u64::MAX));
    assert_eq!(ended.trouble, None);
}

#[test]
fn a_child_that_hangs_is_killed_and_its_output_until_then_is_kept() {
    let hanging = |limit| {
        let mut command = Command::new("sh");
        run(command.args(["-c", "echo one; exec sleep 10000"]), limit)
    };
    // On a busy machine it may take long to print anything.
    let limits = [300, 3_000, 30_000, 300_000].map(Duration::from_millis);
    let mut ends = limits.into_iter().map(|limit| (limit, hanging(limit)));
    let (limit, ended) = ends.find(|(_, ended)| !ended.stdout.is_empty()).unwrap();
    assert_eq!(ended.stdout, "one\n");
    let expected = format!("did not end within {} s", limit.as_secs());
    assert_eq!(ended.trouble.unwrap(), expected);
}

#[test]
fn a_program_that_does_not_exist_is_an_error_and_no_panic() {
    let ended = run(&mut Command::new("/no/such/program"), LONG);
    assert!(ended.trouble.unwrap().starts_with("could not be started"));
}

#[test]
fn a_child_reads_its_input_to_the_end_and_one_that_ignores_it_ends_as_usual() {
    let end = |script: &str| {
        let mut command = Command::new("sh");
        watch(
            command.args(["-c", script]),
            "one\ntwo\n",
            LONG,
            |_| {},
            || false,
        )
    };
    let ended = end("cat; echo end");
    assert_eq!(ended.stdout, "one\ntwo\nend\n");
    let ended = end("exec <&-; echo end");
    assert_eq!((&*ended.stdout, ended.trouble), ("end\n", None));
}
