//! What is remembered of a session: totals, curves, the last decisions and messages. It listens, nothing else.

use crate::buffer::{SEAM, Shown};
use crate::history::{History, Point, ShownMark, TransferMark, WishMark};
use crate::io::{Action, Cause, Command, Decision, Event, Figures, Notice, Phase, Request, Severity};
use crate::kinds::{KINDS, TrackKind};
use crate::presentation::{LeftOut, Presentation};
use crate::report::{Mended, QoeMeter, Stall, Totals};
use crate::snapshot::NoticeView;
use shared::time::{PresentationTime, SessionTime};
use shared::units::{Bitrate, ByteSize};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

/// Decisions and messages kept for the window.
const KEPT: usize = 500;
/// Shorter ones are the seam of two segments.
const LEAST_STALL: Duration = Duration::from_millis(1);

/// A stretch of a track that could not be had.
#[derive(Debug, Clone, PartialEq)]
struct LostStretch {
    track: TrackKind,
    time: Range<PresentationTime>,
    why: String,
}

impl LostStretch {
    /// Whether `time` goes on where this ends, for the same reason.
    fn goes_on_with(&self, track: TrackKind, time: &Range<PresentationTime>, why: &str) -> bool {
        self.track == track && self.why == why && time.start <= self.time.end + SEAM && time.start >= self.time.start
    }

    fn mended(&self) -> Mended {
        let what = format!("{} up to {}: {}", self.track, self.time.end, self.why);
        Mended { at: self.time.start.secs_f64(), what, how: self.track.row().in_its_place.to_owned() }
    }
}

/// The stand-still of the moment, or the last one.
#[derive(Debug, Clone, Copy, Default)]
struct StandStill {
    at: PresentationTime,
    /// Because of this machine.
    late: bool,
}

impl StandStill {
    fn add(self, lasted: Duration, totals: &mut Totals) {
        if self.late {
            totals.late_decoding += lasted.as_secs_f64();
        } else if lasted >= LEAST_STALL {
            totals.add_stall(Stall { at: self.at.secs_f64(), seconds: lasted.as_secs_f64() });
        }
    }
}

/// The memory of a session.
#[derive(Default)]
pub(super) struct Journal {
    totals: Totals,
    quality: QoeMeter,
    stand_still: StandStill,
    capacity: Option<Bitrate>,
    /// Pictures that came to the output, once it has counted.
    pictures: Option<u64>,
    /// The last stretch of a track that could not be had, while the next one may belong to it.
    lost: Option<LostStretch>,
    history: Arc<History>,
    decisions: Arc<Vec<Decision>>,
    notices: Arc<Vec<NoticeView>>,
}

impl Journal {
    /// The ladder by which what is shown is judged: of the first kind that is measured and there.
    pub(super) fn opened(&mut self, presentation: &Presentation) {
        let ends = |kind| {
            let tracks = || presentation.tracks().filter(|track| track.kind == kind);
            let rates = || tracks().flat_map(|track| &track.rungs).map(|rung| rung.bandwidth);
            rates().min().zip(rates().max())
        };
        let measured = KINDS.iter().filter(|row| row.measured).find_map(|row| ends(row.kind));
        let (lowest, top) = measured.unwrap_or_default();
        self.quality.set_ladder(lowest, top);
    }

    /// What of the manifest is not played.
    pub(super) fn left_out(&mut self, left_out: &[LeftOut]) {
        self.totals.left_out = left_out.to_vec();
    }

    pub(super) fn note(&mut self, now: SessionTime, event: &Event) {
        match event {
            Event::Decided(decision) => self.decided(decision),
            Event::Started { startup } => self.totals.startup_seconds = Some(startup.as_secs_f64()),
            Event::StallBegan { late, .. } => self.stand_still.late = *late,
            Event::StallEnded { lasted } => self.stalled(now, *lasted),
            Event::Late { lasted, .. } => self.totals.late_decoding += lasted.as_secs_f64(),
            Event::Shown { track, rung, bandwidth, .. } => {
                let mark = ShownMark { at: now, track: *track, rung: *rung, bandwidth: *bandwidth };
                self.history_mut().shown(mark);
            }
            Event::Replaced { .. } => self.totals.segments_replaced += 1,
            Event::Skipped { track, time, reason } => self.skipped(*track, time, reason),
            Event::Notice(notice) => self.noticed(now, notice),
            Event::Ended { cause } => {
                self.totals.reached_end = *cause == Cause::End;
                self.totals.ended = Some(cause.to_string());
            }
            Event::Phase { phase: Phase::Playing, .. } => {
                self.totals.reached_end = false;
                self.totals.ended = None;
            }
            _ => {}
        }
    }

