//! The master in one line: what it is, how long, how large.

use crate::probe::{AudioTrack, MasterInfo, VideoTrack};
use shared::mpd::datatype::FrameRate;
use shared::units::ByteSize;
use shared_av::{ChannelLayout, SourceInfo, StreamInfo};

/// `1280x720, 25 fps, h264 2.1 Mbit/s; aac stereo, en 128 kbit/s; 60.0 s, 16.7 MB`.
pub(super) fn line(info: &SourceInfo, master: &MasterInfo, size: ByteSize) -> String {
    let coded = |stream: usize| info.streams.get(stream).map(coded).unwrap_or_default();
    let pictures = master.video.iter().map(|track| format!("{}, {}", shape(track), coded(track.stream)));
    let sounds = master.audios.iter().map(|track| format!("{}, {}", coded(track.stream), sound(track)));
    let whole =
        master.duration.map_or_else(|| size.to_string(), |lasts| format!("{:.1} s, {size}", lasts.as_secs_f64()));
    pictures.chain(sounds).chain([whole]).collect::<Vec<_>>().join("; ")
}

fn shape(track: &VideoTrack) -> String {
    let rate = FrameRate::new(track.rate.num(), track.rate.den()).map(|rate| format!(", {rate}")).unwrap_or_default();
    format!("{}x{}{rate}", track.width, track.height)
}

/// Codec, and rate where the container says it.
fn coded(stream: &StreamInfo) -> String {
    let rate = stream.bit_rate.map(|rate| format!(" {rate}")).unwrap_or_default();
    format!("{}{rate}", stream.codec)
}

fn sound(track: &AudioTrack) -> String {
    let speakers = match track.layout {
        ChannelLayout::Mono => "mono".to_owned(),
        ChannelLayout::Stereo => "stereo".to_owned(),
        ChannelLayout::Surround51 => "5.1".to_owned(),
        ChannelLayout::Other(channels) => format!("{channels} channels"),
        ChannelLayout::Ambisonic(channels) => format!("sound field of {channels} channels"),
    };
    let language = track.language.as_ref().map(|language| format!(" {language}")).unwrap_or_default();
    speakers + &language
}
