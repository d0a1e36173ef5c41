//! Loading without a session, a server or a playhead of its own: each step by hand, told in short words; compiled under
//! `#[cfg(test)]` alone.

use super::{Desk, Lane, Loading, Loss, Situation};
use crate::abr::{self, AbandonVerdict, Advice, Context, InFlight, Policy, Reason, Rule, Step};
use crate::clock::MediaClock;
use crate::io::{Epoch, Event, Failure, FailureKind, Output, Request, RequestId, Subject};
use crate::kinds::TrackKind;
use crate::presentation::{Presentation, RungId};
use crate::session::config::Config;
use crate::session::network::{Network, RequestPurpose, SetupKind};
use crate::session::outbox::Outbox;
use shared::bmff::{Reference, Sidx};
use shared::time::{PresentationTime, SessionTime, Timescale};
use shared::units::{Bitrate, ByteSize};
use std::collections::BTreeMap;
use std::time::Duration;

pub(super) use TrackKind::{Audio, Text, Video};

/// A request goes by its Representation and what it is of it: `v300/init`, `v300@4` for the segment from second 4 on. At
/// any location but `a.example` its host is named, too.
fn name_of(request: &Request) -> String {
    let representation = request.subject.rung_ref().map_or("?", |of| of.representation.as_str());
    let name = match &request.subject {
        Subject::Media(segment) => format!("{representation}@{}", segment.time.start.secs_f64()),
        other => format!("{representation}/{}", other.name()),
    };
    let host = request.url.trim_start_matches("http://").split('.').next().unwrap_or_default().to_owned();
    if host == "a" { name } else { format!("{name} from {host}") }
}

/// Loading with all that it works with.
pub(super) struct Bench {
    pub(super) loading: Loading,
    pub(super) network: Network,
    pub(super) out: Outbox,
    pub(super) config: Config,
    pub(super) at: Situation,
    pub(super) epoch: Epoch,
    names: BTreeMap<RequestId, String>,
    /// When it wants to look again without an input, in seconds.
    pub(super) wake: Option<f64>,
}

/// Text is played, too; the policy keeps to the lowest rung; nothing is replaced.
pub(super) fn config() -> Config {
    Config {
        policy: "fixed:0".to_owned(),
        kinds: vec![Video, Audio, Text],
        replace: false,
        feed_ahead: Duration::MAX,
        ..Config::default()
    }
}

impl Bench {
    pub(super) fn new(presentation: Presentation) -> Self {
        Self::with(config(), presentation)
    }

    pub(super) fn with(config: Config, presentation: Presentation) -> Self {
        let mut loading = Loading::new(abr::by_name(&config.policy).unwrap());
        let position = presentation.start();
        loading.begin(presentation, &config);
        let needed = Duration::from_nanos(1);
        let clock = MediaClock::default();
        let (started, stalled, seeking, told) = (false, false, false, false);
        let at = Situation { position, clock, started, stalled, seeking, told, needed };
        let network = Network::new(config.prior_estimate, config.seed, config.patience);
        let (out, names) = (Outbox::default(), BTreeMap::new());
        Self { loading, network, out, config, at, epoch: Epoch(1), names, wake: None }
    }

    pub(super) fn desk(&mut self) -> (&mut Loading, Desk<'_>) {
        let desk = Desk { at: self.at, config: &self.config, network: &mut self.network, out: &mut self.out };
        (&mut self.loading, desk)
    }

    /// Time goes on to so many seconds, and the playhead with it if it moves.
    pub(super) fn at(&mut self, secs: f64) {
        self.out.advance(SessionTime::from_millis_f64(secs * 1e3));
        self.at.position = self.at.clock.position(self.out.now());
    }

    /// So many seconds pass.
    pub(super) fn pass(&mut self, secs: f64) {
        self.at(self.out.now().secs_f64() + secs);
    }

    /// The viewer watches from a place on.
    pub(super) fn play(&mut self, position: f64) {
        self.put(position, true);
        self.at.told = true;
        self.at.started = true;
    }

    /// The viewer looks at a picture that stands.
    pub(super) fn stand(&mut self, position: f64) {
        self.put(position, false);
        self.at.started = true;
    }

    fn put(&mut self, position: f64, moves: bool) {
        self.at.position = place(position);
        self.at.clock.anchor(self.out.now(), self.at.position, moves);
    }

    /// What a session's loop does for loading after every input. Tells what came of it and was not told yet.
    pub(super) fn step(&mut self) -> Vec<String> {
        self.out.forget_wake();
        let epoch = self.epoch;
        let (loading, mut desk) = self.desk();
        loading.hedge_setups(&mut desk);
        loading.check_abandon(&mut desk);
        loading.continue_licences(&mut desk);
        loading.schedule(&mut desk);
        loading.feed(epoch, &mut desk);
        loading.forget_behind(&mut desk);
        self.told()
    }

