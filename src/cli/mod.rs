//! The command line: one file a command.

mod backends;
mod bench;
mod compare;
mod completions;
mod config;
mod data;
mod doctor;
mod evaluate;
mod export;
mod import;
mod interrupt;
mod job;
mod limits;
mod list;
mod model;
mod options;
mod parity;
mod predict;
mod publish;
mod recipe;
mod report;
mod runs;
mod summary;
mod train;
mod tuning;
mod verbosity;
mod visualize;

use burn_zoo::backend::{self, BackendError, Selected};
use burn_zoo::system::output::{self, print};
use burn_zoo::system::{self, memory};
use clap::{CommandFactory, Parser, Subcommand};
use config::ExpandedArgs;
use options::in_options;
use std::error::Error;
use std::io::Write;
use std::panic;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;

const EXAMPLES: &str = "\
Examples:
  zoo doctor                      # first: can this machine train, and on what?
  zoo train                       # the lecture's MLP on Fashion-MNIST
  zoo list                        # the models to choose from
  zoo train cnn-maxpool --epochs 3
  zoo train --help                # every command has examples";

/// Train and compare the MLPs and CNNs of a lecture on any Burn backend.
#[derive(Parser)]
#[command(
    name = "zoo",
    version,
    propagate_version = true,
    arg_required_else_help = true,
    after_help = EXAMPLES
)]
struct Cli {
    /// Number of CPU threads [default: one per core]
    #[arg(long, global = true, value_name = "N", value_parser = threads)]
    threads: Option<usize>,
    #[command(flatten)]
    verbosity: verbosity::Verbosity,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Train a model
    Train(train::Args),
    /// Evaluate a trained model: loss, accuracy, per-class scores, confusion matrix
    Evaluate(evaluate::Args),
    /// Classify image files
    Predict(predict::Args),
    /// Draw a trained model's weights, feature maps and worst mistakes
    Visualize(visualize::Args),
    /// Import weights from PyTorch as a run
    Import(import::Args),
    /// Export a trained model to ONNX or Burn, or its weights to PyTorch
    Export(export::Args),
    /// Check that the backends compute the same function and the same gradients
    Parity(parity::Args),
    /// Measure the speed of training and inference
    Bench(bench::Args),
    /// Compare backends: speed, memory, accuracy and parity side by side
    Compare(compare::Args),
    /// Write an HTML report of runs or of a comparison
    Report(report::Args),
    /// List the runs and their progress
    Runs(runs::Args),
    /// List the models with their recipes
    List(list::Args),
    /// Show a model's layers and parameters
    Summary(summary::Args),
    /// List the backends and their devices
    Backends(backends::Args),
    /// Download, verify or locate a data set
    Data(data::Args),
    /// Check whether this machine can train, and what to do if it cannot
    Doctor(doctor::Args),
    /// Print a script for shell completion
    Completions(completions::Args),
    /// Publish the weights of runs in the models crate (for developers of the zoo)
    #[command(hide = true)]
    Publish(publish::Args),
    /// Do the job that standard input holds, for a command that does it in a process of its own
    #[command(hide = true)]
    Job,
}

/// A number of threads that the machine can be expected to run.
fn threads(text: &str) -> Result<usize, String> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let most = (8 * cores).max(64);
    let threads = text.parse().ok();
    let threads = threads.filter(|threads| (1..=most).contains(threads));
    threads.ok_or_else(|| format!("on {cores} cores it must be a number from 1 to {most}"))
}

/// The exit code of a command, or why it failed.
type Outcome = Result<ExitCode, Box<dyn Error>>;

/// Runs the command line and returns the program's exit code: 0; 1 for an error, printed as one sentence; 2 for
/// invalid arguments; 130 for an interrupted training.
pub fn main() -> ExitCode {
    let words = match ExpandedArgs::of(Cli::command(), std::env::args_os().collect()) {
        Ok(words) => words,
        Err(error) => return fail(&error.to_string()),
    };
    let cli = match Cli::try_parse_from(&words.all) {
        Ok(cli) => cli,
        Err(error) if error.use_stderr() => error.exit(),
        // Help, or the version.
        Err(asked_for) => {
            output::note(asked_for.print());
            return ended(ExitCode::SUCCESS);
        }
    };
    options::know(&Cli::command());
    cli.verbosity.choose();
    memory::keep_freed();
    limits::outlive_large_files();
    if let Some(threads) = cli.threads {
        backend::set_threads(threads);
    }
    panic::set_hook(Box::new(remember_panic));
    let outcome = panic::catch_unwind(panic::AssertUnwindSafe(|| match cli.command {
        Command::Train(args) => train::run(args),
        Command::Evaluate(args) => evaluate::run(args),
        Command::Predict(args) => predict::run(args),
        Command::Visualize(args) => visualize::run(args),
        Command::Import(args) => import::run(args),
        Command::Export(args) => export::run(args),
        Command::Parity(args) => parity::run(args),
        Command::Bench(args) => bench::run(args),
        Command::Compare(args) => compare::run(args),
        Command::Report(args) => report::run(args),
        Command::Runs(args) => runs::run(args),
        Command::List(args) => list::run(args),
        Command::Summary(args) => summary::run(args),
        Command::Backends(args) => backends::run(args),
        Command::Data(args) => data::run(args),
        Command::Doctor(args) => doctor::run(args),
        Command::Completions(args) => completions::run(args),
        Command::Publish(args) => publish::run(args),
        Command::Job => job::run(),
    }));
    match outcome {
        Ok(Ok(code)) => ended(code),
        Ok(Err(error)) => {
            let sentence = in_options(&error.to_string());
            let sentence = limits::explained(&sentence).map_or(sentence, String::from);
            match words.place(&sentence) {
                Some(place) => fail(&format!("{place}: {sentence}")),
                None => fail(&sentence),
            }
        }
        Err(_) => {
            let first = FIRST_PANIC.lock().ok().and_then(|mut panic| panic.take());
            let first = first.unwrap_or_default();
            match limits::explained(&first) {
                Some(sentence) => fail(sentence),
                None => fail(&format!(
                    "the computation failed inside Burn or its backend: {first}"
                )),
            }
        }
    }
}

