//! The program: reads the command line, runs one command, turns its failure into a sentence and an exit code.

use clap::Parser;
use packager::cli::Cli;
use std::process::ExitCode;

fn main() -> ExitCode {
    shared_av::quiet_encoders();
    match Cli::parse().run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::from(failure.exit as u8)
        }
    }
}
