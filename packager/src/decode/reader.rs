//! Reads the master once, from front to back: pictures are decoded here and go out on the grid, packets of sound go
//! out as they are (their decoders live in other threads).

use super::edges::{Damage, EdgeFinder, Edges};
use super::{clock::TimestampRepair, fit::Fit, timeline::FrameGrid, upright::Upright, weave::whole_size};
use crate::error::{Exit, PackagerError};
use crate::plan::Plan;
use crate::probe::VideoTrack;
use shared::time::PresentationTime;
use shared_av::{AvError, Crop, MediaSource, Packet, VideoDecoder, VideoFrame};
use std::collections::BTreeMap;
use std::ops::ControlFlow;

/// Sound may outlast the pictures by this much without the last picture being held for it: encoders pad their last
/// packet.
const SOUND_OVERHANG_SECONDS: f64 = 0.05;
/// Key packets whose presentation times lie further apart than this come in the order of their times.
const KEY_DISORDER_SECONDS: f64 = 10.0;
/// As many as FFmpeg thinks best.
const DECODER_THREADS: usize = 0;
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
    /// Packets or pictures that were damaged in the midst of the film.
    pub damaged: u64,
    /// The same where a recording begins, ends or was joined.
    pub torn: u64,
    /// Pictures with closed captions.
    pub captioned: u64,
    /// The largest picture, in samples.
    pub largest: (u32, u32),
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
    finder: EdgeFinder,
    edges: Edges,
    /// Of packets, before anything is decoded.
    damage: Damage,
    /// Of these, packets that could not be read.
    unreadable: u64,
    /// The time of the last packet.
    latest: Option<PresentationTime>,
    pictures: Option<PictureReader>,
    sounds: Vec<usize>,
    /// Streams in which pictures or sound of another one go on.
    continued: BTreeMap<usize, usize>,
    zero: PresentationTime,
    /// Where the package ends in the source, when that was asked for.
    wanted_end: Option<PresentationTime>,
    /// A packet that was read already.
    pending: Option<Packet>,
    /// Where the sound ends in the source, as far as it is known without reading it here.
    known_sound_end: Option<PresentationTime>,
    /// Ends of the sound streams so far, in the source's time.
    sound_ends: BTreeMap<usize, PresentationTime>,
}

/// Which part of a master is read. Without a survey that is all of it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MasterPart {
    /// Pictures are decoded.
    pub pictures: bool,
    /// Streams of sound, in ascending order.
    pub sounds: Vec<usize>,
    /// The first slot of the grid that is wanted.
    pub first: u64,
    /// The slot behind the last one; `None` for the end of the film.
    pub end: Option<u64>,
    /// The access point where decoding begins; `None` for the beginning of what the plan wants.
    pub from: Option<PresentationTime>,
    /// The shape of the film's first picture, where the part does not begin with it.
    pub shape: Option<f64>,
    /// Where the grid ends in the source, where that is known.
    pub film_end: Option<PresentationTime>,
    /// Where the sound ends in the source, where that is known.
    pub sound_end: Option<PresentationTime>,
}

impl MasterPart {
    /// It has the end of the film in it.
    pub fn reaches_end(&self, plan: &Plan) -> bool {
        self.end.is_none() && (self.pictures || plan.source.is_none())
    }
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
    damage: Damage,
    /// The time of the last packet.
    latest: Option<PresentationTime>,
    captioned: u64,
    crop: Crop,
    largest: (u32, u32),
    end: Option<PresentationTime>,
}

impl MasterReader {
    /// For a part of an open source that the plan was made for; `reopen` opens it again, where a position cannot be
    /// found by seeking.
    ///
    /// # Errors
    /// When there is no decoder for its pictures, or the access point is not there.
    pub fn of_part(
        source: MediaSource,
        reopen: impl Fn() -> Result<MediaSource, PackagerError>,
        plan: &Plan,
        part: &MasterPart,
    ) -> Result<Self, PackagerError> {
        let track = plan.source.as_ref().filter(|_| part.pictures);
        let continued = plan.continued();
        let mut streams: Vec<usize> = part.sounds.iter().copied().chain(track.map(|track| track.stream)).collect();
        let later = continued.iter().filter(|(_, first)| streams.contains(first)).map(|(later, _)| *later);
        streams.extend(later.collect::<Vec<_>>());
        let (source, pending) = positioned(source, reopen, plan, part, &streams)?;
        let pictures = track.map(|track| PictureReader::new(&source, plan, track, part)).transpose()?;
        let wanted_end = part.end.map(|end| plan.zero + plan.time_of(end).since_start()).or(plan.wanted_end());
        let container = source.info().container.clone();
        Ok(Self {
            source,
            clock: TimestampRepair::new(&container),
            finder: EdgeFinder::new(&container),
            edges: Edges::default(),
            damage: Damage::default(),
            unreadable: 0,
            latest: None,
            pictures,
            sounds: part.sounds.clone(),
            continued,
            zero: plan.zero,
            wanted_end,
            pending,
            known_sound_end: part.sound_end,
            sound_ends: BTreeMap::new(),
        })
    }

