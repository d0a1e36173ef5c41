//! Reads the master once, from front to back: pictures are decoded here and go out on the grid, packets of sound go
//! out as they are (their decoders live in other threads).

use super::{clock::TimestampRepair, fit::Fit, timeline::FrameGrid, upright::Upright};
use crate::error::{Exit, PackagerError};
use crate::plan::Plan;
use crate::probe::VideoTrack;
use shared::time::PresentationTime;
use shared_av::{AvError, MediaSource, Packet, VideoDecoder, VideoFrame};
use std::collections::BTreeMap;
use std::ops::ControlFlow;

/// Sound may outlast the pictures by this much without the last picture being held for it: encoders pad their last
/// packet.
const SOUND_OVERHANG_SECONDS: f64 = 0.05;
/// How much is read before the wanted beginning, so that decoders reach it from a key frame.
const RUN_UP_NANOS: i64 = 2_000_000_000;

/// The receiver of pictures and packets. `Break` ends the reading, without an error.
pub trait MediaSink {
    /// The picture for the next slot of the grid.
    fn frame(&mut self, frame: VideoFrame) -> ControlFlow<()>;
    /// A packet of a sound stream that the plan uses.
    fn sound(&mut self, packet: Packet) -> ControlFlow<()>;
}

/// What was read.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Counts {
    /// Slots of the grid filled.
    pub frames: u64,
    /// Of these, repetitions.
    pub doubled: u64,
    /// Pictures for which there was no slot.
    pub dropped: u64,
    /// Packets or pictures that were damaged.
    pub damaged: u64,
    /// Pictures of another shape than the first, shown between bars.
    pub fitted: u64,
    /// Jumps of the clock that were taken for cuts.
    pub jumps: u64,
    /// Seconds for which the last picture is held because the sound goes on.
    pub held_seconds: f64,
    /// Where the package ends in the source.
    pub end: PresentationTime,
}

/// Reading of one master.
pub struct MasterReader {
    source: MediaSource,
    clock: TimestampRepair,
    pictures: Option<PictureReader>,
    sounds: Vec<usize>,
    zero: PresentationTime,
    /// Where the package ends in the source, when that was asked for.
    wanted_end: Option<PresentationTime>,
    /// Ends of the sound streams so far, in the source's time.
    sound_ends: BTreeMap<usize, PresentationTime>,
}

/// Decodes the pictures and puts them on the grid.
struct PictureReader {
    stream: usize,
    decoder: VideoDecoder,
    upright: Upright,
    fit: Fit,
    grid: FrameGrid,
    /// The start of the wanted part; damage before it is not counted.
    zero: PresentationTime,
    damaged: u64,
    first_damage: Option<AvError>,
    end: Option<PresentationTime>,
}

impl MasterReader {
    /// For an open source that the plan was made for; `threads` 0 for automatic.
    ///
    /// # Errors
    /// When there is no decoder for its pictures.
    pub fn new(mut source: MediaSource, plan: &Plan, threads: usize) -> Result<Self, PackagerError> {
        let mut sounds: Vec<usize> = plan.audio_jobs().map(|(_, job)| job.track.stream).collect();
        sounds.sort_unstable();
        sounds.dedup();
        let stream = plan.source.as_ref().map(|track| track.stream);
        source.keep_only(&sounds.iter().copied().chain(stream).collect::<Vec<_>>());
        if plan.starts_within {
            source.seek(plan.zero.offset_by_nanos(-RUN_UP_NANOS));
        }
        let pictures =
            plan.source.as_ref().map(|track| PictureReader::new(&source, plan, track, threads)).transpose()?;
        let wanted_end = plan.wanted_end();
        let clock = TimestampRepair::new(&source.info().container);
        Ok(Self { source, clock, pictures, sounds, zero: plan.zero, wanted_end, sound_ends: BTreeMap::new() })
    }

    /// Reads everything that is wanted into `sink`. `Break` when the sink wanted no more.
    ///
    /// # Errors
    /// When reading fails or the clock of the pictures jumps. Damage is counted, not an error.
    pub fn run(&mut self, sink: &mut impl MediaSink) -> Result<ControlFlow<(), Counts>, PackagerError> {
        while let Some(mut packet) = self.source.read()? {
            self.clock.mend(&mut packet);
            if self.packet(packet, sink)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
            if self.has_all() {
                break;
            }
        }
        let sound_end = self.sound_end();
        let Some(pictures) = &mut self.pictures else {
            let end = self.wanted_end.or(sound_end).unwrap_or(self.zero);
            let (damaged, jumps) = (self.source.damaged(), self.clock.jumps());
            return Ok(ControlFlow::Continue(Counts { damaged, jumps, end, ..Counts::default() }));
        };
        let held_seconds = match pictures.finish(sound_end, self.source.name(), sink)? {
            ControlFlow::Continue(held) => held,
            ControlFlow::Break(()) => return Ok(ControlFlow::Break(())),
        };
        Ok(ControlFlow::Continue(Counts {
            frames: pictures.grid.frames(),
            doubled: pictures.grid.doubled(),
            dropped: pictures.grid.dropped(),
            damaged: pictures.damaged + self.source.damaged(),
            fitted: pictures.fit.changed(),
            jumps: self.clock.jumps(),
            held_seconds,
            end: pictures.grid.end(),
        }))
    }

