//! The decoders of `shared-av` behind one small trait, opened from what an init segment says.

use shared::bmff::Track;
use shared::bmff::entry::MediaKind;
use shared::codec::CodecKind;
use shared::time::PresentationTime;
use shared_av::{
    AudioDecoder, AudioFrame, AvError, CodecId, ColourDescription, DecoderConfig, PixelFormat, Scaler, VideoDecoder,
    VideoFrame,
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
    /// Whether a frame is not what was coded: the decoder has made up what it lacked.
    fn is_damaged(_: &Self::Frame) -> bool {
        false
    }
    /// When a frame is presented.
    fn pts(frame: &Self::Frame) -> Option<PresentationTime>;
}

/// Pictures in a form that every screen shows. Most films are that already and pass through untouched.
pub struct PictureDecoder {
    decoder: VideoDecoder,
    converter: Converter,
}

/// Other layouts and depths become 8-bit 4:2:0 right here, on the decoder's thread.
#[derive(Default)]
struct Converter(Option<((u32, u32), ColourDescription, Scaler)>);

impl Converter {
    fn showable(&mut self, frame: VideoFrame) -> Result<VideoFrame, AvError> {
        use PixelFormat as P;
        if matches!(frame.format(), P::Yuv420p | P::Yuv422p | P::Yuv444p | P::Nv12 | P::Gray8) {
            return Ok(frame);
        }
        let ((width, height), colour) = ((frame.width(), frame.height()), frame.colour().or_guess(frame.height()));
        self.0 = self.0.take().filter(|(size, of, _)| (*size, *of) == ((width, height), colour));
        let open = || ((width, height), colour, Scaler::new(width, height, P::Yuv420p, colour).keeping_aspect());
        self.0.get_or_insert_with(open).2.scale(&frame)
    }
}

impl Decode for PictureDecoder {
    type Frame = VideoFrame;
    const RESTARTS: bool = true;

    fn open(track: &Track) -> Result<Self, String> {
        let MediaKind::Video(video) = track.kind else { return Err("this is not a video track".into()) };
        let (width, height) = (u32::from(video.width), u32::from(video.height));
        let most_pixels = most_pixels(width, height);
        refuse_huge(track, most_pixels)?;
        let config = DecoderConfig::video(codec(track)?, track.config.clone(), width, height, 0);
        let config = DecoderConfig { most_pixels, ..config };
        let decoder = VideoDecoder::new(&config).map_err(|e| e.to_string())?;
        Ok(Self { decoder, converter: Converter::default() })
    }

    fn send(&mut self, data: &[u8], pts: PresentationTime, dts: PresentationTime) -> Result<(), AvError> {
        self.decoder.send(data, Some(pts), Some(dts))
    }

    fn receive(&mut self) -> Result<Option<VideoFrame>, AvError> {
        self.decoder.receive()?.map(|frame| self.converter.showable(frame)).transpose()
    }

    fn finish(&mut self) {
        self.decoder.finish();
    }

    fn is_damaged(frame: &VideoFrame) -> bool {
        frame.is_damaged()
    }

    fn pts(frame: &VideoFrame) -> Option<PresentationTime> {
        frame.pts()
    }
}

impl Decode for AudioDecoder {
    type Frame = AudioFrame;
    const RESTARTS: bool = false;

