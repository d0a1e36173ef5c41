//! The sound of a plan: which renditions each track gets, and what they are called.

use super::{How, PlannedRendition, RenditionKind, Wishes};
use crate::codec::AudioCodec;
use crate::ladder::SoundWish;
use crate::probe::AudioTrack;
use serde::{Deserialize, Serialize};
use shared::time::Timescale;
use shared::units::Bitrate;
use shared_av::{AudioSettings, ChannelLayout};

/// How one rendition of a sound track is encoded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AudioEncoding {
    /// The format.
    pub codec: AudioCodec,
    /// Where it comes from.
    pub track: AudioTrack,
    /// Samples a second, which are also its ticks.
    pub sample_rate: u32,
    /// The speakers.
    pub layout: ChannelLayout,
    /// Rate aimed at.
    pub rate: Bitrate,
}

impl AudioEncoding {
    /// What the encoder is told.
    pub fn settings(&self) -> AudioSettings {
        AudioSettings { sample_rate: self.sample_rate, layout: self.layout, bit_rate: self.rate }
    }

    /// Its ticks.
    pub fn timescale(&self) -> Timescale {
        Timescale::new(self.sample_rate).unwrap_or(Timescale::ONE)
    }
}

/// Every track as it is up to stereo; one with more channels mixed down to stereo, too.
pub(super) fn renditions(tracks: &[AudioTrack], wishes: &Wishes) -> Vec<PlannedRendition> {
    let (codec, sound) = (wishes.audio_codec, wishes.ladder.sound());
    let mut renditions = Vec::new();
    for (place, track) in tracks.iter().enumerate() {
        for (layout, rate) in layouts(track.layout, codec).into_iter().flat_map(|layout| rates(layout, &sound)) {
            let sample_rate = sample_rate(track.sample_rate, codec);
            renditions.push(PlannedRendition {
                id: id(place, track, codec, layout, rate),
                kind: RenditionKind::Audio,
                from: track.stream,
                how: How::EncodeAudio(AudioEncoding { codec, track: track.clone(), sample_rate, layout, rate }),
            });
        }
    }
    renditions
}

fn id(place: usize, track: &AudioTrack, codec: AudioCodec, layout: ChannelLayout, rate: Bitrate) -> String {
    let language = track.language.as_deref().filter(|l| l.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'));
    let language = language.map(|l| format!("-{l}")).unwrap_or_default();
    format!("{}-{}{language}-{}ch-{}k", codec.name(), place + 1, layout.channels(), rate.bps() / 1000)
}

/// AAC beyond 5.1 is a matter of luck in players (FFmpeg's encoder describes it by a program configuration element);
/// Opus has 7.1.
fn layouts(source: ChannelLayout, codec: AudioCodec) -> Vec<ChannelLayout> {
    match (source, codec) {
        (ChannelLayout::Mono, _) => vec![ChannelLayout::Mono],
        (ChannelLayout::Other(8), AudioCodec::Opus) => vec![ChannelLayout::Stereo, source],
        (ChannelLayout::Surround51 | ChannelLayout::Other(7..), _) => {
            vec![ChannelLayout::Stereo, ChannelLayout::Surround51]
        }
        _ => vec![ChannelLayout::Stereo],
    }
}

/// A layout once for each of its rates.
fn rates(layout: ChannelLayout, wish: &SoundWish) -> Vec<(ChannelLayout, Bitrate)> {
    let (wished, usual) = match layout.channels() {
        1 => (&wish.mono_kbps, 64),
        2 => (&wish.stereo_kbps, 128),
        _ => (&wish.surround_kbps, 320),
    };
    let rates = if wished.is_empty() { vec![usual] } else { wished.clone() };
    rates.into_iter().map(|kbps| (layout, Bitrate::from_kbps(kbps))).collect()
}

/// The two rates that every player has; others are resampled to the larger. Opus has that one alone.
pub(super) fn sample_rate(source: u32, codec: AudioCodec) -> u32 {
    if source == 44_100 && codec == AudioCodec::Aac { 44_100 } else { 48_000 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speakers_are_kept_as_far_as_players_have_them() {
        let kept = |channels, codec| {
            let layouts = layouts(ChannelLayout::of(channels), codec);
            layouts.into_iter().map(ChannelLayout::channels).collect::<Vec<_>>()
        };
        let aac = |channels| kept(channels, AudioCodec::Aac);
        assert_eq!([1, 2, 4].map(aac), [vec![1], vec![2], vec![2]]);
        assert_eq!([6, 7, 8, 16].map(aac), [[2, 6], [2, 6], [2, 6], [2, 6]]);
        assert_eq!(kept(8, AudioCodec::Opus), [2, 8]);
        for codec in [AudioCodec::Aac, AudioCodec::Opus] {
            assert_eq!(layouts(ChannelLayout::Ambisonic(16), codec), [ChannelLayout::Stereo]);
        }
    }
}
