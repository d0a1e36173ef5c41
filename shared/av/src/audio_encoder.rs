//! Audio encoders: interleaved `f32` samples to packets.

use crate::encoder::{self, EncodedPacket};
use crate::{AvError, AvStage, ChannelLayout, library};
use ffmpeg_next as ff;
use shared::units::Bitrate;
use std::collections::VecDeque;

/// Settings of an audio encoder.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AudioSettings {
    /// Samples a second; packets count in these.
    pub sample_rate: u32,
    /// The speakers.
    pub layout: ChannelLayout,
    /// Rate aimed at, all channels together.
    pub bit_rate: Bitrate,
}

/// Sound to packets of a fixed number of samples. The first packet's time is negative by the encoder's priming.
pub struct AudioEncoder {
    encoder: ff::encoder::Audio,
    what: String,
    settings: AudioSettings,
    /// Interleaved samples that do not fill a frame yet.
    pending: Vec<f32>,
    sent: i64,
    /// Packets that were taken out because the encoder was full.
    ready: VecDeque<EncodedPacket>,
}

impl AudioEncoder {
    /// Opens FFmpeg's own AAC encoder (low complexity).
    ///
    /// # Errors
    /// [`AvStage::Encode`] when it rejects the settings.
    pub fn aac(settings: AudioSettings) -> Result<Self, AvError> {
        Self::open("aac", Planes::Apart, settings)
    }

    /// Opens libopus; it takes 48000 samples a second.
    ///
    /// # Errors
    /// [`AvStage::Encode`] when this FFmpeg has no libopus or it rejects the settings.
    pub fn opus(settings: AudioSettings) -> Result<Self, AvError> {
        Self::open("libopus", Planes::Interleaved, settings)
    }

    fn open(name: &str, planes: Planes, settings: AudioSettings) -> Result<Self, AvError> {
        library::ready();
        let what = format!("{} channels of {} Hz with {name}", settings.layout.channels(), settings.sample_rate);
        let encoder = open(name, planes, &settings).map_err(|e| AvError::library(AvStage::Encode, &what, e))?;
        Ok(Self { encoder, what, settings, pending: Vec::new(), sent: 0, ready: VecDeque::new() })
    }

    /// Samples a channel that each packet holds.
    pub fn frame_size(&self) -> u32 {
        self.encoder.frame_size().max(1)
    }

    /// Samples a channel that the encoder puts before the sound; a player must not play them.
    pub fn priming(&self) -> u32 {
        // SAFETY: the wrapper owns a valid, open AVCodecContext.
        #[expect(unsafe_code, reason = "the field has no getter")]
        let padding = unsafe { (*self.encoder.as_ptr()).initial_padding };
        u32::try_from(padding).unwrap_or(0)
    }

    /// Takes more sound: interleaved samples that follow the ones before.
    ///
    /// # Errors
    /// [`AvStage::Encode`].
    pub fn send(&mut self, samples: &[f32]) -> Result<(), AvError> {
        self.pending.extend_from_slice(samples);
        let whole = self.frame_size() as usize * self.channels();
        let mut used = 0;
        while self.pending.len() - used >= whole {
            self.encode(used..used + whole)?;
            used += whole;
        }
        self.pending.drain(..used);
        Ok(())
    }

    /// Ends the input: encodes the remaining samples (the last packet may be shorter); [`AudioEncoder::receive`] then
    /// returns the packets that the encoder has held back.
    ///
    /// # Errors
    /// [`AvStage::Encode`].
    pub fn finish(&mut self) -> Result<(), AvError> {
        let rest = self.pending.len() - self.pending.len() % self.channels();
        if rest > 0 {
            self.encode(0..rest)?;
            self.pending.clear();
        }
        let duration = i64::from(self.frame_size());
        encoder::send(&mut self.encoder.0.0, None, duration, &mut self.ready).map_err(|e| self.failed(e))
    }

    /// The next packet, or `None` until more is sent.
    ///
    /// # Errors
    /// [`AvStage::Encode`].
    pub fn receive(&mut self) -> Result<Option<EncodedPacket>, AvError> {
        let duration = i64::from(self.frame_size());
        match self.ready.pop_front() {
            Some(packet) => Ok(Some(packet)),
            None => encoder::receive(&mut self.encoder.0.0, duration).map_err(|e| self.failed(e)),
        }
    }

    pub(crate) fn context(&self) -> &ff::codec::Context {
        &self.encoder
    }

