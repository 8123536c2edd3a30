#![no_main]
//! Options from a TOML file.

// The program's own file, as the library has no command line.
#[allow(dead_code)]
#[path = "../../../src/cli/config.rs"]
mod config;

use burn_zoo_fuzz::file;
use clap::{Arg, ArgAction, Command, value_parser};
use libfuzzer_sys::fuzz_target;
use std::ffi::OsString;

fn command() -> Command {
    let make = Command::new("make")
        .arg(Arg::new("models").required(true).num_args(1..))
        .arg(Arg::new("lr").long("lr").value_parser(value_parser!(f64)))
        .arg(Arg::new("seed").long("seed").value_parser(value_parser!(u64)))
        .arg(Arg::new("backends").long("backends").value_delimiter(','))
        .arg(Arg::new("json").long("json").action(ArgAction::SetTrue))
        .arg(Arg::new("config").long("config"));
    Command::new("program").subcommand(make)
}

fuzz_target!(|bytes: &[u8]| {
    let file = file("options.toml", bytes);
    let words = ["program", "make", "--config"].map(OsString::from);
    let words = words.into_iter().chain([file.into()]).collect();
    match config::ExpandedArgs::of(command(), words) {
        Ok(words) => {
            let all = words.all.clone();
            if let Err(error) = command().try_get_matches_from(all) {
                words.place(&error.to_string());
            }
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
