//! The command `player`: names the work and turns its outcome into an exit code.

use clap::Parser;
use player::cli::{Args, Command, Failure};
use player::{cli, headless, replay, simulate, ui};
use std::process::ExitCode;

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("player: {failure}");
            ExitCode::from(failure.code as u8)
        }
    }
}

fn run(args: &Args) -> Result<(), Failure> {
    match &args.command {
        Some(Command::Simulate(simulation)) => simulate::run(simulation),
        Some(Command::Replay { report }) => replay::run(report),
        Some(Command::Compare { a, b }) => ui::compare::run([a, b]),
        Some(Command::Inspect { source, json, allow_private, headers }) => {
            cli::look::run(source, *json, cli::source::fetching(headers, *allow_private, None)?)
        }
        None if args.play.headless => headless::run(&args.play),
        None => ui::command::run(&args.play),
    }
}
