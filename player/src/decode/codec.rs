//! The decoders of `shared-av` behind one small trait, opened from what an init segment says.

use shared::bmff::Track;
use shared::bmff::entry::Kind;
use shared::codec::CodecKind;
use shared::time::PresentationTime;
use shared_av::{
    AudioDecoder, AudioFrame, AvError, Codec, Colour, DecoderConfig, PixelFormat, Scaler, VideoDecoder, VideoFrame,
};

/// Access units in, frames out, in order of presentation.
pub trait Decode: Sized {
    /// What comes out.
    type Frame;
    /// Whether another decoder can take over between two segments without a trace. Pictures begin anew with each; sound
    /// overlaps.
    const RESTARTS: bool;
    /// For the samples of `track`, or why not.
    fn open(track: &Track) -> Result<Self, String>;
    /// Takes one access unit.
    fn send(&mut self, data: &[u8], pts: PresentationTime, dts: PresentationTime) -> Result<(), AvError>;
    /// The next frame, `None` until more is sent.
    fn receive(&mut self) -> Result<Option<Self::Frame>, AvError>;
    /// Nothing more is sent.
    fn finish(&mut self);
    /// When a frame is presented.
    fn pts(frame: &Self::Frame) -> Option<PresentationTime>;
}

/// Pictures in a form that every screen shows: other layouts and depths become 8-bit 4:2:0 right here, on the decoder's
/// thread. Most films are that already and pass through untouched.
pub struct PictureDecoder {
    decoder: VideoDecoder,
    converter: Option<Converter>,
}

/// For pictures of one size and colour.
struct Converter {
    scaler: Scaler,
    size: (u32, u32),
    colour: Colour,
}

impl PictureDecoder {
    fn showable(&mut self, frame: VideoFrame) -> Result<VideoFrame, AvError> {
        use PixelFormat as P;
        if matches!(frame.format(), P::Yuv420p | P::Yuv422p | P::Yuv444p | P::Nv12 | P::Gray8) {
            return Ok(frame);
        }
        let (size, colour) = ((frame.width(), frame.height()), frame.colour().or_guess(frame.height()));
        let fits = |held: &Converter| (held.size, held.colour) == (size, colour);
        if !self.converter.as_ref().is_some_and(fits) {
            let scaler = Scaler::new(size.0, size.1, P::Yuv420p, colour).keeping_aspect();
            self.converter = Some(Converter { scaler, size, colour });
        }
        match &mut self.converter {
            Some(converter) => converter.scaler.scale(&frame),
            None => Ok(frame),
        }
    }
}

impl Decode for PictureDecoder {
    type Frame = VideoFrame;
    const RESTARTS: bool = true;

    fn open(track: &Track) -> Result<Self, String> {
        let Kind::Video(video) = track.kind else { return Err("this is not a video track".into()) };
        let (width, height) = (u32::from(video.width), u32::from(video.height));
        let config = DecoderConfig::video(codec(track)?, track.config.clone(), width, height, 0);
        let decoder = VideoDecoder::new(&config).map_err(|e| e.to_string())?;
        Ok(Self { decoder, converter: None })
    }

    fn send(&mut self, data: &[u8], pts: PresentationTime, dts: PresentationTime) -> Result<(), AvError> {
        self.decoder.send(data, Some(pts), Some(dts))
    }

    fn receive(&mut self) -> Result<Option<VideoFrame>, AvError> {
        self.decoder.receive()?.map(|frame| self.showable(frame)).transpose()
    }

    fn finish(&mut self) {
        self.decoder.finish();
    }

    fn pts(frame: &VideoFrame) -> Option<PresentationTime> {
        frame.pts()
    }
}

impl Decode for AudioDecoder {
    type Frame = AudioFrame;
    const RESTARTS: bool = false;

    fn open(track: &Track) -> Result<Self, String> {
        let Kind::Audio(audio) = track.kind else { return Err("this is not a sound track".into()) };
        let config = DecoderConfig::audio(codec(track)?, track.config.clone(), audio.rate, audio.channels);
        Self::new(&config).map_err(|e| e.to_string())
    }

    fn send(&mut self, data: &[u8], pts: PresentationTime, _dts: PresentationTime) -> Result<(), AvError> {
        Self::send(self, data, Some(pts))
    }

    fn receive(&mut self) -> Result<Option<AudioFrame>, AvError> {
        Self::receive(self)
    }

    fn finish(&mut self) {
        Self::finish(self);
    }

    fn pts(frame: &AudioFrame) -> Option<PresentationTime> {
        frame.pts()
    }
}

fn codec(track: &Track) -> Result<Codec, String> {
    if let Some(protection) = &track.protection {
        return Err(format!("the track is encrypted ({}), and there is no key for it", protection.scheme));
    }
    match track.codec.kind() {
        CodecKind::Avc => Ok(Codec::H264),
        CodecKind::Hevc => Ok(Codec::Hevc),
        CodecKind::Av1 => Ok(Codec::Av1),
        CodecKind::Vp8 => Ok(Codec::Vp8),
        CodecKind::Vp9 => Ok(Codec::Vp9),
        CodecKind::Aac => Ok(Codec::Aac),
        CodecKind::Mp3 => Ok(Codec::Mp3),
        CodecKind::Opus => Ok(Codec::Opus),
        CodecKind::Vorbis => Ok(Codec::Vorbis),
        CodecKind::Ac3 => Ok(Codec::Ac3),
        CodecKind::Eac3 => Ok(Codec::Eac3),
        CodecKind::Flac => Ok(Codec::Flac),
        CodecKind::Other => Err(format!("there is no decoder for codec `{}`", track.codec)),
    }
}
