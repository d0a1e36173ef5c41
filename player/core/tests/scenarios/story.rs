//! What happened, as text that people read and tests compare; and what must be true in every story.

use player_core::io::{
    Action, Epoch, Event, Feed, FeedKind, Input, Output, Request, RequestId, RequestKind, TrackKind,
};
use player_core::report::{Lines, Totals};
use player_core::session::Config;
use player_core::sim::Observer;
use shared::time::{PresentationTime, SessionTime};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// Neighbours may be this far apart.
const SEAM_SECS: f64 = 0.1;

pub(crate) struct Story {
    pub(crate) text: String,
    pub(crate) report: Lines,
    pub(crate) rules: Rules,
    last_rung: BTreeMap<TrackKind, usize>,
}

impl Story {
    pub(crate) fn new(config: &Config) -> Self {
        let (text, last_rung) = (String::new(), BTreeMap::new());
        Self { text, report: Lines::new(config), rules: Rules::default(), last_rung }
    }

    fn line(&mut self, now: SessionTime, what: &str) {
        writeln!(self.text, "{:8.3}  {what}", now.secs_f64()).unwrap();
    }

    fn event(&mut self, now: SessionTime, event: &Event) {
        let line = match event {
            Event::Opened { rungs, .. } => format!("opened: {}", rungs.join(" ")),
            Event::Phase { phase, position } => format!("{phase} at {position}"),
            Event::Requested(request) if request.kind == RequestKind::Media => return self.requested(now, request),
            Event::Failed { request, failure, then } => format!("{request} failed: {}; {then}", failure.message),
            Event::Aborted { request, bytes } => format!("{request} given up after {bytes}"),
            Event::Decided(decision) => match decision.action {
                Action::Fetch { .. } => return,
                Action::Wait { until } => format!("{} waits until {until}: {}", decision.track, decision.reason),
                Action::Abandon { request, rung, .. } => {
                    format!("{request} is to be taken in rung {rung} instead: {}", decision.reason)
                }
                Action::Replace { from, rung, position } => {
                    format!("segment {position} is to be replaced, rung {from} -> {rung}: {}", decision.reason)
                }
            },
            Event::Started { startup } => format!("first picture after {:.3} s", startup.as_secs_f64()),
            Event::StallBegan { position, track } => format!("STALL at {position}, {track} is dry"),
            Event::StallEnded { lasted } => format!("goes on after {:.3} s", lasted.as_secs_f64()),
            Event::Shown { track, bandwidth, position, .. } => format!("shows {track} {bandwidth} from {position}"),
            Event::Replaced { position, from, rung } => format!("segment {position} replaced, rung {from} -> {rung}"),
            Event::Skipped { track, time, reason } => {
                format!("{track} {} - {} skipped: {reason}", time.start, time.end)
            }
            Event::Sought { to, buffered } => {
                format!("sought {to}, {}", if *buffered { "in the buffer" } else { "not buffered" })
            }
            Event::Notice(notice) => format!("{:?}: {}", notice.severity, notice.message),
            Event::Ended => "the end".to_owned(),
            Event::Requested(_) | Event::Received { .. } => return,
        };
        self.line(now, &line);
    }

    /// Only a change of the rung, or another attempt, is worth a line.
    fn requested(&mut self, now: SessionTime, request: &Request) {
        let (Some(track), Some(rung), Some(time)) = (request.track, request.rung, &request.time) else { return };
        if self.last_rung.insert(track, rung) != Some(rung) || request.attempt > 0 {
            let again = if request.attempt > 0 { format!(", attempt {}", request.attempt + 1) } else { String::new() };
            let name = request.representation.as_deref().unwrap_or_default();
            self.line(now, &format!("{} fetches {name} from {}{again}", request.id, time.start));
        }
    }

