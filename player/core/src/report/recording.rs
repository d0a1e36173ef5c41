//! Everything that a report tells of its session, for tables and figures: what a snapshot forgets of a long session is here.
//! Told again from the inputs, so that one set of figures serves the window, the tables and comparisons.

use crate::history::{History, Sample, ShownMark};
use crate::io::{Decision, Event, RequestId};
use crate::replay::{ReplayError, Witness, retell};
use crate::report::Totals;
use crate::session::{ClockSource, Session};
use crate::snapshot::{RequestView, Snapshot};
use shared::time::SessionTime;
use shared::units::Bitrate;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// Between two samples.
const STEP: Duration = Duration::from_millis(250);
/// A day of samples: the times of a report may be anything.
const MOST_SAMPLES: usize = 24 * 3600 * 4;

/// A session from its beginning to its end.
#[derive(Debug, Clone, PartialEq)]
pub struct Recording {
    /// As it was at the end, with the figures that the shell wrote then.
    pub snapshot: Snapshot,
    /// All requests that have ended, oldest end first, then those under way.
    pub requests: Vec<RequestView>,
    /// All decisions, oldest first.
    pub decisions: Vec<Decision>,
    /// The curves, four times a second, for a day at most.
    pub samples: Vec<Sample>,
}

impl Recording {
    /// Reads a report.
    ///
    /// # Errors
    /// When it is not a report of a version that is known here.
    pub fn read<'a>(lines: impl IntoIterator<Item = &'a str>) -> Result<Self, ReplayError> {
        let mut notes = Notes::default();
        let mut snapshot = retell(lines, &mut notes)?;
        notes.requests.extend(snapshot.running.iter().cloned());
        if snapshot.begun_with.clock == ClockSource::Virtual {
            notes.forget_pace();
        }
        snapshot.history = Arc::new(notes.curves(&snapshot));
        if let Some(totals) = notes.totals {
            snapshot.totals = totals;
        }
        Ok(Self { snapshot, requests: notes.requests, decisions: notes.decisions, samples: notes.samples })
    }
}

/// What is written down on the way.
#[derive(Debug, Default)]
struct Notes {
    requests: Vec<RequestView>,
    known: BTreeSet<RequestId>,
    request_ended: bool,
    decisions: Vec<Decision>,
    samples: Vec<Sample>,
    due: SessionTime,
    link: Option<Bitrate>,
    totals: Option<Totals>,
}

impl Notes {
    /// A session with a clock of its own is told of bytes when a segment is there: how fast they came is not known.
    fn forget_pace(&mut self) {
        for sample in &mut self.samples {
            sample.point.delivered.busy = Duration::ZERO;
        }
    }

    /// The curves of the session, which has written down a point only when something happened: in virtual time that is rare.
    fn curves(&self, snapshot: &Snapshot) -> History {
        let mut curves = snapshot.history.without_points();
        for sample in &self.samples {
            curves.record(sample.point);
        }
        if snapshot.begun_with.clock == ClockSource::Virtual {
            curves.shown = shown_marks(&self.samples, snapshot);
        }
        curves
    }

    /// The session forgets old requests: they are taken over as soon as they have ended.
    fn take_over(&mut self, session: &Session) {
        let all = session.snapshot().requests;
        let fresh: Vec<&RequestView> =
            all.iter().rev().take_while(|request| !self.known.contains(&request.id)).collect();
        self.known.extend(fresh.iter().map(|request| request.id));
        self.requests.extend(fresh.into_iter().rev().cloned());
    }
}

/// When what was on the screen changed. A session with a clock of its own tells it late: with the next thing that happens.
fn shown_marks(samples: &[Sample], snapshot: &Snapshot) -> Vec<ShownMark> {
    let mut marks: Vec<ShownMark> = vec![];
    for sample in samples {
        let rung = sample.shown.and_then(|rung| snapshot.presentation.as_ref()?.rung(rung));
        if let (Some(rung), Some(track)) = (rung, sample.track)
            && marks.last().is_none_or(|last| last.rung != rung.id)
        {
            marks.push(ShownMark { at: sample.point.at, track, rung: rung.id, bandwidth: rung.bandwidth });
        }
    }
    marks
}

impl Witness for Notes {
    fn until(&mut self, session: &Session, at: SessionTime) {
        while self.due <= at && self.samples.len() < MOST_SAMPLES && session.ended().is_none() {
            let mut sample = session.sample(self.due);
            sample.point.capacity = sample.point.capacity.or(self.link);
            self.samples.push(sample);
            self.due = self.due + STEP;
        }
    }

    fn told(&mut self, event: &Event) {
        match event {
            Event::Decided(decision) => self.decisions.push(decision.clone()),
            Event::Received { .. } | Event::Failed { .. } | Event::Aborted { .. } => self.request_ended = true,
            _ => {}
        }
    }

    fn handled(&mut self, session: &Session) {
        if std::mem::take(&mut self.request_ended) {
            self.take_over(session);
        }
    }

    fn link(&mut self, rate: Bitrate) {
        self.link = Some(rate);
    }

    fn summed_up(&mut self, totals: Totals) {
        self.totals = Some(totals);
    }
}
