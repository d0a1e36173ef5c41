//! The renditions of one sound track of the master: decoded once, then resampled and encoded for each of them. Sound is
//! one chunk from the start of the film to its end.

use super::chunk::{Chunk, cutter};
use super::put::{Destination, TrackForm};
use super::{PipelineEvent, RunContext};
use crate::beside::SoundBeside;
use crate::decode::{Damage, Edges, SoundTrack, SteadyTimes};
use crate::encode::{self, SoundCoder};
use crate::error::{Exit, PackagerError};
use crate::language;
use crate::mux::{Bitstream, MuxError};
use crate::plan::AudioEncoding;
use crate::segment::CutRule;
use crossbeam_channel::Sender;
use shared::bmff;
use shared::time::PresentationTime;
use shared_av::{AudioDecoder, AudioFrame, AvError, MediaSource, Packet, StaticHdr};

/// Silence in seconds from which on it is noted; less is the padding of an encoder.
const SILENCE_WORTH_SAYING: f64 = 0.05;

/// Makes the renditions of one track.
pub struct AudioProducer<'a> {
    run: &'a RunContext<'a>,
    decoder: AudioDecoder,
    steady: SteadyTimes<AudioFrame>,
    renditions: Vec<AudioRendition<'a>>,
    events: Sender<PipelineEvent>,
    /// In words.
    name: String,
    /// What is added to its times, in nanoseconds.
    shift: i64,
    /// Packets that could not be decoded.
    damage: Damage,
    /// The time of the last packet.
    latest: Option<PresentationTime>,
}

struct AudioRendition<'a> {
    encoding: &'a AudioEncoding,
    track: SoundTrack,
    to: Destination<'a>,
    chunk: Chunk<SoundCoder>,
}

impl<'a> AudioProducer<'a> {
    /// For those of `renditions` that are made of a stream of `source` and are not done yet.
    ///
    /// # Errors
    /// When there is no decoder or an encoder rejects the settings.
    pub fn new(
        run: &'a RunContext<'a>,
        source: &MediaSource,
        stream: usize,
        renditions: &[String],
        events: &Sender<PipelineEvent>,
    ) -> Result<Self, PackagerError> {
        let encodings = run.plan.own_audio_encodings().filter(|(_, encoding)| encoding.track.stream == stream);
        let wanted = encodings.filter(|(id, _)| renditions.iter().any(|wanted| wanted == id));
        let decoder = AudioDecoder::of_stream(source, stream)?;
        Self::of(run, decoder, wanted, (0, run.plan.wanted_end()), events)
    }

    /// For the renditions of a track beside the film that are not done yet; `source` is its file. The film begins at `zero`
    /// of its master, and ends at `end`.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn beside(
        run: &'a RunContext<'a>,
        (sound, source): (&SoundBeside, &MediaSource),
        (zero, end): (PresentationTime, PresentationTime),
        events: &Sender<PipelineEvent>,
    ) -> Result<Self, PackagerError> {
        let number = sound.track.stream;
        let wanted = run.plan.audio_encodings().filter(move |(_, encoding)| encoding.track.stream == number);
        let decoder = AudioDecoder::of_stream(source, sound.stream())?;
        Self::of(run, decoder, wanted, (sound.shift(zero), Some(end)), events)
    }

    fn of(
        run: &'a RunContext<'a>,
        decoder: AudioDecoder,
        wanted: impl Iterator<Item = (&'a str, &'a AudioEncoding)>,
        (shift, end): (i64, Option<PresentationTime>),
        events: &Sender<PipelineEvent>,
    ) -> Result<Self, PackagerError> {
        let renditions: Vec<AudioRendition<'_>> = wanted
            .filter(|(id, _)| !run.is_done(id, 0))
            .map(|(id, encoding)| AudioRendition::new(run, id, encoding, end, events))
            .collect::<Result<_, _>>()?;
        let name = renditions.first().map(|one| one.encoding.track.in_words()).unwrap_or_default();
        let steady = SteadyTimes::default();
        Ok(Self {
            run,
            decoder,
            steady,
            renditions,
            events: events.clone(),
            name,
            shift,
            damage: Damage::default(),
            latest: None,
        })
    }

    /// Takes the next packet of the track.
    ///
    /// # Errors
    /// When its sound cannot be coded or written. Damage is counted, not an error.
    pub fn packet(&mut self, packet: Packet) -> Result<(), PackagerError> {
        self.latest = packet.pts.or(self.latest);
        if let Err(error) = self.decoder.send_packet(packet) {
            self.note(error);
        }
        self.drain()
    }

    /// All packets have come; the film ends at `end` of the source, and `edges` is where damage is to be expected.
    ///
    /// # Errors
    /// When the rest cannot be coded or written, or the track is damaged and may not be.
    pub fn finish(mut self, end: PresentationTime, edges: &Edges) -> Result<(), PackagerError> {
        self.decoder.finish();
        self.drain()?;
        self.give(true)?;
        let mut silence = None;
        for rendition in self.renditions {
            let note = rendition.finish(end)?;
            silence = silence.or(Some(note));
        }
        if let Some(note) = silence.flatten() {
            let _ = self.events.send(PipelineEvent::Note(note));
        }
        let (damaged, torn) = self.damage.counts(edges);
        if damaged + torn > 0 {
            let name = self.name;
            let first = self.damage.first().map(|first| format!(" (first: {first})")).unwrap_or_default();
            let what = format!("{} packets of {name} could not be decoded{first}", damaged + torn);
            if damaged > 0 && !self.run.allow_damaged {
                return Err(PackagerError::new(Exit::Codec, format!("{what}; --allow-damaged packages it as it is")));
            }
            let _ = self.events.send(PipelineEvent::Note(what));
        }
        Ok(())
    }

    fn drain(&mut self) -> Result<(), PackagerError> {
        loop {
            match self.decoder.receive() {
                Ok(None) => return Ok(()),
                Ok(Some(frame)) => {
                    self.steady.push(frame.pts(), frame.duration(), frame);
                    self.give(false)?;
                }
                Err(error) => {
                    self.note(error);
                    return Ok(());
                }
            }
        }
    }

    /// Gives the renditions the frames whose times are decided; all of them at the end.
    fn give(&mut self, is_end: bool) -> Result<(), PackagerError> {
        while let Some((pts, frame)) = self.steady.pop(is_end) {
            let frame = frame.at(pts.map(|pts| pts.offset_by_nanos(self.shift)));
            for rendition in &mut self.renditions {
                rendition.frame(&frame)?;
            }
        }
        Ok(())
    }

    fn note(&mut self, error: AvError) {
        self.damage.note(self.latest, Some(error));
    }
}