    pub(crate) fn totals(&mut self, totals: &Totals) {
        let stalled = totals.stalls.iter().fold(0.0, |sum, stall| sum + stall.seconds);
        let Totals { played_seconds, mean_bitrate_kbps, switches, qoe_lin, .. } = totals;
        let (abandoned, replaced) = (totals.segments_abandoned, totals.segments_replaced);
        writeln!(
            self.text,
            "played {played_seconds:.3} s at {mean_bitrate_kbps:.0} kbit/s, {switches} switches, {} stalls of \
             {stalled:.3} s, {abandoned} abandoned, {replaced} replaced, {:.1} % wasted, QoE {qoe_lin:.3}",
            totals.stalls.len(),
            100.0 * totals.bytes_wasted as f64 / totals.bytes_fetched.max(1) as f64,
        )
        .unwrap();
    }
}

impl Observer for Story {
    fn input(&mut self, now: SessionTime, input: &Input) {
        self.report.input(now, input);
        self.rules.input(input);
    }

    fn output(&mut self, now: SessionTime, output: &Output) {
        self.report.output(now, output);
        self.rules.output(output);
        if let Output::Event(event) = output {
            self.event(now, event);
        }
    }
}

/// What every shell may rely on, whatever happens.
#[derive(Default)]
pub(crate) struct Rules {
    running: BTreeSet<RequestId>,
    stored: BTreeSet<RequestId>,
    media_of: BTreeMap<RequestId, TrackKind>,
    epoch: Epoch,
    from: PresentationTime,
    fed_until: BTreeMap<TrackKind, PresentationTime>,
    decoder: BTreeMap<TrackKind, usize>,
    replacements: BTreeSet<u64>,
    pub(crate) most_concurrent: usize,
}

impl Rules {
    pub(crate) fn input(&mut self, input: &Input) {
        match input {
            Input::Done { request, .. } => {
                self.running.remove(request);
                self.stored.insert(*request);
            }
            Input::Failed { request, .. } => {
                self.running.remove(request);
            }
            _ => {}
        }
    }

    pub(crate) fn output(&mut self, output: &Output) {
        match output {
            Output::Fetch(request) => self.fetch(request),
            Output::Abort(id) => assert!(self.running.remove(id), "{id} aborted, but it does not run"),
            Output::Discard(id) => assert!(self.stored.remove(id), "{id} discarded, but it is not there"),
            Output::Feed(feed) => self.feed(feed),
            Output::Hole { track, epoch, time } => {
                assert_eq!(*epoch, self.epoch);
                self.follow(*track, time.start, time.end);
            }
            Output::Flush { epoch, from } => {
                assert!(*epoch > self.epoch, "an epoch is never used again");
                (self.epoch, self.from) = (*epoch, *from);
                self.fed_until.clear();
                self.decoder.clear();
            }
            Output::Event(Event::Replaced { position, .. }) => {
                assert!(self.replacements.insert(*position), "segment {position} was replaced twice");
            }
            _ => {}
        }
    }

    fn fetch(&mut self, request: &Request) {
        if let (Some(track), RequestKind::Media) = (request.track, request.kind) {
            let same = self.running.iter().filter(|id| self.media_of.get(id) == Some(&track)).count();
            assert_eq!(same, 0, "one media request a track at a time");
            self.media_of.insert(request.id, track);
        }
        assert!(self.running.insert(request.id), "{} was used before", request.id);
        self.most_concurrent = self.most_concurrent.max(self.running.len());
    }

    /// Decoders get bytes that are there, of the present epoch, in order, with the right init segment before them.
    fn feed(&mut self, feed: &Feed) {
        assert!(self.stored.contains(&feed.request), "{} is fed, but not there", feed.request);
        assert_eq!(feed.epoch, self.epoch);
        match &feed.kind {
            FeedKind::Init => {
                self.decoder.insert(feed.track, feed.rung);
            }
            FeedKind::Media { time, .. } => {
                assert_eq!(self.decoder.get(&feed.track), Some(&feed.rung), "{} has no init", feed.request);
                self.follow(feed.track, time.start, time.end);
            }
        }
    }

    fn follow(&mut self, track: TrackKind, start: PresentationTime, end: PresentationTime) {
        let gap = match self.fed_until.insert(track, end) {
            Some(until) => start.offset_secs(until),
            None => start.offset_secs(self.from).max(0.0),
        };
        assert!(gap.abs() <= SEAM_SECS, "{track} is fed from {start} with a gap of {gap} s");
    }
}
