//! The thread that reads the master, and that decides at its end whether it was complete.

use super::{PipelineEvent, RunContext};
use crate::decode::{Counts, MasterReader, MediaSink};
use crate::error::{Exit, PackagerError};
use crossbeam_channel::Sender;
use shared::time::PresentationTime;
use shared_av::{MediaSource, Packet, VideoFrame};
use std::ops::ControlFlow;
use std::time::Duration;

/// A film may end this much earlier than its container says: durations are rounded, and that of the longest stream
/// counts.
const DURATION_TOLERANCE: Duration = Duration::from_millis(300);

/// What a thread of sound gets.
pub(super) enum SoundInput {
    Packet(Packet),
    /// All packets have come; the film ends here, in the source's time.
    End(PresentationTime),
}

/// The channels to the renditions.
pub(super) struct Fan<'a> {
    run: &'a RunContext<'a>,
    pub(super) frames: Vec<Sender<VideoFrame>>,
    pub(super) sounds: Vec<(usize, Sender<SoundInput>)>,
}

impl<'a> Fan<'a> {
    pub(super) fn new(run: &'a RunContext<'a>) -> Self {
        Self { run, frames: Vec::new(), sounds: Vec::new() }
    }

    fn send<T>(&self, to: &Sender<T>, what: T) -> ControlFlow<()> {
        // A closed channel means that its thread has failed, which it has reported itself.
        if self.run.is_stopped() || to.send(what).is_err() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

impl MediaSink for Fan<'_> {
    fn frame(&mut self, frame: VideoFrame) -> ControlFlow<()> {
        self.frames.iter().try_for_each(|to| self.send(to, frame.clone()))
    }

    fn sound(&mut self, packet: Packet) -> ControlFlow<()> {
        match self.sounds.iter().find(|(stream, _)| *stream == packet.stream()) {
            Some((_, to)) => self.send(to, SoundInput::Packet(packet)),
            None => ControlFlow::Continue(()),
        }
    }
}

/// Reads all of the master into the fan.
pub(super) fn work(
    run: &RunContext<'_>,
    source: MediaSource,
    mut fan: Fan<'_>,
    events: &Sender<PipelineEvent>,
) -> Result<(), PackagerError> {
    let name = source.name().to_owned();
    let mut reader = MasterReader::new(source, run.plan, 0)?;
    let ControlFlow::Continue(counts) = reader.run(&mut fan)? else { return Ok(()) };
    let verdict = judge(run, &name, &reader, counts, events);
    if verdict.is_err() {
        // Before the channels close, which the other threads would take for the end of the film.
        run.stop.store(true, std::sync::atomic::Ordering::Relaxed);
        return verdict;
    }
    for (_, to) in &fan.sounds {
        let _ = fan.send(to, SoundInput::End(counts.end));
    }
    let _ = events.send(PipelineEvent::Read(counts));
    Ok(())
}

/// Refuses a master that is cut off, or damaged unless that is allowed, and sends the notes on what was done to it.
fn judge(
    run: &RunContext<'_>,
    name: &str,
    reader: &MasterReader,
    counts: Counts,
    events: &Sender<PipelineEvent>,
) -> Result<(), PackagerError> {
    let refuse = |exit, why: String| Err(PackagerError::new(exit, format!("cannot package {name}: {why}")));
    if counts.frames == 0 && run.plan.source.is_some() {
        let why = reader.damage().map_or("it has no pictures here".into(), ToString::to_string);
        return refuse(Exit::NotMedia, why);
    }
    let there = reader.end_time().map_or(Duration::ZERO, |end| end.since(run.plan.zero));
    // Where the clock jumps, the length of the film is not the difference of its last and first time.
    let promised = run.plan.expected_frames.filter(|_| counts.jumps == 0);
    let promised = promised.map(|frames| run.plan.time_of(frames).since_start());
    if let Some(promised) = promised
        && there + DURATION_TOLERANCE.max(promised / 50) < promised
    {
        let why = format!(
            "it is cut off; it should last {:.1} s, but ends after {:.1} s. Get the whole file",
            promised.as_secs_f64(),
            there.as_secs_f64()
        );
        return refuse(Exit::NotMedia, why);
    }
    if counts.damaged > 0 {
        let first = reader.damage().map(|e| format!(" (first: {e})")).unwrap_or_default();
        let what = format!("{} of its pictures or packets are damaged{first}", counts.damaged);
        if !run.allow_damaged {
            return refuse(Exit::Codec, format!("{what}; --allow-damaged packages it as it is"));
        }
        let _ = events.send(PipelineEvent::Note(what));
    }
    for note in notes(run, counts) {
        let _ = events.send(PipelineEvent::Note(note));
    }
    Ok(())
}

/// Notes on changes to the pictures that the user did not ask for.
fn notes(run: &RunContext<'_>, counts: Counts) -> impl Iterator<Item = String> {
    let held = (counts.held_seconds > 0.0).then(|| {
        format!("the pictures end {:.3} s before the sound; the last one is held until then", counts.held_seconds)
    });
    let at_the_end = (counts.held_seconds * run.plan.rate.value()).round() as u64;
    let doubled = counts.doubled.saturating_sub(at_the_end);
    let moved = (doubled + counts.dropped > 0).then(|| {
        format!(
            "the pictures were put on a grid of {} a second: {doubled} shown again, {} left out",
            run.plan.rate, counts.dropped
        )
    });
    let fitted = (counts.fitted > 0).then(|| {
        format!("{} pictures are of another shape than the first; they are shown between bars", counts.fitted)
    });
    let jumps = (counts.jumps > 0)
        .then(|| format!("the clock of the film jumps ({} times); what follows is put right behind", counts.jumps));
    [jumps, fitted, moved, held].into_iter().flatten()
}
