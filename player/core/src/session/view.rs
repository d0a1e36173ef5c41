//! The session for those who look.

use super::Session;
use super::loading::Lane;
use crate::buffer::Buffer;
use crate::history::{Point, Sample};
use crate::io::{Cause, Phase};
use crate::kinds::{KINDS, PerKind};
use crate::presentation::{Presentation, Rank, RungId, Track, TrackNumber};
use crate::snapshot::{BufferedView, Mode, RungView, Snapshot, TrackOption, TrackView};
use shared::time::{PresentationTime, SessionTime};
use shared::units::Bitrate;
use std::ops::Range;
use std::sync::Arc;

/// A strip with more cells than this shows nothing.
const MOST_CELLS: u64 = 5_000;

impl Session {
    /// Everything that can be shown, at the latest known instant.
    pub fn snapshot(&self) -> Snapshot {
        let presentation = Some(self.loading.presentation()).filter(|_| self.loading.has_begun());
        Snapshot {
            at: self.clock_shown(),
            phase: self.phase_told,
            ended: self.ended.clone(),
            url: self.opening.url().to_owned(),
            position: self.position(),
            duration: presentation.and_then(|p| p.extent()).map(PresentationTime::since_start),
            rate: self.playhead.clock().rate(),
            epoch: self.epoch,
            tracks: self.loading.lanes().iter().map(|lane| self.track_view(lane)).collect(),
            estimate: self.estimate_shown(),
            buffer_target: self.config.buffer_target,
            policy: self.config.policy.clone(),
            begun_with: Arc::clone(&self.begun_with),
            manifest: self.manifest.clone(),
            presentation: presentation.cloned(),
            outage: self.outage(),
            late: self.loading.late_view(self.out.now()),
            running: self.network.views(&self.out),
            requests: self.network.recent(),
            decisions: self.out.journal.decisions(),
            notices: self.out.journal.notices(),
            history: self.out.journal.history(),
            totals: self.totals(),
        }
    }

    /// What the session is doing: the cheap part of a snapshot.
    pub fn phase(&self) -> Phase {
        self.phase_told
    }

    /// Why it is over, if it is.
    pub fn ended(&self) -> Option<&Cause> {
        self.ended.as_ref()
    }

    /// What is played, once it is known.
    pub fn presentation(&self) -> &Presentation {
        self.loading.presentation()
    }

    /// The figures of the session so far, with a stand-still that goes on.
    pub fn totals(&self) -> crate::report::Totals {
        let now = self.clock_shown();
        let locations = self.network.locations.totals(now);
        crate::report::Totals { locations, ..self.out.journal.totals(&self.config.policy, now) }
    }

    /// What is expected of the network, for the eye: nothing is known while nothing comes, and no more is to be expected
    /// than what is under way shows.
    fn estimate_shown(&self) -> Option<Bitrate> {
        if self.outage().is_some() {
            return None;
        }
        let expected = self.loading.policy().estimate(&self.network.estimator)?;
        let seen = self.network.seen(self.out.now());
        Some(seen.map_or(expected, |seen| expected.min(seen)))
    }

    /// The clock of the session stands where it has ended.
    fn clock_shown(&self) -> SessionTime {
        self.ended_at.filter(|_| self.ended.is_some()).unwrap_or(self.out.now())
    }

    /// A point of the charts, which have none behind the end.
    pub(super) fn record_point(&mut self) {
        let now = self.out.now();
        if now < self.out.journal.next_point() || self.ended.is_some() {
            return;
        }
        let point = self.point(now);
        self.out.journal.point(point);
    }

    /// What charts and tables tell of the instant `at`, up to which nothing happens after the latest known one: the
    /// playhead goes on as it does then.
    pub fn sample(&self, at: SessionTime) -> Sample {
        let point = self.point(at.max(self.out.now()));
        let lanes = self.loading.lanes();
        let lane = lanes.measured().map(|lane| &lanes[lane]);
        Sample {
            point,
            track: lane.map(|lane| lane.kind),
            shown: lane.and_then(|lane| self.shown_at(lane, point.position)),
            fetched: lane.and_then(loading_rung),
            stalled: self.phase_told == Phase::Stalled,
        }
    }

