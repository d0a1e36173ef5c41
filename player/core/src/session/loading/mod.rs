//! Loading: which segments to fetch, in which rung and when, and what the decoders get of them. A lane for each kind
//! of media; the policy; the files that rungs need. It is told where playback stands ([`Situation`]) and uses the
//! network; it never moves the playhead. What it cannot mend it leaves as a [`Loss`] for the session's loop.
//!
//! | file | question |
//! |---|---|
//! | `lane`, `cursor` | where does each kind of media stand, and what comes next? |
//! | `scheduler` | which lane may fetch its next segment, and when? |
//! | `choice`, `policy`, `decision` | in which rung, and how is that told? |
//! | `setup` | what does a rung need before its media is of use? |
//! | `fetch`, `stakes` | what is asked for, and what depends on it? |
//! | `arrival` | what follows from a finished response? |
//! | `placing` | where does its media really lie? |
//! | `failure`, `giving_up` | what follows from a failed one, and what if nothing helps? |
//! | `alone` | what if one lane fails while the others do not? |
//! | `beyond` | is it one segment, or everything? |
//! | `abandon` | should a running download be given up? |
//! | `better_start` | should the first one be fetched again before it is seen? |
//! | `replace` | should a buffered segment be fetched again? |
//! | `keys` | what is encrypted, and where do its keys come from? |
//! | `feeding` | what do the decoders get? |
//! | `relocate` | what of the buffer is kept when the playhead goes elsewhere? |
//! | `shortfall` | what of the end could not be had? |
//! | `too_heavy` | which pictures are too large for this machine? |
//! | `release` | what is not needed any more? |

mod abandon;
mod alone;
mod arrival;
mod better_start;
mod beyond;
mod choice;
mod cursor;
mod decision;
mod failure;
mod feeding;
mod fetch;
mod giving_up;
mod keys;
mod lane;
mod placing;
mod policy;
mod relocate;
mod release;
mod replace;
mod scheduler;
mod shortfall;
mod setup;
mod stakes;
mod too_heavy;

pub(super) use keys::Locked;
pub(super) use lane::{Lane, Lanes};

use super::config::Config;
use super::level::PlayableLevel;
use super::network::Network;
use super::outbox::Outbox;
use crate::abr::Policy;
use crate::buffer::{SEAM, Shown};
use crate::clock::MediaClock;
use crate::kinds::{OutputSink, TrackKind};
use crate::presentation::{Changes, PeriodId, Presentation, RungId};
use keys::Keys;
use lane::LaneId;
use placing::Placing;
use setup::Setups;
use shared::time::{PresentationTime, SessionTime};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;
use too_heavy::TooHeavy;

/// Where playback stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Situation {
    /// Of the playhead.
    pub(super) position: PresentationTime,
    /// How it moves.
    pub(super) clock: MediaClock,
    /// The viewer has seen something.
    pub(super) started: bool,
    /// It stands for want of media.
    pub(super) stalled: bool,
    /// It is on the way to another place.
    pub(super) seeking: bool,
    /// The output was told to run.
    pub(super) told: bool,
    /// What every lane must have ahead for the playhead to move.
    pub(super) needed: Duration,
}

/// What loading works with beside its own state.
pub(super) struct Desk<'a> {
    pub(super) at: Situation,
    pub(super) config: &'a Config,
    pub(super) network: &'a mut Network,
    pub(super) out: &'a mut Outbox,
}

/// Nothing more can be fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Loss {
    /// And nothing is left to play.
    Now(String),
    /// What is buffered can be played until then.
    AtTheEnd(String),
}

/// The loading side of a session.
pub(super) struct Loading {
    /// Shared with snapshots. Nothing before a manifest was read.
    presentation: Arc<Presentation>,
    lanes: Lanes,
    setups: Setups,
    policy: Box<dyn Policy>,
    loss: Option<Loss>,
    placing: Placing,
    too_heavy: TooHeavy,
    keys: Keys,
    /// When media last came.
    last_arrival: Option<SessionTime>,
    /// When a segment last came that had failed before.
    last_recovery: Option<SessionTime>,
}

