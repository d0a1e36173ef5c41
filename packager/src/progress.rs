//! Shows the progress of a run: bars on a terminal, JSON lines on request, nothing in a pipe.
//!
//! The one module of packaging that reads a clock. Nothing here changes the output.
#![expect(clippy::disallowed_methods, reason = "speed and time left are what progress is about")]

use crate::catalogue::{Made, Summary};
use crate::error::PackagerError;
use crate::layout;
use crate::out;
use crate::plan::{How, Plan, PlannedRendition};
use crate::produce::PipelineEvent;
use crate::workspace::ChunkDone;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use serde_json::{Value, json};
use shared::units::ByteSize;
use std::collections::BTreeMap;
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::time::{Instant, SystemTime};

/// How to show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum ProgressMode {
    /// Bars on a terminal, nothing in a pipe
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
    started: Instant,
    is_playable: bool,
}

enum ProgressView {
    Bars { all: MultiProgress, bars: BTreeMap<String, Bar> },
    Json,
    Quiet,
}

/// One rendition's line.
struct Bar {
    bar: ProgressBar,
    /// What its positions count a second.
    per_second: f64,
    /// Of the segments that are in place.
    size: ByteSize,
    seconds: f64,
    /// Ticks a second of its segments.
    timescale: f64,
}

/// The wall clock, for the times in a dynamic manifest.
pub fn wall_clock() -> SystemTime {
    SystemTime::now()
}

impl Progress {
    /// For a plan.
    pub fn new(mode: ProgressMode, plan: &Plan) -> Self {
        let bars = mode == ProgressMode::Bar || (mode == ProgressMode::Auto && io::stderr().is_terminal());
        let view = match mode {
            ProgressMode::Json => ProgressView::Json,
            _ if bars => ProgressView::Bars { all: MultiProgress::new(), bars: bars_of(plan) },
            _ => ProgressView::Quiet,
        };
        Self { view, started: Instant::now(), is_playable: false }
    }

    /// Something that the user should know.
    pub fn note(&self, text: &str) {
        match &self.view {
            ProgressView::Json => line(&json!({"event": "note", "text": text})),
            // Bars are taken off the terminal while the line is printed.
            ProgressView::Bars { all, .. } => all.suspend(|| out::remark(text)),
            ProgressView::Quiet => out::remark(text),
        }
    }

    /// What would be done.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn plan(&self, plan: &Plan) -> Result<(), PackagerError> {
        if matches!(self.view, ProgressView::Json) {
            out::result(&format!("{}\n", json!({"event": "plan", "plan": plan})))
        } else {
            out::result(&describe(plan))
        }
    }

    /// Work begins; some of it may have been done by an earlier run.
    pub fn started(&mut self, done: &BTreeMap<String, Vec<ChunkDone>>) {
        let segments: usize = done.values().flatten().map(|chunk| chunk.segments.len()).sum();
        match &mut self.view {
            ProgressView::Json => line(&json!({"event": "started", "segments_done": segments})),
            ProgressView::Bars { all, bars } => {
                for (id, bar) in bars {
                    for closed in done.get(id).into_iter().flatten().flat_map(|chunk| &chunk.segments) {
                        bar.size += closed.size;
                        bar.seconds += closed.duration as f64 / bar.timescale;
                    }
                    bar.bar = all.add(bar.bar.clone());
                    bar.bar.tick();
                }
            }
            ProgressView::Quiet => {}
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
            ProgressView::Json => {
                if let Some(value) = json_of(event) {
                    line(&value);
                }
            }
            ProgressView::Bars { bars, .. } => move_bars(bars, event),
            ProgressView::Quiet => {}
        }
    }

    /// The film is read for the first of two times.
    pub fn first_pass(&mut self) {
        match &self.view {
            ProgressView::Json => line(&json!({"event": "pass", "number": 1})),
            ProgressView::Bars { .. } => self.note("first of two passes"),
            ProgressView::Quiet => {}
        }
    }

    /// It is read again.
    pub fn last_pass(&mut self) {
        match &mut self.view {
            ProgressView::Json => line(&json!({"event": "pass", "number": 2})),
            ProgressView::Bars { bars, .. } => {
                for bar in bars.values() {
                    bar.bar.reset();
                }
            }
            ProgressView::Quiet => {}
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
                ProgressView::Json => {
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
            ProgressView::Json => {
                let value = json!({
                    "event": "finished", "manifest": output.join(layout::MANIFEST),
                    "duration_seconds": summary.duration.as_secs_f64(), "size_bytes": summary.size.bytes(),
                    "took_seconds": took,
                    "renditions": summary.renditions.iter().map(json_of_made).collect::<Vec<_>>(),
                });
                return out::result(&format!("{value}\n"));
            }
            ProgressView::Bars { bars, .. } => {
                // Clearing alone is not enough: a bar that is not finished is drawn again when it is dropped.
                for bar in bars.values() {
                    bar.bar.finish_and_clear();
                }
                return out::result(&table(plan, output, summary, took));
            }
            ProgressView::Quiet => {}
        }
        Ok(())
    }
}

