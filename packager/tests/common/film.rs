//! A master whose bytes do not depend on the number of processors, as those of `packager sample` do: one encoding
//! thread, and pictures and sound from integer arithmetic.

use shared::units::{Bitrate, ByteSize};
use shared_av::{
    AudioEncoder, AudioSettings, ChannelLayout, ColourDescription, EncodedPacket, Mp4Writer, PixelFormat, Rational,
    Tuning, VideoEncoder, VideoFrame, VideoFrameMut, VideoSettings,
};
use std::fs::File;
use std::path::Path;

const WIDTH: u32 = 640;
const HEIGHT: u32 = 360;
const FRAMES_A_SECOND: u32 = 25;
const SAMPLES_A_SECOND: u32 = 48_000;

/// Writes a film of 640x360, 25 frames a second, with stereo sound.
pub(crate) fn write(path: &Path, seconds: u32) {
    let mut video = VideoEncoder::x264(&video_settings(), &tuning()).unwrap();
    let mut audio = AudioEncoder::aac(audio_settings()).unwrap();
    let tracks = [(&video).into(), (&audio).into()];
    let mut file = Mp4Writer::create(File::create(path).unwrap(), "film.mp4", &tracks).unwrap();
    for number in 0..seconds * FRAMES_A_SECOND {
        video.send(&picture(number)).unwrap();
        audio.send(&sound(number)).unwrap();
        drain(&mut video, &mut audio, &mut file);
    }
    video.finish().unwrap();
    audio.finish().unwrap();
    drain(&mut video, &mut audio, &mut file);
    file.finish().unwrap();
}

fn drain(video: &mut VideoEncoder, audio: &mut AudioEncoder, file: &mut Mp4Writer) {
    while let Some(packet) = video.receive().unwrap() {
        file.write(0, &packet).unwrap();
    }
    while let Some(packet) = audio.receive().unwrap() {
        file.write(1, &EncodedPacket { key: true, ..packet }).unwrap();
    }
}

/// Blocks that move over a gradient, and another gradient every second.
fn picture(number: u32) -> VideoFrame {
    let mut canvas = VideoFrameMut::new(PixelFormat::Yuv420p, WIDTH, HEIGHT).unwrap();
    for index in 0..3 {
        let plane = canvas.plane_mut(index).unwrap();
        for (y, row) in (0u32..).zip(plane.data.chunks_mut(plane.stride)) {
            for (x, sample) in (0u32..).zip(row.iter_mut().take(plane.width)) {
                let block = ((x + 3 * number) / 24 * 7 + (y + number) / 24 * 13) % 5;
                let gradient = (x + y * (1 + number / FRAMES_A_SECOND)) / 8;
                *sample = (40 + (gradient + block * 20) % 160) as u8;
            }
        }
    }
    canvas.finish(None, ColourDescription::BT709, Rational::ONE)
}

/// A sawtooth for the time of one frame.
fn sound(number: u32) -> Vec<f32> {
    let samples = SAMPLES_A_SECOND / FRAMES_A_SECOND;
    let value = |sample: u32| (sample % 109) as f32 / 256.0 - 0.2;
    (number * samples..(number + 1) * samples).flat_map(|sample| [value(sample), value(sample)]).collect()
}

fn video_settings() -> VideoSettings {
    VideoSettings {
        width: WIDTH,
        height: HEIGHT,
        frame_rate: Rational::new(FRAMES_A_SECOND, 1).unwrap(),
        colour: ColourDescription::BT709,
        format: PixelFormat::Yuv420p,
        bit_rate: Bitrate::from_kbps(1000),
        max_rate: Bitrate::from_kbps(2000),
        buffer: ByteSize::from_bits(4_000_000),
        gop: 50,
        threads: 1,
    }
}

fn tuning() -> Tuning {
    Tuning { preset: "superfast".into(), ..Tuning::default() }
}

fn audio_settings() -> AudioSettings {
    AudioSettings { sample_rate: SAMPLES_A_SECOND, layout: ChannelLayout::Stereo, bit_rate: Bitrate::from_kbps(128) }
}
