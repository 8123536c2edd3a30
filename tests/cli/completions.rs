//! `zoo completions`.

use super::support::*;
use std::fs;
use std::process::Command;
use tempfile::tempdir;

#[test]
fn every_shell_has_a_script_that_completes_what_is_not_hidden() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = output_of(&mut zoo(&format!("completions {shell}")));
        assert_says(&script, &["visualize", "valid-fraction", "completions"]);
        for hidden in ["publish", "standard input holds"] {
            assert!(!script.contains(hidden), "{hidden} in {shell}");
        }
    }
    let help = output_of(&mut zoo("completions --help"));
    assert_says(
        &help,
        &["~/.zfunc/_zoo", "fish/completions/zoo.fish", "Examples:"],
    );
}

#[cfg(unix)]
#[test]
fn bash_completes_commands_options_and_names() {
    let folder = tempdir().unwrap();
    let script = folder.path().join("zoo.bash");
    fs::write(&script, output_of(&mut zoo("completions bash"))).unwrap();
    let bash = |line: &str| Command::new("bash").args(["-c", line]).output();
    let Ok(checked) = bash(&format!("bash -n {}", script.display())) else {
        println!("skipped: there is no bash");
        return;
    };
    assert!(checked.status.success(), "{checked:?}");
    for (words, completed) in [
        ("zoo tr", "train"),
        ("zoo train cnn-m", "cnn-maxpool"),
        ("zoo train --backend fl", "flex"),
        ("zoo parity mlp-relu --dataset cif", "cifar-10"),
        (
            "zoo predict mlp-relu-3.fashion-mnist.l",
            "mlp-relu-3.fashion-mnist.lecture",
        ),
        ("zoo evaluate --pred", "--predictions"),
        ("zoo publ", ""),
    ] {
        let [.., before, last] = words.split(' ').collect::<Vec<_>>()[..] else {
            unreachable!("two words or more");
        };
        let count = words.split(' ').count() - 1;
        let line = format!(
            "source {}; COMP_WORDS=({words}); COMP_CWORD={count}; _zoo zoo '{last}' '{before}'; echo ${{COMPREPLY[@]}}",
            script.display()
        );
        let output = bash(&line).unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        assert_eq!(
            said.trim(),
            completed,
            "{words}: {:?}",
            String::from_utf8(output.stderr)
        );
    }
}