    fn channels(&self) -> usize {
        usize::from(self.settings.layout.channels())
    }

    /// Sends one frame of interleaved samples, in one plane a channel where the encoder takes planar samples.
    fn encode(&mut self, range: std::ops::Range<usize>) -> Result<(), AvError> {
        let channels = self.channels();
        let samples = range.len() / channels;
        let mut frame = ff::frame::Audio::new(self.encoder.format(), samples, self.settings.layout.to_ff());
        frame.set_rate(self.settings.sample_rate);
        frame.set_pts(Some(self.sent));
        // `plane_mut` counts an interleaved plane in samples a channel, so its bytes are written.
        let planes = if self.encoder.format().is_planar() { channels } else { 1 };
        if frame.planes() != planes {
            return Err(AvError::new(AvStage::Encode, &self.what, "memory is short"));
        }
        for plane in 0..planes {
            let source = self.pending[range.clone()].iter().skip(plane).step_by(planes);
            for (target, value) in frame.data_mut(plane).chunks_exact_mut(4).zip(source) {
                target.copy_from_slice(&value.to_ne_bytes());
            }
        }
        let duration = i64::from(self.frame_size());
        encoder::send(&mut self.encoder.0.0, Some(&frame), duration, &mut self.ready).map_err(|e| self.failed(e))?;
        self.sent += samples as i64;
        Ok(())
    }

    fn failed(&self, error: ff::Error) -> AvError {
        AvError::library(AvStage::Encode, &self.what, error)
    }
}

/// Layout of the channels that an encoder takes.
#[derive(Clone, Copy)]
enum Planes {
    Apart,
    Interleaved,
}

fn open(name: &str, planes: Planes, settings: &AudioSettings) -> Result<ff::encoder::Audio, ff::Error> {
    let codec = ff::encoder::find_by_name(name).ok_or(ff::Error::EncoderNotFound)?;
    let rate = i32::try_from(settings.sample_rate).map_err(|_| ff::Error::InvalidData)?;
    let mut audio = ff::codec::Context::new_with_codec(codec).encoder().audio()?;
    audio.set_rate(rate);
    audio.set_format(ff::format::Sample::F32(match planes {
        Planes::Apart => ff::format::sample::Type::Planar,
        Planes::Interleaved => ff::format::sample::Type::Packed,
    }));
    audio.set_channel_layout(settings.layout.to_ff());
    audio.set_bit_rate(usize::try_from(settings.bit_rate.bps()).unwrap_or(0));
    audio.set_time_base(ff::Rational::new(1, rate));
    audio.set_flags(ff::codec::Flags::GLOBAL_HEADER);
    audio.open_as(codec)
}

#[cfg(test)]
mod tests {
    use super::*;

    type Open = fn(AudioSettings) -> Result<AudioEncoder, AvError>;

    #[test]
    fn packets_cover_the_sound_and_announce_the_priming() {
        let cases: [(Open, ChannelLayout, u32, u32); 4] = [
            (AudioEncoder::aac, ChannelLayout::Stereo, 1024, 1024),
            (AudioEncoder::opus, ChannelLayout::Mono, 960, 312),
            (AudioEncoder::opus, ChannelLayout::Stereo, 960, 312),
            (AudioEncoder::opus, ChannelLayout::Surround51, 960, 312),
        ];
        for (open, layout, size, priming) in cases {
            let mut encoder =
                open(AudioSettings { sample_rate: 48_000, layout, bit_rate: Bitrate::from_kbps(96) }).unwrap();
            let channels = usize::from(layout.channels());
            let second: Vec<f32> = (0..48_000 * channels).map(|n| ((n / channels) as f32 * 0.13).sin() * 0.4).collect();
            for part in second.chunks(1_501 * channels) {
                encoder.send(part).unwrap();
            }
            encoder.finish().unwrap();
            let packets: Vec<EncodedPacket> = std::iter::from_fn(|| encoder.receive().unwrap()).collect();
            assert_eq!((encoder.frame_size(), encoder.priming()), (size, priming));
            assert_eq!(packets[0].pts, -i64::from(priming));
            let end = packets.last().map(|p| p.pts + p.duration).unwrap();
            assert!(end >= 48_000, "the sound ends at {end}");
            assert!(packets.windows(2).all(|w| w[1].pts == w[0].pts + i64::from(size)));
            let loud = packets.iter().map(|p| p.data.len()).sum::<usize>();
            assert!(loud > 4_000, "{loud} bytes are not a second of sound");
        }
    }
}
