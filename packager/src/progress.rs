//! What a person or a program sees of a run: bars on a terminal, JSON lines on request, silence in a pipe.
//!
//! Owns the only clock of packaging. Nothing here changes what is done.
#![expect(clippy::disallowed_methods, reason = "speed and time left are what progress is about")]

use crate::package::Summary;
use crate::pipeline::Event;
use crate::plan::Plan;
use crate::resume::ChunkDone;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use serde_json::{Value, json};
use shared::units::ByteSize;
use std::collections::BTreeMap;
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::time::Instant;

/// How to show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Mode {
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
    view: View,
    started: Instant,
}

enum View {
    Bars { all: MultiProgress, bars: BTreeMap<String, Bar> },
    Json,
    Quiet,
}

/// One rendition's line.
struct Bar {
    bar: ProgressBar,
    size: ByteSize,
    /// What its positions count a second.
    per_second: f64,
}

impl Progress {
    /// For a plan.
    pub fn new(mode: Mode, plan: &Plan) -> Self {
        let bars = mode == Mode::Bar || (mode == Mode::Auto && io::stderr().is_terminal());
        let view = match mode {
            Mode::Json => View::Json,
            _ if bars => View::Bars { all: MultiProgress::new(), bars: bars_of(plan) },
            _ => View::Quiet,
        };
        Self { view, started: Instant::now() }
    }

    /// Something that the user should know.
    pub fn note(&self, text: &str) {
        match &self.view {
            View::Json => line(&json!({"event": "note", "text": text})),
            // A bar would be torn by a line printed around it.
            View::Bars { all, .. } => all.suspend(|| eprintln!("note: {text}")),
            View::Quiet => eprintln!("note: {text}"),
        }
    }

    /// What would be done.
    pub fn plan(&self, plan: &Plan) {
        if matches!(self.view, View::Json) {
            line(&json!({"event": "plan", "plan": plan}));
        } else {
            print!("{}", describe(plan));
        }
    }

    /// Work begins; some of it may have been done by an earlier run.
    pub fn started(&mut self, done: &BTreeMap<String, Vec<ChunkDone>>) {
        let segments: usize = done.values().flatten().map(|chunk| chunk.segments.len()).sum();
        match &mut self.view {
            View::Json => line(&json!({"event": "started", "segments_done": segments})),
            View::Bars { all, bars } => {
                for bar in bars.values_mut() {
                    bar.bar = all.add(bar.bar.clone());
                    bar.bar.tick();
                }
            }
            View::Quiet => {}
        }
        if segments > 0 {
            self.note(&format!("continuing a run that has {segments} segments already"));
        }
    }

    /// Something happened.
    pub fn event(&mut self, event: &Event) {
        if let Event::Note(text) = event {
            return self.note(text);
        }
        match &mut self.view {
            View::Json => json_of(event).iter().for_each(line),
            View::Bars { bars, .. } => move_bars(bars, event),
            View::Quiet => {}
        }
    }

    /// The package is complete.
    pub fn finished(&self, plan: &Plan, output: &Path, summary: &Summary) {
        let took = self.started.elapsed().as_secs_f64();
        match &self.view {
            View::Json => line(&json!({
                "event": "finished", "manifest": output.join(crate::package::paths::MANIFEST),
                "duration_seconds": summary.duration.as_secs_f64(), "size_bytes": summary.size.bytes(),
                "took_seconds": took,
                "renditions": summary.renditions.iter().map(|(id, size)| json!({"id": id, "size_bytes": size.bytes()}))
                    .collect::<Vec<_>>(),
            })),
            View::Bars { all, .. } => {
                // Errors of a terminal that went away concern nobody any more.
                let _ = all.clear();
                print!("{}", table(plan, output, summary, took));
            }
            View::Quiet => {}
        }
    }
}

/// Standard output may be a pipe that its reader has closed; the package matters more than the report.
fn line(value: &Value) {
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "{value}").and_then(|()| out.flush());
}

