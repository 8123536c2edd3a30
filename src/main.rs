fn main() -> std::process::ExitCode {
    burn_zoo::cli::main()
}
