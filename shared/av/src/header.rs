//! The `ftyp` and `moov` that describe an encoder's output.
//!
//! libavformat knows the sample entry of every codec it can write (`avcC`, `hvcC`, `esds`, `colr`, `pasp`…), so it
//! writes these two boxes and nothing else; fragments are not made here.

use crate::{AudioEncoder, AvError, AvStage, VideoEncoder};
use ffmpeg_next::{self as ff, ffi};
use shared::time::Timescale;
use std::{
    io::{self, Write},
    sync::{Arc, Mutex, PoisonError},
};

/// A reference to an open encoder, whose codec configuration goes into the header.
#[derive(Clone, Copy)]
pub enum EncoderRef<'a> {
    /// Pictures.
    Video(&'a VideoEncoder),
    /// Sound.
    Audio(&'a AudioEncoder),
}

impl<'a> From<&'a VideoEncoder> for EncoderRef<'a> {
    fn from(encoder: &'a VideoEncoder) -> Self {
        Self::Video(encoder)
    }
}

impl<'a> From<&'a AudioEncoder> for EncoderRef<'a> {
    fn from(encoder: &'a AudioEncoder) -> Self {
        Self::Audio(encoder)
    }
}

impl EncoderRef<'_> {
    pub(crate) fn context(&self) -> &ff::codec::Context {
        match self {
            Self::Video(encoder) => encoder.context(),
            Self::Audio(encoder) => encoder.context(),
        }
    }

    pub(crate) fn frame_rate(&self) -> Option<ff::Rational> {
        match self {
            Self::Video(encoder) => Some(encoder.context().frame_rate()),
            Self::Audio(_) => None,
        }
    }
}

/// `ftyp` and `moov` (one track, no samples, `mvex`) with this media timescale.
///
/// # Errors
/// [`AvStage::Mux`] when MP4 cannot hold this codec.
pub fn mp4_header<'a>(encoder: impl Into<EncoderRef<'a>>, timescale: Timescale) -> Result<Vec<u8>, AvError> {
    write(encoder.into(), timescale).map_err(|e| AvError::library(AvStage::Mux, "the header of a track", e))
}

fn write(encoder: EncoderRef<'_>, timescale: Timescale) -> Result<Vec<u8>, ff::Error> {
    let sink = SharedBuffer::default();
    let io = ff::format::context::StreamIo::from_write(sink.clone())?;
    let mut output = ff::format::output_to_stream(io, None, Some("mp4"))?;
    let base = ff::Rational::new(1, i32::try_from(timescale.get()).map_err(|_| ff::Error::InvalidData)?);
    let mut stream = output.add_stream_with(encoder.context())?;
    stream.set_time_base(base);
    if let Some(rate) = encoder.frame_rate() {
        stream.set_avg_frame_rate(rate);
    }
    if encoder.context().id() == ff::codec::Id::HEVC {
        // Left alone, libavformat writes `hev1`, which Apple's players refuse.
        // SAFETY: the stream belongs to `output`, whose AVCodecParameters are ours to change before the header.
        #[expect(unsafe_code, reason = "the tag has no setter")]
        unsafe {
            (*(*stream.as_mut_ptr()).codecpar).codec_tag = u32::from_le_bytes(*b"hvc1");
        }
    }
    finish(output, &sink, timescale)
}

/// Writes the header and takes it.
fn finish(
    mut output: ff::format::context::Output,
    sink: &SharedBuffer,
    timescale: Timescale,
) -> Result<Vec<u8>, ff::Error> {
    let scale = timescale.get().to_string();
    // Older versions call some formats in MP4 experimental.
    let options = [
        ("movflags", "+cmaf+frag_custom+skip_trailer"),
        ("video_track_timescale", scale.as_str()),
        ("strict", "experimental"),
    ];
    output.write_header_with(ff::Dictionary::from_iter(options))?;
    // SAFETY: `pb` is the AVIOContext of our own sink, alive until `output` is dropped.
    #[expect(unsafe_code, reason = "ffmpeg-next cannot flush the writer of a container")]
    unsafe {
        ffi::avio_flush((*output.as_mut_ptr()).pb);
    }
    Ok(sink.take())
}

