//! The program: reads the command line, runs one command, turns its failure into a sentence and an exit code.

use clap::Parser;
use packager::cli::Cli;
use packager::out;
use std::process::ExitCode;

fn main() -> ExitCode {
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
