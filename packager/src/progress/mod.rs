//! Shows the progress of a run: bars on a terminal, JSON lines on request, in a pipe the result alone.
//!
//! * `bars`: a line a rendition and one for the whole. `words`: the plan and the result as people read them.
//!
//! The one module of packaging that reads a clock. Nothing here changes the output.
#![expect(clippy::disallowed_methods, reason = "speed and time left are what progress is about")]

mod bars;
mod words;

use crate::catalogue::{Made, Summary};
use crate::error::PackagerError;
use crate::layout;
use crate::mux::SegmentClosed;
use crate::out;
use crate::plan::{Plan, PlannedRendition};
use crate::produce::PipelineEvent;
use crate::workspace::ChunkDone;
use bars::Bars;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::time::{Instant, SystemTime};

/// How to show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum ProgressMode {
    /// Bars on a terminal; in a pipe the result alone
    Auto,
    /// Bars
    Bar,
    /// One JSON object a line on standard output
    Json,
    /// Nothing
    None,
}

/// A run being watched.
pub struct Progress {
    view: ProgressView,
    /// The film in a line.
    source: String,
    started: Instant,
    is_playable: bool,
}

enum ProgressView {
    Bars(Box<Bars>),
    Json(Scale),
    Result,
    Quiet,
}

/// What turns positions into seconds, for programs that do not know the plan.
struct Scale {
    /// Of the film.
    expected_seconds: Option<f64>,
    /// Ticks a second, by rendition.
    timescales: BTreeMap<String, f64>,
}

impl Scale {
    fn of(plan: &Plan) -> Self {
        let timescale =
            |rendition: &PlannedRendition| (rendition.id.clone(), f64::from(plan.timescale_of(rendition).get()));
        Self {
            expected_seconds: plan.expected_frames.map(|frames| plan.time_of(frames).secs_f64()),
            timescales: plan.renditions.iter().map(timescale).collect(),
        }
    }

    /// Where a segment ends.
    fn end_of(&self, closed: &SegmentClosed) -> Option<f64> {
        let timescale = self.timescales.get(&closed.representation)?;
        Some(closed.time.saturating_add(closed.duration) as f64 / timescale)
    }
}

/// The wall clock, for the times in a dynamic manifest.
pub fn wall_clock() -> SystemTime {
    SystemTime::now()
}

impl Progress {
    /// For a plan, of a film that `source` describes in a line.
    pub fn new(mode: ProgressMode, plan: &Plan, source: String) -> Self {
        let view = match mode {
            ProgressMode::Json => ProgressView::Json(Scale::of(plan)),
            ProgressMode::Bar => ProgressView::Bars(Box::new(Bars::new(plan))),
            ProgressMode::Auto if io::stderr().is_terminal() => ProgressView::Bars(Box::new(Bars::new(plan))),
            ProgressMode::Auto => ProgressView::Result,
            ProgressMode::None => ProgressView::Quiet,
        };
        Self { view, source, started: Instant::now(), is_playable: false }
    }

    /// Something that the user should know.
    pub fn note(&self, text: &str) {
        match &self.view {
            ProgressView::Json(_) => line(&json!({"event": "note", "text": text})),
            // Bars are taken off the terminal while the line is printed.
            ProgressView::Bars(bars) => bars.suspend(|| out::remark(text)),
            ProgressView::Result | ProgressView::Quiet => out::remark(text),
        }
    }