    fn open(track: &Track) -> Result<Self, String> {
        let MediaKind::Audio(audio) = track.kind else { return Err("this is not a sound track".into()) };
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

/// The largest picture of any level of H.264, H.265, VP9 and AV1 up to 6.2 or 6.3: 8192x4352.
const LARGEST: u32 = 35_651_584;
/// A stream may grow beyond what its sample entry says: to 4K in any case,
const ALWAYS: u32 = 4096 * 2304;
/// or to so many times as many samples.
const GROWTH: u32 = 16;

/// The most samples of a picture in a track that is announced in this size: memory follows what the decoder is told.
fn most_pixels(width: u32, height: u32) -> u32 {
    width.saturating_mul(height).saturating_mul(GROWTH).clamp(ALWAYS, LARGEST)
}

/// Names the size of a picture that is not decoded, where the configuration says it.
fn refuse_huge(track: &Track, most_pixels: u32) -> Result<(), String> {
    let coded = match track.codec.kind() {
        CodecKind::Avc => shared::codec::avc::coded_size(&track.config),
        _ => None,
    };
    let Some((width, height)) = coded else { return Ok(()) };
    let huge = u64::from(width) * u64::from(height) > u64::from(most_pixels);
    if huge { Err(format!("its pictures of {width}x{height} are too large to be decoded")) } else { Ok(()) }
}

fn codec(track: &Track) -> Result<CodecId, String> {
    CodecId::of(track.codec.kind()).ok_or_else(|| format!("there is no decoder for codec `{}`", track.codec))
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared_av::{Rational, VideoFrameMut};

    fn grey(format: PixelFormat, sample: u16) -> VideoFrame {
        let mut canvas = VideoFrameMut::new(format, 64, 36).unwrap();
        for index in 0..3 {
            let plane = canvas.plane_mut(index).unwrap();
            for word in plane.data.chunks_exact_mut(2) {
                word.copy_from_slice(&sample.to_le_bytes());
            }
        }
        let aspect = Rational::new(4, 3).unwrap();
        canvas.finish(Some(PresentationTime::from_millis(40)), ColourDescription::BT709, aspect)
    }

    #[test]
    fn ten_bits_become_eight_and_the_rest_stays() {
        let mut converter = Converter::default();
        for _ in 0..2 {
            let deep = grey(PixelFormat::Yuv420p10, 512);
            let shown = converter.showable(deep.clone()).unwrap();
            assert_eq!((shown.format(), shown.width(), shown.height()), (PixelFormat::Yuv420p, 64, 36));
            assert_eq!((shown.pts(), shown.sample_aspect()), (deep.pts(), deep.sample_aspect()));
            let luma = shown.plane(0).unwrap();
            assert!(luma.data[..64].iter().all(|sample| sample.abs_diff(128) <= 1), "{:?}", &luma.data[..64]);
        }
        let flat = grey(PixelFormat::Yuv420p, 0x8080);
        let same = converter.showable(flat.clone()).unwrap();
        assert_eq!(same.plane(0).unwrap().data.as_ptr(), flat.plane(0).unwrap().data.as_ptr());
    }

    #[test]
    fn a_picture_beyond_any_level_is_named_and_not_decoded() {
        assert_eq!(
            [most_pixels(64, 36), most_pixels(3840, 2160), most_pixels(u32::MAX, 9)],
            [ALWAYS, LARGEST, LARGEST]
        );
        let mut track = shared::media::track(&crate::testing::init()).unwrap();
        // Baseline 6.2, 16000x16000.
        let sps = [0x67, 0x42, 0xc0, 0x3e, 0xda, 0x00, 0x3e, 0x80, 0x07, 0xd1, 0x90];
        track.config = [&[1, 66, 0xc0, 0x3e, 0xff, 0xe1, 0, sps.len() as u8], &sps[..]].concat();
        let error = PictureDecoder::open(&track).err().unwrap();
        assert!(error.contains("16000x16000"), "{error}");
    }

    #[test]
    fn what_cannot_be_decoded_is_named() {
        let mut track = shared::media::track(&crate::testing::init()).unwrap();
        assert!(PictureDecoder::open(&track).is_ok());
        let error = <AudioDecoder as Decode>::open(&track).err().unwrap();
        assert_eq!(error, "this is not a sound track");
        track.codec = shared::codec::parse("stpp");
        let error = PictureDecoder::open(&track).err().unwrap();
        assert!(error.contains("no decoder for codec `stpp`"), "{error}");
    }
}
