//! What a menu of tracks calls each sound track: its title, and something that tells it from the others where the master
//! has none.

use crate::language;
use shared_av::{AudioInfo, StreamInfo};

/// How most programs call the thing that handles a track: `SoundHandler`, `AudioHandle`.
const HANDLER: &str = "handle";
/// Beginnings of words in the handler names that programs and cameras write by themselves: who makes them, and what they
/// call what they do.
const BOILERPLATE: &str = "\
    adobe ambarella android apple atomos avid bento4 bitmovin blackmagic camtasia canon chromium created davinci dji \
    elemental encoder ffmpeg fujifilm google gopro gpac handbrake hikvision huawei import insta360 isomedia \
    kinemaster lavc lavf libav libx mainconcept media mencoder mp4box muxer nero nikon olympus panasonic premiere produced \
    quicktime samsung shotcut smash sony telestream twitter unknown vimeo vlc wondershare x264 x265 xiaomi xiph youtube zencoder";
/// Words that say no more than that it is sound, and in which format.
const SOUND: &str = "\
    5ch 6ch 8ch aac ac3 alac alis audio avc bit channel channels coding dolby dts eac3 flac he hz iso khz lpcm mono mp3 mp4 \
    mp4a mpeg multichannel opus pcm soun sound stereo stream surround track vorbis wave";

/// Where a speaker stands, by its bit.
const PLACES: [&str; 18] = [
    "Front left",
    "Front right",
    "Front centre",
    "Low frequencies",
    "Back left",
    "Back right",
    "Front left of centre",
    "Front right of centre",
    "Back centre",
    "Side left",
    "Side right",
    "Top centre",
    "Top front left",
    "Top front centre",
    "Top front right",
    "Top back left",
    "Top back centre",
    "Top back right",
];
/// A single channel without a place of its own is said to be this.
const CENTRE: u64 = 1 << 2;

/// A label for each of `tracks`; `None` for one that needs none. No two that share language and purpose share a label.
pub(super) fn labels(tracks: &[(&StreamInfo, &AudioInfo)]) -> Vec<Option<String>> {
    let said: Vec<Option<String>> = tracks.iter().map(|(stream, _)| title(stream, tracks)).collect();
    let places: Vec<Option<&str>> = tracks.iter().map(|(_, audio)| place(audio)).collect();
    let are_apart = |a: usize, b: usize| heard_as(tracks[a].0) != heard_as(tracks[b].0);
    let is_one_of_many = |labels: &[Option<String>], track: usize| {
        (0..tracks.len()).any(|other| other != track && !are_apart(track, other) && labels[other] == labels[track])
    };
    let with_places: Vec<Option<String>> = (0..tracks.len())
        .map(|track| match (&said[track], places[track]) {
            (None, Some(place)) if is_one_of_many(&said, track) && have_places(&places) => Some(place.to_owned()),
            _ => said[track].clone(),
        })
        .collect();
    (0..tracks.len())
        .map(|track| {
            let label = with_places[track].clone();
            if is_one_of_many(&with_places, track) { Some(numbered(label, track + 1)) } else { label }
        })
        .collect()
}

fn numbered(label: Option<String>, number: usize) -> String {
    label.map_or_else(|| format!("Track {number}"), |label| format!("{label} (track {number})"))
}

/// What a menu shows of a track beside its label.
fn heard_as(stream: &StreamInfo) -> (Option<String>, shared_av::StreamPurpose) {
    (stream.language.as_deref().and_then(language::tag), stream.purpose)
}

/// The title; else the name of its handler, where that was given by somebody who wanted to tell tracks apart: programs
/// give all of them the same.
fn title(stream: &StreamInfo, tracks: &[(&StreamInfo, &AudioInfo)]) -> Option<String> {
    let handler = stream.handler.as_ref().filter(|name| {
        let others = tracks.iter().map(|(other, _)| *other).filter(|other| other.index != stream.index);
        let mut others = others.map(|other| other.handler.as_ref()).peekable();
        others.peek().is_some() && others.all(|other| other != Some(*name)) && !is_boilerplate(name)
    });
    stream.title.as_ref().or(handler).cloned()
}

/// A name that a program has given: it names itself, or says what any track of sound is.
fn is_boilerplate(name: &str) -> bool {
    let small = name.to_ascii_lowercase();
    let words = || small.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let is_of_a_program = |word: &str| BOILERPLATE.split(' ').any(|known| word.starts_with(known));
    let says_nothing =
        |word: &str| SOUND.split(' ').any(|known| word == known) || word.bytes().all(|byte| byte.is_ascii_digit());
    small.contains(HANDLER) || words().any(is_of_a_program) || words().all(says_nothing)
}

/// The speaker that a single channel is meant for.
fn place(audio: &AudioInfo) -> Option<&'static str> {
    let bit =
        (audio.layout.channels() == 1 && audio.places.count_ones() == 1).then(|| audio.places.trailing_zeros())?;
    PLACES.get(bit as usize).copied()
}