    /// The media that a step asks for.
    pub(super) fn fetches(&mut self) -> Vec<String> {
        let told = self.step();
        let fetches = told.iter().filter_map(|line| line.strip_prefix("fetch "));
        fetches.filter(|name| name.contains('@')).map(str::to_owned).collect()
    }

    /// Steps and answers everything that is asked for, so many times.
    pub(super) fn run(&mut self, times: usize) {
        for _ in 0..times {
            self.step();
            for name in self.running() {
                self.arrive(&name);
            }
        }
    }

    /// What is under way, the oldest first.
    pub(super) fn running(&self) -> Vec<String> {
        self.network.in_progress().map(|running| name_of(&running.request)).collect()
    }

    fn find(&self, name: &str) -> RequestId {
        let found = self.network.in_progress().find(|running| name_of(&running.request) == name);
        found.unwrap_or_else(|| panic!("{name} is not under way: {:?}", self.running())).request.id
    }

    /// A request is answered at once, as its rung promises; an index tells of five segments.
    pub(super) fn arrive(&mut self, name: &str) {
        self.arrive_with(name, &index(5));
    }

    pub(super) fn arrive_with(&mut self, name: &str, bytes: &[u8]) {
        let id = self.find(name);
        let running = self.network.get(id).unwrap();
        let size = running.request.subject.rung().and_then(|rung| self.loading.presentation().rung(rung));
        let size = size.unwrap().bandwidth.over(running.request.subject.duration());
        self.network.progress(id, ByteSize::ZERO, None, self.out.now());
        self.network.progress(id, size, None, self.out.now());
        let (running, transfer) = self.network.finish(id, false, &mut self.out).unwrap();
        let (loading, mut desk) = self.desk();
        match running.purpose {
            RequestPurpose::Setup(SetupKind::Init, rung) => loading.init_arrived(rung, id),
            RequestPurpose::Setup(kind, rung) => loading.index_arrived(kind, rung, &running, bytes, &mut desk),
            RequestPurpose::Media(kind) => loading.media_arrived(kind, &running, &transfer, &mut desk),
            RequestPurpose::Key(id, rung) => loading.licence_arrived(id, rung, &[id], &mut desk),
            RequestPurpose::Manifest => panic!("loading asks for no manifest"),
        }
    }

    /// A request fails. Tells what is done about it.
    pub(super) fn fail(&mut self, name: &str, failure: &Failure) -> String {
        let id = self.find(name);
        let running = self.network.failed(id, failure, &mut self.out).unwrap();
        let (loading, mut desk) = self.desk();
        match running.purpose {
            RequestPurpose::Setup(kind, rung) => {
                loading.setup_failed(kind, rung, failure, &running.location, &mut desk)
            }
            RequestPurpose::Media(kind) => loading.media_failed(kind, failure, &running.location, &mut desk),
            RequestPurpose::Key(id, rung) => loading.licence_failed(id, rung, failure, &mut desk),
            RequestPurpose::Manifest => panic!("loading asks for no manifest"),
        }
    }

    /// Everything of a kind that is asked for is answered with `failure`, all else as it should be, until the kind or the
    /// session is lost. Tells what was done about the failures.
    pub(super) fn fail_all(&mut self, kind: TrackKind, failure: &Failure) -> Vec<String> {
        let mut done = vec![];
        for _ in 0..200 {
            self.step();
            for name in self.running() {
                if name.starts_with(&kind.row().name[..1]) && name.contains('@') {
                    done.push(self.fail(&name, failure));
                } else {
                    self.arrive(&name);
                }
            }
            if self.lane(kind).complete || self.lane(kind).given_up > 1 || self.loading.loss.is_some() {
                return done;
            }
            self.pass(0.5);
        }
        panic!("the {kind} is never given up: {done:?}");
    }

    /// The request that was made last for this.
    pub(super) fn id(&self, name: &str) -> RequestId {
        *self.names.iter().rfind(|(_, other)| *other == name).unwrap().0
    }

    /// The decoder cannot use what a request brought.
    pub(super) fn undecodable(&mut self, name: &str) {
        let id = self.id(name);
        let (loading, mut desk) = self.desk();
        loading.undecodable(id, "nonsense", &mut desk);
    }

    /// The viewer goes to a place: what the session does for loading. Tells whether all is there.
    pub(super) fn seek(&mut self, position: f64) -> bool {
        self.put(position, false);
        self.epoch.0 += 1;
        let (loading, mut desk) = self.desk();
        loading.relocate(place(position), None, &mut desk)
    }

    pub(super) fn renew(&mut self, newer: Presentation) {
        let (loading, mut desk) = self.desk();
        loading.renew(newer, &mut desk);
    }

    pub(super) fn lane(&self, kind: TrackKind) -> &Lane {
        &self.loading.lanes[self.loading.lanes.of(kind).unwrap()]
    }

    /// The first rung of this name.
    pub(super) fn rung(&self, representation: &str) -> RungId {
        let rungs = self.loading.presentation().tracks().flat_map(|track| &track.rungs);
        rungs.into_iter().find(|rung| rung.representation == representation).unwrap().id
    }