    /// Reads everything that is wanted into `sink`. `Break` when the sink wanted no more.
    ///
    /// # Errors
    /// When reading fails or the clock of the pictures jumps. Damage is counted, not an error.
    pub fn run(&mut self, sink: &mut impl MediaSink) -> Result<ControlFlow<(), Counts>, PackagerError> {
        while let Some(mut packet) = self.next_packet()? {
            let is_joint = self.clock.mend(&mut packet);
            self.examine(&packet, is_joint);
            if let Some(stream) = self.continued.get(&packet.stream()) {
                packet = packet.of_stream(*stream);
            }
            if self.packet(packet, sink)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
            if self.has_all() {
                break;
            }
        }
        self.note_unreadable();
        self.edges = std::mem::take(&mut self.finder).finish();
        let sound_end = self.sound_end();
        let (damaged, torn) = self.damage.counts(&self.edges);
        let jumps = self.clock.jumps();
        let Some(pictures) = &mut self.pictures else {
            let end = self.wanted_end.or(sound_end).unwrap_or(self.zero);
            return Ok(ControlFlow::Continue(Counts { damaged, torn, jumps, end, ..Counts::default() }));
        };
        let held_seconds = match pictures.finish(sound_end, self.source.name(), sink)? {
            ControlFlow::Continue(held) => held,
            ControlFlow::Break(()) => return Ok(ControlFlow::Break(())),
        };
        let of_pictures = pictures.damage.counts(&self.edges);
        Ok(ControlFlow::Continue(Counts {
            frames: pictures.grid.frames(),
            doubled: pictures.grid.doubled(),
            dropped: pictures.grid.dropped(),
            damaged: damaged + of_pictures.0,
            torn: torn + of_pictures.1,
            captioned: pictures.captioned,
            largest: pictures.largest,
            fitted: pictures.fit.changed(),
            jumps,
            held_seconds,
            end: pictures.grid.end(),
        }))
    }

    /// FFmpeg's name of the container.
    pub fn container(&self) -> &str {
        &self.source.info().container
    }

    /// The first damage, in words.
    pub fn damage(&self) -> Option<&AvError> {
        self.pictures.as_ref().and_then(|pictures| pictures.damage.first())
    }

    /// Where damage is to be expected, when everything has been read.
    pub fn edges(&self) -> &Edges {
        &self.edges
    }

    /// How much of the film there was, in the time of the source: the later end of pictures and sound.
    pub fn end_time(&self) -> Option<PresentationTime> {
        self.pictures.as_ref().and_then(|pictures| pictures.end).max(self.sound_end())
    }

    /// The shape of the first picture: width to height of its samples.
    pub fn shape(&self) -> Option<f64> {
        self.pictures.as_ref().and_then(|pictures| pictures.fit.first())
    }

    fn sound_end(&self) -> Option<PresentationTime> {
        self.sound_ends.values().max().copied().max(self.known_sound_end)
    }

    fn next_packet(&mut self) -> Result<Option<Packet>, AvError> {
        match self.pending.take() {
            Some(packet) => Ok(Some(packet)),
            None => self.source.read(),
        }
    }

    /// What a packet says of the recording.
    fn examine(&mut self, packet: &Packet, is_joint: bool) {
        self.note_unreadable();
        let pictures = self.pictures.as_ref().map(|pictures| pictures.stream);
        let track = self.continued.get(&packet.stream()).copied().unwrap_or(packet.stream());
        let can_begin = pictures.is_none_or(|stream| stream == track && packet.is_key());
        self.finder.packet(packet, can_begin, is_joint);
        self.latest = packet.pts.or(self.latest);
        if packet.is_corrupt() && self.finder.is_mark_believed() {
            self.damage.note(self.latest, None);
        }
    }

    /// Packets behind the last one that came.
    fn note_unreadable(&mut self) {
        for _ in self.unreadable..self.source.damaged() {
            self.damage.note(self.latest, None);
            self.finder.unreadable();
        }
        self.unreadable = self.source.damaged();
    }

