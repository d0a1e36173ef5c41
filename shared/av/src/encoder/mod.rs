//! Video encoders: pictures to packets. [`VideoSettings`] and [`Tuning`] are the settings for all coding libraries; the
//! translation into the options of each library is one file a library.

mod svtav1;
mod x264;
mod x265;

use crate::{
    AvError, AvStage, CodecId, ColourDescription, PixelFormat, Rational, StaticHdr, VideoFrame, frame, library,
};
use bytes::Bytes;
use ffmpeg_next::{self as ff, ffi};
use shared::units::{Bitrate, ByteSize};
use std::collections::VecDeque;
use std::path::PathBuf;

/// Settings that every video encoder needs.
#[derive(Debug, Clone, PartialEq)]
pub struct VideoSettings {
    /// Samples in a row; even.
    pub width: u32,
    /// Rows; even.
    pub height: u32,
    /// Constant frame rate. Frame n is shown at n / rate, and packets count in frames.
    pub frame_rate: Rational,
    /// What the samples mean; written into the bitstream.
    pub colour: ColourDescription,
    /// The layout of the frames that will come.
    pub format: PixelFormat,
    /// Average rate aimed at.
    pub bit_rate: Bitrate,
    /// The rate at which the model buffer of the decoder fills.
    pub max_rate: Bitrate,
    /// The size of that buffer.
    pub buffer: ByteSize,
    /// Frames from one IDR picture to the next, exactly; groups of pictures are closed.
    pub gop: u32,
    /// Encoding threads, 0 for as many as the encoder thinks best.
    pub threads: usize,
}

/// Settings that are optional or that each library understands in its own way.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Tuning {
    /// A preset by libx264's names, from `ultrafast` to `placebo`; other libraries have their nearest.
    pub preset: String,
    /// A profile by the library's name.
    pub profile: Option<String>,
    /// What the picture is like, by the library's name: `film`, `animation`, `grain`…
    pub tune: Option<String>,
    /// The library's own parameters. They precede ours, and of two with the same name the later one holds, so that the
    /// user cannot overrule where segments begin.
    pub params: Vec<(String, String)>,
    /// Which of two passes; `None` when there is only one.
    pub pass: Option<EncoderPass>,
    /// What the film was mastered on, to be written into the bitstream.
    pub hdr: StaticHdr,
}

/// One of two passes over the same frames, with the file in which the first pass leaves its statistics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EncoderPass {
    /// Gathers statistics; its packets are not used.
    First(PathBuf),
    /// Encodes with the statistics of the first pass.
    Second(PathBuf),
}

/// One coded picture or stretch of sound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncodedPacket {
    /// Coded bytes as the encoder gives them (H.264: Annex B), in the encoder's own buffer.
    pub data: Bytes,
    /// When it is shown: frames for pictures, samples for sound.
    pub pts: i64,
    /// When it is decoded, in the same unit; may be negative.
    pub dts: i64,
    /// How long it is shown, in the same unit.
    pub duration: i64,
    /// Decoding can begin here.
    pub key: bool,
}

/// `name=value:…`, the form in which libavcodec takes the own parameters of libx264, libx265 and libsvtav1; values are
/// escaped for `av_dict_parse_string`.
fn joined(params: &[(String, String)], ours: &[(&str, String)]) -> String {
    let theirs = params.iter().map(|(name, value)| (name.as_str(), value));
    let all = theirs.chain(ours.iter().map(|(name, value)| (*name, value)));
    all.map(|(name, value)| format!("{name}={}", escaped(value))).collect::<Vec<_>>().join(":")
}

fn escaped(value: &str) -> String {
    value.chars().flat_map(|c| matches!(c, '\\' | ':' | '\'').then_some('\\').into_iter().chain([c])).collect()
}

/// An open video encoder. All distributions build FFmpeg with the three libraries that are named here.
pub struct VideoEncoder {
    encoder: ff::encoder::Video,
    what: String,
    format: PixelFormat,
    gop: u32,
    sent: i64,
    /// Packets that were taken out because the encoder was full.
    ready: VecDeque<EncodedPacket>,
}

impl VideoEncoder {
    /// Opens libx264. Key frames come every `gop` frames and nowhere else: scene cuts do not make any, so every
    /// rendition has them at the same places.
    ///
    /// # Errors
    /// [`AvStage::Encode`] when this FFmpeg has no libx264 or it rejects the settings.
    pub fn x264(settings: &VideoSettings, tuning: &Tuning) -> Result<Self, AvError> {
        Self::open("libx264", settings, tuning, &x264::options(settings, tuning))
    }