fn json_of(event: &Event) -> Option<Value> {
    match event {
        Event::Coded { representation, position } => {
            Some(json!({"event": "coded", "representation": representation, "position": position}))
        }
        Event::Closed(closed) => Some(json!({
            "event": "segment", "representation": closed.representation, "number": closed.number,
            "time": closed.time, "duration": closed.duration, "size_bytes": closed.size.bytes(),
        })),
        Event::Chunk(chunk) => {
            Some(json!({"event": "chunk", "representation": chunk.representation, "chunk": chunk.chunk}))
        }
        Event::Read(counts) => Some(json!({
            "event": "read", "frames": counts.frames, "doubled": counts.doubled, "dropped": counts.dropped,
            "damaged": counts.damaged,
        })),
        Event::Note(_) | Event::Failed(_) => None,
    }
}

fn bars_of(plan: &Plan) -> BTreeMap<String, Bar> {
    let template = "{prefix:>24} {bar:28} {percent:>3}% {msg} {eta:>5} left";
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = |id: &str, per_second: f64, length: Option<u64>| {
        let bar = length.map_or_else(ProgressBar::no_length, ProgressBar::new);
        let bar = bar.with_style(style.clone()).with_prefix(id.to_owned());
        (id.to_owned(), Bar { bar, size: ByteSize::ZERO, per_second })
    };
    let seconds = plan.expected_frames.map(|frames| plan.time_of(frames).secs_f64());
    let videos = plan.video.iter().map(|job| bar(&job.id, plan.source.rate.value(), plan.expected_frames));
    let audios = plan.audio.iter().map(|job| {
        let rate = f64::from(job.sample_rate);
        bar(&job.id, rate, seconds.map(|seconds| (seconds * rate) as u64))
    });
    videos.chain(audios).collect()
}

fn move_bars(bars: &mut BTreeMap<String, Bar>, event: &Event) {
    match event {
        Event::Coded { representation, position } => {
            if let Some(bar) = bars.get(representation) {
                bar.bar.set_position(*position);
                let speed = bar.bar.per_sec() / bar.per_second;
                bar.bar.set_message(format!("{speed:>5.2}x {:>9}", bar.size.to_string()));
            }
        }
        Event::Closed(closed) => {
            if let Some(bar) = bars.get_mut(&closed.representation) {
                bar.size += closed.size;
            }
        }
        _ => {}
    }
}

/// The plan for people.
fn describe(plan: &Plan) -> String {
    let mut text = format!(
        "{}: {}x{}, {} frames a second, about {}\n{} frames a segment ({:.3} s), {} segments a chunk, generation {}\n",
        plan.master.name,
        plan.source.width,
        plan.source.height,
        plan.source.rate,
        plan.expected_frames.map_or("an unknown time".into(), |frames| plan.time_of(frames).to_string()),
        plan.segment_frames,
        plan.segment_duration().as_secs_f64(),
        plan.chunk_segments,
        plan.generation,
    );
    for job in &plan.video {
        let rung = &job.rung;
        text += &format!("  {:28} {}, peak {}, preset {}\n", job.id, rung.rate, rung.max_rate, job.preset);
    }
    for job in &plan.audio {
        let language = job.track.language.as_deref().unwrap_or("und");
        text += &format!(
            "  {:28} {}, {} Hz, {} channels, {language}\n",
            job.id,
            job.rate,
            job.sample_rate,
            job.layout.channels()
        );
    }
    text
}

/// The result for people.
fn table(plan: &Plan, output: &Path, summary: &Summary, took: f64) -> String {
    let seconds = summary.duration.as_secs_f64();
    let mut text = String::new();
    for (id, size) in &summary.renditions {
        let average = size.per(summary.duration).unwrap_or_default();
        text += &format!("  {id:28} {:>10}  {average}\n", size.to_string());
    }
    text + &format!(
        "{} is packaged in {}: {seconds:.1} s, {}, in {took:.1} s ({:.1}x)\n",
        plan.master.name,
        output.display(),
        summary.size,
        seconds / took.max(1e-3),
    )
}
