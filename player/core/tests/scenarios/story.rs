//! What happened, as text that people read and tests compare; and what must be true in every story.

use super::film::Film;
use player_core::io::{Action, Epoch, Event, Feed, FeedKind, Input, Output, Request, RequestId};
use player_core::kinds::TrackKind;
use player_core::presentation::{Presentation, Rank, RungId, SegmentId, select};
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
    last_rung: BTreeMap<TrackKind, String>,
    /// Names are given in the same order whenever the same manifest is read.
    presentation: Presentation,
}

impl Story {
    pub(crate) fn new(config: &Config, film: &Film) -> Self {
        let (text, last_rung) = (String::new(), BTreeMap::new());
        let url = "http://a.example/film.mpd".parse().unwrap();
        let manifest = shared::mpd::read(film.mpd().as_bytes(), &url).unwrap().0;
        let presentation = select(&manifest, &config.kinds, &config.decodable).unwrap().presentation;
        Self { text, report: Lines::new(config), rules: Rules::default(), last_rung, presentation }
    }

    /// Where a rung stands, and how many segments come before one of it.
    fn place(&self, segment: SegmentId) -> (Rank, u64) {
        (self.rank(segment.rung), self.presentation.ordinal(segment))
    }

    fn rank(&self, rung: RungId) -> Rank {
        self.presentation.rank(rung).unwrap()
    }

    fn line(&mut self, now: SessionTime, what: &str) {
        writeln!(self.text, "{:8.3}  {what}", now.secs_f64()).unwrap();
    }

    fn event(&mut self, now: SessionTime, event: &Event) {
        let line = match event {
            Event::Opened { rungs, .. } => format!("opened: {}", rungs.join(" ")),
            Event::Phase { phase, position } => format!("{phase} at {position}"),
            Event::Requested(request) if request.subject.media().is_some() => return self.requested(now, request),
            Event::Failed { request, failure, then } => format!("{request} failed: {}; {then}", failure.message),
            Event::Aborted { request, bytes } => format!("{request} given up after {bytes}"),
            Event::Decided(decision) => match decision.action {
                Action::Fetch { .. } => return,
                Action::Wait { until } => format!("{} waits until {until}: {}", decision.track, decision.reason),
                Action::Abandon { request, segment } => {
                    let (rung, _) = self.place(segment);
                    format!("{request} is to be taken in rung {rung} instead: {}", decision.reason)
                }
                Action::Replace { from, segment } => {
                    let (from, (rung, position)) = (self.rank(from), self.place(segment));
                    format!("segment {position} is to be replaced, rung {from} -> {rung}: {}", decision.reason)
                }
            },
            Event::Started { startup } => format!("first picture after {:.3} s", startup.as_secs_f64()),
            Event::StallBegan { position, track, late } => {
                format!("STALL at {position}, {track} is {}", if *late { "late" } else { "dry" })
            }
            Event::StallEnded { lasted } => format!("goes on after {:.3} s", lasted.as_secs_f64()),
            Event::Shown { track, bandwidth, position, .. } => format!("shows {track} {bandwidth} from {position}"),
            Event::Replaced { segment, from } => {
                let (from, (rung, position)) = (self.rank(*from), self.place(*segment));
                format!("segment {position} replaced, rung {from} -> {rung}")
            }
            Event::Skipped { track, time, reason } => {
                format!("{track} {} - {} skipped: {reason}", time.start, time.end)
            }
            Event::Sought { to, buffered } => {
                format!("sought {to}, {}", if *buffered { "in the buffer" } else { "not buffered" })
            }
            Event::Location { from, to, reason } => format!("asks another location, from {from} to {to}: {reason}"),
            Event::Notice(notice) => format!("{:?}: {}", notice.severity, notice.message),
            // Why it failed was told in a notice.
            Event::Ended { cause } if cause.is_failure() => return,
            Event::Ended { .. } => "the end".to_owned(),
            _ => return,
        };
        self.line(now, &line);
    }

    /// Only a change of the rung, or another attempt, is worth a line.
    fn requested(&mut self, now: SessionTime, request: &Request) {
        let Some(segment) = request.subject.media() else { return };
        let (name, time) = (segment.of.representation.clone(), &segment.time);
        if self.last_rung.insert(segment.of.track, name.clone()).as_ref() != Some(&name) || request.attempt > 0 {
            let again = if request.attempt > 0 { format!(", attempt {}", request.attempt + 1) } else { String::new() };
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
    decoder: BTreeMap<TrackKind, RungId>,
    replacements: BTreeSet<shared::addressing::SegmentNumber>,
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
            Output::Event(Event::Replaced { segment, .. }) => {
                assert!(self.replacements.insert(segment.number), "segment {} was replaced twice", segment.number);
            }
            _ => {}
        }
    }

    fn fetch(&mut self, request: &Request) {
        if let Some(track) = request.subject.media().map(|segment| segment.of.track) {
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