    fn point(&self, at: SessionTime) -> Point {
        let position = self.playhead.position(at);
        let mut ahead = PerKind::default();
        for row in KINDS {
            ahead[row.kind] = self.loading.ahead(row.kind, position);
        }
        Point {
            at,
            position,
            ahead,
            estimate: self.estimate_shown(),
            capacity: self.out.journal.capacity(),
            target: self.config.buffer_target,
            delivered: self.network.delivered(at),
        }
    }

    /// While the playhead moves, what lies at its place; else what was there last.
    fn shown_at(&self, lane: &Lane, position: PresentationTime) -> Option<RungId> {
        let last = lane.shown?;
        let part = lane.buffer.part_at(position).filter(|_| self.playhead.clock().running());
        Some(part.and_then(|part| part.media).map_or(last, |media| media.segment.rung))
    }

    fn track_view(&self, lane: &Lane) -> TrackView {
        let presentation = self.loading.presentation();
        let track = lane.track_in(presentation);
        TrackView {
            kind: lane.kind,
            number: number_of(lane, presentation),
            options: Arc::new(options(lane, presentation)),
            rungs: Arc::new(track.map(|track| self.rungs(track)).unwrap_or_default()),
            mode: shown_mode(lane.mode, track),
            shown: lane.shown,
            loading: loading_rung(lane),
            buffered: joined(&lane.buffer),
            blank: lane.is_blank_at(self.position()),
            ahead: lane.buffer.ahead(self.position()),
            segments: Arc::new(track.map(|track| cells(track, presentation)).unwrap_or_default()),
        }
    }

    fn rungs(&self, track: &Track) -> Vec<RungView> {
        let view = |rung: &crate::presentation::Rung| RungView {
            id: rung.id,
            label: rung.label.clone(),
            representation: rung.representation.clone(),
            bandwidth: rung.bandwidth,
            codecs: rung.codecs.clone(),
            size: rung.size,
            frame_rate: rung.frame_rate,
            excluded: self.network.exclusions.excluded(rung.id, self.out.now()),
        };
        track.rungs.iter().map(view).collect()
    }
}

/// The rung fetched last or being fetched.
fn loading_rung(lane: &Lane) -> Option<RungId> {
    lane.fetching.as_ref().map(|fetching| fetching.segment.rung).or(lane.last_rung)
}

/// A rank beyond the ladder is its top.
fn shown_mode(mode: Mode, track: Option<&Track>) -> Mode {
    match (mode, track) {
        (Mode::Manual(rank), Some(track)) => Mode::Manual(rank.min(Rank(track.rungs.len().saturating_sub(1)))),
        (mode, _) => mode,
    }
}

fn number_of(lane: &Lane, presentation: &Presentation) -> TrackNumber {
    let period = presentation.period(lane.period);
    let number = period.and_then(|p| p.tracks_of(lane.kind).position(|track| Some(track.id) == lane.track));
    TrackNumber(number.unwrap_or(0))
}

fn options(lane: &Lane, presentation: &Presentation) -> Vec<TrackOption> {
    let view = |track: &Track| TrackOption { label: track.label.clone(), lang: track.lang.clone() };
    let period = presentation.period(lane.period);
    period.map(|period| period.tracks_of(lane.kind).map(view).collect()).unwrap_or_default()
}

fn joined(buffer: &Buffer) -> Vec<BufferedView> {
    let mut views: Vec<BufferedView> = vec![];
    for (time, media) in buffer.parts().filter_map(|part| part.media.map(|media| (&part.time, media))) {
        let rung = media.segment.rung;
        match views.last_mut() {
            Some(last) if last.rung == rung && time.start <= last.time.end + crate::buffer::SEAM => {
                last.time.end = time.end;
            }
            _ => views.push(BufferedView { time: time.clone(), rung }),
        }
    }
    views
}

fn cells(track: &Track, presentation: &Presentation) -> Vec<Range<PresentationTime>> {
    let indexes = track.rungs.iter().filter_map(|rung| presentation.index(rung.id));
    let Some(index) = indexes.into_iter().find(|index| index.pending().is_none()) else { return vec![] };
    if index.len() > MOST_CELLS {
        return vec![];
    }
    index.numbers().filter_map(|number| index.time(number)).collect()
}