    /// What would be done.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn plan(&self, plan: &Plan) -> Result<(), PackagerError> {
        if matches!(self.view, ProgressView::Json(_)) {
            let size = plan.expected_size().map(|size| size.bytes());
            let value = json!({"event": "plan", "source": self.source, "expected_size_bytes": size, "plan": plan});
            out::result(&format!("{value}\n"))
        } else {
            out::result(&words::plan(plan, &self.source))
        }
    }

    /// Work begins; some of it may have been done by an earlier run.
    pub fn started(&mut self, done: &BTreeMap<String, Vec<ChunkDone>>) {
        let segments: usize = done.values().flatten().map(|chunk| chunk.segments.len()).sum();
        match &mut self.view {
            ProgressView::Json(scale) => {
                let (source, expected) = (&self.source, scale.expected_seconds);
                let done = segments;
                line(&json!({
                    "event": "started", "segments_done": done, "source": source, "expected_seconds": expected,
                }));
            }
            ProgressView::Bars(bars) => bars.start(done),
            ProgressView::Result | ProgressView::Quiet => {}
        }
        if segments > 0 {
            self.note(&format!("continuing a run that has {segments} segments already"));
        }
    }

    /// Something happened.
    pub fn event(&mut self, event: &PipelineEvent) {
        if let PipelineEvent::Note(text) = event {
            return self.note(text);
        }
        match &mut self.view {
            ProgressView::Json(scale) => {
                if let Some(value) = json_of(event, scale) {
                    line(&value);
                }
            }
            ProgressView::Bars(bars) => bars.event(event),
            ProgressView::Result | ProgressView::Quiet => {}
        }
    }

    /// The film is read for the first of two times.
    pub fn first_pass(&mut self) {
        match &self.view {
            ProgressView::Json(_) => line(&json!({"event": "pass", "number": 1})),
            ProgressView::Bars(_) => self.note("first of two passes"),
            ProgressView::Result | ProgressView::Quiet => {}
        }
    }

    /// It is read again.
    pub fn last_pass(&mut self) {
        match &mut self.view {
            ProgressView::Json(_) => line(&json!({"event": "pass", "number": 2})),
            ProgressView::Bars(bars) => bars.next_pass(),
            ProgressView::Result | ProgressView::Quiet => {}
        }
    }

    /// How far a pass has come that writes nothing.
    pub fn coded(&mut self, event: &PipelineEvent) {
        if matches!(event, PipelineEvent::Coded { .. }) {
            self.event(event);
        }
    }

    /// The manifest lists what is there so far.
    pub fn playable(&mut self) {
        if !std::mem::replace(&mut self.is_playable, true) {
            match &self.view {
                ProgressView::Json(_) => {
                    line(&json!({"event": "playable", "after_seconds": self.started.elapsed().as_secs_f64()}));
                }
                _ => self.note("can be played from now on"),
            }
        }
    }

    /// The package is complete.
    ///
    /// # Errors
    /// When the table of what was made cannot be written.
    pub fn finished(&self, plan: &Plan, output: &Path, summary: &Summary) -> Result<(), PackagerError> {
        let took = self.started.elapsed().as_secs_f64();
        match &self.view {
            ProgressView::Json(_) => {
                let value = json!({
                    "event": "finished", "manifest": output.join(layout::MANIFEST),
                    "duration_seconds": summary.duration.as_secs_f64(), "size_bytes": summary.size.bytes(),
                    "took_seconds": took,
                    "renditions": summary.renditions.iter().map(json_of_made).collect::<Vec<_>>(),
                });
                return out::result(&format!("{value}\n"));
            }
            ProgressView::Bars(bars) => bars.clear(),
            ProgressView::Result => {}
            ProgressView::Quiet => return Ok(()),
        }
        out::result(&words::result(plan, &self.source, output, summary, took))
    }
}

/// One of several films is begun.
pub(crate) fn film(mode: ProgressMode, (number, of): (usize, usize), input: &Path, output: &Path) {
    match mode {
        ProgressMode::Json => {
            line(&json!({"event": "film", "number": number, "of": of, "input": input, "output": output}));
        }
        ProgressMode::None => {}
        ProgressMode::Auto | ProgressMode::Bar => out::remark(&format!("{number} of {of}: {}", input.display())),
    }
}

/// One of several films could not be packaged, and the next one is begun.
pub(crate) fn failed(mode: ProgressMode, input: &Path, failure: &PackagerError) {
    if mode == ProgressMode::Json {
        let (code, error) = (failure.exit as u8, failure.to_string());
        line(&json!({"event": "failed", "input": input, "exit_code": code, "error": error}));
    }
    out::failure(failure);
}

/// Errors are ignored: a reader that has closed the pipe must not end the run, and a disk that is full is told with the last
/// line.
fn line(value: &Value) {
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "{value}").and_then(|()| out.flush());
}

fn json_of(event: &PipelineEvent, scale: &Scale) -> Option<Value> {
    match event {
        PipelineEvent::Coded { representation, position } => {
            Some(json!({"event": "coded", "representation": representation, "position": position}))
        }
        PipelineEvent::Closed(closed) => Some(json!({
            "event": "segment", "representation": closed.representation, "number": closed.number,
            "time": closed.time, "duration": closed.duration, "size_bytes": closed.size.bytes(),
            "until_seconds": scale.end_of(closed),
        })),
        PipelineEvent::Chunk(chunk) => {
            Some(json!({"event": "chunk", "representation": chunk.representation, "chunk": chunk.chunk}))
        }
        PipelineEvent::Read(counts) => Some(json!({
            "event": "read", "frames": counts.frames, "doubled": counts.doubled, "dropped": counts.dropped,
            "damaged": counts.damaged,
        })),
        PipelineEvent::Note(_) | PipelineEvent::Failed(_) => None,
    }
}

fn json_of_made(made: &Made) -> Value {
    json!({
        "id": made.id, "size_bytes": made.size.bytes(), "average_bps": made.average.bps(), "peak_bps": made.peak.bps(),
        "psnr_db": made.quality.and_then(|quality| quality.psnr_db()),
        "ssim": made.quality.and_then(|quality| quality.mean_ssim()),
    })
}
