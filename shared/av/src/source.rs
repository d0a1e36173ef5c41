//! A local file, opened as media: its description and its packets in the file's order.

use crate::sequence::{self, Sequence};
use crate::setup::Setup;
use crate::stream::to_time;
use crate::{AvError, AvStage, SourceBytes, SourceInfo, SourcePart, StreamKind, demuxer, header, stream};
use ffmpeg_next::packet::Ref;
use ffmpeg_next::{self as ff, ffi};
use shared::time::{PresentationTime, Timescale};
use std::{fs::File, io, path::Path, sync::Arc, time::Duration};

/// After this many unreadable packets in a row, reading stops with an error.
const MAX_DAMAGED_RUN: u32 = 1000;

/// How FFmpeg's names of files with one picture end.
const STILL: &str = "_pipe";

/// An open media file.
pub struct MediaSource {
    input: ff::format::context::Input,
    info: SourceInfo,
    name: String,
    damaged: u64,
    /// Films that are read as one with this one.
    sequence: Sequence,
    /// The streams whose packets are wanted, when not all are.
    kept: Option<Vec<usize>>,
    /// How the packet before of each stream was to be decoded.
    setups: Vec<Arc<Setup>>,
}

impl MediaSource {
    /// Opens a file and reads what it says about itself.
    ///
    /// The file is opened by us and handed over as a stream of bytes: no part of its name is taken for a protocol or a
    /// pattern, the format follows from the content, and what a playlist names is not followed.
    ///
    /// # Errors
    /// [`AvStage::Open`] when the operating system refuses, [`AvStage::Probe`] when the content is not media.
    pub fn open(path: &Path) -> Result<Self, AvError> {
        Self::open_as(path, &path.display().to_string())
    }

    /// Opens a file as [`open`](Self::open), which messages call by this name.
    ///
    /// # Errors
    /// As there.
    pub fn open_as(path: &Path, name: &str) -> Result<Self, AvError> {
        Self::of_bytes(|| open_file(path).map_err(|e| AvError::open(name, &e)), name)
    }

