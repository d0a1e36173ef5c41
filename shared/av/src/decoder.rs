//! Decoders: packets to frames.
//!
//! Protocol of both decoders: `send` one access unit, then `receive` until `None`; at the end `finish`, then `receive`
//! until `None`. After `finish` a decoder takes no more packets.

use crate::setup::Setup;
use crate::{AudioFrame, AvError, AvStage, CodecId, MediaSource, Packet, VideoFrame, library};
use ffmpeg_next::{self as ff, ffi};
use shared::time::PresentationTime;
use std::{collections::VecDeque, ptr, sync::Arc};

/// The time base of all packets and frames inside this crate: nanoseconds.
const NANOS: ff::Rational = ff::Rational(1, 1_000_000_000);

/// Sound needs no more.
const SOUND_THREADS: usize = 1;

/// Bound on the codec configuration against hostile files; real ones have less than a few thousand bytes.
const MAX_EXTRADATA: usize = 1 << 20;

/// The configuration of a decoder without a [`MediaSource`]: a player has only the initialization segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecoderConfig {
    /// The coding format.
    pub codec: CodecId,
    /// The codec's configuration record as it stands in the sample entry, without the box header: `avcC`, `hvcC`,
    /// `av1C`, AudioSpecificConfig, `OpusHead`…; may be empty where the bitstream carries it.
    pub extradata: Vec<u8>,
    /// Coded size of pictures; zero for sound.
    pub width: u32,
    /// See `width`.
    pub height: u32,
    /// Samples a second; zero for pictures.
    pub sample_rate: u32,
    /// Channels; zero for pictures.
    pub channels: u16,
    /// Decoding threads, 0 for as many as there are processors.
    pub threads: usize,
    /// Larger pictures are refused, in samples; 0 is no limit.
    pub most_pixels: u32,
}

impl DecoderConfig {
    /// For pictures.
    pub fn video(codec: CodecId, extradata: Vec<u8>, width: u32, height: u32, threads: usize) -> Self {
        Self { codec, extradata, width, height, sample_rate: 0, channels: 0, threads, most_pixels: 0 }
    }

    /// For sound.
    pub fn audio(codec: CodecId, extradata: Vec<u8>, sample_rate: u32, channels: u16) -> Self {
        Self { codec, extradata, width: 0, height: 0, sample_rate, channels, threads: 1, most_pixels: 0 }
    }

    fn parameters(&self, medium: ff::media::Type) -> Result<ff::codec::Parameters, AvError> {
        let refuse = |why: &str| AvError::new(AvStage::Decode, self.codec.name(), why);
        if self.extradata.len() > MAX_EXTRADATA {
            return Err(refuse("its configuration is too large"));
        }
        let int = |n: u32| i32::try_from(n).map_err(|_| refuse("its size or rate is out of range"));
        let (width, height, rate) = (int(self.width)?, int(self.height)?, int(self.sample_rate)?);
        let mut parameters = ff::codec::Parameters::new();
        parameters.set_medium(medium);
        parameters.set_id(self.codec.id());
        // SAFETY: `parameters` owns a fresh AVCodecParameters. The buffer comes from av_mallocz, as libavcodec will
        // free it, has the zeroed padding that it demands, and is checked for null before it is written.
        #[expect(unsafe_code, reason = "these fields have no setters")]
        unsafe {
            let p = parameters.as_mut_ptr();
            (*p).width = width;
            (*p).height = height;
            (*p).sample_rate = rate;
            if self.channels > 0 {
                ffi::av_channel_layout_default(&raw mut (*p).ch_layout, i32::from(self.channels));
            }
            if !self.extradata.is_empty() {
                let size = self.extradata.len();
                let buffer = ffi::av_mallocz(size + ffi::AV_INPUT_BUFFER_PADDING_SIZE as usize).cast::<u8>();
                if buffer.is_null() {
                    return Err(refuse("memory is short"));
                }
                ptr::copy_nonoverlapping(self.extradata.as_ptr(), buffer, size);
                (*p).extradata = buffer;
                (*p).extradata_size = size as i32;
            }
        }
        Ok(parameters)
    }
}

/// A decoder of pictures.
pub struct VideoDecoder(Machine);

