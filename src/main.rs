//! The program `zoo`: the command line over the library [`burn_zoo`].

mod cli;

fn main() -> std::process::ExitCode {
    cli::main()
}