    /// `bytes` opens them, from their beginning.
    fn of_bytes<B: SourceBytes + 'static>(bytes: impl Fn() -> Result<B, AvError>, name: &str) -> Result<Self, AvError> {
        let input = demuxer::open(bytes, name)?;
        let info = stream::read(&input, name)?;
        let setups = setups(&input, &info);
        Ok(Self { input, info, name: name.to_owned(), damaged: 0, sequence: Sequence::default(), kept: None, setups })
    }

    /// Opens films that follow one another as one, which messages call by this name. Where there are several, it has no
    /// duration by its own word.
    ///
    /// # Errors
    /// As [`open`](Self::open); [`AvStage::Probe`] also when there is none, one is not coded as the first, or does not say
    /// how long it is.
    pub fn in_sequence(parts: Vec<SourcePart>, name: &str) -> Result<Self, AvError> {
        let wrong = |what: &str, why: &str| AvError::new(AvStage::Probe, what, why);
        let mut parts = parts.into_iter();
        let first = parts.next().ok_or_else(|| wrong(name, "it names nothing"))?;
        let mut whole = Self::of_bytes(|| first.bytes(), &first.name)?;
        let first_start = whole.info.start.unwrap_or(PresentationTime::ZERO);
        let mut end = first.lasts.or_else(|| whole.length()).map(|lasts| first_start + lasts);
        let mut before = first.name.clone();
        whole.sequence.push(first, first_start, first_start);
        for part in parts {
            let begin = end.ok_or_else(|| wrong(&before, "it does not say how long it is"))?;
            let film = Self::of_bytes(|| part.bytes(), &part.name)?;
            if !sequence::are_alike((&whole.info, &whole.input), (&film.info, &film.input)) {
                return Err(wrong(&part.name, "it is not coded as the film before it; package them one by one"));
            }
            end = part.lasts.or_else(|| film.length()).map(|lasts| begin + lasts);
            before.clone_from(&part.name);
            whole.sequence.push(part, begin, film.info.start.unwrap_or(PresentationTime::ZERO));
            whole.info.forget_length();
        }
        name.clone_into(&mut whole.name);
        Ok(whole)
    }

    /// How long it is, by its own word or as FFmpeg estimates it.
    fn length(&self) -> Option<Duration> {
        u64::try_from(self.input.duration()).ok().filter(|micros| *micros > 0).map(Duration::from_micros)
    }

    /// What it says about itself.
    pub fn info(&self) -> &SourceInfo {
        &self.info
    }

    /// What a decoder of a stream is told before its first packet, as the container has it; empty where there is nothing.
    pub fn configuration(&self, stream: usize) -> &[u8] {
        let Some(stream) = self.input.stream(stream) else { return &[] };
        // SAFETY: the wrapper owns the stream, whose AVCodecParameters live and stay as they are while `self` is borrowed;
        // `extradata` has `extradata_size` bytes, or is null.
        #[expect(unsafe_code, reason = "the configuration has no getter")]
        unsafe {
            let parameters = (*stream.as_ptr()).codecpar;
            let size = usize::try_from((*parameters).extradata_size).unwrap_or(0);
            let bytes = (*parameters).extradata;
            if bytes.is_null() || size == 0 { &[] } else { std::slice::from_raw_parts(bytes, size) }
        }
    }

    /// `ftyp` and `moov` (one track, no samples, `mvex`) that describe a stream as it is, with this media timescale; that of
    /// sound has to be its sample rate. `configuration` takes the place of the stream's own one, `entry` is the name of the
    /// sample entry where there is a choice.
    ///
    /// # Errors
    /// [`AvStage::Mux`] when MP4 cannot hold the stream.
    pub fn mp4_header(
        &self,
        stream: usize,
        timescale: Timescale,
        configuration: Option<&[u8]>,
        entry: Option<[u8; 4]>,
    ) -> Result<Vec<u8>, AvError> {
        let known =
            self.input.stream(stream).ok_or_else(|| AvError::new(AvStage::Mux, &self.name, "it has no such stream"))?;
        header::of_stream(&known, timescale, configuration, entry)
            .map_err(|e| AvError::library(AvStage::Mux, &self.name, e))
    }

    /// Its path, for messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Packets so far that could not be read. Those that were, but not whole, say so themselves.
    pub fn damaged(&self) -> u64 {
        self.damaged
    }

    /// Packets of other streams are skipped from here on, which spares reading them.
    pub fn keep_only(&mut self, streams: &[usize]) {
        self.kept = Some(streams.to_vec());
        for index in 0..self.info.streams.len().min(self.input.nb_streams() as usize) {
            // SAFETY: the wrapper owns the AVFormatContext, and `index` is below its number of streams, which only
            // grows (streams found while reading are appended).
            #[expect(unsafe_code, reason = "`discard` of an input stream has no setter")]
            unsafe {
                let raw = *(*self.input.as_mut_ptr()).streams.add(index);
                (*raw).discard = if streams.contains(&index) {
                    ffi::AVDiscard::AVDISCARD_DEFAULT
                } else {
                    ffi::AVDiscard::AVDISCARD_ALL
                };
            }
        }
    }

    /// Continues reading at or before `time`. When the container cannot seek, the position stays as it is, and the
    /// caller reads more than it asked for.
    pub fn seek(&mut self, time: PresentationTime) {
        if let Some(other) = self.sequence.other_at(time) {
            // One that cannot be opened any more fails when it is read.
            let _ = self.go_to(other);
        }
        let micros = time.nanos().saturating_sub(self.sequence.shift()) / 1000;
        let _ = self.input.seek(micros, ..micros.saturating_add(1));
    }

    /// The next packet, or `None` at the end. Unreadable ones are skipped and counted.
    ///
    /// The end is the end of the *file*: one that was cut off ends like any other, so compare what arrived with
    /// [`SourceInfo::duration`].
    ///
    /// # Errors
    /// [`AvStage::Demux`] when reading fails or nothing but damage follows.
    pub fn read(&mut self) -> Result<Option<Packet>, AvError> {
        for _ in 0..MAX_DAMAGED_RUN {
            let mut inner = ff::Packet::empty();
            match inner.read(&mut self.input) {
                Ok(()) => return Ok(Some(self.packet(inner))),
                Err(ff::Error::Eof) => match self.sequence.next() {
                    Some(next) => self.go_to(next)?,
                    None => return Ok(None),
                },
                Err(ff::Error::InvalidData) => self.damaged += 1,
                Err(e) => return Err(AvError::library(AvStage::Demux, &self.name, e)),
            }
        }
        Err(AvError::library(AvStage::Demux, &self.name, ff::Error::InvalidData))
    }

    /// Goes on with another of several films.
    fn go_to(&mut self, index: usize) -> Result<(), AvError> {
        let Some(part) = self.sequence.go_to(index) else { return Ok(()) };
        self.input = demuxer::open(|| part.bytes(), &part.name)?;
        if let Some(kept) = self.kept.take() {
            self.keep_only(&kept);
        }
        Ok(())
    }

    fn packet(&mut self, inner: ff::Packet) -> Packet {
        let setup = self.setup_now(inner.stream());
        let base = self.input.stream(inner.stream()).map_or(ff::Rational::new(1, 1), |s| s.time_base());
        let shift = self.sequence.shift();
        let time = |ticks: Option<i64>| ticks.map(|ticks| to_time(ticks, base).offset_by_nanos(shift));
        let whole = to_time(inner.duration(), base).since_start();
        let duration = whole.saturating_sub(self.cut_from_end(&inner));
        let duration = self.still_lasts().unwrap_or(duration);
        Packet { pts: time(inner.pts()), dts: time(inner.dts()), duration, setup, inner }
    }

    /// How long a single picture is shown, where a list says that. What follows it says so by its time; nothing follows the
    /// last one.
    fn still_lasts(&self) -> Option<Duration> {
        self.sequence.current_lasts().filter(|_| self.input.format().name().ends_with(STILL))
    }

    /// How much of a packet's sound is not to be heard at its end: the padding of an encoder.
    fn cut_from_end(&self, packet: &ff::Packet) -> Duration {
        let Some(StreamKind::Audio(audio)) = self.info.streams.get(packet.stream()).map(|stream| &stream.kind) else {
            return Duration::ZERO;
        };
        let skipped = packet.side_data().find(|side| side.kind() == ff::packet::side_data::Type::SkipSamples);
        // AV_PKT_DATA_SKIP_SAMPLES: samples from the beginning, then from the end, 32 bits each, the low byte first.
        let samples = skipped.and_then(|side| side.data().get(4..8)?.try_into().ok()).map_or(0, u32::from_le_bytes);
        Duration::from_secs_f64(f64::from(samples) / f64::from(audio.sample_rate.max(1)))
    }

    /// How packets of a stream are to be decoded that come now.
    fn setup_now(&mut self, index: usize) -> Option<Arc<Setup>> {
        let stream = self.input.stream(index)?;
        let known = self.setups.get_mut(index)?;
        if !known.is_of(&stream) {
            *known = Arc::new(Setup::of(&stream, known.has_alpha));
        }
        Some(Arc::clone(known))
    }

    /// What the container says to the decoder of a stream before its first packet; nothing for most.
    pub fn extradata(&self, index: usize) -> Vec<u8> {
        self.setup(index).map(|setup| setup.extradata()).unwrap_or_default()
    }

    /// How a stream is to be decoded, as far as has been read.
    pub(crate) fn setup(&self, index: usize) -> Option<Arc<Setup>> {
        self.setups.get(index).cloned()
    }
}

