//! The thread of one sound track of the master: decoded once, then resampled, encoded and written for each of its
//! renditions.

use super::output::{Description, RenditionWriter, TrackContent};
use super::{PipelineEvent, RunContext};
use crate::decode::SoundTrack;
use crate::encode::{self, SoundCoder};
use crate::error::{Exit, PackagerError};
use crate::plan::AudioJob;
use crossbeam_channel::{Receiver, Sender};
use shared::time::PresentationTime;
use shared_av::{AudioDecoder, AudioFrame, AvError, MediaSource, Packet, StaticHdr};

/// Silence in seconds from which on it is noted; less is the padding of an encoder.
const SILENCE_WORTH_SAYING: f64 = 0.05;

/// What comes from the reader.
pub(super) enum SoundInput {
    Packet(Packet),
    /// All packets have come; the pictures end here, in the source's time.
    End(PresentationTime),
}

/// One track.
pub(super) struct Worker<'a> {
    run: &'a RunContext<'a>,
    decoder: AudioDecoder,
    renditions: Vec<Rendition<'a>>,
    events: Sender<PipelineEvent>,
    stream: usize,
    /// Packets that could not be decoded.
    damaged: u64,
    first_damage: Option<AvError>,
}

struct Rendition<'a> {
    job: &'a AudioJob,
    track: SoundTrack,
    coder: SoundCoder,
    output: RenditionWriter<'a>,
}

impl<'a> Worker<'a> {
    /// For the renditions of a stream that are not done yet.
    pub(super) fn new(
        run: &'a RunContext<'a>,
        source: &MediaSource,
        stream: usize,
        events: &Sender<PipelineEvent>,
    ) -> Result<Self, PackagerError> {
        let jobs = run.plan.audio_jobs().filter(|(_, job)| job.track.stream == stream);
        let renditions = jobs
            .filter(|(id, _)| run.chunks_done(id).is_empty())
            .map(|(id, job)| Rendition::new(run, id, job, events))
            .collect::<Result<_, _>>()?;
        let decoder = AudioDecoder::of_stream(source, stream)?;
        Ok(Self { run, decoder, renditions, events: events.clone(), stream, damaged: 0, first_damage: None })
    }

    /// Codes all packets that come.
    pub(super) fn work(mut self, packets: &Receiver<SoundInput>) -> Result<(), PackagerError> {
        for input in packets {
            if self.run.is_stopped() {
                return Ok(());
            }
            match input {
                SoundInput::Packet(packet) => {
                    if let Err(error) = self.decoder.send_packet(packet) {
                        self.note(error);
                    }
                    self.drain()?;
                }
                SoundInput::End(end) => return self.end(end),
            }
        }
        Ok(())
    }

    fn end(mut self, end: PresentationTime) -> Result<(), PackagerError> {
        self.decoder.finish();
        self.drain()?;
        for rendition in &mut self.renditions {
            rendition.end(end)?;
        }
        if let Some(note) = self.renditions.first().and_then(Rendition::silence_note) {
            let _ = self.events.send(PipelineEvent::Note(note));
        }
        if let Some(first) = self.first_damage {
            let (damaged, stream) = (self.damaged, self.stream);
            let what = format!("{damaged} packets of sound stream {stream} could not be decoded (first: {first})");
            if !self.run.allow_damaged {
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
                    for rendition in &mut self.renditions {
                        rendition.frame(&frame)?;
                    }
                }
                Err(error) => {
                    self.note(error);
                    return Ok(());
                }
            }
        }
    }

    fn note(&mut self, error: AvError) {
        self.damaged += 1;
        self.first_damage.get_or_insert(error);
    }
}

impl<'a> Rendition<'a> {
    fn new(
        run: &'a RunContext<'a>,
        id: &'a str,
        job: &'a AudioJob,
        events: &Sender<PipelineEvent>,
    ) -> Result<Self, PackagerError> {
        let mut output = RenditionWriter::new(run, id, events.clone());
        output.begin(TrackContent::Sound, 0, 1, job.timescale());
        Ok(Self {
            job,
            track: SoundTrack::new(run.plan.zero, run.plan.wanted_end(), job.timescale(), job.layout),
            coder: encode::sound(job)?,
            output,
        })
    }

    fn frame(&mut self, frame: &AudioFrame) -> Result<(), PackagerError> {
        let mut samples = Vec::new();
        self.track.push(frame, &mut samples)?;
        self.coder.send(&samples)?;
        self.drain()
    }

    fn end(&mut self, end: PresentationTime) -> Result<(), PackagerError> {
        let mut samples = Vec::new();
        self.track.finish(end, &mut samples)?;
        self.coder.send(&samples)?;
        self.coder.finish()?;
        self.drain()?;
        self.output.end(None)
    }

    /// What was put in where the film has no sound, in words.
    fn silence_note(&self) -> Option<String> {
        let silences = self.track.silences();
        let places =
            [("before it", silences.before), ("in its gaps", silences.between), ("behind it", silences.behind)];
        let said: Vec<String> = places
            .into_iter()
            .map(|(place, samples)| (place, samples as f64 / f64::from(self.job.sample_rate)))
            .filter(|(_, seconds)| *seconds >= SILENCE_WORTH_SAYING)
            .map(|(place, seconds)| format!("{seconds:.3} s {place}"))
            .collect();
        let stream = self.job.track.stream;
        (!said.is_empty()).then(|| format!("sound stream {stream} was filled up with silence: {}", said.join(", ")))
    }

    fn drain(&mut self) -> Result<(), PackagerError> {
        while let Some(packet) = self.coder.receive()? {
            let describe = || {
                Ok(Description {
                    header: self.coder.header()?,
                    language: self.job.track.language.clone(),
                    hdr: StaticHdr::default(),
                })
            };
            self.output.packet(packet, self.job.timescale(), describe)?;
        }
        Ok(())
    }
}
