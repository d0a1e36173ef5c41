//! The session for those who look.

use super::Session;
use super::track::Track;
use crate::buffer::Buffer;
use crate::io::Phase;
use crate::presentation::{Place, Set};
use crate::snapshot::{BufferedView, Mode, RungView, SetView, Snapshot, TrackView};
use shared::time::PresentationTime;
use std::ops::Range;
use std::sync::Arc;

/// A strip with more cells than this shows nothing.
const MOST_CELLS: u64 = 5_000;

impl Session {
    /// Everything that can be shown, at the latest known instant.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            at: self.now,
            phase: self.phase_told,
            url: self.url.clone(),
            position: self.position(),
            duration: self.presentation.as_ref().and_then(|p| p.end()).map(PresentationTime::since_start),
            rate: self.playback.clock.rate(),
            epoch: self.epoch,
            tracks: (0..self.tracks.len()).map(|index| self.track_view(index)).collect(),
            estimate: self.policy.estimate(&self.estimator),
            buffer_target: self.config.buffer_target,
            policy: self.config.policy.clone(),
            begun_with: Arc::clone(&self.begun_with),
            manifest: self.manifest.clone(),
            presentation: self.presentation.clone(),
            running: self.running_views(),
            requests: self.requests.recent(),
            decisions: self.outbox.journal.decisions(),
            notices: self.outbox.journal.notices(),
            history: self.outbox.journal.history(),
            totals: self.totals(),
        }
    }

    /// What the session is doing: the cheap part of a snapshot.
    pub fn phase(&self) -> Phase {
        self.phase_told
    }

    /// The figures of the session so far; a stand-still that goes on is not in them yet.
    pub fn totals(&self) -> crate::report::Totals {
        self.outbox.journal.totals(&self.config.policy)
    }

    fn track_view(&self, index: usize) -> TrackView {
        let track = &self.tracks[index];
        let set = track.set.and_then(|set| self.presentation.as_ref()?.set(track.period, set));
        TrackView {
            kind: track.kind,
            set: self.nth_set(track),
            sets: Arc::new(self.sets(track)),
            rungs: Arc::new(set.map(|set| self.rungs(track, set)).unwrap_or_default()),
            mode: self.shown_mode(track),
            shown: track.shown.map(|place| place.rung),
            loading: track.fetching.as_ref().map(|fetching| fetching.place.rung).or(track.last_rung),
            buffered: joined(&track.buffer),
            ahead: track.buffer.ahead(self.position()),
            segments: Arc::new(set.map(cells).unwrap_or_default()),
        }
    }

    fn shown_mode(&self, track: &Track) -> Mode {
        let top = track.set.and_then(|set| self.presentation.as_ref()?.set(track.period, set));
        match (track.mode, top) {
            (Mode::Manual(rung), Some(set)) => Mode::Manual(rung.min(set.rungs.len().saturating_sub(1))),
            (mode, _) => mode,
        }
    }

    fn nth_set(&self, track: &Track) -> usize {
        let period = self.presentation.as_ref().and_then(|p| p.periods.get(track.period));
        let nth = period.and_then(|p| p.sets_of(track.kind).position(|(place, _)| Some(place) == track.set));
        nth.unwrap_or(0)
    }

    fn sets(&self, track: &Track) -> Vec<SetView> {
        let period = self.presentation.as_ref().and_then(|p| p.periods.get(track.period));
        let view = |(_, set): (usize, &Set)| SetView { label: set.label.clone(), lang: set.lang.clone() };
        period.map(|period| period.sets_of(track.kind).map(view).collect()).unwrap_or_default()
    }

    fn rungs(&self, track: &Track, set: &Set) -> Vec<RungView> {
        let excluded = |rung| track.place(rung).is_some_and(|place: Place| self.excluded(place));
        let view = |(index, rung): (usize, &crate::presentation::Rung)| RungView {
            label: rung.label.clone(),
            id: rung.id.clone(),
            bandwidth: rung.bandwidth,
            codecs: rung.codecs.clone(),
            size: rung.size,
            frame_rate: rung.frame_rate,
            excluded: excluded(index),
        };
        set.rungs.iter().enumerate().map(view).collect()
    }
}

fn joined(buffer: &Buffer) -> Vec<BufferedView> {
    let mut views: Vec<BufferedView> = vec![];
    for (time, media) in buffer.parts().filter_map(|part| part.media.map(|media| (&part.time, media))) {
        match views.last_mut() {
            Some(last) if last.rung == media.rung && time.start <= last.time.end + crate::buffer::SEAM => {
                last.time.end = time.end;
            }
            _ => views.push(BufferedView { time: time.clone(), rung: media.rung }),
        }
    }
    views
}

fn cells(set: &Set) -> Vec<Range<PresentationTime>> {
    let index = set.rungs.iter().map(|rung| &rung.index).find(|index| index.pending().is_none());
    let Some(index) = index.filter(|index| index.len() <= MOST_CELLS) else { return vec![] };
    index.numbers().filter_map(|number| index.time(number)).collect()
}