fn setups(input: &ff::format::context::Input, info: &SourceInfo) -> Vec<Arc<Setup>> {
    let has_alpha = |index: usize| match info.streams.get(index).map(|stream| &stream.kind) {
        Some(StreamKind::Video(video)) => video.transparent,
        _ => false,
    };
    input.streams().map(|stream| Arc::new(Setup::of(&stream, has_alpha(stream.index())))).collect()
}

/// Coded data of one stream.
pub struct Packet {
    pub(crate) inner: ff::Packet,
    /// How it is to be decoded; `None` in a stream that nobody knew of when the source was opened.
    pub(crate) setup: Option<Arc<Setup>>,
    /// When it is shown.
    pub pts: Option<PresentationTime>,
    /// When it is decoded.
    pub dts: Option<PresentationTime>,
    /// How long it is shown; zero when the container does not say.
    pub duration: Duration,
}

impl Packet {
    /// The number of its stream.
    pub fn stream(&self) -> usize {
        self.inner.stream()
    }

    /// The same packet as one of another stream, whose decoder follows when the format is another one.
    #[must_use]
    pub fn of_stream(mut self, stream: usize) -> Self {
        self.inner.set_stream(stream);
        self
    }

    /// Decoding can begin here.
    pub fn is_key(&self) -> bool {
        self.inner.is_key()
    }

    /// A part of it is missing or wrong.
    pub fn is_corrupt(&self) -> bool {
        self.inner.is_corrupt()
    }

    /// Nobody is to see or hear it: an edit list cuts it away, and only the decoder needs it.
    pub fn is_discarded(&self) -> bool {
        // SAFETY: the wrapper owns a valid AVPacket; its flags are an integer.
        #[expect(unsafe_code, reason = "the wrapper's flags leave this one out")]
        let flags = unsafe { (*self.inner.as_ptr()).flags };
        flags & ffi::AV_PKT_FLAG_DISCARD != 0
    }

    /// Its bytes as the container has them.
    pub fn data(&self) -> &[u8] {
        self.inner.data().unwrap_or_default()
    }

    /// How many bytes.
    pub fn size(&self) -> usize {
        self.inner.size()
    }

    /// What a container says of a cue of WebVTT beside its text: its name and its settings.
    pub fn webvtt(&self) -> (String, String) {
        use ff::packet::side_data::Type;
        let said = |kind: Type| {
            let found = self.inner.side_data().find(|side| side.kind() == kind);
            found.map(|side| String::from_utf8_lossy(side.data()).into_owned()).unwrap_or_default()
        };
        (said(Type::WebVTTIdentifier), said(Type::WebVTTSettings))
    }
}

/// A directory opens like a file on Unix and fails at the first read with an obscure text: refuse it here.
fn open_file(path: &Path) -> io::Result<File> {
    let file = File::open(path)?;
    if file.metadata()?.is_dir() {
        return Err(io::Error::from(io::ErrorKind::IsADirectory));
    }
    Ok(file)
}