/// Errors are ignored: a reader that has closed the pipe must not end the run, and a disk that is full is told with the last
/// line.
fn line(value: &Value) {
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "{value}").and_then(|()| out.flush());
}

fn json_of(event: &PipelineEvent) -> Option<Value> {
    match event {
        PipelineEvent::Coded { representation, position } => {
            Some(json!({"event": "coded", "representation": representation, "position": position}))
        }
        PipelineEvent::Closed(closed) => Some(json!({
            "event": "segment", "representation": closed.representation, "number": closed.number,
            "time": closed.time, "duration": closed.duration, "size_bytes": closed.size.bytes(),
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

fn bars_of(plan: &Plan) -> BTreeMap<String, Bar> {
    let template = "{prefix:>26} {bar:20} {percent:>3}% {msg} {eta:>5} left";
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = |rendition: &PlannedRendition| {
        let (per_second, length) = counted(plan, rendition);
        let bar = length.map_or_else(ProgressBar::no_length, ProgressBar::new);
        let bar = bar.with_style(style.clone()).with_prefix(rendition.id.clone());
        let timescale = f64::from(plan.timescale_of(rendition).get());
        (rendition.id.clone(), Bar { bar, per_second, size: ByteSize::ZERO, seconds: 0.0, timescale })
    };
    plan.renditions.iter().map(bar).collect()
}

/// What the positions of a rendition count ([`PipelineEvent::Coded`]): so many a second, and so many in all.
fn counted(plan: &Plan, rendition: &PlannedRendition) -> (f64, Option<u64>) {
    match &rendition.how {
        How::EncodeVideo(_) => (plan.rate.value(), plan.expected_frames),
        How::EncodeAudio(encoding) => {
            let rate = f64::from(encoding.sample_rate);
            let seconds = plan.expected_frames.map(|frames| plan.time_of(frames).secs_f64());
            (rate, seconds.map(|seconds| (seconds * rate) as u64))
        }
    }
}

impl Bar {
    /// Shows the speed, and the size of the whole extrapolated from the segments so far.
    fn say(&self) {
        let speed = self.bar.per_sec() / self.per_second;
        let whole = self.bar.length().map_or(0.0, |length| length as f64 / self.per_second);
        let size = if self.seconds > 0.0 { self.size.bytes() as f64 * whole / self.seconds } else { 0.0 };
        let size = if size > 0.0 { format!("~{}", ByteSize::from_bytes(size as u64)) } else { String::new() };
        self.bar.set_message(format!("{speed:>5.2}x {size:>10}"));
    }
}

fn move_bars(bars: &mut BTreeMap<String, Bar>, event: &PipelineEvent) {
    match event {
        PipelineEvent::Coded { representation, position } => {
            if let Some(bar) = bars.get(representation) {
                bar.bar.set_position(*position);
                bar.say();
            }
        }
        PipelineEvent::Closed(closed) => {
            if let Some(bar) = bars.get_mut(&closed.representation) {
                bar.size += closed.size;
                bar.seconds += closed.duration as f64 / bar.timescale;
                // The encoder is ahead of the written segment; a bar that is set back would lose its speed.
                let position = (bar.seconds * bar.per_second) as u64;
                bar.bar.set_position(position.max(bar.bar.position()));
                bar.say();
            }
        }
        _ => {}
    }
}

/// The plan for people.
fn describe(plan: &Plan) -> String {
    let pictures = plan.source.as_ref().map_or("sound alone".to_owned(), |source| {
        format!("{}x{}, {} frames a second", source.width, source.height, plan.rate)
    });
    let mut text = format!(
        "{}: {pictures}, about {}\n{} frames a segment ({:.3} s), {} segments a chunk, generation {}\n",
        plan.master.name,
        plan.expected_frames.map_or("an unknown time".into(), |frames| plan.time_of(frames).to_string()),
        plan.segment_frames,
        plan.segment_duration().as_secs_f64(),
        plan.chunk_segments,
        plan.generation,
    );
    for rendition in &plan.renditions {
        text += &format!("  {:28} {}\n", rendition.id, describe_how(&rendition.how));
    }
    text
}

fn describe_how(how: &How) -> String {
    match how {
        How::EncodeVideo(encoding) => {
            let passes = if encoding.two_pass { ", two passes" } else { "" };
            format!("{}, peak {}, preset {}{passes}", encoding.rung.rate, encoding.rung.max_rate, encoding.preset)
        }
        How::EncodeAudio(encoding) => {
            let language = encoding.track.language.as_deref().unwrap_or("und");
            format!(
                "{}, {} Hz, {} channels, {language}",
                encoding.rate,
                encoding.sample_rate,
                encoding.layout.channels()
            )
        }
    }
}

/// The result for people.
fn table(plan: &Plan, output: &Path, summary: &Summary, took: f64) -> String {
    let seconds = summary.duration.as_secs_f64();
    let judged = summary.renditions.iter().any(|made| made.quality.is_some());
    let mut text = format!("  {:28} {:>10} {:>12} {:>12}", "rendition", "size", "average", "peak");
    text += if judged { "    PSNR    SSIM\n" } else { "\n" };
    for Made { id, size, average, peak, quality } in &summary.renditions {
        text += &format!("  {id:28} {:>10} {:>12} {:>12}", size.to_string(), average.to_string(), peak.to_string());
        if let Some((psnr, ssim)) = quality.and_then(|quality| quality.psnr_db().zip(quality.mean_ssim())) {
            text += &format!(" {psnr:>4.1} dB {ssim:>7.4}");
        }
        text += "\n";
    }
    text + &format!(
        "{} is packaged in {}: {seconds:.1} s, {}, in {took:.1} s ({:.1}x)\n",
        plan.master.name,
        output.display(),
        summary.size,
        seconds / took.max(1e-3),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::tests::{identity, master, wishes};
    use crate::quality::PictureQuality;
    use shared::units::Bitrate;
    use shared_av::Rational;
    use std::time::Duration;

    #[test]
    fn the_table_says_size_rates_and_quality() {
        let master = master(Rational::new(25, 1).unwrap(), 60.0);
        let plan = crate::plan::plan(identity(), &master, &[], &wishes()).unwrap();
        let made = |id: &str, quality| Made {
            id: id.into(),
            size: ByteSize::from_bytes(3_000_000),
            average: Bitrate::from_kbps(400),
            peak: Bitrate::from_kbps(650),
            quality,
        };
        let quality = PictureQuality { frames: 2, squared_error: 2e-4, ssim: 1.96 };
        let summary = Summary {
            duration: Duration::from_secs(60),
            size: ByteSize::from_bytes(6_000_000),
            renditions: vec![made("h264-640x360-400k", Some(quality)), made("aac-1-2ch-128k", None)],
        };
        let text = table(&plan, Path::new("out"), &summary, 30.0);
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].contains("PSNR    SSIM"), "{text}");
        assert!(lines[1].ends_with("400 kbit/s   650 kbit/s 40.0 dB  0.9800"), "{text}");
        assert!(lines[3].ends_with("60.0 s, 6.0 MB, in 30.0 s (2.0x)"), "{text}");
    }
}