impl<'a> AudioRendition<'a> {
    fn new(
        run: &'a RunContext<'a>,
        id: &'a str,
        encoding: &'a AudioEncoding,
        end: Option<PresentationTime>,
        events: &Sender<PipelineEvent>,
    ) -> Result<Self, PackagerError> {
        let plan = run.plan;
        let coder = encode::sound(encoding)?;
        let form = TrackForm {
            bitstream: Bitstream::Plain,
            language: encoding.track.language.as_deref().and_then(language::three_letters),
            hdr: StaticHdr::default(),
            track: bmff::init::read(&coder.header()?).map_err(MuxError::from)?,
        };
        let cutter = cutter(plan, CutRule::Nearest, 1, encoding.timescale());
        Ok(Self {
            encoding,
            track: SoundTrack::new(plan.zero, end, encoding.timescale(), encoding.layout).of(encoding.track.layout),
            to: Destination::new(run, id, events.clone()),
            chunk: Chunk::open(0, coder, form, cutter, None),
        })
    }

    fn frame(&mut self, frame: &AudioFrame) -> Result<(), PackagerError> {
        let Self { track, chunk, to, .. } = self;
        track.push(frame, &mut |samples| code(chunk, to, samples))
    }

    /// Ends the track with silence up to `end`; gives a note on all silence that was put in.
    fn finish(mut self, end: PresentationTime) -> Result<Option<String>, PackagerError> {
        let Self { track, chunk, to, .. } = &mut self;
        track.finish(end, &mut |samples| code(chunk, to, samples))?;
        self.chunk.close(&self.to)?;
        Ok(silence_note(self.encoding, &self.track))
    }
}

fn code(chunk: &mut Chunk<SoundCoder>, to: &Destination<'_>, samples: &[f32]) -> Result<(), PackagerError> {
    chunk.source.send(samples)?;
    chunk.drain(to)
}

/// What was put in where the film has no sound, in words.
fn silence_note(encoding: &AudioEncoding, track: &SoundTrack) -> Option<String> {
    let silences = track.silences();
    let places = [("before it", silences.before), ("in its gaps", silences.between), ("behind it", silences.behind)];
    let said: Vec<String> = places
        .into_iter()
        .map(|(place, samples)| (place, samples as f64 / f64::from(encoding.sample_rate)))
        .filter(|(_, seconds)| *seconds >= SILENCE_WORTH_SAYING)
        .map(|(place, seconds)| format!("{seconds:.3} s {place}"))
        .collect();
    let name = encoding.track.in_words();
    (!said.is_empty()).then(|| format!("{name} was filled up with silence: {}", said.join(", ")))
}