impl Loading {
    /// Nothing is known yet.
    pub(super) fn new(policy: Box<dyn Policy>) -> Self {
        let presentation = Arc::default();
        Self {
            presentation,
            lanes: Lanes::default(),
            setups: Setups::default(),
            policy,
            loss: None,
            placing: Placing::default(),
            too_heavy: TooHeavy::default(),
            keys: Keys::default(),
            last_arrival: None,
            last_recovery: None,
        }
    }

    /// Begins with a presentation.
    pub(super) fn begin(&mut self, presentation: Presentation, config: &Config) {
        let start = presentation.start();
        let Some(first) = presentation.periods().first().map(|period| period.id) else { return };
        let offered = |kind: &TrackKind| presentation.tracks().any(|track| track.kind == *kind);
        let mut lanes: Vec<Lane> =
            config.kinds.iter().copied().filter(offered).map(|kind| Lane::new(kind, first, start)).collect();
        lanes.sort_by_key(|lane| lane.kind);
        for lane in &mut lanes {
            lane.enter_period(first, &presentation, config.audio_lang.as_deref());
        }
        self.presentation = Arc::new(presentation);
        self.lanes = Lanes::new(lanes);
        self.keys = Keys::given(&config.decodable.key_ids);
    }

    /// Goes on with a newer version of the presentation.
    pub(super) fn renew(&mut self, newer: Presentation, desk: &mut Desk<'_>) -> Changes {
        let buffered = |period| self.lanes.iter().any(|lane| lane.holds_of(period));
        let changes = Arc::make_mut(&mut self.presentation).renew(newer, buffered);
        for lane in self.lanes.ids() {
            self.lanes[lane].complete = self.lanes[lane].lost;
            if changes.gone.contains(&self.lanes[lane].period) || self.lane_left_its_track(lane) {
                self.leave_gone_period(lane, desk);
            }
        }
        changes
    }

    /// Whether the track in which a lane fetches is not described any more.
    fn lane_left_its_track(&self, lane: LaneId) -> bool {
        self.lanes[lane].track_in(&self.presentation).is_none()
    }

    /// A lane that stands where nothing is any more goes on where the presentation does.
    fn leave_gone_period(&mut self, lane: LaneId, desk: &mut Desk<'_>) {
        let presentation = Arc::clone(&self.presentation);
        self.stop_fetching(lane, desk);
        let lane = &mut self.lanes[lane];
        if let Some(period) = presentation.period_at(lane.next) {
            lane.next = lane.next.max(period.start);
            lane.enter_period(period.id, &presentation, desk.config.audio_lang.as_deref());
        }
    }

    /// What is played.
    pub(super) fn presentation(&self) -> &Arc<Presentation> {
        &self.presentation
    }

    /// Whether there is anything to play.
    pub(super) fn has_begun(&self) -> bool {
        !self.presentation.periods().is_empty()
    }

    /// Whether every lane that playback waits for has all that there is so far.
    pub(super) fn has_all_so_far(&self) -> bool {
        let extent = self.presentation.extent().unwrap_or(PresentationTime::ZERO);
        let needed = self.lanes.iter().filter(|lane| lane.kind.row().blocks_playback);
        needed.into_iter().all(|lane| lane.complete || lane.next + SEAM >= extent)
    }

    /// All lanes.
    pub(super) fn lanes(&self) -> &Lanes {
        &self.lanes
    }

    /// The policy in charge.
    pub(super) fn policy(&self) -> &dyn Policy {
        self.policy.as_ref()
    }

    /// What could not be mended since the last time that somebody asked.
    pub(super) fn take_loss(&mut self) -> Option<Loss> {
        self.loss.take()
    }

