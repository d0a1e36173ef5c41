//! The command `player`: names the work and turns its outcome into an exit code.

use clap::Parser;
use player::cli::{Args, CliCommand, CommandFailure, out};
use player::{cli, export, headless, replay, simulate, ui};
use std::process::ExitCode;

fn main() -> ExitCode {
    if let Err(failure) = cli::secrets::guard(std::env::args_os().collect()) {
        return out::failed(&failure);
    }
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(answer) => return out::usage(&answer),
    };
    match cli::descriptors::check().and_then(|()| run(&args)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => out::failed(&failure),
    }
}

fn run(args: &Args) -> Result<(), CommandFailure> {
    match &args.command {
        Some(CliCommand::Simulate(simulation)) => simulate::run(simulation),
        Some(CliCommand::Replay { report }) => replay::run(report),
        Some(CliCommand::Completions { shell }) => cli::manual::complete(*shell),
        Some(CliCommand::Manual { folder }) => cli::manual::write(folder),
        Some(CliCommand::Export { report, output }) => export::run(report, output),
        Some(CliCommand::Compare { reports, output }) => export::compare(reports, output.as_deref()),
        Some(CliCommand::Inspect { source, json, allow_private, headers }) => {
            cli::look::run(source, *json, cli::source::fetching(headers, *allow_private, None)?)
        }
        None if args.play.headless => headless::run(&args.play),
        None => ui::command::run(&args.play),
    }
}