impl VideoDecoder {
    /// From a bare configuration.
    ///
    /// # Errors
    /// [`AvStage::Decode`] when the codec is unknown to this FFmpeg or rejects its configuration.
    pub fn new(config: &DecoderConfig) -> Result<Self, AvError> {
        library::ready();
        let parameters = config.parameters(ff::media::Type::Video)?;
        let what = config.codec.name().to_owned();
        let mut context = context(parameters, config.threads, &what)?;
        if config.most_pixels > 0 {
            // SAFETY: the wrapper owns a valid AVCodecContext that has not been opened yet.
            #[expect(unsafe_code, reason = "ffmpeg-next has no setter")]
            unsafe {
                (*context.as_mut_ptr()).max_pixels = i64::from(config.most_pixels);
            }
        }
        Self::from_context(context, what)
    }

    /// For a stream of an open source; `threads` 0 for as many as there are processors.
    ///
    /// # Errors
    /// [`AvStage::Decode`] as for [`VideoDecoder::new`], or when the stream is not video.
    pub fn of_stream(source: &MediaSource, stream: usize, threads: usize) -> Result<Self, AvError> {
        Machine::of_stream(source, stream, ff::media::Type::Video, threads).map(Self)
    }

    fn from_context(context: ff::codec::Context, what: String) -> Result<Self, AvError> {
        let decoder = context.decoder().video().map_err(|e| AvError::library(AvStage::Decode, &what, e))?;
        Ok(Self(Machine::new(decoder.0, what)))
    }

    /// The picture of one packet at which decoding can begin, decoded by itself; `None` where that gives none. No packet
    /// may have been sent before in another way.
    pub fn alone(&mut self, packet: &Packet) -> Option<VideoFrame> {
        self.0.follow(packet.setup.as_ref()).ok()?;
        let sent = packet.inner.data().map(|data| self.send(data, packet.pts, packet.dts));
        self.finish();
        let picture = sent.and_then(Result::ok).and_then(|()| self.receive().ok().flatten());
        self.0.decoder.flush();
        self.0.waiting.clear();
        picture
    }

    /// Takes one access unit in the form of its container (length-prefixed NAL units for `avcC`).
    ///
    /// # Errors
    /// [`AvStage::Decode`] with the time of the access unit; the next one may still be tried.
    pub fn send(
        &mut self,
        data: &[u8],
        pts: Option<PresentationTime>,
        dts: Option<PresentationTime>,
    ) -> Result<(), AvError> {
        self.0.send(ff::Packet::copy(data), pts, dts)
    }

    /// Takes a packet of a source. Where its format is another one than before, pictures of that one come behind those
    /// that are left of the one before.
    ///
    /// # Errors
    /// As [`VideoDecoder::send`], and when there is no decoder for another format.
    pub fn send_packet(&mut self, packet: Packet) -> Result<(), AvError> {
        self.0.send_packet(packet)
    }

    /// Ends the input; `receive` then returns the frames that the decoder has held back.
    pub fn finish(&mut self) {
        self.0.finish();
    }

    /// The next picture in order of presentation, or `None` until more is sent.
    ///
    /// # Errors
    /// [`AvStage::Decode`]; more may be sent and received afterwards.
    pub fn receive(&mut self) -> Result<Option<VideoFrame>, AvError> {
        let codes_fields_alone = self.0.decoder.id() == ff::codec::Id::HEVC;
        Ok(self.0.receive()?.map(|frame| {
            let pts = frame.timestamp().or(frame.pts()).map(PresentationTime::from_nanos);
            let frame = VideoFrame::share(frame.into(), pts);
            // Of H.265, FFmpeg marks the pictures that are one field (ITU-T H.265 table D.2: 1, 2, 9 to 12), no others.
            let field = frame.field_order().filter(|_| codes_fields_alone);
            frame.with_field(field)
        }))
    }
}

/// A decoder of sound.
pub struct AudioDecoder(Machine);

impl AudioDecoder {
    /// From a bare configuration.
    ///
    /// # Errors
    /// [`AvStage::Decode`] when the codec is unknown to this FFmpeg or rejects its configuration.
    pub fn new(config: &DecoderConfig) -> Result<Self, AvError> {
        library::ready();
        let parameters = config.parameters(ff::media::Type::Audio)?;
        Self::from_parameters(parameters, config.codec.name().to_owned())
    }

