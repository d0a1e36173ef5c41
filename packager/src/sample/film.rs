//! The film as a file: frames and sound through the encoders into one MP4.

use super::{SampleSpec, paint::Painter};
use crate::error::PackagerError;
use shared::testcard;
use shared::units::{Bitrate, ByteSize};
use shared_av::{
    AudioEncoder, AudioSettings, ChannelLayout, ColourDescription, EncodedPacket, EncoderRef, Mp4Writer, PixelFormat,
    Rational, Tuning, VideoEncoder, VideoSettings,
};
use std::{fs::File, path::Path};

const SAMPLE_RATE: u32 = 48_000;
/// Enough for the marks and the grain to be kept: 8 Mbit/s for 1080p30.
const BITS_A_SAMPLE: f64 = 0.13;

/// A film being written.
pub(super) struct FilmWriter {
    video: VideoEncoder,
    audio: Option<AudioEncoder>,
    writer: Mp4Writer,
    rate: Rational,
}

impl FilmWriter {
    pub(super) fn write(spec: &SampleSpec, file: File, name: &Path) -> Result<(), PackagerError> {
        let video = VideoEncoder::x264(&video_settings(spec), &tuning())?;
        let audio = if spec.audio { Some(AudioEncoder::aac(audio_settings())?) } else { None };
        let mut tracks: Vec<EncoderRef<'_>> = vec![(&video).into()];
        tracks.extend(audio.as_ref().map(EncoderRef::from));
        let writer = Mp4Writer::create(file, &name.display().to_string(), &tracks)?;
        let mut film = Self { video, audio, writer, rate: spec.rate };
        let painter = Painter::new(spec.width, spec.height, spec.rate);
        for number in 0..spec.frames() {
            film.add(&painter, number)?;
        }
        film.finish()
    }

    /// Frame `number` and the sound up to its end.
    fn add(&mut self, painter: &Painter, number: u32) -> Result<(), PackagerError> {
        self.video.send(&painter.paint(number, is_lit(number, self.rate))?)?;
        if let Some(audio) = &mut self.audio {
            audio.send(&sound(number, self.rate))?;
        }
        self.drain()
    }

    fn finish(mut self) -> Result<(), PackagerError> {
        self.video.finish()?;
        if let Some(audio) = &mut self.audio {
            audio.finish()?;
        }
        self.drain()?;
        Ok(self.writer.finish()?)
    }

    fn drain(&mut self) -> Result<(), PackagerError> {
        while let Some(packet) = self.video.receive()? {
            self.writer.write(0, &packet)?;
        }
        if let Some(audio) = &mut self.audio {
            while let Some(packet) = audio.receive()? {
                self.writer.write(1, &EncodedPacket { key: true, ..packet })?;
            }
        }
        Ok(())
    }
}

fn video_settings(spec: &SampleSpec) -> VideoSettings {
    let samples = f64::from(spec.width) * f64::from(spec.height) * spec.rate.value();
    let rate = Bitrate::from_bps_f64((samples * BITS_A_SAMPLE).max(200_000.0));
    VideoSettings {
        width: spec.width,
        height: spec.height,
        frame_rate: spec.rate,
        colour: ColourDescription::BT709,
        format: PixelFormat::Yuv420p,
        bit_rate: rate,
        max_rate: rate.scaled(2.0),
        buffer: ByteSize::from_bits(rate.bps() * 4),
        gop: (spec.rate.value() * 2.0).round().max(1.0) as u32,
        threads: 0,
    }
}

fn tuning() -> Tuning {
    // At the bit rate of a master a slower preset is no gain in quality.
    Tuning { preset: "superfast".into(), ..Tuning::default() }
}

fn audio_settings() -> AudioSettings {
    AudioSettings { sample_rate: SAMPLE_RATE, layout: ChannelLayout::Stereo, bit_rate: Bitrate::from_kbps(128) }
}

/// The first frame that is shown at or after the whole second in which `number` is shown. At rates that are not whole
/// (29.97) the signal starts with that frame, in the picture as in the sound, so that both are exactly aligned.
fn signal_start(number: u32, rate: Rational) -> u32 {
    let second = u64::from(number) * u64::from(rate.den()) / u64::from(rate.num());
    first_frame_of(second, rate)
}

fn first_frame_of(second: u64, rate: Rational) -> u32 {
    (second * u64::from(rate.num())).div_ceil(u64::from(rate.den())) as u32
}

fn is_lit(number: u32, rate: Rational) -> bool {
    let start = signal_start(number, rate);
    number >= start && f64::from(number - start) / rate.value() < testcard::SIGNAL.as_secs_f64() - 1e-9
}

/// The sample at which frame `number` begins.
fn sample_of(number: u32, rate: Rational) -> u64 {
    (u64::from(number) * u64::from(rate.den()) * u64::from(SAMPLE_RATE) + u64::from(rate.num()) / 2)
        / u64::from(rate.num())
}

/// Interleaved stereo for the time of one frame.
fn sound(number: u32, rate: Rational) -> Vec<f32> {
    (sample_of(number, rate)..sample_of(number + 1, rate))
        .flat_map(|sample| {
            let value = beep_at(sample, number, rate);
            [value, value]
        })
        .collect()
}

fn beep_at(sample: u64, number: u32, rate: Rational) -> f32 {
    let start = sample_of(signal_start(number, rate), rate);
    // At a fraction of a frame a second, a beep may start within the frame: follow the seconds by themselves.
    let start = if sample >= start { start.max(sample / u64::from(SAMPLE_RATE) * slow(rate)) } else { return 0.0 };
    testcard::beep(sample - start, SAMPLE_RATE)
}

/// Samples a second where frames last longer than a second, else nothing.
fn slow(rate: Rational) -> u64 {
    if rate.num() < rate.den() { u64::from(SAMPLE_RATE) } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flash_and_beep_start_together_once_a_second() {
        for (num, den) in [(24, 1), (25, 1), (30, 1), (60, 1), (30_000, 1001), (24_000, 1001)] {
            let rate = Rational::new(num, den).unwrap();
            let frames = (10.0 * rate.value()) as u32;
            let flashes: Vec<u32> =
                (0..frames).filter(|n| is_lit(*n, rate) && (*n == 0 || !is_lit(n - 1, rate))).collect();
            let samples: Vec<f32> = (0..frames).flat_map(|n| sound(n, rate)).step_by(2).collect();
            let beeps = testcard::beep_onsets(samples, SAMPLE_RATE);
            assert_eq!(flashes.len(), 10, "{rate}: {flashes:?}");
            for (flash, beep) in flashes.iter().zip(&beeps) {
                let apart = (*beep as u64).abs_diff(sample_of(*flash, rate));
                assert!(apart <= 4, "{rate}: frame {flash} and sample {beep} are {apart} samples apart");
            }
        }
    }
}
