//! The threads of a run, and what flows between them.
//!
//! ```text
//! reader ══frames(4)══► rung: scale ─ encode ─ cut ─ mux ─ put   (one thread a rendition)   ═╗
//!        ══packets(64)► sound: decode ─ resample ─ encode ─ …     (one thread a source track) ╬═events(64)═► caller
//!        ══════════════════════════════════════════════════════════════════════════════════════╝
//! ```
//! Every channel is bounded and blocks when it is full, so the slowest rendition sets the pace. The channels form no
//! cycle, so they cannot deadlock. The first failure stops all threads; so does an interruption, after which finished
//! chunks are kept.

mod event;
mod output;
mod reader;
mod rung;
mod sound;

pub use event::PipelineEvent;

use crate::error::{Exit, PackagerError};
use crate::plan::{Plan, VideoJob};
use crate::publish::{Folder, Publisher};
use crate::workspace::{ChunkDone, Workspace};
use crossbeam_channel::{Sender, bounded};
use output::RenditionWriter;
use shared_av::MediaSource;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

/// Pictures queued between the reader and a rendition: enough to even out its speed, and few because of memory (3 MB
/// each in 1080p).
const FRAMES_IN_FLIGHT: usize = 4;
/// Packets of sound queued between the reader and a track.
const PACKETS_IN_FLIGHT: usize = 64;
/// Events queued for the caller, which handles them fast.
const EVENTS_IN_FLIGHT: usize = 64;

/// What all threads of a run share.
pub struct RunContext<'a> {
    /// What to do.
    pub plan: &'a Plan,
    /// Where the bytes go.
    pub publisher: &'a Publisher<Folder>,
    /// Where passes leave what is not for players.
    pub workspace: &'a Workspace,
    /// What an earlier run has done already, by Representation.
    pub done: &'a BTreeMap<String, Vec<ChunkDone>>,
    /// Set by Ctrl-C; also by the run itself at the first failure.
    pub stop: &'a AtomicBool,
    /// A damaged master is packaged as it is.
    pub allow_damaged: bool,
    /// Which time the film is read.
    pub pass: Pass,
    /// Pictures are decoded again and compared.
    pub quality: bool,
}

/// Which time the film is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pass {
    /// For the statistics of the renditions that have two passes; nothing else is written.
    First,
    /// To encode it.
    Last,
}

impl RunContext<'_> {
    /// The pass of the encoder of a chunk, `None` for a rendition that has only one.
    fn pass_over(&self, id: &str, job: &VideoJob, chunk: u64) -> Option<shared_av::EncoderPass> {
        let statistics = self.workspace.statistics(id, chunk);
        match self.pass {
            _ if !job.two_pass => None,
            Pass::First => Some(shared_av::EncoderPass::First(statistics)),
            Pass::Last => Some(shared_av::EncoderPass::Second(statistics)),
        }
    }

    fn measures_quality(&self) -> bool {
        self.quality && self.pass == Pass::Last
    }

    /// The renditions of the pictures that this pass is about.
    fn pictures(&self) -> impl Iterator<Item = (&str, &VideoJob)> {
        self.plan.video_jobs().filter(|(_, job)| self.pass == Pass::Last || job.two_pass)
    }

    fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    fn chunks_done(&self, representation: &str) -> &[ChunkDone] {
        self.done.get(representation).map_or(&[], Vec::as_slice)
    }
}

/// Does everything in the plan that is not done yet; `on_event` is called for every event, on the calling thread.
///
/// # Errors
/// The first failure of any thread or of `on_event`; [`Exit::Interrupted`] when `stop` was set from outside.
pub fn run(
    run: &RunContext<'_>,
    source: MediaSource,
    mut on_event: impl FnMut(&PipelineEvent) -> Result<(), PackagerError>,
) -> Result<(), PackagerError> {
    let (events, incoming) = bounded(EVENTS_IN_FLIGHT);
    let mut failure = None;
    thread::scope(|scope| {
        let spawned = spawn(scope, run, source, events);
        if let Err(failed) = spawned {
            run.stop.store(true, Ordering::Relaxed);
            failure = Some(failed);
        }
        // Ends when the last thread has dropped its sender; going on after a failure lets all of them end.
        for event in incoming {
            let result = match event {
                PipelineEvent::Failed(failed) => Err(failed),
                event => on_event(&event),
            };
            if let Err(failed) = result {
                failure.get_or_insert(failed);
                run.stop.store(true, Ordering::Relaxed);
            }
        }
    });
    match failure {
        Some(failed) => Err(failed),
        None if run.is_stopped() => Err(PackagerError::new(Exit::Interrupted, "interrupted; --resume continues")),
        None => Ok(()),
    }
}

/// Starts one thread a rendition of the pictures, one a source track of the sound, and the reader.
fn spawn<'scope>(
    scope: &'scope thread::Scope<'scope, '_>,
    run: &'scope RunContext<'_>,
    source: MediaSource,
    events: Sender<PipelineEvent>,
) -> Result<(), PackagerError> {
    let mut fan = reader::Fan::new(run);
    for (id, job) in run.pictures() {
        let (sender, frames) = bounded(FRAMES_IN_FLIGHT);
        fan.frames.push(sender);
        let output = RenditionWriter::new(run, id, events.clone());
        named(scope, run, id, events.clone(), move || rung::work(run, id, job, output, &frames))?;
    }
    let sounds = run.plan.audio_jobs().filter(|_| run.pass == Pass::Last);
    let mut streams: Vec<usize> = sounds.map(|(_, job)| job.track.stream).collect();
    streams.dedup();
    for stream in streams {
        let (sender, packets) = bounded(PACKETS_IN_FLIGHT);
        fan.sounds.push((stream, sender));
        let worker = sound::Worker::new(run, &source, stream, &events)?;
        named(scope, run, &format!("sound-{stream}"), events.clone(), move || worker.work(&packets))?;
    }
    let reader = events.clone();
    named(scope, run, "reader", events, move || reader::work(run, source, fan, &reader))
}

/// A thread whose failure becomes an event.
fn named<'scope>(
    scope: &'scope thread::Scope<'scope, '_>,
    run: &'scope RunContext<'_>,
    name: &str,
    events: Sender<PipelineEvent>,
    work: impl FnOnce() -> Result<(), PackagerError> + Send + 'scope,
) -> Result<(), PackagerError> {
    let body = move || {
        if let Err(failure) = work() {
            run.stop.store(true, Ordering::Relaxed);
            // The receiver outlives all threads.
            let _ = events.send(PipelineEvent::Failed(failure));
        }
    };
    let refused = |e| PackagerError::new(Exit::Codec, format!("cannot start a thread: {e}"));
    thread::Builder::new().name(name.chars().take(15).collect()).spawn_scoped(scope, body).map(drop).map_err(refused)
}