    /// Neighbouring stretches that were lost for the same reason are one entry.
    fn skipped(&mut self, track: TrackKind, time: &Range<PresentationTime>, why: &str) {
        let longer = self.lost.take().filter(|lost| lost.goes_on_with(track, time, why));
        if longer.is_some() {
            self.totals.mended.pop();
        }
        let from = longer.map_or(time.start, |lost| lost.time.start);
        let lost = LostStretch { track, time: from..time.end, why: why.to_owned() };
        push_bounded(&mut self.totals.mended, lost.mended());
        self.lost = Some(lost);
    }

    /// Something else that was damaged or missing at a place, and what took its place.
    pub(super) fn mended(&mut self, at: PresentationTime, what: impl Into<String>, how: impl Into<String>) {
        self.lost = None;
        push_bounded(&mut self.totals.mended, Mended { at: at.secs_f64(), what: what.into(), how: how.into() });
    }

    fn decided(&mut self, decision: &Decision) {
        push_bounded(Arc::make_mut(&mut self.decisions), decision.clone());
        if matches!(decision.action, Action::Abandon { .. }) {
            self.totals.segments_abandoned += 1;
        }
    }

    fn noticed(&mut self, at: SessionTime, notice: &Notice) {
        push_bounded(Arc::make_mut(&mut self.notices), NoticeView { at, notice: notice.clone() });
        if notice.severity >= Severity::Error {
            push_bounded(&mut self.totals.errors, notice.message.clone());
        }
    }

    pub(super) fn stall_began(&mut self, at: SessionTime, position: PresentationTime) {
        self.stand_still.at = position;
        self.history_mut().stall_began(at);
    }

    fn stalled(&mut self, now: SessionTime, lasted: Duration) {
        self.history_mut().stall_ended(now);
        self.stand_still.add(lasted, &mut self.totals);
    }

    /// A stretch of pictures was shown, or of sound where there are no pictures.
    pub(super) fn shown(&mut self, representation: &str, bandwidth: Bitrate, shown: &Shown) {
        let seconds = shown.shown.as_secs_f64();
        self.totals.played_seconds += seconds;
        match self.totals.time_by_representation.get_mut(representation) {
            Some(time) => *time += seconds,
            None => {
                self.totals.time_by_representation.insert(representation.to_owned(), seconds);
            }
        }
        self.quality.show(bandwidth, shown.shown, shown.whole);
    }

    pub(super) fn fetched(&mut self, size: ByteSize) {
        self.totals.bytes_fetched = self.totals.bytes_fetched.saturating_add(size.bytes());
    }

    pub(super) fn wasted(&mut self, size: ByteSize) {
        self.totals.bytes_wasted = self.totals.bytes_wasted.saturating_add(size.bytes());
    }

    /// The viewer wants something; loudness is none of the charts' business.
    pub(super) fn wished(&mut self, at: SessionTime, command: &Command) {
        if !matches!(command, Command::Volume(_) | Command::Enough | Command::Quit) {
            self.history_mut().wished(WishMark { at, command: command.clone() });
        }
    }

    /// Why `request`, made at `at`, was made: the latest decision about its segment.
    pub(super) fn reason_of(&self, request: &Request, at: SessionTime) -> Option<Arc<str>> {
        let segment = request.subject.segment()?;
        let about = |decision: &&Decision| decision.at <= at && decision.action.segment() == Some(segment);
        Some(self.decisions.iter().rfind(about)?.reason.as_str().into())
    }

    pub(super) fn transfer(&mut self, mark: TransferMark) {
        self.history_mut().transfer(mark);
    }

    pub(super) fn figures(&mut self, figures: Figures) {
        self.capacity = figures.capacity;
        self.pictures = Some(figures.frames_shown.saturating_add(figures.frames_dropped));
        self.totals.frames_shown = figures.frames_shown;
        self.totals.frames_dropped = figures.frames_dropped;
        self.totals.av_offset_ms = figures.av_offset_ms;
        self.totals.cpu_seconds = figures.cpu_seconds;
    }

    /// Pictures that came to the output, shown or too late; nothing before it has counted.
    pub(super) fn pictures(&self) -> Option<u64> {
        self.pictures
    }

    /// What the throttle lets through, as the shell told last.
    pub(super) fn capacity(&self) -> Option<Bitrate> {
        self.capacity
    }

    pub(super) fn next_point(&self) -> SessionTime {
        self.history.next_point()
    }

    pub(super) fn point(&mut self, point: Point) {
        self.history_mut().record(point);
    }

