//! The program: reads the command line, runs one command, turns its failure into a sentence and an exit code.

use clap::Parser;
use packager::cli::Cli;
use packager::out;
use packager::protection::secrets;
use std::process::ExitCode;

fn main() -> ExitCode {
    if let Err(failure) = secrets::guard(std::env::args_os().collect()) {
        return out::failed(&failure);
    }
    shared_av::quiet_encoders();
    let command = match Cli::try_parse() {
        Ok(command) => command,
        Err(answer) => return out::usage(&answer),
    };
    match command.run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => out::failed(&failure),
    }
}
