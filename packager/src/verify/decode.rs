//! Decodes each segment by itself. Only decoding finds damage inside of media data, and segments that depend on the one
//! before.

use super::bitstream::Picture;
use shared::bmff::entry::MediaKind;
use shared::bmff::{Sample, Track};
use shared::codec::CodecKind;
use shared_av::{AudioDecoder, AvError, CodecId, DecoderConfig, VideoDecoder};

/// What a decoder says of a segment.
#[derive(Default)]
struct DecodeResult {
    /// Pictures, or stretches of sound.
    decoded: u64,
    damaged: u64,
    first: Option<AvError>,
    /// Of the first picture.
    size: Option<(u32, u32)>,
}

/// What is wrong with the samples of a segment, in words. Nothing is said of what is encrypted, of what begins with an
/// open group, and of formats that we do not decode.
pub(super) fn damage(track: &Track, bytes: &[u8], samples: &[Sample], first: Picture) -> Option<String> {
    let codec = codec(track.codec.kind())?;
    if track.protection.is_some() || matches!(first, Picture::Open | Picture::Intra | Picture::Dependent) {
        return None;
    }
    let result = match &track.kind {
        MediaKind::Video(video) => {
            let decoder = VideoDecoder::new(&DecoderConfig::video(codec, track.config.clone(), 0, 0, 0));
            let size = (u32::from(video.width), u32::from(video.height));
            decoder.map(|decoder| pictures(decoder, bytes, samples)).map(|result| (result, Some(size)))
        }
        MediaKind::Audio(audio) => {
            let config = DecoderConfig::audio(codec, track.config.clone(), audio.rate, audio.channels);
            AudioDecoder::new(&config).map(|decoder| (sound(decoder, bytes, samples), None))
        }
        MediaKind::Other(_) => return None,
    };
    match result {
        Ok((result, size)) => result.problem(samples.len(), size),
        Err(error) => Some(error.to_string()),
    }
}

/// The bit reservoir of MP3 reaches into the segment before; VP8 and Vorbis are at home in WebM, which is not read
/// here.
fn codec(kind: CodecKind) -> Option<CodecId> {
    CodecId::of(kind).filter(|codec| !matches!(codec, CodecId::Mp3 | CodecId::Vp8 | CodecId::Vorbis))
}

fn pictures(mut decoder: VideoDecoder, bytes: &[u8], samples: &[Sample]) -> DecodeResult {
    let mut result = DecodeResult::default();
    for sample in samples.iter().map(Some).chain([None]) {
        match sample {
            Some(sample) => {
                let (pts, dts) = (sample.pts.presentation(), sample.dts.presentation());
                result.failed(decoder.send(&bytes[sample.range.clone()], Some(pts), Some(dts)).err());
            }
            None => decoder.finish(),
        }
        loop {
            match decoder.receive() {
                Ok(Some(frame)) => {
                    result.decoded += 1;
                    result.damaged += u64::from(frame.is_damaged());
                    result.size.get_or_insert((frame.width(), frame.height()));
                }
                Ok(None) => break,
                Err(error) => result.failed(Some(error)),
            }
        }
    }
    result
}

fn sound(mut decoder: AudioDecoder, bytes: &[u8], samples: &[Sample]) -> DecodeResult {
    let mut result = DecodeResult::default();
    for sample in samples.iter().map(Some).chain([None]) {
        match sample {
            Some(sample) => {
                let pts = sample.pts.presentation();
                result.failed(decoder.send(&bytes[sample.range.clone()], Some(pts)).err());
            }
            None => decoder.finish(),
        }
        loop {
            match decoder.receive() {
                Ok(Some(_)) => result.decoded += 1,
                Ok(None) => break,
                Err(error) => result.failed(Some(error)),
            }
        }
    }
    result
}

impl DecodeResult {
    fn failed(&mut self, error: Option<AvError>) {
        if let Some(error) = error {
            self.damaged += 1;
            self.first.get_or_insert(error);
        }
    }

    fn problem(self, samples: usize, size: Option<(u32, u32)>) -> Option<String> {
        if self.damaged > 0 {
            let first = self.first.map(|error| format!(" (first: {error})")).unwrap_or_default();
            return Some(format!("{} of its {samples} samples are damaged{first}", self.damaged));
        }
        if self.decoded == 0 {
            return Some(format!("none of its {samples} samples can be decoded"));
        }
        let (expected, real) = size.zip(self.size).filter(|(expected, real)| expected != real)?;
        Some(format!("decodes to {}x{}, the track says {}x{}", real.0, real.1, expected.0, expected.1))
    }
}