    /// For a stream of an open source.
    ///
    /// # Errors
    /// [`AvStage::Decode`] as for [`AudioDecoder::new`], or when the stream is not sound.
    pub fn of_stream(source: &MediaSource, stream: usize) -> Result<Self, AvError> {
        Machine::of_stream(source, stream, ff::media::Type::Audio, SOUND_THREADS).map(Self)
    }

    fn from_parameters(parameters: ff::codec::Parameters, what: String) -> Result<Self, AvError> {
        let context = context(parameters, SOUND_THREADS, &what)?;
        let decoder = context.decoder().audio().map_err(|e| AvError::library(AvStage::Decode, &what, e))?;
        Ok(Self(Machine::new(decoder.0, what)))
    }

    /// Takes one access unit.
    ///
    /// # Errors
    /// [`AvStage::Decode`] with the time of the access unit; the next one may still be tried.
    pub fn send(&mut self, data: &[u8], pts: Option<PresentationTime>) -> Result<(), AvError> {
        self.0.send(ff::Packet::copy(data), pts, pts)
    }

    /// Takes a packet of a source. Where its format is another one than before, sound of that one comes behind what is
    /// left of the one before.
    ///
    /// # Errors
    /// As [`AudioDecoder::send`], and when there is no decoder for another format.
    pub fn send_packet(&mut self, packet: Packet) -> Result<(), AvError> {
        self.0.send_packet(packet)
    }

    /// Ends the input; `receive` then returns the frames that the decoder has held back.
    pub fn finish(&mut self) {
        self.0.finish();
    }

    /// The next stretch of sound, or `None` until more is sent.
    ///
    /// # Errors
    /// [`AvStage::Decode`]; more may be sent and received afterwards.
    pub fn receive(&mut self) -> Result<Option<AudioFrame>, AvError> {
        Ok(self.0.receive()?.map(|frame| {
            let pts = frame.timestamp().or(frame.pts()).map(PresentationTime::from_nanos);
            AudioFrame::new(frame.into(), pts)
        }))
    }
}

/// The decoder that reads alpha beside the pictures, where FFmpeg's own does not.
fn alpha_decoder(codec: ff::codec::Id) -> Option<&'static str> {
    match codec {
        ff::codec::Id::VP8 => Some("libvpx"),
        ff::codec::Id::VP9 => Some("libvpx-vp9"),
        _ => None,
    }
}

/// The decoder that a stream is set up for.
fn open(setup: &Setup, medium: ff::media::Type, threads: usize, what: &str) -> Result<ff::decoder::Opened, AvError> {
    let parameters = setup.parameters();
    let other = alpha_decoder(parameters.id()).filter(|_| setup.has_alpha).and_then(ff::decoder::find_by_name);
    let decoder = context(parameters, threads, what)?.decoder();
    let opened = match (medium, other) {
        (ff::media::Type::Video, Some(codec)) => decoder.open_as(codec).and_then(|o| o.video()).map(|video| video.0),
        (ff::media::Type::Video, None) => decoder.video().map(|video| video.0),
        _ => decoder.audio().map(|audio| audio.0),
    };
    opened.map_err(|e| AvError::library(AvStage::Decode, what, e))
}

fn context(parameters: ff::codec::Parameters, threads: usize, what: &str) -> Result<ff::codec::Context, AvError> {
    use ff::threading::{Config, Type};
    let mut context =
        ff::codec::Context::from_parameters(parameters).map_err(|e| AvError::library(AvStage::Decode, what, e))?;
    context.set_threading(Config { kind: Type::Frame, count: threads.min(16), ..Config::default() });
    // SAFETY: the wrapper owns a valid AVCodecContext that has not been opened yet.
    #[expect(unsafe_code, reason = "ffmpeg-next has this setter on its decoder only, after which opening is fixed")]
    unsafe {
        (*context.as_mut_ptr()).pkt_timebase = NANOS.into();
    }
    Ok(context)
}

