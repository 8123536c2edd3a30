//! The command line: one file a command.

mod backends;
mod bench;
mod data;
mod evaluate;
mod export;
mod import;
mod list;
mod model;
mod parity;
mod predict;
mod publish;
mod recipe;
mod summary;
mod train;
mod visualize;

use crate::{backend, memory};
use clap::{Parser, Subcommand};
use std::error::Error;
use std::io::Write;
use std::panic;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;

/// Train and compare the MLPs and CNNs of a lecture on any Burn backend.
#[derive(Parser)]
#[command(
    name = "zoo",
    version,
    propagate_version = true,
    arg_required_else_help = true
)]
struct Cli {
    /// Threads to compute with on the CPU [default: one a core]
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    threads: Option<u16>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Train a model
    Train(train::Args),
    /// Measure a trained model: loss, accuracy, each class, confusion matrix
    Evaluate(evaluate::Args),
    /// Tell what a trained model says of pictures
    Predict(predict::Args),
    /// Draw what a trained model has learned, how it sees an image, and where it errs
    Visualize(visualize::Args),
    /// Take over weights from PyTorch, as a run
    Import(import::Args),
    /// Write a trained model for ONNX or Burn, or its weights for PyTorch
    Export(export::Args),
    /// Check that the backends compute the same function, in their gradients too
    Parity(parity::Args),
    /// Measure how fast models train and answer
    Bench(bench::Args),
    /// List the models with their recipes
    List(list::Args),
    /// Show a model's layers and parameters
    Summary(summary::Args),
    /// List the backends and their devices
    Backends(backends::Args),
    /// Fetch, verify or find a data set
    Data(data::Args),
    /// Put runs' weights into the models' crate, with their list and cards: for the zoo's makers
    #[command(hide = true)]
    Publish(publish::Args),
}

/// What a command ends with: its exit code, or why it failed.
type Outcome = Result<ExitCode, Box<dyn Error>>;

/// Runs the command line and tells the program's exit code: 0; 1 for an error, said in one
/// sentence; 2 for a command line that makes no sense; 130 for an interrupted training.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    memory::keep_freed();
    if let Some(threads) = cli.threads {
        backend::set_threads(threads.into());
    }
    if !matches!(&cli.command, Command::Backends(args) if args.is_probe()) {
        panic::set_hook(Box::new(remember_panic));
    }
    let outcome = panic::catch_unwind(panic::AssertUnwindSafe(|| match cli.command {
        Command::Train(args) => train::run(args),
        Command::Evaluate(args) => evaluate::run(args),
        Command::Predict(args) => predict::run(args),
        Command::Visualize(args) => visualize::run(args),
        Command::Import(args) => import::run(args),
        Command::Export(args) => export::run(args),
        Command::Parity(args) => parity::run(args),
        Command::Bench(args) => bench::run(args),
        Command::List(args) => list::run(args),
        Command::Summary(args) => summary::run(args),
        Command::Backends(args) => backends::run(args),
        Command::Data(args) => data::run(args),
        Command::Publish(args) => publish::run(args),
    }));
    match outcome {
        Ok(Ok(code)) => code,
        Ok(Err(error)) => fail(&error.to_string()),
        Err(_) => {
            let first = FIRST_PANIC.lock().ok().and_then(|mut panic| panic.take());
            fail(&format!(
                "the computation failed inside Burn or its backend: {}",
                first.unwrap_or_default()
            ))
        }
    }
}

fn fail(sentence: &str) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "error: {sentence}");
    ExitCode::FAILURE
}

/// The message of the first panic: those that follow in other threads are its consequences.
static FIRST_PANIC: Mutex<Option<String>> = Mutex::new(None);

fn remember_panic(info: &panic::PanicHookInfo<'_>) {
    if let Ok(mut first) = FIRST_PANIC.lock() {
        first.get_or_insert_with(|| {
            let payload = info.payload();
            let message = payload
                .downcast_ref::<&str>()
                .map(|message| (*message).to_owned())
                .or_else(|| payload.downcast_ref::<String>().cloned())
                .unwrap_or_default();
            let place = info.location().map(|place| format!(" ({place})"));
            let message: Vec<_> = message.split_whitespace().collect();
            format!("{}{}", message.join(" "), place.unwrap_or_default())
        });
    }
}

/// Writes to standard output, whose reader may have left.
fn print(text: &str) {
    let _ = std::io::stdout().write_all(text.as_bytes());
}

/// Writes a remark to standard error.
fn warn(text: &str) {
    let _ = writeln!(std::io::stderr(), "warning: {text}");
}

fn print_json(value: &impl serde::Serialize) -> Result<(), Box<dyn Error>> {
    print(&format!("{}\n", serde_json::to_string_pretty(value)?));
    Ok(())
}

/// This program's own path, for [`crate::backend`] to probe drivers in a child process.
fn own_path() -> PathBuf {
    std::env::current_exe().unwrap_or_else(|_| "zoo".into())
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
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
