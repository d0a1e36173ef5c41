//! A local file, opened as media: its description and its packets in the file's order.

use crate::stream::to_time;
use crate::{AvError, AvStage, SourceInfo, StreamKind, library, stream};
use ffmpeg_next::packet::Ref;
use ffmpeg_next::{self as ff, ffi};
use shared::time::PresentationTime;
use std::{fs::File, io, path::Path, time::Duration};

/// Bytes that libavformat asks of the file at once.
const READ_AHEAD: usize = 1 << 18;
/// After this many unreadable packets in a row, reading stops with an error.
const MAX_DAMAGED_RUN: u32 = 1000;

/// An open media file.
pub struct MediaSource {
    input: ff::format::context::Input,
    info: SourceInfo,
    name: String,
    damaged: u64,
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
        library::ready();
        let name = name.to_owned();
        let file = open_file(path).map_err(|e| AvError::new(AvStage::Open, &name, io_words(&e)))?;
        let wrong = |e| AvError::library(AvStage::Probe, &name, e);
        let io = ff::format::context::StreamIo::from_read_seek_with_capacity(file, READ_AHEAD).map_err(wrong)?;
        let options = ff::Dictionary::from_iter([("protocol_whitelist", "none")]);
        let input = ff::format::input_from_stream(io, None, Some(options)).map_err(wrong)?;
        let info = stream::read(&input, &name)?;
        Ok(Self { input, info, name, damaged: 0 })
    }

    /// What it says about itself.
    pub fn info(&self) -> &SourceInfo {
        &self.info
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
        for index in 0..self.info.streams.len() {
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
        let micros = time.nanos() / 1000;
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
                Err(ff::Error::Eof) => return Ok(None),
                Err(ff::Error::InvalidData) => self.damaged += 1,
                Err(e) => return Err(AvError::library(AvStage::Demux, &self.name, e)),
            }
        }
        Err(AvError::library(AvStage::Demux, &self.name, ff::Error::InvalidData))
    }

    fn packet(&self, inner: ff::Packet) -> Packet {
        let base = self.input.stream(inner.stream()).map_or(ff::Rational::new(1, 1), |s| s.time_base());
        let time = |ticks: Option<i64>| ticks.map(|ticks| to_time(ticks, base));
        let whole = to_time(inner.duration(), base).since_start();
        let duration = whole.saturating_sub(self.cut_from_end(&inner));
        Packet { pts: time(inner.pts()), dts: time(inner.dts()), duration, inner }
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

    pub(crate) fn parameters(&self, index: usize) -> Option<ff::codec::Parameters> {
        self.input.stream(index).map(|stream| stream.parameters())
    }
}

/// Coded data of one stream.
pub struct Packet {
    pub(crate) inner: ff::Packet,
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

    /// The same packet as one of another stream of the same format.
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

    /// How many bytes.
    pub fn size(&self) -> usize {
        self.inner.size()
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

fn io_words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".into(),
        io::ErrorKind::PermissionDenied => "permission denied".into(),
        io::ErrorKind::IsADirectory => "it is a directory".into(),
        kind => kind.to_string(),
    }
}
