//! What belongs to the window alone: nothing in here is known to the session.

use player_core::io::{Command, LinkLimit};
use player_core::snapshot::Snapshot;
use shared::time::{PresentationTime, SessionTime};
use shared::units::Bitrate;
use std::time::Duration;

/// What panels leave behind for the application to carry out.
#[derive(Debug, Default)]
pub(crate) struct Out {
    /// For the session, in order.
    pub commands: Vec<Command>,
    /// Another presentation is to be opened.
    pub open: Option<String>,
}

impl Out {
    /// A wish for the session.
    pub(crate) fn send(&mut self, command: Command) {
        self.commands.push(command);
    }

    /// A seek within the presentation.
    pub(crate) fn seek(&mut self, snapshot: &Snapshot, seconds: f64) {
        let end = snapshot.duration.map_or(f64::MAX, |duration| duration.as_secs_f64());
        self.send(Command::Seek(PresentationTime::from_secs_f64(seconds.clamp(0.0, end))));
    }
}

/// The state of the window.
#[derive(Debug)]
pub(crate) struct View {
    /// Content of the URL field.
    pub address: String,
    /// What was opened last.
    pub opened: String,
    /// 0 to 1.
    pub volume: f64,
    /// Silent, with the volume kept for later.
    pub muted: bool,
    /// The picture alone.
    pub full_screen: bool,
    /// Figures on the picture.
    pub overlay: bool,
    /// The list of keys.
    pub keys: bool,
    /// The lower half of the side panel.
    pub tab: Tab,
    /// How the network is held back.
    pub throttle: ThrottleView,
    /// What the charts show.
    pub chart: ChartView,
    /// Where the seek bar is held, in seconds, while it is being dragged.
    pub scrub: Option<f64>,
    /// The buffer threshold while it is being dragged, in seconds.
    pub threshold: Option<f64>,
    /// Since when the picture stands still against the viewer's will.
    pub waiting_since: Option<SessionTime>,
}

impl View {
    /// The window at the start.
    pub(crate) fn new(address: String, limit: LinkLimit) -> Self {
        Self {
            opened: address.clone(),
            address,
            volume: 1.0,
            muted: false,
            full_screen: false,
            overlay: false,
            keys: false,
            tab: Tab::Decisions,
            throttle: ThrottleView::new(limit),
            chart: ChartView::default(),
            scrub: None,
            threshold: None,
            waiting_since: None,
        }
    }

    /// Forgets what belonged to the presentation before.
    pub(crate) fn begin(&mut self, address: &str) {
        (self.address, self.opened) = (address.to_owned(), address.to_owned());
        self.chart = ChartView { span: self.chart.span, ..ChartView::default() };
        (self.scrub, self.threshold, self.waiting_since) = (None, None, None);
    }

    /// Keeps account of how long the picture has been standing.
    pub(crate) fn observe(&mut self, snapshot: &Snapshot) {
        let waiting = super::reading::is_waiting(snapshot.phase);
        self.waiting_since = waiting.then(|| self.waiting_since.unwrap_or(snapshot.at));
    }

    /// The loudness that the output is to have.
    pub(crate) fn loudness(&self) -> Command {
        Command::Volume(if self.muted { 0.0 } else { self.volume })
    }
}

/// The lower half of the side panel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tab {
    /// What was decided, and why.
    Decisions,
    /// The figures of the session.
    Totals,
    /// What went wrong.
    Messages,
}

/// How the network is held back. The session only records it, so the window remembers it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ThrottleView {
    /// Held back at all.
    pub on: bool,
    /// Follow the trace instead of the slider.
    pub by_trace: bool,
    /// Of the slider.
    pub rate: Bitrate,
    /// File or name of a built-in shape.
    pub trace: String,
}

impl ThrottleView {
    /// The least that the slider offers.
    pub(crate) const LEAST: Bitrate = Bitrate::from_kbps(100);
    /// The most that the slider offers.
    pub(crate) const MOST: Bitrate = Bitrate::from_kbps(20_000);

    fn new(limit: LinkLimit) -> Self {
        let off = Self { on: false, by_trace: false, rate: Bitrate::from_kbps(1_000), trace: String::new() };
        match limit {
            LinkLimit::Off => off,
            LinkLimit::Rate(rate) => Self { on: true, rate, ..off },
            LinkLimit::Trace(trace) => Self { on: true, by_trace: true, trace, ..off },
        }
    }

    /// What it comes to.
    pub(crate) fn limit(&self) -> LinkLimit {
        match (self.on, self.by_trace) {
            (false, _) => LinkLimit::Off,
            (true, false) => LinkLimit::Rate(self.rate),
            (true, true) => LinkLimit::Trace(self.trace.trim().to_owned()),
        }
    }

    /// What the shell is to be told.
    pub(crate) fn command(&self) -> Command {
        Command::Throttle(self.limit())
    }

    /// Another rate, within what the slider offers, and at work.
    pub(crate) fn set_rate(&mut self, rate: Bitrate) {
        self.rate = rate.clamp(Self::LEAST, Self::MOST);
        (self.on, self.by_trace) = (true, false);
    }
}

/// The stretch of the session in the charts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct ChartView {
    /// How much is visible; `None` for everything.
    pub span: Option<Duration>,
    /// How far the right edge lies behind now, in seconds; 0 follows.
    pub back: f64,
}

impl Default for ChartView {
    fn default() -> Self {
        Self { span: Some(Duration::from_secs(60)), back: 0.0 }
    }
}