/// The exit code of a command that did its work: an error where its output did not arrive.
fn ended(code: ExitCode) -> ExitCode {
    match output::failure() {
        Some(sentence) => fail(&sentence),
        None => code,
    }
}

fn fail(sentence: &str) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "error: {}", visible(sentence));
    ExitCode::FAILURE
}

/// The message of the first panic: those that follow in other threads are its consequences.
static FIRST_PANIC: Mutex<Option<String>> = Mutex::new(None);

fn remember_panic(info: &panic::PanicHookInfo<'_>) {
    if let Ok(mut first) = FIRST_PANIC.lock() {
        first.get_or_insert_with(|| {
            let message = system::message(info.payload());
            let place = info.location().map(|place| format!(" ({place})"));
            format!("{message}{}", place.unwrap_or_default())
        });
    }
}

/// Writes a warning to standard error.
fn warn(text: &str) {
    if verbosity::is_silent() {
        return;
    }
    let _ = writeln!(std::io::stderr(), "warning: {}", visible(&in_options(text)));
}

/// A line in which control characters, as names of files may hold, are written as `\n` or `\u{1b}`: they would end the
/// line, or change how the terminal shows it. So would characters that turn the direction of writing.
fn visible(line: &str) -> String {
    let turns = |letter| matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let shown = |letter: char| match letter.is_control() || turns(letter) {
        true => letter.escape_default().to_string(),
        false => letter.to_string(),
    };
    line.chars().map(shown).collect()
}

fn print_json(value: &impl serde::Serialize) -> Result<(), Box<dyn Error>> {
    let json = serde_json::to_string_pretty(value)?;
    print(&format!("{}\n", in_options(&json)));
    Ok(())
}

/// This program's own path, for its child processes.
fn own_path() -> PathBuf {
    std::env::current_exe().unwrap_or_else(|_| "zoo".into())
}

/// The backend and device that an option asks for.
fn select(backend: &str, device: Option<&str>) -> Result<Selected, BackendError> {
    backend::select(backend, device, Some(&own_path()))
}

/// A path as a shell takes it.
fn quoted(path: &Path) -> String {
    let path = path.display().to_string();
    let plain = |c: char| c.is_alphanumeric() || "/._-+=:,@%".contains(c);
    match path.chars().all(plain) {
        true => path,
        false => format!("'{}'", path.replace('\'', r"'\''")),
    }
}

/// A table with aligned columns, without frames.
fn table(header: &[&str]) -> comfy_table::Table {
    let mut table = comfy_table::Table::new();
    table
        .load_preset(comfy_table::presets::NOTHING)
        .set_content_arrangement(comfy_table::ContentArrangement::Disabled)
        .set_header(header.iter().copied());
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    table
}

/// A table's lines without the spaces that fill them up.
fn trimmed(table: &comfy_table::Table) -> String {
    let lines = table.lines().map(|line| format!("{}\n", line.trim_end()));
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_shown_as_what_they_are() {
        for (line, expected) in [
            ("Ärger – 1×2 “x”", "Ärger – 1×2 “x”"),
            ("a\nb\t\u{1b}[31m", r"a\nb\t\u{1b}[31m"),
            ("a\u{202e}gnp", r"a\u{202e}gnp"),
        ] {
            assert_eq!(visible(line), expected);
        }
    }

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    /// The command lines below "Examples:" in a command's help.
    fn examples(command: &clap::Command) -> Vec<String> {
        let help = command.get_after_long_help().or(command.get_after_help());
        let help = help.map(ToString::to_string).unwrap_or_default();
        let lines = help.lines().skip_while(|line| *line != "Examples:").skip(1);
        let lines = lines.take_while(|line| !line.is_empty());
        lines
            .map(|line| {
                let words = line.find("zoo ").map_or("", |index| &line[index..]);
                let words = words.split(['#', '<', '>', ')', '|']).next();
                words.unwrap_or_default().to_owned()
            })
            .collect()
    }

    #[test]
    fn every_command_has_examples_and_each_is_one_that_the_program_takes() {
        let program = Cli::command();
        let commands = program.get_subcommands().filter(|it| !it.is_hide_set());
        for command in commands.chain([&program]) {
            let examples = examples(command);
            let name = command.get_name();
            assert!((2..=6).contains(&examples.len()), "{name}: {examples:?}");
            for example in examples {
                let words = example.split_whitespace();
                if let Err(error) = program.clone().try_get_matches_from(words) {
                    let asked_for = error.kind() == clap::error::ErrorKind::DisplayHelp;
                    assert!(asked_for, "{name}: {example:?}: {error}");
                }
            }
        }
    }
}
