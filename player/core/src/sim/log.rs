//! The decisions of a simulated session as lines that an independent scorer can check: one JSON object a request.

use super::world::Observer;
use crate::io::{Event, Output, Request, RequestId};
use crate::presentation::{Presentation, Rank};
use shared::time::SessionTime;
use std::fmt;

/// One request.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LogLine {
    /// How many segments come before it.
    pub index: u64,
    /// In which rung.
    pub quality: Rank,
    /// When it was requested.
    pub request_ms: f64,
    /// When it ended.
    pub end_ms: f64,
    /// Stand-still that ended with it; absent for an aborted one.
    pub stall_ms: Option<f64>,
}

/// All requests of a session, in order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Log {
    /// Finished and aborted ones.
    pub lines: Vec<LogLine>,
    running: Vec<(RequestId, LogLine)>,
    presentation: Presentation,
}

/// `{"index":1,"quality":3,"request_ms":653.975,"end_ms":1200.000,"abandoned":true}`
impl fmt::Display for LogLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { index, quality, request_ms, end_ms, .. } = self;
        write!(f, r#"{{"index":{index},"quality":{quality},"request_ms":{request_ms:.6},"end_ms":{end_ms:.6},"#)?;
        match self.stall_ms {
            Some(stall_ms) => write!(f, r#""stall_ms":{stall_ms:.6}}}"#),
            None => write!(f, r#""abandoned":true}}"#),
        }
    }
}

/// One line each.
impl fmt::Display for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lines.iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}

impl Log {
    /// For a session that plays this.
    pub fn of(presentation: Presentation) -> Self {
        Self { presentation, ..Self::default() }
    }

    fn begin(&mut self, now: SessionTime, request: &Request) {
        let Some(segment) = request.subject.segment() else { return };
        let Some(quality) = self.presentation.rank(segment.rung) else { return };
        let index = self.presentation.ordinal(segment);
        // What is asked for beyond the next segment only tells whether the link is back: nothing of it is kept.
        if index > self.finished() {
            return;
        }
        let at = now.millis_f64();
        self.running.push((request.id, LogLine { index, quality, request_ms: at, end_ms: at, stall_ms: None }));
    }

    fn finished(&self) -> u64 {
        self.lines.iter().filter(|line| line.stall_ms.is_some()).count() as u64
    }

    fn end(&mut self, now: SessionTime, id: RequestId, stall_ms: Option<f64>) {
        if let Some(place) = self.running.iter().position(|(running, _)| *running == id) {
            let (_, line) = self.running.remove(place);
            self.lines.push(LogLine { end_ms: now.millis_f64(), stall_ms, ..line });
        }
    }

    /// The stand-still ended because the last line's segment has come.
    fn stalled(&mut self, millis: f64) {
        if let Some(stall) = self.lines.last_mut().and_then(|line| line.stall_ms.as_mut()) {
            *stall += millis;
        }
    }
}

impl Observer for Log {
    fn output(&mut self, now: SessionTime, output: &Output) {
        let Output::Event(event) = output else { return };
        match event {
            Event::Requested(request) => self.begin(now, request),
            Event::Received { request, .. } => self.end(now, *request, Some(0.0)),
            Event::Aborted { request, .. } => self.end(now, *request, None),
            Event::StallEnded { lasted } => self.stalled(lasted.as_secs_f64() * 1e3),
            _ => {}
        }
    }
}
