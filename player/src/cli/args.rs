//! The flags, each once, with their help.

use super::explained::explained;
use super::source;
use clap::{Args as Group, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use player_core::abr;
use player_core::io::LinkLimit;
use player_core::session::Config;
use std::path::PathBuf;
use std::time::Duration;

/// Plays DASH presentations and shows how the player adapts.
#[derive(Debug, Parser)]
#[command(after_help = EXAMPLES)]
#[command(name = "player", version, args_conflicts_with_subcommands = true, disable_help_subcommand = true)]
#[command(after_long_help = explained())]
pub struct Args {
    /// Another thing to do than to play
    #[command(subcommand)]
    pub command: Option<CliCommand>,
    /// What to play, and how
    #[command(flatten)]
    pub play: Play,
}

const EXAMPLES: &str = "\
Examples:
  player film                                                       the package in the folder film
  player http://127.0.0.1:8080/manifest.mpd --throttle collapse     over a link that collapses after 20 s
  player --headless film --seconds 10 --summary figures.json        without a window, with the figures of the session
  player simulate --movie film/manifest.mpd --trace train           in virtual time";

/// Playing, with a window or without.
#[derive(Debug, Clone, Group)]
pub struct Play {
    /// What to play: the URL of a manifest (MPD), also without `http://`, a manifest on disk or the folder of a package;
    /// the window also opens the report of a session, and offers to package a film
    #[arg(value_name = "URL|FILE")]
    pub source: Option<String>,
    /// What to play after it, one after the other
    #[arg(value_name = "MORE")]
    pub more: Vec<String>,
    /// Package the film that is named, and play it meanwhile: needs the program `packager`
    #[arg(long, requires = "source")]
    pub package: bool,
    /// Where the package of `--package` is kept; the user's cache without it
    #[arg(long, value_name = "DIR", requires = "package")]
    pub output: Option<PathBuf>,
    /// Play in real time without a window and without a sound device
    #[arg(long)]
    pub headless: bool,
    /// Stop after this many seconds of media
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub seconds: Option<f64>,
    /// Hold the network back: a rate (`4000` in kbit/s, `2.5M`), a trace (CSV `duration_ms,kbps,latency_ms` or
    /// Mahimahi), or one that is built in: collapse, sawtooth, train
    #[arg(long, value_name = "KBPS|TRACE.csv", value_parser = source::limit)]
    pub throttle: Option<LinkLimit>,
    /// Add this to the wait of every request, with a throttle or without one
    #[arg(long, value_name = "MS", value_parser = millis)]
    pub delay: Option<f64>,
    /// The adaptation policy, with its parameters; the help names every one that there is
    #[arg(long, value_name = "NAME", default_value = abr::DEFAULT, help = policies())]
    pub policy: String,
    /// The most media to hold ahead
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub buffer_seconds: Option<f64>,
    /// Give up when nothing has come for this long after the first picture; 300 without a window, for ever with one
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub patience: Option<f64>,
    /// Commands with their times since the first frame: `T play|pause|seek S|rate X|rung N|auto|audio LANG|N|buffer S|repeat on|off|throttle KBPS|policy NAME|quit`
    #[arg(long, value_name = "FILE")]
    pub script: Option<PathBuf>,
    /// Language of the sound where there is a choice, such as `en`
    #[arg(long, value_name = "LANG", visible_alias = "language")]
    pub audio: Option<String>,
    /// The colours of the window, for this time
    #[arg(long, value_name = "THEME", value_enum)]
    pub theme: Option<WindowTheme>,
    /// Write everything that happens, one JSON object a line
    #[arg(long, value_name = "FILE.jsonl")]
    pub report: Option<PathBuf>,
    /// Write the figures of the session
    #[arg(long, value_name = "FILE.json")]
    pub summary: Option<PathBuf>,
    /// Let manifests from public servers send us to private addresses
    #[arg(long)]
    pub allow_private: bool,
    /// Send this header to the server named here, and to no other; may be repeated
    #[arg(long = "header", value_name = "K: V")]
    pub headers: Vec<String>,
    /// A key of encrypted media, both parts in hex, or a file with one a line; may be repeated. Without it a licence of
    /// ClearKey is asked for where the manifest says
    #[arg(long = "key", value_name = "KID:KEY|@FILE")]
    pub keys: Vec<String>,
}

impl Play {
    /// How the network is held back: the throttle, and what `--delay` adds to it.
    pub fn limit(&self) -> Option<LinkLimit> {
        let by = self.delay.filter(|millis| *millis > 0.0).map(|millis| Duration::from_secs_f64(millis / 1e3));
        let Some(by) = by else { return self.throttle.clone() };
        let limit = Box::new(self.throttle.clone().unwrap_or(LinkLimit::Off));
        Some(LinkLimit::Delayed { limit, by })
    }
}

/// The colours of the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum WindowTheme {
    /// Bright on dark
    Dark,
    /// Dark on bright
    Light,
}