    /// What the playhead goes by: the lanes that it waits for.
    pub(super) fn levels(&self) -> Vec<PlayableLevel<'_>> {
        let blocking = self.lanes.iter().filter(|lane| lane.kind.row().blocks_playback);
        blocking
            .map(|lane| PlayableLevel {
                kind: lane.kind,
                buffer: &lane.buffer,
                next: lane.next,
                complete: lane.complete,
            })
            .collect()
    }

    /// The playhead has passed a stretch. Tells what was seen and heard of it.
    pub(super) fn show(&mut self, passed: &Range<PresentationTime>, out: &mut Outbox) {
        let measured = self.lanes.measured();
        for lane in self.lanes.ids() {
            for shown in self.lanes[lane].buffer.show(passed.start, passed.end) {
                self.tell_shown(lane, measured == Some(lane), shown, out);
            }
        }
    }

    fn tell_shown(&mut self, lane: LaneId, measured: bool, shown: Shown, out: &mut Outbox) {
        let Some(rung) = self.presentation.rung(shown.rung) else { return };
        if measured {
            out.journal.shown(&rung.representation, rung.bandwidth, &shown);
        }
        self.put_on_screen(lane, shown.rung, shown.from, out);
    }

    /// The playhead stands at a place: its picture is seen as soon as the decoder has it, although nothing was passed.
    pub(super) fn stand(&mut self, position: PresentationTime, out: &mut Outbox) {
        let Some(lane) = self.lanes.of(TrackKind::of_sink(OutputSink::Screen)) else { return };
        let there = self.lanes[lane].buffer.part_at(position).filter(|part| part.fed);
        if let Some(media) = there.and_then(|part| part.media) {
            self.put_on_screen(lane, media.segment.rung, position, out);
        }
    }

    fn put_on_screen(&mut self, lane: LaneId, rung: RungId, position: PresentationTime, out: &mut Outbox) {
        let Some(rung) = self.presentation.rung(rung) else { return };
        let lane = &mut self.lanes[lane];
        if lane.shown.replace(rung.id) != Some(rung.id) {
            let (track, bandwidth) = (lane.kind, rung.bandwidth);
            out.tell(crate::io::Event::Shown { track, rung: rung.id, bandwidth, position });
        }
    }

    /// Media ahead of the playhead by kind.
    pub(super) fn ahead(&self, kind: TrackKind, position: PresentationTime) -> Option<Duration> {
        self.lanes.of(kind).map(|lane| self.lanes[lane].ahead(position))
    }
}