    /// Opens libx265, with key frames as [`VideoEncoder::x264`].
    ///
    /// # Errors
    /// [`AvStage::Encode`] when this FFmpeg has no libx265 or it rejects the settings.
    pub fn x265(settings: &VideoSettings, tuning: &Tuning) -> Result<Self, AvError> {
        Self::open("libx265", settings, tuning, &x265::options(settings, tuning))
    }

    /// Opens libsvtav1, with key frames as [`VideoEncoder::x264`]. It has no second pass here and no cap on its rate:
    /// its 1.x versions allow one only with a constant quality.
    ///
    /// # Errors
    /// [`AvStage::Encode`] when this FFmpeg has no libsvtav1 or it rejects the settings.
    pub fn svtav1(settings: &VideoSettings, tuning: &Tuning) -> Result<Self, AvError> {
        let uncapped = VideoSettings { max_rate: Bitrate::default(), ..settings.clone() };
        Self::open("libsvtav1", &uncapped, tuning, &svtav1::options(settings, tuning))
    }

    fn open(
        name: &str,
        settings: &VideoSettings,
        tuning: &Tuning,
        options: &[(&'static str, String)],
    ) -> Result<Self, AvError> {
        library::ready();
        let what = format!("{}x{} with {name}", settings.width, settings.height);
        let failed = |e| AvError::library(AvStage::Encode, &what, e);
        let codec = ff::encoder::find_by_name(name).ok_or_else(|| failed(ff::Error::EncoderNotFound))?;
        let context = ff::codec::Context::new_with_codec(codec);
        let mut video = context.encoder().video().map_err(failed)?;
        configure(&mut video, settings, tuning);
        let options = options.iter().map(|(name, value)| (*name, value.as_str()));
        let encoder = video.open_as_with(codec, ff::Dictionary::from_iter(options)).map_err(failed)?;
        let gop = settings.gop.max(1);
        Ok(Self { encoder, what, format: settings.format, gop, sent: 0, ready: VecDeque::new() })
    }

    /// Encodes the next frame. Frames are counted at the constant rate; the time of the frame itself is ignored.
    ///
    /// # Errors
    /// [`AvStage::Encode`], e.g. when the frame is not of the promised size and layout.
    pub fn send(&mut self, frame: &VideoFrame) -> Result<(), AvError> {
        let mut own = frame::reference(frame.raw()).map_err(|e| self.failed(e))?;
        if (own.width(), own.height()) != (self.encoder.width(), self.encoder.height())
            || frame::raw_format(frame.raw()) != self.format.number()
        {
            return Err(AvError::new(AvStage::Encode, &self.what, format!("{frame:?} is of another shape")));
        }
        let key = self.sent % i64::from(self.gop) == 0;
        frame::drop_captions(&mut own);
        own.set_pts(Some(self.sent));
        own.set_kind(if key { ff::picture::Type::I } else { ff::picture::Type::None });
        send(&mut self.encoder.0, Some(&own), 1, &mut self.ready).map_err(|e| self.failed(e))?;
        self.sent += 1;
        Ok(())
    }

    /// Ends the input; [`VideoEncoder::receive`] then returns the packets that the encoder has held back.
    ///
    /// # Errors
    /// [`AvStage::Encode`].
    pub fn finish(&mut self) -> Result<(), AvError> {
        send(&mut self.encoder.0, None, 1, &mut self.ready).map_err(|e| self.failed(e))
    }

    /// The next packet in decoding order, or `None` until more is sent.
    ///
    /// # Errors
    /// [`AvStage::Encode`].
    pub fn receive(&mut self) -> Result<Option<EncodedPacket>, AvError> {
        match self.ready.pop_front() {
            Some(packet) => Ok(Some(packet)),
            None => receive(&mut self.encoder.0, 1).map_err(|e| self.failed(e)),
        }
    }

    /// The format of what comes out.
    pub fn codec(&self) -> Option<CodecId> {
        [CodecId::H264, CodecId::Hevc, CodecId::Av1].into_iter().find(|codec| codec.id() == self.encoder.id())
    }

    pub(crate) fn context(&self) -> &ff::codec::Context {
        &self.encoder
    }

    fn failed(&self, error: ff::Error) -> AvError {
        AvError::library(AvStage::Encode, format!("frame {} to {}", self.sent, self.what), error)
    }
}

fn configure(video: &mut ff::codec::encoder::video::Video, settings: &VideoSettings, tuning: &Tuning) {
    use ff::codec::Flags;
    let bits = |rate: Bitrate| usize::try_from(rate.bps()).unwrap_or(usize::MAX).min(i32::MAX as usize);
    video.set_width(settings.width);
    video.set_height(settings.height);
    video.set_format(settings.format.to_ff());
    video.set_aspect_ratio(ff::Rational::new(1, 1));
    video.set_time_base(settings.frame_rate.to_ff().invert());
    video.set_frame_rate(Some(settings.frame_rate.to_ff()));
    video.set_gop(settings.gop);
    video.set_bit_rate(bits(settings.bit_rate));
    video.set_max_bit_rate(bits(settings.max_rate));
    let pass = match tuning.pass {
        None => Flags::empty(),
        Some(EncoderPass::First(_)) => Flags::PASS1,
        Some(EncoderPass::Second(_)) => Flags::PASS2,
    };
    video.set_flags(Flags::GLOBAL_HEADER | Flags::CLOSED_GOP | pass);
    describe_colour(video, settings.colour);
}

fn describe_colour(video: &mut ff::codec::encoder::video::Video, colour: ColourDescription) {
    use ff::color::Range;
    video.set_color_range(if colour.full_range { Range::JPEG } else { Range::MPEG });
    // SAFETY: the wrapper owns a valid AVCodecContext that is not open yet. These C enums have `int` size and FFmpeg
    // numbers them as CICP does.
    #[expect(unsafe_code, reason = "C enums are written as the integers they are")]
    unsafe {
        let c = video.as_mut_ptr();
        (&raw mut (*c).color_primaries).cast::<i32>().write(i32::from(colour.primaries));
        (&raw mut (*c).color_trc).cast::<i32>().write(i32::from(colour.transfer));
        (&raw mut (*c).colorspace).cast::<i32>().write(i32::from(colour.matrix));
        (*c).chroma_sample_location = ffi::AVChromaLocation::AVCHROMA_LOC_LEFT;
    }
}

/// `avcodec_send_frame`; `None` ends the input. An encoder that is full refuses the frame: then its packets are moved to
/// `ready`, and the frame is sent again.
pub(crate) fn send(
    encoder: &mut ff::encoder::Encoder,
    frame: Option<&ff::Frame>,
    duration: i64,
    ready: &mut VecDeque<EncodedPacket>,
) -> Result<(), ff::Error> {
    loop {
        let sent = match frame {
            Some(frame) => encoder.send_frame(frame),
            None => encoder.send_eof(),
        };
        match sent {
            Err(ff::Error::Other { errno: ff::error::EAGAIN }) => match receive(encoder, duration)? {
                Some(packet) => ready.push_back(packet),
                None => return Err(ff::Error::Bug),
            },
            other => return other,
        }
    }
}

/// A packet of libavcodec as the owner of its bytes, so that handing them on does not copy them.
struct CodedBytes(ff::Packet);

impl AsRef<[u8]> for CodedBytes {
    fn as_ref(&self) -> &[u8] {
        self.0.data().unwrap_or_default()
    }
}

/// `avcodec_receive_packet`, for pictures and sound; `duration` is used where the encoder gives none.
pub(crate) fn receive(encoder: &mut ff::encoder::Encoder, duration: i64) -> Result<Option<EncodedPacket>, ff::Error> {
    let mut packet = ff::Packet::empty();
    match encoder.receive_packet(&mut packet) {
        Ok(()) => {
            let pts = packet.pts().ok_or(ff::Error::InvalidData)?;
            Ok(Some(EncodedPacket {
                pts,
                dts: packet.dts().unwrap_or(pts),
                duration: if packet.duration() > 0 { packet.duration() } else { duration },
                key: packet.is_key(),
                data: Bytes::from_owner(CodedBytes(packet)),
            }))
        }
        Err(ff::Error::Eof | ff::Error::Other { errno: ff::error::EAGAIN }) => Ok(None),
        Err(e) => Err(e),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::VideoFrameMut;

    pub(crate) fn small() -> VideoSettings {
        VideoSettings {
            width: 64,
            height: 64,
            frame_rate: Rational::new(25, 1).unwrap(),
            colour: ColourDescription::BT709,
            format: PixelFormat::Yuv420p,
            bit_rate: Bitrate::from_kbps(100),
            max_rate: Bitrate::from_kbps(150),
            buffer: ByteSize::from_bytes(25_000),
            gop: 10,
            threads: 1,
        }
    }

    pub(crate) fn fast() -> Tuning {
        Tuning { preset: "ultrafast".into(), ..Tuning::default() }
    }

    /// A hard cut in every seventh frame would tempt any encoder to place key frames of its own.
    fn cutting(n: u8) -> VideoFrame {
        let mut canvas = VideoFrameMut::new(PixelFormat::Yuv420p, 64, 64).unwrap();
        for index in 0..3 {
            canvas.plane_mut(index).unwrap().data.fill((n / 7).wrapping_mul(60).wrapping_add(n));
        }
        canvas.finish(None, ColourDescription::BT709, Rational::ONE)
    }

    type Open = fn(&VideoSettings, &Tuning) -> Result<VideoEncoder, AvError>;
    const LIBRARIES: [(&str, Open); 3] =
        [("x264", VideoEncoder::x264), ("x265", VideoEncoder::x265), ("svtav1", VideoEncoder::svtav1)];

    fn coded(open: Open, tuning: &Tuning) -> Vec<EncodedPacket> {
        let mut encoder = open(&VideoSettings { gop: 10, ..small() }, tuning).unwrap();
        let mut packets = Vec::new();
        for n in 0..35 {
            encoder.send(&cutting(n)).unwrap();
            packets.extend(std::iter::from_fn(|| encoder.receive().unwrap()));
        }
        encoder.finish().unwrap();
        packets.extend(std::iter::from_fn(|| encoder.receive().unwrap()));
        packets
    }

    #[test]
    fn key_frames_come_on_the_grid_and_nowhere_else() {
        for (name, open) in LIBRARIES {
            let packets = coded(open, &Tuning { preset: "veryfast".into(), ..Tuning::default() });
            let keys: Vec<i64> = packets.iter().filter(|p| p.key).map(|p| p.pts).collect();
            assert_eq!(keys, [0, 10, 20, 30], "{name}");
            let mut shown: Vec<i64> = packets.iter().map(|p| p.pts).collect();
            shown.sort_unstable();
            assert_eq!(shown, (0..35).collect::<Vec<_>>(), "{name}");
            // A closed group: nothing after a key frame in decoding order is shown before it.
            for key in packets.iter().enumerate().filter(|(_, p)| p.key) {
                assert!(packets[key.0..].iter().all(|p| p.pts >= key.1.pts), "{name}");
            }
        }
    }

    #[test]
    fn a_second_pass_reads_what_the_first_has_seen() {
        for (name, open) in LIBRARIES.iter().take(2) {
            let stats = std::env::temp_dir().join(format!("two: 'passes' {name} {}", std::process::id()));
            let pass = |pass| Tuning { pass: Some(pass), ..fast() };
            assert!(open(&small(), &pass(EncoderPass::Second(stats.clone()))).is_err(), "{name} needs a first pass");
            coded(*open, &pass(EncoderPass::First(stats.clone())));
            assert!(stats.exists(), "{name}");
            assert_eq!(coded(*open, &pass(EncoderPass::Second(stats.clone()))).len(), 35, "{name}");
            for suffix in ["", ".mbtree", ".cutree"] {
                let _ = std::fs::remove_file(format!("{}{suffix}", stats.display()));
            }
        }
    }

    #[test]
    fn parameters_of_the_user_come_first_and_are_escaped() {
        let user = [("stats".to_owned(), "C:\\it's".to_owned())];
        assert_eq!(joined(&user, &[("keyint", "4".into())]), "stats=C\\:\\\\it\\'s:keyint=4");
    }

    #[test]
    fn a_frame_of_another_shape_is_refused() {
        let mut encoder = VideoEncoder::x264(&small(), &fast()).unwrap();
        let frame = VideoFrameMut::new(PixelFormat::Gray8, 64, 48).unwrap().finish(
            None,
            ColourDescription::BT709,
            Rational::ONE,
        );
        assert!(encoder.send(&frame).is_err());
    }
}
