//! Options by their names on the command line, which the library does not know: its sentences name settings as its own
//! fields in quotes, ‘learning_rate’, and here they become options, --lr.

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

/// A sentence of the library's with the options of the settings that it names in quotes: "‘batch_size’ 0 …" as
/// "--batch-size 0 …". Names in other quotes are not the library's own: `seed` may be a file's or a user's word.
pub(super) fn in_options(sentence: &str) -> String {
    let known = OPTIONS.get();
    let option = |setting: &str| known.and_then(|options| options.get(setting));
    let mut said = String::new();
    let mut rest = sentence;
    while let Some((before, after)) = rest.split_once('‘') {
        said += before;
        match after
            .split_once('’')
            .map(|(name, after)| (option(name), after))
        {
            Some((Some(option), after)) => {
                said += option;
                rest = after;
            }
            _ => {
                said.push('‘');
                rest = after;
            }
        }
    }
    said + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Cli;
    use clap::CommandFactory;

    #[test]
    fn settings_become_options_and_other_quoted_words_stay() {
        know(&Cli::command());
        for (sentence, expected) in [
            (
                "‘batch_size’ 0 holds no image",
                "--batch-size 0 holds no image",
            ),
            (
                "‘weight_decay’ 3 times ‘learning_rate’ 1",
                "--weight-decay 3 times --lr 1",
            ),
            ("missing field `seed`", "missing field `seed`"),
            ("no model is called ‘resent’", "no model is called ‘resent’"),
            (
                "one ‘ alone, then ‘limit’ and ‘lim",
                "one ‘ alone, then --limit and ‘lim",
            ),
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
