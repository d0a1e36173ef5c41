//! The report: one JSON object a line, each with the version of the format and the time. `input` lines are what a
//! replay is fed with; all others tell what the session made of them.

use super::Totals;
use crate::io::{Decision, Event, Input, Output, Phase, Request};
use crate::kinds::TrackKind;
use crate::session::Config;
use crate::sim::Observer;
use serde::{Deserialize, Serialize};
use shared::time::{PresentationTime, SessionTime};
use shared::units::Bitrate;

/// What is written. Version 1 is read as well: see [`super::v1`].
pub const VERSION: u32 = 2;

/// One line: `{"v":2,"at_ns":653975000,"decision":{…}}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReportLine {
    /// [`VERSION`].
    pub v: u32,
    /// Session time in ns.
    pub at_ns: SessionTime,
    /// What happened.
    #[serde(flatten)]
    pub entry: ReportEntry,
}

/// What a line is about; its name is the key in the JSON.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReportEntry {
    /// The first line: what the session was told beforehand.
    Session(Box<Config>),
    /// What happened to the session.
    Input(Input),
    /// A download was started.
    Request(Request),
    /// Why the session did what it did.
    Decision(Decision),
    /// Playback stands still, or goes on.
    Stall(Event),
    /// Another location is asked from now on.
    Location(Event),
    /// Anything else.
    Event(Event),
    /// A frame left the player: from the shell.
    Frame(Frame),
    /// What the link lets through from now on: from a simulation.
    Link(LinkLine),
    /// What was to be seen and heard of a window, ten times a second and at changes: from the shell.
    Screen(ScreenLine),
    /// The last line: the figures of the whole.
    Summary(Box<Totals>),
}

/// A frame at the sink, or a block of sound.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    /// Picture or sound.
    pub track: TrackKind,
    /// When it should be seen or heard.
    pub time: PresentationTime,
    /// It came too late and was not shown.
    #[serde(default)]
    pub dropped: bool,
}

/// A link at one instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkLine {
    /// In bit/s.
    pub rate: Bitrate,
}

/// A window at one instant.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ScreenLine {
    /// Place of the picture in the presentation, in seconds.
    pub position: f64,
    /// What the session was doing.
    pub phase: Phase,
    /// Loudness, 0 to 1; 0 when muted.
    pub volume: f64,
    /// Speed, 1 is normal.
    pub rate: f64,
    /// Whether the picture fills the screen.
    pub full_screen: bool,
}

impl From<Event> for ReportEntry {
    fn from(event: Event) -> Self {
        match event {
            Event::Requested(request) => Self::Request(request),
            Event::Decided(decision) => Self::Decision(decision),
            Event::StallBegan { .. } | Event::StallEnded { .. } => Self::Stall(event),
            Event::Location { .. } => Self::Location(event),
            event => Self::Event(event),
        }
    }
}

/// A line of the report, without line break.
pub fn line(at_ns: SessionTime, entry: ReportEntry) -> String {
    // Nothing in a line has keys that are no strings, so this cannot fail.
    serde_json::to_string(&ReportLine { v: VERSION, at_ns, entry }).unwrap_or_default()
}

/// The line for an output, if it is one that is reported.
pub fn output_line(now: SessionTime, output: &Output) -> Option<String> {
    match output {
        Output::Event(event) => Some(line(now, event.clone().into())),
        _ => None,
    }
}

/// A report in memory.
#[derive(Debug, Clone, Default)]
pub struct Lines(pub Vec<String>);

impl Lines {
    /// Begins with the header.
    pub fn new(config: &Config) -> Self {
        Self(vec![line(SessionTime::ZERO, ReportEntry::Session(Box::new(config.clone())))])
    }
}

impl Observer for Lines {
    fn input(&mut self, now: SessionTime, input: &Input) {
        self.0.push(line(now, ReportEntry::Input(input.clone())));
    }

    fn output(&mut self, now: SessionTime, output: &Output) {
        self.0.extend(output_line(now, output));
    }
}