    /// What the lane of a kind has, in words: `v300@0`, `hole 2-4`.
    pub(super) fn buffered(&self, kind: TrackKind) -> Vec<String> {
        let parts = self.lane(kind).buffer.parts();
        let word = |part: &crate::buffer::Part| match part.media {
            Some(media) => self.names[&media.request].clone(),
            None => format!("hole {}-{}", part.time.start.secs_f64(), part.time.end.secs_f64()),
        };
        parts.map(word).collect()
    }

    pub(super) fn wasted(&self) -> u64 {
        self.out.journal.totals("", SessionTime::MAX).bytes_wasted
    }

    /// All that is expected of the link from now on.
    pub(super) fn expect_rate(&mut self, kbps: u64) {
        self.network.estimator = crate::estimate::Estimator::new(Some(Bitrate::from_kbps(kbps)));
    }

    /// What could not be mended, and whether at once.
    pub(super) fn loss(&mut self) -> Option<(&'static str, String)> {
        self.loading.take_loss().map(|loss| match loss {
            Loss::Now(why) => ("now", why),
            Loss::AtTheEnd(why) => ("at the end", why),
        })
    }

    /// What was told since the last time.
    pub(super) fn told(&mut self) -> Vec<String> {
        let mut told = vec![];
        loop {
            let output = self.out.poll();
            if let Output::Wait(wake) = output {
                self.wake = wake.map(SessionTime::secs_f64);
                return told;
            }
            told.extend(self.word(&output));
        }
    }

    fn word(&mut self, output: &Output) -> Option<String> {
        let span =
            |time: &std::ops::Range<PresentationTime>| format!("{}-{}", time.start.secs_f64(), time.end.secs_f64());
        Some(match output {
            Output::Fetch(request) => {
                let name = name_of(request);
                self.names.insert(request.id, name.clone());
                format!("fetch {name}")
            }
            Output::Abort(id) => format!("abort {}", self.names[id]),
            Output::Discard(id) => format!("discard {}", self.names[id]),
            Output::Feed(feed) => format!("feed {}", self.names[&feed.request]),
            Output::Hole { track, time, .. } => format!("hole {track} {}", span(time)),
            Output::EndOfStream { track, .. } => format!("end of {track}"),
            Output::Event(Event::Skipped { track, time, reason }) => format!("skip {track} {}: {reason}", span(time)),
            Output::Event(Event::Replaced { segment, .. }) => {
                format!("replaced in {}", self.representation(segment.rung))
            }
            Output::Event(Event::Shown { rung, .. }) => format!("shows {}", self.representation(*rung)),
            Output::Event(Event::Notice(notice)) => format!("{:?}: {}", notice.severity, notice.message),
            _ => return None,
        })
    }

    fn representation(&self, rung: RungId) -> String {
        self.loading.presentation().rung(rung).unwrap().representation.clone()
    }
}

pub(super) fn place(secs: f64) -> PresentationTime {
    PresentationTime::from_secs_f64(secs)
}

/// The server answers with this status.
pub(super) fn status(status: u16) -> Failure {
    let message = format!("status {status}");
    Failure { kind: FailureKind::Status, status: Some(status), retry_after: None, message }
}

/// Nobody accepts connections.
pub(super) fn refused_connection() -> Failure {
    Failure { kind: FailureKind::Connect, status: None, retry_after: None, message: "nobody is there".to_owned() }
}

/// An index box of so many segments of two seconds.
pub(super) fn index(segments: u32) -> Vec<u8> {
    let references = (0..segments).map(|n| Reference::closed(1000 + n, 2)).collect();
    let (mut bytes, timescale) = (vec![], Timescale::ONE);
    Sidx { track: 1, timescale, earliest: 0, first_offset: 0, references }.write(&mut bytes);
    bytes
}

/// A policy that does what a test says.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Puppet {
    pub(super) choice: usize,
    /// Wait until then instead.
    pub(super) wait: Option<SessionTime>,
    /// Give up what is under way and take this choice.
    pub(super) restart: Option<usize>,
    /// Ask again whether to give up, then.
    pub(super) ask_again: Option<SessionTime>,
    pub(super) may_replace: bool,
}

impl Policy for Puppet {
    fn decide(&mut self, context: &Context<'_>) -> Advice {
        let reason = Reason::new(Rule::Fixed, context, None);
        match self.wait.filter(|until| *until > context.now) {
            Some(until) => Advice { step: Step::Wait { until }, reason },
            None => Advice::fetch(context, self.choice, reason),
        }
    }

    fn abandon(&mut self, context: &Context<'_>, _in_flight: &InFlight) -> AbandonVerdict {
        match self.restart {
            Some(choice) => AbandonVerdict::Restart { choice, reason: Reason::new(Rule::TooLate, context, None) },
            None => AbandonVerdict::GoOn { ask_again: self.ask_again },
        }
    }

    fn may_replace(&self) -> bool {
        self.may_replace
    }
}