/// libavcodec's send/receive protocol, which both decoders have in common.
struct Machine {
    decoder: ff::decoder::Opened,
    what: String,
    /// Frames that were taken out because the decoder was full.
    waiting: VecDeque<ff::Frame>,
    last_sent: Option<PresentationTime>,
    /// How it was opened, where that was for a stream of a source.
    origin: Option<Origin>,
}

struct Origin {
    setup: Arc<Setup>,
    medium: ff::media::Type,
    threads: usize,
}

impl Machine {
    fn new(decoder: ff::decoder::Opened, what: String) -> Self {
        Self { decoder, what, waiting: VecDeque::new(), last_sent: None, origin: None }
    }

    fn of_stream(
        source: &MediaSource,
        stream: usize,
        medium: ff::media::Type,
        threads: usize,
    ) -> Result<Self, AvError> {
        let missing = || AvError::new(AvStage::Decode, source.name(), format!("it has no stream {stream}"));
        let setup = source.setup(stream).ok_or_else(missing)?;
        let what = format!("stream {stream} ({}) of {}", setup.parameters().id().name(), source.name());
        let decoder = open(&setup, medium, threads, &what)?;
        Ok(Self { origin: Some(Origin { setup, medium, threads }), ..Self::new(decoder, what) })
    }

    fn send_packet(&mut self, packet: Packet) -> Result<(), AvError> {
        self.follow(packet.setup.as_ref())?;
        self.send(packet.inner, packet.pts, packet.dts)
    }

    /// Takes another decoder for another format, and keeps the frames that the one before has held back.
    fn follow(&mut self, setup: Option<&Arc<Setup>>) -> Result<(), AvError> {
        let Some((origin, setup)) = self.origin.as_ref().zip(setup) else { return Ok(()) };
        if Arc::ptr_eq(&origin.setup, setup) || origin.setup.is_alike(setup) {
            return Ok(());
        }
        let next = Origin { setup: Arc::clone(setup), ..*origin };
        let decoder = open(setup, next.medium, next.threads, &self.what)?;
        self.finish();
        while let Ok(Some(frame)) = self.take() {
            self.waiting.push_back(frame);
        }
        self.decoder = decoder;
        self.origin = Some(next);
        Ok(())
    }

    fn send(
        &mut self,
        mut packet: ff::Packet,
        pts: Option<PresentationTime>,
        dts: Option<PresentationTime>,
    ) -> Result<(), AvError> {
        packet.set_pts(pts.map(PresentationTime::nanos));
        packet.set_dts(dts.map(PresentationTime::nanos));
        // In nanoseconds like the rest; the container's value would be in its own ticks.
        packet.set_duration(0);
        self.last_sent = pts.or(dts);
        loop {
            match self.decoder.send_packet(&packet) {
                Ok(()) => return Ok(()),
                Err(ff::Error::Other { errno: ff::error::EAGAIN }) => match self.take()? {
                    Some(frame) => self.waiting.push_back(frame),
                    None => return Err(self.failed(ff::Error::Bug)),
                },
                Err(e) => return Err(self.failed(e)),
            }
        }
    }

    fn finish(&mut self) {
        // The only error is that it has been finished before.
        let _ = self.decoder.send_eof();
    }

    fn receive(&mut self) -> Result<Option<ff::Frame>, AvError> {
        match self.waiting.pop_front() {
            Some(frame) => Ok(Some(frame)),
            None => self.take(),
        }
    }

    fn take(&mut self) -> Result<Option<ff::Frame>, AvError> {
        // SAFETY: a fresh AVFrame of our own, which the wrapper frees.
        #[expect(unsafe_code, reason = "ffmpeg-next marks an empty frame of no kind as unsafe")]
        let mut frame = unsafe { ff::Frame::empty() };
        match self.decoder.receive_frame(&mut frame) {
            Ok(()) => Ok(Some(frame)),
            Err(ff::Error::Eof | ff::Error::Other { errno: ff::error::EAGAIN }) => Ok(None),
            Err(e) => Err(self.failed(e)),
        }
    }

    fn failed(&self, error: ff::Error) -> AvError {
        AvError::library(AvStage::Decode, &self.what, error).at(self.last_sent)
    }
}
