//! What belongs to the window alone: nothing in here is known to the session.

use super::Adaptation;
use super::browser::Browser;
use super::completion::Completion;
use super::link::{Opening, Waker};
use super::memory::Memory;
use super::panels::told::Told;
use super::strip::Strip;
use super::throttle_view::ThrottleView;
use super::what_if::WhatIf;
use player_core::abr::Settings;
use player_core::io::{Command, LinkLimit, RequestId};
use player_core::snapshot::Snapshot;
use serde::{Deserialize, Serialize};
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
    /// The session is to be written to files.
    pub export: bool,
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
    /// What outlasts the window.
    pub memory: Memory,
    /// The bars over the film.
    pub strip: Strip,
    /// What is being explained.
    pub selected: Option<Selected>,
    /// Which requests are in the table.
    pub request_filter: RequestFilter,
    /// Words that decisions must hold to be in the list.
    pub decision_filter: String,
    /// What the policy is told beside its name, while it is typed.
    pub policy_parameter: String,
    /// The numbers of the policy of this name, while one of them is being dragged.
    pub settings: Option<(String, Settings)>,
    /// Begin again at the end.
    pub repeat: bool,
    /// The folder that is being looked through.
    pub browser: Option<Browser>,
    /// Places that begin as the URL field does.
    pub completion: Completion,
    /// A sentence of the window's own.
    pub told: Option<Told>,
    /// The session under other policies.
    pub what_if: WhatIf,
    /// What was chosen of policy and buffer.
    pub adaptation: Adaptation,
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
    pub(crate) fn new(address: String, limit: LinkLimit, memory: Memory) -> Self {
        Self {
            opened: address.clone(),
            address,
            volume: memory.volume,
            muted: false,
            full_screen: false,
            overlay: false,
            keys: false,
            tab: memory.tab,
            adaptation: Adaptation::default(),
            throttle: ThrottleView::new(limit),
            chart: ChartView::default(),
            strip: Strip::default(),
            selected: None,
            request_filter: RequestFilter::All,
            decision_filter: String::new(),
            policy_parameter: String::new(),
            settings: None,
            repeat: false,
            browser: None,
            completion: Completion::default(),
            told: None,
            what_if: WhatIf::default(),
            memory,
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
        (self.selected, self.strip, self.what_if) = (None, Strip::default(), WhatIf::default());
        (self.settings, self.browser) = (None, None);
        self.throttle.begin();
        self.memory.opened(address);
    }

    /// How a session is to begin: the network is held back and media are chosen as they were before.
    pub(crate) fn opening(&self, address: String, waker: Waker) -> Opening {
        let throttle = self.throttle.limit();
        let prior = self.memory.prior().filter(|_| throttle == LinkLimit::Off);
        Opening { address, throttle, prior, adaptation: self.adaptation.clone(), waker }
    }

    /// Puts what outlasts the window where it is found again.
    pub(crate) fn remember(&mut self) {
        (self.memory.volume, self.memory.tab) = (self.volume, self.tab);
        self.memory.save();
    }

    /// Keeps account of how long the picture has been standing.
    pub(crate) fn observe(&mut self, snapshot: &Snapshot) {
        let waiting = super::reading::is_waiting(snapshot.phase);
        self.waiting_since = waiting.then(|| self.waiting_since.unwrap_or(snapshot.at));
    }

    /// What a new session is to be told: it knows nothing of the one before.
    pub(crate) fn standing_wishes(&self) -> impl Iterator<Item = Command> {
        let faults = self.throttle.faults.map(|faults| Command::Faults(Some(faults)));
        [Some(self.loudness()), self.repeat.then_some(Command::Repeat(true)), faults].into_iter().flatten()
    }

    /// The loudness that the output is to have.
    pub(crate) fn loudness(&self) -> Command {
        Command::Volume(if self.muted { 0.0 } else { self.volume })
    }
}

/// The lower half of the side panel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Tab {
    /// What was decided, and why.
    #[default]
    Decisions,
    /// What was asked of the servers.
    Requests,
    /// The figures of the session.
    Totals,
    /// The manifest.
    Manifest,
    /// The same under other policies.
    WhatIf,
    /// What went wrong.
    Messages,
}

/// What is being explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Selected {
    /// The video segment that begins here.
    Segment(PresentationTime),
    /// One request.
    Request(RequestId),
}

/// Which requests are in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RequestFilter {
    All,
    Video,
    Sound,
    /// Failed or given up.
    Trouble,
}

impl RequestFilter {
    /// With their names.
    pub(crate) const ALL: [(Self, &str); 4] =
        [(Self::All, "All"), (Self::Video, "Video"), (Self::Sound, "Sound"), (Self::Trouble, "Trouble")];
}

/// The stretch of the session in the charts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct ChartView {
    /// How much is visible; `None` for everything.
    pub span: Option<Duration>,
    /// How far the right edge lies behind now, in seconds; 0 follows.
    pub back: f64,
    /// The lowest and the highest rate of the axis; `None` for what is in sight.
    pub rates: Option<(Bitrate, Bitrate)>,
    /// An instant that is pointed at elsewhere, in seconds.
    pub pointed: Option<f64>,
}

impl Default for ChartView {
    fn default() -> Self {
        Self { span: Some(Duration::from_secs(60)), back: 0.0, rates: None, pointed: None }
    }
}