    /// The first damage, in words.
    pub fn damage(&self) -> Option<&AvError> {
        self.pictures.as_ref().and_then(|pictures| pictures.first_damage.as_ref())
    }

    /// How much of the film there was, in the time of the source: the later end of pictures and sound.
    pub fn end_time(&self) -> Option<PresentationTime> {
        self.pictures.as_ref().and_then(|pictures| pictures.end).max(self.sound_end())
    }

    fn sound_end(&self) -> Option<PresentationTime> {
        self.sound_ends.values().max().copied()
    }

    fn packet(&mut self, packet: Packet, sink: &mut impl MediaSink) -> Result<ControlFlow<()>, PackagerError> {
        match &mut self.pictures {
            Some(pictures) if pictures.stream == packet.stream() => pictures.packet(packet, self.source.name(), sink),
            _ if self.sounds.contains(&packet.stream()) => {
                if let Some(pts) = packet.pts {
                    let end = self.sound_ends.entry(packet.stream()).or_insert(pts);
                    *end = (*end).max(pts + packet.duration);
                }
                Ok(sink.sound(packet))
            }
            _ => Ok(ControlFlow::Continue(())),
        }
    }

    /// Only a part is wanted, and pictures and sound of it have come.
    fn has_all(&self) -> bool {
        let Some(wanted) = self.wanted_end else { return false };
        let pictures = self.pictures.as_ref().is_none_or(|pictures| pictures.grid.is_full());
        pictures && self.sounds.iter().all(|stream| self.sound_ends.get(stream).is_some_and(|end| *end >= wanted))
    }
}

impl PictureReader {
    fn new(source: &MediaSource, plan: &Plan, track: &VideoTrack, threads: usize) -> Result<Self, PackagerError> {
        Ok(Self {
            stream: track.stream,
            decoder: VideoDecoder::of_stream(source, track.stream, threads)?,
            upright: Upright::new(track),
            fit: Fit::new(track),
            grid: FrameGrid::new(plan.zero, plan.rate, plan.limit),
            zero: plan.zero,
            damaged: 0,
            first_damage: None,
            end: None,
        })
    }

    fn packet(
        &mut self,
        packet: Packet,
        name: &str,
        sink: &mut impl MediaSink,
    ) -> Result<ControlFlow<()>, PackagerError> {
        if self.grid.is_full() {
            return Ok(ControlFlow::Continue(()));
        }
        let pts = packet.pts;
        self.end = self.end.max(pts.map(|pts| pts + packet.duration));
        if let Err(error) = self.decoder.send_packet(packet) {
            self.note(error, pts);
        }
        self.drain(name, sink)
    }

    fn drain(&mut self, name: &str, sink: &mut impl MediaSink) -> Result<ControlFlow<()>, PackagerError> {
        loop {
            match self.decoder.receive() {
                Ok(None) => return Ok(ControlFlow::Continue(())),
                Ok(Some(frame)) => {
                    self.damaged += u64::from(frame.is_damaged() && self.is_wanted(frame.pts()));
                    for frame in self.upright.push(frame)? {
                        if self.place(frame, name, sink)?.is_break() {
                            return Ok(ControlFlow::Break(()));
                        }
                    }
                }
                // A decoder returns one error for a packet and goes on with the next one.
                Err(error) => {
                    self.note(error, None);
                    return Ok(ControlFlow::Continue(()));
                }
            }
        }
    }

    fn place(
        &mut self,
        frame: VideoFrame,
        name: &str,
        sink: &mut impl MediaSink,
    ) -> Result<ControlFlow<()>, PackagerError> {
        let at = frame.pts();
        match self.grid.push(self.fit.push(frame)?) {
            Ok(mut frames) => Ok(frames.try_for_each(|frame| sink.frame(frame))),
            Err(gap) => Err(PackagerError::new(
                Exit::NotMedia,
                format!(
                    "cannot package {name}: the clock of its pictures jumps forward by {gap} s at {}",
                    at.unwrap_or_default()
                ),
            )),
        }
    }

    /// The rest of decoder and filter, then the last picture, held for sound that is clearly longer. For how many
    /// seconds.
    fn finish(
        &mut self,
        sound_end: Option<PresentationTime>,
        name: &str,
        sink: &mut impl MediaSink,
    ) -> Result<ControlFlow<(), f64>, PackagerError> {
        self.decoder.finish();
        if self.drain(name, sink)?.is_break() {
            return Ok(ControlFlow::Break(()));
        }
        for frame in self.upright.finish()? {
            if self.place(frame, name, sink)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        let longer = match (self.end, sound_end) {
            (Some(video), Some(sound)) => sound.offset_secs(video),
            _ => 0.0,
        };
        let is_held = longer > SOUND_OVERHANG_SECONDS && !self.grid.is_full();
        let end = if is_held { sound_end } else { self.end };
        let flow = self.grid.finish(end).try_for_each(|frame| sink.frame(frame));
        let held = if is_held { longer } else { 0.0 };
        Ok(flow.map_continue(|()| held))
    }

    fn is_wanted(&self, at: Option<PresentationTime>) -> bool {
        at.is_none_or(|at| at >= self.zero)
    }

    fn note(&mut self, error: AvError, at: Option<PresentationTime>) {
        if self.is_wanted(at) {
            self.damaged += 1;
            self.first_damage.get_or_insert(error);
        }
    }
}