/// Somebody has said where the channels belong: not all are in the centre, which is what is said of any single channel.
fn have_places(places: &[Option<&str>]) -> bool {
    let centre = PLACES[CENTRE.trailing_zeros() as usize];
    places.iter().flatten().any(|place| *place != centre)
}

#[cfg(test)]
mod tests {
    use super::super::tests::stream;
    use super::*;
    use shared_av::{ChannelLayout, StreamKind, StreamPurpose};

    struct Said(Option<&'static str>, Option<&'static str>, Option<&'static str>, u64);

    fn labelled(tracks: &[Said]) -> Vec<String> {
        let streams: Vec<(StreamInfo, AudioInfo)> = (1..)
            .zip(tracks)
            .map(|(index, Said(language, title, handler, places))| {
                let layout = if *places == 0 { ChannelLayout::Stereo } else { ChannelLayout::Mono };
                let audio = AudioInfo { sample_rate: 48_000, layout, places: *places };
                let stream = StreamInfo {
                    language: language.map(Into::into),
                    title: title.map(Into::into),
                    handler: handler.map(Into::into),
                    ..stream(index, StreamKind::Audio(audio.clone()))
                };
                (stream, audio)
            })
            .collect();
        let borrowed: Vec<_> = streams.iter().map(|(stream, audio)| (stream, audio)).collect();
        labels(&borrowed).into_iter().map(Option::unwrap_or_default).collect()
    }

    #[test]
    fn what_only_its_number_tells_apart_is_numbered() {
        let (en, de) = (Some("eng"), Some("deu"));
        assert_eq!(labelled(&[Said(en, None, None, 0)]), [""]);
        assert_eq!(labelled(&[Said(en, None, None, 0), Said(de, None, None, 0)]), ["", ""]);
        assert_eq!(labelled(&[Said(en, None, None, 0), Said(Some("en"), None, None, 0)]), ["Track 1", "Track 2"]);
        assert_eq!(labelled(&[Said(None, Some("Game"), None, 0), Said(None, None, None, 0)]), ["Game", ""]);
        let twins = [Said(en, Some("Mix"), None, 0), Said(en, Some("Mix"), None, 0), Said(de, Some("Mix"), None, 0)];
        assert_eq!(labelled(&twins), ["Mix (track 1)", "Mix (track 2)", "Mix"]);
    }

    #[test]
    fn single_channels_are_called_by_their_places() {
        let of = |bits: &[u64]| labelled(&bits.iter().map(|bit| Said(None, None, None, 1 << bit)).collect::<Vec<_>>());
        assert_eq!(of(&[0, 1, 3, 2]), ["Front left", "Front right", "Low frequencies", "Front centre"]);
        assert_eq!(of(&[2, 2]), ["Track 1", "Track 2"], "that is what is said of any single channel");
        assert_eq!(of(&[0, 0, 40]), ["Front left (track 1)", "Front left (track 2)", ""]);
        assert_eq!(of(&[0]), [""]);
    }

    #[test]
    fn a_handlers_name_is_a_label_when_it_tells_tracks_apart() {
        let named = |names: &[&'static str]| {
            labelled(&names.iter().map(|name| Said(None, None, Some(*name), 0)).collect::<Vec<_>>())
        };
        assert_eq!(named(&["Core Media Audio"]), [""]);
        assert_eq!(named(&["Stereo"]), [""], "there is nothing to choose from");
        assert_eq!(named(&["Game", "Microphone"]), ["Game", "Microphone"]);
        assert_eq!(named(&["SoundHandler", "Core Media Audio"]), ["Track 1", "Track 2"]);
        assert_eq!(named(&["Mainconcept", "Mainconcept"]), ["Track 1", "Track 2"]);
        assert_eq!(named(&["#Mainconcept", "Nero Sound"]), ["Track 1", "Track 2"], "of two programs");
        assert_eq!(named(&["*soun", "Audio 1", "mp4a"]), ["Track 1", "Track 2", "Track 3"], "any sound is that");
        assert_eq!(named(&["Stereo", "5.1 Surround"]), ["Track 1", "Track 2"], "nor how many channels there are");
        assert_eq!(named(&["Sony", "x264"]), ["Track 1", "Track 2"]);
        assert_eq!(named(&["L-SMASH Audio Handler", "Mono"]), ["Track 1", "Track 2"]);
        assert_eq!(named(&["English", "David"]), ["English", "David"]);
        assert_eq!(labelled(&[Said(None, Some("Stereo"), None, 0)]), ["Stereo"], "a title is what somebody wrote");
    }

    #[test]
    fn a_purpose_tells_apart_too() {
        let audio = AudioInfo { sample_rate: 48_000, layout: ChannelLayout::Stereo, places: 0 };
        let film = stream(0, StreamKind::Audio(audio.clone()));
        let remarks = StreamInfo { purpose: StreamPurpose::Commentary, ..stream(1, StreamKind::Audio(audio.clone())) };
        assert_eq!(labels(&[(&film, &audio), (&remarks, &audio)]), [None, None]);
    }
}
