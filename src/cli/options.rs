//! Options by their names on the command line, which the library does not know: its sentences name settings as its own
//! fields, `learning_rate`, and here they become options, --lr.

use clap::Command;
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// The option of each setting, by the setting's name.
static OPTIONS: OnceLock<BTreeMap<String, String>> = OnceLock::new();

/// Learns the options of a program's commands.
pub(super) fn know(program: &Command) {
    let mut options = BTreeMap::new();
    add(program, &mut options);
    let _ = OPTIONS.set(options);
}

fn add(command: &Command, options: &mut BTreeMap<String, String>) {
    for arg in command.get_arguments() {
        if let Some(long) = arg.get_long() {
            options.insert(arg.get_id().to_string(), format!("--{long}"));
        }
    }
    for command in command.get_subcommands() {
        add(command, options);
    }
}

/// A sentence of the library's with the options of the settings that it names: "`batch_size` 0 …" as
/// "--batch-size 0 …".
pub(super) fn in_options(sentence: &str) -> String {
    let known = OPTIONS.get();
    let option = |setting: &str| known.and_then(|options| options.get(setting));
    let mut parts = sentence.split('`');
    let mut said = parts.next().unwrap_or_default().to_owned();
    // Whether a part stands between two backticks; the second of a setting's is left out with the first.
    let mut is_quoted = true;
    let mut parts = parts.peekable();
    while let Some(part) = parts.next() {
        let closes = parts.peek().is_some();
        match option(part).filter(|_| is_quoted && closes) {
            Some(option) => {
                said += option;
                said += parts.next().unwrap_or_default();
            }
            None => {
                said.push('`');
                said += part;
                is_quoted = !is_quoted;
            }
        }
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Cli;
    use clap::CommandFactory;

    #[test]
    fn settings_become_options_and_other_words_in_backticks_stay() {
        know(&Cli::command());
        for (sentence, expected) in [
            (
                "`batch_size` 0 holds no image",
                "--batch-size 0 holds no image",
            ),
            (
                "`weight_decay` 3 times `learning_rate` 1",
                "--weight-decay 3 times --lr 1",
            ),
            (
                "run `zoo publish` with `out` x",
                "run `zoo publish` with --out x",
            ),
            ("no model is called `resent`", "no model is called `resent`"),
            ("one ` alone, then `lim", "one ` alone, then `lim"),
        ] {
            assert_eq!(in_options(sentence), expected);
        }
    }

    #[test]
    fn a_setting_has_one_option_whichever_command_it_is_of() {
        fn check(command: &Command, options: &BTreeMap<String, String>) {
            for arg in command.get_arguments() {
                if let Some(long) = arg.get_long() {
                    assert_eq!(options[arg.get_id().as_str()], format!("--{long}"));
                }
            }
            for command in command.get_subcommands() {
                check(command, options);
            }
        }
        let mut options = BTreeMap::new();
        add(&Cli::command(), &mut options);
        check(&Cli::command(), &options);
    }
}