    fn packet(&mut self, packet: Packet, sink: &mut impl MediaSink) -> Result<ControlFlow<()>, PackagerError> {
        match &mut self.pictures {
            Some(pictures) if pictures.stream == packet.stream() => pictures.packet(packet, self.source.name(), sink),
            _ if self.sounds.contains(&packet.stream()) => {
                if let Some(pts) = packet.pts.filter(|_| !packet.is_discarded()) {
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
    fn new(source: &MediaSource, plan: &Plan, track: &VideoTrack, part: &MasterPart) -> Result<Self, PackagerError> {
        let limit = part.end.or(plan.limit);
        Ok(Self {
            stream: track.stream,
            decoder: VideoDecoder::of_stream(source, track.stream, DECODER_THREADS)?,
            upright: Upright::new(track),
            fit: Fit::new(track, part.shape),
            grid: FrameGrid::new(plan.zero, plan.rate, limit).from_slot(part.first),
            zero: plan.zero + plan.time_of(part.first).since_start(),
            damage: Damage::default(),
            latest: None,
            captioned: 0,
            crop: track.crop,
            largest: (0, 0),
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
        self.latest = pts.or(self.latest);
        if !packet.is_discarded() {
            self.end = self.end.max(pts.map(|pts| pts + packet.duration));
        }
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
                    self.look_at(&frame);
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

    fn look_at(&mut self, frame: &VideoFrame) {
        if !self.is_wanted(frame.pts()) {
            return;
        }
        if frame.is_damaged() {
            self.damage.note(frame.pts().or(self.latest), None);
        }
        self.captioned += u64::from(frame.has_captions());
        let size = whole_size(frame);
        self.largest = larger(self.largest, self.crop.left_of(size.0, size.1).unwrap_or(size));
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
        let (end, held) = hold(self.end, sound_end, self.grid.is_full());
        let flow = self.grid.finish(end).try_for_each(|frame| sink.frame(frame));
        Ok(flow.map_continue(|()| held))
    }

    fn is_wanted(&self, at: Option<PresentationTime>) -> bool {
        at.is_none_or(|at| at >= self.zero)
    }

    fn note(&mut self, error: AvError, at: Option<PresentationTime>) {
        if self.is_wanted(at) {
            self.damage.note(at.or(self.latest), Some(error));
        }
    }
}

/// The size with more samples.
pub fn larger(one: (u32, u32), other: (u32, u32)) -> (u32, u32) {
    let area = |(width, height): (u32, u32)| u64::from(width) * u64::from(height);
    if area(other) > area(one) { other } else { one }
}

/// The shape of the film's first picture, by which those behind it are fitted: width to height.
///
/// # Errors
/// When it cannot be read or decoded.
pub fn first_shape(source: MediaSource, plan: &Plan) -> Result<Option<f64>, PackagerError> {
    struct First;
    impl MediaSink for First {
        fn frame(&mut self, _frame: VideoFrame) -> ControlFlow<()> {
            ControlFlow::Break(())
        }

        fn sound(&mut self, _packet: Packet) -> ControlFlow<()> {
            ControlFlow::Continue(())
        }
    }
    let part = MasterPart { pictures: true, ..MasterPart::default() };
    let again = || Err(PackagerError::new(Exit::Input, "the film is read from its beginning"));
    let mut reader = MasterReader::of_part(source, again, plan, &part)?;
    // It breaks off with the first picture, unless there is none.
    let _ = reader.run(&mut First)?;
    Ok(reader.shape())
}

/// Where the last picture ends, and for how many seconds it is held: until the end of sound that is clearly longer.
pub fn hold(
    pictures: Option<PresentationTime>,
    sound: Option<PresentationTime>,
    is_full: bool,
) -> (Option<PresentationTime>, f64) {
    let longer = match (pictures, sound) {
        (Some(pictures), Some(sound)) => sound.offset_secs(pictures),
        _ => 0.0,
    };
    if longer > SOUND_OVERHANG_SECONDS && !is_full { (sound, longer) } else { (pictures, 0.0) }
}

/// The source where the part begins, with the first packet when that has been read.
fn positioned(
    mut source: MediaSource,
    reopen: impl Fn() -> Result<MediaSource, PackagerError>,
    plan: &Plan,
    part: &MasterPart,
    streams: &[usize],
) -> Result<(MediaSource, Option<Packet>), PackagerError> {
    let stream = plan.source.as_ref().map_or(0, |track| track.stream);
    let Some(point) = part.from else {
        if plan.starts_within {
            // Where seeking leads depends on the streams that are read: the same for every job.
            source.keep_only(&plan.streams());
            source.seek(plan.zero.offset_by_nanos(-RUN_UP_NANOS));
        }
        source.keep_only(streams);
        return Ok((source, None));
    };
    source.keep_only(streams);
    source.seek(point);
    if let Some(packet) = key_packet(&mut source, stream, point)? {
        return Ok((source, Some(packet)));
    }
    // Seeking went past it, or not at all: read up to it.
    let mut source = reopen()?;
    source.keep_only(streams);
    match key_packet(&mut source, stream, point)? {
        Some(packet) => Ok((source, Some(packet))),
        None => {
            let what = format!("cannot read {}: its picture at {point} is gone", source.name());
            Err(PackagerError::new(Exit::Input, what))
        }
    }
}

/// Reads up to the key packet of a stream with this presentation time; `None` when much later ones come first.
fn key_packet(source: &mut MediaSource, stream: usize, point: PresentationTime) -> Result<Option<Packet>, AvError> {
    while let Some(packet) = source.read()? {
        let Some(pts) = packet.pts.filter(|_| packet.stream() == stream && packet.is_key()) else { continue };
        if pts == point {
            return Ok(Some(packet));
        }
        if pts.offset_secs(point) > KEY_DISORDER_SECONDS {
            break;
        }
    }
    Ok(None)
}
