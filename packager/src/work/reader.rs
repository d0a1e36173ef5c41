//! The reader of a job: it fans the master's part out, and decides at its end whether it was complete.

use super::Work;
use crate::decode::{Counts, Edges, MasterPart, MasterReader, MediaSink};
use crate::error::{Exit, PackagerError};
use crate::produce::{PipelineEvent, RunContext};
use crate::survey::whole::{self, Ending};
use crossbeam_channel::Sender;
use shared::time::PresentationTime;
use shared_av::{MediaSource, Packet, VideoFrame};
use std::ops::ControlFlow;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// What a thread of sound gets.
pub(super) enum SoundInput {
    Packet(Packet),
    /// All packets have come; the film ends here, in the source's time, and damage is to be expected there.
    End(PresentationTime, Edges),
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

/// Reads a part of the master into the fan.
pub(super) fn work(
    work: &Work<'_>,
    source: MediaSource,
    part: &MasterPart,
    mut fan: Fan<'_>,
    events: &Sender<PipelineEvent>,
) -> Result<(), PackagerError> {
    let run = work.run;
    let mut reader = MasterReader::of_part(source, || work.input.open(), run.plan, part)?;
    let ControlFlow::Continue(counts) = reader.run(&mut fan)? else { return Ok(()) };
    let verdict = judge(work, part, &reader, counts, events);
    if verdict.is_err() {
        // Before the channels close, which the other threads would take for the end of the film.
        run.stop.store(true, Ordering::Relaxed);
        return verdict;
    }
    let end = part.film_end.unwrap_or(counts.end);
    for (_, to) in &fan.sounds {
        let _ = fan.send(to, SoundInput::End(end, reader.edges().clone()));
    }
    let _ = events.send(PipelineEvent::Read(counts));
    Ok(())
}

/// Refuses a master that is cut off, or damaged unless that is allowed; notes the damage that is.
fn judge(
    work: &Work<'_>,
    part: &MasterPart,
    reader: &MasterReader,
    counts: Counts,
    events: &Sender<PipelineEvent>,
) -> Result<(), PackagerError> {
    let plan = work.run.plan;
    let name = work.input.name();
    let refuse = |exit, why: String| Err(PackagerError::new(exit, format!("cannot package {name}: {why}")));
    if counts.frames == 0 && part.pictures {
        let why = reader.damage().map_or("it has no pictures here".into(), ToString::to_string);
        return refuse(Exit::NotMedia, why);
    }
    let there = reader.end_time().map_or(Duration::ZERO, |end| end.since(plan.zero));
    // Where the clock jumps, the length of the film is not the difference of its last and first time. Parts that do not
    // reach the end cannot tell.
    let promised = plan.expected_frames.filter(|_| counts.jumps == 0 && part.reaches_end(plan));
    let promised = promised.map(|frames| plan.time_of(frames).since_start());
    let is_damaged = counts.damaged + counts.torn > 0;
    let ending = || Ending::of(reader.container(), work.input.ends_early(), is_damaged);
    let verdict = promised.map(|told| whole::judge(name, told, there, ending, work.run.allow_damaged)).transpose()?;
    if let Some(note) = verdict.flatten() {
        let _ = events.send(PipelineEvent::Note(note));
    }
    if counts.damaged > 0 {
        let first = reader.damage().map(|e| format!(" (first: {e})")).unwrap_or_default();
        let what = format!("{} of its pictures or packets are damaged{first}", counts.damaged);
        if !work.run.allow_damaged {
            return refuse(Exit::Codec, format!("{what}; --allow-damaged packages it as it is"));
        }
        let _ = events.send(PipelineEvent::Note(what));
    }
    Ok(())
}