/// The same for a stream of a source.
pub(crate) fn of_stream(
    stream: &ff::Stream<'_>,
    timescale: Timescale,
    configuration: Option<&[u8]>,
    entry: Option<[u8; 4]>,
) -> Result<Vec<u8>, ff::Error> {
    let sink = SharedBuffer::default();
    let io = ff::format::context::StreamIo::from_write(sink.clone())?;
    let mut output = ff::format::output_to_stream(io, None, Some("mp4"))?;
    let base = ff::Rational::new(1, i32::try_from(timescale.get()).map_err(|_| ff::Error::InvalidData)?);
    let mut own = output.add_stream(ff::codec::Id::None)?;
    own.set_parameters(stream.parameters());
    own.set_time_base(base);
    own.set_avg_frame_rate(stream.avg_frame_rate());
    // SAFETY: the stream belongs to `output`; its AVCodecParameters are a copy of our own, to be changed before the header.
    #[expect(unsafe_code, reason = "tag and configuration have no setters")]
    unsafe {
        let parameters = (*own.as_mut_ptr()).codecpar;
        (*parameters).codec_tag = entry.map_or(0, u32::from_le_bytes);
        if let Some(configuration) = configuration {
            configure(parameters, configuration)?;
        }
    }
    finish(output, &sink, timescale)
}

/// Replaces the configuration of a decoder.
///
/// # Safety
/// `parameters` are valid, and nobody else holds them.
#[expect(unsafe_code, reason = "the configuration has no setter")]
unsafe fn configure(parameters: *mut ffi::AVCodecParameters, configuration: &[u8]) -> Result<(), ff::Error> {
    let size = i32::try_from(configuration.len()).map_err(|_| ff::Error::InvalidData)?;
    let padded = configuration.len() + ffi::AV_INPUT_BUFFER_PADDING_SIZE as usize;
    // SAFETY: the old bytes are libavutil's and freed by it; the new ones are allocated by it with its padding, zeroed, and
    // filled within their length. All versions own `extradata` in this way.
    unsafe {
        let bytes = ffi::av_mallocz(padded).cast::<u8>();
        if bytes.is_null() {
            return Err(ff::Error::Bug);
        }
        std::ptr::copy_nonoverlapping(configuration.as_ptr(), bytes, configuration.len());
        ffi::av_freep(std::ptr::addr_of_mut!((*parameters).extradata).cast());
        (*parameters).extradata = bytes;
        (*parameters).extradata_size = size;
    }
    Ok(())
}

/// The buffer that libavformat writes into, shared with the caller, because libavformat owns its writer. The lock is
/// held for one copy at a time and never across calls into FFmpeg.
#[derive(Clone, Default)]
struct SharedBuffer(Arc<Mutex<Vec<u8>>>);

impl SharedBuffer {
    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for SharedBuffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoder::tests::{fast, small};
    use crate::{AudioSettings, ChannelLayout};
    use shared::units::Bitrate;

    fn boxes(bytes: &[u8]) -> Vec<String> {
        let mut names = Vec::new();
        let mut rest = bytes;
        while rest.len() >= 8 {
            let size = u32::from_be_bytes(rest[..4].try_into().unwrap()) as usize;
            names.push(String::from_utf8_lossy(&rest[4..8]).into_owned());
            rest = &rest[size..];
        }
        names
    }

    fn contains(bytes: &[u8], name: &[u8]) -> bool {
        bytes.windows(name.len()).any(|w| w == name)
    }

    #[test]
    fn headers_hold_the_description_and_no_samples() {
        let video = VideoEncoder::x264(&small(), &fast()).unwrap();
        let header = mp4_header(&video, Timescale::new(12_800).unwrap()).unwrap();
        assert_eq!(boxes(&header), ["ftyp", "moov"]);
        assert!([b"avcC", b"colr", b"mvex"].iter().all(|name| contains(&header, *name)));

        let video = VideoEncoder::x265(&small(), &fast()).unwrap();
        let header = mp4_header(&video, Timescale::new(12_800).unwrap()).unwrap();
        assert!([b"hvc1", b"hvcC", b"colr"].iter().all(|name| contains(&header, *name)));

        let settings =
            AudioSettings { sample_rate: 48_000, layout: ChannelLayout::Stereo, bit_rate: Bitrate::from_kbps(96) };
        let audio = AudioEncoder::aac(settings).unwrap();
        let header = mp4_header(&audio, Timescale::new(48_000).unwrap()).unwrap();
        assert_eq!(boxes(&header), ["ftyp", "moov"]);
        assert!(contains(&header, b"esds"));
    }
}