    /// Copies when a snapshot still holds the curves: once a snapshot at most.
    fn history_mut(&mut self) -> &mut History {
        Arc::make_mut(&mut self.history)
    }

    /// The figures until `now`, with a stand-still that goes on.
    pub(super) fn totals(&self, policy: &str, now: SessionTime) -> Totals {
        let mut totals = Totals { policy: policy.to_owned(), ..self.totals.clone() };
        let open = self.history.stalls.last().filter(|stall| stall.to.is_none());
        if let Some(open) = open {
            self.stand_still.add(now.since(open.from), &mut totals);
        }
        self.quality.fill(&mut totals);
        totals
    }

    pub(super) fn history(&self) -> Arc<History> {
        Arc::clone(&self.history)
    }

    pub(super) fn decisions(&self) -> Arc<Vec<Decision>> {
        Arc::clone(&self.decisions)
    }

    pub(super) fn last_notice(&self) -> Option<&Notice> {
        self.notices.last().map(|view| &view.notice)
    }

    pub(super) fn notices(&self) -> Arc<Vec<NoticeView>> {
        Arc::clone(&self.notices)
    }
}

fn push_bounded<T>(list: &mut Vec<T>, item: T) {
    if list.len() >= KEPT {
        list.drain(..KEPT / 2);
    }
    list.push(item);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::TrackKind::{Audio, Video};

    fn place(secs: i64) -> PresentationTime {
        PresentationTime::from_millis(secs * 1000)
    }

    fn skip(journal: &mut Journal, track: TrackKind, from: i64, to: i64, why: &str) {
        let event = Event::Skipped { track, time: place(from)..place(to), reason: why.to_owned() };
        journal.note(SessionTime::ZERO, &event);
    }

    fn mended(journal: &Journal) -> Vec<String> {
        let list = journal.totals("", SessionTime::MAX).mended;
        list.iter().map(|mended| format!("{} {}; {}", mended.at, mended.what, mended.how)).collect()
    }

    #[test]
    fn what_was_lost_side_by_side_for_one_reason_is_one_entry() {
        let mut journal = Journal::default();
        skip(&mut journal, Audio, 4, 6, "status 503");
        skip(&mut journal, Audio, 6, 8, "status 503");
        skip(&mut journal, Audio, 10, 12, "status 503");
        skip(&mut journal, Video, 12, 14, "status 503");
        skip(&mut journal, Video, 14, 16, "status 404");
        let expected = [
            "4 audio up to 8.000 s: status 503; silence",
            "10 audio up to 12.000 s: status 503; silence",
            "12 video up to 14.000 s: status 503; the picture before it",
            "14 video up to 16.000 s: status 404; the picture before it",
        ];
        assert_eq!(mended(&journal), expected);
    }

    #[test]
    fn what_was_mended_otherwise_stands_in_the_same_list() {
        let mut journal = Journal::default();
        skip(&mut journal, Audio, 4, 6, "gone");
        journal.mended(place(6), "audio: no rendition of it is left", "going on without it");
        skip(&mut journal, Audio, 6, 8, "gone");
        assert_eq!(mended(&journal).len(), 3);
    }

    #[test]
    fn what_this_machine_is_late_with_is_no_stall() {
        let mut journal = Journal::default();
        let lasted = Duration::from_millis(1500);
        for late in [true, false] {
            let began = Event::StallBegan { position: place(4), track: Video, late };
            journal.note(SessionTime::ZERO, &began);
            journal.note(SessionTime::ZERO, &Event::StallEnded { lasted });
        }
        journal.note(SessionTime::ZERO, &Event::Late { position: place(9), lasted });
        let totals = journal.totals("", SessionTime::MAX);
        assert_eq!((totals.stall_count, totals.stall_seconds, totals.late_decoding), (1, 1.5, 3.0));
    }

    #[test]
    fn stalls_are_counted_and_added_up() {
        let mut journal = Journal::default();
        for millis in [500, 0, 1500] {
            journal.note(SessionTime::ZERO, &Event::StallEnded { lasted: Duration::from_millis(millis) });
        }
        let totals = journal.totals("", SessionTime::MAX);
        assert_eq!((totals.stall_count, totals.stall_seconds, totals.stalls.len()), (2, 2.0, 2));
        journal.stall_began(SessionTime::from(Duration::from_secs(10)), place(7));
        let totals = journal.totals("", SessionTime::from(Duration::from_secs(13)));
        assert_eq!((totals.stall_count, totals.stall_seconds), (3, 5.0), "one goes on");
    }
}
