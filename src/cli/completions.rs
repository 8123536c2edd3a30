use super::{Cli, Outcome, print};
use burn_zoo::backend::BACKENDS;
use burn_zoo::data::DATASETS;
use burn_zoo_models::{MODELS, Weights};
use clap::builder::PossibleValuesParser;
use clap::{Arg, Command, CommandFactory, ValueHint};
use clap_complete::Shell;
use std::process::ExitCode;

const INSTALL: &str = "\
To have them in every new shell:
  bash        zoo completions bash > ~/.local/share/bash-completion/completions/zoo
              (the folder must be there, and the package bash-completion installed)
  zsh         zoo completions zsh > ~/.zfunc/_zoo
              (with `fpath+=~/.zfunc` in ~/.zshrc, before compinit)
  fish        zoo completions fish > ~/.config/fish/completions/zoo.fish
  elvish      zoo completions elvish > ~/.config/elvish/lib/zoo.elv
              (with `use zoo` in ~/.config/elvish/rc.elv)
  powershell  zoo completions powershell >> $PROFILE

Examples:
  source <(zoo completions bash)              # for this shell alone
  zoo train cnn-<TAB>                         # then names the models that begin so";

#[derive(clap::Args)]
#[command(after_long_help = INSTALL)]
pub(super) struct Args {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

pub(super) fn run(args: Args) -> Outcome {
    let mut command = completed(&Cli::command(), args.shell);
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, "zoo", &mut script);
    print(&String::from_utf8_lossy(&script));
    Ok(ExitCode::SUCCESS)
}

/// The command without what is hidden, which the generators would show, and with the names that its
/// arguments take. (Were those known to the parser, it would refuse others in clap's words instead of
/// ours, which name a remedy.)
fn completed(command: &Command, shell: Shell) -> Command {
    let args = command.get_arguments().filter(|arg| !arg.is_hide_set());
    let args = args.map(|arg| {
        let values = values(command.get_name(), arg, shell);
        let hint = hint(arg);
        let arg = arg.clone().value_hint(hint);
        match values.as_slice() {
            [] => arg,
            _ => arg.value_parser(PossibleValuesParser::new(values)),
        }
    });
    let commands = command.get_subcommands();
    let commands = commands
        .filter(|command| !command.is_hide_set())
        .map(|command| completed(command, shell));
    // Clap keeps names for as long as the program runs.
    let name: &'static str = command.get_name().to_owned().leak();
    Command::new(name)
        .about(command.get_about().cloned().unwrap_or_default())
        .version(env!("CARGO_PKG_VERSION"))
        .args(args)
        .subcommands(commands)
}

/// The names that an argument of a command takes, where they are known; it may take others.
fn values(command: &str, arg: &Arg, shell: Shell) -> Vec<&'static str> {
    let backends = || BACKENDS.iter().filter(|spec| spec.built_in);
    let backends = |first| [first].into_iter().chain(backends().map(|spec| spec.id));
    match (arg.get_id().as_str(), command) {
        ("model" | "run", "evaluate" | "export" | "predict" | "visualize") => match shell {
            // Where it has names, it offers no files, and so no run folders.
            Shell::Zsh => Vec::new(),
            _ => Weights::ALL.iter().map(|weights| weights.id).collect(),
        },
        ("model" | "models", _) => MODELS.iter().map(|spec| spec.id).collect(),
        ("backend", _) => backends("auto").collect(),
        ("backends", _) => backends("all").collect(),
        ("dataset", _) => DATASETS.iter().map(|spec| spec.id.as_str()).collect(),
        _ => Vec::new(),
    }
}

/// Whether an argument is a file or a folder.
fn hint(arg: &Arg) -> ValueHint {
    let value = arg.get_value_names().and_then(|names| names.first());
    match value.map(|name| name.as_str()) {
        Some("DIR") => ValueHint::DirPath,
        Some("FILE") => ValueHint::FilePath,
        _ => arg.get_value_hint(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all_of(command: &Command) -> Vec<&Command> {
        let below = command.get_subcommands().flat_map(all_of);
        [command].into_iter().chain(below).collect()
    }

    #[test]
    fn every_argument_for_a_model_a_backend_or_data_is_given_their_names() {
        let command = completed(&Cli::command(), Shell::Bash);
        let mut given = 0;
        for command in all_of(&command) {
            for arg in command.get_arguments() {
                let id = arg.get_id().as_str();
                if ["model", "models", "run", "backend", "backends", "dataset"].contains(&id) {
                    let values = arg.get_possible_values();
                    assert!(!values.is_empty(), "{} {id}", command.get_name());
                    given += 1;
                }
            }
        }
        assert!(given > 15, "{given}");
    }

    #[test]
    fn what_is_hidden_is_not_completed_and_all_else_is() {
        let whole = Cli::command();
        let completed = completed(&whole, Shell::Bash);
        let mut hidden = 0;
        for command in all_of(&whole) {
            let kept = all_of(&completed)
                .into_iter()
                .find(|kept| kept.get_name() == command.get_name());
            assert_eq!(kept.is_none(), command.is_hide_set());
            hidden += usize::from(kept.is_none());
            let Some(kept) = kept else { continue };
            for arg in command.get_arguments() {
                let is_kept = kept
                    .get_arguments()
                    .any(|kept| kept.get_id() == arg.get_id());
                let place = format!("{} {}", command.get_name(), arg.get_id());
                assert_eq!(is_kept, !arg.is_hide_set(), "{place}");
                hidden += usize::from(!is_kept);
            }
        }
        // `zoo publish` and `zoo job`.
        assert!(hidden >= 2, "{hidden}");
    }
}