/// Other things to do.
#[derive(Debug, Subcommand)]
pub enum CliCommand {
    /// Show what a manifest holds
    Inspect {
        /// Manifest (MPD): an http(s) URL, a local file, or the folder of a package
        #[arg(value_name = "URL|FILE")]
        source: String,
        /// As JSON
        #[arg(long)]
        json: bool,
        /// Let manifests from public servers send us to private addresses
        #[arg(long)]
        allow_private: bool,
        /// Send this header to the server named here, and to no other; may be repeated
        #[arg(long = "header", value_name = "K: V")]
        headers: Vec<String>,
    },
    /// Play in virtual time over a trace: hours in milliseconds
    Simulate(Simulate),
    /// Show two to four reports on the same axes, in a window or as files
    Compare {
        /// Files that `--report` or `simulate --reports` wrote
        #[arg(value_name = "REPORT.jsonl", num_args = 2..=4, required = true)]
        reports: Vec<PathBuf>,
        /// Write compare.csv, compare.png and compare.svg into this folder, and open no window
        #[arg(long, value_name = "DIR")]
        output: Option<PathBuf>,
    },
    /// Write a report's tables, figures and charts: requests.csv, decisions.csv, curves.csv, summary.json, figures.txt,
    /// charts.png and charts.svg
    Export {
        /// A file that `--report` or `simulate --reports` wrote
        #[arg(value_name = "REPORT.jsonl")]
        report: PathBuf,
        /// The folder to write into; files of these names are replaced
        #[arg(long, value_name = "DIR")]
        output: PathBuf,
    },
    /// Print what a shell needs to complete these commands
    Completions {
        /// Which shell
        shell: Shell,
    },
    /// Write the manual pages
    Manual {
        /// The folder to write player.1 and a page a command into
        folder: PathBuf,
    },
    /// Feed a report's inputs to a new session and compare what it does
    Replay {
        /// A file that `--report` wrote
        #[arg(value_name = "REPORT.jsonl")]
        report: PathBuf,
    },
}

/// One trace under one policy or several, or a whole suite.
#[derive(Debug, Group)]
#[command(after_long_help = explained())]
pub struct Simulate {
    /// Segment sizes: a movie description, or a manifest on disk or at a URL
    #[arg(long, value_name = "M.json|MPD", required_unless_present = "suite", conflicts_with = "suite")]
    pub movie: Option<String>,
    /// The link: a trace (CSV `duration_ms,kbps,latency_ms` or Mahimahi), or a built-in one: collapse, sawtooth, train
    #[arg(long, value_name = "T.csv|NAME", required_unless_present = "suite", conflicts_with = "suite")]
    pub trace: Option<String>,
    /// The most media to hold ahead
    #[arg(long, value_name = "SECONDS", default_value_t = buffer_seconds(), value_parser = seconds)]
    pub buffer_seconds: f64,
    /// Policies, separated by commas, or `all` for every one by name; the help explains each
    #[arg(long, value_name = "all|NAME,…", default_value = abr::DEFAULT)]
    pub policy: String,
    /// Write the decisions of one policy, a line a download
    #[arg(long, value_name = "FILE.jsonl", conflicts_with = "suite")]
    pub log: Option<PathBuf>,
    /// Write each session to POLICY.jsonl in this folder: a report as `--report` writes it, for `export`, `compare`, `replay`
    /// and the window
    #[arg(long, value_name = "DIR", conflicts_with = "suite")]
    pub reports: Option<PathBuf>,
    /// Write a page with the table, and charts and decisions of each policy: one file with everything in it
    #[arg(long, value_name = "FILE.html", conflicts_with = "suite")]
    pub html: Option<PathBuf>,
    /// A folder of folders (families) of traces
    #[arg(long, value_name = "TRACES_DIR", requires = "map")]
    pub suite: Option<PathBuf>,
    /// Which movie goes with a family; families without one are left out
    #[arg(long, value_name = "FAMILY=MOVIE.json", num_args = 1.., requires = "suite")]
    pub map: Vec<String>,
    /// Write the decisions of all sessions to POLICY/FAMILY/TRACE.jsonl below this folder
    #[arg(long, value_name = "OUT_DIR", requires = "suite")]
    pub logs: Option<PathBuf>,
    /// How to print the figures
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = TableFormat::Md)]
    pub format: TableFormat,
}

/// How a table is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TableFormat {
    /// Markdown
    Md,
    /// Fields with commas between
    Csv,
    /// An array of objects
    Json,
}

fn policies() -> String {
    let names = abr::NAMES.join(" ");
    format!("How to choose renditions: {names} fixed:N script:0,2,1,…, some with numbers (bba:reservoir=0.3)")
}

/// As in a session that is not simulated.
fn buffer_seconds() -> f64 {
    Config::default().buffer_target.as_secs_f64()
}

fn millis(text: &str) -> Result<f64, String> {
    let millis: f64 = text.parse().map_err(|_| "expected a number of milliseconds".to_owned())?;
    if (0.0..=60_000.0).contains(&millis) { Ok(millis) } else { Err("expected 0 to 60000 milliseconds".into()) }
}

fn seconds(text: &str) -> Result<f64, String> {
    let seconds: f64 = text.parse().map_err(|_| "expected a number of seconds".to_owned())?;
    if (0.0..=1e6).contains(&seconds) { Ok(seconds) } else { Err("expected 0 to 1000000 seconds".into()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_flags_are_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn the_help_names_every_policy() {
        let help = Args::command().render_long_help().to_string();
        assert!(abr::NAMES.iter().all(|name| help.contains(name)), "{help}");
    }

    #[test]
    fn commands_and_sources_are_told_apart() {
        let parse = |line: &str| Args::try_parse_from(line.split(' '));
        assert_eq!(parse("player film.mpd").unwrap().play.source.as_deref(), Some("film.mpd"));
        assert!(matches!(parse("player inspect film.mpd").unwrap().command, Some(CliCommand::Inspect { .. })));
        assert!(parse("player --headless film.mpd --seconds 5 --throttle 800").unwrap().play.headless);
        assert!(parse("player simulate").is_err() && parse("player --seconds -1 film.mpd").is_err());
        let suite = parse("player simulate --suite t --map a=x.json b=y.json --map c=z.json --policy all --logs out");
        let Some(CliCommand::Simulate(simulate)) = suite.unwrap().command else { panic!("not a simulation") };
        assert_eq!(simulate.map, ["a=x.json", "b=y.json", "c=z.json"]);
    }
}