impl Lane {
    /// Whether something of a Period is in the buffer.
    fn holds_of(&self, period: PeriodId) -> bool {
        self.buffer.parts().any(|part| part.period == period)
    }
}

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests {
    use super::testing::{Audio, Bench, Text, Video, config, place};
    use super::*;
    use crate::presentation::testing::{AUDIO, Segments, SetText, TEXT, VIDEO, film, films, live, opened, period};

    #[test]
    fn there_is_a_lane_for_each_kind_that_is_wanted_and_offered() {
        let kinds = |wanted: &[TrackKind], sets: &[SetText]| {
            let config = Config { kinds: wanted.to_vec(), ..config() };
            let bench = Bench::with(config, film(4, sets));
            bench.loading.lanes().iter().map(|lane| lane.kind).collect::<Vec<_>>()
        };
        assert_eq!(kinds(&[Text, Audio, Video], &[AUDIO, TEXT, VIDEO]), [Video, Audio, Text]);
        assert_eq!(kinds(&[Video, Audio], &[VIDEO, TEXT]), [Video]);
        assert_eq!(kinds(&[Text, Audio], &[VIDEO, AUDIO]), [Audio]);
    }

    #[test]
    fn the_playhead_is_not_told_of_what_it_does_not_wait_for() {
        let bench = Bench::new(film(4, &[VIDEO, AUDIO, TEXT]));
        assert_eq!(bench.loading.levels().iter().map(|level| level.kind).collect::<Vec<_>>(), [Video, Audio]);
        assert_eq!(bench.loading.ahead(Text, place(0.0)), Some(Duration::ZERO), "but it is there");
    }

    #[test]
    fn what_is_seen_is_told_when_it_changes_and_counts_for_the_pictures_alone() {
        let mut bench = Bench::new(films(&[(4, &[VIDEO, AUDIO]), (4, &[VIDEO.kbps(&[500]), AUDIO])]));
        bench.run(6);
        let shown = |bench: &mut Bench, from: f64, to: f64| {
            bench.loading.show(&(place(from)..place(to)), &mut bench.out);
            bench.told().iter().filter(|line| line.starts_with("shows")).count()
        };
        assert_eq!(shown(&mut bench, 0.0, 1.0), 2, "picture and sound");
        assert_eq!(shown(&mut bench, 1.0, 3.5), 0);
        assert_eq!(shown(&mut bench, 3.5, 5.0), 2, "another Period has other rungs");
        assert_eq!(bench.out.journal.totals("", SessionTime::MAX).played_seconds, 5.0);
    }

    #[test]
    fn where_the_playhead_stands_the_picture_is_seen_once_the_decoder_has_it() {
        let mut bench = Bench::new(film(20, &[VIDEO, AUDIO]));
        let standing = |bench: &mut Bench| {
            bench.loading.stand(place(1.0), &mut bench.out);
            bench.told().into_iter().filter(|line| line.starts_with("shows")).collect::<Vec<_>>()
        };
        assert_eq!(standing(&mut bench), [""; 0], "nothing is there");
        bench.run(4);
        assert_eq!(standing(&mut bench).len(), 1, "of the pictures: nothing is heard yet");
        assert_eq!(bench.lane(Video).shown, Some(bench.rung("v300")));
        assert_eq!(
            (standing(&mut bench), bench.out.journal.totals("", SessionTime::MAX).played_seconds),
            (vec![], 0.0)
        );
    }

    #[test]
    fn a_lane_is_blank_where_nothing_will_come() {
        let blank = |bench: &Bench, at: f64| bench.lane(Video).is_blank_at(place(at));
        let mut bench = Bench::new(films(&[(4, &[VIDEO, AUDIO]), (4, &[AUDIO])]));
        assert!(!blank(&bench, 1.0), "not yet");
        bench.run(8);
        assert_eq!([1.0, 3.9, 5.0, 7.9].map(|at| blank(&bench, at)), [false, false, true, true]);
    }

    fn window(from: u64, to: u64) -> Presentation {
        let sets = [VIDEO, AUDIO].map(|set| set.segments(Segments::Window(from, to)));
        opened(&live(&period(r#"id="p" start="PT0S""#, &sets)))
    }

    #[test]
    fn a_newer_manifest_brings_more_of_the_same() {
        let mut bench = Bench::new(window(0, 2));
        bench.run(3);
        assert_eq!((bench.fetches(), bench.lane(Video).complete), (vec![], false), "more may come");
        bench.renew(window(1, 4));
        assert_eq!(bench.fetches(), ["v300@4", "a64@4"]);
        // What is under way is the same segment by its name.
        bench.renew(window(2, 5));
        assert_eq!(bench.fetches(), [""; 0]);
        bench.arrive("v300@4");
        bench.arrive("a64@4");
        assert_eq!(bench.fetches(), ["v300@6", "a64@6"]);
    }

    #[test]
    fn a_kind_that_is_lost_stays_lost_whatever_a_newer_manifest_says() {
        let mut bench = Bench::new(window(0, 20));
        bench.run(2);
        bench.play(0.0);
        let (loading, mut desk) = bench.desk();
        let lane = loading.lanes.of(Audio).unwrap();
        loading.lose_lane(lane, "no rendition of it is left", &mut desk);
        assert!(bench.lane(Audio).complete);
        bench.renew(window(0, 22));
        let audio = bench.loading.levels()[1];
        assert!(audio.complete, "the film does not wait for sound that was given up");
        assert!(bench.fetches().iter().all(|name| name.starts_with('v')));
    }

    #[test]
    fn a_lane_whose_period_is_gone_goes_on_where_the_presentation_does() {
        let sets = [VIDEO.segments(Segments::Window(0, 5))];
        let mut bench = Bench::new(opened(&live(&period(r#"id="p" start="PT0S""#, &sets))));
        bench.step();
        assert_eq!(bench.running(), ["v300/init", "v300@0"]);
        bench.renew(opened(&live(&period(r#"id="q" start="PT20S""#, &[VIDEO.segments(Segments::Window(0, 5))]))));
        assert!(bench.told().contains(&"abort v300@0".to_owned()));
        assert_eq!((bench.fetches(), bench.lane(Video).next), (vec!["v300@20".to_owned()], place(20.0)));
    }

    #[test]
    fn what_is_buffered_of_a_period_that_is_gone_is_still_fed() {
        let of = |id: &str, start: u32| {
            let attributes = format!(r#"id="{id}" start="PT{start}S""#);
            period(&attributes, &[VIDEO.segments(Segments::Window(0, 3))])
        };
        let mut bench = Bench::new(opened(&live(&of("p", 0))));
        bench.config.feed_ahead = Duration::ZERO;
        bench.run(4);
        bench.renew(opened(&live(&of("q", 6))));
        bench.play(2.0);
        assert!(bench.step().contains(&"feed v300@4".to_owned()));
    }
}
